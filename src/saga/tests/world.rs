//! A world in memory: a sealed file with its two companions, a server with one password a role, a server that keeps a
//! set of passwords, a service, and the journal. Any effect and any journal line can fail, or be the last thing that
//! the process does; both with or without having happened.
//!
//! I1, I2 and I4 are looked at after every single effect, not only between moves.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::super::{Event, Log, Progress, Watch};
use crate::error::{Error, Result};

/// A value, by the order in which values were made.
pub(super) type Value = u8;
pub(super) const OLD: Value = 0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    CrashBefore,
    CrashAfter,
    FailBefore,
    FailAfter,
}

pub(super) const FAULTS: [Fault; 4] =
    [Fault::CrashBefore, Fault::CrashAfter, Fault::FailBefore, Fault::FailAfter];

/// At which operation, counted from one, which fault.
pub(super) type Schedule<'a> = &'a [(usize, Fault)];

pub(super) struct World<'a> {
    pub(super) live: Value,
    pub(super) previous: Option<Value>,
    pub(super) pending: Option<Value>,
    pub(super) made: Value,
    pub(super) postgres: Value,
    pub(super) redis: BTreeSet<Value>,
    pub(super) service: Value,
    /// Whether the service can be well on a new value at all.
    pub(super) healthy: bool,
    /// What a process knows and a crash wipes.
    pub(super) memory: Option<Value>,
    /// The steps whose act failed.
    pub(super) failed: BTreeSet<usize>,
    journal: Vec<Event>,
    schedule: Schedule<'a>,
    pub(super) operations: usize,
    dead: bool,
    /// The first invariant that did not hold.
    pub(super) broken: Option<&'static str>,
}

/// What every step gets.
pub(super) type Shared<'a> = RefCell<World<'a>>;

impl<'a> World<'a> {
    pub(super) fn new(healthy: bool, schedule: Schedule<'a>) -> Self {
        World {
            live: OLD,
            previous: None,
            pending: None,
            made: OLD,
            postgres: OLD,
            redis: BTreeSet::from([OLD]),
            service: OLD,
            healthy,
            memory: None,
            failed: BTreeSet::new(),
            journal: Vec::new(),
            schedule,
            operations: 0,
            dead: false,
            broken: None,
        }
    }

    /// A new process after a crash or an error: what was in memory is gone, what is durable stays.
    pub(super) fn restart(&mut self) {
        self.dead = false;
        self.memory = None;
    }

    /// An effect of a step, announced or not.
    pub(super) fn effect(&mut self, step: usize, change: impl FnOnce(&mut Self)) -> Result<()> {
        if !matches!(self.journal.last(), Some(Event::Started(i) | Event::UndoStarted(i)) if *i == step) {
            self.broken.get_or_insert("I4: an effect that the journal does not announce");
        }
        self.operation(change)
    }

    fn operation(&mut self, change: impl FnOnce(&mut Self)) -> Result<()> {
        if self.dead {
            return Err(Error::failed("the process is dead"));
        }
        self.operations += 1;
        let fault = self.schedule.iter().find(|(n, _)| *n == self.operations).map(|(_, fault)| *fault);
        self.dead = matches!(fault, Some(Fault::CrashBefore | Fault::CrashAfter));
        if matches!(fault, Some(Fault::CrashBefore | Fault::FailBefore)) {
            return Err(Error::failed("fault before"));
        }
        change(self);
        self.look();
        if fault.is_some() { Err(Error::failed("fault after")) } else { Ok(()) }
    }

    fn look(&mut self) {
        let known: BTreeSet<Value> =
            [Some(self.live), self.previous, self.pending].into_iter().flatten().collect();
        if !known.contains(&self.postgres) || known.is_disjoint(&self.redis) {
            self.broken.get_or_insert("I1: a server accepts nothing that is kept anywhere");
        }
        if self.live > self.made {
            self.broken.get_or_insert("I2: the file holds what was never made");
        }
    }

    /// What is wrong with the end of a rotation that says it went through.
    pub(super) fn wrong_when_committed(&self) -> Option<&'static str> {
        let new = self.live;
        (new == OLD || self.service != new || self.postgres != new || self.redis != BTreeSet::from([new]))
            .then_some("I7: committed, and not everything is new")
    }

    /// What is wrong with the end of a rotation that says it was taken back.
    pub(super) fn wrong_when_rolled_back(&self) -> Option<&'static str> {
        let old = BTreeSet::from([OLD]);
        (self.live != OLD || self.service != OLD || self.postgres != OLD || self.redis != old)
            .then_some("I7: rolled back, and not everything is old")
            .or(self.pending.is_some().then_some("I7: rolled back, and the new values lie about"))
    }
}

/// The journal of a [`World`], as a process sees it that has just read it.
pub(super) struct Memory<'a, 'w> {
    world: &'a Shared<'w>,
    progress: Progress,
}

impl<'a, 'w> Memory<'a, 'w> {
    pub(super) fn reopen(world: &'a Shared<'w>, steps: usize, commit_at: usize) -> Self {
        let mut progress = Progress::new(steps, commit_at);
        for event in &world.borrow().journal {
            progress.apply(event).expect("what the engine wrote, it accepts");
        }
        Memory { world, progress }
    }
}

impl Log for Memory<'_, '_> {
    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn append(&mut self, event: Event, _: String) -> Result<()> {
        let mut progress = self.progress.clone();
        progress.apply(&event).expect("the engine appends only what fits");
        self.world.borrow_mut().operation(|world| world.journal.push(event))?;
        self.progress = progress;
        Ok(())
    }
}

/// Nobody looks on; somebody may interrupt after a number of looks.
#[derive(Default)]
pub(super) struct Onlooker {
    pub(super) patience: std::cell::Cell<Option<usize>>,
}

impl Watch for Onlooker {
    fn now(&self) -> String {
        "2026-01-07T10:15:02Z".into()
    }

    fn saw(&mut self, _: Option<&str>, _: &Event) {}

    fn interrupted(&self) -> bool {
        let left = self.patience.get();
        self.patience.set(left.map(|n| n.saturating_sub(1)));
        left == Some(0)
    }
}
