//! `reseal rotate`: show the plan, ask, run it, tell how it ended.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::AnsiColor;
use similar::{ChangeTag, TextDiff};

use super::args::{Global, RotateArgs};
use super::report::{Report, count};
use super::session::{self, Session};
use super::terminal::Terminal;
use crate::audit::{self, History};
use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::rotate::{self, Ask, Ended, Plan};
use crate::saga::{Event, Note, Outcome, Watch};
use crate::secret::SecretName;

pub(super) fn run(global: &Global, args: &RotateArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    let names: Result<Vec<_>> = args.keys.iter().map(|k| SecretName::parse(k)).collect();
    let ask = Ask {
        names: names?,
        groups: args.group.clone(),
        all: args.all,
        deploy: !args.no_deploy,
        emergency: args.emergency,
        reason: args.reason.clone(),
    };
    session.sealed()?;
    // a plan alone changes nothing, so that it may be made by someone who may only read
    let _lock = if args.dry_run { None } else { Some(session.project.lock()?) };
    rotate::none_unfinished(&session.project)?;
    let log = audit::read(&session.project.audit())?;
    if let Some(broken) = &log.broken {
        report.note(&broken.to_string());
    }
    let history = History::of(&log.entries, &session.project.label());
    let world = session.world(report);
    let plan = rotate::plan(&world, &history, &ask)?;
    if args.dry_run {
        if report.json {
            return report.json(&serde_json::json!({ "v": 1, "plan": plan.request(), "deploy": plan.deploy, "probes": plan.probes, "remarks": plan.remarks }));
        }
        return report.data(shown(&session, &plan, report).as_bytes());
    }
    report.say(shown(&session, &plan, report).trim_end());
    if !args.yes {
        match Terminal::new(global.no_input).agrees("rotate now?") {
            Some(true) => {}
            Some(false) => return Err(Error::failed("not confirmed").note("nothing was changed")),
            None => {
                return Err(Error::usage("nobody is there to confirm the plan")
                    .note("nothing was changed")
                    .hint("say `--yes` where no terminal is"));
            }
        }
    }
    let mut progress = Progress::new(report)?;
    let ended = rotate::run(&world, plan, &mut progress)?;
    told(&session, &ended, report)
}

/// The plan for people: what changes, with every value masked, and what is done about it.
fn shown(session: &Session, plan: &Plan, report: &Report) -> String {
    let secrets = count(plan.request().secrets.len(), "secret");
    let mut text = format!("plan: {secrets} in {}\n", session.project.label());
    let diff = TextDiff::from_lines(&plan.before, &plan.after);
    for change in diff.iter_all_changes() {
        let (sign, color) = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => ("-", AnsiColor::Red),
            ChangeTag::Insert => ("+", AnsiColor::Green),
        };
        text += &format!("  {}\n", report.painted(color, &format!("{sign} {}", change.value().trim_end())));
    }
    text += &format!("  backup to {}\n", session.config.backup.dir.display());
    for command in &plan.deploy {
        text += &format!("  run {command}\n");
    }
    for probe in &plan.probes {
        text += &format!("  probe {probe}\n");
    }
    for remark in &plan.remarks {
        text += &format!("  note: {remark}\n");
    }
    text
}

/// How it ended, in words and as exit code.
pub(super) fn told(session: &Session, ended: &Ended, report: &Report) -> Result<()> {
    let file = session.project.label();
    let names: Vec<&str> = ended.request.secrets.iter().map(|s| s.name.as_str()).collect();
    let names = names.join(", ");
    let why = ended.why.clone().unwrap_or_default();
    let step = ended.step.clone().unwrap_or_default();
    let folder = disk::quoted(&session.project.rotations().join(&ended.request.rotation));
    if report.json {
        let outcome = match ended.outcome {
            Outcome::Committed => "committed",
            Outcome::RolledBack => "rolled-back",
            Outcome::Open(_) => "unfinished",
            Outcome::Stuck(_) => "stuck",
        };
        report.json(&serde_json::json!({ "v": 1, "rotation": ended.request.rotation, "outcome": outcome, "secrets": ended.request.secrets.iter().map(|s| &s.name).collect::<Vec<_>>(), "failure": ended.why, "grace": ended.grace }))?;
    }
    match ended.outcome {
        Outcome::Committed => {
            report.say(&format!("committed: {names} in {file}"));
            for grace in &ended.grace {
                report
                    .note(&format!("{} holds the value before; it counts until {}", grace.key, grace.until));
            }
            Ok(())
        }
        Outcome::RolledBack => {
            let services = if ended.request.deploy { " and the services are" } else { " is" };
            Err(Error::new(Kind::RolledBack, why)
                .note(format!("rolled back; {file}{services} as before"))
                .hint("mend the cause, then run `reseal rotate` again"))
        }
        Outcome::Open(_) => Err(Error::new(Kind::Unfinished, why)
            .note(format!("the new values of {names} are in force; only {step:?} is left to do"))
            .hint("run `reseal resume`")),
        Outcome::Stuck(_) => Err(Error::new(Kind::Stuck, why)
            .note(format!("step {step:?} could not be taken back; {file} is whole"))
            .note(format!(
                "{folder}/previous.enc is the file before the rotation, {folder}/pending.enc the one after"
            ))
            .hint("mend the cause, then run `reseal resume` to try again")),
    }
}

/// Tells each step as it happens, and listens for Ctrl-C.
pub(super) struct Progress<'a> {
    report: &'a Report,
    stop: Arc<AtomicBool>,
}

impl<'a> Progress<'a> {
    /// From now on signals that ask to end are looked at between steps only.
    pub(super) fn new(report: &'a Report) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        for signal in [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|s| !ignored(*s)) {
            signal_hook::flag::register(signal, Arc::clone(&stop))
                .map_err(|e| Error::failed(format!("cannot listen for signals: {e}")))?;
        }
        Ok(Progress { report, stop })
    }
}

/// Whether the signal was switched off by whoever started us, as `nohup` does; then it stays so.
fn ignored(signal: i32) -> bool {
    let status = disk::read_if_there(Path::new("/proc/self/status")).ok().flatten().unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|m| u64::from_str_radix(m.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (signal - 1)) != 0
}

impl Watch for Progress<'_> {
    fn now(&self) -> String {
        session::now()
    }

    fn saw(&mut self, step: Option<&str>, event: &Event) {
        let step = step.unwrap_or_default();
        match event {
            Event::Succeeded(_, Note::Skipped) => {}
            Event::Succeeded(..) => self.report.say(&format!("{step:<9} done")),
            Event::Failed(_, why) => self.report.say(&format!("{step:<9} failed: {why}")),
            // the undo of these three does nothing: a copy is kept, and services are baseline's
            Event::Undone(_) if matches!(step, "backup" | "redeploy" | "probe") => {}
            Event::Undone(_) => self.report.say(&format!("{step:<9} taken back")),
            Event::UndoFailed(_, why) => self.report.say(&format!("{step:<9} cannot be taken back: {why}")),
            Event::TurnedBack => self.report.say("going back"),
            Event::Started(_) | Event::UndoStarted(_) | Event::Committed => {}
        }
    }

    fn interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
