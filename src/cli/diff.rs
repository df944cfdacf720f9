//! `reseal diff A [B]`: which keys differ between two versions of the sealed file, who changed them, and when. Values are
//! shown as keyed fingerprints. It is also what `git diff` can call for sealed files.
#![expect(clippy::disallowed_methods, reason = "cli reads standard input")]

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use super::args::{DiffArgs, Global};
use super::history;
use super::report::Report;
use super::session::Session;
use crate::audit::{self, Act, Entry};
use crate::disk::{self, Backups};
use crate::error::{Error, Kind, Result};
use crate::secret::Fingerprints;
use crate::sops::{Open, Sealed};

pub(super) fn run(global: &Global, args: &DiffArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    let (old, new) = match args.versions.as_slice() {
        // as git calls an external diff: path, then file, hash and mode of either side, then of a renamed file two more
        [_, old, _, _, new, _, _, ..] => (opened(&session, old, report)?, opened(&session, new, report)?),
        [old] => (opened(&session, old, report)?, opened(&session, &"live".into(), report)?),
        [old, new] => (opened(&session, old, report)?, opened(&session, new, report)?),
        _ => return Err(Error::usage("two versions are compared").hint("see `reseal diff --help`")),
    };
    let Some(key) = new.open.as_ref().or(old.open.as_ref()).map(Open::fingerprints) else { return Ok(()) };
    let (before, after) = (old.lines(&key), new.lines(&key));
    let log = audit::read(&session.project.audit())?;
    let (mut text, mut rows) = (String::new(), Vec::new());
    for change in TextDiff::from_lines(&before, &after).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        let line = change.value().trim_end_matches('\n');
        let (name, fingerprint) = line.rsplit_once(' ').unwrap_or_default();
        let by = changed(&session, &log.entries, (&old, &new), name);
        // who changed a key is said where its present value stands
        let stays = after.lines().any(|l| l.rsplit_once(' ').is_some_and(|(other, _)| other == name));
        let by = by.filter(|_| sign == '+' || !stays);
        let told = by.map(|entry| format!("  {}", history::line(entry, false)));
        text += &format!("{sign}{line}{}\n", told.unwrap_or_default());
        rows.push(serde_json::json!({ "sign": sign.to_string(), "key": name, "fingerprint": fingerprint, "by": by }));
    }
    if report.json {
        report.json(&serde_json::json!({ "v": 1, "from": old.label, "to": new.label, "changes": rows }))?;
    } else if !text.is_empty() {
        let heads = format!("--- {}\n+++ {}\n", old.head(), new.head());
        report.data((heads + &text).as_bytes())?;
    }
    match (args.exit_code, rows.is_empty()) {
        (true, false) => Err(Error::new(Kind::Found, format!("{} and {} differ", old.label, new.label))),
        _ => Ok(()),
    }
}

/// One side of the comparison; without a file git names `/dev/null`.
struct Version {
    label: String,
    open: Option<Open>,
    /// The time up to which events of the log speak of it; `None`: all.
    until: Option<jiff::Timestamp>,
}

impl Version {
    fn head(&self) -> String {
        match &self.open {
            Some(open) if !open.modified().is_empty() => {
                format!("{}  sealed {}", self.label, open.modified())
            }
            _ => self.label.clone(),
        }
    }

    fn sealed_at(&self) -> Option<jiff::Timestamp> {
        self.open.as_ref()?.modified().parse().ok()
    }

    /// One line a key, and one a recipient.
    fn lines(&self, key: &Fingerprints) -> String {
        let Some(open) = &self.open else { return String::new() };
        let mut text = String::new();
        for entry in open.entries() {
            let value = if entry.value.is_empty() { "(empty)".to_owned() } else { key.of(entry.value) };
            text += &format!("{} {value}\n", String::from_utf8_lossy(entry.name));
        }
        text + &open.recipients().map(|r| format!("(recipient) {r}\n")).collect::<String>()
    }
}

fn opened(session: &Session, word: &OsString, report: &Report) -> Result<Version> {
    let label = word.to_string_lossy().into_owned();
    let mut until = None;
    let bytes = match &*label {
        "/dev/null" => return Ok(Version { label, open: None, until }),
        "live" => disk::read(&session.project.sealed).map_err(|_| session.absent())?,
        "-" => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map_err(|e| Error::failed(e.to_string()))?;
            bytes
        }
        _ if disk::stat(Path::new(word)).is_some() => disk::read(Path::new(word))?,
        id => {
            let backup =
                Backups::new(&session.project, &session.config.backup.dir).find(id).map_err(|e| {
                    e.hint("name a file, `live`, the id of a backup (`reseal backup list`), or pipe one in: `git show HEAD~1:FILE | reseal diff -`")
                })?;
            until = backup.made();
            backup.read()?
        }
    };
    let open = Sealed::parse(bytes).and_then(|sealed| sealed.open(&session.keyring));
    let open = open.map_err(|e| e.context(format!("version {label:?}")))?;
    for warning in open.warnings() {
        report.note(&format!("version {label:?}, {warning}"));
    }
    Ok(Version { label, open: Some(open), until })
}

/// The event of the log that gave the key its value in the newer version: the last one after the older version was sealed
/// that speaks of the newer.
fn changed<'a>(
    session: &Session,
    log: &'a [Entry],
    (old, new): (&Version, &Version),
    name: &str,
) -> Option<&'a Entry> {
    let (from, file) = (old.sealed_at(), session.project.label());
    let acts = [Act::Sealed, Act::Set, Act::Unset, Act::Committed, Act::Restored];
    let events = || log.iter().filter(|e| e.event.file == file && acts.contains(&e.event.act));
    let at = |e: &Entry| e.at.parse::<jiff::Timestamp>().ok();
    // a file of unknown origin was in force from the first event after its sealing on
    let until = if new.label == "live" { None } else { new.until.or_else(|| new.sealed_at()) };
    let last = match (until, new.until) {
        (None, _) => None,
        (Some(until), Some(_)) => Some(until),
        (Some(sealed), None) => events().filter_map(at).find(|at| *at >= sealed),
    };
    // a key that follows a secret changes with it, and the log names the secret
    let mut policies = session.config.secrets.iter();
    let owner = policies.find(|(_, policy)| policy.follows().any(|key| key.as_str() == name));
    let owner = owner.map_or(name, |(owner, _)| owner.as_str());
    let of_key = |e: &Entry| e.event.secrets.iter().any(|secret| secret == name || secret == owner);
    let of_newer = |e: &Entry| of_key(e) && last.is_none_or(|last| at(e) <= Some(last));
    // times are whole seconds: what happened in the second of the older version may have made that one, and so comes last
    events()
        .rfind(|e| of_newer(e) && at(e) > from)
        .or_else(|| events().rfind(|e| of_newer(e) && at(e) == from))
}
