//! `reseal scan`: what is to be looked at, the look, and what is told of it.
//!
//! It fails closed: what could not be read is an error beside the findings, and how much was read is always said.

mod leftovers;
mod outcome;
mod policy;
mod settings;
mod source;
mod tell;
mod vault;

use super::args::{Global, ScanArgs, ScanFormat};
use super::report::{Report, count};
use super::session::{Session, random};
use crate::config::ScanConfig;
use crate::disk::{self, Attributes, Owner};
use crate::error::{Error, Kind, Result};
use crate::scan::{BASELINE, Class, Guard, Item, Known, Repository, Spoken, Words, sweep};
use outcome::{Outcome, patterns};
use settings::Settings;
use source::{Around, Source};

pub(super) fn run(global: &Global, args: &ScanArgs, report: &Report) -> Result<()> {
    let around = Around::of(args)?;
    let repository = around.repository.as_ref();
    // a commit waits for this: what takes a while goes side by side
    std::thread::scope(|scope| {
        let words = scope.spawn(Words::new);
        let vault = scope.spawn(|| vault::gather(global, &around));
        let source = Source::of(args, &around)?;
        let mut objects = repository.map(Repository::objects).transpose()?;
        let is_edited = args.update_baseline || args.prune;
        let settings = Settings::of(global, &source, objects.as_mut(), is_edited);
        let mut settings = settings.map_err(|error| source.explain(error))?;
        let (rules, mut notes) = policy::rules(&source, objects.as_mut())?;
        settings.notes.append(&mut notes);
        if let (Some(repository), Some(objects)) = (repository, objects) {
            repository.take_back(objects);
        }
        let crashed = |_| Error::failed("a part of the guard has crashed");
        let (entries, mut notes) = vault.join().map_err(crashed)??;
        settings.notes.append(&mut notes);
        let ScanConfig { public, secret, .. } = &mut settings.config;
        let spoken = Spoken { public: std::mem::take(public), secret: std::mem::take(secret) };
        let guard = Guard::new(words.join().map_err(crashed)?, rules, Known::new(entries, &spoken));
        look(global, args, &source, settings, &guard, report)
    })
}

fn look(
    global: &Global,
    args: &ScanArgs,
    source: &Source<'_>,
    mut settings: Settings,
    guard: &Guard,
    report: &Report,
) -> Result<()> {
    if args.leftovers {
        let (places, notes) = leftovers::places(&Session::new(global)?)?;
        settings.notes.extend(notes);
        let outcome = leftovers::look(guard, &places, settings.notes, source.mending());
        return finish(&outcome, args, report);
    }
    let items: Vec<&Item> = source.items.iter().collect();
    let swept = sweep(guard, &items, source.repository);
    source.check(&swept)?;
    let mut outcome = Outcome::of(source, swept, &patterns(&settings.config.exclude)?, &settings.baseline);
    outcome.notes.append(&mut settings.notes);
    outcome.notes.extend(source.note.clone());
    if args.update_baseline || args.prune {
        return edit(args, source, settings, &outcome, report);
    }
    finish(&outcome, args, report)
}

fn finish(outcome: &Outcome<'_>, args: &ScanArgs, report: &Report) -> Result<()> {
    let format = args.format.unwrap_or(if report.json { ScanFormat::Json } else { ScanFormat::Text });
    let told = tell::tell(outcome, format, report)?;
    end(outcome, told, report)
}

/// Writes the baseline anew.
fn edit(
    args: &ScanArgs,
    source: &Source<'_>,
    mut settings: Settings,
    outcome: &Outcome<'_>,
    report: &Report,
) -> Result<()> {
    if !outcome.failures.is_empty() {
        return Err(unread(outcome).note(format!("{BASELINE} was not changed")));
    }
    let (before, written) = (settings.baseline.len(), settings.baseline.text());
    if args.prune {
        if !source.is_all {
            return Err(Error::usage("entries can be taken out only where everything is looked at")
                .hint("run `reseal scan --prune` without paths"));
        }
        settings.baseline.remove(&outcome.stale);
    } else {
        let mut key = [0; 16];
        random().fill_bytes(&mut key);
        outcome.accept(&mut settings.baseline, key);
    }
    let path = &settings.baseline_path;
    if settings.baseline.text() == written {
        report.say(&format!(
            "{}: nothing to change, {} accepted",
            disk::quoted(path),
            count(before, "finding")
        ));
        return Ok(());
    }
    let kept = disk::stat(path).map(|stat| Attributes { mode: stat.mode, owner: stat.owner });
    let attributes = kept.unwrap_or(Attributes { mode: 0o644, owner: Owner::of_this_process() });
    disk::replace(path, settings.baseline.text().as_bytes(), attributes)?;
    let known = outcome.findings.iter().filter(|(_, f)| f.class == Class::Known).count();
    if args.update_baseline && known > 0 {
        report.note(&format!(
            "{} of values that your sealed files hold are accepted now",
            count(known, "finding")
        ));
    }
    report.say(&format!("{}: {} before, {} now", disk::quoted(path), before, settings.baseline.len()));
    Ok(())
}

fn end(outcome: &Outcome<'_>, told: usize, report: &Report) -> Result<()> {
    let read = format!("{} and {} read", count(outcome.files, "file"), count(outcome.bytes as usize, "byte"));
    for note in &outcome.notes {
        report.note(note);
    }
    if outcome.accepted > 0 {
        report.note(&format!("{BASELINE} accepts {}", count(outcome.accepted, "finding")));
    }
    if outcome.excluded > 0 {
        report.note(&format!("scan.exclude leaves out {}", count(outcome.excluded, "finding")));
    }
    if let Some(first) = outcome.stale.first() {
        let others = outcome.stale.len() - 1;
        let others = if others > 0 { format!(" and {others} more") } else { String::new() };
        report
            .note(&format!("{BASELINE}: nothing is left of {}{others}: `reseal scan --prune`", first.told()));
    }
    for (item, error) in &outcome.failures {
        report.note(&format!("{}: {error}", tell::shown(item.path())));
    }
    if !outcome.failures.is_empty() {
        return Err(unread(outcome).note(read));
    }
    if outcome.findings.is_empty() {
        report.say(&format!("nothing found: {read}"));
        return Ok(());
    }
    Err(Error::new(Kind::Found, count(told, "finding")).note(read).hint("each line ends with what mends it"))
}

fn unread(outcome: &Outcome<'_>) -> Error {
    Error::failed(format!("{} could not be looked at", count(outcome.failures.len(), "file")))
}
