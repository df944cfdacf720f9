//! Probe: waits until every service is well on the new values, each probe with its own deadline.

use super::context::Context;
use crate::error::Result;
use crate::saga::{Note, Step};

pub(super) struct Probe;

impl Step<Context<'_>> for Probe {
    fn name(&self) -> String {
        "probe".into()
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        if !cx.request.deploy {
            return Ok(Note::Skipped);
        }
        cx.wait_until_well()?;
        Ok(Note::Nothing)
    }

    fn undo(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}
