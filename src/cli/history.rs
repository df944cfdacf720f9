//! `reseal history [KEY]`

use super::args::{Global, HistoryArgs};
use super::report::Report;
use super::session::Session;
use crate::audit::{self, Act, Entry};
use crate::disk;
use crate::error::Result;
use crate::keys::short;
use crate::secret::{SecretName, plain_name};

pub(super) fn run(global: &Global, args: &HistoryArgs, report: &Report) -> Result<()> {
    // as in get: what follows "=" may be a value
    if let Some(key) = args.key.as_deref().filter(|key| key.contains('=')) {
        SecretName::parse(key)?;
    }
    let key = args.key.as_deref().map(plain_name);
    let session = Session::new(global)?;
    let label = session.project.label();
    let concerns = |e: &Entry| {
        (e.event.file == label || e.event.mirrors.contains(&label))
            && key.as_ref().is_none_or(|key| e.event.secrets.contains(key))
    };
    let log = audit::read(&session.project.audit())?;
    let entries: Vec<Entry> = log.entries.into_iter().filter(concerns).collect();
    if entries.is_empty() && disk::stat(&session.project.sealed).is_none() {
        return Err(session.absent());
    }
    if report.json {
        report.json(
            &serde_json::json!({ "v": 1, "file": label, "intact": log.broken.is_none(), "entries": entries }),
        )?;
    } else {
        if entries.is_empty() {
            let whom = key.as_ref().map_or_else(String::new, |key| format!(" of {key:?}"));
            report.say(&format!("nothing is recorded{whom} yet"));
        }
        for entry in &entries {
            report.line(&line(entry, true))?;
        }
    }
    log.broken.map_or(Ok(()), Err)
}

/// An event in words; with the names of its secrets, where they are not said already.
pub(super) fn line(entry: &Entry, named: bool) -> String {
    let event = &entry.event;
    let act = match event.act {
        Act::Sealed => "sealed",
        Act::Set => "set",
        Act::Unset => "unset",
        Act::Restored => "restored",
        Act::Started => "started",
        Act::Committed => "committed",
        Act::RolledBack => "rolled back",
        Act::Stuck => "stuck",
        Act::Retired => "retired",
        Act::Degraded => "degraded",
        Act::Deployed => "deployed",
        Act::Rekeyed => "rekeyed",
    };
    let who = match &event.who.sudo {
        Some(person) => format!("{person} (as {})", event.who.user),
        None => event.who.user.clone(),
    };
    let mut line = match named {
        true if event.secrets.is_empty() => format!("{}  {act:<11}  by {who}", entry.at),
        true => format!("{}  {act:<11}  {}  by {who}", entry.at, event.secrets.join(", ")),
        false => format!("{act} {} by {who}", entry.at),
    };
    if named && !event.mirrors.is_empty() {
        line += &format!("  also in {}", event.mirrors.join(", "));
    }
    for (what, texts) in [("added", &event.added), ("removed", &event.removed)] {
        let texts: Vec<String> = texts.iter().map(|text| short(text)).collect();
        if !texts.is_empty() {
            line += &format!("  {what}: {}", texts.join(", "));
        }
    }
    if event.new_data_key {
        line += "  new data key";
    }
    if let Some(reason) = &event.reason {
        line += &format!("  reason: {reason}");
    }
    if let Some(failure) = &event.failure {
        line += &format!("  failure: {failure}");
    }
    line
}
