//! The lines of a dotenv file, as sops reads them: split at line feeds only, `#` is a comment in column 0 only, the
//! first `=` splits, and a backslash followed by `n` stands for a line feed. Nothing is trimmed or unquoted.
//!
//! The same grammar holds for plaintext and sealed files. Spans point into the bytes, so that a line which nobody
//! touched is written back as it was. Faults name the line, never its content.

use std::ops::Range;

use memchr::{memchr, memmem};

use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// What a line is; spans are of the whole file's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
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

pub(super) const RESERVED: &[u8] = b"sops_";

/// Splits a file into lines.
pub(super) fn lines(bytes: &[u8]) -> Result<Vec<Line>> {
    let mut lines = Vec::with_capacity(bytes.len() / 64);
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

/// Backslash-n becomes a line feed.
pub(super) fn unescape(value: &[u8]) -> SecretValue {
    if holds_as_it_is(value) {
        return SecretValue::new(value.to_vec());
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memmem::find(rest, b"\\n") {
        out.extend_from_slice(&rest[..at]);
        out.push(b'\n');
        rest = &rest[at + 2..];
    }
    out.extend_from_slice(rest);
    SecretValue::new(out)
}

/// Whether a line in clear can hold `value`: there every backslash before an n is a line feed.
pub(super) fn holds_as_it_is(value: &[u8]) -> bool {
    memmem::find(value, b"\\n").is_none()
}

/// The length of `value` once line feeds are written as backslash-n.
pub(super) fn escaped_len(value: &[u8]) -> usize {
    value.len() + value.iter().filter(|b| **b == b'\n').count()
}

/// Writes `value` with line feeds as backslash-n; `out` has room for [`escaped_len`].
pub(super) fn escape(value: &[u8], out: &mut Vec<u8>) {
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
            let value = unescape(file.as_bytes());
            assert_eq!(value.expose(), memory.as_bytes());
            let mut out = Vec::new();
            escape(value.expose(), &mut out);
            assert_eq!(out, file.as_bytes());
            assert_eq!(out.len(), escaped_len(value.expose()));
        }
    }

    #[test]
    fn reserved_keys_are_metadata_wherever_they_stand() {
        let found = lines(b"sops_mac=x\nA=1\nSOPS_X=1\nsopsy=2").unwrap();
        assert!(matches!(found[0], Line::Meta { .. }));
        assert!(found[1..].iter().all(|l| matches!(l, Line::Pair { .. })));
    }
}
