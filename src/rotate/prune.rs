//! Prune: after the commit. Old backups go, as the policy says; the newest always stays.

use super::context::Context;
use crate::disk::Backups;
use crate::error::Result;
use crate::saga::{Note, Step};

pub(super) struct Prune;

impl Step<Context<'_>> for Prune {
    fn name(&self) -> String {
        "prune".into()
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let world = cx.world;
        let policy = &world.config.backup;
        let oldest = policy.oldest((world.clock)());
        for file in cx.sealed() {
            Backups::new(&file.project, &policy.dir).prune(policy.keep, oldest)?;
        }
        Ok(Note::Nothing)
    }

    fn undo(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}
