//! Killed before each system call that has an effect, and resumed, forward or back.
//!
//! Two calls that follow each other enclose everything that can be done between them, so these are all instants that
//! a `kill -9` can fall into.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::case::{BACK, Case, Journal, MIRROR, RESUME, ROTATE, Service, fingerprint, old_values, sealed};
use super::invariants::{End, at_the_end, at_this_instant, sops_agrees};
use super::strace::{self, Call};
use super::{each, sample};
use crate::harness::have;

#[test]
fn killed_anywhere_a_rotation_is_committed_by_resume() {
    if !have("crash::killed_anywhere_a_rotation_is_committed_by_resume", &["strace"]) {
        return;
    }
    let met = sweep(Case::new, Service::Well, RESUME, 1);
    // each step twice: once it had no effect yet, once it had and the journal does not know
    for step in ["backup", "stage", "swap", "redeploy"] {
        for effect in [false, true] {
            assert!(met.contains(&(format!("started {step}"), effect)), "{step}, effect: {effect}: {met:?}");
        }
    }
    let lines = ["begun", "committed", "started prune", "succeeded prune", "succeeded probe"];
    let steps = ["backup", "stage", "baseline", "swap", "redeploy", "probe"];
    let all = steps.iter().flat_map(|s| [format!("started {s}"), format!("succeeded {s}")]);
    expect_met(&met, all.chain(lines.map(str::to_owned)));
}

#[test]
fn killed_anywhere_a_rotation_whose_service_stays_ill_is_rolled_back_by_resume() {
    if !have("crash::killed_anywhere_a_rotation_whose_service_stays_ill", &["strace"]) {
        return;
    }
    let met = sweep(Case::new, Service::Ill, RESUME, 1);
    for step in ["stage", "baseline", "swap"] {
        for effect in [false, true] {
            let event = format!("undo-started {step}");
            assert!(met.contains(&(event, effect)), "{step} taken back: {effect}: {met:?}");
        }
    }
    let steps = ["redeploy", "swap", "baseline", "stage", "backup"];
    let all = steps.iter().flat_map(|s| [format!("undo-started {s}"), format!("undone {s}")]);
    expect_met(&met, all.chain(["failed redeploy".to_owned()]));
}

#[test]
fn killed_anywhere_a_rotation_is_taken_back_by_resume_back() {
    if !have("crash::killed_anywhere_a_rotation_is_taken_back_by_resume_back", &["strace"]) {
        return;
    }
    sweep(Case::new, Service::Well, BACK, 1);
    sweep(Case::new, Service::Ill, BACK, 2);
}

#[test]
fn killed_anywhere_a_rotation_with_a_mirror_ends_with_both_files_or_none() {
    if !have("crash::killed_anywhere_a_rotation_with_a_mirror", &["strace"]) {
        return;
    }
    let met = sweep(Case::mirrored, Service::Well, RESUME, 1);
    let swap = format!("swap:{MIRROR}");
    expect_met(&met, ["backup", "stage", &swap, "swap"].map(|s| format!("started {s}")).into_iter());
    let met = sweep(Case::mirrored, Service::Ill, RESUME, 1);
    expect_met(&met, ["swap", &swap, "stage"].map(|s| format!("undo-started {s}")).into_iter());
    sweep(Case::mirrored, Service::Well, BACK, 2);
}

#[test]
fn killed_anywhere_a_rotation_with_a_mirror_in_yaml_ends_with_both_files_or_none() {
    if !have("crash::killed_anywhere_a_rotation_with_a_mirror_in_yaml", &["strace"]) {
        return;
    }
    sweep(Case::mirrored_in_yaml, Service::Well, RESUME, 4);
    sweep(Case::mirrored_in_yaml, Service::Ill, RESUME, 4);
}

#[test]
fn killed_anywhere_what_root_makes_still_belongs_to_the_owner_of_the_file() {
    let test = "killed_anywhere_what_root_makes_still_belongs_to_the_owner";
    if !have(&format!("crash::{test}"), &["strace"]) || !is_root(test) {
        return;
    }
    sweep(Case::of_another_owner, Service::Well, RESUME, 1);
    sweep(Case::mirrored_of_another_owner, Service::Well, RESUME, 4);
}

fn is_root(test: &str) -> bool {
    use std::os::unix::fs::MetadataExt;
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    if !root {
        let line = format!("SKIPPED crash::{test}: only root can give files away\n");
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
    }
    root
}

