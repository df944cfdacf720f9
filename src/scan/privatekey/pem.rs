//! Keys in PEM, of OpenSSH, PGP, OpenVPN and SSH2.

use std::ops::Range;

use base64::Engine as _;
use zeroize::Zeroizing;

use super::Key;
use super::armor::{self, Body};

/// A body shorter than this is no key.
const LEAST: usize = 32;
/// From so many characters on a body that is no key of a known form is one of an unknown form, if chance made it.
const UNKNOWN: usize = 200;

/// The end of a head: `… PRIVATE KEY-----`.
pub(super) fn look(text: &[u8], at: &Range<usize>) -> Option<Key> {
    // the rest of the head stands before the word, on the same line
    let before = &text[at.start.saturating_sub(40)..at.start];
    let begin = memchr::memmem::rfind(before, b"-----BEGIN ")?;
    let kind = &before[begin + 11..];
    if !kind.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b' ') {
        return None;
    }
    let start = at.start - (before.len() - begin);
    if !text[at.clone()].iter().all(|b| b.is_ascii_uppercase() || matches!(b, b' ' | b'-')) {
        return None;
    }
    // a patch has its sign before each line
    let sign = text[..start].last().copied().filter(|b| matches!(b, b'+' | b'-'));
    let mut body = armor::read_behind(text, at.end, sign);
    let key = judge(kind, text[at.clone()].ends_with(b"BLOCK-----"), &body);
    zeroize::Zeroize::zeroize(&mut body.text);
    let (rule, what) = key?;
    Some(Key { at: start..body.end, rule, what })
}

const ENCRYPTED: (&str, &str) = ("private-key-encrypted", "private key under a passphrase");

fn judge(kind: &[u8], pgp: bool, body: &Body) -> Option<(&'static str, &'static str)> {
    if body.text.len() < LEAST || is_fill(&body.text) {
        return None;
    }
    let first = start(&body.text);
    if pgp || kind.starts_with(b"PGP") {
        // a packet of a secret key, in the old or the new form
        let tag = *first.first()?;
        return (matches!(tag, 0x94..=0x97 | 0xc5)).then_some(("pgp-private-key", "PGP private key"));
    }
    if kind.starts_with(b"OPENSSH") || first.starts_with(b"openssh-key-v1") {
        let cipher = first.strip_prefix(b"openssh-key-v1\0")?;
        return Some(match cipher {
            [0, 0, 0, 4, b'n', b'o', b'n', b'e', ..] => ("private-key", "OpenSSH private key"),
            _ => ENCRYPTED,
        });
    }
    let under = kind.starts_with(b"ENCRYPTED") || memchr::memmem::find(&body.heads, b"ENCRYPTED").is_some();
    // what is encrypted as a whole has no form that could be looked at
    let encrypted = under && (inside(&first).is_some() || !kind.starts_with(b"ENCRYPTED"));
    if !encrypted && !is_key(&first) && (body.text.len() < UNKNOWN || is_public(&first)) {
        return None;
    }
    Some(if under { ENCRYPTED } else { ("private-key", "private key") })
}

/// The first bytes of the body.
pub(super) fn start(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let some = &text[..text.len().min(64) / 4 * 4];
    Zeroizing::new(base64::engine::general_purpose::STANDARD.decode(some).unwrap_or_default())
}

/// A SEQUENCE of DER that begins with the number of a version, as every private key does.
pub(super) fn is_key(first: &[u8]) -> bool {
    inside(first).is_some_and(|inside| matches!(inside, [0x02, 0x01, 0..=3, ..]))
}

/// One that begins with a large number or an algorithm: a public key under a wrong head.
fn is_public(first: &[u8]) -> bool {
    inside(first).is_some_and(|inside| matches!(inside, [0x02, 0x81 | 0x82, ..] | [0x30, 0x0d, 0x06, ..]))
}

/// What stands in a SEQUENCE of DER.
fn inside(first: &[u8]) -> Option<&[u8]> {
    match first {
        [0x30, 0x18..=0x7f, inside @ ..] | [0x30, 0x81, _, inside @ ..] | [0x30, 0x82, _, _, inside @ ..] => {
            Some(inside)
        }
        _ => None,
    }
}

/// Not chance's: a few characters again and again, or fewer of them than base64 has.
pub(super) fn is_fill(text: &[u8]) -> bool {
    let mut seen = [0_usize; 256];
    for b in text {
        seen[usize::from(*b)] += 1;
    }
    let different = seen.iter().filter(|n| **n > 0).count();
    let most = seen.iter().max().copied().unwrap_or_default();
    let period = (1..=64.min(text.len() / 3)).any(|p| {
        let same = (p..text.len()).filter(|i| text[*i] == text[i - p]).count();
        same * 10 > (text.len() - p) * 8
    });
    let lower = text.iter().take(400).map(u8::to_ascii_lowercase).collect::<Vec<_>>();
    let says = |word: &[u8]| memchr::memmem::find(&lower, word).is_some();
    // a key of 32 characters has some 25 different ones, a long one nearly all 64
    let least = if text.len() < 64 { 14 } else { 24 };
    different < least
        || most * 4 > text.len()
        || period
        || [&b"example"[..], b"placeholder", b"yourprivatekey", b"redacted", b"xxxxx", b"abcdefghijklmnop"]
            .iter()
            .any(|w| says(w))
}

/// OpenVPN's static key: 256 bytes in hex.
pub(super) fn look_static(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let head = b"-----BEGIN OpenVPN ";
    let start = at.start.checked_sub(head.len()).filter(|start| text[*start..].starts_with(head))?;
    let body = armor::read(text, at.end);
    let hex = body.text.len() >= 512 && body.text.iter().all(u8::is_ascii_hexdigit);
    let different = body.text.iter().collect::<std::collections::HashSet<_>>().len();
    (hex && different >= 14).then_some(Key {
        at: start..body.end,
        rule: "private-key",
        what: "OpenVPN static key",
    })
}

/// The form of ssh.com.
pub(super) fn look_ssh2(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let head = b"---- BEGIN ";
    let start = at.start.checked_sub(head.len()).filter(|start| text[*start..].starts_with(head))?;
    let body = armor::read(text, at.end);
    let magic = start_of(&body.text, &[0x3f, 0x6f, 0xf9, 0xeb]);
    (magic && !is_fill(&body.text)).then_some(Key {
        at: start..body.end,
        rule: "private-key",
        what: "SSH2 private key",
    })
}

fn start_of(text: &[u8], magic: &[u8]) -> bool {
    start(text).starts_with(magic)
}
