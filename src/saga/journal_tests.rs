//! What a journal may have suffered, and what is made of it: torn is carried on from, touched is refused.
#![expect(clippy::disallowed_methods, reason = "the tests make files of their own")]

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::step::Note;
use super::*;
use crate::error::Kind;

const AT: &str = "2026-01-07T10:15:02Z";

/// A folder for one journal; goes with the test, stays if it fails.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("reseal-journal-{}-{n}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn journal(&self) -> PathBuf {
        self.0.join("journal.jsonl")
    }

    fn begin(&self) -> Journal {
        let steps = ["one", "two", "three"].map(str::to_owned).to_vec();
        let request = serde_json::json!({ "secrets": ["A"] });
        Journal::begin(&self.journal(), owner(), steps, 2, request, AT.into()).unwrap()
    }

    /// A journal that went through everything: a failure, the way back, a stuck end and another try.
    fn complete(&self) -> Vec<u8> {
        let mut journal = self.begin();
        for event in story() {
            journal.append(event, AT.into()).unwrap();
        }
        fs::read(self.journal()).unwrap()
    }

    fn reopen(&self, bytes: &[u8]) -> Result<Option<Journal>> {
        fs::write(self.journal(), bytes).unwrap();
        Journal::reopen(&self.journal(), owner())
    }

    /// What is wrong with these bytes; they are left as they are.
    fn refusal(&self, bytes: &[u8]) -> Option<String> {
        let error = self.reopen(bytes).err()?;
        assert_eq!(error.kind(), Kind::Stuck);
        assert_eq!(fs::read(self.journal()).unwrap(), bytes, "a refused journal was changed");
        Some(error.to_string())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

fn owner() -> Owner {
    Owner::of_this_process()
}

fn story() -> Vec<Event> {
    vec![
        Event::Started(0),
        Event::Succeeded(0, Note::Digest("9f2c".into())),
        Event::Started(1),
        Event::Failed(1, "a \"quoted\" reason,\n with \",\"sum\":\"00\"} in it".into()),
        Event::UndoStarted(1),
        Event::UndoFailed(1, "full".into()),
        Event::UndoStarted(1),
        Event::Undone(1),
        Event::UndoStarted(0),
        Event::Undone(0),
    ]
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|b| *b == b'\n').collect()
}

#[test]
fn what_was_written_is_read_again() {
    let folder = Folder::new();
    let bytes = folder.complete();
    let journal = Journal::reopen(&folder.journal(), owner()).unwrap().unwrap();
    assert_eq!(journal.events(), story());
    assert_eq!(journal.header().steps, ["one", "two", "three"]);
    assert_eq!((journal.header().v, journal.header().commit_at), (VERSION, 2));
    assert_eq!(journal.header().request, serde_json::json!({ "secrets": ["A"] }));
    let (header, progress) = Journal::peek(&folder.journal()).unwrap().unwrap();
    assert_eq!(&header, journal.header());
    assert_eq!(progress.next(), journal.progress().next());
    assert_eq!(fs::read(folder.journal()).unwrap(), bytes, "reading changed it");
    assert_eq!(lines(&bytes).len(), 1 + story().len());
}

#[test]
fn where_there_is_no_journal_nothing_has_happened() {
    let folder = Folder::new();
    assert!(Journal::peek(&folder.journal()).unwrap().is_none());
    assert!(Journal::reopen(&folder.journal(), owner()).unwrap().is_none());
    assert!(folder.reopen(b"").unwrap().is_none());
}

#[test]
fn cut_at_any_byte_it_is_a_whole_prefix_and_grows_into_the_same_journal() {
    let folder = Folder::new();
    let bytes = folder.complete();
    let first = lines(&bytes)[0].len();
    for cut in 0..=bytes.len() {
        let whole = bytes[..cut].iter().filter(|b| **b == b'\n').count();
        let Some(mut journal) = folder.reopen(&bytes[..cut]).unwrap() else {
            assert!(cut < first, "cut at {cut} of {}", bytes.len());
            continue;
        };
        assert!(cut >= first);
        assert_eq!(journal.events(), &story()[..whole - 1], "cut at {cut}");
        if cut % 7 != 0 {
            continue; // each line is a sync
        }
        for event in &story()[whole - 1..] {
            journal.append(event.clone(), AT.into()).unwrap();
        }
        assert_eq!(fs::read(folder.journal()).unwrap(), bytes, "cut at {cut}");
    }
}

#[test]
fn zeros_where_the_last_line_should_be_are_a_torn_line() {
    let folder = Folder::new();
    let bytes = folder.complete();
    let last = bytes.len() - lines(&bytes).last().unwrap().len();
    for cut in last..bytes.len() {
        for end in ["", "\n"] {
            let mut torn = bytes[..cut].to_vec();
            torn.resize(bytes.len() - 1, 0);
            torn.extend_from_slice(end.as_bytes());
            if cut == bytes.len() - 1 && end == "\n" {
                continue; // that is the whole journal
            }
            let journal = folder.reopen(&torn).unwrap().unwrap();
            assert_eq!(journal.events(), &story()[..story().len() - 1], "zeros from {cut}");
            assert_eq!(fs::read(folder.journal()).unwrap(), &bytes[..last]);
        }
    }
    // anywhere else they are damage
    let mut damaged = bytes.clone();
    damaged[last - 10..last - 1].fill(0);
    assert!(folder.refusal(&damaged).is_some());
}

