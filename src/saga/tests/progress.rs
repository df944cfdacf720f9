//! The table of the engine, walked at random: what fits moves it as a second, plainer account says, what does not fit
//! leaves it untouched, and from wherever it stands there is a way to an end.

use proptest::prelude::*;

use super::super::{Event, Next, Note, Outcome, Progress};

const STEPS: usize = 5;
const COMMIT_AT: usize = 4;

/// One throw of the dice: what follows from the state, with a success or a failure, or anything at all.
#[derive(Clone, Debug)]
enum Throw {
    Well,
    Badly,
    Any(Event),
}

fn throws() -> impl Strategy<Value = Vec<Throw>> {
    let step = 0..STEPS + 2;
    let any = prop_oneof![
        step.clone().prop_map(Event::Started),
        step.clone().prop_map(|i| Event::Succeeded(i, Note::Nothing)),
        step.clone().prop_map(|i| Event::Failed(i, "why".into())),
        step.clone().prop_map(Event::UndoStarted),
        step.clone().prop_map(Event::Undone),
        step.prop_map(|i| Event::UndoFailed(i, "why not".into())),
        Just(Event::TurnedBack),
        Just(Event::Committed),
    ];
    let throw = prop_oneof![6 => Just(Throw::Well), 1 => Just(Throw::Badly), 3 => any.prop_map(Throw::Any)];
    prop::collection::vec(throw, 0..60)
}

/// The events of a throw, as the engine would write them.
fn events(throw: &Throw, next: Next) -> Vec<Event> {
    let well = matches!(throw, Throw::Well);
    match (throw, next) {
        (Throw::Any(event), _) => vec![event.clone()],
        (_, Next::Commit) => vec![Event::Committed],
        (_, Next::Act(i) | Next::End(Outcome::Open(i))) => {
            let ended =
                if well { Event::Succeeded(i, Note::Nothing) } else { Event::Failed(i, "why".into()) };
            vec![Event::Started(i), ended]
        }
        (_, Next::Undo(i) | Next::End(Outcome::Stuck(i))) => {
            let ended = if well { Event::Undone(i) } else { Event::UndoFailed(i, "why not".into()) };
            vec![Event::UndoStarted(i), ended]
        }
        (_, Next::End(Outcome::Committed | Outcome::RolledBack)) => vec![],
    }
}

/// The plain account: the last that was heard of each step, and the three turns a saga can take.
#[derive(Default)]
struct Account {
    last: [Option<Event>; STEPS],
    committed: bool,
    unwinding: bool,
}

impl Account {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Committed => self.committed = true,
            Event::TurnedBack => self.unwinding = true,
            Event::Started(i)
            | Event::Succeeded(i, _)
            | Event::Failed(i, _)
            | Event::UndoStarted(i)
            | Event::Undone(i)
            | Event::UndoFailed(i, _) => {
                self.unwinding |= matches!(event, Event::Failed(..)) && !self.committed;
                self.last[*i] = Some(event.clone());
            }
        }
    }

    fn done(&self, i: usize) -> bool {
        matches!(self.last[i], Some(Event::Succeeded(..)))
    }

    /// Whether something of the step may be there that is not taken back.
    fn there(&self, i: usize) -> bool {
        !matches!(self.last[i], None | Some(Event::Undone(_)))
    }

    fn check(&self, next: Next) {
        let all = 0..STEPS;
        let stuck = all.clone().find(|i| matches!(self.last[*i], Some(Event::UndoFailed(..))));
        assert_eq!(stuck.is_some(), matches!(next, Next::End(Outcome::Stuck(_))));
        match next {
            Next::Act(i) => {
                assert!(!self.unwinding, "it acts on its way back");
                assert!((0..i).all(|j| self.done(j)) && !self.done(i), "it acts out of order");
                assert_eq!(i >= COMMIT_AT, self.committed, "a step stands on the wrong side of the commit");
            }
            Next::Undo(i) => {
                assert!(self.unwinding && !self.committed && i < COMMIT_AT, "it goes back after the commit");
                assert!(self.there(i), "it takes back what is not there");
                assert!(all.skip(i + 1).all(|j| !self.there(j)), "it goes back out of order");
            }
            Next::Commit => {
                assert!(!self.unwinding && !self.committed && (0..COMMIT_AT).all(|i| self.done(i)));
            }
            Next::End(Outcome::Committed) => assert!(self.committed && all.clone().all(|i| self.done(i))),
            Next::End(Outcome::RolledBack) => {
                assert!(self.unwinding && !self.committed && all.clone().all(|i| !self.there(i)));
            }
            Next::End(Outcome::Open(i)) => {
                assert!(self.committed && matches!(self.last[i], Some(Event::Failed(..))));
            }
            Next::End(Outcome::Stuck(i)) => assert_eq!(Some(i), stuck),
        }
    }
}

