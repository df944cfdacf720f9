//! What is looked at: the index, folders, commits, standard input.
#![expect(clippy::disallowed_methods, reason = "cli reads the environment and standard input")]

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::tell::{Lies, Mending};
use crate::cli::args::ScanArgs;
use crate::cli::report::count;
use crate::disk;
use crate::error::{Error, Result};
use crate::process::Site;
use crate::scan::{Item, Place, Repository, Selected, Swept, Wanted, below};

/// The files, and the repository that they are in.
pub(super) struct Source<'r> {
    pub(super) items: Vec<Item>,
    pub(super) repository: Option<&'r Repository>,
    /// The folder around which settings are looked for.
    pub(super) folder: &'r Path,
    /// What is to be said of the choice.
    pub(super) note: Option<String>,
    /// The commit whose settings count.
    pub(super) base: String,
    /// Whether the index was asked.
    pub(super) is_staged: bool,
    /// Whether this is everything that git tracks or would track, as it lies there.
    pub(super) is_all: bool,
    /// Whether files of git are looked at, and not those on disk.
    is_in_git: bool,
    /// The current folder.
    here: PathBuf,
}

/// What the files are looked at as a part of.
pub(super) struct Around {
    /// The folder around which settings and keys are looked for: the current one, or one that was named outside of its
    /// repository.
    pub(super) folder: PathBuf,
    /// The repository that this folder is in.
    pub(super) repository: Option<Repository>,
    /// Without a repository: the folders that are looked at, whose sealed files count as its own.
    pub(super) folders: Vec<PathBuf>,
}

impl Around {
    pub(super) fn of(args: &ScanArgs) -> Result<Self> {
        let here = here()?;
        let mut around = Around { repository: repository(&here)?, folder: here.clone(), folders: Vec::new() };
        if is_in_git(args) || args.stdin || args.leftovers {
            return Ok(around);
        }
        if let Some(first) = args.paths.first() {
            let first = here.join(first);
            let is_folder = disk::stat(&first).is_some_and(|stat| stat.is_folder);
            let folder = if is_folder { Some(first.as_path()) } else { first.parent() };
            let is_inside = around.repository.as_ref().is_some_and(|r| r.bare || r.inside(&first).is_some());
            if let Some(folder) = folder.filter(|_| !is_inside) {
                let folder = disk::real(folder);
                // a name without one is looked at from here
                around.repository = repository(&folder)?;
                if around.repository.is_some() || is_folder {
                    around.folder = folder;
                }
            }
        }
        if around.repository.is_none() {
            let named = if args.paths.is_empty() { vec![here] } else { args.paths.clone() };
            let is_folder = |path: &PathBuf| disk::stat(path).is_some_and(|stat| stat.is_folder);
            around.folders = named.into_iter().filter(is_folder).collect();
        }
        Ok(around)
    }
}

fn repository(folder: &Path) -> Result<Option<Repository>> {
    Repository::around(Site { root: folder.to_path_buf(), env: std::env::vars_os().collect(), quiet: true })
}

fn is_in_git(args: &ScanArgs) -> bool {
    args.staged || args.from_ref.is_some() || args.history.is_some()
}

fn here() -> Result<PathBuf> {
    std::env::current_dir().map_err(|e| Error::failed(format!("cannot tell the current folder: {e}")))
}

impl<'r> Source<'r> {
    pub(super) fn of(args: &ScanArgs, around: &'r Around) -> Result<Self> {
        let repository = around.repository.as_ref();
        let source = Source {
            items: Vec::new(),
            folder: &around.folder,
            repository,
            note: None,
            base: args.from_ref.clone().unwrap_or_else(|| "HEAD".to_owned()),
            is_staged: args.staged,
            is_all: false,
            is_in_git: is_in_git(args),
            here: here()?,
        };
        if args.leftovers {
            return Ok(source);
        }
        match (repository, source.is_in_git) {
            (None, true) => Err(Error::usage(format!("{:?} is in no git repository", source.here))
                .hint("name the files or folders to look at: `reseal scan .`")),
            (Some(repository), true) => {
                let range = if args.staged { range_of_pre_commit(args) } else { None };
                let (selected, note) = from_commits(args, range.as_ref(), repository)?;
                let base = range.map_or(source.base.clone(), |(from, _)| from);
                Ok(Source { items: selected.items, note, base, ..source })
            }
            _ if args.stdin || args.paths == [Path::new("-")] => {
                let stream = Place::Stream(Mutex::new(Box::new(std::io::stdin())));
                Ok(Source { items: vec![Item::new(b"<stdin>", stream)], ..source })
            }
            (Some(repository), false) if args.paths.is_empty() && !repository.bare => {
                Ok(Source { items: repository.tracked()?.items, is_all: true, ..source })
            }
            _ => {
                let everything = [PathBuf::from(".")];
                let paths = if args.paths.is_empty() { &everything } else { args.paths.as_slice() };
                let items = on_disk(&source.here, paths, repository);
                Ok(Source { items, ..source })
            }
        }
    }

