//! Who owns a file and who may read it.

use std::fmt;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use nix::unistd::{Gid, Group, Uid, User};
use rustix::fs::{Mode, OFlags};

use super::failed;
use super::link::follow;
use crate::error::{Error, Kind, Result};
use crate::secret::SecretValue;

/// A user and a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl Owner {
    /// Whoever runs this process.
    pub fn of_this_process() -> Self {
        Owner { uid: Uid::effective().as_raw(), gid: Gid::effective().as_raw() }
    }

    /// From `user`, `user:group`, `:group`, by name or number. A missing part is the user's group, or this process's.
    pub fn parse(text: &str) -> Result<Self> {
        let (user, group) = text.split_once(':').unwrap_or((text, ""));
        let unknown =
            |what: &str, name: &str| Error::usage(format!("there is no {what} {name:?} on this machine"));
        let mut owner = Owner::of_this_process();
        if let Ok(uid) = user.parse() {
            owner.uid = uid;
        } else if !user.is_empty() {
            let found = User::from_name(user).ok().flatten().ok_or_else(|| unknown("user", user))?;
            owner = Owner { uid: found.uid.as_raw(), gid: found.gid.as_raw() };
        }
        if let Ok(gid) = group.parse() {
            owner.gid = gid;
        } else if !group.is_empty() {
            owner.gid =
                Group::from_name(group).ok().flatten().ok_or_else(|| unknown("group", group))?.gid.as_raw();
        }
        Ok(owner)
    }

    /// Makes an open file this owner's, if it is not yet.
    pub(super) fn give(self, file: &File, path: &Path) -> Result<()> {
        let now = file.metadata().map_err(|e| failed("look at", path, &e))?;
        if (now.uid(), now.gid()) == (self.uid, self.gid) {
            return Ok(());
        }
        std::os::unix::fs::fchown(file, Some(self.uid), Some(self.gid)).map_err(|e| self.refused(path, &e))
    }

    /// The same for a path that this process has just made.
    pub(super) fn give_path(self, path: &Path) -> Result<()> {
        // what was put in its place since must not be given away
        let now = fs::symlink_metadata(path).map_err(|e| failed("look at", path, &e))?;
        if (now.uid(), now.gid()) == (self.uid, self.gid) {
            return Ok(());
        }
        std::os::unix::fs::lchown(path, Some(self.uid), Some(self.gid)).map_err(|e| self.refused(path, &e))
    }

    fn refused(self, path: &Path, error: &std::io::Error) -> Error {
        failed(&format!("give to {self} the file"), path, error)
            .hint(format!("run as root or as {self}, so that the owner stays what it is"))
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = User::from_uid(Uid::from_raw(self.uid)).ok().flatten();
        let group = Group::from_gid(Gid::from_raw(self.gid)).ok().flatten();
        match user {
            Some(user) => write!(f, "{}:", user.name)?,
            None => write!(f, "{}:", self.uid)?,
        }
        match group {
            Some(group) => f.write_str(&group.name),
            None => write!(f, "{}", self.gid),
        }
    }
}

/// What a file shall have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Permission bits.
    pub mode: u32,
    /// User and group.
    pub owner: Owner,
}

/// What a file has.
#[derive(Clone, Copy, Debug)]
pub struct Stat {
    /// Permission bits.
    pub mode: u32,
    /// User and group.
    pub owner: Owner,
    /// Whether it is a regular file.
    pub is_file: bool,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Bytes.
    pub size: u64,
}

impl Stat {
    /// Whether group or others may do anything with it.
    pub fn open_to_others(&self) -> bool {
        self.mode & 0o077 != 0
    }
}

/// What lies at a path, links followed; `None` where nothing does.
pub fn stat(path: &Path) -> Option<Stat> {
    fs::metadata(path).ok().map(|m| of(&m))
}

/// What lies at a path itself, be it a link; `None` where nothing does.
pub fn lstat(path: &Path) -> Option<Stat> {
    fs::symlink_metadata(path).ok().map(|m| of(&m))
}

/// Gives a file or folder the owner and the mode that it should have, mode first, so that it is never open to more.
pub fn correct(path: &Path, attributes: Attributes) -> Result<()> {
    let target = follow(path)?;
    // held, so that nothing can be put in its place in between; PATH opens also what nobody may read
    let held = rustix::fs::open(&target, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
        .map(File::from)
        .map_err(|e| failed("open", &target, &e.into()))?;
    let meta = held.metadata().map_err(|e| failed("look at", &target, &e))?;
    if meta.is_symlink() {
        return Err(Error::failed(format!("{target:?} was exchanged for a symbolic link")));
    }
    let handle = format!("/proc/self/fd/{}", held.as_raw_fd());
    fs::set_permissions(&handle, fs::Permissions::from_mode(attributes.mode))
        .map_err(|e| failed("change the mode of", path, &e))?;
    let owner = attributes.owner;
    if (meta.uid(), meta.gid()) == (owner.uid, owner.gid) {
        return Ok(());
    }
    std::os::unix::fs::chown(&handle, Some(owner.uid), Some(owner.gid)).map_err(|e| owner.refused(path, &e))
}

fn of(m: &fs::Metadata) -> Stat {
    Stat {
        mode: m.permissions().mode() & 0o7777,
        owner: Owner { uid: m.uid(), gid: m.gid() },
        is_file: m.is_file(),
        is_folder: m.is_dir(),
        size: m.len(),
    }
}

/// Reads a private key, or `None` where there is none. One that others can read is refused: it is no secret any more,
/// and going on would only hide that.
pub fn read_key(path: &Path) -> Result<Option<SecretValue>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        // not fatal: another source may open the file
        Err(e) => return Err(failed("read", path, &e).of_kind(Kind::NoIdentity)),
    };
    // asked of the open file, so that nobody can exchange it in between
    let stat = of(&file.metadata().map_err(|e| failed("look at", path, &e))?);
    if !stat.is_file {
        // a pipe, as shells make them for <(…), belongs to whoever made it
        return SecretValue::read_from(&mut file)
            .map(Some)
            .map_err(|e| failed("read", path, &e).of_kind(Kind::NoIdentity));
    }
    if stat.open_to_others() {
        return Err(Error::failed(format!(
            "key file {path:?} can be read by others (mode {:04o})",
            stat.mode
        ))
        .hint(format!("chmod 600 {}", super::quoted(path))));
    }
    SecretValue::read_from(&mut file).map(Some).map_err(|e| failed("read", path, &e))
}
