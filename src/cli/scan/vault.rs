//! Gathers the values that the repository's sealed files hold, and held: what `scan` looks for.
//!
//! Nobody is asked for anything, and nothing fails for what does not open: a note says so.

mod names;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::cli::args::Global;
use crate::cli::identity;
use crate::cli::report::count;
use crate::cli::session::Session;
use crate::disk::{self, Backups, Project};
use crate::error::{Error, Kind, Result};
use crate::keys::Keyring;
use crate::rotate;
use crate::scan::{Entry, Known, Repository, Spoken, Version};
use crate::sops::Sealed;

/// No sealed file is larger.
const LARGEST: u64 = 16 << 20;

/// The values to look for, and what is to be told of those that are not known.
pub(super) fn gather(
    global: &Global,
    repository: Option<&Repository>,
    spoken: &Spoken,
) -> Result<(Known, Vec<String>)> {
    let mut notes = Vec::new();
    let session = match Session::about(global, None) {
        Ok(session) => Some(session),
        Err(error) => {
            notes.push(format!("what reseal.toml says of sealed files is not known: {error}"));
            None
        }
    };
    let configured = session
        .as_ref()
        .and_then(|session| session.config.age_key_file.as_ref().map(|path| session.project.root.join(path)));
    let sources = identity::sources(global.age_key_file.as_deref(), configured.as_deref());
    let mut vault = Vault {
        keyring: Keyring::silent(sources),
        entries: Vec::new(),
        opened: HashSet::new(),
        shut: BTreeSet::new(),
        causes: BTreeMap::new(),
        notes,
    };
    let live = live(session.as_ref(), repository);
    for file in &live {
        vault.take(&file.label, &Version::Current, || Ok(file.bytes.clone()));
    }
    let mut projects: Vec<(PathBuf, PathBuf)> = Vec::new();
    if let Some(session) = &session {
        projects.push((session.project.root.clone(), session.config.backup.dir.clone()));
        vault.rotations(session);
    }
    // the folders above a sealed file may be projects of their own
    let top = repository.map(|repository| repository.top.as_path());
    for folder in live.iter().flat_map(|file| file.path.ancestors().skip(1)) {
        let within = top.is_none_or(|top| folder.starts_with(top));
        let other = within && !projects.iter().any(|(root, _)| root == folder);
        if other && disk::stat(&folder.join(".reseal")).is_some_and(|stat| stat.is_folder) {
            projects.push((folder.to_path_buf(), ".reseal/backups".into()));
        }
    }
    for file in &live {
        for (root, folder) in projects.iter().filter(|(root, _)| file.path.starts_with(root)) {
            vault.backups(root, folder, file);
        }
    }
    let causes = std::mem::take(&mut vault.causes);
    vault.notes.splice(0..0, causes.into_iter().map(|(why, files)| note(&why, &files)));
    Ok((Known::new(vault.entries, spoken), vault.notes))
}

/// A sealed file as it is now.
struct Live {
    path: PathBuf,
    label: String,
    bytes: Vec<u8>,
}

/// Those that the policy names, and those that git tracks, told by content.
fn live(session: Option<&Session>, repository: Option<&Repository>) -> Vec<Live> {
    let mut found: Vec<Live> = Vec::new();
    let mut add = |path: PathBuf, label: String, bytes: Option<Vec<u8>>| {
        let sealed = bytes.filter(|bytes| speaks_of_it(bytes) && Sealed::is_sealed(bytes));
        if let Some(bytes) = sealed
            && !found.iter().any(|file| file.path == path)
        {
            found.push(Live { path, label, bytes });
        }
    };
    let top = repository.map(|repository| repository.top.as_path());
    if let Some(session) = session {
        let mirrors = session.config.mirrors().into_iter().map(|file| session.project.resolve(file));
        for path in std::iter::once(session.project.sealed.clone()).chain(mirrors) {
            let near = top.and_then(|top| path.strip_prefix(top).ok());
            let label = near.unwrap_or_else(|| path.strip_prefix(&session.project.root).unwrap_or(&path));
            let label = label.display().to_string();
            let bytes = read(&path);
            add(path, label, bytes);
        }
    }
    let Some(repository) = repository else { return found };
    let mut objects = None;
    // outside of a work tree, or with an index that cannot be read, the policy alone counts
    for name in repository.names().unwrap_or_default().iter().filter(|name| names::may_be_sealed(name)) {
        let path = repository.top.join(OsStr::from_bytes(name));
        let label = String::from_utf8_lossy(name).into_owned();
        let bytes = match disk::lstat(&path) {
            Some(_) => read(&path),
            // not checked out
            None => {
                let objects = match &mut objects {
                    Some(objects) => objects,
                    none => match repository.objects() {
                        Ok(started) => none.insert(started),
                        Err(_) => continue,
                    },
                };
                let blob = objects.find(&format!(":{label}")).ok().flatten();
                blob.filter(|blob| blob.size <= LARGEST).and_then(|mut blob| {
                    let mut bytes = Vec::new();
                    blob.read_to_end(&mut bytes).ok().map(|_| bytes)
                })
            }
        };
        add(path, label, bytes);
    }
    found
}

