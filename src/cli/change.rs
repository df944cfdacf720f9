//! The road of every hand-made change: lock, look for an unfinished rotation, open, change, back up, replace, record.

use super::report::Report;
use super::session::{self, Session};
use crate::audit::{self, Act, Event};
use crate::disk::{self, Backups};
use crate::error::{Error, Result};
use crate::rotate;
use crate::sops::{Open, Sealed};

/// Lets `edit` change the opened file, and puts the result in its place. Answers whether anything changed.
pub(super) fn change(
    session: &Session,
    report: &Report,
    act: Act,
    names: &[String],
    reason: Option<&str>,
    edit: impl FnOnce(&mut Open) -> Result<bool>,
) -> Result<bool> {
    let acts = change_and_tell(session, report, reason, |open| {
        Ok(if edit(open)? { vec![(act, names.to_vec())] } else { Vec::new() })
    })?;
    Ok(!acts.is_empty())
}

/// The same where only the change itself shows what it is: `edit` answers with what is to be recorded, and with nothing
/// where nothing changed.
pub(super) fn change_and_tell(
    session: &Session,
    report: &Report,
    reason: Option<&str>,
    edit: impl FnOnce(&mut Open) -> Result<Vec<(Act, Vec<String>)>>,
) -> Result<Vec<(Act, Vec<String>)>> {
    let project = &session.project;
    // a missing file is told before a folder for the lock is made
    session.sealed()?;
    let _lock = project.lock()?;
    rotate::none_unfinished(project)?;
    disk::replaceable(&project.sealed)?;
    let before = disk::read(&project.sealed)?;
    let mut open = session.open_bytes(before.clone(), report)?;
    let acts = edit(&mut open)?;
    if acts.is_empty() {
        return Ok(acts);
    }
    let after = open.seal(&session::now(), &mut *session::random())?;
    // proof that what was sealed opens, before it takes the place of what does
    Sealed::parse(after.clone()).and_then(|s| s.open(&session.keyring))?;
    put(session, report, &before, &after)?;
    for (act, names) in &acts {
        record(session, act.clone(), names, reason)?;
    }
    Ok(acts)
}

/// Backs up what is live and replaces it. The lock must be held.
pub(super) fn put(session: &Session, report: &Report, before: &[u8], after: &[u8]) -> Result<()> {
    let backups = Backups::new(&session.project, &session.config.backup.dir);
    let backup = backups.create(before, session::timestamp())?;
    report.detail(&format!("backup {}", backup.id));
    if disk::read(&session.project.sealed)? != before {
        return Err(Error::failed(format!(
            "{:?} was changed by someone else meanwhile",
            session.project.sealed
        ))
        .note("nothing was changed by this command")
        .hint("run it again"));
    }
    disk::replace(&session.project.sealed, after, session.project.attributes)?;
    // old backups that cannot be removed are no reason to say that the change failed
    if let Err(error) = session.prune(&backups) {
        report.note(&error.to_string());
    }
    Ok(())
}

/// One line of audit log for a change made by hand.
pub(super) fn record(session: &Session, act: Act, names: &[String], reason: Option<&str>) -> Result<()> {
    let project = &session.project;
    let event = Event {
        act,
        file: project.label(),
        secrets: names.to_vec(),
        rotation: None,
        reason: reason.map(str::to_owned),
        failure: None,
        grace: Vec::new(),
        ended: Vec::new(),
        proofs: Vec::new(),
        who: session::who(),
    };
    audit::record(&project.audit(), project.attributes.owner, &event, &session::now())
        .map_err(|e| e.note("the change itself is done; only its record is missing"))
}
