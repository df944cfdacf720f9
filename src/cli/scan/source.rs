//! What is looked at: the index, folders, commits, standard input.
#![expect(clippy::disallowed_methods, reason = "cli reads the environment")]

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::cli::args::ScanArgs;
use crate::disk;
use crate::error::{Error, Result};
use crate::process::Site;
use crate::scan::{Item, Name, Place, Repository};

/// The files, and the repository that they are in.
pub(super) struct Source {
    pub(super) items: Vec<Item>,
    pub(super) repository: Option<Repository>,
    /// The commit whose settings count.
    pub(super) base: String,
    /// Whether the index was asked.
    pub(super) is_staged: bool,
    /// Whether this is everything that git tracks or would track, as it lies there.
    pub(super) is_all: bool,
}

impl Source {
    pub(super) fn of(args: &ScanArgs) -> Result<Self> {
        let here = std::env::current_dir()
            .map_err(|e| Error::failed(format!("cannot tell the current folder: {e}")))?;
        let site = Site { root: here, env: std::env::vars_os().collect(), quiet: true };
        let repository = Repository::around(site)?;
        let mut items = Vec::new();
        for path in &args.paths {
            below(path, &mut items)?;
        }
        Ok(Source {
            items,
            repository,
            base: "HEAD".to_owned(),
            is_staged: args.staged,
            is_all: args.paths.is_empty(),
        })
    }
}

/// A file, or all files of a folder but for git's own.
fn below(path: &Path, items: &mut Vec<Item>) -> Result<()> {
    let stat =
        disk::stat(path).ok_or_else(|| Error::failed(format!("cannot read {path:?}: it is not there")))?;
    let item = |path: &Path| {
        let name = path.as_os_str().as_bytes();
        let name = Name::of(name.strip_prefix(b"./").unwrap_or(name));
        Item { name, place: Place::Disk(path.to_path_buf()), commit: None }
    };
    if stat.is_file {
        items.push(item(path));
        return Ok(());
    }
    let found = disk::walk(path, &|folder| folder.file_name().is_some_and(|name| name == ".git"));
    if let Some(error) = found.failures.into_iter().next() {
        return Err(error);
    }
    items.extend(found.files.iter().map(|path| item(path)));
    Ok(())
}
