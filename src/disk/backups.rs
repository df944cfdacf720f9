//! Encrypted copies of the sealed file: `<time>-<id>` and the file's name, byte for byte what was live.
//!
//! A copy needs no key to be made. The name sorts by time, tells the file it belongs to, and carries the first digits
//! of the content's SHA-256, so that the same bytes are kept once a second and damage can be seen without a key.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::replace::TEMPORARY;
use super::{Project, make_folder, names, read, remove, replace};
use crate::error::{Error, Result};

/// The backups of one sealed file.
pub struct Backups<'a> {
    project: &'a Project,
    folder: PathBuf,
    /// The id of the one that was made here.
    made: RefCell<Option<String>>,
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

    /// The same as a point in time.
    pub fn made(&self) -> Option<jiff::Timestamp> {
        let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S%.fZ", self.time()).ok()?;
        time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
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
        Backups { project, folder: project.resolve(folder), made: RefCell::new(None) }
    }

    /// Keeps `bytes`; the same bytes of the same moment are kept once. Durable when it returns.
    pub fn create(&self, bytes: &[u8], now: jiff::Timestamp) -> Result<Backup> {
        let id = format!("{}-{}", moment(now), digits(bytes));
        let path = self.folder.join(format!("{id}{}", self.suffix()));
        make_folder(&self.folder, self.project.attributes.owner)?;
        self.tidy()?;
        replace(&path, bytes, self.project.private())?;
        self.made.replace(Some(id.clone()));
        Ok(Backup { id, path })
    }

    /// Removes what a crash left of a backup half written. Names hold the time, so that no later write takes its place.
    pub fn tidy(&self) -> Result<()> {
        let suffix = format!("{}{TEMPORARY}", self.suffix());
        let mut left = names(&self.folder)?.into_iter().filter(|name| name.ends_with(&suffix));
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

    /// Removes those beyond the newest `keep`, and those older than `oldest`. The newest one stays in any case; so does
    /// the one just made, where others are dated in the future by a clock that was wrong.
    pub fn prune(&self, keep: usize, oldest: Option<jiff::Timestamp>) -> Result<Vec<Backup>> {
        let oldest = oldest.map(moment);
        let mut all = self.list()?;
        all.reverse();
        let kept = [all.first(), self.last_real(&all)].map(|b| b.map(|b| b.id.clone()));
        let made = self.made.borrow();
        let stays = |b: &Backup| kept.iter().chain([&*made]).flatten().any(|id| *id == b.id);
        let old = |b: &Backup| oldest.as_deref().is_some_and(|o| b.time() < o);
        let gone: Vec<Backup> = all
            .into_iter()
            .enumerate()
            .filter(|(i, b)| (*i >= keep || old(b)) && !stays(b))
            .map(|(_, b)| b)
            .collect();
        for backup in &gone {
            remove(&backup.path)?;
        }
        Ok(gone)
    }

    /// The newest that is dated no later than the last change in its folder, for a process that did not make it.
    fn last_real<'b>(&self, newest_first: &'b [Backup]) -> Option<&'b Backup> {
        let changed = std::fs::metadata(&self.folder).and_then(|m| m.modified()).ok()?;
        // the kernel's clock for files lags behind a little
        let changed = jiff::Timestamp::try_from(changed + Duration::from_secs(1)).ok()?;
        let latest = moment(changed);
        newest_first.iter().find(|b| b.time() <= latest.as_str())
    }

    /// The sealed file's path below the root: `.env.enc` as it is, `prod.env.enc` with `_` before it, and `/` as `%2F`,
    /// so that no two files share their backups. In a folder outside of the project, where those of other projects may
    /// lie too, `@` and eight digits of the SHA-256 of the root's path stand before it.
    fn suffix(&self) -> String {
        let label = self.project.label().replace('%', "%25").replace('/', "%2F");
        let label = if label.starts_with('.') { label } else { format!("_{label}") };
        if self.folder.starts_with(&self.project.root) {
            return label;
        }
        format!("@{}{label}", digits(self.project.root.as_os_str().as_encoded_bytes()))
    }
}

/// A moment as the names have it; sorts as it reads.
fn moment(time: jiff::Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%S%.3fZ").to_string()
}

fn digits(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(4).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Owner;
    use super::*;

    #[test]
    fn what_was_just_made_stays_beside_one_from_the_future() {
        let root = std::env::temp_dir().join(format!("reseal-backups-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).unwrap();
        let project =
            Project::new(root.clone(), root.join(".env.enc"), Some(Owner::of_this_process()), 0o600);
        let now = jiff::Timestamp::now();
        let day = jiff::SignedDuration::from_hours(24);
        let backups = || Backups::new(&project, Path::new("b"));
        let future = backups().create(b"future", now + day).unwrap();
        let old = backups().create(b"old", now - day).unwrap();
        // of the one that made it, and of another after it, as at the end of a rotation
        let making = backups();
        let new = making.create(b"new", now).unwrap();
        assert_eq!(making.prune(1, None).unwrap(), [old]);
        assert!(backups().prune(1, Some(now + day)).unwrap().is_empty());
        assert_eq!(backups().list().unwrap(), [new.clone(), future.clone()]);
        // once the clock has come there, it is as old as the others
        let last = backups().create(b"last", now + day + day).unwrap();
        let at = std::time::SystemTime::from(now + day + day);
        std::fs::File::open(root.join("b")).unwrap().set_modified(at).unwrap();
        assert_eq!(backups().prune(1, None).unwrap(), [future, new]);
        assert_eq!(backups().list().unwrap(), [last]);
        std::fs::remove_dir_all(root).unwrap();
    }
}
