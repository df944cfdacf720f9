//! The lock that makes one writer (I6): an OS file lock, released by the kernel when its holder dies, so that there is
//! no stale lock to break.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use super::link::open_own;
use super::{Owner, failed};
use crate::error::{Error, Kind, Result};

/// Held as long as it lives.
pub struct Lock(#[expect(dead_code, reason = "held, not read")] File);

impl Lock {
    /// Takes the lock at once, or says who holds it.
    pub fn take(path: &Path, owner: Owner) -> Result<Self> {
        let mut file = open(path, owner)?;
        match file.try_lock() {
            Ok(()) => {
                // for the message of the next one who comes; not needed for the lock itself
                let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
                Ok(Lock(file))
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                let by = match holder.parse::<u32>() {
                    Ok(pid) => format!("process {pid}"),
                    Err(_) => "another process".into(),
                };
                Err(Error::new(Kind::Locked, format!("{by} is changing this project"))
                    .note("nothing was changed")
                    .hint("wait until it has finished, then run the command again"))
            }
            Err(TryLockError::Error(e)) => Err(failed("lock", path, &e)),
        }
    }
}

impl Lock {
    /// Whether somebody holds the lock. To look is to hold it for a moment, so this is for when nobody else should.
    pub fn is_held(path: &Path) -> bool {
        let file = open_own(OpenOptions::new().read(true), path);
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

/// A lock that the children of this process hold too. Whoever finds it taken knows that a program which a killed
/// process has started is still running.
pub struct Shared(#[expect(dead_code, reason = "held, not read")] File);

impl Shared {
    /// Takes the lock within `limit`, and hands it on to every child started from now on.
    pub fn take(path: &Path, owner: Owner, limit: Duration) -> Result<Self> {
        let file = open(path, owner)?;
        let pause = Duration::from_millis(50);
        let mut left = limit;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if left > Duration::ZERO => {
                    std::thread::sleep(pause);
                    left = left.saturating_sub(pause);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::failed("a deploy command of the interrupted run is still running")
                        .hint(format!(
                            "see what it is with `fuser -v {0}`: end it, or, if it is a service that shall stay, `rm {0}`; then run `reseal resume`",
                            super::quoted(path)
                        )));
                }
                Err(TryLockError::Error(e)) => return Err(failed("lock", path, &e)),
            }
        }
        rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty())
            .map_err(|e| failed("hand on", path, &e.into()))?;
        Ok(Shared(file))
    }
}

fn open(path: &Path, owner: Owner) -> Result<File> {
    let made = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(file) => {
            owner.give(&file, path)?;
            Ok(file)
        }
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(failed("make", path, &e)),
        Err(_) => open_own(OpenOptions::new().read(true).write(true), path),
    }
}