    /// The folder from which files are named: the top of the repository, else the current one.
    pub(super) fn base_folder(&self) -> &Path {
        self.repository.filter(|repository| !repository.bare).map_or(&self.here, |repository| &repository.top)
    }

    /// Why git says nothing, where it is because it opens nothing here.
    pub(super) fn explain(&self, error: Error) -> Error {
        match self.repository {
            Some(repository) => repository.explain(error),
            None => error,
        }
    }

    /// What the commands depend on that mend what is found.
    pub(super) fn mending(&self) -> Mending {
        let top = self.repository.filter(|repository| !repository.bare).map(|r| r.top.clone());
        let lies = if self.is_in_git { Lies::InGit } else { Lies::OnDisk };
        Mending { lies, here: self.here.clone(), top, tracked: HashSet::new() }
    }

    /// That what was to be looked at was: none of it read is no pass.
    pub(super) fn check(&self, swept: &Swept) -> Result<()> {
        if swept.files == 0 && swept.failures.is_empty() && !self.items.is_empty() {
            let there = count(self.items.len(), "file");
            return Err(Error::failed(format!("none of {there} was read")));
        }
        Ok(())
    }
}

/// What the index or commits hold, and what is to be said of it.
fn from_commits(
    args: &ScanArgs,
    range: Option<&(String, String)>,
    repository: &Repository,
) -> Result<(Selected, Option<String>)> {
    let mut wanted = (!args.paths.is_empty()).then(|| repository.wanted(&args.paths));
    let to = args.to_ref.as_deref().unwrap_or("HEAD");
    let range = range.map(|(from, to)| (&**from, &**to)).or(args.from_ref.as_deref().map(|from| (from, to)));
    let (mut selected, what) = if let Some(range) = &args.history {
        (repository.history(range)?, "no commit of the range brings content")
    } else if let Some((from, to)) = range {
        (repository.between(from, to, wanted.as_mut())?, "nothing changed between the two commits")
    } else {
        repository.with_files()?;
        let selected = match &mut wanted {
            Some(wanted) => repository.staged_among(wanted)?,
            None => repository.staged()?,
        };
        (selected, "nothing is staged")
    };
    let elsewhere = wanted.as_ref().map_or_else(Vec::new, |wanted: &Wanted| wanted.elsewhere.clone());
    selected.items.extend(on_disk(Path::new(""), &elsewhere, None));
    let note = selected.items.is_empty().then(|| match selected.deleted {
        0 => what.to_owned(),
        n => format!("{} deleted, and nothing else: there is no content to look at", count(n, "file")),
    });
    Ok((selected, note))
}

/// The range that pre-commit is about, if it is about one. It counts only with the names that pre-commit hands over: what
/// it starts may run git in another repository, where these commits mean something else.
fn range_of_pre_commit(args: &ScanArgs) -> Option<(String, String)> {
    let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(OsString::into_string);
    if args.paths.is_empty() || std::env::var_os("PRE_COMMIT").is_none() {
        return None;
    }
    Some((var("PRE_COMMIT_FROM_REF")?.ok()?, var("PRE_COMMIT_TO_REF")?.ok()?))
}

/// Named files and folders.
fn on_disk(here: &Path, paths: &[PathBuf], repository: Option<&Repository>) -> Vec<Item> {
    let mut items = Vec::new();
    let mut inside = |path: &Path| repository.and_then(|repository| repository.inside(&here.join(path)));
    for path in paths {
        below(path, &mut inside, &mut items);
    }
    items
}
