//! Lays a text in RAM over a file, for whoever lives in the namespace.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::mount::{MountFlags, mount_bind, mount_remount};

use super::Namespace;
use super::ram::Ram;
use crate::disk::failed;
use crate::error::{Error, Result};
use crate::secret::SecretValue;

impl Namespace {
    /// From now on who lives here reads `text` at `path`, which is a regular file and stays what it is. Nobody can
    /// write to it.
    pub fn cover(&self, path: &Path, text: &SecretValue) -> Result<()> {
        // held before anything is mounted, so that the text lands on this very file
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let target =
            rustix::fs::open(path, flags, Mode::empty()).map_err(|e| failed("open", path, &e.into()))?;
        let target = File::from(target);
        if !target.metadata().map_err(|e| failed("look at", path, &e))?.is_file() {
            return Err(Error::failed(format!("{path:?} was exchanged for something that is no file")));
        }
        let ram = Ram::mount(text.len(), &[])?;
        let laid = lay(&ram.place.join("file"), &target, path, text);
        // whatever came of it: the folder that the file system lay over is needed again
        ram.detach()?;
        laid?;
        let flags = MountFlags::BIND
            | MountFlags::RDONLY
            | MountFlags::NOSUID
            | MountFlags::NODEV
            | MountFlags::NOEXEC;
        mount_remount(path, flags, c"").map_err(|e| failed("make read-only", path, &e.into()))
    }
}

fn lay(file: &Path, target: &File, path: &Path, text: &SecretValue) -> Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    made.and_then(|mut made| made.write_all(text.expose()))
        .map_err(|e| failed("write in RAM for", path, &e))?;
    let handle = format!("/proc/self/fd/{}", target.as_raw_fd());
    mount_bind(file, handle).map_err(|e| failed("lay a file in RAM over", path, &e.into()))
}
