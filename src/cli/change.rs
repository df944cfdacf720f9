//! The road of every hand-made change: lock, look for an unfinished rotation, open, change, back up, replace, record.

use super::report::Report;
use super::session::{self, Session};
use crate::audit::{self, Act, Event, History};
use crate::disk::{self, Backups};
use crate::error::{Error, Result};
use crate::rotate;
use crate::secret::{SecretName, SecretValue};
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

/// Refuses to take keys away of which a service still accepts an older value: that could not be ended any more.
pub(super) fn can_go(session: &Session, keys: &[String]) -> Result<()> {
    let log = audit::read(&session.project.audit())?;
    let history = History::of(&log.entries, &session.project.label());
    match history.graces().find(|g| g.service.is_some() && keys.contains(&g.secret)) {
        None => Ok(()),
        Some(grace) => Err(Error::failed(format!("{grace}"))
            .note("without the key nothing here could take it away")
            .hint(format!("run `reseal retire {}` first", grace.secret))),
    }
}

/// Writes the keys that belong to the pair of which a new private half is set.
pub(super) fn follow(
    session: &Session,
    open: &mut Open,
    name: &SecretName,
    private: &SecretValue,
) -> Result<()> {
    let Some(policy) = session.config.secrets.get(name) else { return Ok(()) };
    let Some(pair) = &policy.pair else { return Ok(()) };
    let kept = policy.previous.as_ref().and_then(|kept| open.get(kept.key.as_bytes()));
    let kept = kept.map(|value| SecretValue::concat(&[value.expose()]));
    rotate::halves(open, pair, private, kept.as_ref())
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
    let event = Event {
        secrets: names.to_vec(),
        reason: reason.map(str::to_owned),
        ..Event::of(act, session.project.label(), session::who())
    };
    record_event(session, &event)
}

/// The same of an event with more to say.
pub(super) fn record_event(session: &Session, event: &Event) -> Result<()> {
    let project = &session.project;
    audit::record(&project.audit(), project.attributes.owner, event, &session::now())
        .map_err(|e| e.note("the change itself is done; only its record is missing"))
}
