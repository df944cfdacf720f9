//! An opened file: values in memory, everything else as it lies on disk.
//!
//! How it is opened is told in `opening`, how it is changed in `change`, how it is written in `sealing`.

use sha2::{Digest, Sha256};

use super::judge;
use super::mac::Mac;
use super::metadata::Metadata;
use super::opening;
use super::store::{Format, line_of};
use super::tree::{Kind, Leaf, Tree};
use super::value::{Cipher, Plain};
use super::whole::Whole;
use crate::error::{Error, Kind as Failure, Result};
use crate::secret::{Fingerprints, SecretName, SecretValue, looks_like_a_value};

/// An opened and verified file.
pub struct Open {
    pub(super) file: Vec<u8>,
    pub(super) format: Format,
    pub(super) tree: Tree,
    /// One for each leaf.
    pub(super) held: Vec<Held>,
    pub(super) metadata: Metadata,
    pub(super) cipher: Cipher,
    pub(super) changed: bool,
    /// Whether it has never been sealed.
    pub(super) is_new: bool,
    /// Where the file is sealed as one piece.
    pub(super) whole: Option<Whole>,
    warnings: Vec<String>,
}

/// What a leaf says.
pub(super) struct Held {
    pub(super) plain: Plain,
    /// Whether the rule wants the text encrypted.
    pub(super) encrypted: bool,
    /// Whether the file does not say it yet.
    pub(super) fresh: bool,
}

impl Held {
    /// The same, to be encrypted again where it lies encrypted.
    pub(super) fn anew(&self) -> Held {
        let copy = |text: &SecretValue| SecretValue::concat(&[text.expose()]);
        let plain = Plain {
            kind: self.plain.kind,
            text: copy(&self.plain.text),
            hashed: self.plain.hashed.as_ref().map(copy),
        };
        let fresh = self.fresh || self.encrypted && !self.plain.text.is_empty();
        Held { plain, encrypted: self.encrypted, fresh }
    }
}

/// A key with its value, in the order of the file.
pub struct Entry<'a> {
    /// The key as the file holds it, arbitrary bytes; in a tree the way to it.
    pub name: &'a [u8],
    /// The value as a program would get it: line feeds are line feeds.
    pub value: &'a SecretValue,
    /// Whether the value lies encrypted.
    pub encrypted: bool,
}

impl Open {
    /// Opens every leaf and checks the MAC. The only constructor besides a new file's.
    pub(super) fn check(
        file: Vec<u8>,
        format: Format,
        tree: Tree,
        metadata: Metadata,
        cipher: Cipher,
    ) -> Result<Self> {
        let flags = judge::verdicts(&tree, &file, &metadata.rule, |at| tree.leaves[at].text.bytes(&file));
        let (held, warnings) = opening::all(&file, format, &tree, &flags, &cipher)?;
        let open = Open {
            file,
            format,
            tree,
            held,
            metadata,
            cipher,
            changed: false,
            is_new: false,
            whole: None,
            warnings,
        };
        let stored = open.metadata.mac.as_deref().ok_or_else(|| {
            Error::new(
                Failure::Integrity,
                "the file has no MAC: lines may have been added, removed or changed",
            )
        })?;
        if !open.mac().agrees(stored, &open.cipher, &open.metadata.modified) {
            return Err(Error::new(
                Failure::Integrity,
                "the MAC does not fit: a line was added, removed, moved or changed without the key",
            )
            .hint("compare with the last good version, e.g. `git log -p` or `reseal backup list`"));
        }
        Ok(open)
    }

    /// A file that has never been sealed: what `held` says is still to be written.
    pub(super) fn unsealed(
        (file, format, tree): (Vec<u8>, Format, Tree),
        held: Vec<Held>,
        metadata: Metadata,
        cipher: Cipher,
    ) -> Self {
        let (changed, is_new, whole) = (true, true, None);
        Open { file, format, tree, held, metadata, cipher, changed, is_new, whole, warnings: Vec::new() }
    }

    /// A plaintext that is sealed as one piece.
    pub(super) fn of_whole(
        (file, format, tree): (Vec<u8>, Format, Tree),
        held: Vec<Held>,
        metadata: Metadata,
        cipher: Cipher,
        whole: Whole,
    ) -> Self {
        let open = Open::unsealed((file, format, tree), held, metadata, cipher);
        Open { changed: false, whole: Some(whole), ..open }
    }

    /// The hash of what the file says now.
    pub(super) fn mac(&self) -> Mac {
        let mut mac = Mac::new(self.metadata.mac_only_encrypted);
        for held in &self.held {
            if held.plain.kind.is_value() {
                mac.add(held.plain.hashed(), held.encrypted);
            }
        }
        mac
    }

    /// Whether names are keys as they are, and no paths.
    pub(crate) fn is_flat(&self) -> bool {
        self.tree.flat
    }

