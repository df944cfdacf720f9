//! The kinds of files that hold values: how each is read into a [`Tree`], and how a piece of one is written.
//!
//! A store knows the syntax of its files and nothing of keys, rules or MACs. It never writes a whole file: it says how
//! a token looks at its place, and which places of the file change when something comes or goes ([`Patch`]).

mod binary;
mod dotenv;
mod ini;
mod json;
mod yaml;

use std::ops::Range;

use memchr::memmem;

use super::meta::Meta;
use super::tree::{Kind, Leaf, Step, Text, Tree};
use crate::error::Result;
use crate::sops::open::looks_like_a_name;

pub(super) use dotenv::{Dotenv, RESERVED};

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines of `KEY=value`.
    Dotenv,
    /// One document or several, each a map.
    Yaml,
    /// An object.
    Json,
    /// Sections of `key = value`.
    Ini,
    /// Any bytes; sealed, they are one value in a JSON object.
    Binary,
}

impl Format {
    /// What a sealed file is, by its content. None where nothing of it looks like the metadata of sops.
    pub fn of_sealed(file: &[u8]) -> Option<Format> {
        let start = file.trim_ascii_start();
        if start.starts_with(b"{") {
            if has_map(file, b"\"sops\"") {
                return Some(if binary::is_one(file) { Format::Binary } else { Format::Json });
            }
            // a map of YAML in braces has the key without quotes
            if memmem::find(file, b"sops: {").is_some() {
                return Some(Format::Yaml);
            }
        } else if has_line(file, b"[sops]") {
            return Some(Format::Ini);
        } else if has_line(file, b"sops:") {
            return Some(Format::Yaml);
        }
        // the first key of an env file can start with a brace
        let at_start = |at: usize| at == 0 || file[at - 1] == b'\n';
        memmem::find_iter(file, RESERVED).any(at_start).then_some(Format::Dotenv)
    }

    /// What a file is by its name, without what says that it is sealed. None where the name says nothing.
    pub fn of_name(name: &str) -> Option<Format> {
        let name =
            [".enc", ".sops", ".age"].iter().fold(name, |name, end| name.strip_suffix(end).unwrap_or(name));
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        match end {
            "yaml" | "yml" => Some(Format::Yaml),
            "json" => Some(Format::Json),
            "ini" => Some(Format::Ini),
            _ => name.split('.').any(|part| part == "env").then_some(Format::Dotenv),
        }
    }

    /// What a plaintext is, by its content alone: lines with names in front of them, an object, a map, sections, or else
    /// just bytes.
    pub(crate) fn of_plain(file: &[u8]) -> Format {
        let reads = |format: Format| format.store().read(file).ok();
        let is_full = |tree: &Tree| tree.leaves.iter().any(|leaf| leaf.kind != Kind::Comment);
        if file.trim_ascii_start().starts_with(b"{") && reads(Format::Json).is_some() {
            return Format::Json;
        }
        // a text that happens to have "=" in every line has no names before them
        let named = |tree: &Tree| {
            let mut names = tree.leaves.iter().filter(|leaf| leaf.kind != Kind::Comment);
            !is_full(tree) || names.any(|leaf| looks_like_a_name(tree.name(file, leaf)).is_some())
        };
        if reads(Format::Dotenv).is_some_and(|tree| named(&tree)) {
            return Format::Dotenv;
        }
        let mut others = [Format::Yaml, Format::Ini].into_iter();
        others.find(|format| reads(*format).is_some_and(|tree| is_full(&tree))).unwrap_or(Format::Binary)
    }

    /// The word for it, in messages and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Format::Dotenv => "dotenv",
            Format::Yaml => "yaml",
            Format::Json => "json",
            Format::Ini => "ini",
            Format::Binary => "binary",
        }
    }

    /// The format of a word.
    pub fn of_word(word: &str) -> Option<Format> {
        const ALL: [Format; 5] = [Format::Dotenv, Format::Yaml, Format::Json, Format::Ini, Format::Binary];
        ALL.into_iter().find(|format| format.word() == word)
    }

    pub(super) fn store(self) -> &'static dyn Store {
        match self {
            Format::Dotenv => &Dotenv,
            Format::Yaml => &yaml::Yaml,
            Format::Json => &json::Json,
            Format::Ini => &ini::Ini,
            Format::Binary => &binary::Binary,
        }
    }
}

/// Whether a map stands behind a key of JSON.
fn has_map(file: &[u8], key: &[u8]) -> bool {
    memmem::find_iter(file, key).any(|at| {
        let behind = file[at + key.len()..].trim_ascii_start().strip_prefix(b":");
        behind.is_some_and(|value| value.trim_ascii_start().starts_with(b"{"))
    })
}

/// Whether a line is the mark and nothing else but a carriage return.
fn has_line(file: &[u8], mark: &[u8]) -> bool {
    memmem::find_iter(file, mark).any(|at| {
        let (before, after) = (&file[..at], &file[at + mark.len()..]);
        (before.is_empty() || before.ends_with(b"\n"))
            && (after.is_empty() || after.starts_with(b"\n") || after.starts_with(b"\r"))
    })
}

/// What is written instead of a piece of a file. Of two that start at one place, the first goes first.
pub(super) struct Patch {
    pub(super) range: Range<usize>,
    pub(super) text: Vec<u8>,
}

