//! The SOPS file format, bytes in and bytes out; it knows nothing of files, clocks or terminals.
//!
//! [`Sealed`] is a file as it lies on disk. [`Sealed::open`] checks every value and the MAC and gives an [`Open`];
//! there is no other way in. [`Open::seal`] gives the bytes back: a line that nobody changed keeps its exact
//! ciphertext, and metadata that this program does not know, recipients of other kinds included, stays byte for byte.
//! The format is described in `docs/formats.md`; where it is silent, sops 3.11 to 3.13 was measured.

mod create;
mod dotenv;
mod edit;
#[cfg(test)]
mod edit_tests;
mod mac;
mod metadata;
#[cfg(test)]
mod multiline_tests;
mod number;
mod open;
mod re2;
mod rule;
mod shamir;
mod stamp;
mod value;

pub use create::NewFile;
pub use edit::Edited;
pub use open::Open;
pub use rule::Rule;

use memchr::memmem;

use crate::error::{Error, Kind, Result};
use crate::keys::{Keyring, Wrapped};
use crate::secret::SecretValue;
use dotenv::Line;
use metadata::Metadata;
use value::Cipher;

/// A sealed dotenv file, parsed but not opened.
pub struct Sealed {
    bytes: Vec<u8>,
    lines: Vec<Line>,
    metadata: Metadata,
}

impl Sealed {
    /// Reads a sealed file. What it is is told by its content; its name does not matter.
    pub fn parse(bytes: Vec<u8>) -> Result<Self> {
        if let Some(other) = other_format(&bytes) {
            return Err(Error::failed(format!("the file is {other}; this version reads sealed env files")));
        }
        let lines = dotenv::lines(&bytes)?;
        let fields: Vec<_> = lines
            .iter()
            .filter_map(|line| match line {
                Line::Meta { key, value } => {
                    Some((&bytes[key.start + dotenv::RESERVED.len()..key.end], &bytes[value.clone()]))
                }
                _ => None,
            })
            .collect();
        if fields.is_empty() {
            return Err(Error::failed("the file is not sealed: it has no sops metadata"));
        }
        let metadata = Metadata::parse(&fields)?;
        Ok(Sealed { bytes, lines, metadata })
    }

    /// Whether the bytes are a sealed file of any format; cheap, and says nothing of its health.
    pub fn is_sealed(bytes: &[u8]) -> bool {
        other_format(bytes).is_some()
            || dotenv::lines(bytes).is_ok_and(|l| l.iter().any(|l| matches!(l, Line::Meta { .. })))
    }

    /// The texts of the age recipients.
    pub fn recipients(&self) -> impl Iterator<Item = &str> {
        self.metadata.recipients()
    }

    /// The names of the keys in order, duplicates included. Names are not encrypted and need no identity.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().filter_map(|line| match line {
            Line::Pair { key, .. } => Some(&self.bytes[key.clone()]),
            _ => None,
        })
    }

    /// Whether the values of a key lie encrypted, all of them; empty values count as such.
    pub fn lies_encrypted(&self, name: &[u8]) -> bool {
        self.lines.iter().all(|line| match line {
            Line::Pair { key, value } if &self.bytes[key.clone()] == name => {
                value.is_empty() || Cipher::looks_sealed(&self.bytes[value.clone()])
            }
            _ => true,
        })
    }

    /// When the file was last sealed, as its metadata says.
    pub fn modified(&self) -> &str {
        &self.metadata.modified
    }

    /// Opens every value and checks the MAC.
    pub fn open(self, keyring: &Keyring) -> Result<Open> {
        let cipher = self.data_key(keyring)?;
        Open::check(self.bytes, &self.lines, self.metadata, cipher)
    }

    fn data_key(&self, keyring: &Keyring) -> Result<Cipher> {
        let groups = &self.metadata.groups;
        let wrapped = |group: usize| -> Vec<Wrapped<'_>> {
            groups[group].age.iter().map(|s| Wrapped { recipient: &s.recipient, enc: &s.enc }).collect()
        };
        let key = if groups.len() == 1 {
            keyring.unwrap(&wrapped(0)).map_err(|e| self.explain(e))?.payload
        } else {
            self.shared_key(keyring, wrapped)?
        };
        Cipher::new(key).ok_or_else(|| {
            Error::new(Kind::Integrity, "the data key has the wrong length: the file was not made by sops")
        })
    }

    fn shared_key<'a>(
        &'a self,
        keyring: &Keyring,
        wrapped: impl Fn(usize) -> Vec<Wrapped<'a>>,
    ) -> Result<SecretValue> {
        let groups = self.metadata.groups.len();
        let needed = if self.metadata.threshold == 0 { groups } else { self.metadata.threshold };
        let mut shares = Vec::new();
        let mut last = None;
        for group in 0..groups {
            match keyring.unwrap(&wrapped(group)) {
                Ok(found) => shares.push(found.payload),
                Err(e) if e.kind() == Kind::NoIdentity => last = Some(e),
                Err(e) => return Err(e),
            }
            if shares.len() >= needed {
                break;
            }
        }
        match last {
            Some(error) if shares.len() < needed => {
                Err(error
                    .note(format!("{needed} of {groups} key groups are needed, {} opened", shares.len())))
            }
            _ => shamir::combine(&shares)
                .ok_or_else(|| Error::new(Kind::Integrity, "the shares of the data key do not fit together")),
        }
    }

    /// Names the recipients of other kinds, where they are why nothing opened.
    fn explain(&self, error: Error) -> Error {
        let foreign = &self.metadata.groups[0].foreign;
        if error.kind() != Kind::NoIdentity || foreign.is_empty() {
            return error;
        }
        let kinds = foreign.join(", ");
        error.note(format!("the file also has recipients that only sops can ask: {kinds}"))
    }
}

/// A sealed file of another format, told by its first bytes and its metadata.
fn other_format(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.trim_ascii_start();
    // a line that is the mark and nothing else but a carriage return
    let line = |mark: &[u8]| {
        memmem::find_iter(bytes, mark).any(|at| {
            let (before, after) = (&bytes[..at], &bytes[at + mark.len()..]);
            (before.is_empty() || before.ends_with(b"\n"))
                && (after.is_empty() || after.starts_with(b"\n") || after.starts_with(b"\r"))
        })
    };
    if start.starts_with(b"age-encryption.org/") || start.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----") {
        Some("a whole-file age archive")
    } else if start.starts_with(b"{") && memmem::find(bytes, b"\"sops\"").is_some() {
        Some("sealed as JSON")
    } else if line(b"[sops]") {
        Some("sealed as INI")
    } else if line(b"sops:") {
        Some("sealed as YAML")
    } else {
        None
    }
}
