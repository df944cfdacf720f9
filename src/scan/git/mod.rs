//! What git keeps, read through git itself: never its files, whose meaning depends on worktrees, environment and
//! configuration.
//!
//! Every child is a plumbing command that answers with fields between zero bytes and the names of objects; one
//! `cat-file` hands out the bytes, which no filter, text conversion or replacement touches. Children run where this
//! process runs and with its environment, so that what git gave to a hook (`GIT_INDEX_FILE` of a partial commit)
//! counts.

mod answer;
mod around;
mod change;
mod index;
mod lines;
mod names;
mod objects;
mod range;
mod wanted;

pub use objects::Objects;
pub use wanted::Wanted;

pub(super) use lines::Lines;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Mutex;

use answer::Answer;

use crate::error::{Error, Result};
use crate::process::{Program, Site};
use crate::scan::Item;

/// A repository, as the environment and the folder say.
pub struct Repository {
    site: Site,
    git: Program,
    /// The folder of its files; of a bare repository, the repository itself.
    pub top: PathBuf,
    /// Whether it has no files and no index.
    pub bare: bool,
    /// A process that waits for whoever asks for objects first.
    ready: Mutex<Option<Objects>>,
}

/// The files that a question to git has found.
#[derive(Default)]
pub struct Selected {
    pub items: Vec<Item>,
    /// How many were deleted, of which there is nothing to read.
    pub deleted: usize,
}

/// What holds for every question.
const ALWAYS: [&str; 4] = ["-c", "core.fsmonitor=false", "-c", "diff.relative=false"];

impl Repository {
    /// A process that hands out objects.
    pub fn objects(&self) -> Result<Objects> {
        let ready = self.ready.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        ready.map_or_else(|| Objects::start(&self.site, &self.git), Ok)
    }

    /// Gives one back, for whoever asks next.
    pub fn take_back(&self, objects: Objects) {
        *self.ready.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(objects);
    }

    /// Starts such a process before it is needed: it comes up while others work.
    fn prepare(&self) -> Result<()> {
        let mut ready = self.ready.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if ready.is_none() {
            *ready = Some(Objects::start(&self.site, &self.git)?);
        }
        Ok(())
    }

    /// Asks git; `doing` says what could not be done if it fails.
    fn ask(&self, doing: &'static str, words: &[impl AsRef<OsStr>]) -> Result<Answer> {
        let args: Vec<OsString> = ALWAYS
            .iter()
            .map(OsString::from)
            .chain(words.iter().map(|word| word.as_ref().to_owned()))
            .collect();
        Answer::start(&self.site, &self.git, doing, &args)
    }

    fn failed(doing: &str) -> Error {
        Error::failed(format!("git could not {doing}")).hint("see what `git status` says")
    }
}
