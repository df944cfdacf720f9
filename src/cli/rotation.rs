//! The road of every rotation: show the plan, ask, run it, tell how it ended.

use anstyle::AnsiColor;
use similar::{ChangeTag, TextDiff};

use super::args::{Global, HowArgs};
use super::progress::Progress;
use super::report::{Report, count};
use super::session::{self, Session};
use super::terminal::Terminal;
use crate::audit::{self, History, Log, Proven};
use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::rotate::{self, Ask, Degraded, Ended, Plan, Request, World};
use crate::saga::Outcome;

/// Makes the plan of what `ask` gives, shows it, asks the question, and carries it out.
pub(super) fn carry_out(
    global: &Global,
    session: &Session,
    how: &HowArgs,
    question: &str,
    report: &Report,
    ask: impl FnOnce(&World<'_>, &Log) -> Result<Option<Ask>>,
) -> Result<()> {
    session.sealed()?;
    // a plan alone changes nothing, so that it may be made by someone who may only read
    let lock = if how.dry_run { None } else { Some(session.project.lock()?) };
    rotate::none_unfinished(&session.project)?;
    let log = audit::read(&session.project.audit())?;
    if let Some(broken) = &log.broken {
        report.note(&broken.to_string());
    }
    let history = History::of(&log.entries, &session.project.label());
    let world = session.world(report);
    let Some(ask) = ask(&world, &log)? else { return Ok(()) };
    let plan = rotate::plan(&world, &history, ask)?;
    if how.dry_run {
        if report.json {
            return report.json(&serde_json::json!({ "v": 1, "plan": plan.request(), "told": plan.told, "deploy": plan.deploy, "probes": plan.probes, "later": plan.later, "remarks": plan.remarks }));
        }
        return report.data(shown(session, &plan, report).as_bytes());
    }
    report.say(shown(session, &plan, report).trim_end());
    if !how.yes {
        match Terminal::new(global.no_input).agrees(question) {
            Some(true) => {}
            Some(false) => return Err(Error::failed("not confirmed").note("nothing was changed")),
            None => {
                return Err(Error::usage("nobody is there to confirm the plan")
                    .note("nothing was changed")
                    .hint("say `--yes` where no terminal is"));
            }
        }
    }
    let mut progress = Progress::new(report, &world.stop)?;
    let ended = rotate::run(&world, plan, &mut progress)?;
    told(session, &world, &ended, lock, report)
}

/// The plan for people: what changes, with every value masked, and what is done about it.
fn shown(session: &Session, plan: &Plan, report: &Report) -> String {
    let request = plan.request();
    let what = match request.secrets.len() {
        0 => format!("{} taken away", count(request.ends.len(), "replaced value")),
        n => count(n, "secret"),
    };
    let mut text = format!("plan: {what} in {}\n", session.project.label());
    text += &changes(&plan.before, &plan.after, report);
    for mirror in &plan.mirrored {
        text += &format!("  and in {}\n", mirror.file.display());
        text += &changes(&mirror.before, &mirror.after, report);
    }
    if request.changes_file() {
        text += &format!("  backup to {}\n", session.config.backup.dir.display());
    }
    for service in &plan.told {
        text += &format!("  tell {service}\n");
    }
    for file in request.files.iter().map(|mirror| &mirror.file) {
        text += &format!("  write {} ({:04o})\n", file.path.display(), file.mode);
    }
    for command in &plan.deploy {
        text += &format!("  run {command}\n");
    }
    for probe in &plan.probes {
        text += &format!("  probe {probe}\n");
    }
    for line in &plan.later {
        text += &format!("  then {line}\n");
    }
    for remark in &plan.remarks {
        text += &format!("  note: {remark}\n");
    }
    text
}

/// The lines of one file that change.
fn changes(before: &str, after: &str, report: &Report) -> String {
    let mut text = String::new();
    for change in TextDiff::from_lines(before, after).iter_all_changes() {
        let (sign, color) = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => ("-", AnsiColor::Red),
            ChangeTag::Insert => ("+", AnsiColor::Green),
        };
        text += &format!("  {}\n", report.painted(color, &format!("{sign} {}", change.value().trim_end())));
    }
    text
}

