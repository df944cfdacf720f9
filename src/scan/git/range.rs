//! What commits hold: what a range of them ends with, and every version that it went through.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::change::{self, Entry};
use super::{Repository, Selected, Wanted};
use crate::error::{Error, Result};
use crate::scan::{Item, Kind, Name, Place};

/// What may stand in a range besides commits.
const OPTIONS: [&str; 5] = ["--all", "--branches", "--remotes", "--tags", "--not"];

impl Repository {
    /// The files that changed on the way from where `to` left `from`, as they are at `to`. Histories that have nothing
    /// in common are compared as they are. Only the wanted ones, if any are.
    pub fn between(&self, from: &str, to: &str, wanted: Option<&mut Wanted>) -> Result<Selected> {
        for name in [from, to] {
            if name.is_empty() || name.starts_with('-') || name.contains("..") {
                return Err(Error::usage(format!("{name:?} is no name of a commit")));
            }
        }
        self.prepare()?;
        let ask = |range: &str| {
            let words = ["diff", "--raw", "-z", "--no-abbrev", "-M", "-l400", range, "--"];
            self.changes(self.ask("compare the two commits", &words)?)
        };
        let changes =
            ask(&format!("{from}...{to}")).or_else(|_| ask(&format!("{from}..{to}"))).map_err(|e| {
                e.hint(format!("see what `git log {from}..{to}` says; a shallow clone may lack one"))
            })?;
        let mut selected = Selected::default();
        let Some(wanted) = wanted else {
            for change in changes {
                self.select(change, &mut selected);
            }
            return Ok(selected);
        };
        for change in changes {
            if wanted.takes(&change.path) {
                self.select(change, &mut selected);
            }
        }
        for path in wanted.unfound() {
            let path = path.as_os_str().as_bytes();
            match std::str::from_utf8(path) {
                Ok(text) => selected.items.push(Item::new(path, Place::Blob(format!("{to}:{text}")))),
                Err(_) => selected.items.push(Item::new(path, Place::Unread("it did not change".to_owned()))),
            }
        }
        Ok(selected)
    }

    /// Every version of a file that the commits of a range brought, once, with the first commit that had it; under a name
    /// that makes it an env file once more. Of a merge what is in none of the commits that it joins.
    pub fn history(&self, range: &str) -> Result<Selected> {
        let mut words: Vec<&OsStr> = [
            "log",
            "-z",
            "--raw",
            "-c",
            "--root",
            "--no-abbrev",
            "-M",
            "-l400",
            "--reverse",
            "--topo-order",
            "--no-show-signature",
            "--format=%H",
        ]
        .iter()
        .map(OsStr::new)
        .collect();
        for word in range.split_ascii_whitespace() {
            let option = OPTIONS.contains(&word) || word.starts_with("--remotes=");
            if word.starts_with('-') && !option {
                return Err(Error::usage(format!("{word:?} is no name of a commit")));
            }
            words.push(OsStr::new(word));
        }
        words.push(OsStr::new("--"));
        let doing = "list the commits of the range";
        let mut answer = self.ask(doing, &words)?;
        let (mut selected, mut seen) = (Selected::default(), HashSet::new());
        let mut commit = None;
        while let Some(entry) = change::next(&mut answer)? {
            match entry {
                Entry::Commit(id) => commit = Some(id),
                Entry::Change(change) => {
                    let new =
                        change.has_content() && seen.insert((change.id.clone(), judged_as(&change.path)));
                    let n = selected.items.len();
                    if new || change.is_deletion() {
                        self.select(change, &mut selected);
                    }
                    if let Some(item) = selected.items.get_mut(n) {
                        item.commit.clone_from(&commit);
                    }
                }
            }
        }
        if answer.ended_well() {
            return Ok(selected);
        }
        Err(self.explain(Repository::failed(doing)).hint(format!("see what `git log {range}` says")))
    }
}

/// What a file is judged as because of its name; 0 where its content alone counts.
fn judged_as(path: &[u8]) -> u8 {
    match Name::of(path).kind {
        kind @ (Kind::Env | Kind::Leftover | Kind::Template | Kind::Sealed) => 1 + kind as u8,
        _ => 0,
    }
}
