//! What is wrong with a plaintext while it can still be mended.
//!
//! sops takes every byte as it is; here a file that no consumer would read as its author meant it, with CRLF line ends
//! or a byte order mark, is refused.

use super::open::looks_like_a_name;
use super::store::{Format, line_of};
use super::tree::{Kind, Tree};
use crate::error::{Error, Kind as Failure, Result};
use crate::secret::{SecretName, looks_like_a_value};

/// Refuses a text that starts as no text should. Comes before it is read.
pub(super) fn start(plain: &[u8]) -> Result<()> {
    if !plain.starts_with(b"\xef\xbb\xbf") {
        return Ok(());
    }
    Err(Error::failed("the file starts with a byte order mark, which would become part of the first key")
        .hint("save it as UTF-8 without byte order mark, e.g. `sed -i '1s/^\\xEF\\xBB\\xBF//' FILE`"))
}

/// What a plaintext may not hold because the metadata does.
pub(super) fn reserved(format: Format) -> &'static str {
    match format {
        Format::Dotenv => "names that start with \"sops_\" are",
        Format::Ini => "the section \"sops\" is",
        _ => "the key \"sops\" is",
    }
}

/// Refuses what a person hardly meant to write under a key.
pub(super) fn line(format: Format, name: &[u8], value: &[u8]) -> Result<()> {
    match format {
        Format::Dotenv => pair(name, value),
        _ => Ok(()),
    }
}

fn pair(name: &[u8], value: &[u8]) -> Result<()> {
    let no_name = || {
        Error::failed("what stands before \"=\" is no name that a program could ask for")
            .hint("is it the rest of a value? a value stays on one line; a line feed in it is written \\n")
    };
    let text = std::str::from_utf8(name).map_err(|_| no_name())?;
    if text.is_empty() {
        return Err(Error::failed("there is no key before \"=\""));
    }
    if looks_like_a_name(name).is_none() {
        return Err(no_name().note("names lie in the file in clear"));
    }
    if text.starts_with("export ") {
        return Err(Error::failed("the word \"export\" would become part of the key").hint("leave it out"));
    }
    if value.ends_with(b"\r") {
        return Err(Error::failed("it ends in CR LF, and the CR would become part of the value")
            .hint("save the text with LF; in vim: `:set fileformat=unix`"));
    }
    if value.contains(&0) {
        return Err(Error::failed("the value holds a NUL, which no environment can carry"));
    }
    SecretName::parse(text).map(|_| ()).map_err(|e| e.of_kind(Failure::Failed))
}

/// Refuses what is sealed already, and answers with remarks on the rest.
pub(super) fn look(format: Format, tree: &Tree, plain: &[u8]) -> Result<Vec<String>> {
    if let Some(found) = &tree.metadata {
        let at = found.blocks.iter().flatten().map(|range| range.start).min().unwrap_or_default();
        let number = line_of(plain, at);
        return Err(Error::failed(format!("line {number} is sops metadata: the file is sealed already")));
    }
    match format {
        Format::Dotenv => lines(tree, plain),
        _ => Ok(Vec::new()),
    }
}

fn lines(tree: &Tree, plain: &[u8]) -> Result<Vec<String>> {
    let mut remarks = Vec::new();
    let mut seen: Vec<(&[u8], usize)> = Vec::new();
    let mut in_quotes = Vec::new();
    let (mut number, mut counted) = (1, 0);
    for leaf in tree.leaves.iter().filter(|leaf| leaf.kind != Kind::Comment) {
        number += line_of(&plain[counted..], leaf.span.start - counted) - 1;
        counted = leaf.span.start;
        let (name, value) = (tree.name(plain, leaf), &plain[leaf.span.clone()]);
        if value.ends_with(b"\r") {
            return Err(Error::failed(format!(
                "line {number} ends in CR LF; the CR would become part of the value"
            ))
            .hint("turn the line ends into LF, e.g. `sed -i 's/\\r$//' FILE`"));
        }
        if value.contains(&0) {
            remarks.push(format!("line {number} holds a NUL, which no environment can carry"));
        }
        if quoted(value) {
            in_quotes.push(number.to_string());
        }
        remarks.extend(about_key(name).map(|said| format!("line {number}{said}")));
        seen.push((name, number));
    }
    if !in_quotes.is_empty() {
        let (s, them) = if in_quotes.len() == 1 { ("", "its") } else { ("s", "their") };
        remarks.push(format!(
            "line{s} {}: {them} quotes become part of the value; leave them out unless the program wants them",
            in_quotes.join(", ")
        ));
    }
    seen.sort();
    for pair in seen.windows(2) {
        if pair[0].0 == pair[1].0
            && let Some(name) = looks_like_a_name(pair[0].0)
        {
            remarks.push(format!(
                "key {name:?} stands on lines {} and {}; programs see the last",
                pair[0].1, pair[1].1
            ));
        }
    }
    Ok(remarks)
}

pub(super) fn about_key(name: &[u8]) -> Option<&'static str> {
    if name.starts_with(b"export ") {
        Some(": the word \"export\" becomes part of the key; leave it out")
    } else if name.is_empty() {
        Some(" has no key before \"=\"")
    } else if looks_like_a_value(name) {
        Some(": the key looks like a part of a value; names lie in the file in clear")
    } else if looks_like_a_name(name).is_none() {
        Some(": the key is no name that a program could ask for; is it the rest of a value?")
    } else {
        None
    }
}

/// Shells and compose take such quotes off; sops and a process environment keep them.
fn quoted(value: &[u8]) -> bool {
    matches!(value, [b'"', .., b'"'] | [b'\'', .., b'\''])
}
