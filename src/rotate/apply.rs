//! Apply: a live service is told the new value, and a fresh login with it is accepted (I8). Nothing is guessed: what the
//! service accepts now is found out by trying, so that a run after a crash, and going back, start from the truth.

use std::time::{Duration, Instant};

use super::context::Context;
use super::request::Change;
use super::service::{self, Login};
use crate::error::{Error, Result};
use crate::saga::{Note, Step};
use crate::target::{self, Proof};

/// How often its own time a service may take to answer again after a redeploy.
pub(super) const COMES_BACK: u32 = 3;

pub(super) struct Apply(pub(super) Change);

impl Step<Context<'_>> for Apply {
    fn name(&self) -> String {
        format!("apply:{}", self.0.name)
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let Some(config) = &self.0.policy.target else { return Ok(Note::Skipped) };
        let (pending, previous) = (cx.world.open(&cx.pending())?, cx.world.open(&cx.previous())?);
        let new = Login::of(&pending, &self.0.name, &self.0.policy)?;
        let old = Login::of(&previous, &self.0.name, &self.0.policy)?;
        let target = service::open(cx.world, config, &[&pending, &previous])?;
        let (new, old) = (new.credential(), old.credential());
        let proof = target::apply(&*target, &new, &[new, old], &service::nobodys(cx.world))?;
        Ok(note(proof))
    }

    fn undo(&self, cx: &Context<'_>) -> Result<()> {
        let Err(error) = self.take_back(cx) else { return Ok(()) };
        if !cx.redeployed.get() {
            return Err(error);
        }
        // a redeploy that failed may have left the service itself down: it comes up on what is live, the old values
        let up = cx.bring_up();
        let started = Instant::now();
        let limit = self.0.policy.target.as_ref().map_or(Duration::ZERO, |t| t.timeout * COMES_BACK);
        loop {
            let Err(error) = self.take_back(cx) else { return Ok(()) };
            if up.is_err() || started.elapsed() > limit {
                return Err(error);
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

impl Apply {
    /// The old value is accepted again, and the new one is not.
    fn take_back(&self, cx: &Context<'_>) -> Result<()> {
        let Some(config) = &self.0.policy.target else { return Ok(()) };
        let (pending, previous) = (cx.world.open(&cx.pending())?, cx.world.open(&cx.previous())?);
        let new = Login::of(&pending, &self.0.name, &self.0.policy)?;
        let old = Login::of(&previous, &self.0.name, &self.0.policy)?;
        let target = service::open(cx.world, config, &[&previous, &pending])?;
        let (new, old) = (new.credential(), old.credential());
        let nobodys = service::nobodys(cx.world);
        let proof = target::apply(&*target, &old, &[old, new], &nobodys)?;
        let Some(counted) = self.counted(cx, new.user)? else {
            return target::revoke(&*target, &new, &old, &nobodys).map(drop);
        };
        let counted = counted.credential();
        if counted.value.same_as(new.value) {
            // it was accepted before this rotation too
            return Ok(());
        }
        if !config.alternates() {
            return target::revoke(&*target, &new, &old, &nobodys).map(drop);
        }
        // the idle one of two users had a password that still counted
        target::apply(&*target, &counted, &[counted, new], &nobodys)?;
        if proof == Proof::Proven && target.test(&new)? {
            return Err(
                Error::failed("it still accepts the value that was taken back").context(target.name())
            );
        }
        Ok(())
    }

    /// The login of that user which an earlier rotation has replaced, and which is accepted for a while.
    fn counted(&self, cx: &Context<'_>, user: &str) -> Result<Option<Login>> {
        let now = (cx.world.clock)();
        let ends = cx.request.ends.iter().filter(|end| end.secret == self.0.name.as_str());
        for end in ends.filter(|end| end.service.is_some() && !end.is_over(now)) {
            let folder = cx.world.project.grace().join(&end.rotation);
            if let Some((change, before)) = service::replaced(cx.world, &folder, &end.secret)? {
                let login = Login::of(&before, &change.name, &change.policy)?;
                if login.user == user {
                    return Ok(Some(login));
                }
            }
        }
        Ok(None)
    }
}

/// What the journal keeps of a proof.
pub(super) fn note(proof: Proof) -> Note {
    match proof {
        Proof::Proven => Note::Proven,
        Proof::Unprovable(why) => Note::Unproven(why),
    }
}
