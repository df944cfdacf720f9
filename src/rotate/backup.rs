//! Backup: a byte copy of the live ciphertext, beside the journal and among the backups.
//!
//! It counts once it was opened again. Undo keeps it, unless it is half written: a copy too many harms nobody.

use super::context::{Context, digest};
use crate::disk::{self, Backups};
use crate::error::{Error, Result};
use crate::saga::{Note, Step};

pub(super) struct Backup;

impl Step<Context<'_>> for Backup {
    fn name(&self) -> String {
        "backup".into()
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let world = cx.world;
        let bytes = disk::read(cx.live())?;
        if digest(&bytes) != cx.request.live {
            return Err(Error::failed(format!("{:?} was changed by someone else since the plan", cx.live())));
        }
        disk::replace(&cx.previous(), &bytes, world.project.private())?;
        // the time of the request, so that a second run finds the backup of the first
        let at = cx.request.at.parse().map_err(|_| Error::failed("the request has no time"))?;
        let backup = Backups::new(world.project, &world.config.backup.dir).create(&bytes, at)?;
        world.open(&backup.path)?;
        Ok(Note::Digest(cx.request.live.clone()))
    }

    fn undo(&self, cx: &Context<'_>) -> Result<()> {
        // best effort: half a copy is ciphertext, and the next backup removes it too
        let _ = Backups::new(cx.world.project, &cx.world.config.backup.dir).tidy();
        Ok(())
    }
}
