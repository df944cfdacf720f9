//! A rotation that a crash or a failure left: where it lies, what it is about, and whether it may go on.
//!
//! Going on is refused, with the journal left as it is, where it could only do harm: somebody else has changed the
//! file, nobody at hand opens it, or the policy would start something else than it did.

use std::path::Path;

use super::context::{World, digest};
use super::request::{Change, Request};
use super::sealed::{self, SealedFile};
use crate::config::DeployKind;
use crate::deploy;
use crate::disk::{self, Project, quoted};
use crate::error::{Error, Kind, Result};
use crate::saga::{Journal, Log, Progress};

/// The rotation that was left, if one was.
pub fn unfinished(project: &Project) -> Result<Option<String>> {
    Ok(disk::names(&project.rotations())?.into_iter().find(|name| !disk::is_discarded(name)))
}

/// Refuses to change the file while a rotation is unfinished: `resume` could not tell what belongs to whom. That of the
/// folder where the file really lies counts too; one of a project that only links to the file is not seen from here.
pub fn none_unfinished(project: &Project) -> Result<()> {
    if let Some(rotation) = unfinished(project)? {
        return Err(open_rotation(&rotation).hint(advice(project, &rotation)));
    }
    let Some(other) = project.beside() else { return Ok(()) };
    match unfinished(&other)? {
        None => Ok(()),
        Some(rotation) => Err(open_rotation(&rotation)
            .note("it was begun for the same file by another project, or before there was this reseal.toml")
            .hint(format!("run `reseal -C {} resume`, with the reseal.toml of then", quoted(&other.root)))),
    }
}

fn open_rotation(rotation: &str) -> Error {
    Error::new(Kind::Unfinished, format!("rotation {rotation} is not finished")).note("nothing was changed")
}

/// The commands that lead out, as far as the rotation has come.
fn advice(project: &Project, rotation: &str) -> &'static str {
    match peek(project, rotation) {
        Ok(Some((_, progress, _))) if progress.committed() => {
            "its new values are in force; run `reseal resume` to finish it"
        }
        Ok(Some((_, progress, _))) if progress.unwinding() => {
            "it is on its way back; run `reseal resume` to undo the rest"
        }
        _ => "run `reseal resume` to finish it, or `reseal resume --back` to undo it",
    }
}

/// What is known of a rotation that was left, without touching it.
pub fn peek(project: &Project, rotation: &str) -> Result<Option<(Request, Progress, Vec<String>)>> {
    let journal = project.rotations().join(rotation).join("journal.jsonl");
    let Some((header, progress)) = Journal::peek(&journal)? else {
        return orphaned(&project.rotations().join(rotation)).map(|()| None);
    };
    Ok(Some((request(header.request)?, progress, header.steps)))
}

/// What was asked for.
pub(super) fn request(value: serde_json::Value) -> Result<Request> {
    serde_json::from_value(value)
        .map_err(|_| Error::new(Kind::Stuck, "the journal does not say what was asked for"))
}

/// The journal of a rotation that was left. `None`, and the folder goes, if it died before it announced anything.
pub(super) fn journal(project: &Project, folder: &Path) -> Result<Option<Journal>> {
    let found = Journal::reopen(&folder.join("journal.jsonl"), project.attributes.owner)?;
    if found.is_none() {
        orphaned(folder)?;
        disk::discard_folder(folder)?;
    }
    Ok(found)
}

/// Ciphertexts without a journal are not ours to throw away.
fn orphaned(folder: &Path) -> Result<()> {
    if !disk::names(folder)?.iter().any(|name| name.ends_with(".enc")) {
        return Ok(());
    }
    Err(Error::new(Kind::Stuck, format!("the journal in {folder:?} is missing"))
        .note("nothing was changed; the ciphertexts beside it are kept")
        .hint("compare the sealed file with them, keep the right one, then remove that folder"))
}

