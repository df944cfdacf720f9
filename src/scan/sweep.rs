//! Many files, on as many threads as the machine has cores.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::git::{Objects, Repository};
use super::{Finding, Guard, Name, Scanner};
use crate::disk;
use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// Where the bytes of a file are.
pub enum Place {
    /// In a file.
    Disk(PathBuf),
    /// In git, under this name of an object.
    Blob(String),
    /// Here: standard input, or what a program has told.
    Held(SecretValue),
}

/// A file to look at.
pub struct Item {
    pub name: Name,
    pub place: Place,
    /// The commit that brought it, where history is looked at.
    pub commit: Option<String>,
}

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
    let work = || {
        let mut hand = Hand { scanner: Scanner::new(guard), objects: None, repository };
        let mut mine = Swept::default();
        let mut found = Vec::new();
        while let Some((i, item)) = {
            let i = next.fetch_add(1, Ordering::Relaxed);
            items.get(i).map(|item| (i, *item))
        } {
            match hand.take(item, &mut found) {
                Ok(bytes) => {
                    mine.files += 1;
                    mine.bytes += bytes;
                }
                Err(error) => mine.failures.push((i, error)),
            }
            mine.findings.extend(found.drain(..).map(|finding| (i, finding)));
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
    swept.failures.sort_by_key(|(i, _)| *i);
    swept
}

/// What one thread works with.
struct Hand<'a> {
    scanner: Scanner<'a>,
    objects: Option<Objects>,
    repository: Option<&'a Repository>,
}

impl Hand<'_> {
    fn take(&mut self, item: &Item, found: &mut Vec<Finding>) -> Result<u64> {
        let unread = |e: std::io::Error| Error::failed(format!("cannot read it: {}", e.kind()));
        match &item.place {
            Place::Disk(path) => {
                let mut file = disk::open(path)?;
                self.scanner.scan(&item.name, &mut file, found).map_err(unread)
            }
            Place::Held(bytes) => self.scanner.scan(&item.name, &mut bytes.expose(), found).map_err(unread),
            Place::Blob(id) => {
                let objects = match (&mut self.objects, self.repository) {
                    (Some(objects), _) => objects,
                    (none, Some(repository)) => none.insert(repository.objects()?),
                    (None, None) => return Err(Error::failed("there is no repository to read it from")),
                };
                let mut blob = objects.blob(id)?;
                self.scanner.scan(&item.name, &mut blob, found).map_err(unread)
            }
        }
    }
}
