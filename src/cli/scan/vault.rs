//! Gathers the values that the repository's sealed files hold, and held: what `scan` looks for.
//!
//! Nobody is asked for anything, and nothing fails for what does not open: a note says so.

mod names;

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use memchr::memmem;

use super::source::Around;
use super::tell;
use crate::cli::args::Global;
use crate::cli::identity;
use crate::cli::report::count;
use crate::cli::session::Session;
use crate::disk::{self, Backups, Project};
use crate::error::{Error, Kind, Result};
use crate::keys::Keyring;
use crate::rotate;
use crate::scan::{Entry, Objects, Repository, Version};
use crate::sops::Sealed;

/// No sealed file is larger.
const LARGEST: u64 = 16 << 20;

/// Most files that are tracked are smaller than this, and seen whole.
const BEGINNING: usize = 64 << 10;

/// The values to look for, and what is to be told of those that are not known.
pub(super) fn gather(global: &Global, around: &Around) -> Result<(Vec<Entry>, Vec<String>)> {
    let mut notes = Vec::new();
    let repository = around.repository.as_ref();
    let session = match Session::around(global, &around.folder) {
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
        whys: Vec::new(),
        notes,
    };
    let live = live(session.as_ref(), around);
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
    vault.notes.extend(told(&vault.whys));
    Ok((vault.entries, vault.notes))
}

/// A sealed file as it is now.
struct Live {
    path: PathBuf,
    label: String,
    bytes: Vec<u8>,
}

/// Those that the policy names, and those that git tracks, told by content; without git, those in the folders that are
/// looked at.
fn live(session: Option<&Session>, around: &Around) -> Vec<Live> {
    let repository = around.repository.as_ref();
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
    let names = match repository {
        // outside of a work tree, or with an index that cannot be read, the policy alone counts
        Some(repository) => repository.names().unwrap_or_default(),
        None => around.folders.iter().flat_map(|folder| below(folder)).collect(),
    };
    let names: Vec<&[u8]> =
        names.iter().map(Vec::as_slice).filter(|name| names::may_be_sealed(name)).collect();
    // opening a thousand files takes longer than anything else here
    let (one, two) = names.split_at(names.len() / 2);
    let (one, two) = std::thread::scope(|scope| {
        let two = scope.spawn(|| sealed_among(repository, two));
        (sealed_among(repository, one), two.join().unwrap_or_default())
    });
    for (path, label, bytes) in one.into_iter().chain(two) {
        add(path, label, Some(bytes));
    }
    found
}

/// Files among these that may be sealed, by a look at their beginnings: path, name, all bytes.
fn sealed_among(repository: Option<&Repository>, names: &[&[u8]]) -> Vec<(PathBuf, String, Vec<u8>)> {
    let top = repository.map_or(Path::new(""), |repository| &repository.top);
    let (mut found, mut objects, mut buffer) = (Vec::new(), None, vec![0; BEGINNING]);
    for name in names {
        let path = top.join(OsStr::from_bytes(name));
        let label = String::from_utf8_lossy(name).into_owned();
        let bytes = match disk::beginning(&path, &mut buffer) {
            Ok(Some(n)) if n < buffer.len() && !speaks_of_it(&buffer[..n]) => None,
            Ok(Some(_)) => read(&path),
            Ok(None) => repository.and_then(|repository| from_index(repository, &mut objects, &label)),
            Err(_) => None,
        };
        if let Some(bytes) = bytes.filter(|bytes| speaks_of_it(bytes)) {
            found.push((path, label, bytes));
        }
    }
    found
}

/// The names of all files in a folder, but for git's own.
fn below(folder: &Path) -> Vec<Vec<u8>> {
    let found = disk::walk(folder, &|folder| folder.file_name().is_some_and(|name| name == ".git"));
    found.files.into_iter().map(|path| path.into_os_string().into_vec()).collect()
}

/// What is tracked and not checked out.
fn from_index(repository: &Repository, objects: &mut Option<Objects>, label: &str) -> Option<Vec<u8>> {
    let objects = match objects {
        Some(objects) => objects,
        none => none.insert(repository.objects().ok()?),
    };
    let mut blob = objects.find(&format!(":{label}")).ok().flatten().filter(|blob| blob.size <= LARGEST)?;
    let mut bytes = Vec::new();
    blob.read_to_end(&mut bytes).ok().map(|_| bytes)
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
    /// The same, in their order, and why.
    whys: Vec<(String, String)>,
    notes: Vec<String>,
}

impl Vault {
    /// The values of one version of a file. Of a live file that does not open a note is made.
    fn take(&mut self, label: &str, version: &Version, read: impl FnOnce() -> Result<Vec<u8>>) -> bool {
        match read().and_then(|bytes| self.open(bytes, label, version)) {
            Ok(()) => true,
            Err(error) => {
                if *version == Version::Current {
                    self.whys.push((label.to_owned(), why(&error)));
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

/// More files than this that do not open for one reason are told together: where there is no key, all of them.
const FEW: usize = 3;

/// What is to be said of files that do not open.
fn told(whys: &[(String, String)]) -> Vec<String> {
    let mut notes = Vec::new();
    for (i, (label, why)) in whys.iter().enumerate() {
        let same = |(_, other): &&(String, String)| other == why;
        let label = tell::shown(label.as_bytes());
        let (all, before) = (whys.iter().filter(same).count(), whys[..i].iter().filter(same).count());
        match (all, before) {
            (..=FEW, _) => notes.push(format!("known values of {label} are not looked for: {why}")),
            (_, 0) => {
                let others = count(all - 1, "other file");
                notes.push(format!("known values of {label} and {others} are not looked for: {why}"));
            }
            _ => {}
        }
    }
    notes
}

fn why(error: &Error) -> String {
    if error.kind() == Kind::NoIdentity { "no identity opens it".to_owned() } else { error.to_string() }
}
