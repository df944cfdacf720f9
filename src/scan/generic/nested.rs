//! A name of a block in which its value stands: `variable "password" { default = "…" }`, `Password:` and `Default: …`
//! below it.

use super::Found;
use super::assign::{Assigned, line_end};
use super::literal;

/// How many lines of a block are looked at.
const LINES: usize = 6;

/// The key in a block that is named for what keys are for: `"Jwt": { "Key": "…" }`, `encryption:` and `key: …` below it.
pub(super) fn key(here: &Assigned<'_>, at: usize, line: usize) -> Option<Found> {
    const BLOCKS: [&[u8]; 5] = [b"jwt", b"jwtsettings", b"jwtoptions", b"jwtconfig", b"encryption"];
    let bytes = here.text.bytes;
    let name = &bytes[here.name.clone()];
    let block = matches!(bytes[at..line].trim_ascii(), [] | [b'{', ..]);
    (block && BLOCKS.iter().any(|word| name.eq_ignore_ascii_case(word))).then_some(())?;
    let end = bytes.len().min(line + 256);
    let inner = &bytes[at..end];
    let inner = &inner[..memchr::memchr(b'}', inner).unwrap_or(inner.len())];
    let found =
        inner.windows(4).position(|w| w[..3].eq_ignore_ascii_case(b"key") && matches!(w[3], b'"' | b':'))?;
    let edge = found.checked_sub(1).is_some_and(|before| b" \"'{".contains(&inner[before]));
    let name = at + found..at + found + 3;
    let from = name.end + inner[found + 3..].iter().take_while(|b| b"\": ".contains(b)).count();
    // the quote belongs to the value
    let from = from - usize::from(bytes.get(from.wrapping_sub(1)) == Some(&b'"') && from > name.end + 1);
    let value = literal::literal(&bytes[..line_end(bytes, from)], from, here.form).filter(|_| edge)?;
    Assigned { text: here.text, name: &name, form: here.form, before: None }.judged(value, false)
}

/// The value in the block that begins behind the line that ends here.
pub(super) fn look(here: &Assigned<'_>, line: usize) -> Option<Found> {
    let bytes = here.text.bytes;
    let blanks = |at: usize| bytes[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let first = here.text.line(here.name.start).start;
    let depth = blanks(first);
    let mut from = line + 1;
    for _ in 0..LINES {
        if from >= bytes.len() {
            return None;
        }
        let end = line_end(bytes, from);
        let indent = blanks(from);
        let text = &bytes[from + indent..end];
        if indent <= depth && !text.trim_ascii().is_empty() {
            return None;
        }
        if let Some(skip) = named(text) {
            let found = literal::literal(&bytes[..end], from + indent + skip, here.form)?;
            return here.judged(found, false);
        }
        from = end + 1;
    }
    None
}

/// Where the value begins behind `default =`, `"Default":`, `value:`.
fn named(text: &[u8]) -> Option<usize> {
    let quote = usize::from(matches!(text.first(), Some(b'"' | b'\'')));
    let name = text[quote..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let word = &text[quote..quote + name];
    (word.eq_ignore_ascii_case(b"default") || word.eq_ignore_ascii_case(b"value")).then_some(())?;
    let at = quote + name + quote;
    let at = at + text.get(at..)?.iter().take_while(|b| **b == b' ').count();
    matches!(text.get(at), Some(b'=' | b':')).then_some(at + 1)
}
