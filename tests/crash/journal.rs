//! The journal, and the audit log, as a crash of the machine leaves them: with the last line cut at a byte, or with
//! zeros where blocks were never written.

use std::fs;
use std::path::PathBuf;

use super::case::{Case, RESUME, ROTATE, Service};
use super::invariants::{End, at_the_end};
use super::strace::{self, Call};
use super::{all, each};
use crate::harness::have;

const AUDIT: &str = ".reseal/audit.jsonl";

#[test]
fn every_line_may_be_torn() {
    if !have("crash::every_line_may_be_torn", &["strace"]) {
        return;
    }
    let torn = lines(Service::Well, End::Committed) + lines(Service::Ill, End::RolledBack);
    assert!(torn > 40, "only {torn} lines were torn");
}

/// Tears each line that a rotation writes, at several bytes, and resumes; gives how many lines there are.
fn lines(service: Service, expected: End) -> usize {
    let (_, calls) = strace::calls(&Case::new(service), ROTATE);
    // a line is one write and the sync right behind it
    let is_line = |pair: &&[Call]| pair[0].name == "pwrite64" && pair[1].name == "fsync";
    let pairs: Vec<&[Call]> = calls.windows(2).filter(is_line).collect();
    each(&pairs, |i, pair| {
        let killed = |call: &Call| {
            let case = Case::new(service);
            assert_eq!(strace::run(&case, &call.kill(), ROTATE), None, "{call:?}");
            case.wait_for_orphans();
            case
        };
        let case = killed(&pair[1]);
        // the one of the two that has grown
        let grown = counted(&case, AUDIT) > counted(&killed(&pair[0]), AUDIT);
        let file = if grown { AUDIT.into() } else { journal(&case) };
        let bytes = fs::read(case.project.path(&file)).unwrap();
        let line = bytes[..bytes.len() - 1].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        let first = line == 0 && file.ends_with("journal.jsonl");
        for torn in torn(&bytes, line) {
            let case = case.copy();
            case.project.write(file.to_str().unwrap(), torn);
            let code = case.run(RESUME);
            assert!(matches!(code, Some(0 | 10)), "line {i} of {file:?}: {code:?}: {}", case.said());
            let end = at_the_end(&case, &[]);
            assert_eq!(end, if first { End::NeverBegun } else { expected }, "line {i} of {file:?}");
        }
    });
    pairs.len()
}

fn journal(case: &Case) -> PathBuf {
    let journal = case.rotation().unwrap().join("journal.jsonl");
    journal.strip_prefix(&case.project.root).unwrap().to_path_buf()
}

fn counted(case: &Case, file: &str) -> usize {
    let bytes = fs::read(case.project.path(file)).unwrap_or_default();
    bytes.iter().filter(|b| **b == b'\n').count()
}

fn torn(bytes: &[u8], line: usize) -> Vec<Vec<u8>> {
    let length = bytes.len() - line;
    let cuts: Vec<usize> = if all() { (0..length).collect() } else { vec![1, length / 2, length - 1] };
    let mut torn: Vec<Vec<u8>> = cuts.into_iter().map(|cut| bytes[..line + cut].to_vec()).collect();
    let mut zeros = bytes[..line + length / 3].to_vec();
    zeros.resize(bytes.len(), 0);
    torn.push(zeros);
    torn
}
