//! `reseal hook`: what makes git call this program. `guard` puts the scan before each commit, `script` is what it
//! writes, `managers` knows the programs that bring hooks of their own, `drivers` sets up merges and diffs of sealed
//! files.
#![expect(clippy::disallowed_methods, reason = "cli reads the environment")]

mod drivers;
mod guard;
mod managers;
mod script;

use std::path::PathBuf;

use super::args::{Global, HookArgs, HookCommand};
use super::git::Repository;
use super::report::Report;
use crate::disk;
use crate::error::{Error, Result};

pub(super) fn run(global: &Global, args: &HookArgs, report: &Report) -> Result<()> {
    if let HookCommand::Install { print: Some(manager), .. } = &args.what {
        return report.data(managers::lines(*manager).as_bytes());
    }
    let here =
        std::env::current_dir().map_err(|e| Error::failed(format!("cannot tell the current folder: {e}")))?;
    let repository = Repository::around(&here)?;
    match &args.what {
        HookCommand::Install { git: true, pattern, .. } => {
            drivers::install(global, &repository, pattern, report)
        }
        HookCommand::Install { pre_push, .. } => guard::install(&repository, *pre_push, report),
        HookCommand::Uninstall => guard::uninstall(&repository, report),
    }
}

/// How git starts this program.
struct ThisProgram {
    /// Whether PATH leads here.
    by_name: bool,
    place: PathBuf,
}

impl ThisProgram {
    /// By its name where PATH leads here, else by its place, for a shell.
    fn word(&self) -> String {
        if self.by_name { "reseal".to_owned() } else { disk::quoted(&self.place) }
    }
}

fn this_program() -> Result<ThisProgram> {
    let place = std::env::current_exe()
        .map_err(|e| Error::failed(format!("cannot tell where this program lies: {e}")))?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    let first = folders.iter().map(|folder| folder.join("reseal")).find(|path| disk::stat(path).is_some());
    let by_name = first.is_some_and(|first| disk::real(&first) == disk::real(&place));
    Ok(ThisProgram { by_name, place })
}
