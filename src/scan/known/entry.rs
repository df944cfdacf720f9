//! What sealed files hold, and the texts that are looked for because of it.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::choice::{self, Choice, SHORT, Spoken, unquoted};
use crate::scan::value;
use crate::secret::SecretValue;

/// A value that a sealed file holds.
pub struct Entry {
    /// The file, as people name it.
    pub file: String,
    pub key: String,
    pub value: SecretValue,
    pub version: Version,
}

/// Where a value lies besides the live file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    Current,
    /// The file after a rotation that is not finished.
    Pending,
    /// The file before a rotation.
    Previous,
    /// A backup, with the day on which it was made.
    Backup(String),
}

/// Of which entry a text is, without the text.
pub(super) struct Origin {
    pub(super) what: String,
    pub(super) file: String,
    pub(super) key: String,
    /// Whether the value is in force, or will be.
    pub(super) current: bool,
}

/// A text that is looked for.
pub(super) struct Sought {
    pub(super) text: SecretValue,
    /// Where in it the secret begins: behind the name, if it is looked for only there.
    pub(super) secret: usize,
    pub(super) origin: usize,
    /// It counts only where it stands by itself.
    pub(super) bounded: bool,
    /// It is one of the lines of a private key.
    pub(super) of_pem: bool,
}

/// Everything that is looked for.
#[derive(Default)]
pub(super) struct List {
    pub(super) origins: Vec<Origin>,
    pub(super) sought: Vec<Sought>,
    seen: HashSet<u64>,
    state: std::hash::RandomState,
}

impl List {
    /// Of equal texts the first counts; so the entries themselves come before what is a part of them.
    pub(super) fn of(mut entries: Vec<Entry>, spoken: &Spoken) -> Self {
        // the sort is stable: files keep their order
        entries.sort_by(|a, b| rank(&a.version).cmp(&rank(&b.version)));
        let mut list = List::default();
        let chosen: Vec<Choice> =
            entries.iter().map(|entry| choice::choose(&entry.key, &entry.value, spoken)).collect();
        let first: Vec<usize> = entries
            .iter()
            .map(|entry| {
                list.origins.push(origin(entry));
                list.origins.len() - 1
            })
            .collect();
        for ((entry, choice), origin) in entries.iter().zip(&chosen).zip(&first) {
            match choice {
                Choice::Not => {}
                Choice::Named => list.named(entry, *origin),
                Choice::Everywhere => list.value(unquoted(entry.value.expose()), *origin),
            }
        }
        for ((entry, choice), origin) in entries.iter().zip(&chosen).zip(&first) {
            if *choice == Choice::Everywhere {
                list.parts(entry, *origin);
            }
        }
        list
    }

    fn is_new(&mut self, text: &[u8]) -> bool {
        use std::hash::BuildHasher;
        self.seen.insert(self.state.hash_one(text))
    }

    fn value(&mut self, text: &[u8], origin: usize) {
        let trimmed = text.trim_ascii();
        if trimmed.len() >= SHORT && self.is_new(trimmed) {
            let bounded = choice::needs_bounds(trimmed);
            let text = SecretValue::new(trimmed.to_vec());
            self.sought.push(Sought { text, secret: 0, origin, bounded, of_pem: false });
        }
    }

    /// `NAME=value` as it is usually written.
    fn named(&mut self, entry: &Entry, origin: usize) {
        let name = choice::last_part(&entry.key).as_bytes();
        let value = unquoted(entry.value.expose());
        for between in [
            "=", "=\"", "='", ": ", ": \"", ": '", "\": \"", "\":\"", "': '", " = ", " = \"", " = '", ":",
            "\": ",
        ] {
            let text = SecretValue::concat(&[name, between.as_bytes(), value]);
            if self.is_new(text.expose()) {
                let secret = name.len() + between.len();
                self.sought.push(Sought { text, secret, origin, bounded: true, of_pem: false });
            }
        }
    }

