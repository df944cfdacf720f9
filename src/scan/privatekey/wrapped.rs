//! A key that was put into base64 once more, as Kubernetes keeps `tls.key` and CI systems keep files.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::{Key, age, pem};

/// No key is longer.
const LONG: usize = 64 << 10;

const LAX: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

/// `-----BEGIN` in base64, at any of its three alignments.
pub(super) fn look(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let (inner, at) = decoded(text, at)?;
    // a certificate may stand before the key
    let key = [&b"PRIVATE KEY-----"[..], b"PRIVATE KEY BLOCK-----"].into_iter().find_map(|head| {
        memchr::memmem::find_iter(&inner, head)
            .find_map(|found| pem::look(&inner, &(found..found + head.len())))
    })?;
    Some(Key {
        at,
        rule: key.rule,
        what: if key.rule == "private-key" { "private key in base64" } else { key.what },
    })
}

/// That in base64 again.
pub(super) fn look_twice(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let (inner, at) = decoded(text, at)?;
    let word = b"LS0tLS1CRUdJTi";
    let found = memchr::memmem::find(&inner, word)?;
    Some(Key { at, ..look(&inner, &(found..found + word.len()))? })
}

/// `AGE-SECRET-KEY-1` in base64, at any of its three alignments.
pub(super) fn look_age(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let (inner, at) = decoded(text, at)?;
    let word = b"AGE-SECRET-KEY-1";
    let key = memchr::memmem::find_iter(&inner, word)
        .find_map(|found| age::look(&inner, &(found..found + word.len())))?;
    Some(Key { at, rule: key.rule, what: "age identity in base64" })
}

/// What stands in base64 from the group on in which the word begins, and where that lies.
fn decoded(text: &[u8], at: &Range<usize>) -> Option<(Zeroizing<Vec<u8>>, Range<usize>)> {
    let word = &text[at.clone()];
    // how many characters of the same four bytes stand before the word
    let before = match word.first()? {
        b'L' | b'Q' | b'T' => 0,
        b'0' | b'F' => 2,
        _ => 3,
    };
    let start = at.start.checked_sub(before)?;
    let mut run = Zeroizing::new(Vec::new());
    let mut end = start;
    for (i, b) in text[start..].iter().take(LONG).enumerate() {
        match b {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'/' => run.push(*b),
            b'-' => run.push(b'+'),
            b'_' => run.push(b'/'),
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => break,
        }
        end = start + i + 1;
    }
    let whole = run.len() / 4 * 4;
    let tail = if run.len() % 4 == 1 { whole } else { run.len() };
    let inner = Zeroizing::new(LAX.decode(&run[..tail]).or_else(|_| LAX.decode(&run[..whole])).ok()?);
    Some((inner, start..end))
}
