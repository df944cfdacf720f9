//! Signals that ask to end are looked at between steps; those that do not ask leave a wrapper behind.

use std::time::{Duration, Instant};

use super::case::{BACK, Case, RESUME, ROTATE, Service, sealed};
use super::each;
use super::invariants::{End, at_the_end, at_this_instant};
use super::strace::{self, Call};
use crate::harness::have;

#[test]
fn asked_to_end_at_any_line_it_stops_between_steps_and_can_be_resumed() {
    if !have("crash::asked_to_end_at_any_line_it_stops_between_steps", &["strace"]) {
        return;
    }
    for (service, expected) in [(Service::Well, End::Committed), (Service::Ill, End::RolledBack)] {
        let (_, calls) = strace::calls(&Case::new(service), ROTATE);
        let writes: Vec<Call> = calls.into_iter().filter(|c| c.name == "pwrite64").collect();
        let last = writes.len() - 1;
        each(&writes, |i, write| {
            let case = Case::new(service);
            let signal = ["SIGINT", "SIGTERM", "SIGHUP"][i % 3];
            let code = strace::run(&case, &write.send(signal), ROTATE).unwrap();
            let then = at_this_instant(&case);
            // behind the last step there is nothing left to stop
            if case.rotation().is_some() {
                assert_eq!(code, 130, "{signal} at {write:?}: {}", case.said());
                assert!(case.said().contains("run `reseal resume`"));
                let last = case.journal().unwrap().last();
                let whole = ["begun", "succeeded", "failed", "undone", "committed"];
                assert!(whole.iter().any(|w| last.starts_with(w)), "it stopped within a step: {last}");
            } else {
                assert!(i + 3 > last, "{signal} at {write:?} was not heard: {code}");
            }
            let code = case.run(RESUME);
            assert!(matches!(code, Some(0 | 10)), "{code:?}: {}", case.said());
            assert_eq!(at_the_end(&case, &[then]), expected);
        });
    }
}

#[test]
fn an_interrupt_lets_the_wrapper_finish() {
    let case = Case::new(Service::Well);
    case.project.write("before-up", "kill -INT $PPID; sleep 0.3");
    assert_eq!(case.run(ROTATE), Some(130), "{}", case.said());
    assert_eq!(case.journal().unwrap().last(), "succeeded redeploy");
    assert_eq!(case.run(RESUME), Some(0), "{}", case.said());
    assert_eq!(at_the_end(&case, &[]), End::Committed);
}

#[test]
fn resume_waits_for_the_wrapper_of_a_killed_run() {
    for (resume, expected) in [(RESUME, End::Committed), (BACK, End::RolledBack)] {
        let case = Case::new(Service::Well);
        // the first wrapper kills its reseal and takes its time; it reads the file only then
        case.project.write("before-up", "rm before-up; kill -9 $PPID; sleep 2");
        assert_eq!(case.run(ROTATE), None, "{}", case.said());
        assert_eq!(case.journal().unwrap().last(), "started redeploy");
        assert_ne!(case.live(), sealed());
        let then = at_this_instant(&case);
        let began = Instant::now();
        let code = case.run(resume);
        assert!(matches!(code, Some(0 | 10)), "{code:?}: {}", case.said());
        assert!(began.elapsed() > Duration::from_millis(1500), "it did not wait");
        assert_eq!(at_the_end(&case, &[then]), expected);
    }
}

#[test]
fn a_wrapper_that_died_with_it_is_started_again() {
    for (resume, expected) in [(RESUME, End::Committed), (BACK, End::RolledBack)] {
        let case = Case::new(Service::Well);
        // as when a whole container or unit is killed: the service is down, and nobody is left
        case.project.write("before-up", "rm before-up service.running; rmdir busy; kill -9 $PPID $$");
        assert_eq!(case.run(ROTATE), None, "{}", case.said());
        assert!(!case.project.exists("service.running"));
        let code = case.run(resume);
        assert!(matches!(code, Some(0 | 10)), "{code:?}: {}", case.said());
        assert_eq!(at_the_end(&case, &[]), expected);
    }
}

#[test]
fn nobody_needs_to_listen() {
    // standard output and standard error are pipes whose reader has gone
    let case = Case::new(Service::Well);
    let mut command = case.project.command(ROTATE);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdout(writer.try_clone().unwrap()).stderr(writer);
    let status = command.status().unwrap();
    assert_eq!(status.code(), Some(0), "{status:?}");
    assert_eq!(at_the_end(&case, &[]), End::Committed);
}

#[test]
fn while_one_rotates_no_other_does() {
    let case = Case::new(Service::Well);
    // from within the wrapper, and so while the lock is held
    let others = "for c in 'rotate DB_PASSWORD --yes' resume 'resume --back' 'set OTHER --generate hex:16'; do\n\
        \"$RESEAL\" $c </dev/null >/dev/null 2>&1; echo $? >>codes\ndone\n";
    case.project.write("before-up", others);
    assert_eq!(case.run(ROTATE), Some(0), "{}", case.said());
    assert_eq!(case.project.text("codes"), "11\n11\n11\n11\n");
    assert_eq!(at_the_end(&case, &[]), End::Committed);
}
