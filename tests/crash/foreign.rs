//! Somebody else changes the sealed file while a rotation is unfinished: nothing is done, nothing is lost, and the
//! instructions that are printed lead out when followed word by word.

use std::os::unix::ffi::OsStrExt;

use super::case::{BACK, Case, Journal, RESUME, ROTATE, Service, fingerprint, sealed};
use super::invariants::{End, at_the_end};
use super::strace;
use crate::harness::{Project, have};

/// A file that was sealed by another hand.
fn foreign() -> Vec<u8> {
    Project::sealed("DB_PASSWORD=by-another-hand\nDATABASE_URL=x\nOTHER=changed\n").read(".env.enc")
}

/// A rotation killed when the journal's last event was this one.
fn killed_at(event: &str) -> Case {
    let (_, calls) = strace::calls(&Case::new(Service::Well), ROTATE);
    for call in calls.iter().filter(|c| c.name == "pwrite64") {
        let case = Case::new(Service::Well);
        assert_eq!(strace::run(&case, &call.kill(), ROTATE), None);
        if case.journal().as_ref().map(Journal::last).as_deref() == Some(event) {
            return case;
        }
    }
    panic!("no kill falls on {event:?}");
}

#[test]
fn a_file_that_somebody_else_changed_is_refused_and_the_printed_way_out_works() {
    if !have("crash::a_file_that_somebody_else_changed_is_refused", &["strace"]) {
        return;
    }
    for event in ["started swap", "succeeded swap", "started probe"] {
        let case = killed_at(event);
        let edit = foreign();
        case.project.write(".env.enc", &edit);
        for refused in [RESUME, BACK] {
            let before = untouched(&case);
            assert_eq!(case.run(refused), Some(14), "{event}: {}", case.said());
            assert!(untouched(&case) == before, "{event}: something was changed all the same");
        }
        let commands = printed(&case.said());
        assert_eq!(commands.len(), 3, "{commands:?}");
        for command in &commands {
            follow(&case, command);
        }
        assert_eq!(at_the_end(&case, &[]), End::RolledBack, "{event}");
        assert_eq!(case.project.read(".env.enc.mine"), edit, "the change is lost");
    }
}

#[test]
fn before_the_exchange_going_back_leaves_a_change_as_it_is() {
    if !have("crash::before_the_exchange_going_back_leaves_a_change_as_it_is", &["strace"]) {
        return;
    }
    for event in ["started stage", "succeeded stage", "succeeded baseline"] {
        let case = killed_at(event);
        let edit = foreign();
        case.project.write(".env.enc", &edit);
        let before = untouched(&case);
        assert_eq!(case.run(RESUME), Some(14), "{event}: {}", case.said());
        assert!(case.said().contains("reseal resume --back"), "{}", case.said());
        assert!(untouched(&case) == before, "{event}: something was changed all the same");
        assert_eq!(case.run(BACK), Some(0), "{event}: {}", case.said());
        assert_eq!(case.rotation(), None);
        assert_eq!(case.live(), edit, "the change is lost");
    }
}

#[test]
fn before_the_backup_a_change_ends_the_rotation_and_stays() {
    if !have("crash::before_the_backup_a_change_ends_the_rotation_and_stays", &["strace"]) {
        return;
    }
    for (event, resume) in [("begun", RESUME), ("started backup", RESUME), ("begun", BACK)] {
        let case = killed_at(event);
        let edit = foreign();
        case.project.write(".env.enc", &edit);
        let code = case.run(resume);
        assert_eq!(code, Some(if resume == BACK { 0 } else { 10 }), "{event}: {}", case.said());
        assert_eq!(case.rotation(), None);
        assert_eq!(case.live(), edit, "the change is lost");
    }
}