    /// The kind of the file.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What is odd about the file and yet opens, as lines to show; never content.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The leaves that are values, with what they say. Comments, nulls and what is empty are none.
    pub(super) fn filled(&self) -> impl DoubleEndedIterator<Item = (usize, &Leaf, &Held)> {
        let all = self.tree.leaves.iter().zip(&self.held).enumerate();
        all.map(|(at, (leaf, held))| (at, leaf, held)).filter(|(_, _, held)| held.plain.kind.is_value())
    }

    /// All keys with their values, in order; duplicates are all listed.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        self.filled().map(|(_, leaf, held)| Entry {
            name: self.tree.name(&self.file, leaf),
            value: &held.plain.text,
            encrypted: held.encrypted || self.whole.is_some(),
        })
    }

    /// The keys that look like names, for records that outlive the file: a part of a torn value is not among them.
    pub(crate) fn names_to_record(&self) -> Vec<String> {
        self.entries().filter_map(|e| showable(&self.tree, e.name).map(str::to_owned)).collect()
    }

    /// The value of a key. Of duplicates the last counts, as it does for a program that gets them all.
    pub fn get(&self, name: &[u8]) -> Option<&SecretValue> {
        let name = self.tree.canonical(name);
        self.entries().rfind(|e| e.name == &*name).map(|e| e.value)
    }

    /// The values of a key, in order: of duplicates all.
    pub fn all(&self, name: &[u8]) -> impl Iterator<Item = &SecretValue> {
        let name = self.tree.canonical(name).into_owned();
        self.entries().filter(move |e| e.name == name).map(|e| e.value)
    }

    /// A name of a key's present value that tells nothing of it: SHA-256 of its ciphertext, in hex. It changes with the
    /// value. `None` where there is no such key, or where it was changed and is not sealed yet.
    pub(crate) fn version(&self, name: &[u8]) -> Option<String> {
        let at = self.leaf(name).filter(|at| !self.held[*at].fresh)?;
        if let Some(whole) = &self.whole {
            return Some(whole.version(name));
        }
        let leaf = &self.tree.leaves[at];
        let mut hash = Sha256::new();
        for part in [self.tree.name(&self.file, leaf), b"=", &self.file[leaf.span.clone()]] {
            hash.update(part);
        }
        Some(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
    }

    /// The last leaf of a name.
    pub(super) fn leaf(&self, name: &[u8]) -> Option<usize> {
        let name = self.tree.canonical(name);
        self.filled().rfind(|(_, leaf, _)| self.tree.name(&self.file, leaf) == &*name).map(|(at, ..)| at)
    }

    /// Names for values, alike in every version of the file that has the same data key, and telling nothing without it.
    pub(crate) fn fingerprints(&self) -> Fingerprints {
        Fingerprints::keyed(self.cipher.key())
    }

    /// When the file was sealed, RFC 3339.
    pub(crate) fn modified(&self) -> &str {
        &self.metadata.modified
    }

    /// The texts of the age recipients.
    pub fn recipients(&self) -> impl Iterator<Item = &str> {
        self.metadata.recipients().chain(self.whole.iter().flat_map(Whole::recipients))
    }

    /// The numbers of the lines on which a key stands.
    pub(crate) fn places(&self, name: &[u8]) -> Vec<usize> {
        let name = self.tree.canonical(name);
        let standing = self.tree.leaves.iter().filter(|leaf| leaf.kind != Kind::Comment);
        let standing = standing.filter(|leaf| self.tree.name(&self.file, leaf) == &*name);
        standing.map(|leaf| line_of(&self.file, leaf.span.start)).collect()
    }

    /// Whether a value of this name would be encrypted, where it stands or at the end of what it would stand in.
    pub(crate) fn encrypts(&self, name: &SecretName) -> bool {
        if self.whole.is_some() {
            return true;
        }
        if let Some(at) = self.leaf(name.as_bytes()) {
            return self.held[at].encrypted;
        }
        let Ok((branch, way)) = self.way(name) else { return false };
        judge::of_new(&self.tree, &self.file, &self.metadata.rule, |at| self.comment(at), branch, &way)
    }

    /// The text of a leaf that is a comment.
    pub(super) fn comment(&self, at: usize) -> &[u8] {
        self.held[at].plain.text.expose()
    }

    /// The selection rule in words, for messages.
    pub(crate) fn rule(&self) -> String {
        self.metadata.rule.to_string()
    }
}

/// A name that can be shown. In a file of lines half of a torn value can stand where a key should.
pub(super) fn showable<'a>(tree: &Tree, name: &'a [u8]) -> Option<&'a str> {
    if tree.flat { looks_like_a_name(name) } else { text_of_a_path(name) }
}

fn text_of_a_path(name: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(name).ok()?;
    (text.len() <= 256 && !looks_like_a_value(name) && !text.contains(char::is_control)).then_some(text)
}

/// A key that looks like a name.
pub(super) fn looks_like_a_name(name: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(name).ok()?;
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | ' ');
    (text.len() <= 64
        && !looks_like_a_value(name)
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(named))
    .then_some(text)
}
