//! Redeploy: starts what the policy names, on the values that are live now. Taken back by Baseline's undo.

use super::context::Context;
use crate::error::Result;
use crate::saga::{Note, Step};

pub(super) struct Redeploy;

impl Step<Context<'_>> for Redeploy {
    fn name(&self) -> String {
        "redeploy".into()
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        if !cx.request.deploy {
            return Ok(Note::Skipped);
        }
        cx.bring_up()?;
        Ok(Note::Nothing)
    }

    fn undo(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}
