//! `reseal backup list|create|restore|verify|prune`

use super::args::{BackupCommand, Global};
use super::change::{put, record};
use super::report::{Report, count};
use super::session::{self, Session};
use super::terminal::Terminal;
use crate::audit::Act;
use crate::disk::{self, Backup, Backups};
use crate::error::{Error, Kind, Result};
use crate::rotate;
use crate::sops::Sealed;

pub(super) fn run(global: &Global, what: BackupCommand, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    let backups = Backups::new(&session.project, &session.config.backup.dir);
    match what {
        BackupCommand::List => {
            let all = known(&session, &backups)?;
            if report.json {
                let rows: Vec<_> = all
                    .iter()
                    .map(|b| serde_json::json!({ "id": b.id, "time": b.time(), "path": b.path }))
                    .collect();
                return report
                    .json(&serde_json::json!({ "v": 1, "file": session.project.label(), "backups": rows }));
            }
            if all.is_empty() {
                report.say(&format!("there is no backup of {} yet", session.project.label()));
            }
            all.iter().try_for_each(|b| report.line(&format!("{}  {}", b.id, b.path.display())))
        }
        BackupCommand::Create => {
            session.sealed()?;
            let _lock = session.project.lock()?;
            let bytes = disk::read(&session.project.sealed)?;
            // it counts only if it opens
            session.open(report)?;
            let backup = backups.create(&bytes, session::timestamp())?;
            if report.json {
                return report.json(&serde_json::json!({ "v": 1, "id": backup.id, "path": backup.path }));
            }
            report.line(&backup.id)
        }
        BackupCommand::Restore { id, yes, reason } => {
            restore(global, &session, &backups, &id, yes, reason.as_deref(), report)
        }
        BackupCommand::Verify => verify(&session, &backups, report),
        BackupCommand::Prune => {
            known(&session, &backups)?;
            let _lock = session.project.lock()?;
            let gone = session.prune(&backups)?;
            let removed = count(gone.len(), "backup");
            let kept = backups.list()?.len();
            if report.json {
                let gone: Vec<&str> = gone.iter().map(|b| b.id.as_str()).collect();
                report.json(&serde_json::json!({ "v": 1, "removed": gone, "kept": kept }))?;
            }
            report.say(&format!("{removed} removed, {kept} left"));
            Ok(())
        }
    }
}

/// All backups. That there are none is told only where the file is: elsewhere it would be a false comfort, or a false
/// alarm.
fn known(session: &Session, backups: &Backups<'_>) -> Result<Vec<Backup>> {
    let all = backups.list()?;
    if all.is_empty() && disk::stat(&session.project.sealed).is_none() {
        return Err(session.absent());
    }
    Ok(all)
}

fn restore(
    global: &Global,
    session: &Session,
    backups: &Backups<'_>,
    id: &str,
    yes: bool,
    reason: Option<&str>,
    report: &Report,
) -> Result<()> {
    // an id that fits nothing is told before a folder for the lock is made
    known(session, backups)?;
    let backup = backups.find(id)?;
    let _lock = session.project.lock()?;
    rotate::none_unfinished(&session.project)?;
    let bytes = backup.read()?;
    let open = Sealed::parse(bytes.clone())
        .and_then(|s| s.open(&session.keyring))
        .map_err(|e| e.context(format!("backup {:?}", backup.id)))?;
    let names = open.names_to_record();
    let file = session.project.label();
    if !yes {
        let question =
            format!("put backup {} in the place of {file}? services keep the values they have", backup.id);
        match Terminal::new(global.no_input).agrees(&question) {
            Some(true) => {}
            Some(false) => return Err(Error::failed("not confirmed").note("nothing was changed")),
            None => {
                return Err(Error::usage("nobody is there to confirm")
                    .note("nothing was changed")
                    .hint("say `--yes` where no terminal is"));
            }
        }
    }
    disk::replaceable(&session.project.sealed)?;
    match disk::read_if_there(&session.project.sealed)? {
        Some(before) if opens(session, &before) => put(session, report, &before, &bytes)?,
        // a backup counts only if it opens; what does not open is kept all the same, but not as one
        Some(damaged) => {
            let aside = session.project.state().join(format!("replaced-by-{}", backup.id));
            disk::replace(&aside, &damaged, session.project.private())?;
            report.note(&format!("the file before did not open; it is kept as {}", aside.display()));
            disk::replace(&session.project.sealed, &bytes, session.project.attributes)?;
        }
        None => disk::replace(&session.project.sealed, &bytes, session.project.attributes)?,
    }
    record(session, Act::Restored, &names, reason)?;
    report.say(&format!("{file} is backup {} now", backup.id));
    report.note("what runs keeps the values it has until it is redeployed");
    Ok(())
}

fn opens(session: &Session, bytes: &[u8]) -> bool {
    Sealed::parse(bytes.to_vec()).and_then(|s| s.open(&session.keyring)).is_ok()
}

fn verify(session: &Session, backups: &Backups<'_>, report: &Report) -> Result<()> {
    let all = known(session, backups)?;
    let mut bad = Vec::new();
    let mut rows = Vec::new();
    for backup in &all {
        let opened = backup.read().and_then(Sealed::parse).and_then(|s| s.open(&session.keyring)).err();
        let how =
            opened.as_ref().map_or_else(|| "opens".to_owned(), |error| format!("does not open: {error}"));
        if report.json {
            let failure = opened.as_ref().map(ToString::to_string);
            rows.push(serde_json::json!({ "id": backup.id, "opens": failure.is_none(), "failure": failure }));
        } else {
            report.line(&format!("{}  {how}", backup.id))?;
        }
        bad.extend(opened);
    }
    if report.json {
        report.json(&serde_json::json!({ "v": 1, "file": session.project.label(), "backups": rows }))?;
    }
    if bad.is_empty() {
        report.say(&format!("{} verified", count(all.len(), "backup")));
        return Ok(());
    }
    // nobody at hand can open any: that says nothing of the backups
    if bad.len() == all.len() && bad.iter().all(|e| e.kind() == Kind::NoIdentity) {
        return Err(bad.swap_remove(0));
    }
    Err(Error::new(Kind::Found, format!("{} of {} do not open", bad.len(), count(all.len(), "backup")))
        .hint("make a good one with `reseal backup create`, then move the bad ones away"))
}
