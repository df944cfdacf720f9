//! A file to look at, and where its bytes are.

use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::Name;
use crate::disk;
use crate::secret::SecretValue;

/// Where the bytes of a file are.
pub enum Place {
    /// In a file.
    Disk(PathBuf),
    /// In git, under this name of an object.
    Blob(String),
    /// Here: what a program has told, or the text of a link.
    Held(SecretValue),
    /// They come, once, for the first who asks.
    Stream(Mutex<Box<dyn Read + Send>>),
    /// Nowhere: this is why.
    Unread(String),
}

/// A file to look at.
pub struct Item {
    /// Its path from the top of the repository, or as it was given where there is none.
    pub name: Name,
    pub place: Place,
    /// The commit that brought it, where history is looked at.
    pub commit: Option<String>,
    /// Its earlier versions in git: guesses count only in lines that none of them has.
    pub before: Vec<String>,
    /// Its path as it was given, where that is another.
    pub given: Option<Vec<u8>>,
}

impl Item {
    /// A file without a past.
    pub fn new(path: &[u8], place: Place) -> Self {
        Item { name: Name::of(path), place, commit: None, before: Vec::new(), given: None }
    }

    /// Its path for people, who named it so.
    pub fn path(&self) -> &[u8] {
        self.given.as_deref().unwrap_or(&self.name.path)
    }
}

/// A path that somebody named: the file, or all files of a folder but for git's own. `inside` says what a path is called
/// in the repository.
pub fn below(path: &Path, inside: &mut dyn FnMut(&Path) -> Option<Vec<u8>>, items: &mut Vec<Item>) {
    let mut add = |path: &Path, place: Place| {
        let given = path.as_os_str().as_bytes();
        let given = given.strip_prefix(b"./").unwrap_or(given);
        let inside = inside(path).unwrap_or_else(|| given.to_vec());
        let mut item = Item::new(&inside, place);
        item.given = (inside != given).then(|| given.to_vec());
        items.push(item);
    };
    match disk::stat(path) {
        Some(stat) if stat.is_folder => {
            let found = disk::walk(path, &|folder| folder.file_name().is_some_and(|name| name == ".git"));
            for file in found.files {
                add(&file, Place::Disk(file.clone()));
            }
            for error in found.failures {
                add(path, Place::Unread(error.to_string()));
            }
        }
        Some(_) => add(path, Place::Disk(path.to_path_buf())),
        // a link that leads nowhere is still a text
        None => match disk::link_text(path) {
            Some(text) => add(path, Place::Held(SecretValue::new(text))),
            None => add(path, Place::Unread("it is not there, or not for this user".to_owned())),
        },
    }
}
