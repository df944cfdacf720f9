//! `reseal merge`: what git calls when two branches changed a sealed file, and what a person calls to choose where they
//! changed the same key. Both versions stay sealed wherever they are written.

use std::path::Path;

use super::args::{Global, MergeArgs};
use super::git::Repository;
use super::report::{Report, count};
use super::session::{self, Session};
use crate::disk::{self, Attributes, Backups};
use crate::error::{Error, Kind, Result};
use crate::rotate;
use crate::sops::{Merged, Sealed, Side, Tools, Versions};

pub(super) fn run(global: &Global, args: &MergeArgs, report: &Report) -> Result<()> {
    if let Some(path) = &args.resolve {
        return resolve(global, args, path, report);
    }
    let (Some(base), Some(ours), Some(theirs)) = (&args.base, &args.ours, &args.theirs) else {
        return Err(Error::usage("three versions are merged").hint("see `reseal merge --help`"));
    };
    let path = args.path.as_ref().unwrap_or(ours);
    let stays = |e: Error| {
        e.context(format!("{path:?}")).note("our version stays as it is, and theirs is not in it").hint(format!(
            "merge it with `reseal merge --resolve {0}` once that is mended, or take a side whole with `git checkout --ours {0}` or `--theirs`",
            disk::quoted(path)
        ))
    };
    let merged = Session::about(global, Some(path)).and_then(|session| {
        let versions = [disk::read(base)?, disk::read(ours)?, disk::read(theirs)?];
        merge(&session, versions, &|_| None, args.marker_size)
    });
    let merged = merged.map_err(stays)?;
    // git has made the file, with the mode that it shall have
    write(ours, &merged.file)?;
    tell(path, &merged, report)
}

/// The same from the versions that git keeps while the file is in conflict, with choices.
fn resolve(global: &Global, args: &MergeArgs, path: &Path, report: &Report) -> Result<()> {
    let session = Session::about(global, Some(path))?;
    let file = disk::real(&session.project.sealed);
    let folder = file.parent().unwrap_or(Path::new("/"));
    let repository = Repository::around(folder)?;
    let top = disk::real(&repository.top);
    let inside = file.strip_prefix(&top).map(Path::to_path_buf).map_err(|_| {
        Error::failed(format!("{path:?} is not in the repository {top:?}")).note("nothing was changed")
    })?;
    let _lock = session.project.lock()?;
    rotate::none_unfinished(&session.project)?;
    let versions = repository.stages(&inside)?;
    if let Some(both) = args.take_ours.iter().find(|key| args.take_theirs.contains(key)) {
        return Err(Error::usage(format!("both sides are chosen for {both:?}")).note("nothing was changed"));
    }
    let known: std::cell::RefCell<Vec<String>> = std::cell::RefCell::default();
    let pick = |name: &str| {
        known.borrow_mut().push(name.to_owned());
        let chosen = |keys: &[String]| keys.iter().any(|key| key == name);
        let ours = chosen(&args.take_ours).then_some(Side::Ours);
        ours.or_else(|| chosen(&args.take_theirs).then_some(Side::Theirs))
    };
    let merged = merge(&session, versions, &pick, args.marker_size)
        .map_err(|e| e.context(format!("{path:?}")).note("nothing was changed"))?;
    let known = known.into_inner();
    if let Some(stray) = args.take_ours.iter().chain(&args.take_theirs).find(|key| !known.contains(key)) {
        let known = if known.is_empty() { "there is none".to_owned() } else { known.join(", ") };
        return Err(Error::usage(format!("{stray:?} was not changed on both sides in different ways"))
            .note("nothing was changed")
            .hint(format!("a side is chosen for: {known}")));
    }
    // marks are no backup, but somebody may have changed the file since git gave up
    if let Some(bytes) = disk::read_if_there(&file)?.filter(|bytes| Sealed::parse(bytes.clone()).is_ok()) {
        Backups::new(&session.project, &session.config.backup.dir).create(&bytes, session::timestamp())?;
    }
    write(&file, &merged.file)?;
    tell(path, &merged, report)?;
    let quoted = disk::quoted(path);
    if report.json {
        return report.json(&serde_json::json!({ "v": 1, "file": path, "chosen": known }));
    }
    report.say(&format!("{quoted} is merged and sealed; now run `git add {quoted}`"));
    Ok(())
}

fn merge(
    session: &Session,
    [base, ours, theirs]: [Vec<u8>; 3],
    pick: &dyn Fn(&str) -> Option<Side>,
    marker: usize,
) -> Result<Merged> {
    let versions = Versions::open(&base, ours, theirs, &session.keyring)?;
    let (now, mut random) = (session::now(), session::random());
    versions.merge(pick, marker, &mut Tools { now: &now, random: &mut *random, prompt: &session.prompt })
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let attributes =
        disk::stat(path).map_or(Attributes { mode: 0o600, owner: disk::Owner::of_this_process() }, |stat| {
            Attributes { mode: stat.mode, owner: stat.owner }
        });
    disk::replace(path, bytes, attributes)
}

/// Says what the merge came upon; a conflict is an error.
fn tell(path: &Path, merged: &Merged, report: &Report) -> Result<()> {
    for note in &merged.notes {
        report.note(&format!("{path:?}: {note}"));
    }
    if merged.conflicts.is_empty() {
        return Ok(());
    }
    let names = &merged.conflicts;
    let file = disk::quoted(path);
    let choices: Vec<String> =
        names.iter().map(|name| format!("--ours {}", disk::quoted(Path::new(name)))).collect();
    let what = if names.len() == 1 { "was" } else { "were" };
    Err(Error::new(
        Kind::Failed,
        format!(
            "{path:?}: {} {what} changed on both sides in different ways: {}",
            count(names.len(), "key"),
            names.join(", ")
        ),
    )
    .note("the file holds both, sealed, between marks, and nothing reads it until a side is chosen")
    .hint(format!(
        "choose for each, `--ours` or `--theirs`: `reseal merge --resolve {file} {}`, then `git add {file}`",
        choices.join(" ")
    )))
}
