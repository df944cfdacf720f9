//! What `.sops.yaml` says of the files that are looked at.
//!
//! Of what git keeps, HEAD's and the index's count, both: what a commit says anew holds for it already, and one that
//! takes a rule away is still under it. Of files on disk those beside and above them count.

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::source::Source;
use crate::disk;
use crate::error::{Error, Result};
use crate::scan::{Objects, Place, Rules};

const FILE: &str = ".sops.yaml";
/// One that is larger than this is no list of rules.
const LARGEST: u64 = 1 << 20;

/// What sets apart what was said where, for [`Rules::add`].
const DISK: usize = 0;
const HEAD: usize = 1;
const INDEX: usize = 2;

/// The rules, and what could not be read of them.
pub(super) fn rules(source: &Source<'_>, objects: Option<&mut Objects>) -> Result<(Rules, Vec<String>)> {
    let (mut rules, mut notes) = (Rules::default(), Vec::new());
    let (mut on_disk, mut in_git) = (BTreeSet::new(), BTreeSet::new());
    for item in &source.items {
        let folders = match &item.place {
            Place::Disk(_) => &mut on_disk,
            Place::Blob(_) => &mut in_git,
            Place::Held(_) | Place::Stream(_) | Place::Unread(_) => continue,
        };
        if !folders.contains(item.name.folder()) {
            folders.insert(item.name.folder().to_vec());
        }
    }
    of_disk(source.base_folder(), &on_disk, &mut rules, &mut notes)?;
    if let Some(objects) = objects.filter(|_| !in_git.is_empty()) {
        of_git(&in_git, objects, &mut rules, &mut notes)?;
    }
    Ok((rules, notes))
}

/// The folders, and all above them to the top.
fn with_above(folders: &BTreeSet<Vec<u8>>) -> BTreeSet<&[u8]> {
    let mut all = BTreeSet::new();
    for folder in folders {
        let mut folder = folder.as_slice();
        while all.insert(folder) && !folder.is_empty() {
            folder = memchr::memrchr(b'/', folder).map_or(&[][..], |at| &folder[..at]);
        }
    }
    all
}

fn of_git(
    folders: &BTreeSet<Vec<u8>>,
    objects: &mut Objects,
    rules: &mut Rules,
    notes: &mut Vec<String>,
) -> Result<()> {
    for folder in with_above(folders) {
        // git is asked by text, and has no such folder then
        let Ok(name) = std::str::from_utf8(folder) else { continue };
        let path = if name.is_empty() { FILE.to_owned() } else { format!("{name}/{FILE}") };
        for (version, object) in [(HEAD, format!("HEAD:{path}")), (INDEX, format!(":{path}"))] {
            let Some(blob) = objects.find(&object)?.filter(|blob| blob.size <= LARGEST) else { continue };
            let mut text = Vec::new();
            blob.take(LARGEST)
                .read_to_end(&mut text)
                .map_err(|e| Error::failed(format!("cannot read {object}: {}", e.kind())))?;
            add(rules, notes, version, (folder, b""), &text, &object);
        }
    }
    Ok(())
}

/// `base` is the folder from which the folders are named.
fn of_disk(
    base: &Path,
    folders: &BTreeSet<Vec<u8>>,
    rules: &mut Rules,
    notes: &mut Vec<String>,
) -> Result<()> {
    if folders.is_empty() {
        return Ok(());
    }
    for folder in with_above(folders) {
        let path = Path::new(std::ffi::OsStr::from_bytes(folder));
        let file = base.join(path).join(FILE);
        if let Some(text) = disk::read_if_there(&file)? {
            add(rules, notes, DISK, (folder, b""), &text, &file.to_string_lossy());
        }
    }
    // above it the nearest counts
    let above = base.parent().and_then(|parent| disk::find_upwards(parent, FILE));
    let Some(file) = above else { return Ok(()) };
    let Some(below) = file.parent().and_then(|top| base.strip_prefix(top).ok()) else { return Ok(()) };
    let mut way = below.as_os_str().as_bytes().to_vec();
    way.push(b'/');
    if let Some(text) = disk::read_if_there(&file)? {
        add(rules, notes, DISK, (b"", &way), &text, &file.to_string_lossy());
    }
    Ok(())
}

fn add(
    rules: &mut Rules,
    notes: &mut Vec<String>,
    version: usize,
    (folder, above): (&[u8], &[u8]),
    text: &[u8],
    name: &str,
) {
    let read = std::str::from_utf8(text).is_ok_and(|text| rules.add(version, folder, above, text));
    if !read {
        notes.push(format!("{name} cannot be read: what it wants sealed was not looked at"));
    }
}
