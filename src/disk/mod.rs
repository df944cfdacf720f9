//! The only module that touches the file system.
//!
//! It moves bytes and knows nothing of their meaning: callers pass ciphertext, and that nothing else is passed is
//! theirs to keep (I3). There is one way to change a file, [`replace()`], one to make a file that nobody else may have made, [`create`], one to add to it, [`Appender`], and one lock,
//! [`Lock`]. Errors carry the path and what the system said.
#![expect(clippy::disallowed_methods, reason = "this is the one home of the file system")]

mod append;
mod backups;
mod link;
mod lock;
mod mode;
mod private;
mod project;
mod replace;
mod walk;

pub use append::Appender;
pub use backups::{Backup, Backups};
pub use lock::{Lock, Shared};
pub use mode::{Attributes, Owner, correct, lstat, read_key, stat};
pub use private::{Held, MountPoint, Namespace};
pub use project::Project;
pub use replace::{creatable, create, replace, replaceable};
pub use walk::walk;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// A file whole.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| failed("read", path, &e))
}

/// A file whole, or `None` where there is none.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(failed("read", path, &e)),
    }
}

/// A file to read piece by piece. Only regular files: a pipe or a device might never end.
pub fn open(path: &Path) -> Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let opened = fs::OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path);
    let file = opened.map_err(|e| failed("read", path, &e))?;
    match file.metadata().map_err(|e| failed("read", path, &e))?.is_file() {
        true => Ok(file),
        false => Err(Error::failed(format!("cannot read {path:?}: it is no regular file"))),
    }
}

/// What a symbolic link says; `None` where there is no link.
pub fn link_text(path: &Path) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStringExt;
    fs::read_link(path).ok().map(|to| to.into_os_string().into_vec())
}

/// Gives a file another name in the same folder, in one step. Durable.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|e| failed("rename", from, &e))?;
    sync_folder(to)
}

/// The beginning of a file, as much as `buffer` takes: how much that is. `None`: there is no file. What is no regular
/// file has no beginning.
pub fn beginning(path: &Path, buffer: &mut [u8]) -> Result<Option<usize>> {
    use rustix::io::Errno;
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let failed = |e: Errno| failed("read", path, &e.into());
    let file = match rustix::fs::open(path, flags, rustix::fs::Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(e) => return Err(failed(e)),
    };
    match rustix::io::read(&file, buffer) {
        Ok(n) => Ok(Some(n)),
        Err(Errno::ISDIR | Errno::AGAIN) => Ok(Some(0)),
        Err(e) => Err(failed(e)),
    }
}

/// A plaintext file that the user named.
pub fn read_secret(path: &Path) -> Result<SecretValue> {
    let mut file = fs::File::open(path).map_err(|e| failed("read", path, &e))?;
    SecretValue::read_from(&mut file).map_err(|e| failed("read", path, &e))
}

/// Writes a value to a file that only this user can read. For places in RAM: on a disk it would stay (I3).
pub fn write_private(path: &Path, text: &SecretValue) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let opened = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| io::Write::write_all(&mut file, text.expose()));
    written.map_err(|e| failed("write", path, &e))
}

/// A file that a child writes its messages to.
pub fn appending(path: &Path) -> Result<fs::File> {
    fs::OpenOptions::new().append(true).open(path).map_err(|e| failed("write", path, &e))
}

/// The names in a folder, sorted; none where there is no folder.
pub fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(failed("list", folder, &e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| failed("list", folder, &e))?;
        if let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Removes a file; that there is none is fine. Durable.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder(path),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) => Err(failed("remove", path, &e)),
    }
}

/// What a folder is called that is on its way out.
const DISCARDED: &str = ".gone";

/// Whether a name is that of a folder on its way out.
pub fn is_discarded(name: &str) -> bool {
    name.ends_with(DISCARDED)
}

