//! Backup: a byte copy of each live ciphertext, beside the journal and among the backups of that file.
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
        // the time of the request, so that a second run finds the backup of the first
        let at = cx.request.at.parse().map_err(|_| Error::failed("the request has no time"))?;
        for file in cx.sealed() {
            let bytes = disk::read(file.live())?;
            if digest(&bytes) != file.planned {
                return Err(Error::failed(format!(
                    "{:?} was changed by someone else since the plan",
                    file.live()
                )));
            }
            disk::replace(&file.previous, &bytes, file.project.private())?;
            let backup = Backups::new(&file.project, &world.config.backup.dir).create(&bytes, at)?;
            world.open(&backup.path)?;
        }
        Ok(Note::Digest(cx.request.live.clone()))
    }

    fn undo(&self, cx: &Context<'_>) -> Result<()> {
        for file in cx.sealed() {
            // best effort: half a copy is ciphertext, and the next backup removes it too
            let _ = Backups::new(&file.project, &cx.world.config.backup.dir).tidy();
        }
        Ok(())
    }
}
