//! What the index holds: what the next commit brings, files by name, everything that is tracked.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::answer::Answer;
use super::change::{self, Change, Entry};
use super::{Repository, Selected, Wanted};
use crate::disk;
use crate::error::{Error, Result};
use crate::scan::{Item, Place};

/// What differs from the last commit, with what each was before. Renames are looked for, so that the lines of a file
/// that moved are not taken for new ones; among very many only the same content is recognised.
const STAGED: [&str; 7] = ["diff", "--cached", "--raw", "-z", "--no-abbrev", "-M", "-l400"];
/// What differs between the index and the files, told by their times where these tell.
const TOUCHED: [&str; 5] = ["diff-files", "--raw", "-z", "--no-abbrev", "--ignore-submodules=all"];

impl Repository {
    /// What the next commit brings. During a merge: what differs from this side of it.
    pub fn staged(&self) -> Result<Selected> {
        let answer = self.ask("list what is staged", &STAGED)?;
        self.prepare()?;
        let mut selected = Selected::default();
        for change in self.changes(answer)? {
            self.select(change, &mut selected);
        }
        Ok(selected)
    }

    /// The named files as the index has them, changed or not. From the disk too: what is not in the index, and what
    /// has no staged change but differs there.
    pub fn staged_among(&self, wanted: &mut Wanted) -> Result<Selected> {
        let mut selected = Selected::default();
        if wanted.is_empty() {
            return Ok(selected);
        }
        // three processes at a time
        let listed =
            self.ask("list the index", &self.words(&["ls-files", "-s", "-z", "--full-name"], wanted))?;
        let staged = self.ask("list what is staged", &STAGED)?;
        let touched = self.ask("compare files with the index", &self.words(&TOUCHED, wanted))?;
        self.prepare()?;
        let listed = listed.fields().map_err(|error| self.explain(error))?;
        let mut staged: HashMap<Vec<u8>, Change> =
            self.changes(staged)?.into_iter().map(|change| (change.path.clone(), change)).collect();
        let touched: HashSet<Vec<u8>> = self.changes(touched)?.into_iter().map(|c| c.path).collect();
        let mut last: Vec<u8> = Vec::new();
        for line in listed {
            let Some(entry) = Indexed::of(&line) else {
                return Err(Repository::failed("list the index"));
            };
            // what is in conflict stands there several times
            if !wanted.takes(entry.path) || last == entry.path || entry.is_submodule() {
                continue;
            }
            last = entry.path.to_vec();
            let before = staged.remove(entry.path).map(|change| change.before);
            if entry.in_conflict {
                match self.exists(entry.path) {
                    true => selected.items.push(self.on_disk(entry.path)),
                    false => selected.deleted += 1,
                }
                continue;
            }
            let (is_staged, id) = (before.is_some(), entry.id);
            let mut item = Item::new(entry.path, Place::Blob(id.clone()));
            item.before = before.unwrap_or_default();
            selected.items.push(item);
            if !is_staged && touched.contains(entry.path) && self.exists(entry.path) {
                let mut item = self.on_disk(entry.path);
                item.before = vec![id];
                selected.items.push(item);
            }
        }
        let deleted: Vec<Vec<u8>> =
            staged.into_values().filter(Change::is_deletion).map(|c| c.path).collect();
        selected.deleted = deleted.iter().filter(|path| wanted.takes(path)).count();
        let first = selected.items.len();
        for path in wanted.unfound() {
            crate::scan::below(&self.top.join(path), &mut |from| self.inside(from), &mut selected.items);
        }
        // named from the top, as all others
        selected.items[first..].iter_mut().for_each(|item| item.given = None);
        Ok(selected)
    }