/// Whether the rotation may go on, or back, from here. `begun` says whether a step has begun, as far as is known.
pub(super) fn may_go_on(
    world: &World<'_>,
    request: &Request,
    journal: &Journal,
    back: bool,
    begun: impl Fn(&str) -> bool,
) -> Result<()> {
    if request.file != world.project.label() {
        return Err(Error::usage(format!("rotation {} is one of {:?}", request.rotation, request.file))
            .hint(format!("run `reseal -f {} resume`", quoted(Path::new(&request.file)))));
    }
    // after the commit nothing touches the file any more, and a change is the next version of it
    if journal.progress().committed() {
        return Ok(());
    }
    let back = back || journal.progress().unwinding();
    // before there are new values, going forward looks itself; before the exchange, going back does not touch the file
    let folder = world.project.rotations().join(&request.rotation);
    let files = sealed::all(world, request, &folder);
    for file in &files {
        let swapped = begun(&file.step);
        let any_file = if back { !swapped } else { !begun("stage") };
        known_file(request, file, any_file, swapped)?;
    }
    let told = |change: &Change| begun(&format!("apply:{}", change.name));
    if back && !begun("redeploy") && !begun("files") && !request.secrets.iter().any(told) {
        // only ciphertext goes back, and that needs neither key nor service
        return Ok(());
    }
    for file in &files {
        let known = if disk::stat(&file.previous).is_some() { &file.previous } else { file.live() };
        world.open(known).map_err(|e| {
            let kind = e.kind();
            left(e, request, false).of_kind(kind)
        })?;
    }
    if request.deploy {
        let config = &world.config.deploy;
        if kind_name(config.kind) != request.deploy_kind {
            let error = Error::failed(format!(
                "the policy's [deploy] was of kind {:?} when the rotation began",
                request.deploy_kind
            ));
            return Err(left(error, request, false).hint("put the policy back, then run `reseal resume`"));
        }
        deploy::preflight(config, &world.site).map_err(|e| left(e, request, false))?;
    }
    Ok(())
}

/// How the request remembers a kind of deploy.
pub(super) fn kind_name(kind: DeployKind) -> &'static str {
    match kind {
        DeployKind::None => "none",
        DeployKind::Wrapper => "wrapper",
        DeployKind::Compose => "compose",
        DeployKind::Swarm => "swarm",
        DeployKind::Systemd => "systemd",
    }
}

/// The journal holds the truth, and `resume` carries on from it.
pub(super) fn left(error: Error, request: &Request, committed: bool) -> Error {
    let kind = if error.kind() == Kind::Interrupted { Kind::Interrupted } else { Kind::Unfinished };
    let error = error.of_kind(kind).note(match request.mirrors.is_empty() {
        true => format!("rotation {} is not finished; the sealed file is whole", request.rotation),
        false => format!(
            "rotation {} is not finished; each of {} is whole",
            request.rotation,
            request.sealed_files().join(", ")
        ),
    });
    if committed {
        error.hint("the new values are in force; run `reseal resume` to finish")
    } else if error.advice().is_some() {
        error.note("`reseal resume` finishes it, `reseal resume --back` undoes it")
    } else {
        error.hint("run `reseal resume` to finish it, or `reseal resume --back` to undo it")
    }
}

/// Unless any file will do, a live file must be one of the two that this rotation knows; else somebody else's work would be
/// lost.
fn known_file(request: &Request, file: &SealedFile, any_file: bool, swapped: bool) -> Result<()> {
    let previous = disk::stat(&file.previous).is_some();
    let (before, after) = (quoted(&file.previous), quoted(&file.pending));
    let sealed = quoted(file.live());
    let Some(live) = disk::read_if_there(file.live())? else {
        let error = Error::new(Kind::Stuck, format!("{:?} is gone", file.live()))
            .note(format!("rotation {} is not finished; nothing was done", request.rotation));
        return Err(if previous {
            error.hint(format!("put the file before the rotation in its place: `cp -p {before} {sealed}`; then run `reseal resume --back`"))
        } else {
            error.hint("put the file back in its place, then run `reseal resume`")
        });
    };
    let pending = disk::read_if_there(&file.pending)?;
    let live = digest(&live);
    if any_file || live == file.planned || pending.is_some_and(|b| digest(&b) == live) {
        return Ok(());
    }
    let error = Error::new(
        Kind::Stuck,
        format!("{:?} was changed by someone else during rotation {}", file.live(), request.rotation),
    );
    if !swapped {
        return Err(error
            .note("nothing was done; the rotation has not touched the file yet")
            .hint("run `reseal resume --back`, which leaves the change as it is, then rotate again"));
    }
    Err(error
        .note("nothing was done")
        .note(format!("{before} is the file before the rotation, {after} the one after"))
        .hint(format!(
            "keep the change: `cp -p {sealed} {sealed}.mine`; go back: `cp -p {before} {sealed}`; then run `reseal resume --back`"
        )))
}
