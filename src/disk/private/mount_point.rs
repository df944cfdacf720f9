//! What a file in RAM is laid over: a file that is there, or an empty one that is made for it and goes again.
//!
//! Who makes the empty file marks it by a time of change that no other file has, 1970, and holds a shared lock on it.
//! Others who need it meanwhile hold the lock too, and the last one to let go removes it. So an empty file of the
//! user's own stays, and one that a power loss left behind is taken up and removed by the next who needs it.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, Timespec, Timestamps, flock, futimens, linkat};
use rustix::io::Errno;

use crate::disk::{creatable, failed, folder_of, link};
use crate::error::{Error, Result};

/// How often a lock is asked for, and what lies between.
const PATIENCE: u32 = 200;
const TURN: Duration = Duration::from_millis(10);

/// A place at which a file can be covered.
pub struct MountPoint {
    /// Without a link, from the root.
    pub path: PathBuf,
    /// Whether somebody must make the empty file, or go on holding it.
    pub to_hold: bool,
}

impl MountPoint {
    /// Where `path` leads, and what is there.
    pub fn at(path: &Path) -> Result<Self> {
        let end = link::follow(path)?;
        let name = end.file_name().filter(|_| !path.as_os_str().as_encoded_bytes().ends_with(b"/"));
        let name = name.ok_or_else(|| Error::usage(format!("{path:?} does not name a file")))?;
        let folder = fs::canonicalize(folder_of(&end)).map_err(|e| failed("find the folder of", path, &e))?;
        let path = folder.join(name);
        match fs::symlink_metadata(&path) {
            Ok(there) if there.is_file() && is_marked(&there) => {
                // what another user makes is that one's to remove, and would go in the middle of it
                let held = OpenOptions::new().read(true).custom_flags(no_follow()).open(&path);
                if held.is_err_and(|e| e.kind() == ErrorKind::PermissionDenied) {
                    return Err(Error::failed(format!("{path:?} is the empty file of another user's reseal"))
                        .hint("wait until that one has ended; if none runs, it was killed, and the file can be removed"));
                }
                Ok(MountPoint { path, to_hold: true })
            }
            Ok(there) if there.is_file() => Ok(MountPoint { path, to_hold: false }),
            Ok(there) => {
                let what = if there.is_dir() { "a folder" } else { "no regular file" };
                Err(Error::failed(format!("{path:?} is {what}, and only a file can be covered")))
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {
                creatable(&path).map_err(|e| {
                    e.context(format!("there is no {path:?} to lay the values over, and none can be made"))
                        .hint("have somebody who may write there make an empty file of that name")
                })?;
                Ok(MountPoint { path, to_hold: true })
            }
            Err(e) => Err(failed("look at", &path, &e)),
        }
    }
}

/// An empty file that is there as long as somebody holds it.
///
/// Its folder is held too, and the file made and removed by that handle: whoever owns a folder above could put a link
/// in the way meanwhile, and have root make or remove a file elsewhere.
pub struct Held {
    file: File,
    _folder: File,
    /// The file, by the handle of its folder.
    at: PathBuf,
}

impl Held {
    /// Makes the file, or joins those who hold it; `None` where something else lies there by now.
    pub fn take(path: &Path) -> Result<Option<Self>> {
        let io = |e: io::Error| failed("make", path, &e);
        let (folder, at) = by_handle(path)?;
        loop {
            let file = match fs::symlink_metadata(&at) {
                Ok(there) if there.is_file() && is_marked(&there) => {
                    match OpenOptions::new().read(true).custom_flags(no_follow()).open(&at) {
                        Ok(file) => file,
                        Err(e) if e.kind() == ErrorKind::NotFound => continue,
                        Err(e) => return Err(failed("open", path, &e)),
                    }
                }
                Ok(_) => return Ok(None),
                Err(e) if e.kind() == ErrorKind::NotFound => match make(&at) {
                    Ok(file) => file,
                    Err(e) if e.kind() == ErrorKind::AlreadyExists => continue,
                    Err(e) => return Err(io(e)),
                },
                Err(e) => return Err(io(e)),
            };
            share(&file).map_err(|e| failed("lock", path, &e.into()))?;
            if is_there(&file, &at) {
                return Ok(Some(Held { file, _folder: folder, at }));
            }
        }
    }