#[test]
fn after_the_commit_a_change_is_the_next_version_and_stays() {
    if !have("crash::after_the_commit_a_change_is_the_next_version_and_stays", &["strace"]) {
        return;
    }
    let case = killed_at("started retire");
    let edit = foreign();
    case.project.write(".env.enc", &edit);
    assert_eq!(case.run(RESUME), Some(0), "{}", case.said());
    assert_eq!(case.rotation(), None);
    assert_eq!(case.live(), edit, "the change is lost");
    // the new version would have been kept as well, had somebody wanted it
    assert_eq!(case.run(RESUME), Some(0));
}

#[test]
fn a_change_while_it_runs_stops_it_before_the_file_is_exchanged_or_put_back() {
    // the wrapper has another hand change the file, then fails: the way back finds a file that is neither
    let case = Case::new(Service::Well);
    let edit = foreign();
    case.project.write("edit", &edit);
    case.project.write("before-up", "cat edit >.env.enc; rmdir busy; exit 1");
    assert_eq!(case.run(ROTATE), Some(14), "{}", case.said());
    assert_eq!(case.live(), edit, "the change is lost");
    assert!(case.said().contains("previous.enc is the file before the rotation"));
    let previous = case.rotation().unwrap().join("previous.enc");
    // as the note says: the old one is put back, then it is tried again
    case.project.write(".env.enc", std::fs::read(previous).unwrap());
    case.project.remove("before-up");
    assert_eq!(case.run(RESUME), Some(10), "{}", case.said());
    assert_eq!(at_the_end(&case, &[]), End::RolledBack);
}

#[test]
fn a_wrapper_that_fails_both_ways_is_stuck_until_it_is_mended() {
    let case = Case::new(Service::Well);
    case.project.write("before-up", "rmdir busy; exit 1");
    assert_eq!(case.run(ROTATE), Some(14), "{}", case.said());
    assert_eq!(case.live(), sealed(), "the file is put back first");
    assert_eq!(case.run(ROTATE), Some(13), "{}", case.said());
    assert_eq!(case.run(RESUME), Some(14), "{}", case.said());
    assert_eq!(case.run(BACK), Some(14), "{}", case.said());
    case.project.remove("before-up");
    let code = case.run(RESUME);
    assert_eq!(code, Some(10), "{}", case.said());
    assert_eq!(at_the_end(&case, &[]), End::RolledBack);
}

#[test]
fn a_key_that_is_missing_for_a_while_loses_nothing() {
    if !have("crash::a_key_that_is_missing_for_a_while_loses_nothing", &["strace"]) {
        return;
    }
    for event in ["started stage", "succeeded swap", "started redeploy", "started retire"] {
        let case = killed_at(event);
        let key = case.project.read("age.key");
        case.wait_for_orphans();
        case.project.remove("age.key");
        let without = case.run(RESUME);
        assert!(matches!(without, Some(0 | 10 | 12 | 13 | 14)), "{event}: {without:?}: {}", case.said());
        case.project.write("age.key", key);
        let code = case.run(RESUME);
        assert!(matches!(code, Some(0 | 10)), "{event}: {code:?}: {}", case.said());
        let end = at_the_end(&case, &[]);
        assert_eq!(end == End::Committed, case.running() != fingerprint(&super::case::old_values()));
    }
}

/// The commands between backticks in the last hint.
fn printed(said: &str) -> Vec<String> {
    let hint = said.lines().rfind(|l| l.starts_with("reseal: hint: ")).unwrap();
    hint.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// As a person would type it into a shell, in the project, with the program in the PATH.
fn follow(case: &Case, command: &str) {
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_reseal")).parent().unwrap();
    let path = [bin.as_os_str().as_bytes(), b":", std::env::var_os("PATH").unwrap().as_bytes()].concat();
    let mut shell = case.project.around("sh", &["-c", command]);
    shell.env("PATH", std::ffi::OsStr::from_bytes(&path));
    let code = case.spawn(shell);
    assert!(matches!(code, Some(0 | 10)), "{command:?} gives {code:?}: {}", case.said());
}

/// All but what was said, and the number in the lock.
fn untouched(case: &Case) -> super::case::Snapshot {
    let mut now = case.snapshot();
    now.retain(|path, _| !path.ends_with("said") && !path.ends_with("lock"));
    now
}
