//! Tidy: after the commit. What services were given of replaced values, and nobody uses any more, goes: the docker secrets
//! of a swarm. One that somebody still uses is named, and tried again by `resume`.

use super::context::Context;
use crate::error::Result;
use crate::saga::{Note, Step};

pub(super) struct Tidy;

impl Step<Context<'_>> for Tidy {
    fn name(&self) -> String {
        "tidy".into()
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        cx.tidy()?;
        Ok(Note::Nothing)
    }

    fn undo(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}
