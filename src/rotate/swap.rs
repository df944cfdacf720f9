//! Swap: the pending ciphertext takes the place of the live one, in one step (I2). Each sealed file has a step of its own:
//! mirrors go first, and so the main file goes back first. Whoever finds the new value there finds it in every mirror.

use std::path::PathBuf;

use super::context::{Context, digest};
use super::sealed::{self, SealedFile};
use crate::disk;
use crate::error::{Error, Result};
use crate::saga::{Note, Step};

/// Of a mirror, or of the main file.
pub(super) struct Swap(pub(super) Option<PathBuf>);

impl Step<Context<'_>> for Swap {
    fn name(&self) -> String {
        sealed::step(self.0.as_deref())
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let file = self.file(cx)?;
        let pending = disk::read(&file.pending)?;
        exchange(&file, &pending, &file.planned)?;
        Ok(Note::Digest(digest(&pending)))
    }

    fn undo(&self, cx: &Context<'_>) -> Result<()> {
        let file = self.file(cx)?;
        let pending = disk::read_if_there(&file.pending)?.map(|b| digest(&b)).unwrap_or_default();
        exchange(&file, &disk::read(&file.previous)?, &pending)
    }
}

impl Swap {
    fn file(&self, cx: &Context<'_>) -> Result<SealedFile> {
        let found = cx.sealed().into_iter().find(|file| file.mirror == self.0);
        found.ok_or_else(|| Error::failed(format!("the rotation has no file for its step {:?}", self.name())))
    }
}

/// Puts `bytes` in the live file's place, if that is still as `expected` or is `bytes` already.
fn exchange(file: &SealedFile, bytes: &[u8], expected: &str) -> Result<()> {
    let live = digest(&disk::read(file.live())?);
    // what is there already is perhaps of a run that died before the folder was synced, or has another mode: do it again
    if live != digest(bytes) && live != expected {
        return Err(Error::failed(format!(
            "{:?} was changed by someone else during the rotation",
            file.live()
        )));
    }
    disk::replace(file.live(), bytes, file.attributes)
}
