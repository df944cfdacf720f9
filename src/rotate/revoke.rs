//! Revoke: after the commit, a service stops to accept a replaced value, and a fresh login with it is refused (I8).

use super::apply::note;
use super::context::Context;
use super::request::Change;
use super::service::{self, Login};
use crate::audit::Grace;
use crate::error::Result;
use crate::saga::{Note, Step};
use crate::sops::Open;
use crate::target;

/// The value that this rotation has replaced.
pub(super) struct Revoke(pub(super) Change);

impl Step<Context<'_>> for Revoke {
    fn name(&self) -> String {
        format!("revoke:{}", self.0.name)
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let (pending, previous) = (cx.world.open(&cx.pending())?, cx.world.open(&cx.previous())?);
        revoke(cx, &self.0, &previous, &pending)
    }

    fn undo(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}

/// A value that an earlier rotation has replaced, and that was accepted for a while.
pub(super) struct End(pub(super) Grace);

impl Step<Context<'_>> for End {
    fn name(&self) -> String {
        name_of_end(&self.0)
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let Some((change, before)) = service::replaced(cx.world, &self.0)? else {
            return Ok(Note::Unproven("nothing here knows any more what it was".into()));
        };
        let live = cx.world.open(cx.live())?;
        revoke(cx, &change, &before, &live)
    }

    fn undo(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}

pub(super) fn name_of_end(end: &Grace) -> String {
    format!("end:{}:{}", end.secret, end.rotation)
}

fn revoke(cx: &Context<'_>, change: &Change, old: &Open, new: &Open) -> Result<Note> {
    let Some(config) = &change.policy.target else { return Ok(Note::Skipped) };
    let target = service::open(cx.world, config, &[new, old])?;
    let new = Login::of(new, &change.name, &change.policy)?;
    let old = Login::of(old, &change.name, &change.policy)?;
    let (new, old) = (new.credential(), old.credential());
    let proof = target::revoke(&*target, &old, &new, &service::nobodys(cx.world))?;
    if !cx.request.emergency {
        return Ok(note(proof));
    }
    // what cannot be ended is said, and is no reason to try for ever
    match target.sessions(&old, &new) {
        Ok(Some(_)) => Ok(note(proof)),
        Ok(None) => Ok(Note::Unproven("it cannot end the sessions that were opened with it".into())),
        Err(error) => Ok(Note::Unproven(format!("the sessions opened with it may go on: {error}"))),
    }
}