    /// What git tracks or would track, from the disk; from the index what is not there.
    pub fn tracked(&self) -> Result<Selected> {
        let listed = self.ask("list the index", &["ls-files", "-s", "-z", "--full-name", "--", ":/"])?;
        let others = ["ls-files", "-o", "--exclude-standard", "-z", "--full-name", "--", ":/"];
        let others = self.ask("list files that it does not track", &others)?;
        let mut selected = Selected::default();
        let mut last: Vec<u8> = Vec::new();
        for line in listed.fields().map_err(|error| self.explain(error))? {
            let Some(entry) = Indexed::of(&line) else {
                return Err(Repository::failed("list the index"));
            };
            if entry.is_submodule() || last == entry.path {
                continue;
            }
            last = entry.path.to_vec();
            let there = self.exists(entry.path);
            if !there && entry.in_conflict {
                // both sides of a merge took it away
                selected.deleted += 1;
                continue;
            }
            let from_index = !there;
            let item = if from_index {
                Item::new(entry.path, Place::Blob(entry.id))
            } else {
                self.on_disk(entry.path)
            };
            selected.items.push(item);
        }
        for path in others.fields()? {
            // a repository within this one, which is none of its files
            if !path.ends_with(b"/") {
                selected.items.push(self.on_disk(&path));
            }
        }
        Ok(selected)
    }

    /// The changes of an answer without commits.
    pub(super) fn changes(&self, mut answer: Answer) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        while let Some(entry) = change::next(&mut answer)? {
            match entry {
                Entry::Change(change) => changes.push(change),
                Entry::Commit(_) => return Err(answer.confusing()),
            }
        }
        answer.end().map_err(|error| self.explain(error))?;
        Ok(changes)
    }

    /// The item of a change, where it has content.
    pub(super) fn select(&self, change: Change, selected: &mut Selected) {
        // in a conflict, both sides may have taken it away
        if change.is_deletion() || change.kind == b'U' && !self.exists(&change.path) {
            selected.deleted += 1;
        } else if change.kind == b'U' {
            selected.items.push(self.on_disk(&change.path));
        } else if change.has_content() {
            let mut item = Item::new(&change.path, Place::Blob(change.id));
            item.before = change.before;
            selected.items.push(item);
        }
    }

    /// A question about the wanted paths, or about all if they are many.
    fn words(&self, words: &[&str], wanted: &Wanted) -> Vec<OsString> {
        let Some(few) = wanted.few() else {
            return words.iter().copied().chain(["--", ":/"]).map(OsString::from).collect();
        };
        let words = std::iter::once("--literal-pathspecs").chain(words.iter().copied()).chain(["--"]);
        words.map(OsString::from).chain(few.map(|path| self.top.join(path).into_os_string())).collect()
    }

    fn exists(&self, path: &[u8]) -> bool {
        disk::lstat(&self.top.join(OsStr::from_bytes(path))).is_some_and(|stat| !stat.is_folder)
    }

    /// A file of the work tree; of a link what it says.
    fn on_disk(&self, path: &[u8]) -> Item {
        let place = self.top.join(Path::new(OsStr::from_bytes(path)));
        match disk::link_text(&place) {
            Some(text) => Item::new(path, Place::Held(crate::secret::SecretValue::new(text))),
            None => Item::new(path, Place::Disk(place)),
        }
    }

    /// That there is no index to look at.
    pub fn with_files(&self) -> Result<()> {
        if self.bare {
            return Err(Error::usage("the repository here is bare: it has no files and no index")
                .hint("look at its commits: `reseal scan --history HEAD`"));
        }
        Ok(())
    }
}

/// A line of `ls-files -s`: mode, object, stage, then a tab and the path.
struct Indexed<'a> {
    mode: &'a [u8],
    id: String,
    in_conflict: bool,
    path: &'a [u8],
}

impl<'a> Indexed<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        let tab = memchr::memchr(b'\t', line)?;
        let mut words = line[..tab].split(|b| *b == b' ');
        let (mode, id, stage) = (words.next()?, change::id(words.next()?)?, words.next()?);
        Some(Indexed { mode, id, in_conflict: stage != b"0", path: &line[tab + 1..] })
    }

    fn is_submodule(&self) -> bool {
        self.mode.starts_with(b"16")
    }
}
