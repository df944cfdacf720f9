//! A name that is itself a value: `name: DB_PASSWORD` and `value: …` below it, `<add key="…" value="…"/>`.

use super::Found;
use super::assign::{Assigned, line_end};
use super::literal;

/// What is assigned to a name that stands as a value.
pub(super) fn look(here: &Assigned<'_>, at: usize, line: usize) -> Option<Found> {
    let bytes = here.text.bytes;
    if !is_named(bytes, here.name.start, &bytes[here.name.clone()]) {
        return None;
    }
    // in the same line, or in one of the next two
    let (mut from, mut end) = (at, line);
    for _ in 0..3 {
        if let Some(value) = value(&bytes[..end], from) {
            let found = literal::literal(&bytes[..end], value, here.form)?;
            return here.judged(found, false);
        }
        // the pair ends where a map does
        if end >= bytes.len() || memchr::memchr2(b'}', b'>', &bytes[from..end]).is_some() {
            return None;
        }
        from = end + 1;
        end = line_end(bytes, from);
        let next = bytes[from..end].trim_ascii();
        if next.starts_with(b"-") || next.starts_with(b"valueFrom") {
            return None;
        }
    }
    None
}

/// Whether `name:`, `"key":`, `name=` stands before.
fn is_named(bytes: &[u8], start: usize, name: &[u8]) -> bool {
    let before = &bytes[start.saturating_sub(40)..start];
    let before = before.trim_ascii_end();
    let before =
        before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before).trim_ascii_end();
    let Some(before) = before.strip_suffix(b":").or_else(|| before.strip_suffix(b"=")) else { return false };
    let before = before.trim_ascii_end();
    let before = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before);
    // `"type": "password", "value": "…"`
    let kind = before.ends_with(b"type") && name == b"password";
    kind || [&b"name"[..], b"key", b"parameterkey", b"variable", b"setting", b"option_name"].iter().any(
        |word| before.len() >= word.len() && before[before.len() - word.len()..].eq_ignore_ascii_case(word),
    )
}

/// Where the value begins behind `value:`, `"value":`, `value=`.
fn value(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = &bytes[from..];
    let at = rest.windows(5).position(|window| window.eq_ignore_ascii_case(b"value"))?;
    let skipped = &rest[..at];
    // nothing but blanks, quotes and what closes the name
    if !skipped.iter().all(|b| b.is_ascii_whitespace() || b"\"',/".contains(b))
        && !skipped.ends_with(b"Parameter")
    {
        return None;
    }
    let mut at = at + 5;
    if matches!(rest.get(at), Some(b'"' | b'\'')) {
        at += 1;
    }
    at += rest[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    matches!(rest.get(at), Some(b':' | b'=')).then_some(from + at + 1)
}
