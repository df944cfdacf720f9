//! How a value is written at its place: bare, in quotes, or as a block of lines.
//!
//! A text stands without quotes only where no reader of YAML, of version 1.1 or 1.2, would take it for anything else.

use std::fmt::Write;
use std::ops::Range;

use base64::Engine;

use super::layout::{Around, eol};
use super::nodes::{behind_blanks, line_end};
use super::scalars::{self, BASE64};
use crate::error::{Error, Result};
use crate::sops::store::Place;
use crate::sops::tree::{Kind, Step};

/// Writes the token for a text in the place of a leaf.
pub(super) fn token(at: Place<'_>, kind: Kind, text: &[u8], out: &mut Vec<u8>) -> Result<()> {
    if kind == Kind::Comment && at.leaf.kind == Kind::Comment {
        return comment(at, text, out);
    }
    let former = at.token();
    let (properties, former) = split_properties(former);
    if former.is_empty() && properties.is_empty() {
        lead(at, out);
    }
    out.extend_from_slice(properties);
    match kind {
        Kind::Int | Kind::Float | Kind::Bool | Kind::Time => out.extend_from_slice(text),
        Kind::Null => out.extend_from_slice(b"null"),
        Kind::Empty => out.extend_from_slice(if former.is_empty() { b"{}" } else { former }),
        Kind::Str | Kind::Comment => {
            let around = Around::of(at.file, at.tree, at.leaf.branch);
            let indent = block_indent(former).unwrap_or(around.column + around.step);
            let block = !around.flow && ends_here(at, indent);
            let place = Spot { former, flow: around.flow, block, indent, eol: eol(at.file) };
            place.write(text, out);
        }
    }
    Ok(())
}

/// Where a text is written.
pub(super) struct Spot<'a> {
    /// What stood there, whose style stays.
    pub(super) former: &'a [u8],
    /// Whether it is in brackets.
    pub(super) flow: bool,
    /// Whether it may be a block of lines.
    pub(super) block: bool,
    /// How far the lines of a block are indented.
    pub(super) indent: usize,
    pub(super) eol: &'static str,
}

impl Spot<'_> {
    pub(super) fn write(&self, bytes: &[u8], out: &mut Vec<u8>) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            out.extend_from_slice(b"!!binary ");
            // in brackets the characters of base64 stand for nothing else either
            out.extend_from_slice(BASE64.encode(bytes).as_bytes());
            return;
        };
        let style = self.former.first().filter(|_| self.former.len() > 2);
        let sealed = text.starts_with("ENC[");
        let is_plain = is_plain(text, self.flow);
        match style {
            Some(b'\'') if !sealed && !text.contains('\'') && text.chars().all(is_printable) => {
                out.push(b'\'');
                out.extend_from_slice(text.as_bytes());
                out.push(b'\'');
            }
            Some(b'"' | b'\'') if !sealed => quoted(text, out),
            Some(b'|' | b'>') if self.block && !sealed && is_block(text) => self.block(text, out),
            _ if is_plain => out.extend_from_slice(text.as_bytes()),
            _ if self.block && text.contains('\n') && is_block(text) => self.block(text, out),
            _ => quoted(text, out),
        }
    }

    fn block(&self, text: &str, out: &mut Vec<u8>) {
        let (body, header) = text.strip_suffix('\n').map_or((text, "|-"), |body| (body, "|"));
        out.extend_from_slice(header.as_bytes());
        for line in body.split('\n') {
            out.extend_from_slice(self.eol.as_bytes());
            if !line.is_empty() {
                out.resize(out.len() + self.indent, b' ');
                out.extend_from_slice(line.as_bytes());
            }
        }
    }
}