impl Patch {
    pub(super) fn cut(range: Range<usize>) -> Self {
        Patch { range, text: Vec::new() }
    }
}

/// The file with its patches, which may come in any order but not overlap.
pub(super) fn weave(file: &[u8], patches: Vec<Patch>) -> Vec<u8> {
    let grown: usize = patches.iter().map(|p| p.text.len()).sum();
    // room for all of it at once, so that no smaller copy is left behind by growth
    let mut out = Vec::with_capacity(file.len() + grown + 1);
    let pieces = patches.into_iter().map(|patch| (patch.range, patch.text)).collect();
    weave_into(&mut out, file, pieces, |text: Vec<u8>, out| {
        out.extend_from_slice(&text);
        Ok(())
    })
    // nothing that was written before can fail
    .unwrap_or_default();
    out
}

/// The same where what is written instead of a piece is made only when its turn comes.
pub(super) fn weave_into<P>(
    out: &mut Vec<u8>,
    file: &[u8],
    mut pieces: Vec<(Range<usize>, P)>,
    mut write: impl FnMut(P, &mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    pieces.sort_by_key(|(range, _)| (range.start, range.end));
    let mut at = 0;
    for (range, piece) in pieces {
        out.extend_from_slice(&file[at..range.start.max(at)]);
        write(piece, out)?;
        at = range.end.max(at);
    }
    out.extend_from_slice(&file[at..]);
    Ok(())
}

/// A place in a file.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) file: &'a [u8],
    pub(super) tree: &'a Tree,
    pub(super) leaf: &'a Leaf,
}

impl<'a> Place<'a> {
    /// What stands there now.
    pub(super) fn token(&self) -> &'a [u8] {
        &self.file[self.leaf.span.clone()]
    }
}

/// One kind of file.
pub(super) trait Store: Sync {
    /// Reads a file, sealed or not. Errors name the line, never its content.
    fn read(&self, file: &[u8]) -> Result<Tree>;

    /// A plaintext as it must be before it can be sealed at its places. None: as it is.
    fn prepare(&self, _plain: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    /// Writes the token for a text in the place of a leaf. `kind` is what the text is: a sealed text of any value is a
    /// [`Kind::Str`]. Numbers and booleans come as [`Store::shown`] gives them.
    fn token(&self, at: Place<'_>, kind: Kind, text: &[u8], out: &mut Vec<u8>) -> Result<()>;

    /// A number, boolean or time, given as it enters the MAC, as this kind of file writes it. None if it is none.
    fn shown(&self, kind: Kind, text: &str) -> Option<String>;

    /// Whether values have types here; else all are texts.
    fn is_typed(&self) -> bool;

    /// A plain file in the form in which its values and metadata stand beside each other, where it has another one.
    fn wrap(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let _ = plain;
        None
    }

    /// The plain file of that form.
    fn unwrap(&self, wrapped: &[u8]) -> Result<Option<Vec<u8>>> {
        let _ = wrapped;
        Ok(None)
    }

    /// Refuses a value that a file of this kind cannot give back as it is. A number or boolean that stands in a plain
    /// file comes as its token.
    fn takes(&self, kind: Kind, text: &[u8], encrypted: bool) -> Result<()> {
        let _ = (kind, text, encrypted);
        Ok(())
    }

    /// Leaves that go with a leaf.
    fn along(&self, tree: &Tree, leaf: usize) -> Vec<usize> {
        let _ = (tree, leaf);
        Vec::new()
    }

    /// What goes with these leaves and branches, each list in ascending order.
    fn cut(&self, file: &[u8], tree: &Tree, leaves: &[usize], branches: &[usize]) -> Vec<Patch>;

    /// Adds an empty text at the end of a map or list, below new maps where the way there has more than one step.
    /// A key of the way is one that can be written.
    fn graft(&self, file: &[u8], tree: &Tree, branch: usize, way: &[Step]) -> Result<Patch>;

    /// Metadata as this kind of file holds it, in the layout of the file. A text that is empty is as good a time or MAC
    /// as any: they are written over when the file is sealed.
    fn metadata(&self, file: &[u8], tree: &Tree, fields: &Meta) -> Vec<u8>;

    /// Puts a block of metadata in the place of what is there, or where it belongs.
    fn attach(&self, file: &[u8], tree: &Tree, block: &[u8]) -> Result<Vec<Patch>>;

    /// Takes the metadata out.
    fn detach(&self, file: &[u8], tree: &Tree) -> Vec<Patch>;

    /// What every file of this kind ends in.
    fn end(&self, out: &mut Vec<u8>) {
        if out.last().is_some_and(|last| *last != b'\n') {
            out.push(b'\n');
        }
    }
}

/// The token of a text of plain ASCII, in the quotes in which the former one stands.
pub(super) fn in_its_quotes(former: &[u8], text: &[u8]) -> Vec<u8> {
    match former.first() {
        Some(quote @ (b'"' | b'\'')) => [&[*quote], text, &[*quote]].concat(),
        _ => text.to_vec(),
    }
}

/// The number of the line on which a place of the file stands.
pub(super) fn line_of(file: &[u8], at: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &file[..at]).count()
}

/// A text that stands in the file as it is, or decoded where `decode` says so.
pub(super) fn text_at(range: Range<usize>, decoded: Option<Vec<u8>>) -> Text {
    decoded.map_or(Text::At(range), Text::from)
}
