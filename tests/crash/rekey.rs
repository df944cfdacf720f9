//! `rekey` killed before each system call that has an effect: the file is the old or a complete new one, and the same
//! command does the rest.

use std::fs;

use super::case::{Case, Service, sealed};
use super::strace::{self, Call};
use super::{each, sample};
use crate::harness::{RECIPIENT, have};

const BOB: &str = "age1ug8gxx685awyrgr0lam4rn836a9nryhlke0h4pv2ydve7sw2a5vq0x0ted";

#[test]
fn killed_anywhere_a_rekey_leaves_the_old_file_or_a_whole_new_one() {
    if !have("crash::killed_anywhere_a_rekey_leaves_the_old_file_or_a_whole_new_one", &["strace"]) {
        return;
    }
    for args in [&["rekey", "--add", BOB][..], &["rekey", "--add", BOB, "--new-data-key"]] {
        let case = Case::new(Service::Well);
        let (code, calls) = strace::calls(&case, args);
        assert_eq!(code, Some(0), "{}", case.said());
        assert!(!is_old(&case));
        let points: Vec<Call> = sample(calls.into_iter().filter(|c| !c.harmless()).collect(), 1);
        assert!(points.len() > 12, "only {} points", points.len());
        let old = std::sync::atomic::AtomicUsize::new(0);
        each(&points, |_, call| {
            let case = Case::new(Service::Well);
            assert_eq!(strace::run(&case, &call.kill(), args), None, "{call:?}: {}", case.said());
            if is_old(&case) {
                old.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            } else {
                assert!(backed_up(&case), "{call:?}: replaced without a backup");
            }
            assert_eq!(case.run(args), Some(0), "{call:?}: {}", case.said());
            assert!(!is_old(&case) && backed_up(&case), "{call:?}");
            case.project.run(&["history"]).ok();
            let left =
                case.project.files().into_iter().find(|f| f.to_string_lossy().ends_with(".reseal-tmp"));
            assert_eq!(left, None, "{call:?}: half a write is left");
        });
        let old = old.into_inner();
        assert!(old > 0 && old < points.len(), "kills fell on both sides: {old} of {}", points.len());
    }
}

#[test]
fn a_failing_disk_leaves_the_old_file_or_a_whole_new_one() {
    if !have("crash::a_failing_disk_leaves_the_old_file_or_a_whole_new_one", &["strace"]) {
        return;
    }
    let args = &["rekey", "--add", BOB, "--new-data-key"];
    let (_, calls) = strace::calls(&Case::new(Service::Well), args);
    let points: Vec<Call> = sample(calls.into_iter().filter(|c| !c.harmless()).collect(), 1);
    each(&points, |_, call| {
        let case = Case::new(Service::Well);
        let code = strace::run(&case, &call.fail(), args);
        let old = is_old(&case);
        assert!(
            code == Some(0) && !old || code.is_some_and(|c| c != 0),
            "{call:?}: {code:?}: {}",
            case.said()
        );
        assert_eq!(case.run(args), Some(0), "{call:?}: {}", case.said());
        assert!(!is_old(&case), "{call:?}");
    });
}

/// Whether the live file is the one of before; if not, it is a whole one that says the same to the new readers.
fn is_old(case: &Case) -> bool {
    if case.live() == sealed() {
        return true;
    }
    let text = case.project.text(".env.enc");
    assert!(text.contains(RECIPIENT) && text.contains(BOB) && text.ends_with('\n'));
    assert_eq!(case.values(), super::case::old_values());
    false
}

/// Whether the old version is among the backups.
fn backed_up(case: &Case) -> bool {
    let files = case.project.files();
    let mut kept = files.iter().filter(|f| f.parent().unwrap().ends_with(".reseal/backups"));
    kept.any(|f| fs::read(f).unwrap() == sealed())
}