/// Whether a block of lines in the place of a leaf would end with it, also when the metadata behind it is gone.
fn ends_here(at: Place<'_>, indent: usize) -> bool {
    let end = at.leaf.span.end;
    let next = line_end(at.file, end) + 1;
    let mut blocks = at.tree.metadata.iter().flat_map(|found| found.blocks.iter().flatten());
    let shown = |block: &Range<usize>| {
        let behind = behind_blanks(at.file, block.end);
        !at.file[..behind].ends_with(b"\n") || block_ends(at.file, behind - 1, indent)
    };
    block_ends(at.file, end, indent) && blocks.find(|block| block.start == next).is_none_or(shown)
}

/// Whether a block of lines, indented so far, would end where a token ends: a comment or a blank behind it on its line
/// would be a part of the text, and so would be what is indented like the text on the lines below.
pub(super) fn block_ends(file: &[u8], end: usize, indent: usize) -> bool {
    let mut lines = file[end..].split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    if lines.next().is_some_and(|rest| !rest.is_empty()) {
        return false;
    }
    for line in lines {
        let text = line.trim_ascii_start();
        let column = line.iter().take_while(|b| **b == b' ').count();
        match text.first() {
            Some(b'#') => return column < indent,
            Some(_) => return true,
            None if line.len() > column || column > indent => return false,
            None => {}
        }
    }
    true
}

/// A key.
pub(super) fn key(text: &str, flow: bool, out: &mut Vec<u8>) {
    if is_plain(text, flow) && !text.contains(": ") && text.len() < 120 {
        out.extend_from_slice(text.as_bytes());
    } else {
        quoted(text, out);
    }
}

/// A comment. One that stands as an element of a list is an element only while it is sealed.
fn comment(at: Place<'_>, text: &[u8], out: &mut Vec<u8>) -> Result<()> {
    if text.iter().any(|b| matches!(b, b'\n' | b'\r')) {
        return Err(Error::failed("a comment cannot hold a line break"));
    }
    let start = at.leaf.span.start;
    let is_element = start > 0 && at.file[start - 1] != b'#' && at.token().starts_with(b"-");
    if is_element {
        let in_clear: &[u8] = if at.leaf.fixed { b"[] #" } else { b"#" };
        out.extend_from_slice(if text.starts_with(b"ENC[") { b"- " } else { in_clear });
    }
    out.extend_from_slice(text);
    Ok(())
}

/// What must come before a value where there was none: a blank, or the colon as well.
fn lead(at: Place<'_>, out: &mut Vec<u8>) {
    let before = &at.file[..at.leaf.span.start];
    let trimmed = before.trim_ascii_end();
    let word = trimmed.iter().rposition(|b| b.is_ascii_whitespace()).map_or(0, |n| n + 1);
    let is_property = matches!(trimmed.get(word), Some(b'&' | b'!'));
    let needs_colon = matches!(at.leaf.step, Some(Step::Key(_))) && !is_property && !trimmed.ends_with(b":");
    if needs_colon {
        out.extend_from_slice(b": ");
    } else if before.last().is_some_and(|b| !matches!(b, b' ' | b'[' | b'{' | b'\n')) {
        out.push(b' ');
    }
}

/// The anchor that a token with a tag starts with, which stays; and what follows tag and anchor.
fn split_properties(token: &[u8]) -> (&[u8], &[u8]) {
    let (mut rest, mut anchor) = (token, &b""[..]);
    while let Some(b'!' | b'&') = rest.first() {
        let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        let value = rest[end..].trim_ascii_start();
        if rest[0] == b'&' {
            anchor = &rest[..rest.len() - value.len()];
        }
        rest = value;
    }
    (anchor, rest)
}

/// How far the lines of a block scalar are indented.
fn block_indent(token: &[u8]) -> Option<usize> {
    if !matches!(token.first(), Some(b'|' | b'>')) {
        return None;
    }
    let lines = token.split(|b| *b == b'\n').skip(1);
    let line = lines.map(|l| l.strip_suffix(b"\r").unwrap_or(l)).find(|l| !l.trim_ascii().is_empty())?;
    // the first line may start with blanks of its own
    let header = token.split(|b| *b == b'\n').next()?;
    let says_so = header.iter().take(3).any(u8::is_ascii_digit);
    (!says_so).then(|| line.iter().take_while(|b| **b == b' ').count())
}

