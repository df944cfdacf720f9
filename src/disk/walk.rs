//! Every regular file below a folder, in the order of names. Links are not followed, other file systems are.

use std::fs;
use std::path::{Path, PathBuf};

use super::failed;
use crate::error::Error;

/// What a folder holds.
#[derive(Default)]
pub struct Found {
    /// Regular files.
    pub files: Vec<PathBuf>,
    /// Folders that could not be listed.
    pub failures: Vec<Error>,
}

/// All files below `folder`, but for those in folders that `skip` names by their paths.
pub fn walk(folder: &Path, skip: &dyn Fn(&Path) -> bool) -> Found {
    let mut found = Found::default();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        if let Err(e) = list(&folder, skip, &mut open, &mut found.files) {
            found.failures.push(failed("list", &folder, &e));
        }
    }
    found.files.sort();
    found
}

fn list(
    folder: &Path,
    skip: &dyn Fn(&Path) -> bool,
    open: &mut Vec<PathBuf>,
    files: &mut Vec<PathBuf>,
) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_file() {
            files.push(entry.path());
        } else if kind.is_dir() && !skip(&entry.path()) {
            open.push(entry.path());
        }
    }
    Ok(())
}
