//! All schedules of one and of two faults end committed or rolled back, with I1, I2 and I4 unbroken on the way, and a
//! crash alone never changes how a rotation ends. Each variant of the design breaks: so the model sees what it should.

use super::super::{Log, Next, Outcome, drive, retry, turn_back};
use super::steps::{COMMIT_AT, COUNT, Variant, steps};
use super::world::{FAULTS, Fault, Memory, Onlooker, Schedule, Shared, World};
use crate::error::Kind;

/// As many operations beyond those of a run without faults as undoing everything takes, and more.
const BEYOND: usize = 24;
/// More restarts than two faults can make necessary.
const RESTARTS: usize = 40;

/// Runs a rotation, and starts it again until it ends. Gives the end and the number of operations.
fn run(variant: Variant, healthy: bool, schedule: Schedule<'_>) -> Result<(Outcome, usize), &'static str> {
    let world = Shared::new(World::new(healthy, schedule));
    let steps = steps(variant);
    for _ in 0..RESTARTS {
        world.borrow_mut().restart();
        let mut log = Memory::reopen(&world, COUNT, steps.commit_at);
        let mut watch = Onlooker::default();
        let ended =
            retry(&steps, &mut log, &mut watch).and_then(|()| drive(&steps, &world, &mut log, &mut watch));
        let world = world.borrow();
        if let Some(broken) = world.broken {
            return Err(broken);
        }
        let outcome = match ended {
            Ok(outcome @ (Outcome::Committed | Outcome::RolledBack)) => outcome,
            Ok(Outcome::Open(_) | Outcome::Stuck(_)) | Err(_) => continue,
        };
        let wrong = match outcome {
            Outcome::Committed => world.wrong_when_committed(),
            _ => world.wrong_when_rolled_back(),
        };
        return wrong.map_or(Ok((outcome, world.operations)), Err);
    }
    Err("I7: there is no end")
}

/// All places for faults, healthy or not.
fn places(healthy: bool) -> std::ops::RangeInclusive<usize> {
    let (_, operations) = run(Variant::AsDesigned, healthy, &[]).unwrap();
    1..=operations + BEYOND
}

fn expect_sound(healthy: bool, schedule: Schedule<'_>) {
    let outcome = match run(Variant::AsDesigned, healthy, schedule) {
        Ok((outcome, _)) => outcome,
        Err(broken) => panic!("healthy: {healthy}, {schedule:?}: {broken}"),
    };
    let crashes = schedule.iter().all(|(_, f)| matches!(f, Fault::CrashBefore | Fault::CrashAfter));
    if !healthy {
        assert_eq!(outcome, Outcome::RolledBack, "{schedule:?}: an ill service was accepted");
    } else if crashes {
        assert_eq!(outcome, Outcome::Committed, "{schedule:?}: a crash alone turned it round");
    }
}

#[test]
fn every_schedule_of_one_or_two_faults_ends_well() {
    let mut schedules = 0;
    for healthy in [true, false] {
        for first in places(healthy) {
            for one in FAULTS {
                expect_sound(healthy, &[(first, one)]);
                schedules += 1;
                for second in first + 1..=*places(healthy).end() {
                    for two in FAULTS {
                        expect_sound(healthy, &[(first, one), (second, two)]);
                        schedules += 1;
                    }
                }
            }
        }
    }
    // the same number as the model that the design was found with
    assert_eq!(schedules, 58_144);
}

#[test]
fn every_other_choice_breaks_under_a_single_fault() {
    for variant in [
        Variant::RestartAsRedeploysUndo,
        Variant::SealAtSwap,
        Variant::FailedStepIsNotUndone,
        Variant::CommitBeforeProbe,
        Variant::UndoDemandsTheAct,
        Variant::NothingIsKeptBefore,
    ] {
        let mut broken = 0;
        for healthy in [true, false] {
            for place in places(healthy) {
                broken += FAULTS.iter().filter(|f| run(variant, healthy, &[(place, **f)]).is_err()).count();
            }
        }
        assert!(broken > 0, "{variant:?} breaks nothing: the model is blunt");
    }
}

#[test]
fn an_interrupt_stops_before_any_step_and_changes_no_end() {
    for (healthy, end) in [(true, Outcome::Committed), (false, Outcome::RolledBack)] {
        let mut before = Vec::new();
        for patience in 0.. {
            let world = Shared::new(World::new(healthy, &[]));
            let steps = steps(Variant::AsDesigned);
            let mut log = Memory::reopen(&world, COUNT, steps.commit_at);
            let mut watch = Onlooker { patience: Some(patience).into() };
            let Err(error) = drive(&steps, &world, &mut log, &mut watch) else { break };
            assert_eq!(error.kind(), Kind::Interrupted);
            before.push(log.progress().next());
            assert_eq!(drive(&steps, &world, &mut log, &mut Onlooker::default()).unwrap(), end);
        }
        before.dedup();
        let acts = (0..if healthy { COUNT } else { COMMIT_AT }).map(Next::Act);
        let undos = (0..if healthy { 0 } else { COMMIT_AT }).rev().map(Next::Undo);
        assert_eq!(before, acts.chain(undos).collect::<Vec<_>>());
    }
}

#[test]
fn whoever_turns_back_before_the_commit_gets_everything_old() {
    let mut turned = 0;
    for place in places(true) {
        let schedule = [(place, Fault::CrashAfter)];
        let world = Shared::new(World::new(true, &schedule));
        let steps = steps(Variant::AsDesigned);
        let mut watch = Onlooker::default();
        let mut log = Memory::reopen(&world, COUNT, steps.commit_at);
        let _ = drive(&steps, &world, &mut log, &mut watch);
        world.borrow_mut().restart();
        let mut log = Memory::reopen(&world, COUNT, steps.commit_at);
        if log.progress().committed() {
            assert!(drive(&steps, &world, &mut log, &mut watch).unwrap() == Outcome::Committed);
            continue;
        }
        turn_back(&steps, &mut log, &mut watch).unwrap();
        // a second request changes nothing
        let operations = world.borrow().operations;
        turn_back(&steps, &mut log, &mut watch).unwrap();
        assert_eq!(world.borrow().operations, operations);
        assert_eq!(drive(&steps, &world, &mut log, &mut watch).unwrap(), Outcome::RolledBack);
        let world = world.borrow();
        assert_eq!((world.broken, world.wrong_when_rolled_back()), (None, None), "crash at {place}");
        turned += 1;
    }
    assert!(turned > 20, "only {turned} points lie before the commit");
}
