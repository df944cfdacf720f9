//! Swap: the pending ciphertext takes the place of the live one, in one step (I2).

use super::context::{Context, digest};
use crate::disk;
use crate::error::{Error, Result};
use crate::saga::{Note, Step};

pub(super) struct Swap;

impl Step<Context<'_>> for Swap {
    fn name(&self) -> String {
        "swap".into()
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let pending = disk::read(&cx.pending())?;
        exchange(cx, &pending, &[&cx.request.live])?;
        Ok(Note::Digest(digest(&pending)))
    }

    fn undo(&self, cx: &Context<'_>) -> Result<()> {
        let pending = disk::read_if_there(&cx.pending())?.map(|b| digest(&b)).unwrap_or_default();
        exchange(cx, &disk::read(&cx.previous())?, &[&pending])
    }
}

/// Puts `bytes` in the live file's place, if that is still one of `expected` or is `bytes` already.
fn exchange(cx: &Context<'_>, bytes: &[u8], expected: &[&str]) -> Result<()> {
    let live = digest(&disk::read(cx.live())?);
    if live == digest(bytes) {
        // perhaps of a run that died before the folder was synced, or with another mode: do it again
        return disk::replace(cx.live(), bytes, cx.world.project.attributes);
    }
    if !expected.contains(&live.as_str()) {
        return Err(Error::failed(format!(
            "{:?} was changed by someone else during the rotation",
            cx.live()
        )));
    }
    disk::replace(cx.live(), bytes, cx.world.project.attributes)
}
