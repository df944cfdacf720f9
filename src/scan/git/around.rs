//! Where the repository is: as git sees it, at the price of a process only where a look at the folders does not tell.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::Repository;
use crate::disk::{self, Owner};
use crate::error::{Error, Result};
use crate::process::{Site, converse, program};

/// Variables that would change what paths mean. Those that say where the repository is stay.
const WITHOUT: [&str; 4] =
    ["GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"];

impl Repository {
    /// The one around the folder of the site, or none.
    pub fn around(mut site: Site) -> Result<Option<Self>> {
        let placed = ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"].iter().any(|v| site.var(v).is_some());
        let marked = site.root.ancestors().find(|folder| disk::lstat(&folder.join(".git")).is_some());
        let marked = marked.map(Path::to_path_buf);
        if marked.is_none() && !placed && !site.root.ancestors().any(is_bare) {
            return Ok(None);
        }
        site.env.retain(|(name, _)| !WITHOUT.iter().any(|without| name == without));
        // objects are read as they are, and nothing is written, not even a refreshed index
        for name in ["GIT_NO_REPLACE_OBJECTS", "GIT_OPTIONAL_LOCKS"] {
            site.env.push((name.into(), if name.ends_with("LOCKS") { "0".into() } else { "1".into() }));
        }
        let git = program("git", &site)?;
        let ready = Mutex::new(None);
        // a folder on the way that is a repository by itself is the one that git would take
        let is_nearest = |top: &Path| !site.root.ancestors().take_while(|folder| *folder != top).any(is_bare);
        let nearest = marked.as_deref().filter(|top| !placed && is_nearest(top));
        if let Some(top) = nearest.filter(|top| is_plain(&top.join(".git"))) {
            let top = top.to_path_buf();
            return Ok(Some(Repository { site, git, top, bare: false, ready }));
        }
        let mut repository = Repository { site, git, top: PathBuf::new(), bare: false, ready };
        if let Some(top) = repository.tell("--show-toplevel")? {
            repository.top = top;
        } else if let Some(folder) = repository.tell("--absolute-git-dir")? {
            (repository.top, repository.bare) = (folder, true);
        } else if placed || marked.is_some() {
            return Err(repository.closed(marked.as_deref()));
        } else {
            return Ok(None);
        }
        Ok(Some(repository))
    }

    /// What `rev-parse` says of the place of the repository; `None` where it says that there is none.
    fn tell(&self, what: &str) -> Result<Option<PathBuf>> {
        let mut child = converse(&self.site, &self.git, &["rev-parse", what])?;
        drop(child.stdin.take());
        let mut answer = Vec::new();
        let read = child.stdout.take().map(|mut from| from.read_to_end(&mut answer));
        let ended = child.wait().is_ok_and(|status| status.success());
        let path = answer.strip_suffix(b"\n").unwrap_or(&answer);
        let well = ended && matches!(read, Some(Ok(_))) && !path.is_empty();
        Ok(well.then(|| PathBuf::from(OsStr::from_bytes(path))))
    }

    /// That git does not open it, and why, where that can be seen.
    pub(super) fn closed(&self, top: Option<&Path>) -> Error {
        let error = Error::failed("git does not open the repository here");
        match top.and_then(|top| Some((top, disk::lstat(&top.join(".git"))?))) {
            Some((top, stat)) if stat.owner.uid != Owner::of_this_process().uid => {
                let top = disk::quoted(top);
                error
                    .note(format!("it belongs to {}, which git takes for unsafe", stat.owner))
                    .hint(format!("if you trust it: `git config --global --add safe.directory {top}`"))
            }
            _ => error.hint("see what `git status` says"),
        }
    }

    /// That a question failed: perhaps because git opens nothing here.
    pub fn explain(&self, error: Error) -> Error {
        match self.tell("--git-dir") {
            Ok(None) => self.closed(Some(&self.top)),
            _ => error,
        }
    }
}

/// Whether a `.git` is a repository whose files lie around it. A file, as of a linked worktree or a submodule, and a
/// configuration that names another folder are left to git.
fn is_plain(git: &Path) -> bool {
    let there = |name: &str| disk::lstat(&git.join(name)).is_some();
    let config = || disk::read_if_there(&git.join("config")).ok().flatten();
    there("HEAD")
        && there("objects")
        && !there("config.worktree")
        && config().is_some_and(|config| {
            let config = config.to_ascii_lowercase();
            let times = |word: &str| memchr::memmem::find_iter(&config, word.as_bytes()).count();
            times("worktree") + times("include") == 0 && times("bare") == times("bare = false")
        })
}

/// Whether a folder looks like a repository without files.
fn is_bare(folder: &Path) -> bool {
    ["HEAD", "objects", "refs"].iter().all(|name| disk::lstat(&folder.join(name)).is_some())
}
