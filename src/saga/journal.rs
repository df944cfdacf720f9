//! The saga's memory: one JSON object a line, durable before the effect that it announces (I4).
//!
//! The first line holds the steps and the request; the others one event each. Every line carries its number and a sum
//! over itself and the line before, so that a line which was lost, moved or changed is seen. A last line that a crash
//! tore is dropped: what it was to announce has not begun. Anything wrong before the last line is corruption and is
//! refused. `docs/formats.md` has the format.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::progress::{Event, Progress};
use crate::disk::{self, Appender, Owner};
use crate::error::{Error, Kind, Result};

const VERSION: u32 = 1;
/// Longer than any rotation's journal.
const ROOM: u64 = 64 * 1024;

/// What the first line holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the journal's format.
    pub v: u32,
    /// The names of the steps, in order.
    pub steps: Vec<String>,
    /// How many of them stand before the commit.
    pub commit_at: usize,
    /// What was asked for; the engine only keeps it.
    pub request: Value,
}

#[derive(Serialize, Deserialize)]
struct Line {
    seq: usize,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<Header>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Event>,
}

/// A journal that can be read and added to.
pub struct Journal {
    appender: Appender,
    header: Header,
    events: Vec<Event>,
    progress: Progress,
    sum: String,
    path: PathBuf,
}

impl Journal {
    /// Begins a journal. Durable when it returns; on failure nothing is left.
    pub fn begin(
        path: &Path,
        owner: Owner,
        steps: Vec<String>,
        commit_at: usize,
        request: Value,
        at: String,
    ) -> Result<Self> {
        let header = Header { v: VERSION, steps, commit_at, request };
        let line = Line { seq: 0, at, open: Some(header.clone()), event: None };
        let (text, sum) = seal(&line, "")?;
        let mut appender = Appender::open(path, 0, owner)?;
        appender.reserve(ROOM);
        appender.append(text.as_bytes())?;
        let progress = Progress::new(header.steps.len(), commit_at);
        Ok(Journal { appender, header, events: Vec::new(), progress, sum, path: path.to_path_buf() })
    }

    /// Reads a journal that an earlier process left, and cuts off what a crash tore. `None`: the process died before
    /// the first line was whole, so that nothing has happened.
    pub fn reopen(path: &Path, owner: Owner) -> Result<Option<Self>> {
        let bytes = disk::read_if_there(path)?.unwrap_or_default();
        let Some(read) = parse(&bytes).map_err(|what| corrupt(path, what))? else { return Ok(None) };
        let appender = Appender::open(path, read.length, owner)?;
        Ok(Some(Journal {
            appender,
            header: read.header,
            events: read.events,
            progress: read.progress,
            sum: read.sum,
            path: path.to_path_buf(),
        }))
    }

    /// Reads a journal without touching it, for those who only look.
    pub fn peek(path: &Path) -> Result<Option<(Header, Progress)>> {
        let bytes = disk::read_if_there(path)?.unwrap_or_default();
        let read = parse(&bytes).map_err(|what| corrupt(path, what))?;
        Ok(read.map(|r| (r.header, r.progress)))
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// All events so far.
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}

/// Where a saga keeps what happened.
pub trait Log {
    /// How far it has come.
    fn progress(&self) -> &Progress;
    /// Keeps an event. Durable when it returns.
    fn append(&mut self, event: Event, at: String) -> Result<()>;
}

impl Log for Journal {
    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn append(&mut self, event: Event, at: String) -> Result<()> {
        let mut progress = self.progress.clone();
        if progress.apply(&event).is_err() {
            return Err(corrupt(&self.path, "an event does not fit the events before it"));
        }
        let line = Line { seq: self.events.len() + 1, at, open: None, event: Some(event.clone()) };
        let (text, sum) = seal(&line, &self.sum)?;
        self.appender.append(text.as_bytes())?;
        self.progress = progress;
        self.sum = sum;
        self.events.push(event);
        Ok(())
    }
}

struct Read {
    header: Header,
    events: Vec<Event>,
    progress: Progress,
    sum: String,
    length: u64,
}

/// The whole lines of a journal. `Ok(None)` when not even the first one is whole.
fn parse(bytes: &[u8]) -> std::result::Result<Option<Read>, &'static str> {
    let mut read: Option<Read> = None;
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|b| *b == b'\n') {
        let (text, after) = (&rest[..end], &rest[end + 1..]);
        let before = read.as_ref().map_or("", |r| r.sum.as_str());
        // blocks that a crash left unwritten read as zeros; only the last line can hold such, and nothing was written
        // behind a line whose end is not there
        if let (true, Some(zero)) = (after.is_empty(), text.iter().position(|b| *b == 0))
            && unseal(&text[..zero], before).is_none()
        {
            break;
        }
        let (line, sum) = unseal(text, before).ok_or("a line does not fit its checksum")?;
        let length = (bytes.len() - after.len()) as u64;
        match (&mut read, line) {
            (None, Line { seq: 0, open: Some(header), event: None, .. }) => {
                if header.v != VERSION {
                    return Err(OTHER_VERSION);
                }
                if header.commit_at > header.steps.len() {
                    return Err("its first line contradicts itself");
                }
                let progress = Progress::new(header.steps.len(), header.commit_at);
                read = Some(Read { header, events: Vec::new(), progress, sum, length });
            }
            (Some(read), Line { seq, open: None, event: Some(event), .. })
                if seq == read.events.len() + 1 =>
            {
                read.progress.apply(&event).map_err(|_| "an event does not fit the events before it")?;
                read.events.push(event);
                read.sum = sum;
                read.length = length;
            }
            _ => return Err("a line is missing or stands in the wrong place"),
        }
        rest = after;
    }
    Ok(read)
}

const OTHER_VERSION: &str = "it was written by another version of reseal";

fn corrupt(path: &Path, what: &'static str) -> Error {
    if what == OTHER_VERSION {
        return Error::new(Kind::Stuck, format!("journal {path:?} cannot be read: {what}"))
            .note("nothing was changed")
            .hint("resume the rotation with that version");
    }
    Error::new(Kind::Stuck, format!("journal {path:?} cannot be trusted: {what}"))
        .note("nothing was changed")
        .hint("compare the sealed file with previous.enc and pending.enc beside the journal, keep the right one, then remove that folder")
}

const MARK: &str = ",\"sum\":\"";

/// `{…}` becomes `{…,"sum":"…"}`; the sum covers the previous line's sum and this line's text.
fn seal(line: &Line, before: &str) -> Result<(String, String)> {
    let mut text = serde_json::to_string(line)
        .map_err(|e| Error::failed(format!("cannot write a journal line: {e}")))?;
    text.pop();
    let sum = sum(before, &text);
    Ok((format!("{text}{MARK}{sum}\"}}\n"), sum))
}

fn unseal(text: &[u8], before: &str) -> Option<(Line, String)> {
    let text = std::str::from_utf8(text).ok()?;
    let (body, tail) = text.rsplit_once(MARK)?;
    let found = tail.strip_suffix("\"}")?;
    let expected = sum(before, body);
    (found == expected)
        .then(|| serde_json::from_str(&format!("{body}}}")).ok())
        .flatten()
        .map(|l| (l, expected))
}

fn sum(before: &str, text: &str) -> String {
    let digest = Sha256::new().chain_update(before).chain_update(text).finalize();
    digest.iter().take(16).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
