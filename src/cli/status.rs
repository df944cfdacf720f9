//! `reseal status`: needs no identity, because ages come from the audit log and names lie in clear.

use jiff::{SignedDuration, Timestamp};

use super::args::{Global, StatusArgs};
use super::report::Report;
use super::session::{self, Session};
use crate::audit::{self, Age, History};
use crate::config::Policy;
use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::rotate::{self, Drift};

/// One secret of the file.
struct Row {
    name: String,
    managed: bool,
    changed: Option<Timestamp>,
    due: Option<Timestamp>,
    grace: Vec<audit::Grace>,
    last: Option<audit::Act>,
}

pub(super) fn run(global: &Global, args: &StatusArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    if disk::stat(&session.project.sealed).is_none() {
        // whoever lost the file in the middle of a rotation needs that one first
        rotate::none_unfinished(&session.project)?;
    }
    let sealed = session.sealed()?;
    let label = session.project.label();
    let log = audit::read(&session.project.audit())?;
    if let Some(broken) = &log.broken {
        report.note(&broken.to_string());
    }
    let history = History::of(&log.entries, &label);
    let modified = sealed.modified().parse().ok();
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    let names: Vec<String> = if sealed.is_whole() {
        session.opened(sealed, report)?.entries().map(|e| text(e.name)).collect()
    } else {
        sealed.names().map(text).collect()
    };
    // what nobody saw change is as old as the oldest thing that is known of the file
    let known =
        log.entries.iter().find(|e| e.event.file == label).and_then(|e| e.at.parse::<Timestamp>().ok());
    let sealed_at = known.or(modified);
    let now = session::timestamp();
    let rows: Vec<Row> = names
        .into_iter()
        .map(|name| {
            let policy = session.config.secrets.iter().find(|(n, _)| n.as_str() == name).map(|(_, p)| p);
            row(name.clone(), policy, history.age(&name), sealed_at)
        })
        .collect();
    // a journal that cannot be read is told at the end, after what can be said
    let (unfinished, unreadable) = match unfinished(&session) {
        Ok(text) => (text, None),
        Err(error) => (None, Some(error)),
    };
    // in the middle of a rotation the files differ as they must
    let settled = unfinished.is_none() && unreadable.is_none();
    let drifts = if settled { drifts(&session, report) } else { None };
    let running = unfinished.is_some() && session.project.is_being_changed();
    if report.json {
        let secrets: Vec<_> = rows
            .iter()
            .map(|r| serde_json::json!({ "key": r.name, "managed": r.managed, "changed": r.changed.map(|t| t.to_string()), "due": r.due.map(|t| t.to_string()), "overdue": r.due.is_some_and(|d| d <= now), "last": r.last, "grace": r.grace }))
            .collect();
        report.json(
            &serde_json::json!({ "v": 1, "file": label, "unfinished": unfinished, "running": running, "secrets": secrets, "drift": drifts.as_ref().map(|all| all.iter().map(shown).collect::<Vec<_>>()) }),
        )?;
    } else {
        let width = rows.iter().map(|r| r.name.len()).max().unwrap_or(0);
        for row in &rows {
            report.line(&line(row, width, now))?;
        }
        for drift in drifts.iter().flatten() {
            report.note(&format!("{}: {}; {}", drift.file.display(), drift.what, drift.remedy));
        }
        if let Some(text) = &unfinished {
            report.note(text);
        }
        if running {
            report.note("it is being carried out now");
        }
    }
    if let Some(error) = unreadable {
        return Err(error);
    }
    if unfinished.is_some() && !running {
        rotate::none_unfinished(&session.project)?;
    }
    let overdue: Vec<&str> =
        rows.iter().filter(|r| r.due.is_some_and(|d| d <= now)).map(|r| r.name.as_str()).collect();
    if args.check && !overdue.is_empty() {
        return Err(Error::new(Kind::Found, format!("overdue: {}", overdue.join(", ")))
            .hint(format!("run `reseal rotate {}`", overdue.join(" "))));
    }
    if let Some(drift) = drifts.iter().flatten().next().filter(|_| args.check) {
        return Err(Error::new(Kind::Found, format!("mirror {}: {}", drift.file.display(), drift.what))
            .hint("`reseal doctor` lists every place, with the command that mends it"));
    }
    Ok(())
}