    /// Lets go of it, and removes it if nobody else holds it and nobody has written to it.
    pub fn release(self) {
        let alone = flock(&self.file, FlockOperation::NonBlockingLockExclusive).is_ok();
        if alone && is_there(&self.file, &self.at) {
            // nothing helps where this fails, and what stays is empty
            let _ = fs::remove_file(&self.at);
        }
    }
}

/// Whether the path still leads to this file, and it is still the empty one that was made.
fn is_there(file: &File, at: &Path) -> bool {
    let (Ok(held), Ok(there)) = (file.metadata(), fs::symlink_metadata(at)) else { return false };
    (held.dev(), held.ino()) == (there.dev(), there.ino()) && is_marked(&there)
}

/// The folder of a path that leads through no link, and the path by its handle.
fn by_handle(path: &Path) -> Result<(File, PathBuf)> {
    let (place, io) = (folder_of(path), |e: io::Error| failed("open the folder of", path, &e));
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(place, flags, Mode::empty()).map_err(|e| io(e.into()))?;
    let folder = File::from(folder);
    let handle = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
    if fs::read_link(&handle).map_err(io)? != place {
        return Err(Error::failed(format!("{place:?} is, or leads through, a symbolic link by now")));
    }
    let at = handle.join(path.file_name().unwrap_or_default());
    Ok((folder, at))
}

/// Holds the lock together with others. Who holds it alone is about to remove the file, which takes no time; who goes on
/// to hold it, in a folder of theirs perhaps, does not keep us waiting.
fn share(file: &File) -> rustix::io::Result<()> {
    for _ in 0..PATIENCE {
        match flock(file, FlockOperation::NonBlockingLockShared) {
            Err(Errno::WOULDBLOCK) => std::thread::sleep(TURN),
            other => return other,
        }
    }
    Err(Errno::BUSY)
}

fn is_marked(there: &Metadata) -> bool {
    there.len() == 0 && there.mtime() == 0
}

/// Makes the file so that nobody sees it before it is marked and locked.
fn make(path: &Path) -> io::Result<File> {
    let mode = Mode::RUSR | Mode::WUSR;
    let nameless = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    match rustix::fs::open(folder_of(path), nameless, mode) {
        Ok(file) => {
            let file = File::from(file);
            mark(&file)?;
            let handle = format!("/proc/self/fd/{}", file.as_raw_fd());
            linkat(CWD, handle, CWD, path, AtFlags::SYMLINK_FOLLOW)?;
            Ok(file)
        }
        // not every file system makes files without a name
        Err(_) => {
            let options = &mut OpenOptions::new();
            let file =
                options.write(true).create_new(true).mode(0o600).custom_flags(no_follow()).open(path)?;
            mark(&file)?;
            Ok(file)
        }
    }
}

fn mark(file: &File) -> io::Result<()> {
    let never = Timespec { tv_sec: 0, tv_nsec: 0 };
    futimens(file, &Timestamps { last_access: never, last_modification: never })?;
    flock(file, FlockOperation::LockShared)?;
    Ok(())
}

fn no_follow() -> i32 {
    (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("reseal-mount-point-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        fs::canonicalize(path).unwrap()
    }

    #[test]
    fn the_last_of_several_holders_removes_the_empty_file() {
        let folder = folder("last");
        let path = folder.join(".env");
        assert!(MountPoint::at(&path).unwrap().to_hold);
        let first = Held::take(&path).unwrap().unwrap();
        assert!(MountPoint::at(&path).unwrap().to_hold);
        let second = Held::take(&path).unwrap().unwrap();
        first.release();
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        second.release();
        assert!(!path.exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_somebody_else_has_made_or_written_stays() {
        let folder = folder("own");
        let (own, written) = (folder.join("own"), folder.join("written"));
        fs::write(&own, "").unwrap();
        assert!(!MountPoint::at(&own).unwrap().to_hold);
        assert!(Held::take(&own).unwrap().is_none());
        let held = Held::take(&written).unwrap().unwrap();
        fs::write(&written, "mine").unwrap();
        held.release();
        assert_eq!(fs::read(&written).unwrap(), b"mine");
        // as a power loss would leave it
        let left = folder.join("left");
        drop(Held::take(&left).unwrap());
        Held::take(&left).unwrap().unwrap().release();
        assert!(!left.exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn who_never_lets_go_of_the_lock_is_not_waited_for() {
        let folder = folder("lock");
        let path = folder.join(".env");
        let theirs = make(&path).unwrap();
        flock(&theirs, FlockOperation::LockExclusive).unwrap();
        assert!(Held::take(&path).is_err_and(|e| e.to_string().starts_with("cannot lock")));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn no_link_and_no_move_leads_elsewhere() {
        let folder = folder("moved");
        let (before, after) = (folder.join("before"), folder.join("after"));
        fs::create_dir(&before).unwrap();
        let held = Held::take(&before.join(".env")).unwrap().unwrap();
        fs::rename(&before, &after).unwrap();
        // a link in its way, to a file that looks alike
        let other = folder.join("other");
        fs::create_dir(&other).unwrap();
        std::os::unix::fs::symlink(&other, &before).unwrap();
        fs::hard_link(after.join(".env"), other.join(".env")).unwrap();
        assert!(Held::take(&before.join(".new")).is_err());
        held.release();
        assert!(!after.join(".env").exists() && other.join(".env").exists() && !other.join(".new").exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn many_who_take_and_release_at_once_leave_nothing_and_never_lack_the_file() {
        let folder = folder("many");
        let path = folder.join(".env");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let held = Held::take(&path).unwrap().unwrap();
                        assert!(is_there(&held.file, &held.at));
                        held.release();
                    }
                });
            }
        });
        assert!(!path.exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
