//! Revoke: after the commit, a service stops to accept a replaced value, and a fresh login with it is refused (I8).

use super::apply::note;
use super::context::Context;
use super::request::Change;
use super::service::{self, Login};
use crate::audit::Grace;
use crate::error::Result;
use crate::saga::{Note, Step};
use crate::sops::Open;
use crate::target::{self, Proof};

/// The value that this rotation has replaced.
pub(super) struct Revoke(pub(super) Change);

impl Step<Context<'_>> for Revoke {
    fn name(&self) -> String {
        format!("revoke:{}", self.0.name)
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let (pending, previous) = (cx.world.open(&cx.pending())?, cx.world.open(&cx.previous())?);
        let new = Login::of(&pending, &self.0.name, &self.0.policy)?;
        revoke(cx, &self.0, &previous, (&pending, new))
    }

    fn undo(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}

/// A value that an earlier rotation has replaced, and that was accepted for a while.
pub(super) struct End(pub(super) Grace);

impl Step<Context<'_>> for End {
    fn name(&self) -> String {
        name(&self.0)
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let folder = cx.world.project.grace().join(&self.0.rotation);
        let Some((change, before)) = service::replaced(cx.world, &folder, &self.0.secret)? else {
            return Ok(Note::Unproven("what was known of it is lost".to_owned()));
        };
        let live = cx.world.open(cx.live())?;
        let new = match cx.request.secrets.iter().find(|c| c.name == change.name) {
            Some(now) => Login::of(&live, &now.name, &now.policy)?,
            None => service::login_of_now(&live, &change, cx.world.config.secrets.get(&change.name))?,
        };
        revoke(cx, &change, &before, (&live, new))
    }

    fn undo(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}

/// Of the step that ends it.
pub(super) fn name(end: &Grace) -> String {
    format!("end:{}:{}", end.secret, end.rotation)
}

fn revoke(cx: &Context<'_>, change: &Change, old: &Open, (new, login): (&Open, Login)) -> Result<Note> {
    let Some(config) = &change.policy.target else { return Ok(Note::Skipped) };
    let target = service::open(cx.world, config, &[new, old])?;
    let old = Login::of(old, &change.name, &change.policy)?;
    let (new, old) = (login.credential(), old.credential());
    let proof = target::revoke(&*target, &old, &new, &service::nobodys(cx.world))?;
    if !cx.request.emergency {
        return Ok(note(proof));
    }
    // what cannot be ended is said, and is no reason to try for ever
    let go_on = match target.sessions(&old, &new) {
        Ok(Some(_)) => return Ok(note(proof)),
        Ok(None) => "sessions that it opened go on, and are to be ended by hand".to_owned(),
        Err(error) => format!("sessions that it opened may go on: {error}"),
    };
    Ok(Note::Unproven(match proof {
        Proof::Proven => go_on,
        Proof::Unprovable(why) => format!("{why}; {go_on}"),
    }))
}
