//! A file that only grows: each line is on the disk when [`Appender::append`] returns.
//!
//! A crash can leave half of the last line. The reader of the format decides what counts as torn and says how much to
//! keep; the rest is cut off before anything is added. A failed write is cut off at once, so that the next line does
//! not grow out of its remains.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::FallocateFlags;

use super::link::open_own;
use super::{Owner, failed, sync_folder};
use crate::error::Result;

/// An open file that only grows.
pub struct Appender {
    file: File,
    path: PathBuf,
    length: u64,
}

impl Appender {
    /// Opens the file, or makes it (0600, of `owner`), and keeps its first `keep` bytes.
    pub fn open(path: &Path, keep: u64, owner: Owner) -> Result<Self> {
        let io = |e| failed("write", path, &e);
        // create_new tells whether the folder must be synced too
        let fresh = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let (file, made) = match fresh {
            Ok(file) => (file, true),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                (open_own(OpenOptions::new().write(true), path)?, false)
            }
            Err(e) => return Err(io(e)),
        };
        if made {
            owner.give(&file, path)?;
            sync_folder(path)?;
        } else if file.metadata().map_err(io)?.len() > keep {
            file.set_len(keep).and_then(|()| file.sync_all()).map_err(io)?;
        }
        Ok(Appender { file, path: path.to_path_buf(), length: keep })
    }

    /// Sets room aside, so that later lines do not fail because the disk is full. Not every file system can.
    pub fn reserve(&self, bytes: u64) {
        let _ = rustix::fs::fallocate(&self.file, FallocateFlags::KEEP_SIZE, self.length, bytes);
    }

    /// Adds bytes at the end. Durable when it returns.
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let written = std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, self.length)
            .and_then(|()| self.file.sync_all());
        match written {
            Ok(()) => {
                self.length += bytes.len() as u64;
                Ok(())
            }
            Err(e) => {
                let _ = self.file.set_len(self.length);
                Err(failed("add to", &self.path, &e))
            }
        }
    }
}
