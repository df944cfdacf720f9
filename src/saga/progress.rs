//! How far a saga has come: a fold over its events, and what is to be done next. Pure; the one table of the engine.
//!
//! A step that started and did not succeed is undone too, because a timeout may hide a success. An event that does
//! not fit the state is an error, so that a journal put together wrongly is refused instead of carried on.

use serde::{Deserialize, Serialize};

use super::step::Note;

/// What happened. Numbers are places in the list of steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A step is about to act.
    Started(usize),
    /// A step has acted.
    Succeeded(usize, Note),
    /// A step failed, and may or may not have had its effect. With the reason, which never holds content.
    Failed(usize, String),
    /// A step is about to be taken back.
    UndoStarted(usize),
    /// A step has been taken back.
    Undone(usize),
    /// A step could not be taken back.
    UndoFailed(usize, String),
    /// Somebody asked to go back.
    TurnedBack,
    /// From here only forward.
    Committed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Started,
    Succeeded,
    Failed,
    Undoing,
    Undone,
    UndoFailed,
}

/// How a saga stands at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is done.
    Committed,
    /// Everything was taken back.
    RolledBack,
    /// Committed, but the step with this number failed afterwards and is to be tried again.
    Open(usize),
    /// The step with this number can neither be done nor taken back.
    Stuck(usize),
}

/// The next move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Let this step act.
    Act(usize),
    /// Take this step back.
    Undo(usize),
    /// All steps before the commit have succeeded.
    Commit,
    /// Nothing is left to do.
    End(Outcome),
}

/// An event that cannot follow those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Illegal;

/// The state of a saga.
#[derive(Clone, Debug)]
pub struct Progress {
    states: Vec<State>,
    commit_at: usize,
    committed: bool,
    unwinding: bool,
    why: Option<String>,
}

impl Progress {
    /// Nothing has happened yet to `steps` steps, of which `commit_at` stand before the commit.
    pub fn new(steps: usize, commit_at: usize) -> Self {
        Progress {
            states: vec![State::Idle; steps],
            commit_at,
            committed: false,
            unwinding: false,
            why: None,
        }
    }

    /// The next move.
    pub fn next(&self) -> Next {
        if let Some(step) = self.states.iter().position(|s| *s == State::UndoFailed) {
            return Next::End(Outcome::Stuck(step));
        }
        if self.unwinding {
            let touched =
                |s: &State| matches!(s, State::Started | State::Succeeded | State::Failed | State::Undoing);
            return match self.states[..self.commit_at].iter().rposition(touched) {
                Some(step) => Next::Undo(step),
                None => Next::End(Outcome::RolledBack),
            };
        }
        for (step, state) in self.states.iter().enumerate() {
            if step == self.commit_at && !self.committed {
                return Next::Commit;
            }
            match state {
                State::Succeeded => {}
                State::Failed => return Next::End(Outcome::Open(step)),
                _ => return Next::Act(step),
            }
        }
        if self.committed { Next::End(Outcome::Committed) } else { Next::Commit }
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: &Event) -> Result<(), Illegal> {
        let next = self.next();
        let state = |step: usize| self.states.get(step).copied().ok_or(Illegal);
        match event {
            // an Open end is tried again by starting the step once more, a Stuck one by undoing it once more
            Event::Started(i) if matches!(next, Next::Act(n) | Next::End(Outcome::Open(n)) if n == *i) => {
                self.states[*i] = State::Started;
            }
            Event::Succeeded(i, _) if state(*i)? == State::Started => self.states[*i] = State::Succeeded,
            Event::Failed(i, why) if state(*i)? == State::Started => {
                self.states[*i] = State::Failed;
                self.unwinding = !self.committed;
                self.why.get_or_insert_with(|| why.clone());
            }
            Event::UndoStarted(i) if matches!(next, Next::Undo(n) | Next::End(Outcome::Stuck(n)) if n == *i) =>
            {
                self.states[*i] = State::Undoing;
            }
            Event::Undone(i) if state(*i)? == State::Undoing => self.states[*i] = State::Undone,
            Event::UndoFailed(i, why) if state(*i)? == State::Undoing => {
                self.states[*i] = State::UndoFailed;
                self.why = Some(match self.why.take() {
                    // each try of `resume` may say the same again
                    Some(first) if first.ends_with(why) => first,
                    Some(first) => format!("{first}; then {why}"),
                    _ => why.clone(),
                });
            }
            Event::TurnedBack if !self.committed && !matches!(next, Next::End(_)) => self.unwinding = true,
            Event::Committed if next == Next::Commit => self.committed = true,
            _ => return Err(Illegal),
        }
        Ok(())
    }

    /// Whether the commit is behind us.
    pub fn committed(&self) -> bool {
        self.committed
    }

    /// Whether the step may have had an effect that is not taken back.
    pub fn touched(&self, step: usize) -> bool {
        !matches!(self.states.get(step), None | Some(State::Idle | State::Undone))
    }

    /// Whether the saga is on its way back.
    pub fn unwinding(&self) -> bool {
        self.unwinding
    }

    /// Why it failed, if it did.
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }
}
