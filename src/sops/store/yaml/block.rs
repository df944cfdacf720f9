//! The metadata as it lies in a YAML file: a map under the key `sops` at the end of each document.

use super::layout::{self, eol, is_flow};
use super::nodes::{behind_blanks, line_end};
use super::reading::{self, SOPS};
use super::tokens::{self, Spot};
use crate::error::Result;
use crate::sops::meta::Meta;
use crate::sops::store::Patch;
use crate::sops::tree::{Kind, Tree};

/// The metadata as lines, in the layout of the file.
pub(super) fn write(file: &[u8], tree: &Tree, fields: &Meta) -> Vec<u8> {
    let writer = Writer { step: layout::step(file, tree), eol: eol(file) };
    let mut out = format!("{SOPS}:").into_bytes();
    writer.value("", fields, 0, 0, &mut out);
    out.extend_from_slice(writer.eol.as_bytes());
    out
}

struct Writer {
    step: usize,
    eol: &'static str,
}

impl Writer {
    /// What follows a colon. `column` is where the key stands, `level` where its line starts.
    fn value(&self, name: &str, value: &Meta, column: usize, level: usize, out: &mut Vec<u8>) {
        // deeper than the key, also where that stands behind a dash
        let below = if level + self.step > column { level + self.step } else { column + self.step };
        match value {
            Meta::Map(entries) if entries.is_empty() => out.extend_from_slice(b" {}"),
            Meta::List(all) if all.is_empty() => out.extend_from_slice(b" []"),
            Meta::Map(entries) => self.entries(entries, below, below, false, out),
            Meta::List(all) => {
                for element in all {
                    self.line(below, out);
                    out.push(b'-');
                    match element {
                        Meta::Map(entries) if !entries.is_empty() => {
                            out.push(b' ');
                            self.entries(entries, below + 2, below, true, out);
                        }
                        other => self.value("", other, below, below, out),
                    }
                }
            }
            Meta::Bare(text) => {
                out.push(b' ');
                out.extend_from_slice(text.as_bytes());
            }
            Meta::Text(text) => {
                out.push(b' ');
                // it is written over when the file is sealed, and sops has no quotes there
                let text = if text.is_empty() && name == "mac" { "ENC[]" } else { text };
                Spot { former: b"", flow: false, block: true, indent: below, eol: self.eol }
                    .write(text.as_bytes(), out);
            }
        }
    }

    fn entries(
        &self,
        entries: &[(String, Meta)],
        column: usize,
        level: usize,
        begun: bool,
        out: &mut Vec<u8>,
    ) {
        for (at, (name, value)) in entries.iter().enumerate() {
            if at > 0 || !begun {
                self.line(column, out);
            }
            tokens::key(name, false, out);
            out.push(b':');
            self.value(name, value, column, level, out);
        }
    }

    fn line(&self, column: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(self.eol.as_bytes());
        out.resize(out.len() + column, b' ');
    }
}

/// The same in brackets.
fn in_brackets(name: &str, value: &Meta, out: &mut Vec<u8>) {
    let texts = |text: &str, out: &mut Vec<u8>| {
        Spot { former: b"\"x\"", flow: true, block: false, indent: 0, eol: "\n" }.write(text.as_bytes(), out);
    };
    match value {
        Meta::Map(entries) => {
            out.push(b'{');
            for (at, (name, value)) in entries.iter().enumerate() {
                out.extend_from_slice(if at > 0 { b", " } else { b"" });
                tokens::key(name, true, out);
                out.extend_from_slice(b": ");
                in_brackets(name, value, out);
            }
            out.push(b'}');
        }
        Meta::List(all) => {
            out.push(b'[');
            for (at, value) in all.iter().enumerate() {
                out.extend_from_slice(if at > 0 { b", " } else { b"" });
                in_brackets("", value, out);
            }
            out.push(b']');
        }
        Meta::Bare(text) => out.extend_from_slice(text.as_bytes()),
        Meta::Text(text) if text.is_empty() && name == "mac" => out.extend_from_slice(b"\"ENC[]\""),
        Meta::Text(text) => texts(text, out),
    }
}

/// The documents of a tree: the root of each, and its number.
fn roots(tree: &Tree) -> impl Iterator<Item = (usize, usize)> + '_ {
    let roots = (0..tree.branches.len()).filter(|b| tree.branches[*b].parent.is_none());
    roots.enumerate().map(|(number, root)| (root, number))
}

