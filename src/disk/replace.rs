//! Replaces a file so that a reader, and the next boot, see the old bytes or the new ones (I2).
//!
//! The bytes go to a temporary file in the same folder, with the owner and the mode that they shall have, are synced,
//! renamed over the target, and the folder is synced. Symbolic links are followed, so that the link stays and its
//! target changes. A file that is itself a mount point cannot be renamed over: that is refused before anything is
//! written. The temporary name is fixed, because there is one writer (I6): what a crash leaves behind is replaced by
//! the next write instead of piling up.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, RenameFlags, StatxAttributes, StatxFlags};
use rustix::io::Errno;

use super::link::follow;
use super::{Attributes, failed, folder_of, sync_folder};
use crate::error::{Error, Result};

/// What the temporary names end in.
pub(super) const TEMPORARY: &str = ".reseal-tmp";

/// Puts `bytes` in the place of what `path` holds, or makes the file. Durable when it returns.
pub fn replace(path: &Path, bytes: &[u8], attributes: Attributes) -> Result<()> {
    let target = follow(path)?;
    let temporary = temporary(&target);
    let written = write(&temporary, bytes, attributes)
        .and_then(|()| fs::rename(&temporary, &target).map_err(|e| explain(&target, &e)));
    if written.is_err() {
        // best effort: what stays is ciphertext, and the next write takes its place
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_folder(&target)
}

/// Makes a file where nothing is, or answers `false` and leaves what is there: who makes a key must not take another's
/// place. Nobody sees it before it is whole. Durable when it returns.
pub fn create(path: &Path, bytes: &[u8], attributes: Attributes) -> Result<bool> {
    // no lock covers this, so each process has a temporary name of its own
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder_of(path).join(format!(".{name}.{}{TEMPORARY}", std::process::id()));
    let made = write(&temporary, bytes, attributes).and_then(|()| match rename_new(&temporary, path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(failed("make", path, &e)),
    });
    // after a rename it is gone
    let _ = fs::remove_file(&temporary);
    if made? {
        sync_folder(path)?;
        return Ok(true);
    }
    Ok(false)
}

fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // not every file system has it; a hard link does the same in two steps
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => fs::hard_link(from, to),
        other => other.map_err(Into::into),
    }
}

/// Whether [`replace`] could work, found out without writing.
pub fn replaceable(path: &Path) -> Result<()> {
    let target = follow(path)?;
    if is_mount_point(&target) {
        return Err(mounted(&target));
    }
    let folder = folder_of(&target);
    rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|e| failed("write in the folder", folder, &e.into()))
}

/// Whether a file that is not there could be made, found out without writing.
pub fn creatable(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|e| failed("write in the folder", folder, &e.into()))
}

fn write(temporary: &Path, bytes: &[u8], attributes: Attributes) -> Result<()> {
    let create = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary);
    let mut file = match create() {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(temporary).map_err(|e| failed("remove", temporary, &e))?;
            create()
        }
        other => other,
    }
    .map_err(|e| failed("write", temporary, &e))?;
    attributes.owner.give(&file, temporary)?;
    let finish = |file: &mut File| {
        file.set_permissions(fs::Permissions::from_mode(attributes.mode))?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    finish(&mut file).map_err(|e| failed("write", temporary, &e))
}

fn temporary(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_prefix('.').unwrap_or(&name);
    folder_of(target).join(format!(".{name}{TEMPORARY}"))
}

fn is_mount_point(target: &Path) -> bool {
    rustix::fs::statx(CWD, target, AtFlags::empty(), StatxFlags::empty())
        .is_ok_and(|s| s.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

fn explain(target: &Path, error: &std::io::Error) -> Error {
    if error.kind() == ErrorKind::ResourceBusy { mounted(target) } else { failed("replace", target, error) }
}

fn mounted(target: &Path) -> Error {
    Error::failed(format!(
        "cannot replace {target:?}: it is a mount point, which cannot be exchanged in one step"
    ))
    .hint("mount the folder that holds the file instead of the file itself")
}

#[cfg(test)]
mod tests {
    use super::super::Owner;
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("reseal-replace-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        path
    }

    fn attributes(mode: u32) -> Attributes {
        Attributes { mode, owner: Owner::of_this_process() }
    }

    #[test]
    fn bytes_and_mode_are_replaced_and_nothing_is_left() {
        let folder = folder("plain");
        let path = folder.join("f");
        fs::write(&path, "old").unwrap();
        // as a crash would leave it
        fs::write(temporary(&path), "half").unwrap();
        replace(&path, b"new", attributes(0o640)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o640);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn of_many_who_make_a_file_one_does() {
        let folder = folder("create");
        let path = folder.join("f");
        assert!(create(&path, b"first", attributes(0o600)).unwrap());
        assert!(!create(&path, b"second", attributes(0o600)).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"first");
        std::os::unix::fs::symlink("nowhere", folder.join("link")).unwrap();
        assert!(!create(&folder.join("link"), b"x", attributes(0o600)).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_symbolic_link_stays_and_its_target_changes() {
        let folder = folder("link");
        fs::create_dir(folder.join("real")).unwrap();
        fs::write(folder.join("real/f"), "old").unwrap();
        std::os::unix::fs::symlink("real/f", folder.join("link")).unwrap();
        replace(&folder.join("link"), b"new", attributes(0o600)).unwrap();
        assert!(fs::symlink_metadata(folder.join("link")).unwrap().is_symlink());
        assert_eq!(fs::read(folder.join("real/f")).unwrap(), b"new");
        std::os::unix::fs::symlink("b", folder.join("a")).unwrap();
        std::os::unix::fs::symlink("a", folder.join("b")).unwrap();
        assert!(replace(&folder.join("a"), b"x", attributes(0o600)).is_err());
        std::os::unix::fs::symlink("nowhere", folder.join("dangling")).unwrap();
        let error = replace(&folder.join("dangling"), b"x", attributes(0o600)).unwrap_err();
        assert!(error.to_string().contains("leads nowhere"), "{error}");
        assert!(!folder.join("nowhere").exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