/// Whether a closer look at the bytes is worth it: the metadata of every kind has the word, and age files say it first.
fn speaks_of_it(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    start.starts_with(b"age-encryption")
        || start.starts_with(b"-----BEGIN AGE")
        || memmem::find(bytes, b"sops").is_some()
}

/// A regular file of a size that a sealed file has.
fn read(path: &Path) -> Option<Vec<u8>> {
    let file = disk::open(path).ok()?;
    let size = file.metadata().ok().filter(|meta| meta.len() <= LARGEST)?.len();
    let mut bytes = Vec::with_capacity(size as usize);
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

struct Vault {
    keyring: Keyring,
    entries: Vec<Entry>,
    /// The ciphertexts of which the value is known already.
    opened: HashSet<Vec<u8>>,
    /// The labels of live files that do not open.
    shut: BTreeSet<String>,
    /// The same, by what is the matter with them.
    causes: BTreeMap<String, Vec<String>>,
    notes: Vec<String>,
}

impl Vault {
    /// The values of one version of a file. Of a live file that does not open a note is made.
    fn take(&mut self, label: &str, version: &Version, read: impl FnOnce() -> Result<Vec<u8>>) -> bool {
        match read().and_then(|bytes| self.open(bytes, label, version)) {
            Ok(()) => true,
            Err(error) => {
                if *version == Version::Current {
                    self.causes.entry(why(&error)).or_default().push(label.to_owned());
                    self.shut.insert(label.to_owned());
                }
                false
            }
        }
    }

    fn open(&mut self, bytes: Vec<u8>, label: &str, version: &Version) -> Result<()> {
        let name = label.rsplit('/').next().unwrap_or(label);
        let values = Sealed::parse_named(bytes, name)?.glimpse(&self.keyring, &mut self.opened)?;
        self.entries.extend(values.into_iter().map(|(key, value)| Entry {
            file: label.to_owned(),
            key,
            value,
            version: version.clone(),
        }));
        Ok(())
    }

    /// What is kept of rotations that are not finished, or whose replaced values still count.
    fn rotations(&mut self, session: &Session) {
        let project = &session.project;
        let files: Vec<PathBuf> = session.config.mirrors().into_iter().map(Path::to_path_buf).collect();
        for folder in [project.rotations(), project.grace()] {
            for rotation in disk::names(&folder).unwrap_or_default() {
                let place = folder.join(&rotation);
                for place_of_file in 0..=files.len() {
                    let label = match place_of_file.checked_sub(1) {
                        None => project.label(),
                        Some(mirror) => files[mirror].display().to_string(),
                    };
                    let [previous, pending] = rotate::Request::versions(place_of_file);
                    for (name, version) in [(pending, Version::Pending), (previous, Version::Previous)] {
                        if let Ok(Some(bytes)) = disk::read_if_there(&place.join(name)) {
                            self.take(&label, &version, || Ok(bytes));
                        }
                    }
                }
            }
        }
    }

    fn backups(&mut self, root: &Path, folder: &Path, file: &Live) {
        let project = Project::new(root.to_path_buf(), file.path.clone(), None, 0o600);
        let all = Backups::new(&project, folder).list().unwrap_or_default();
        let mut shut = 0;
        for backup in all.iter().rev() {
            let day = backup.made().map_or_else(String::new, |time| time.strftime("%Y-%m-%d").to_string());
            if !self.take(&file.label, &Version::Backup(day), || backup.read()) {
                shut += 1;
            }
        }
        if shut > 0 && !self.shut.contains(&file.label) {
            let (label, shut) = (&file.label, count(shut, "backup"));
            self.notes
                .push(format!("known values of {shut} of {label} are not looked for: they do not open"));
        }
    }
}

/// One line for all files that have the same matter.
fn note(why: &str, files: &[String]) -> String {
    match files {
        [file] => format!("known values of {file} are not looked for: {why}"),
        [first, ..] => {
            let all = count(files.len(), "sealed file");
            format!("known values of {all} are not looked for: {why}, e.g. {first}")
        }
        [] => String::new(),
    }
}

fn why(error: &Error) -> String {
    if error.kind() == Kind::NoIdentity { "no identity opens it".to_owned() } else { error.to_string() }
}