fn expect_met(met: &BTreeSet<(String, bool)>, events: impl Iterator<Item = String>) {
    for event in events {
        assert!(met.iter().any(|(e, _)| *e == event), "no kill fell behind {event:?}: {met:?}");
    }
}

/// Kills a rotation at every point, resumes it, and gives what the kills met: the last line of the journal, and
/// whether the effect that it announces was there.
fn sweep(
    make: fn(Service) -> Case,
    service: Service,
    resume: &[&str],
    step: usize,
) -> BTreeSet<(String, bool)> {
    let case = make(service);
    let (code, calls) = strace::calls(&case, ROTATE);
    assert_eq!(code, Some(if service == Service::Well { 0 } else { 10 }), "{}", case.said());
    let whole = at_the_end(&case, &[]);
    assert_eq!(whole, if service == Service::Well { End::Committed } else { End::RolledBack });
    the_next_call_of_each_name_is_never_made(make, service, &calls);

    let sops = have("crash: a second opinion on the file", &["sops"]);
    let met = Mutex::new(BTreeSet::new());
    let points = sample(calls.into_iter().filter(|c| !c.harmless()).collect(), step);
    assert!(points.len() * step > 80, "only {} points", points.len());
    each(&points, |i, call| {
        let case = make(service);
        assert_eq!(strace::run(&case, &call.kill(), ROTATE), None, "{call:?} was not met: {}", case.said());
        let then = at_this_instant(&case);
        let journal = case.journal();
        if let Some(journal) = &journal {
            let last = journal.last();
            let effect = effect(&case, &last);
            met.lock().unwrap().insert((last, effect));
        }
        let committed = journal.as_ref().is_some_and(Journal::committed);
        let mut code = case.run(resume);
        if committed && resume == BACK && code == Some(1) {
            code = case.run(RESUME);
        }
        let back = resume == BACK && !committed;
        let expected = match (&journal, service) {
            // either it was not begun, or it was over
            (None, _) => None,
            (Some(_), Service::Well) if !back => Some(End::Committed),
            (Some(_), _) => Some(End::RolledBack),
        };
        let codes: &[i32] = match expected {
            Some(End::RolledBack) => &[0, 10],
            _ => &[0],
        };
        assert!(code.is_some_and(|c| codes.contains(&c)), "{call:?}: {code:?}: {}", case.said());
        if call.name.ends_with("chown") {
            // made and not yet given away: the one instant that resume does not mend, and the doctor does
            case.run(&["doctor", "--fix"]);
        }
        let end = at_the_end(&case, &[then]);
        assert!(expected.is_none_or(|e| e == end), "{call:?}: {expected:?} became {end:?}");
        if sops && i % 25 == 0 {
            sops_agrees(&case);
        }
    });
    met.into_inner().unwrap()
}

/// A rotation killed when the journal's last event was this one, and the call that would have written the next.
pub fn killed_at(event: &str) -> (Case, Call) {
    let (_, calls) = strace::calls(&Case::new(Service::Well), ROTATE);
    for call in calls.into_iter().filter(|c| c.name == "pwrite64") {
        let case = Case::new(Service::Well);
        assert_eq!(strace::run(&case, &call.kill(), ROTATE), None);
        if case.journal().as_ref().map(Journal::last).as_deref() == Some(event) {
            return (case, call);
        }
    }
    panic!("no kill falls on {event:?}");
}

/// Whether the effect that the last line announces can be seen.
fn effect(case: &Case, last: &str) -> bool {
    let there = |name: &str| case.rotation().unwrap().join(name).exists();
    match last {
        "started backup" => there("previous.enc"),
        "started stage" => there("pending.enc"),
        "started swap" => case.live() != sealed(),
        "started redeploy" => case.running() != fingerprint(&old_values()),
        "undo-started stage" => !there("pending.enc"),
        "undo-started swap" => case.live() == sealed(),
        "undo-started baseline" => case.running() == fingerprint(&old_values()),
        _ => false,
    }
}

/// So that the points which were counted are all there are.
fn the_next_call_of_each_name_is_never_made(make: fn(Service) -> Case, service: Service, calls: &[Call]) {
    let last: Vec<&Call> =
        calls.iter().filter(|c| !calls.iter().any(|d| d.name == c.name && d.nth > c.nth)).collect();
    each(&last, |_, call| {
        let case = make(service);
        let beyond = Call { nth: call.nth + 1, ..(*call).clone() };
        let code = strace::run(&case, &beyond.kill(), ROTATE);
        assert!(code.is_some(), "{:?} is made more often than was counted", call.name);
    });
}