/// Whether a text can stand as a block of lines that ends where the text does.
fn is_block(text: &str) -> bool {
    let printable = text.chars().all(|c| c == '\n' || c == '\t' || is_printable(c));
    let starts = !text.starts_with([' ', '\t', '\n']);
    let last = text.strip_suffix('\n').unwrap_or(text).rsplit('\n').next().unwrap_or_default();
    printable && starts && !last.trim().is_empty()
}

/// Characters that every reader takes as they are.
fn is_printable(c: char) -> bool {
    let strange =
        matches!(c, '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}');
    c >= ' ' && !strange && u32::from(c) & 0xfffe != 0xfffe
}

/// Whether a text can stand without quotes.
fn is_plain(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let starts = first.is_alphanumeric() || matches!(first, '_' | '/' | '.' | '+' | '$' | '(' | '^' | '~');
    let brackets = |c: char| matches!(c, ',' | '[' | ']' | '{' | '}' | ':' | '#' | '?');
    let is_number = text.bytes().all(|b| b.is_ascii_digit() || b".:_-+".contains(&b));
    let word = || ["y", "n", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word));
    starts
        && text.chars().all(|c| is_printable(c) && !(flow && brackets(c)))
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !text.starts_with("...")
        && !(is_number && text.contains(':'))
        && !word()
        && scalars::is_text(text)
}

fn quoted(text: &str, out: &mut Vec<u8>) {
    let mut token = String::with_capacity(text.len() + 2);
    token.push('"');
    for c in text.chars() {
        match c {
            '"' => token.push_str("\\\""),
            '\\' => token.push_str("\\\\"),
            '\n' => token.push_str("\\n"),
            '\t' => token.push_str("\\t"),
            '\r' => token.push_str("\\r"),
            c if is_printable(c) => token.push(c),
            // writing to a string does not fail
            c if u32::from(c) < 0x100 => drop(write!(token, "\\x{:02X}", u32::from(c))),
            c if u32::from(c) < 0x10000 => drop(write!(token, "\\u{:04X}", u32::from(c))),
            c => drop(write!(token, "\\U{:08X}", u32::from(c))),
        }
    }
    token.push('"');
    out.extend_from_slice(token.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(former: &str, flow: bool, text: &str) -> String {
        let mut out = Vec::new();
        Spot { former: former.as_bytes(), flow, block: !flow, indent: 4, eol: "\n" }
            .write(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_text_keeps_its_style_where_it_can() {
        for (former, text, want) in [
            ("x", "plain text", "plain text"),
            ("x", "12", "\"12\""),
            ("x", "yes", "\"yes\""),
            ("x", "2020-01-02", "\"2020-01-02\""),
            ("x", "a: b", "\"a: b\""),
            ("x", "a #b", "\"a #b\""),
            ("x", " a", "\" a\""),
            ("x", "", "\"\""),
            ("x", "1:20", "\"1:20\""),
            ("x", "a\nb", "|-\n    a\n    b"),
            ("x", "a\n\nb\n", "|\n    a\n\n    b"),
            ("x", " a\nb", "\" a\\nb\""),
            ("x", "a\n\n", "\"a\\n\\n\""),
            ("x", "a\u{85}b", "\"a\\x85b\""),
            ("'x'", "a: b", "'a: b'"),
            ("'x'", "it's", "\"it's\""),
            ("\"x\"", "a", "\"a\""),
            ("\"\"", "a", "a"),
            ("|\n  x", "a", "|-\n    a"),
            ("\"x\"", "ENC[AES256_GCM,data:a]", "ENC[AES256_GCM,data:a]"),
        ] {
            assert_eq!(written(former, false, text), want, "{text:?}");
        }
        assert_eq!(written("x", true, "ENC[AES256_GCM,data:a]"), "\"ENC[AES256_GCM,data:a]\"");
        assert_eq!(written("x", true, "a\nb"), "\"a\\nb\"");
    }
}
