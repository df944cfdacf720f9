//! The sealed files that change together: the one that the rotation is about, and its mirrors. Each has its version before
//! and its version after beside the journal, and a step of its own that exchanges it.

use std::path::{Path, PathBuf};

use super::context::World;
use super::request::{Mirror, Request};
use crate::disk::{Attributes, Lock, Project};
use crate::error::Result;

/// One of them.
pub(super) struct SealedFile {
    /// The project, seen from this file. What is ours of it, its backups too, belongs to the owner of the main file.
    pub(super) project: Project,
    /// What the file itself shall have.
    pub(super) attributes: Attributes,
    /// The policy's path of a mirror; `None`: the main file.
    pub(super) mirror: Option<PathBuf>,
    /// SHA-256 of it when the rotation was planned.
    pub(super) planned: String,
    /// Its ciphertext before.
    pub(super) previous: PathBuf,
    /// Its ciphertext after.
    pub(super) pending: PathBuf,
    /// The step that exchanges it.
    pub(super) step: String,
}

impl SealedFile {
    /// Where it lies.
    pub(super) fn live(&self) -> &Path {
        &self.project.sealed
    }
}

/// All that a request is about; the main file first. `folder` is that of the rotation.
pub(super) fn all(world: &World<'_>, request: &Request, folder: &Path) -> Vec<SealedFile> {
    let (main, owned) = (world.project, world.config.owner.is_some());
    let one = |place: usize, project: Project, mirror: Option<&Mirror>| {
        let [previous, pending] = Request::versions(place).map(|name| folder.join(name));
        SealedFile {
            attributes: project.attributes,
            project: Project { attributes: main.attributes, ..project },
            mirror: mirror.map(|mirror| mirror.file.clone()),
            planned: mirror.map_or(&request.live, |mirror| &mirror.live).clone(),
            previous,
            pending,
            step: step(mirror.map(|mirror| mirror.file.as_path())),
        }
    };
    let mut all = vec![one(0, main.clone(), None)];
    for (place, mirror) in (1..).zip(&request.mirrors) {
        all.push(one(place, main.other(&mirror.file, owned), Some(mirror)));
    }
    all
}

/// Takes the locks that mirrors need beside that of the project, which must be held.
pub(super) fn lock(world: &World<'_>, request: &Request, folder: &Path) -> Result<Vec<Lock>> {
    let mirrors = all(world, request, folder).split_off(1);
    world.project.lock_beside(&mirrors.into_iter().map(|file| file.project).collect::<Vec<_>>())
}

/// The name of the step that exchanges a file; stands in journals for ever.
pub(super) fn step(mirror: Option<&Path>) -> String {
    mirror.map_or_else(|| "swap".to_owned(), |file| format!("swap:{}", file.display()))
}
