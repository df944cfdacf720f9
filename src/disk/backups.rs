//! Encrypted copies of the sealed file: `<time>-<id>` and the file's name, byte for byte what was live.
//!
//! A copy needs no key to be made. The name sorts by time, tells the file it belongs to, and carries the first digits
//! of the content's SHA-256, so that the same bytes are kept once a second and damage can be seen without a key.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::replace::TEMPORARY;
use super::{Project, make_folder, names, read, remove, replace};
use crate::error::{Error, Result};

/// The backups of one sealed file.
pub struct Backups<'a> {
    project: &'a Project,
    folder: PathBuf,
}

/// One backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// `<time>-<id>`, unique in the folder.
    pub id: String,
    /// Where it lies.
    pub path: PathBuf,
}

impl Backup {
    /// When it was made, as `20261120T101502.123Z`.
    pub fn time(&self) -> &str {
        self.id.split('-').next().unwrap_or_default()
    }

    /// The bytes, if they still are what the name says.
    pub fn read(&self) -> Result<Vec<u8>> {
        let bytes = read(&self.path)?;
        if self.id.split('-').nth(1) != Some(&digits(&bytes)) {
            return Err(Error::new(
                crate::error::Kind::Integrity,
                format!("backup {:?} is damaged: its content does not fit its name", self.id),
            ));
        }
        Ok(bytes)
    }
}

impl<'a> Backups<'a> {
    /// The folder is the policy's `backup.dir`.
    pub fn new(project: &'a Project, folder: &Path) -> Self {
        Backups { project, folder: project.resolve(folder) }
    }

    /// Keeps `bytes`; the same bytes of the same moment are kept once. Durable when it returns.
    pub fn create(&self, bytes: &[u8], now: jiff::Timestamp) -> Result<Backup> {
        let id = format!("{}-{}", moment(now), digits(bytes));
        let path = self.folder.join(format!("{id}{}", self.suffix()));
        make_folder(&self.folder, self.project.attributes.owner)?;
        self.tidy()?;
        replace(&path, bytes, self.project.private())?;
        Ok(Backup { id, path })
    }

    /// Removes what a crash left of a backup half written. Names hold the time, so that no later write takes its place.
    pub fn tidy(&self) -> Result<()> {
        let mut left = names(&self.folder)?.into_iter().filter(|name| name.ends_with(TEMPORARY));
        left.try_for_each(|name| remove(&self.folder.join(name)))
    }

    /// All backups of this sealed file, oldest first.
    pub fn list(&self) -> Result<Vec<Backup>> {
        let suffix = self.suffix();
        let found = names(&self.folder)?.into_iter().filter_map(|name| {
            let id = name.strip_suffix(&suffix)?;
            let (time, digits) = id.split_once('-')?;
            let named = time.len() == 20 && digits.len() == 8;
            named.then(|| Backup { id: id.to_owned(), path: self.folder.join(&name) })
        });
        Ok(found.collect())
    }

    /// The backup whose id starts with `id`; there must be exactly one.
    pub fn find(&self, id: &str) -> Result<Backup> {
        let mut found: Vec<Backup> =
            self.list()?.into_iter().filter(|b| b.id.starts_with(id) || b.id.ends_with(id)).collect();
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(Error::usage(format!("there is no backup {id:?}")).hint("see `reseal backup list`")),
            n => Err(Error::usage(format!("{id:?} fits {n} backups")).hint("give more of the id")),
        }
    }

    /// Removes those beyond the newest `keep`, and those older than `oldest`; the newest one stays in any case.
    pub fn prune(&self, keep: usize, oldest: Option<jiff::Timestamp>) -> Result<Vec<Backup>> {
        let oldest = oldest.map(moment);
        let mut all = self.list()?;
        all.reverse();
        let gone: Vec<Backup> = all
            .into_iter()
            .enumerate()
            .filter(|(i, b)| *i > 0 && (*i >= keep || oldest.as_deref().is_some_and(|o| b.time() < o)))
            .map(|(_, b)| b)
            .collect();
        for backup in &gone {
            remove(&backup.path)?;
        }
        Ok(gone)
    }

    /// The sealed file's path below the root: `.env.enc` as it is, `prod.env.enc` with `_` before it, and `/` as `%2F`,
    /// so that no two files share their backups.
    fn suffix(&self) -> String {
        let label = self.project.label().replace('%', "%25").replace('/', "%2F");
        if label.starts_with('.') { label } else { format!("_{label}") }
    }
}

/// A moment as the names have it; sorts as it reads.
fn moment(time: jiff::Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%S%.3fZ").to_string()
}

fn digits(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(4).map(|b| format!("{b:02x}")).collect()
}