/// Where mirrors have drifted away; `None` where nobody at hand can tell. A file without mirrors needs no identity.
fn drifts(session: &Session, report: &Report) -> Option<Vec<Drift>> {
    if session.config.mirrors().is_empty() {
        return Some(Vec::new());
    }
    match session.sealed().and_then(|sealed| sealed.open(&session.keyring)) {
        Ok(open) => Some(rotate::drift(&session.world(report), &open, None)),
        Err(error) => {
            report.note(&format!("the mirrors were not compared: {error}"));
            None
        }
    }
}

fn shown(drift: &Drift) -> serde_json::Value {
    serde_json::json!({ "file": drift.file, "what": drift.what })
}

fn row(name: String, policy: Option<&Policy>, age: Age, sealed: Option<Timestamp>) -> Row {
    let changed = age.changed;
    // a secret that was never seen to change is as old as the oldest thing that is known of it
    let since = changed.or(age.first_seen).or(sealed);
    let due = policy
        .and_then(|p| p.every)
        .and_then(|every| since?.checked_add(SignedDuration::try_from(every).ok()?).ok());
    Row { name, managed: policy.is_some(), changed, due, grace: age.grace, last: age.last }
}

fn line(row: &Row, width: usize, now: Timestamp) -> String {
    let days = |from: Timestamp, to: Timestamp| to.duration_since(from).as_hours() / 24;
    let age = match row.changed {
        Some(changed) => format!("{} d old", days(changed, now)),
        None => "age unknown".into(),
    };
    let due = match row.due {
        _ if !row.managed => "not managed".into(),
        None => "no due date".into(),
        Some(due) if due <= now => format!("overdue since {}", due.strftime("%Y-%m-%d")),
        Some(due) => format!("due {} (in {} d)", due.strftime("%Y-%m-%d"), days_left(now, due)),
    };
    let mut line = format!("{:<width$}  {age:<11}  {due}", row.name);
    for grace in &row.grace {
        line += &format!("  {}", counts(grace, now));
    }
    line
}

/// Until when a replaced value counts, and what ends it.
fn counts(grace: &audit::Grace, now: Timestamp) -> String {
    let where_ = grace.key.as_ref().or(grace.service.as_ref());
    match (where_, &grace.until) {
        (Some(place), Some(until)) if grace.is_over(now) => {
            format!("{place}: old value over since {until}, run `reseal retire --due`")
        }
        (Some(place), Some(until)) => format!("{place}: old value counts until {until}"),
        _ => "old value to be revoked by whoever issued it".to_owned(),
    }
}

/// A day that has begun counts.
fn days_left(now: Timestamp, due: Timestamp) -> i64 {
    (due.duration_since(now).as_secs() + 86_399) / 86_400
}

/// What is known of an unfinished rotation.
fn unfinished(session: &Session) -> Result<Option<String>> {
    let Some(id) = rotate::unfinished(&session.project)? else { return Ok(None) };
    let text = match rotate::peek(&session.project, &id)? {
        None => format!("rotation {id} was begun and did nothing yet"),
        Some((request, progress, steps)) => {
            let names = request.names();
            let touched =
                steps.iter().enumerate().filter(|(i, _)| progress.touched(*i)).map(|(_, s)| s.as_str());
            let way = match (progress.committed(), progress.unwinding()) {
                (true, _) => "committed",
                (_, true) => "on its way back",
                _ => "not committed",
            };
            format!(
                "rotation {id} of {} in {} is {way}; in effect: {}",
                names.join(", "),
                request.file,
                touched.collect::<Vec<_>>().join(", ")
            )
        }
    };
    Ok(Some(text))
}