fn same(one: &Progress, other: &Progress) -> bool {
    format!("{one:?}") == format!("{other:?}")
}

/// From here on everything goes well.
fn finish(mut progress: Progress) -> (Outcome, Vec<usize>) {
    let mut undone = Vec::new();
    for _ in 0..4 * STEPS {
        let next = progress.next();
        if let Next::End(outcome @ (Outcome::Committed | Outcome::RolledBack)) = next {
            return (outcome, undone);
        }
        for event in events(&Throw::Well, next) {
            if let Event::UndoStarted(i) = &event {
                undone.push(*i);
            }
            progress.apply(&event).expect("what next() names is accepted");
        }
    }
    panic!("no end from {progress:?}");
}

/// A state that such a walk leads to, with its account.
fn walk(throws: &[Throw]) -> (Progress, Account) {
    let (mut progress, mut account) = (Progress::new(STEPS, COMMIT_AT), Account::default());
    for throw in throws {
        for event in events(throw, progress.next()) {
            let before = progress.clone();
            match progress.apply(&event) {
                Ok(()) => account.hear(&event),
                Err(_) => assert!(same(&before, &progress), "{event:?} was refused and changed {before:?}"),
            }
            account.check(progress.next());
            assert_eq!(progress.committed(), account.committed);
            assert_eq!(progress.unwinding(), account.unwinding);
            for step in 0..STEPS {
                assert_eq!(progress.touched(step), account.there(step));
            }
        }
    }
    (progress, account)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_walk_agrees_with_the_plain_account_and_can_be_ended(throws in throws()) {
        let (progress, account) = walk(&throws);
        let (outcome, _) = finish(progress);
        prop_assert_eq!(outcome == Outcome::RolledBack, account.unwinding);
    }

    #[test]
    fn turned_back_before_the_commit_everything_is_taken_back_from_the_last_to_the_first(throws in throws()) {
        let (mut progress, account) = walk(&throws);
        let before = progress.clone();
        let turned = progress.apply(&Event::TurnedBack);
        if account.committed || matches!(before.next(), Next::End(_)) {
            prop_assert!(turned.is_err() && same(&before, &progress));
            return Ok(());
        }
        prop_assert!(turned.is_ok());
        let there: Vec<usize> = (0..STEPS).rev().filter(|i| account.there(*i)).collect();
        prop_assert_eq!(finish(progress), (Outcome::RolledBack, there));
    }

    #[test]
    fn nothing_follows_an_end_but_another_try(throws in throws(), any in throws()) {
        let (mut progress, _) = walk(&throws);
        let Next::End(outcome) = progress.next() else { return Ok(()) };
        let again = match outcome {
            Outcome::Open(i) => Some(Event::Started(i)),
            Outcome::Stuck(i) => Some(Event::UndoStarted(i)),
            Outcome::Committed | Outcome::RolledBack => None,
        };
        for throw in &any {
            if let Throw::Any(event) = throw && Some(event) != again.as_ref() {
                prop_assert!(progress.apply(event).is_err(), "{:?} after {:?}", event, outcome);
            }
        }
        if let Some(event) = again {
            prop_assert!(progress.apply(&event).is_ok());
        }
    }
}

#[test]
fn the_reason_is_the_first_failure_and_the_last_that_keeps_it_stuck() {
    let mut progress = Progress::new(STEPS, COMMIT_AT);
    assert_eq!(progress.why(), None);
    let mut hear = |event: Event| {
        progress.apply(&event).unwrap();
        progress.why().map(str::to_owned)
    };
    hear(Event::Started(0));
    assert_eq!(hear(Event::Failed(0, "full".into())).as_deref(), Some("full"));
    hear(Event::UndoStarted(0));
    let stuck = hear(Event::UndoFailed(0, "still full".into()));
    assert_eq!(stuck.as_deref(), Some("full; then still full"));
    assert_eq!(progress.next(), Next::End(Outcome::Stuck(0)));
}
