//! `reseal rekey`: who can open a file, and its data key. Values stay what they are.
//!
//! This is the road from the lock to the record, file by file; which readers are wanted is found out in `readers`.

mod readers;
mod whole;

use std::path::Path;

use super::args::{Global, RekeyArgs};
use super::change::{put, record_event};
use super::report::{Report, count};
use super::session::{self, Session};
use super::terminal::Terminal;
use crate::audit::{Act, Event};
use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::keys::short;
use crate::rotate;
use crate::sops::{Change, Readers, Sealed, Tools};

pub(super) fn run(global: &Global, args: &RekeyArgs, report: &Report) -> Result<()> {
    let files: Vec<Option<&Path>> = match args.files.as_slice() {
        [] => vec![None],
        files => files.iter().map(|file| Some(file.as_path())).collect(),
    };
    let mut done: Vec<Done> = Vec::new();
    for file in files {
        match one(global, args, file, report) {
            Ok(this) => done.push(this),
            Err(error) => {
                let changed: Vec<&str> =
                    done.iter().filter(|d| d.written).map(|d| d.label.as_str()).collect();
                return Err(match changed.as_slice() {
                    [] => error,
                    changed => error.note(format!("done before it: {}", changed.join(", "))),
                });
            }
        }
    }
    if report.json {
        let files: Vec<_> = done.iter().map(Done::json).collect();
        return report.json(&serde_json::json!({ "v": 1, "dry_run": args.dry_run, "files": files }));
    }
    Ok(())
}

/// What became of a file, or would.
struct Done {
    label: String,
    written: bool,
    changes: Vec<Change>,
    readers: Readers,
    new_data_key: bool,
    opens: bool,
}

impl Done {
    fn json(&self) -> serde_json::Value {
        let change =
            |c: &Change| serde_json::json!({ "group": c.group, "added": c.added, "removed": c.removed });
        serde_json::json!({
            "file": self.label,
            "written": self.written,
            "changes": self.changes.iter().map(change).collect::<Vec<_>>(),
            "groups": self.readers.groups(),
            "threshold": self.readers.threshold(),
            "new_data_key": self.new_data_key,
            "opens": self.opens,
        })
    }
}

fn one(global: &Global, args: &RekeyArgs, file: Option<&Path>, report: &Report) -> Result<Done> {
    let session = Session::about(global, file.or(global.file.as_deref()))?;
    let project = &session.project;
    // a missing file is told before a folder for the lock is made
    session.sealed()?;
    let _lock = if args.dry_run { None } else { Some(project.lock()?) };
    rotate::none_unfinished(project)?;
    disk::replaceable(&project.sealed)?;
    let before = disk::read(&project.sealed)?;
    let sealed = session.parse(before.clone())?;
    if sealed.is_whole() {
        let terminal = Terminal::new(global.no_input);
        return whole::rekey(&session, args, &terminal, (sealed, &before), report);
    }
    let present = sealed.readers();
    let wanted = readers::wanted(args, project, &sealed, report)?;
    let changes = present.changes(&wanted);
    let regrouped = present.threshold() != wanted.threshold();
    let mut done = Done {
        label: project.label(),
        written: false,
        changes,
        readers: wanted,
        new_data_key: args.new_data_key,
        opens: true,
    };
    if done.changes.is_empty() && !regrouped && !args.new_data_key {
        report.say(&format!("{} is up to date already; nothing was changed", done.label));
        return Ok(done);
    }
    let mut random = session::random();
    let now = session::now();
    let mut tools = Tools { prompt: &session.prompt, random: &mut *random, now: &now };
    let after = sealed
        .rekey(&done.readers, args.new_data_key, &session.keyring, &mut tools)
        .map_err(|e| session.unreadable(e))?;
    done.opens = opens(&session, &after)?;
    let shown = shown(&done, regrouped);
    if args.dry_run {
        if !report.json {
            report.data(shown.as_bytes())?;
        }
        locked_out(&done, report);
        return Ok(done);
    }
    report.say(shown.trim_end());
    locked_out(&done, report);
    if !args.yes && (readers::are_of_config(args) || !done.opens) {
        confirm(&Terminal::new(global.no_input), &done)?;
    }
    put(&session, report, &before, &after)?;
    done.written = true;
    record_event(&session, &event(&session, &done, args.reason.as_deref()))?;
    report.say(&if done.changes.is_empty() && !regrouped {
        format!("{} has a new data key", done.label)
    } else {
        format!("{} is sealed for these readers", done.label)
    });
    told(&present, &done, file, report);
    Ok(done)
}

