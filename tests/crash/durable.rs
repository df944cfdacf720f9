//! The order in which things reach the disk, read from the system calls of a whole rotation: what a kill cannot show,
//! because the kernel keeps what was written, a power loss would.
//!
//! Each journal and audit line is synced before anything else happens (I4); a file is synced before it is renamed over
//! another, and its folder afterwards (I2); a name that appears or goes is synced with its folder before the next line.

use super::case::{Case, ROTATE, Service};
use super::strace::{self, Call};
use crate::harness::have;

#[test]
fn every_line_is_durable_before_the_next_effect() {
    let Some(runs) = runs("every_line_is_durable_before_the_next_effect") else { return };
    for calls in runs {
        let mut lines = 0;
        for (i, call) in calls.iter().enumerate().filter(|(_, c)| c.name == "pwrite64") {
            let file = descriptor(call);
            assert!(file.ends_with(".jsonl"), "{call:?}");
            let next = &calls[i + 1];
            assert!(next.name == "fsync" && descriptor(next) == file, "{call:?} is followed by {next:?}");
            lines += 1;
        }
        assert!(lines > 15, "only {lines} lines");
    }
}

#[test]
fn a_file_is_durable_before_its_name_and_its_name_before_the_next_line() {
    let Some(runs) = runs("a_file_is_durable_before_its_name") else { return };
    for calls in runs {
        let mut renames = 0;
        for (i, call) in calls.iter().enumerate().filter(|(_, c)| c.name.starts_with("rename")) {
            let (from, to) = names(call);
            if to.ends_with(".gone") {
                // a folder on its way out: that its name has changed is what counts
                folder_is_synced(&calls, i, &to);
                continue;
            }
            let written = calls[..i].iter().rposition(|c| c.name == "write" && descriptor(c) == from);
            let synced = calls[..i].iter().rposition(|c| c.name == "fsync" && descriptor(c) == from);
            assert!(written.is_some() && synced > written, "{to:?} gets a name before its bytes are safe");
            folder_is_synced(&calls, i, &to);
            renames += 1;
        }
        assert!(renames >= 4, "only {renames} files were written");
    }
}

#[test]
fn a_name_that_appears_or_goes_is_durable_before_the_next_line() {
    let Some(runs) = runs("a_name_that_appears_or_goes_is_durable") else { return };
    for calls in runs {
        let mut seen = 0;
        for (i, call) in calls.iter().enumerate() {
            let made = call.name.starts_with("mkdir")
                || call.shown.contains("O_EXCL") && !call.shown.contains("EEXIST");
            let gone = call.name.starts_with("unlink") || call.name.starts_with("rmdir");
            // the lock needs no durability, and a temporary file gets its name by the rename
            let passing = ["/lock\"", "/deploying\"", ".reseal-tmp\""].iter().any(|n| call.shown.contains(n));
            // the files of a folder that goes: the folder itself counts
            let within =
                call.name == "unlinkat" && !call.shown.contains("AT_FDCWD") || call.shown.contains(".gone\"");
            if (made || gone) && !passing && !within {
                folder_is_synced(&calls, i, &names(call).0);
                seen += 1;
            }
        }
        assert!(seen >= 6, "only {seen} names");
    }
}

/// Before the next line of the journal or the log, or the end, the folder of `path` is synced.
fn folder_is_synced(calls: &[Call], at: usize, path: &str) {
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let later = &calls[at + 1..];
    let until = later.iter().position(|c| c.name == "pwrite64").unwrap_or(later.len());
    let synced = later[..until].iter().any(|c| c.name == "fsync" && descriptor(c) == folder);
    assert!(synced, "{:?} is not made durable before {:?}", calls[at], later.get(until));
}

/// Rotations that commit and some that are taken back, without a mirror and with one. Without the right to look into the program, paths cannot be
/// seen, and nothing can be said.
fn runs(test: &str) -> Option<Vec<Vec<Call>>> {
    if !have(&format!("crash::{test}"), &["strace"]) {
        return None;
    }
    let runs = [(false, Service::Well), (false, Service::Ill), (true, Service::Well), (true, Service::Ill)];
    let runs = runs.map(|(mirrored, service)| {
        let case = if mirrored { Case::mirrored(service) } else { Case::new(service) };
        let (_, calls) = strace::calls(&case, ROTATE);
        let effects = calls.into_iter().filter(|c| !c.harmless());
        effects.collect::<Vec<_>>()
    });
    if !runs[0].iter().any(|c| c.shown.contains("journal.jsonl")) {
        let line = format!("SKIPPED crash::{test}: strace may not read the program's memory\n");
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
        return None;
    }
    Some(runs.into())
}

/// The path behind the first descriptor, as in `fsync(5</a/b>)`.
fn descriptor(call: &Call) -> &str {
    let rest = call.shown.split_once('<').map_or("", |(_, rest)| rest);
    rest.split_once('>').map_or("", |(path, _)| path)
}

/// The paths between quotation marks.
fn names(call: &Call) -> (String, String) {
    let mut quoted = call.shown.split('"').skip(1).step_by(2).map(str::to_owned);
    (quoted.next().unwrap_or_default(), quoted.next().unwrap_or_default())
}