/// Puts a block of metadata into each document.
pub(super) fn attach(file: &[u8], tree: &Tree, block: &[u8]) -> Result<Vec<Patch>> {
    let mut patches = Vec::new();
    // an entry of a map in braces comes with its comma
    let bare = block.trim_ascii().strip_prefix(b",").unwrap_or(block.trim_ascii()).trim_ascii();
    let bare = bare.strip_suffix(b",").unwrap_or(bare);
    for (root, number) in roots(tree) {
        let found = tree.metadata.as_ref().and_then(|found| found.blocks.get(number));
        let standing = found.map_or(&[][..], |blocks| &blocks[..]);
        let span = tree.branches[root].span.clone();
        let holds_more = holds_values(tree, root);
        if is_flow(file, tree, root) {
            if !holds_more && standing.is_empty() {
                patches.push(Patch { range: span, text: bare.to_vec() });
                continue;
            }
            patches.extend(standing.iter().map(|range| Patch::cut(range.clone())));
            let mut text = if holds_more { b", ".to_vec() } else { Vec::new() };
            tokens::key(SOPS, true, &mut text);
            text.extend_from_slice(b": ");
            in_brackets("", &fields_of(bare)?, &mut text);
            let close = span.end - 1;
            let last = file[..close].trim_ascii_end();
            if last.ends_with(b",") && standing.is_empty() {
                text.drain(..1);
            }
            patches.push(Patch { range: close..close, text });
        } else if let Some((first, others)) = standing.split_first() {
            patches.push(Patch { range: first.clone(), text: [bare, eol(file).as_bytes()].concat() });
            patches.extend(others.iter().map(|range| Patch::cut(range.clone())));
        } else {
            patches.push(at_the_end(file, tree, root, bare));
        }
    }
    Ok(patches)
}

fn fields_of(block: &[u8]) -> Result<Meta> {
    let tree = reading::tree(&[block, b"\n"].concat())?;
    Ok(tree.metadata.map_or(Meta::Map(Vec::new()), |found| found.fields))
}

/// Behind what the document holds, before blank lines that end it.
fn at_the_end(file: &[u8], tree: &Tree, root: usize, block: &[u8]) -> Patch {
    let (span, entry) = (&tree.branches[root].span, &tree.branches[root].entry);
    let text = file[..entry.end].trim_ascii_end().len();
    let end = text.max(span.end).max(entry.start.min(file.len()));
    let eol = eol(file).as_bytes();
    let line = line_end(file, end);
    if end == entry.end && (end == 0 || file[end - 1] == b'\n') {
        return Patch { range: end..end, text: [block, eol].concat() };
    }
    if line >= file.len() {
        let is_ended = file.is_empty() || file.ends_with(b"\n");
        let lead = if is_ended { b"" } else { eol };
        return Patch { range: file.len()..file.len(), text: [lead, block, eol].concat() };
    }
    Patch { range: line + 1..line + 1, text: [block, eol].concat() }
}

/// Whether a document holds more than metadata.
fn holds_values(tree: &Tree, root: usize) -> bool {
    let leaf = tree.leaves.iter().any(|leaf| leaf.branch == root && leaf.kind != Kind::Comment);
    leaf || tree.branches.iter().any(|branch| branch.parent == Some(root))
}

/// Takes the metadata out. A document that held nothing else is an empty map. Lines of blanks behind it go as well: to a
/// block of lines above it they would be a part of the text.
pub(super) fn detach(file: &[u8], tree: &Tree) -> Vec<Patch> {
    let Some(found) = &tree.metadata else { return Vec::new() };
    let mut patches = Vec::new();
    for (root, number) in roots(tree) {
        let Some(blocks) = found.blocks.get(number) else { continue };
        for (at, block) in blocks.iter().enumerate() {
            let behind = if is_flow(file, tree, root) { block.end } else { behind_blanks(file, block.end) };
            let mut patch = Patch::cut(block.start..behind);
            if at == 0 && !is_flow(file, tree, root) && !holds_values(tree, root) {
                patch.text = format!("{{}}{}", eol(file)).into_bytes();
            }
            patches.push(patch);
        }
    }
    patches
}