/// Makes a folder go in one step, so that no part of it is ever found without the rest: it is renamed, which counts, and
/// then removed. Durable.
pub fn discard_folder(path: &Path) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(DISCARDED);
    let gone = PathBuf::from(name);
    match fs::rename(path, &gone) {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(failed("remove", path, &e)),
    }
    // should a power loss bring the name back, what is in it still says that it has ended
    let _ = sync_folder(&gone);
    // what cannot be removed now is swept later
    let _ = fs::remove_dir_all(&gone);
    Ok(())
}

/// Gives a folder another place in one step; that it is there already is fine. The folder above is made if need be.
pub fn move_folder(from: &Path, to: &Path, owner: Owner) -> Result<()> {
    make_folder(folder_of(to), owner)?;
    match fs::rename(from, to) {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::NotFound && to.is_dir() => return Ok(()),
        Err(e) => return Err(failed("move", from, &e)),
    }
    // should a power loss bring the old place back, what is in it still says that it has ended
    let _ = sync_folder(to);
    let _ = sync_folder(from);
    Ok(())
}

/// Removes what [`discard_folder`] had to leave.
pub fn sweep(folder: &Path) {
    for name in names(folder).unwrap_or_default().iter().filter(|name| is_discarded(name)) {
        let _ = fs::remove_dir_all(folder.join(name));
    }
}

/// Removes a folder and the files in it; that there is none is fine. Durable.
pub fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Ok(()) => sync_folder(path),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) => Err(failed("remove", path, &e)),
    }
}

/// Makes a folder 0700 that belongs to `owner`, and the folders above it likewise where they are missing. Durable.
pub fn make_folder(path: &Path, owner: Owner) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if path.is_dir() {
        return link::follow(path).map(drop);
    }
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        make_folder(parent, owner)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(e) => return Err(failed("make the folder", path, &e)),
    }
    owner.give_path(path)?;
    sync_folder(path)
}

/// The nearest file of that name in `start` or a folder above it.
pub fn find_upwards(start: &Path, name: &str) -> Option<PathBuf> {
    start.ancestors().map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Whether the path itself is a symbolic link.
pub fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink())
}

/// How many bytes an ordinary user can still write below `folder`.
pub fn room(folder: &Path) -> Result<u64> {
    let stat = rustix::fs::statvfs(folder).map_err(|e| failed("measure the room in", folder, &e.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Whether what is written at a path would lie in RAM: on tmpfs or ramfs. Of a folder that is not there the one above it
/// says.
pub fn in_ram(folder: &Path) -> Result<bool> {
    const TMPFS: i64 = 0x0102_1994;
    const RAMFS: i64 = 0x8584_58f6;
    let there = folder.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let stat = rustix::fs::statfs(there).map_err(|e| failed("see what holds", there, &e.into()))?;
    #[allow(clippy::unnecessary_cast, reason = "its type differs between machines")]
    let kind = stat.f_type as i64;
    Ok(matches!(kind, TMPFS | RAMFS))
}

/// Makes a change of names in the folder of `path` durable.
fn sync_folder(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    let synced = fs::File::open(folder).and_then(|f| f.sync_all());
    synced.map_err(|e| failed("sync the folder", folder, &e))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A path as a shell would take it.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// The same file by a path without `..`, so that the same file has the same name from every folder.
pub fn direct(path: &Path) -> PathBuf {
    if !path.components().any(|part| part == Component::ParentDir) {
        return path.to_path_buf();
    }
    match (folder_of(path).canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_path_buf(),
    }
}

/// Where a path leads, links followed; of a file that is not there, where it would lie.
pub fn real(path: &Path) -> PathBuf {
    match (path.canonicalize(), folder_of(path).canonicalize(), path.file_name()) {
        (Ok(real), ..) => real,
        (_, Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_path_buf(),
    }
}

/// What could not be done to which path, with the system's reason.
pub fn failed(doing: &str, path: &Path, error: &io::Error) -> Error {
    let reason = match error.kind() {
        ErrorKind::NotFound => "no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    };
    Error::failed(format!("cannot {doing} {path:?}: {reason}"))
}
