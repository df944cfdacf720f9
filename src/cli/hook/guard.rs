//! `hook install` and `hook uninstall`: the guard as a hook of git. A hook that is there is kept beside it and called
//! first; twice is once; what others write stays.

use std::path::{Path, PathBuf};

use super::managers;
use super::script::{self, Moment, Script};
use super::this_program;
use crate::cli::git::Repository;
use crate::cli::report::Report;
use crate::disk::{self, Attributes, Owner};
use crate::error::{Error, Result};

/// What was done about one hook.
struct Done {
    path: PathBuf,
    what: &'static str,
}

pub(super) fn install(repository: &Repository, push: bool, report: &Report) -> Result<()> {
    let folder = folder(repository)?;
    let program = this_program()?;
    let mut done = Vec::new();
    for moment in Moment::ALL.into_iter().filter(|moment| push || *moment == Moment::Commit) {
        let (path, before) = (folder.join(moment.name()), folder.join(moment.before()));
        let there = text(&path)?;
        let block = script::block(moment, &program);
        if let Some(script) = there.as_deref().and_then(Script::of) {
            let same = script.block == block && is_executable(&path);
            if !same {
                write(&path, &script.with(&block))?;
            }
            done.push(Done { path, what: if same { "is there already" } else { "is renewed" } });
            continue;
        }
        if let Some(manager) = managers::of(&folder, there.as_deref().unwrap_or_default()) {
            return managed(manager, repository, report);
        }
        let chained = disk::lstat(&path).is_some();
        if chained {
            if disk::lstat(&before).is_some() {
                return Err(Error::failed(format!(
                    "there is a hook in {path:?}, and one that was kept in {before:?}"
                ))
                .note("nothing was changed")
                .hint("delete the one that is not needed any more, and run this again"));
            }
            disk::rename(&path, &before)?;
        }
        disk::make_folder(&folder, Owner::of_this_process())?;
        write(&path, &script::whole(&block))?;
        done.push(Done {
            path,
            what: if chained { "is installed; the hook that was there runs first" } else { "is installed" },
        });
    }
    tell(&done, report)?;
    report.note("it guards the commits of this clone: whoever clones runs this command once, and `git commit --no-verify` passes it by; CI looks at all with `reseal scan --from-ref origin/main --to-ref HEAD`");
    Ok(())
}

pub(super) fn uninstall(repository: &Repository, report: &Report) -> Result<()> {
    let folder = folder(repository)?;
    let mut done = Vec::new();
    for moment in Moment::ALL {
        let (path, before) = (folder.join(moment.name()), folder.join(moment.before()));
        let there = text(&path)?;
        let Some(script) = there.as_deref().and_then(Script::of) else { continue };
        let what = match (script.others(), disk::lstat(&before).is_some()) {
            (None, true) => {
                disk::rename(&before, &path)?;
                "is the hook that was there before"
            }
            (None, false) => {
                disk::remove(&path)?;
                "is gone"
            }
            (Some(_), true) => {
                return Err(Error::failed(format!(
                    "{path:?} has lines of others, and {before:?} waits for its place"
                ))
                .note("nothing was changed")
                .hint("put the two together by hand, without the lines between the marks of reseal"));
            }
            (Some(others), false) => {
                write(&path, &others)?;
                "has the lines of others only"
            }
        };
        done.push(Done { path, what });
    }
    if done.is_empty() && !report.json {
        report.say(&format!("there is no guard in {}", disk::quoted(&folder)));
        return Ok(());
    }
    tell(&done, report)
}

/// The folder of the hooks, if it is this repository's.
fn folder(repository: &Repository) -> Result<PathBuf> {
    let scope = repository.scope("core.hooksPath")?;
    let folder = repository.hooks()?;
    match scope.as_deref() {
        None | Some("local" | "worktree") => Ok(folder),
        Some(scope) => {
            let path = disk::quoted(&folder);
            Err(Error::failed(format!("core.hooksPath of the {scope} configuration of git leads to {path}, and the hooks there run in every repository"))
                .note("nothing was changed")
                .hint("give this repository hooks of its own: `git config --local core.hooksPath .git/hooks`; or add the line `reseal scan --staged` to the hook there"))
        }
    }
}

/// The hooks belong to a manager, whose file is to have the lines.
fn managed(manager: crate::cli::args::HookManager, repository: &Repository, report: &Report) -> Result<()> {
    let (name, file) = (managers::name(manager), managers::file(manager, &repository.top));
    if managers::has_lines(manager, &repository.top) {
        report.say(&format!("{name} runs the guard already: {file} names it"));
        return Ok(());
    }
    report.data(managers::lines(manager).as_bytes())?;
    Err(Error::failed(format!(
        "the hooks of this repository are written by {name}, which would overwrite the guard"
    ))
    .note("nothing was changed; standard output has the lines that make it run the guard")
    .hint(format!("add them to {file}")))
}

fn tell(done: &[Done], report: &Report) -> Result<()> {
    if report.json {
        let hooks: Vec<_> =
            done.iter().map(|done| serde_json::json!({ "path": done.path, "state": done.what })).collect();
        return report.json(&serde_json::json!({ "v": 1, "hooks": hooks }));
    }
    for Done { path, what } in done {
        report.say(&format!("{} {what}", disk::quoted(path)));
    }
    Ok(())
}

/// The text of a hook; of a program that is no text, what can be read of it.
fn text(path: &Path) -> Result<Option<String>> {
    Ok(disk::read_if_there(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

fn is_executable(path: &Path) -> bool {
    disk::stat(path).is_some_and(|stat| stat.mode & 0o111 != 0)
}

fn write(path: &Path, text: &str) -> Result<()> {
    let kept = disk::stat(path).map(|stat| Attributes { mode: stat.mode | 0o111, owner: stat.owner });
    let new = Attributes { mode: 0o755, owner: Owner::of_this_process() };
    disk::replace(path, text.as_bytes(), kept.unwrap_or(new))
}
