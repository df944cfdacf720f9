//! The lines of a dotenv file, as sops reads them: split at line feeds only, `#` is a comment in column 0 only, the
//! first `=` splits, and a backslash followed by `n` stands for a line feed. Nothing is trimmed or unquoted.
//!
//! The same grammar holds for plaintext and sealed files. A key is a name as it is, and no path; every value is a text.
//! Blank lines and metadata that stands among the values keep their places. Faults name the line, never its content.

use std::ops::Range;

use memchr::{memchr, memmem};

use super::{Patch, Place, Store, text_at};
use crate::error::{Error, Result};
use crate::sops::meta::Meta;
use crate::sops::metadata::damaged;
use crate::sops::number;
use crate::sops::stamp;
use crate::sops::tree::{Found, Kind, Step, Text, Tree};
use crate::sops::value::Cipher;

/// What a line is; spans are of the whole file's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Blank,
    /// The text after `#`.
    Comment(Range<usize>),
    Pair {
        key: Range<usize>,
        value: Range<usize>,
    },
    /// A pair whose key starts with `sops_`.
    Meta {
        key: Range<usize>,
        value: Range<usize>,
    },
}

/// What the names of metadata start with.
pub(in crate::sops) const RESERVED: &[u8] = b"sops_";

/// Splits a file into lines.
fn lines(bytes: &[u8]) -> Result<Vec<Line>> {
    let mut lines = Vec::with_capacity(memchr::memchr_iter(b'\n', bytes).count() + 1);
    let mut start = 0;
    while start < bytes.len() {
        let end = memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |n| start + n);
        lines.push(line(bytes, start, end, lines.len() + 1)?);
        start = end + 1;
    }
    Ok(lines)
}

fn line(bytes: &[u8], start: usize, end: usize, number: usize) -> Result<Line> {
    let text = &bytes[start..end];
    if text.is_empty() {
        return Ok(Line::Blank);
    }
    if text.starts_with(b"<<<<<<< ") || text.starts_with(b">>>>>>> ") || text == b"=======" {
        return Err(Error::failed(format!("line {number} is a conflict marker")).hint(
            "take one side with `git checkout --ours` or `--theirs`, then apply the other side's changes",
        ));
    }
    if text[0] == b'#' {
        return Ok(Line::Comment(start + 1..end));
    }
    let Some(equals) = memchr(b'=', text) else {
        let what = if text == b"\r" {
            "is blank but for a carriage return"
        } else if text.trim_ascii().is_empty() {
            "holds only blanks"
        } else if text.trim_ascii_start().starts_with(b"#") {
            "is an indented comment; a comment starts in the first column"
        } else {
            "has no \"=\""
        };
        return Err(Error::failed(format!("line {number} {what}"))
            .hint("a line is KEY=value, a comment that starts with #, or empty; a value stays on one line"));
    };
    let (key, value) = (start..start + equals, start + equals + 1..end);
    Ok(if text.starts_with(RESERVED) { Line::Meta { key, value } } else { Line::Pair { key, value } })
}

/// The store of env files.
pub(in crate::sops) struct Dotenv;

impl Store for Dotenv {
    fn read(&self, file: &[u8]) -> Result<Tree> {
        let mut tree = Tree::new(true);
        let mut meta = Vec::new();
        let lines = lines(file)?;
        tree.leaves.reserve_exact(lines.len());
        for line in lines {
            // with its line feed, where it has one
            let entry = |start: usize, end: usize| start..(end + 1).min(file.len());
            match line {
                Line::Blank => {}
                Line::Comment(text) => {
                    let entry = entry(text.start - 1, text.end);
                    tree.comment(0, Text::At(text.clone()), text, entry);
                }
                Line::Pair { key, value } => {
                    let entry = entry(key.start, value.end);
                    // looking for what base64 never holds would cost as much as finding the line
                    let is_sealed = Cipher::looks_sealed(&file[value.clone()]);
                    let decoded = if is_sealed { None } else { unescape(&file[value.clone()]) };
                    let text = text_at(value.clone(), decoded);
                    tree.leaf(file, 0, Step::Key(Text::At(key)), (Kind::Str, text), value, entry);
                }
                Line::Meta { key, value } => meta.push((key, value)),
            }
        }
        if !meta.is_empty() {
            tree.metadata = Some(found(file, &meta)?);
        }
        Ok(tree)
    }

