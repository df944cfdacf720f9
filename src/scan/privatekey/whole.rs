//! Files that are nothing but a key, and hold no word that says so: DER, packets of PGP, what `wg genkey` prints.

use std::ops::Range;

use base64::Engine as _;
use zeroize::Zeroizing;

use super::super::text::Text;
use super::Key;
use super::pem::{is_fill, is_key};

/// No key is longer.
const LONG: usize = 64 << 10;

pub(super) fn look(text: &Text<'_>) -> Option<Key> {
    let bytes = text.raw;
    if !(44..LONG).contains(&bytes.len()) {
        return None;
    }
    let (rule, what) = if bytes.starts_with(b"\x30") && is_der(bytes) {
        ("private-key", "private key in DER")
    } else if is_pgp(bytes) {
        ("pgp-private-key", "PGP private key")
    } else if is_wireguard(text) {
        ("wireguard-key", "WireGuard key")
    } else {
        return None;
    };
    Some(Key { at: place(text.bytes), rule, what })
}

fn place(bytes: &[u8]) -> Range<usize> {
    let start = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
    start..bytes.trim_ascii_end().len().max(start)
}

/// One SEQUENCE as long as the file, which begins as those of private keys do: with the number of a version, and then
/// an algorithm, a large number or the number of a curve. What is encrypted in PKCS#12 has another version.
fn is_der(bytes: &[u8]) -> bool {
    let (length, head) = match bytes {
        [0x30, n @ 0x2e..=0x7f, ..] => (usize::from(*n), 2),
        [0x30, 0x81, n, ..] => (usize::from(*n), 3),
        [0x30, 0x82, a, b, ..] => (usize::from(*a) << 8 | usize::from(*b), 4),
        _ => return false,
    };
    let Some([0x02, 0x01, version, rest @ ..]) = bytes.get(head..) else { return false };
    let follows = match version {
        // PKCS#8, PKCS#1
        0 | 1 if matches!(rest, [0x30, _, 0x06, ..] | [0x02, 0x81..=0x82, ..]) => true,
        // SEC1
        1 => matches!(rest, [0x04, 0x20 | 0x30 | 0x42, ..]),
        _ => false,
    };
    head + length == bytes.len() && is_key(bytes) && follows
}

/// A packet of a secret key, of version 4 or 6, that says when it was made and by which algorithm.
fn is_pgp(bytes: &[u8]) -> bool {
    let body = match bytes {
        [0x94, _, body @ ..]
        | [0x95, _, _, body @ ..]
        | [0xc5, 0..=0xbf, body @ ..]
        | [0xc5, 0xc0..=0xdf, _, body @ ..] => body,
        _ => return false,
    };
    matches!(body, [4 | 6, _, _, _, _, 1 | 2 | 3 | 16 | 17 | 18 | 19 | 22 | 25..=28, ..]) && body.len() >= 64
}

/// 32 bytes in base64 and nothing else, in a file whose name says that they are kept.
fn is_wireguard(text: &Text<'_>) -> bool {
    let line = text.bytes.trim_ascii();
    if line.len() != 44 || line[43] != b'=' || is_fill(&line[..43]) {
        return false;
    }
    let name = text.name.base();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let secret =
        says(&["priv", "secret", "preshared", "psk"]) || name.ends_with(".key") || says(&["wg", "wireguard"]);
    let key = Zeroizing::new(base64::engine::general_purpose::STANDARD.decode(line).unwrap_or_default());
    key.len() == 32 && secret && !says(&["pub"])
}
