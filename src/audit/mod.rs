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
    /// Replaced values were taken away.
    Retired,
    /// A service fell ill after the commit.
    Degraded,
    /// The services were started on what the file holds.
    Deployed,
}

/// What the caller says of an event; number, time and hash are added here.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub act: Act,
    /// The sealed file.
    pub file: String,
    /// Other sealed files that changed with it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub mirrors: Vec<String>,
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
    /// Replaced values that still count.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub grace: Vec<Grace>,
    /// Replaced values that counted until now.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ended: Vec<Grace>,
    /// What logins showed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub proofs: Vec<Proof>,
    /// Who did it.
    pub who: Who,
}

impl Event {
    /// What happened, with nothing more to say of it.
    pub fn of(act: Act, file: String, who: Who) -> Self {
        Event {
            act,
            file,
            mirrors: Vec::new(),
            secrets: Vec::new(),
            rotation: None,
            reason: None,
            failure: None,
            grace: Vec::new(),
            ended: Vec::new(),
            proofs: Vec::new(),
            who,
        }
    }
}

/// A replaced value that is still accepted: by readers of a key, by a service, or, with neither, by whoever issued it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Grace {
    /// The secret.
    pub secret: String,
    /// The key that holds its replaced value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    /// The service that accepts it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service: Option<String>,
    /// RFC 3339, UTC; missing: until somebody says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<String>,
    /// The rotation that replaced it.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub rotation: String,
}

impl Grace {
    /// Whether its time is over. One without a time never is.
    pub fn is_over(&self, now: jiff::Timestamp) -> bool {
        let until = self.until.as_ref().map(|until| until.parse::<jiff::Timestamp>());
        // a time that cannot be read is no reason to keep an old value for ever
        until.is_some_and(|until| until.map_or(true, |until| until <= now))
    }
}

impl std::fmt::Display for Grace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.key, &self.service) {
            (Some(key), _) => write!(f, "{key} holds the value before")?,
            (None, Some(service)) => write!(f, "the value before is still accepted: {service}")?,
            (None, None) => {
                write!(f, "the value of {} before is to be revoked by whoever issued it", self.secret)?;
            }
        }
        match &self.until {
            Some(until) => write!(f, "; it counts until {until}"),
            None => write!(f, "; `reseal retire {}` once that is done", self.secret),
        }
    }
}

/// What logins at a service showed.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Proof {
    /// The secret.
    pub secret: String,
    /// Of which value: the new one accepted, or the old one refused.
    pub of: Proven,
    /// Why logins show nothing there; missing: they did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unprovable: Option<String>,
}

/// What a login can show.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Proven {
    /// A fresh login with the new value was accepted.
    Login,
    /// A fresh login with the old value was refused.
    Revocation,
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
