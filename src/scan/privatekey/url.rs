//! A key in PEM in the text of a form or of a URL.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{Key, pem};

/// How far the head begins before the word.
const BEFORE: usize = 48;
/// No key is longer.
const LONG: usize = 32 << 10;

/// `-----BEGIN%20PRIVATE%20KEY-----%0A`, and the same with `+`.
pub(super) fn look(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let begin = memchr::memmem::rfind(&text[at.start.saturating_sub(BEFORE)..at.start], b"-----BEGIN")?;
    let begin = at.start.saturating_sub(BEFORE) + begin;
    let plus = text.get(begin + 10) == Some(&b'+');
    let mut plain = Zeroizing::new(Vec::with_capacity(LONG.min(text.len() - begin)));
    let mut from = begin;
    while let Some(&byte) = text.get(from).filter(|b| !b.is_ascii_whitespace() && plain.len() < LONG) {
        let digit = |n: usize| text.get(from + n).and_then(|b| char::from(*b).to_digit(16));
        let (byte, length) = match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => ((high * 16 + low) as u8, 3),
            (b'+', ..) if plus => (b' ', 1),
            (b'&' | b'"' | b'\'', ..) => break,
            (byte, ..) => (byte, 1),
        };
        plain.push(byte);
        from += length;
    }
    let word = b"PRIVATE KEY-----";
    let found = memchr::memmem::find(&plain, word)?;
    let key = pem::look(&plain, &(found..found + word.len()))?;
    Some(Key { at: begin..from, ..key })
}
