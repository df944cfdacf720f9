//! Many files, on as many threads as the machine has cores.

use std::collections::HashSet;
use std::io::Read;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::git::{Lines, Objects, Repository};
use super::{Class, Finding, Guard, Item, Place, Scanner};
use crate::disk;
use crate::error::{Error, Result};

/// What came of it.
#[derive(Default)]
pub struct Swept {
    /// The number of the item, and what is wrong with it; in the order of the items.
    pub findings: Vec<(usize, Finding)>,
    /// What could not be read, and why.
    pub failures: Vec<(usize, Error)>,
    pub files: usize,
    pub bytes: u64,
}

/// Looks at all of them.
pub fn sweep(guard: &Guard, items: &[&Item], repository: Option<&Repository>) -> Swept {
    let threads =
        std::thread::available_parallelism().map_or(1, usize::from).min(items.len().div_ceil(16)).max(1);
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Swept::default()));
    // git is told of several objects at a time, and files of one size take one thread no longer than the other
    let step = if threads == 1 { AHEAD } else { (items.len() / 64).clamp(1, AHEAD) };
    let work = || {
        let mut hand = Hand { scanner: Scanner::new(guard), objects: None, repository };
        let mut mine = Swept::default();
        let mut found = Vec::new();
        loop {
            let start = next.fetch_add(step, Ordering::Relaxed).min(items.len());
            let some = start..(start + step).min(items.len());
            if some.is_empty() {
                break;
            }
            let first = mine.findings.len();
            if let Err(error) = hand.announce(&items[some.clone()]) {
                mine.failures.push((start, error));
                continue;
            }
            for i in some.clone() {
                match hand.take(items[i], &mut found) {
                    Ok(bytes) => {
                        mine.files += 1;
                        mine.bytes += bytes;
                    }
                    Err(error) => {
                        // a process that met a damaged object is gone: the next object has another
                        hand.objects = None;
                        mine.failures.push((i, error));
                    }
                }
                mine.findings.extend(found.drain(..).map(|finding| (i, finding)));
            }
            hand.leave_added(items, some, &mut mine, first);
        }
        let mut all = all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.files += mine.files;
        all.bytes += mine.bytes;
        all.findings.append(&mut mine.findings);
        all.failures.append(&mut mine.failures);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut swept = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    swept.findings.sort_by_key(|(i, _)| *i);
    once(items, &mut swept.findings);
    swept.failures.sort_by_key(|(i, _)| *i);
    swept
}

/// Of what a file has in the index and on the disk, the first counts.
fn once(items: &[&Item], findings: &mut Vec<(usize, Finding)>) {
    let mut seen = HashSet::new();
    findings.retain(|(i, finding)| {
        let told = |i: usize| (i, finding.rule, finding.line, finding.digest);
        let again = i.checked_sub(1).is_some_and(|before| {
            items[before].name.path == items[*i].name.path && seen.contains(&told(before))
        });
        if !again {
            seen.insert(told(*i));
        }
        !again
    });
}

/// How many objects git is told of before they are read.
const AHEAD: usize = 16;

/// What one thread works with.
struct Hand<'a> {
    scanner: Scanner<'a>,
    objects: Option<Objects>,
    repository: Option<&'a Repository>,
}

impl Hand<'_> {
    fn objects(&mut self) -> Result<&mut Objects> {
        match (&mut self.objects, self.repository) {
            (Some(objects), _) => Ok(objects),
            (none, Some(repository)) => Ok(none.insert(repository.objects()?)),
            (None, None) => Err(Error::failed("there is no repository to read it from")),
        }
    }

    fn announce(&mut self, items: &[&Item]) -> Result<()> {
        let names = items.iter().filter_map(|item| match &item.place {
            Place::Blob(id) => Some(id.as_str()),
            _ => None,
        });
        let mut names = names.peekable();
        if names.peek().is_none() {
            return Ok(());
        }
        self.objects()?.announce(names)
    }

    fn take(&mut self, item: &Item, found: &mut Vec<Finding>) -> Result<u64> {
        if let Place::Blob(id) = &item.place {
            // not through `read`, which would borrow the scanner too
            self.objects()?;
            let objects = self.objects.as_mut().ok_or_else(|| Error::failed("git is not there"))?;
            return self.scanner.scan(&item.name, &mut objects.blob(id)?, found).map_err(|e| unread(&e));
        }
        let Hand { scanner, .. } = self;
        elsewhere(item, &mut |from| scanner.scan(&item.name, from, found).map_err(|e| unread(&e)))
    }

    /// Of guesses, only those in lines that earlier versions have not.
    fn leave_added(&mut self, items: &[&Item], some: Range<usize>, mine: &mut Swept, first: usize) {
        let mut findings = mine.findings.split_off(first);
        for i in some {
            let item = items[i];
            let guess = |(k, finding): &(usize, Finding)| *k == i && finding.class == Class::Generic;
            if item.before.is_empty() || !findings.iter().any(guess) {
                continue;
            }
            match self.added(item) {
                // 0 stands for the file as a whole
                Ok(added) => findings.retain(|f| !guess(f) || f.1.line == 0 || added.contains(&f.1.line)),
                Err(error) => mine.failures.push((i, error)),
            }
        }
        mine.findings.append(&mut findings);
    }

    /// The numbers of the lines that a file has and its earlier versions have not.
    fn added(&mut self, item: &Item) -> Result<HashSet<usize>> {
        let mut lines = Lines::default();
        for id in &item.before {
            lines.add(&mut self.objects()?.blob(id)?).map_err(|e| unread(&e))?;
        }
        match &item.place {
            Place::Blob(id) => lines.new_in(&mut self.objects()?.blob(id)?).map_err(|e| unread(&e)),
            _ => elsewhere(item, &mut |from| lines.new_in(from).map_err(|e| unread(&e))),
        }
    }
}

/// Reads what does not lie in git.
fn elsewhere<T>(item: &Item, read: &mut dyn FnMut(&mut dyn Read) -> Result<T>) -> Result<T> {
    match &item.place {
        Place::Disk(path) => read(&mut disk::open(path)?),
        Place::Held(bytes) => read(&mut bytes.expose()),
        Place::Stream(stream) => read(&mut *stream.lock().unwrap_or_else(std::sync::PoisonError::into_inner)),
        Place::Unread(why) => Err(Error::failed(why.clone())),
        Place::Blob(_) => Err(Error::failed("there is no repository to read it from")),
    }
}

fn unread(error: &std::io::Error) -> Error {
    Error::failed(format!("cannot read it: {}", error.kind()))
}
