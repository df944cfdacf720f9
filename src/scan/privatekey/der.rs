//! The body of a key without the lines of dashes, as properties and settings of platforms hold it: base64 on one line
//! that begins as private keys do.

use std::ops::Range;

use super::Key;
use super::pem::{is_fill, is_key, start};

/// How far before the word the body begins at most: the word stands in its head.
const HEAD: usize = 12;
/// No key is longer.
const LONG: usize = 16 << 10;

pub(super) fn look(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let before = text[..at.start].iter().rev().take(HEAD + 1).take_while(|b| inside(b)).count();
    let begin = at.start - before;
    let run = text[begin..].iter().take(LONG).take_while(|b| inside(b)).count();
    let body = &text[begin..begin + run];
    // in PEM it is found by its dashes, and wrapped at 64 characters it is a piece of one
    let bare = !text[..begin].iter().rev().take(20).any(|b| *b == b'-') || run > 76;
    let least = if body.starts_with(b"MII") { 400 } else { 60 };
    let sound = before <= HEAD && body.starts_with(b"M") && run >= least && bare && is_key(&start(body));
    (sound && !is_fill(body)).then_some(Key {
        at: begin..begin + run,
        rule: "private-key",
        what: "private key without its lines of dashes",
    })
}
