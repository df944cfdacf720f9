//! Killed, and killed again while it resumes, or met by a failing disk then; and resumed once more.

use super::case::{BACK, Case, RESUME, ROTATE, Service};
use super::invariants::{at_the_end, at_this_instant, the_next_backup_clears};
use super::strace::{self, Call};
use super::{all, each, sample};
use crate::harness::have;

#[test]
fn killed_again_while_it_resumes_it_ends_all_the_same() {
    if !have("crash::killed_again_while_it_resumes_it_ends_all_the_same", &["strace"]) {
        return;
    }
    for (service, resume) in [(Service::Well, RESUME), (Service::Ill, RESUME), (Service::Well, BACK)] {
        for (make, step) in [(Case::new as fn(Service) -> Case, 5), (Case::mirrored, 17)] {
            let (_, calls) = strace::calls(&make(service), ROTATE);
            let firsts = sample(calls.into_iter().filter(|c| !c.harmless()).collect(), step);
            each(&firsts, |i, first| twice(make, service, resume, first, i));
        }
    }
}

fn twice(make: fn(Service) -> Case, service: Service, resume: &[&str], first: &Call, number: usize) {
    let case = make(service);
    assert_eq!(strace::run(&case, &first.kill(), ROTATE), None);
    let killed = case.copy();
    let (_, calls) = strace::calls(&killed, resume);
    let seconds: Vec<Call> = calls.into_iter().filter(|c| !c.harmless()).collect();
    // a handful of each, other ones for each first point
    let step = if all() { 5 } else { (seconds.len() / 4).max(1) };
    for (turn, second) in seconds.iter().skip(number % step).step_by(step).enumerate() {
        let case = case.copy();
        let context = || format!("{first:?}, then {second:?}: {}", case.said());
        let fails = turn % 2 == 0;
        if fails {
            let code = strace::run(&case, &second.fail(), resume);
            assert!(matches!(code, Some(0 | 1 | 10 | 13 | 14)), "{code:?}: {}", context());
            // what cannot be noted is unfinished, not failed with nothing changed
            assert!(code != Some(1) || second.name != "pwrite64", "{}", context());
        } else {
            assert_eq!(strace::run(&case, &second.kill(), resume), None, "{}", context());
        }
        let then = at_this_instant(&case);
        let code = case.run(RESUME);
        assert!(matches!(code, Some(0 | 10)), "{code:?}: {}", context());
        if fails {
            the_next_backup_clears(&case);
        }
        at_the_end(&case, &[then]);
    }
}