    /// What may leak of a value without the rest of it.
    fn parts(&mut self, entry: &Entry, origin: usize) {
        let bytes = unquoted(entry.value.expose());
        if let Some(password) = choice::password(&entry.value) {
            let inner = self.part("password in", origin);
            self.value(password.expose(), inner);
        }
        for (name, value) in choice::assignments(bytes) {
            if value::is_secret(name, value) {
                let inner = self.part("part of", origin);
                self.value(value, inner);
            }
        }
        if let Some(rest) = bytes.strip_prefix(b"base64:") {
            self.value(rest, origin);
        }
        // a key with those that were replaced behind it
        let items: Vec<&[u8]> = bytes.split(|b| *b == b',').map(<[u8]>::trim_ascii).collect();
        if items.len() > 1 && items.iter().all(|item| item.len() >= 16 && !choice::is_word(item)) {
            let inner = self.part("one of", origin);
            for item in items {
                self.value(item, inner);
            }
        }
        // the data of a Kubernetes Secret is base64 as it is
        if let Some(decoded) = readable(bytes) {
            let inner = self.part("decoded", origin);
            self.value(decoded.expose(), inner);
        }
        self.pem(bytes, origin);
    }

    fn part(&mut self, words: &str, of: usize) -> usize {
        let Origin { what, file, key, current } = &self.origins[of];
        let part = Origin {
            what: format!("{words} {what}"),
            file: file.clone(),
            key: key.clone(),
            current: *current,
        };
        self.origins.push(part);
        self.origins.len() - 1
    }

    /// One line of each private key that stands for all of it, so that it is found however the others are written: not
    /// the first, which tells the kind of key, but one of the second half, since the first half may be public.
    fn pem(&mut self, value: &[u8], origin: usize) {
        let mut rest = value;
        while let Some(at) = memchr::memmem::find(rest, b"PRIVATE KEY-----") {
            rest = &rest[at + b"PRIVATE KEY-----".len()..];
            let end = memchr::memmem::find(rest, b"-----").unwrap_or(rest.len());
            let lines: Vec<&[u8]> = rest[..end]
                .split(|b| matches!(b, b'\n' | b'\r' | b' '))
                .flat_map(|line| line.split(|b| *b == b'\\'))
                // `\n` leaves its letter behind
                .map(|line| if line.len() % 4 == 1 { line.strip_prefix(b"n").unwrap_or(line) } else { line })
                .filter(|line| line.len() >= 24)
                .collect();
            let at = if lines.len() > 4 { lines.len() * 2 / 3 } else { usize::from(lines.len() > 2) };
            if let Some(line) = lines.get(at)
                && self.is_new(line)
            {
                let text = SecretValue::new(line.to_vec());
                self.sought.push(Sought { text, secret: 0, origin, bounded: false, of_pem: true });
            }
        }
    }
}

/// Current before what was; of backups the newest first.
fn rank(version: &Version) -> (u8, std::cmp::Reverse<&str>) {
    match version {
        Version::Current => (0, std::cmp::Reverse("")),
        Version::Pending => (1, std::cmp::Reverse("")),
        Version::Previous => (2, std::cmp::Reverse("")),
        Version::Backup(day) => (3, std::cmp::Reverse(day)),
    }
}

fn origin(entry: &Entry) -> Origin {
    let (key, file) = (&entry.key, &entry.file);
    let what = match &entry.version {
        Version::Current => format!("{key} of {file}"),
        Version::Pending => format!("{key} of {file}, pending"),
        Version::Previous => format!("{key} of {file}, before a rotation"),
        Version::Backup(day) => format!("{key} of {file}, backup of {day}"),
    };
    let current = matches!(entry.version, Version::Current | Version::Pending);
    Origin { what, file: file.clone(), key: key.clone(), current }
}

/// Base64 of a text that is not base64 itself.
fn readable(value: &[u8]) -> Option<SecretValue> {
    if value.len() < 12 || !value.len().is_multiple_of(4) {
        return None;
    }
    let decoded = SecretValue::new(STANDARD.decode(value).ok()?);
    let text = decoded.expose().trim_ascii();
    let is_text = text.iter().all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\r' | b'\t'));
    (is_text && text.len() >= SHORT && !choice::is_word(text)).then_some(decoded)
}
