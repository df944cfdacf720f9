//! Paths that somebody named, as git has them: from the top of the repository.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::Repository;
use crate::disk;

/// Files and folders of a repository.
pub struct Wanted {
    /// Of each whether it was found.
    paths: HashMap<Vec<u8>, bool>,
    /// As they were named, those that lie elsewhere.
    pub elsewhere: Vec<PathBuf>,
}

impl Repository {
    /// What the paths are in this repository.
    pub fn wanted(&self, paths: &[PathBuf]) -> Wanted {
        let mut wanted = Wanted { paths: HashMap::new(), elsewhere: Vec::new() };
        for path in paths {
            match self.inside(path) {
                Some(inside) => {
                    wanted.paths.insert(inside, false);
                }
                None => wanted.elsewhere.push(path.clone()),
            }
        }
        wanted
    }

    /// The path from the top; of a link its own.
    pub fn inside(&self, path: &Path) -> Option<Vec<u8>> {
        if self.bare {
            return None;
        }
        let path = without_dots(&self.site.root.join(path));
        let from_top = path.strip_prefix(&self.top).map(Path::to_path_buf).ok().or_else(|| {
            let real = disk::real(path.parent()?).join(path.file_name()?);
            real.strip_prefix(disk::real(&self.top)).map(Path::to_path_buf).ok()
        })?;
        Some(from_top.as_os_str().as_bytes().to_vec())
    }
}

impl Wanted {
    /// Whether a path is one of them or lies below one.
    pub(super) fn takes(&mut self, path: &[u8]) -> bool {
        let ends = memchr::memchr_iter(b'/', path).chain([path.len()]);
        let mut taken = false;
        for prefix in std::iter::once(&path[..0]).chain(ends.map(|end| &path[..end])) {
            if let Some(found) = self.paths.get_mut(prefix) {
                (*found, taken) = (true, true);
            }
        }
        taken
    }

    /// Those that nothing was found of.
    pub(super) fn unfound(&self) -> impl Iterator<Item = &Path> {
        let unfound = self.paths.iter().filter(|(_, found)| !**found);
        unfound.map(|(path, _)| Path::new(OsStr::from_bytes(path)))
    }

    /// All, if they are few.
    pub(super) fn few(&self) -> Option<impl Iterator<Item = &Path>> {
        let few = self.paths.len() <= 32 && !self.paths.contains_key(b"".as_slice());
        few.then(|| self.paths.keys().map(|path| Path::new(OsStr::from_bytes(path))))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }
}

/// A path without `.` and `..`, links not followed, as git takes it.
fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}