/// How it ended, in words and as exit code. Where it is committed, the lock is let go and the services are watched for as
/// long as the policy says.
pub(super) fn told(
    session: &Session,
    world: &World<'_>,
    ended: &Ended,
    lock: impl Sized,
    report: &Report,
) -> Result<()> {
    let files = ended.request.sealed_files();
    let (file, one) = (files.join(", "), files.len() == 1);
    let names = ended.request.names().join(", ");
    let new = !ended.request.secrets.is_empty();
    let why = ended.why.clone().unwrap_or_default();
    let step = ended.step.clone().unwrap_or_default();
    let folder = disk::quoted(&session.project.rotations().join(&ended.request.rotation));
    if ended.outcome != Outcome::Committed {
        json(ended, &[], report)?;
    }
    match ended.outcome {
        Outcome::Committed => {
            if new {
                report.say(&format!("committed: {names} in {file}"));
            } else {
                report.say(&format!("retired: the replaced values of {names}"));
            }
            for proof in &ended.proofs {
                report.say(&proven(proof));
            }
            for grace in &ended.grace {
                report.note(&grace.to_string());
            }
            drop(lock);
            let degraded =
                if ended.request.deploy { watch(session, world, ended, report) } else { Vec::new() };
            json(ended, &degraded, report)?;
            found(&degraded)
        }
        Outcome::RolledBack => {
            let again = match ended.request.secrets.first() {
                None => "retire",
                Some(change) if change.from.is_some() => "rollback",
                Some(_) => "rotate",
            };
            let services = match ended.request.deploy {
                true => " and the services are",
                false if one => " is",
                false => " are",
            };
            Err(Error::new(Kind::RolledBack, why)
                .note(format!("rolled back; {file}{services} as before"))
                .hint(format!("mend the cause, then run `reseal {again}` again")))
        }
        Outcome::Open(_) => Err(Error::new(Kind::Unfinished, why)
            .note(match new {
                true => format!("the new values of {names} are in force; {step:?} is left to do"),
                false => format!("{step:?} is left to do"),
            })
            .hint("run `reseal resume`")),
        Outcome::Stuck(_) => {
            let whole = if one { format!("{file} is whole") } else { format!("each of {file} is whole") };
            let error = Error::new(Kind::Stuck, why)
                .note(format!("step {step:?} could not be taken back; {whole}"))
                .hint("mend the cause, then run `reseal resume` to try again");
            Err(files.iter().enumerate().fold(error, |error, (place, file)| {
                let [before, after] = Request::versions(place);
                let which = if one { String::new() } else { format!(" {file}") };
                error.note(format!(
                    "{folder}/{before} is the file{which} before the rotation, {folder}/{after} the one after"
                ))
            }))
        }
    }
}

/// What a program gets.
fn json(ended: &Ended, degraded: &[Degraded], report: &Report) -> Result<()> {
    if !report.json {
        return Ok(());
    }
    let outcome = match ended.outcome {
        Outcome::Committed => "committed",
        Outcome::RolledBack => "rolled-back",
        Outcome::Open(_) => "unfinished",
        Outcome::Stuck(_) => "stuck",
    };
    let mut told = serde_json::json!({ "v": 1, "rotation": ended.request.rotation, "outcome": outcome, "secrets": ended.request.names(), "failure": ended.why, "grace": ended.grace, "proofs": ended.proofs });
    if !degraded.is_empty() {
        told["degraded"] = degraded.iter().map(ToString::to_string).collect();
    }
    report.json(&told)
}

/// Watches the services for a while, and writes down who fell ill.
fn watch(session: &Session, world: &World<'_>, ended: &Ended, report: &Report) -> Vec<Degraded> {
    let Some(window) = rotate::window(world) else { return Vec::new() };
    report.say(&format!("watching the services for {} s; Ctrl-C ends that", window.as_secs()));
    let degraded = rotate::watch(world, &mut |line| report.note(line));
    for one in &degraded {
        let locked = session.project.lock();
        if let Err(error) =
            locked.and_then(|_lock| rotate::note_degraded(world, &ended.request, one, &session::now()))
        {
            report.note(&format!("{:?} got no record of it: {error}", session.project.audit()));
        }
    }
    degraded
}

fn found(degraded: &[Degraded]) -> Result<()> {
    let Some(first) = degraded.first() else { return Ok(()) };
    let error = Error::new(Kind::Found, first.to_string());
    let error = degraded[1..].iter().fold(error, |error, other| error.note(other.to_string()));
    Err(error
        .note("the rotation is committed and stays")
        .hint("mend the service, or go back to the values before with `reseal rollback`"))
}

/// What a login showed, in words.
fn proven(proof: &audit::Proof) -> String {
    let secret = &proof.secret;
    match (&proof.of, &proof.unprovable) {
        (Proven::Login, None) => format!("proven: a fresh login with the new {secret} was accepted"),
        (Proven::Revocation, None) => format!("proven: a fresh login with the old {secret} was refused"),
        (Proven::Login, Some(why)) => format!("not proven: {secret} was told to its service, but {why}"),
        (Proven::Revocation, Some(why)) => format!("not proven: the old {secret} was taken away, but {why}"),
    }
}
