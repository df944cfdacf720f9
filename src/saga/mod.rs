//! The engine: does a list of steps or takes them back, whatever happens in between. It knows nothing of secrets.
//!
//! A new saga is a journal without events; carrying on after a crash is the same call on the journal that the crash
//! left. So there is one loop and one road, and what is tested for one holds for the other. Every effect is announced
//! in the journal before it happens (I4), each move follows from the journal alone (I5), and the loop ends in one of
//! four outcomes, the third of which is tried again and the fourth of which is told to a person (I7).

mod journal;
mod progress;
mod step;
#[cfg(test)]
mod tests;

pub use journal::{Journal, Log};
pub use progress::{Event, Next, Outcome, Progress};
pub use step::{Note, Step, Steps};

use crate::error::{Error, Kind, Result};

/// The world around the loop: a clock, somebody who looks on, somebody who may interrupt.
pub trait Watch {
    /// The time now, RFC 3339 UTC.
    fn now(&self) -> String;
    /// An event is durable; `step` names its step.
    fn saw(&mut self, step: Option<&str>, event: &Event);
    /// Whether the user wants to stop. Asked between steps only.
    fn interrupted(&self) -> bool;
}

/// Carries a saga on until it ends. An error means that the journal could not be written or the user interrupted; the
/// journal then holds the truth, and the same call carries on.
pub fn drive<Cx>(
    steps: &Steps<'_, Cx>,
    cx: &Cx,
    log: &mut impl Log,
    watch: &mut impl Watch,
) -> Result<Outcome> {
    loop {
        let next = log.progress().next();
        if let (Next::Act(i) | Next::Undo(i), true) = (next, watch.interrupted()) {
            let error =
                Error::new(Kind::Interrupted, format!("interrupted before {:?}", steps.list[i].name()));
            return Err(error);
        }
        match next {
            Next::Act(i) => {
                record(log, watch, steps, Event::Started(i))?;
                let event = match steps.list[i].act(cx) {
                    Ok(note) => Event::Succeeded(i, note),
                    Err(error) => Event::Failed(i, told(&error)),
                };
                record(log, watch, steps, event)?;
            }
            Next::Undo(i) => {
                record(log, watch, steps, Event::UndoStarted(i))?;
                let event = match steps.list[i].undo(cx) {
                    Ok(()) => Event::Undone(i),
                    Err(error) => Event::UndoFailed(i, told(&error)),
                };
                record(log, watch, steps, event)?;
            }
            Next::Commit => record(log, watch, steps, Event::Committed)?,
            Next::End(outcome) => return Ok(outcome),
        }
    }
}

/// What the journal keeps of an error: what failed, and the command that helps.
fn told(error: &Error) -> String {
    match error.advice() {
        Some(advice) => format!("{error} ({advice})"),
        None => error.to_string(),
    }
}

/// Turns an uncommitted saga round, so that [`drive`] takes it back.
pub fn turn_back<Cx>(steps: &Steps<'_, Cx>, log: &mut impl Log, watch: &mut impl Watch) -> Result<()> {
    if log.progress().unwinding() {
        return Ok(());
    }
    record(log, watch, steps, Event::TurnedBack)
}

/// Opens a saga again that ended [`Outcome::Open`] or [`Outcome::Stuck`], so that [`drive`] tries once more.
pub fn retry<Cx>(steps: &Steps<'_, Cx>, log: &mut impl Log, watch: &mut impl Watch) -> Result<()> {
    match log.progress().next() {
        Next::End(Outcome::Open(i)) => record(log, watch, steps, Event::Started(i)),
        Next::End(Outcome::Stuck(i)) => record(log, watch, steps, Event::UndoStarted(i)),
        _ => Ok(()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an event is made to be recorded")]
fn record<Cx>(log: &mut impl Log, watch: &mut impl Watch, steps: &Steps<'_, Cx>, event: Event) -> Result<()> {
    log.append(event.clone(), watch.now())?;
    let step = match &event {
        Event::Started(i) | Event::Succeeded(i, _) | Event::Failed(i, _) => Some(*i),
        Event::UndoStarted(i) | Event::Undone(i) | Event::UndoFailed(i, _) => Some(*i),
        Event::TurnedBack | Event::Committed => None,
    };
    let name = step.and_then(|i| steps.list.get(i)).map(|s| s.name());
    watch.saw(name.as_deref(), &event);
    Ok(())
}
