//! The steps of a rotation on the world in memory, as the design has them, and as they must not be.

use std::collections::BTreeSet;

use super::super::{Note, Step, Steps};
use super::world::{OLD, Shared};
use crate::error::{Error, Result};

const NAMES: [&str; 9] =
    ["backup", "stage", "baseline", "apply_pg", "apply_redis", "swap", "redeploy", "probe", "prune"];
pub(super) const COMMIT_AT: usize = 8;
pub(super) const COUNT: usize = NAMES.len();

/// One choice of the design, made otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variant {
    AsDesigned,
    /// Services restart when Redeploy is taken back, which is before file and servers are.
    RestartAsRedeploysUndo,
    /// New values stay in memory until the file is exchanged.
    SealAtSwap,
    /// A step that failed is taken as never having happened.
    FailedStepIsNotUndone,
    /// The commit does not wait for the probe.
    CommitBeforeProbe,
    /// Undo fails where act never took effect.
    UndoDemandsTheAct,
    /// Undo goes to the newest known value instead of looking for the one before.
    NothingIsKeptBefore,
}

struct Numbered(usize, Variant);

pub(super) fn steps<'a, 'w>(variant: Variant) -> Steps<'a, Shared<'w>> {
    let commit_at = if variant == Variant::CommitBeforeProbe { 7 } else { COMMIT_AT };
    let list = (0..COUNT).map(|i| Box::new(Numbered(i, variant)) as Box<dyn Step<Shared<'w>>>);
    Steps { list: list.collect(), commit_at }
}

impl<'w> Step<Shared<'w>> for Numbered {
    fn name(&self) -> String {
        NAMES[self.0].into()
    }

    fn act(&self, cx: &Shared<'w>) -> Result<Note> {
        let done = self.do_it(cx);
        if done.is_err() {
            cx.borrow_mut().failed.insert(self.0);
        }
        done.map(|()| Note::Nothing)
    }

    fn undo(&self, cx: &Shared<'w>) -> Result<()> {
        if self.1 == Variant::FailedStepIsNotUndone && cx.borrow().failed.contains(&self.0) {
            return Ok(());
        }
        self.take_back(cx)
    }
}

impl Numbered {
    fn do_it(&self, cx: &Shared<'_>) -> Result<()> {
        let Numbered(step, variant) = *self;
        let mut w = cx.borrow_mut();
        let new = if variant == Variant::SealAtSwap { w.memory.or(w.pending) } else { w.pending };
        let staged = || new.ok_or_else(|| Error::failed("there is no new value"));
        match NAMES[step] {
            "backup" if w.previous.is_none() && variant != Variant::NothingIsKeptBefore => {
                w.effect(step, |w| w.previous = Some(w.live))
            }
            "stage" if new.is_none() => {
                w.made += 1;
                let made = Some(w.made);
                if variant == Variant::SealAtSwap {
                    w.memory = made;
                    return Ok(());
                }
                w.effect(step, |w| w.pending = made)
            }
            "apply_pg" if w.postgres != staged()? => {
                let new = staged()?;
                w.effect(step, |w| w.postgres = new)
            }
            "apply_redis" if !w.redis.contains(&staged()?) => {
                let new = staged()?;
                w.effect(step, |w| w.redis.extend([new]))
            }
            "swap" if w.live != staged()? => {
                let new = staged()?;
                w.effect(step, |w| (w.pending, w.live) = (Some(new), new))
            }
            "redeploy" => w.effect(step, |w| w.service = w.live),
            "probe" => {
                w.effect(step, |_| {})?;
                let well = w.healthy && w.service == w.postgres && w.redis.contains(&w.service);
                if well { Ok(()) } else { Err(Error::failed("the service is ill")) }
            }
            "prune" => {
                if w.redis != BTreeSet::from([w.live]) {
                    w.effect(step, |w| w.redis = BTreeSet::from([w.live]))?;
                }
                if w.pending.is_some() {
                    w.effect(step, |w| w.pending = None)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn take_back(&self, cx: &Shared<'_>) -> Result<()> {
        let Numbered(step, variant) = *self;
        let mut w = cx.borrow_mut();
        let before = match variant {
            Variant::NothingIsKeptBefore => w.pending.unwrap_or(OLD),
            _ => w.previous.unwrap_or(w.live),
        };
        let restarts = match variant {
            Variant::RestartAsRedeploysUndo => "redeploy",
            _ => "baseline",
        };
        match NAMES[step] {
            "stage" if w.pending.is_some() => w.effect(step, |w| w.pending = None),
            "apply_pg" if w.postgres != before => w.effect(step, |w| w.postgres = before),
            "apply_pg" if variant == Variant::UndoDemandsTheAct => Err(Error::failed("it was never applied")),
            "apply_redis" if w.pending.is_some_and(|p| w.redis.contains(&p)) => {
                w.effect(step, |w| w.redis.retain(|v| Some(*v) != w.pending))
            }
            "swap" if w.live != before => w.effect(step, |w| w.live = before),
            name if name == restarts => {
                w.effect(step, |w| w.service = w.live)?;
                let well = w.service == w.postgres && w.redis.contains(&w.service);
                if well { Ok(()) } else { Err(Error::failed("the service did not come back")) }
            }
            _ => Ok(()),
        }
    }
}
