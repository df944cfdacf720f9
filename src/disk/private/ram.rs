//! A file system in RAM, and where it lies for the moment in which something is taken out of it.
//!
//! A tmpfs that is never swapped where the kernel has that (6.4) and this user may ask for it, which takes root; else
//! a ramfs, which is never swapped either but knows no limit, and so is only written to by us and by an editor.

use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use super::refusal;
use crate::disk::failed;
use crate::error::{Error, Result};

/// A mounted file system, to be detached from its place once what it holds is seen elsewhere.
pub(super) struct Ram {
    pub(super) place: PathBuf,
}

impl Ram {
    /// Mounts one over a folder that this namespace can do without for a moment; over none of `needed`.
    pub(super) fn mount(size: usize, needed: &[&Path]) -> Result<Self> {
        let fits =
            |place: &&str| Path::new(place).is_dir() && !needed.iter().any(|path| path.starts_with(place));
        let place = ["/dev/shm", "/run", "/tmp", "/dev", "/sys"].into_iter().find(fits);
        let place =
            place.ok_or_else(|| Error::failed("there is no folder to lay a file system in RAM over"))?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        let pages = size.div_ceil(4096).saturating_add(16).saturating_mul(4096);
        let options = format!("noswap,size={pages},mode=0700");
        let options = std::ffi::CString::new(options).unwrap_or_default();
        let never_swapped = mount("reseal", place, "tmpfs", flags, Some(options.as_c_str()));
        never_swapped
            .or_else(|_| mount("reseal", place, "ramfs", flags, Some(c"mode=0700")))
            .map_err(|e| refusal::explain_io("hold a file system in RAM", &e.into()))?;
        Ok(Ram { place: place.into() })
    }

    /// Takes it off its place. What was mounted out of it elsewhere stays.
    pub(super) fn detach(self) -> Result<()> {
        let detached = unmount(&self.place, UnmountFlags::DETACH);
        detached.map_err(|e| failed("take the file system in RAM off", &self.place, &e.into()))
    }
}
