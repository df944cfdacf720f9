//! The record for people: who did what to which secret, why, when, and how it ended. Never a value.
//!
//! One JSON object a line, each with the hash of the line before it, so that a line which was changed, removed or put
//! in is found. When a secret was last rotated is read from here. The journal of a rotation is another file with
//! another purpose: this one is never needed to recover.

mod history;

pub use history::{Age, History};

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::disk::{self, Appender, Owner};
use crate::error::{Error, Kind, Result};

/// Who acts; found out by the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The user that runs the process.
    pub user: String,
    /// The user behind `sudo`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sudo: Option<String>,
    /// The machine.
    pub host: String,
    /// Whether somebody sits at a terminal.
    pub tty: bool,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// The sealed file was made.
    Sealed,
    /// Keys were set by hand.
    Set,
    /// Keys were taken away.
    Unset,
    /// A backup was put in the place of the sealed file.
    Restored,
    /// A rotation was begun.
    Started,
    /// A rotation is done.
    Committed,
    /// A rotation failed and everything was put back.
    RolledBack,
    /// A rotation can go neither forward nor back.
    Stuck,
}

/// What the caller says of an event; number, time and hash are added here.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub act: Act,
    /// The sealed file.
    pub file: String,
    /// The names of the secrets.
    pub secrets: Vec<String>,
    /// The rotation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rotation: Option<String>,
    /// Why, in the words of whoever asked for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<String>,
    /// Keys that hold replaced values, and until when these are to be accepted.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub grace: Vec<Grace>,
    /// Who did it.
    pub who: Who,
}

/// A replaced value that is still accepted.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Grace {
    /// The secret.
    pub secret: String,
    /// The key that holds its replaced value.
    pub key: String,
    /// RFC 3339, UTC.
    pub until: String,
}

/// A line of the log.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Entry {
    /// The version of the format.
    pub v: u32,
    /// Counts from 0.
    pub seq: u64,
    /// RFC 3339, UTC.
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The hash of the line before; empty in the first.
    pub prev: String,
}

const VERSION: u32 = 1;

/// Adds an event. Durable when it returns. It never fails because of what stands in the log already: a rotation must be
/// able to end, and a broken chain is shown by [`read`].
pub fn record(path: &Path, owner: Owner, event: &Event, at: &str) -> Result<()> {
    let bytes = disk::read_if_there(path)?.unwrap_or_default();
    // the half line of a crash is cut off; what it was to say is said again by whoever resumes
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let lines = || bytes[..whole].split_inclusive(|b| *b == b'\n');
    let entry = Entry {
        v: VERSION,
        seq: lines().count() as u64,
        at: at.to_owned(),
        event: event.clone(),
        prev: lines().next_back().map(|last| hash(last.trim_ascii_end())).unwrap_or_default(),
    };
    let mut line =
        serde_json::to_vec(&entry).map_err(|e| Error::failed(format!("cannot write an audit line: {e}")))?;
    line.push(b'\n');
    Appender::open(path, whole as u64, owner)?.append(&line)
}

/// The log as it was read.
#[derive(Default)]
pub struct Log {
    /// Every line that is an entry.
    pub entries: Vec<Entry>,
    /// The first line that does not follow from the one before.
    pub broken: Option<Error>,
}

/// Reads the log and checks the chain.
pub fn read(path: &Path) -> Result<Log> {
    let bytes = disk::read_if_there(path)?.unwrap_or_default();
    let mut log = Log::default();
    let mut prev = String::new();
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    for (i, line) in bytes[..whole].split_inclusive(|b| *b == b'\n').enumerate() {
        let line = line.trim_ascii_end();
        let entry: Option<Entry> = serde_json::from_slice(line).ok();
        if entry.as_ref().is_none_or(|e| e.prev != prev || e.seq != i as u64) {
            log.broken.get_or_insert_with(|| {
                let message =
                    format!("audit log {path:?}, line {}: does not follow from the line before", i + 1);
                Error::new(Kind::Integrity, message)
                    .note("a line was changed, removed or put in")
                    .hint("compare the log with a copy")
            });
        }
        prev = hash(line);
        log.entries.extend(entry);
    }
    Ok(log)
}

fn hash(line: &[u8]) -> String {
    Sha256::digest(line).iter().map(|b| format!("{b:02x}")).collect()
}
