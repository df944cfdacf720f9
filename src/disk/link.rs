//! Symbolic links, where root works in a folder of somebody else: a link laid there must not turn root's writes, modes
//! and owners upon a file that its maker could not touch.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::Uid;
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::{failed, folder_of};
use crate::error::{Error, Result};

/// The file that a chain of symbolic links leads to. Without a link it need not exist yet.
pub(super) fn follow(path: &Path) -> Result<PathBuf> {
    let mut at = path.to_path_buf();
    let mut links = Vec::new();
    // the kernel's own limit for such chains
    for _ in 0..40 {
        match fs::symlink_metadata(&at) {
            Ok(m) if m.is_symlink() => {
                let next = fs::read_link(&at).map_err(|e| failed("follow", &at, &e))?;
                links.push((at.clone(), m.uid()));
                at = folder_of(&at).join(next);
            }
            Ok(m) => {
                let root = Uid::effective().is_root();
                return links.iter().try_for_each(|(l, uid)| trusted(l, *uid, m.uid(), root)).map(|()| at);
            }
            Err(e) if e.kind() == ErrorKind::NotFound && !links.is_empty() => {
                return Err(Error::failed(format!(
                    "cannot follow {path:?}: the symbolic link leads nowhere"
                ))
                .hint("remove the link, or bring back what it led to"));
            }
            Err(_) => return Ok(at),
        }
    }
    Err(Error::failed(format!("cannot follow {path:?}: the symbolic links lead in a circle")))
}

/// Root follows a link of its own, and one whose maker owns the target too and so gains nothing by it.
fn trusted(link: &Path, maker: u32, target: u32, root: bool) -> Result<()> {
    if !root || maker == 0 || maker == target {
        return Ok(());
    }
    Err(Error::failed(format!("{link:?} is a symbolic link of another user than its target"))
        .note("root follows no link that could lead it where its maker may not go")
        .hint("if it is meant, make the link yours: `chown -h root LINK`"))
}

/// Opens a file that only reseal makes: never through a link, and nothing but a regular file.
pub(super) fn open_own(options: &mut OpenOptions, path: &Path) -> Result<File> {
    // without NONBLOCK a pipe would keep us waiting
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let opened = options.custom_flags(flags.cast_signed()).open(path);
    let file = opened.map_err(|e| match e.raw_os_error() {
        Some(code) if code == Errno::LOOP.raw_os_error() => not_ours(path, "a symbolic link"),
        _ => failed("open", path, &e),
    })?;
    let is_file = file.metadata().map_err(|e| failed("look at", path, &e))?.is_file();
    if is_file { Ok(file) } else { Err(not_ours(path, "no regular file")) }
}

fn not_ours(path: &Path, what: &str) -> Error {
    Error::failed(format!("{path:?} is {what}, and reseal makes none there"))
        .hint("find out who put it there, then remove it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_follows_only_whoever_gains_nothing() {
        let link = Path::new("link");
        for (maker, target, root, follows) in [
            (0, 1000, true, true),
            (1000, 1000, true, true),
            (1000, 0, true, false),
            (1000, 1001, true, false),
            (1000, 0, false, true),
        ] {
            assert_eq!(trusted(link, maker, target, root).is_ok(), follows, "{maker} {target} {root}");
        }
    }

    #[test]
    fn our_own_files_are_opened_through_no_link_and_no_pipe() {
        let folder = std::env::temp_dir().join(format!("reseal-link-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let (file, link, pipe) = (folder.join("file"), folder.join("link"), folder.join("pipe"));
        fs::write(&file, "x").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        assert!(open_own(OpenOptions::new().read(true), &file).is_ok());
        for path in [link, pipe] {
            assert!(open_own(OpenOptions::new().read(true), &path).is_err(), "{path:?}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
