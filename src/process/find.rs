//! Finds the file that a command's first word names, before anything is started.
//!
//! A word with a slash is a path below the project folder, any other word is looked up in the PATH that the children
//! get, not in that of this process and never in a PATH that a sealed file brings. It asks only what a file is and
//! whether it may be executed; it reads nothing. What passes here can still fail to start (an interpreter may be
//! missing), which `run` reports.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, FileType};
use rustix::io::Errno;

use super::Site;
use crate::error::{Error, Result};

/// Where programs are looked up if the environment has no PATH, as under some cron and init programs.
const USUAL: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A file that may be executed, with the word that names it in messages.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) word: String,
    pub(crate) path: PathBuf,
}

/// Finds the program; an error has a hint only where the file itself can be mended.
pub(crate) fn program(word: &str, site: &Site) -> Result<Program> {
    let found = |path| Program { word: word.to_owned(), path };
    if word.contains('/') {
        // absolute, because the child's folder, which a relative path would be read against, is another
        let path = std::path::absolute(site.root.join(word))
            .map_err(|e| Error::failed(format!("cannot resolve command {word:?}: {}", e.kind())))?;
        return executable(&path, word).map(|()| found(path));
    }
    let usual = OsStr::new(USUAL);
    let folders = site.var("PATH").map_or(usual, |path| path.as_os_str());
    folders
        .as_bytes()
        .split(|b| *b == b':')
        .map(|folder| Path::new(OsStr::from_bytes(folder)))
        // an empty or relative entry would let the current folder decide what runs
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(word))
        .find(|path| !word.is_empty() && executable(path, word).is_ok())
        .map(found)
        .ok_or_else(|| Error::failed(format!("command {word:?} is not found in PATH")))
}

/// Whether the path is a regular file that this user may execute.
fn executable(path: &Path, word: &str) -> Result<()> {
    let stat = rustix::fs::stat(path).map_err(|errno| match errno {
        Errno::NOENT => Error::failed(format!("command {word:?} does not exist")),
        other => {
            Error::failed(format!("cannot look at command {word:?}: {}", std::io::Error::from(other).kind()))
        }
    })?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Error::failed(format!("command {word:?} is not a regular file")));
    }
    rustix::fs::access(path, Access::EXEC_OK).map_err(|_| {
        Error::failed(format!("command {word:?} may not be executed")).hint(format!("run `chmod +x {word}`"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Folder;
    use super::*;

    #[test]
    fn only_absolute_folders_of_the_childs_path_count() {
        let folder = Folder::new();
        folder.link("tool", "/bin/sh");
        let mut site = folder.site();
        for (path, there) in [("", false), (":.", false), (folder.root.to_str().unwrap(), true)] {
            site.env = vec![("PATH".into(), path.into())];
            assert_eq!(program("tool", &site).is_ok(), there, "{path:?}");
        }
        site.env.clear();
        assert!(program("sh", &site).is_ok(), "the usual folders, if there is no PATH");
    }
}
