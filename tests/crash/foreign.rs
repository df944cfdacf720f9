//! Somebody else changes the sealed file while a rotation is unfinished: nothing is done, nothing is lost, and the
//! instructions that are printed lead out when followed word by word.

use std::os::unix::ffi::OsStrExt;

use super::case::{BACK, Case, Journal, RESUME, ROTATE, Service, fingerprint, sealed};
use super::invariants::{End, at_the_end};
use super::kill::killed_at;
use super::strace;
use crate::harness::{Project, have};

/// A file that was sealed by another hand.
fn foreign() -> Vec<u8> {
    Project::sealed("DB_PASSWORD=by-another-hand\nDATABASE_URL=x\nOTHER=changed\n").read(".env.enc")
}

#[test]
fn a_file_that_somebody_else_changed_is_refused_and_the_printed_way_out_works() {
    if !have("crash::a_file_that_somebody_else_changed_is_refused", &["strace"]) {
        return;
    }
    for event in ["started swap", "succeeded swap", "started probe"] {
        let (case, _) = killed_at(event);
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
        let (case, _) = killed_at(event);
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
        let (case, _) = killed_at(event);
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
    let (case, _) = killed_at("started prune");
    let edit = foreign();
    case.project.write(".env.enc", &edit);
    assert_eq!(case.run(RESUME), Some(0), "{}", case.said());
    assert_eq!(case.rotation(), None);
    assert_eq!(case.live(), edit, "the change is lost");
    // the new version would have been kept as well, had somebody wanted it
    assert_eq!(case.run(RESUME), Some(0));
}

#[test]
fn a_change_while_it_runs_is_not_taken_back_with_the_rest() {
    // another hand changes the file while the wrapper runs, which then fails: the way back finds what it does not know
    let case = Case::new(Service::Well);
    let edit = foreign();
    case.project.write("edit", &edit);
    case.project.write("before-up", "cat edit >.env.enc; rm before-up; rmdir busy; exit 1");
    assert_eq!(case.run(ROTATE), Some(14), "{}", case.said());
    stuck_until_the_old_file_is_back(&case, &edit);
}

#[test]
fn a_change_between_two_steps_is_not_replaced() {
    if !have("crash::a_change_between_two_steps_is_not_replaced", &["strace"]) {
        return;
    }
    let (_, next) = killed_at("succeeded baseline");

    // halted where Swap has been announced, until the other hand has done its work
    let case = Case::new(Service::Well);
    let edit = foreign();
    let code = std::thread::scope(|scope| {
        let run = scope.spawn(|| strace::run(&case, &next.send("SIGSTOP"), ROTATE));
        let process = wait_until_halted(&case, "started swap");
        case.project.write(".env.enc", &edit);
        assert!(case.project.around("kill", &["-CONT", &process]).status().unwrap().success());
        run.join().unwrap()
    });
    assert_eq!(code, Some(14), "{}", case.said());
    stuck_until_the_old_file_is_back(&case, &edit);
}

/// The change is untouched, the note says where the old file is, and with that put back `resume` ends it.
fn stuck_until_the_old_file_is_back(case: &Case, edit: &[u8]) {
    assert!(case.live() == edit, "the change is lost");
    assert!(case.said().contains("previous.enc is the file before the rotation"));
    let previous = case.rotation().unwrap().join("previous.enc");
    case.project.write(".env.enc", std::fs::read(previous).unwrap());
    assert_eq!(case.run(RESUME), Some(10), "{}", case.said());
    assert_eq!(at_the_end(case, &[]), End::RolledBack);
}

/// The number of the process that holds the lock, once its journal has stood at this event for a while.
fn wait_until_halted(case: &Case, event: &str) -> String {
    let mut stood = 0;
    for _ in 0..2000 {
        std::thread::sleep(std::time::Duration::from_millis(5));
        let there = case.journal().as_ref().map(Journal::last).as_deref() == Some(event);
        stood = if there { stood + 1 } else { 0 };
        if stood == 60 {
            return case.project.text(".reseal/lock");
        }
    }
    panic!("it was not halted: {}", case.said());
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
    for event in ["started stage", "succeeded swap", "started redeploy", "started prune"] {
        let (case, _) = killed_at(event);
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
