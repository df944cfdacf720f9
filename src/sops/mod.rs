//! The SOPS file format, bytes in and bytes out; it knows nothing of files, clocks or terminals.
//!
//! [`Sealed`] is a file as it lies on disk. [`Sealed::open`] checks every value and the MAC and gives an [`Open`];
//! there is no other way in, but for the search that `glimpse` is for. [`Open::seal`] gives the bytes back: only what changed is written, at its place, so that
//! layout, ciphertext and metadata of which nobody spoke, recipients of other kinds included, stay byte for byte.
//! What differs between kinds of files is in `store`; all else works on the `tree` that a store reads.
//! The format is described in `docs/formats.md`; where it is silent, sops 3.11 to 3.13 was measured.

mod change;
mod convert;
mod create;
mod edit;
#[cfg(test)]
mod edit_tests;
mod exposed;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed;
mod glimpse;
mod judge;
mod lint;
mod mac;
mod merge;
mod meta;
mod metadata;
#[cfg(test)]
mod multiline_tests;
mod number;
mod open;
mod opening;
mod outline;
mod proof;
mod re2;
mod readers;
mod rekey;
#[cfg(test)]
mod rekey_tests;
mod rule;
mod sealing;
mod shamir;
mod stamp;
mod store;
mod tools;
mod tree;
mod value;
mod verify;
mod whole;
#[cfg(test)]
mod yaml_tests;

pub use convert::{convert, quoted};
pub use create::NewFile;
pub use edit::Edited;
pub(crate) use exposed::{Exposed, Fault, Shown};
pub use merge::{Merged, Side, Versions};
pub use open::{Entry, Open};
pub use outline::outline;
pub use re2::{Pattern, fits};
pub use readers::{Change, Readers};
pub use rule::Rule;
pub use store::Format;
pub use tools::Tools;
pub use verify::{Finding, Mend};

use crate::error::{Error, Kind as Failure, Result};
use crate::keys::{Keyring, Wrapped};
use crate::secret::{SecretValue, path};
use metadata::Metadata;
use tree::{Kind, Leaf, Tree};
use value::Cipher;

/// A sealed file, parsed but not opened.
pub struct Sealed {
    file: Vec<u8>,
    format: Format,
    tree: Tree,
    metadata: Metadata,
}

impl Sealed {
    /// Reads a sealed file. What it is is told by its content; its name does not matter.
    pub fn parse(file: Vec<u8>) -> Result<Self> {
        match Format::of_sealed(&file) {
            Some(format) => Sealed::parse_as(file, format),
            None if whole::is_age(&file) => Ok(Sealed {
                file,
                format: Format::Binary,
                tree: Tree::new(true),
                metadata: Metadata::nothing(),
            }),
            None => Sealed::parse_as(file, Format::Dotenv),
        }
    }

    /// The same where the name is known. sops goes by it, and up to 3.10 a binary file does not say itself that it is one.
    pub(crate) fn parse_named(file: Vec<u8>, name: &str) -> Result<Self> {
        let sealed = Sealed::parse(file)?;
        let one = sealed.names().eq([&b"data"[..]]);
        if sealed.format == Format::Json && one && Format::of_name(name).is_none() {
            return Sealed::parse_as(sealed.file, Format::Binary);
        }
        Ok(sealed)
    }

    /// Reads a sealed file of a kind.
    pub fn parse_as(file: Vec<u8>, format: Format) -> Result<Self> {
        let tree = format.store().read(&file).map_err(|e| merge::unmerged(&file).unwrap_or(e))?;
        let Some(found) = &tree.metadata else {
            return Err(Error::failed("the file is not sealed: it has no sops metadata"));
        };
        let metadata = Metadata::parse(&found.fields)?;
        Ok(Sealed { file, format, tree, metadata })
    }

    /// Whether the bytes are a sealed file of any format; cheap, and says nothing of its health.
    pub fn is_sealed(bytes: &[u8]) -> bool {
        whole::is_age(bytes) || Format::of_sealed(bytes).is_some()
    }

    /// Whether it is a whole age file, which shows neither names nor recipients before it is opened.
    pub(crate) fn is_whole(&self) -> bool {
        self.tree.metadata.is_none()
    }

    /// The texts of the age recipients.
    pub fn recipients(&self) -> impl Iterator<Item = &str> {
        self.metadata.recipients()
    }

    /// The kind of the file.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The names of the values in order, duplicates included. Names are not encrypted and need no identity.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.values().map(|leaf| self.tree.name(&self.file, leaf))
    }

    fn values(&self) -> impl Iterator<Item = &Leaf> {
        self.tree.leaves.iter().filter(|leaf| leaf.kind.is_value())
    }

    /// Whether the values of a key lie encrypted, all of them; empty values count as such.
    pub(crate) fn lies_encrypted(&self, name: &[u8]) -> bool {
        let name = self.tree.canonical(name);
        self.values().filter(|leaf| self.tree.name(&self.file, leaf) == &*name).all(|leaf| {
            let text = leaf.text.bytes(&self.file);
            leaf.kind == Kind::Str && (text.is_empty() || Cipher::looks_sealed(text))
        })
    }

    /// When the file was last sealed, as its metadata says.
    pub(crate) fn modified(&self) -> &str {
        &self.metadata.modified
    }

    /// Opens every value and checks the MAC.
    pub fn open(self, keyring: &Keyring) -> Result<Open> {
        if self.is_whole() {
            return whole::open(self.file, keyring);
        }
        let cipher = self.data_key(keyring)?;
        Open::check(self.file, self.format, self.tree, self.metadata, cipher)
    }

    fn data_key(&self, keyring: &Keyring) -> Result<Cipher> {
        let key = if self.metadata.groups.len() == 1 {
            keyring.unwrap(&self.wrapped(0)).map_err(|e| self.explain(e))?.payload
        } else {
            self.shared_key(keyring)?
        };
        Cipher::new(key).ok_or_else(|| {
            Error::new(Failure::Integrity, "the data key has the wrong length: the file was not made by sops")
        })
    }

    /// The data key, or the share of a group, as it is wrapped for each of its recipients.
    fn wrapped(&self, group: usize) -> Vec<Wrapped<'_>> {
        let stanzas = self.metadata.groups[group].age.iter();
        stanzas.map(|s| Wrapped { recipient: &s.recipient, enc: &s.enc }).collect()
    }

    fn shared_key(&self, keyring: &Keyring) -> Result<SecretValue> {
        let groups = self.metadata.groups.len();
        let needed = if self.metadata.threshold == 0 { groups } else { self.metadata.threshold };
        let mut shares = Vec::new();
        let mut last = None;
        for group in 0..groups {
            match keyring.unwrap(&self.wrapped(group)) {
                Ok(found) => shares.push(found.payload),
                Err(e) if e.kind() == Failure::NoIdentity => last = Some(e),
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
            _ => shamir::combine(&shares).ok_or_else(|| {
                Error::new(Failure::Integrity, "the shares of the data key do not fit together")
            }),
        }
    }

    /// Names the recipients of other kinds, where they are why nothing opened.
    fn explain(&self, error: Error) -> Error {
        let foreign = &self.metadata.groups[0].foreign;
        if error.kind() != Failure::NoIdentity || foreign.is_empty() {
            return error;
        }
        let kinds = foreign.join(", ");
        error.note(format!("the file also has recipients that only sops can ask: {kinds}"))
    }
}
