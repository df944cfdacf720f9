//! Each system call of a rotation fails once, or all of them fail from there on: a full disk, a broken one, no more
//! processes. The exit code says what became of it, and once the fault is gone `resume` ends it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::case::{BACK, Case, RESUME, ROTATE, Service, fingerprint, old_values, sealed};
use super::invariants::{End, at_the_end, at_this_instant, the_next_backup_clears};
use super::kill::killed_at;
use super::strace;
use super::{each, sample};
use crate::harness::have;

/// How often the disk fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    ForGood,
}

#[test]
fn any_call_may_fail_once() {
    if !have("crash::any_call_may_fail_once", &["strace"]) {
        return;
    }
    let codes = sweep(Case::new, Service::Well, Times::Once, 1);
    // nothing changed, taken back, to be resumed: all three are met, and some calls nobody needs
    for code in [0, 1, 10, 13] {
        assert!(codes.contains_key(&code), "no fault ends with {code}: {codes:?}");
    }
}

#[test]
fn any_call_may_fail_once_where_there_is_a_mirror() {
    if !have("crash::any_call_may_fail_once_where_there_is_a_mirror", &["strace"]) {
        return;
    }
    let codes = sweep(Case::mirrored, Service::Well, Times::Once, 2);
    for code in [0, 1, 10, 13] {
        assert!(codes.contains_key(&code), "no fault ends with {code}: {codes:?}");
    }
    sweep(Case::mirrored, Service::Ill, Times::Once, 3);
}

#[test]
fn where_the_second_of_two_files_cannot_be_exchanged_the_first_goes_back() {
    if !have("crash::where_the_second_of_two_files_cannot_be_exchanged", &["strace"]) {
        return;
    }
    let (_, calls) = strace::calls(&Case::mirrored(Service::Well), ROTATE);
    let exchange = |call: &&strace::Call| {
        call.name.starts_with("rename")
            && call.shown.contains("/.env.enc\"")
            && !call.shown.contains(".reseal/")
    };
    let Some(swap) = calls.iter().find(exchange) else {
        // without the right to look into the program, paths cannot be seen
        return;
    };
    let case = Case::mirrored(Service::Well);
    assert_eq!(strace::run(&case, &swap.fail(), ROTATE), Some(10), "{}", case.said());
    assert!(case.said().contains("swap:conf/mirror.env.enc done"), "{}", case.said());
    assert!(case.said().contains("swap:conf/mirror.env.enc taken back"), "{}", case.said());
    assert_eq!(at_the_end(&case, &[]), End::RolledBack);
}

#[test]
fn any_call_may_fail_once_on_the_way_back() {
    if !have("crash::any_call_may_fail_once_on_the_way_back", &["strace"]) {
        return;
    }
    let codes = sweep(Case::new, Service::Ill, Times::Once, 1);
    assert!(codes.contains_key(&14), "no undo fails: {codes:?}");
    assert!(!codes.contains_key(&0), "an ill service was accepted: {codes:?}");
}

#[test]
fn the_disk_may_fail_for_good_at_any_call() {
    if !have("crash::the_disk_may_fail_for_good_at_any_call", &["strace"]) {
        return;
    }
    let codes = sweep(Case::new, Service::Well, Times::ForGood, 1);
    assert!(codes.contains_key(&13), "{codes:?}");
}

#[test]
fn a_resume_that_can_note_nothing_leaves_it_unfinished() {
    if !have("crash::a_resume_that_can_note_nothing_leaves_it_unfinished", &["strace"]) {
        return;
    }
    let stuck = Case::new(Service::Well);
    stuck.project.write("before-up", "rmdir busy; exit 1");
    assert_eq!(stuck.run(ROTATE), Some(14), "{}", stuck.said());
    stuck.project.remove("before-up");
    // nothing but the journal's first line; nothing but what can be tried again; a wish to go back
    let begun = || killed_at("begun").0;
    for (case, resume, end) in [(begun(), RESUME, 0), (stuck, RESUME, 10), (begun(), BACK, 0)] {
        let (_, calls) = strace::calls(&case.copy(), resume);
        let first = calls.iter().filter(|c| c.name == "pwrite64" && c.nth <= 2);
        for line in first {
            let case = case.copy();
            assert_eq!(strace::run(&case, &line.fail(), resume), Some(13), "{line:?}: {}", case.said());
            assert!(case.said().contains("run `reseal resume`"));
            assert_eq!(case.run(resume), Some(end), "{}", case.said());
            at_the_end(&case, &[]);
        }
    }
}

/// Lets a rotation fail at every point, resumes it without the fault, and gives how often which code was met.
fn sweep(make: fn(Service) -> Case, service: Service, times: Times, step: usize) -> BTreeMap<i32, usize> {
    let (_, calls) = strace::calls(&make(service), ROTATE);
    let places: Vec<usize> = (strace::start(&calls)..calls.len()).collect();
    let codes = Mutex::new(BTreeMap::new());
    each(&sample(places, step), |_, place| {
        let call = &calls[*place];
        let case = make(service);
        let rules = match times {
            Times::Once => call.fail(),
            Times::ForGood => strace::fail_from(&calls, *place),
        };
        let code = strace::run(&case, &rules, ROTATE);
        let code = code.unwrap_or_else(|| panic!("{call:?} ended it: {}", case.said()));
        *codes.lock().unwrap().entry(code).or_default() += 1;
        let then = at_this_instant(&case);
        let context = format!("{call:?} gives {code}: {}", case.said());
        let heard = times == Times::Once && !call.shown.starts_with("write(2");
        as_the_code_says(&case, code, times, heard, &context);
        let unfinished = case.journal().is_some();

        let resumed = case.run(RESUME);
        let codes: &[i32] = if unfinished { &[0, 10] } else { &[0] };
        assert!(resumed.is_some_and(|c| codes.contains(&c)), "resume gives {resumed:?} after {context}");
        if times == Times::ForGood {
            the_next_backup_clears(&case);
        }
        let end = at_the_end(&case, &[then]);
        match code {
            0 => assert_eq!(end, End::Committed, "{context}"),
            10 => assert_eq!(end, End::RolledBack, "{context}"),
            _ => {}
        }
    });
    codes.into_inner().unwrap()
}

/// The exit code is true. Where standard error did not fail too, it comes with an explanation.
fn as_the_code_says(case: &Case, code: i32, times: Times, heard: bool, context: &str) {
    let old = case.live() == sealed() && case.running() == fingerprint(&old_values());
    let finished = case.rotation().is_none();
    match code {
        0 => assert!(!old && finished, "{context}"),
        1 | 12 => {
            assert!(old, "{context}");
            // what was begun could not be removed; the next rotation says so
            assert!(finished || times == Times::ForGood, "{context}");
        }
        10 => assert!(old && finished, "{context}"),
        13 | 14 => {
            assert!(!finished, "{context}");
            assert!(case.said().contains("reseal: hint: ") || !heard, "{context}");
        }
        _ => panic!("{context}"),
    }
    if code != 0 && heard {
        assert!(case.said().contains("reseal: error: "), "{context}");
    }
}
