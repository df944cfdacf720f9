//! What git is asked: where the repository is, what it tracks, what it keeps of a file in conflict, its configuration.
//! Names, hashes and ciphertext go back and forth, never a value.
#![expect(clippy::disallowed_methods, reason = "cli reads the environment, which git needs")]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::process::{Deadline, Program, Site, program, tell, withhold_keys};
use crate::secret::SecretValue;

/// How long git may take for one answer.
const ANSWER: Duration = Duration::from_secs(60);

/// What every token of a sealed file starts with.
const TOKEN: &str = "ENC[AES256_GCM,data:";

/// A repository that has its files checked out.
pub(super) struct Repository {
    site: Site,
    git: Program,
    /// The folder of its files.
    pub(super) top: PathBuf,
}

impl Repository {
    /// The one around a folder.
    pub(super) fn around(folder: &Path) -> Result<Self> {
        let site = Site { root: folder.to_path_buf(), env: std::env::vars_os().collect(), quiet: true };
        let git = program("git", &site)?;
        let mut repository = Repository { site, git, top: PathBuf::new() };
        let (code, answer) = repository.ask(&["rev-parse", "--show-toplevel"])?;
        let top = answer.strip_suffix(b"\n").unwrap_or(&answer);
        if code != 0 || top.is_empty() {
            return Err(Error::failed(format!("{folder:?} is not in a git repository with files"))
                .note("nothing was changed")
                .hint(
                    "go to the folder where the files are checked out, or make a repository with `git init`",
                ));
        }
        repository.top = PathBuf::from(OsStr::from_bytes(top));
        repository.site.root = repository.top.clone();
        Ok(repository)
    }

    /// The sealed files that are tracked, by their paths from the top.
    pub(super) fn sealed(&self) -> Result<Vec<PathBuf>> {
        // 1: nothing found
        let (code, answer) = self.ask(&["grep", "--cached", "-lzF", "-e", TOKEN])?;
        if code > 1 {
            return Err(self.failed("list its files", code));
        }
        let names = answer.split(|b| *b == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| PathBuf::from(OsStr::from_bytes(name))).collect())
    }

    /// What the index holds of a file.
    pub(super) fn staged(&self, path: &Path) -> Result<Vec<u8>> {
        self.blob(&format!(":./{}", text(path)?))
    }

    /// The value of an attribute of a path.
    pub(super) fn attribute(&self, name: &str, path: &Path) -> Result<String> {
        let (code, answer) = self.ask(&["check-attr", "-z", name, "--", text(path)?])?;
        if code != 0 {
            return Err(self.failed("tell attributes", code));
        }
        let value = answer.split(|b| *b == 0).nth(2).unwrap_or_default();
        Ok(String::from_utf8_lossy(value).into_owned())
    }

    /// A value of the configuration of this repository.
    pub(super) fn config(&self, name: &str) -> Result<Option<String>> {
        let (code, answer) = self.ask(&["config", "--local", "--get", name])?;
        Ok((code == 0).then(|| String::from_utf8_lossy(&answer).trim_end_matches('\n').to_owned()))
    }

    /// Sets one, and nothing but one.
    pub(super) fn configure(&self, name: &str, value: &str) -> Result<()> {
        match self.ask(&["config", "--local", "--replace-all", name, value])?.0 {
            0 => Ok(()),
            code => Err(self
                .failed("take a setting", code)
                .hint(format!("run `git config --local {name}` to see why"))),
        }
    }

    /// The folder from which hooks are run, also that of a linked work tree or a submodule.
    pub(super) fn hooks(&self) -> Result<PathBuf> {
        let (code, answer) = self.ask(&["rev-parse", "--git-path", "hooks"])?;
        let path = answer.strip_suffix(b"\n").unwrap_or(&answer);
        if code != 0 || path.is_empty() {
            return Err(self.failed("tell where its hooks are", code));
        }
        Ok(self.top.join(OsStr::from_bytes(path)))
    }

    /// Whose setting is in force: `local`, `worktree`, `global`, `system`, `command`.
    pub(super) fn scope(&self, name: &str) -> Result<Option<String>> {
        let (code, answer) = self.ask(&["config", "--show-scope", "--get", name])?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        Ok((code == 0).then(|| answer.split('\t').next().unwrap_or_default().to_owned()))
    }

    /// Base, ours and theirs of a file in conflict, named from the top. A file that both sides made has no base.
    pub(super) fn stages(&self, path: &Path) -> Result<[Vec<u8>; 3]> {
        let name = text(path)?;
        let literal = format!(":(literal,top){name}");
        let (code, answer) = self.ask(&["ls-files", "-u", "-z", "--full-name", "--", &literal])?;
        if code != 0 {
            return Err(self.failed("list what is in conflict", code));
        }
        let mut stages = [None, None, None];
        for line in answer.split(|b| *b == 0) {
            // mode, hash, stage, then a tab and the path
            let head = line.split(|b| *b == b'\t').next().map(String::from_utf8_lossy).unwrap_or_default();
            let mut words = head.split(' ').skip(1);
            let (Some(hash), Some(stage)) = (words.next(), words.next()) else { continue };
            if let Some(place) = stage.parse::<usize>().ok().and_then(|n| stages.get_mut(n.wrapping_sub(1))) {
                *place = Some(self.blob(hash)?);
            }
        }
        match stages {
            [base, Some(ours), Some(theirs)] => Ok([base.unwrap_or_default(), ours, theirs]),
            [None, None, None] => Err(Error::failed(format!("git has no conflict in {path:?}"))
                .note("nothing was changed")
                .hint("see `git status`")),
            _ => Err(Error::failed(format!("one side has taken {path:?} away"))
                .note("nothing was changed")
                .hint(format!("keep it with `git add {name}`, or take it away with `git rm {name}`"))),
        }
    }

    fn blob(&self, object: &str) -> Result<Vec<u8>> {
        match self.ask(&["cat-file", "blob", object])? {
            (0, bytes) => Ok(bytes),
            (code, _) => Err(self.failed("give a version of a file", code)),
        }
    }

    fn failed(&self, doing: &str, code: i32) -> Error {
        Error::failed(format!("git could not {doing}: exit code {code}"))
    }

    /// No age key reaches git.
    fn ask(&self, args: &[&str]) -> Result<(i32, Vec<u8>)> {
        let mut answer = Vec::new();
        let nothing = SecretValue::new(Vec::new());
        let keyless = |command: &mut std::process::Command| withhold_keys(command, &self.site);
        let deadline = Deadline::new(ANSWER);
        let code = tell(&self.site, &self.git, args, &nothing, &deadline, &keyless, Some(&mut answer))?;
        Ok((code, answer))
    }
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| Error::failed(format!("the path {path:?} is not UTF-8")))
}
