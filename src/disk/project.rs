//! Where the things of one project lie: the sealed file, and `.reseal/` beside its policy.

use std::path::{Path, PathBuf};

use super::{Attributes, Lock, Owner, make_folder, stat};
use crate::error::{Error, Result};

/// The folders and files around one sealed file.
#[derive(Clone)]
pub struct Project {
    /// The folder of `reseal.toml`, or of the sealed file where there is none.
    pub root: PathBuf,
    /// The sealed file as the user named it.
    pub sealed: PathBuf,
    /// Owner and mode that the sealed file shall have; `.reseal/` belongs to the same owner.
    pub attributes: Attributes,
}

impl Project {
    /// `owner` and `mode` where the policy sets them; otherwise as the sealed file is now. A file that is still to be
    /// made belongs to whoever makes it; root makes it for the owner of the folder.
    pub fn new(root: PathBuf, sealed: PathBuf, owner: Option<Owner>, mode: u32) -> Self {
        let owner = owner.or_else(|| stat(&sealed).map(|s| s.owner)).unwrap_or_else(|| {
            let me = Owner::of_this_process();
            stat(&root).filter(|_| me.uid == 0).map_or(me, |s| s.owner)
        });
        Project { root, sealed, attributes: Attributes { mode, owner } }
    }

    /// The project that the folder of the sealed file itself would be, where that is another one: links followed, because
    /// two projects may know one file by two names.
    pub fn beside(&self) -> Option<Project> {
        let sealed = std::fs::canonicalize(&self.sealed).ok()?;
        let root = sealed.parent()?.to_path_buf();
        let same = std::fs::canonicalize(&self.root).is_ok_and(|here| here == root);
        (!same).then_some(Project { root, sealed, attributes: self.attributes })
    }

    /// The same project, seen from another sealed file in it. It has the owner that the policy sets for all (`owned`), or
    /// the one that it has now.
    pub fn other(&self, file: &Path, owned: bool) -> Project {
        let owner = owned.then_some(self.attributes.owner);
        Project::new(self.root.clone(), self.resolve(file), owner, self.attributes.mode)
    }

    /// `.reseal/`
    pub fn state(&self) -> PathBuf {
        self.root.join(".reseal")
    }

    /// `.reseal/audit.jsonl`
    pub fn audit(&self) -> PathBuf {
        self.state().join("audit.jsonl")
    }

    /// `.reseal/rotations/`
    pub fn rotations(&self) -> PathBuf {
        self.state().join("rotations")
    }

    /// `.reseal/grace/`: rotations whose replaced values still count.
    pub fn grace(&self) -> PathBuf {
        self.state().join("grace")
    }

    /// Files of ours: readable by the owner only.
    pub fn private(&self) -> Attributes {
        Attributes { mode: 0o600, owner: self.attributes.owner }
    }

    /// The name by which backups, journal and audit know the sealed file: relative to the root where it lies below.
    pub fn label(&self) -> String {
        let path = self.sealed.strip_prefix(&self.root).unwrap_or(&self.sealed);
        path.to_string_lossy().into_owned()
    }

    /// Makes `.reseal/` if need be, and takes its lock (I6). Where the sealed file really lies in the folder of another
    /// project, the lock there is taken too.
    pub fn lock(&self) -> Result<(Lock, Option<Lock>)> {
        // only what is ours is made: a folder that somebody mistyped is not
        if !stat(&self.root).is_some_and(|s| s.is_folder) {
            return Err(Error::failed(format!("there is no folder {:?}", self.root)));
        }
        let own = self.lock_alone()?;
        let beside = self.beside().filter(|other| stat(&other.state()).is_some());
        let beside = beside.map(|other| other.lock_alone()).transpose()?;
        Ok((own, beside))
    }

    /// Takes, beside what [`lock`](Self::lock) takes, the locks of other projects in whose folders `files` really lie.
    pub fn lock_beside(&self, files: &[Project]) -> Result<Vec<Lock>> {
        let mut taken: Vec<PathBuf> = self.beside().into_iter().map(|other| other.root).collect();
        let mut locks = Vec::new();
        for other in files.iter().filter_map(Project::beside) {
            if stat(&other.state()).is_some() && !taken.contains(&other.root) {
                locks.push(other.lock_alone()?);
                taken.push(other.root);
            }
        }
        Ok(locks)
    }

    fn lock_alone(&self) -> Result<Lock> {
        make_folder(&self.state(), self.attributes.owner)?;
        Lock::take(&self.state().join("lock"), self.attributes.owner)
    }

    /// Whether another process is changing this project.
    pub fn is_being_changed(&self) -> bool {
        Lock::is_held(&self.state().join("lock"))
    }

    /// A path of the policy: relative ones start at the root.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.root.join(path)
    }
}
