//! Baseline: notes which services are well. Its undo is what brings services back, because it runs after Swap's: they
//! must come up on the old values, and so the file must be the old one first.

use super::context::Context;
use crate::deploy;
use crate::error::{Error, Result};
use crate::saga::{Note, Step};

pub(super) struct Baseline;

impl Step<Context<'_>> for Baseline {
    fn name(&self) -> String {
        "baseline".into()
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        if !cx.request.deploy {
            return Ok(Note::Skipped);
        }
        Ok(Note::Names(cx.world.config.probes.iter().map(|p| deploy::name(&p.check)).collect()))
    }

    fn undo(&self, cx: &Context<'_>) -> Result<()> {
        if !cx.request.deploy || !cx.redeployed.get() {
            // no service has seen the new values; a restart would only be an outage
            return Ok(());
        }
        let back = |e: Error| e.context("the services did not come back on the old values");
        cx.bring_up().map_err(back)?;
        cx.wait_until_well().map_err(back)?;
        // new values that were given out and never came into force; nobody has them, and the next rotation tries again
        let _ = cx.tidy();
        Ok(())
    }
}