#[test]
fn a_byte_that_changed_is_refused_wherever_a_whole_line_follows_or_ends() {
    let folder = Folder::new();
    let bytes = folder.complete();
    let last = bytes.len() - lines(&bytes).last().unwrap().len();
    for at in 0..bytes.len() - 1 {
        let flips = (0..8).map(|bit| bytes[at] ^ (1 << bit)).chain([b'\n', 0]);
        for new in flips.filter(|new| *new != bytes[at]) {
            let mut changed = bytes.clone();
            changed[at] = new;
            if at >= last && new == 0 {
                continue; // reads as torn
            }
            assert!(parse(&changed).is_err(), "byte {at} as {new:#04x} is accepted");
        }
    }
    let mut changed = bytes.clone();
    changed[20] ^= 1;
    assert!(folder.refusal(&changed).unwrap().contains("cannot be trusted"));
}

#[test]
fn a_line_removed_exchanged_repeated_or_of_another_journal_is_refused() {
    let folder = Folder::new();
    let bytes = folder.complete();
    let all = lines(&bytes);
    let last = all.len() - 1;
    for i in 0..all.len() {
        let without: Vec<&[u8]> = [&all[..i], &all[i + 1..]].concat();
        assert_eq!(folder.refusal(&without.concat()).is_some(), i != last, "line {i} removed");
        let twice: Vec<&[u8]> = [&all[..=i], &all[i..]].concat();
        assert!(folder.refusal(&twice.concat()).is_some(), "line {i} twice");
        for j in 0..i {
            let mut exchanged = all.clone();
            exchanged.swap(i, j);
            assert!(folder.refusal(&exchanged.concat()).is_some(), "lines {j} and {i} exchanged");
        }
    }
    // the same events after another first line: the sums chain
    let other = Folder::new();
    let steps = ["one", "two", "four"].map(str::to_owned).to_vec();
    drop(Journal::begin(&other.journal(), owner(), steps, 2, serde_json::json!({}), AT.into()).unwrap());
    let foreign = [fs::read(other.journal()).unwrap(), all[1..].concat()].concat();
    assert!(folder.refusal(&foreign).is_some());
}

#[test]
fn events_that_contradict_each_other_are_refused_though_their_sums_are_right() {
    let folder = Folder::new();
    for events in [vec![Event::Undone(0)], vec![Event::Started(0), Event::Started(1)], vec![Event::Committed]]
    {
        drop(folder.begin());
        let mut bytes = fs::read(folder.journal()).unwrap();
        let text = std::str::from_utf8(&bytes).unwrap().trim_end();
        let (_, mut sum) = unseal(text.as_bytes(), "").unwrap();
        for (i, event) in events.into_iter().enumerate() {
            let line = Line { seq: i + 1, at: AT.into(), open: None, event: Some(event) };
            let (text, next) = seal(&line, &sum).unwrap();
            bytes.extend_from_slice(text.as_bytes());
            sum = next;
        }
        assert!(folder.refusal(&bytes).unwrap().contains("does not fit the events before"));
        fs::remove_file(folder.journal()).unwrap();
    }
}

#[test]
fn a_line_with_another_number_is_refused_though_its_sum_is_right() {
    let folder = Folder::new();
    drop(folder.begin());
    let begun = fs::read(folder.journal()).unwrap();
    let text = std::str::from_utf8(&begun).unwrap().trim_end();
    let (_, sum) = unseal(text.as_bytes(), "").unwrap();
    for seq in [0, 2] {
        let line = Line { seq, at: AT.into(), open: None, event: Some(Event::Started(0)) };
        let (text, _) = seal(&line, &sum).unwrap();
        let bytes = [&begun, text.as_bytes()].concat();
        assert!(folder.refusal(&bytes).unwrap().contains("missing or stands in the wrong place"));
    }
}

#[test]
fn an_event_that_does_not_fit_is_not_written() {
    let folder = Folder::new();
    let mut journal = folder.begin();
    let before = fs::read(folder.journal()).unwrap();
    assert!(journal.append(Event::Succeeded(0, Note::Nothing), AT.into()).is_err());
    assert_eq!(fs::read(folder.journal()).unwrap(), before);
    journal.append(Event::Started(0), AT.into()).unwrap();
}

#[test]
fn a_journal_of_a_later_version_or_with_a_senseless_first_line_is_refused() {
    let folder = Folder::new();
    let steps = vec!["one".to_owned()];
    for (v, commit_at, says) in [(VERSION + 1, 1, "another version"), (VERSION, 2, "contradicts itself")] {
        let open = Header { v, steps: steps.clone(), commit_at, request: Value::Null };
        let line = Line { seq: 0, at: AT.into(), open: Some(open), event: None };
        let (text, _) = seal(&line, "").unwrap();
        assert!(folder.refusal(text.as_bytes()).unwrap().contains(says));
    }
}