/// Whether somebody at hand opens the new version; that it opens at all is known already.
fn opens(session: &Session, after: &[u8]) -> Result<bool> {
    match Sealed::parse(after.to_vec()).and_then(|s| s.open(&session.keyring)) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == Kind::NoIdentity => Ok(false),
        Err(error) => Err(error.note("nothing was changed")),
    }
}

fn locked_out(done: &Done, report: &Report) {
    if !done.opens {
        report.note(&format!("no identity at hand will open {} any more", done.label));
    }
}

fn confirm(terminal: &Terminal, done: &Done) -> Result<()> {
    let question = if done.opens {
        format!("seal {} for these readers?", done.label)
    } else {
        format!("seal {} so that you cannot open it any more?", done.label)
    };
    match terminal.agrees(&question) {
        Some(true) => Ok(()),
        Some(false) => Err(Error::failed("not confirmed").note("nothing was changed")),
        None => Err(Error::usage("nobody is there to confirm the change")
            .note("nothing was changed")
            .hint("say `--yes` where no terminal is")),
    }
}

/// What changes, for people.
fn shown(done: &Done, regrouped: bool) -> String {
    let mut text = format!("{}\n", done.label);
    let many = done.readers.groups().len() > 1 || done.changes.iter().any(|c| c.group > 0);
    for change in &done.changes {
        let group = if many { format!("group {}: ", change.group) } else { String::new() };
        let signed = [("-", &change.removed), ("+", &change.added)];
        for (sign, recipient) in signed.iter().flat_map(|(sign, all)| all.iter().map(move |r| (sign, r))) {
            text += &format!("  {group}{sign} {}\n", short(recipient));
        }
    }
    if regrouped {
        text += &match done.readers.threshold() {
            0 => "  each reader opens it alone\n".to_owned(),
            n => format!("  {n} of {} key groups open it\n", done.readers.groups().len()),
        };
    }
    if done.new_data_key {
        text += "  a new data key encrypts every value\n";
    }
    text
}

fn event(session: &Session, done: &Done, reason: Option<&str>) -> Event {
    Event {
        reason: reason.map(str::to_owned),
        added: done.changes.iter().flat_map(|c| c.added.clone()).collect(),
        removed: done.changes.iter().flat_map(|c| c.removed.clone()).collect(),
        new_data_key: done.new_data_key,
        ..Event::of(Act::Rekeyed, session.project.label(), session::who())
    }
}

/// What taking somebody out does not do.
fn told(present: &Readers, done: &Done, file: Option<&Path>, report: &Report) {
    let lost = present.lost(&done.readers);
    if lost.is_empty() {
        return;
    }
    let names: Vec<String> = lost.into_iter().map(short).collect();
    let names = names.join(", ");
    let command = |rest: &str| match file {
        Some(file) => format!("`reseal -f {} {rest}`", disk::quoted(file)),
        None => report.runnable(&format!("`reseal {rest}`")),
    };
    report.note(&if present.groups().len() == 1 {
        format!(
            "{names} could read the file until now, and knows its present values and its data key from older versions, in git or in backups"
        )
    } else {
        format!(
            "{names} had a share of the data key until now; with {} it opens older versions, in git or in backups",
            count(present.threshold() - 1, "more share")
        )
    });
    if !done.new_data_key {
        let run = command("rekey --new-data-key");
        report.note(&format!("with that data key later versions can be read too; {run} makes another"));
    }
    report.note(&format!("the present values stay known; {} makes new ones", command("rotate --all")));
}