    fn token(&self, _: Place<'_>, kind: Kind, text: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if kind == Kind::Comment {
            out.extend_from_slice(text);
        } else {
            escape(text, out);
        }
        Ok(())
    }

    /// As Go prints them, since sops does when it is told to put a number here.
    fn shown(&self, kind: Kind, text: &str) -> Option<String> {
        match kind {
            Kind::Float => number::float(text).map(|(shown, _)| shown),
            Kind::Bool => number::boolean(text).map(|(shown, _)| shown),
            // hashed with its fraction of a second, shown without
            Kind::Time => stamp::normalise(text),
            _ => Some(text.to_owned()),
        }
    }

    fn is_typed(&self) -> bool {
        false
    }

    fn takes(&self, kind: Kind, text: &[u8], encrypted: bool) -> Result<()> {
        if encrypted || kind == Kind::Comment || holds_as_it_is(text) {
            return Ok(());
        }
        Err(Error::failed("the value holds a backslash before an n, which would be read as a line feed"))
    }

    fn cut(&self, _: &[u8], tree: &Tree, leaves: &[usize], _: &[usize]) -> Vec<Patch> {
        leaves.iter().map(|leaf| Patch::cut(tree.leaves[*leaf].entry.clone())).collect()
    }

    /// Behind the last key or comment, so that metadata and the blank lines before it stay where they are.
    fn graft(&self, file: &[u8], tree: &Tree, _: usize, way: &[Step]) -> Result<Patch> {
        let at = tree.leaves.last().map_or(0, |leaf| leaf.entry.end);
        let mut text = Vec::new();
        if at > 0 && file[at - 1] != b'\n' {
            text.push(b'\n');
        }
        if let [Step::Key(key)] = way {
            text.extend_from_slice(key.bytes(file));
        }
        text.extend_from_slice(b"=\n");
        Ok(Patch { range: at..at, text })
    }

    fn metadata(&self, _: &[u8], _: &Tree, fields: &Meta) -> Vec<u8> {
        let mut text = Vec::new();
        for (name, value) in fields.flatten() {
            text.extend_from_slice(RESERVED);
            text.extend_from_slice(name.as_bytes());
            text.push(b'=');
            escape(value.as_bytes(), &mut text);
            text.push(b'\n');
        }
        text
    }

    fn attach(&self, file: &[u8], tree: &Tree, block: &[u8]) -> Result<Vec<Patch>> {
        let mut patches = self.detach(file, tree);
        match patches.first_mut() {
            Some(first) => first.text = block.to_vec(),
            None => {
                let unended = file.last().is_some_and(|last| *last != b'\n');
                let text = [if unended { &b"\n"[..] } else { b"" }, block].concat();
                patches.push(Patch { range: file.len()..file.len(), text });
            }
        }
        Ok(patches)
    }

    fn detach(&self, _: &[u8], tree: &Tree) -> Vec<Patch> {
        let blocks = tree.metadata.iter().flat_map(|found| found.blocks.iter().flatten());
        blocks.map(|range| Patch::cut(range.clone())).collect()
    }
}

fn found(file: &[u8], lines: &[(Range<usize>, Range<usize>)]) -> Result<Found> {
    let mut fields = Vec::with_capacity(lines.len());
    let (mut mac, mut modified) = (Vec::new(), Vec::new());
    for (key, value) in lines {
        let text = |range: &Range<usize>| std::str::from_utf8(&file[range.clone()]).ok();
        let (Some(name), Some(said)) = (text(&(key.start + RESERVED.len()..key.end)), text(value)) else {
            return Err(damaged("a metadata line is not UTF-8"));
        };
        match name {
            "mac" => mac.push(value.clone()),
            "lastmodified" => modified.push(value.clone()),
            _ => {}
        }
        fields.push((name, said.replace("\\n", "\n")));
    }
    let whole = |(key, value): &(Range<usize>, Range<usize>)| key.start..(value.end + 1).min(file.len());
    let blocks = vec![lines.iter().map(whole).collect()];
    Ok(Found { fields: Meta::gather(fields.into_iter(), "sops_")?, modified, mac, blocks })
}

/// Backslash-n becomes a line feed. None where there is none.
fn unescape(value: &[u8]) -> Option<Vec<u8>> {
    memmem::find(value, b"\\n")?;
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memmem::find(rest, b"\\n") {
        out.extend_from_slice(&rest[..at]);
        out.push(b'\n');
        rest = &rest[at + 2..];
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// Whether a line in clear can hold `value`: there every backslash before an n is a line feed.
fn holds_as_it_is(value: &[u8]) -> bool {
    memmem::find(value, b"\\n").is_none()
}

/// Writes `value` with line feeds as backslash-n.
fn escape(value: &[u8], out: &mut Vec<u8>) {
    for (i, part) in value.split(|b| *b == b'\n').enumerate() {
        if i > 0 {
            out.extend_from_slice(b"\\n");
        }
        out.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_the_line_and_not_its_content() {
        for (text, number) in [
            ("A=1\nsecret", 2),
            ("  # c", 1),
            ("A=1\n\r\n", 2),
            ("A=\"l1\nl2\"", 2),
            ("\n\n   ", 3),
            ("<<<<<<< HEAD\nA=1", 1),
            ("A=1\n=======\nA=2", 2),
        ] {
            let error = lines(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {number} ")), "{error}");
            assert!(!error.contains("secret") && !error.contains("l2"), "{error}");
        }
    }

    #[test]
    fn escapes_round_trip() {
        for (file, memory) in [("x\\ny", "x\ny"), ("\\n\\n", "\n\n"), ("C:\\new", "C:\new"), ("a\\b", "a\\b")]
        {
            let value = unescape(file.as_bytes()).unwrap_or(file.into());
            assert_eq!(value, memory.as_bytes());
            let mut out = Vec::new();
            escape(&value, &mut out);
            assert_eq!(out, file.as_bytes());
        }
    }

    #[test]
    fn reserved_keys_are_metadata_wherever_they_stand() {
        let found = lines(b"sops_mac=x\nA=1\nSOPS_X=1\nsopsy=2").unwrap();
        assert!(matches!(found[0], Line::Meta { .. }));
        assert!(found[1..].iter().all(|l| matches!(l, Line::Pair { .. })));
    }
}
