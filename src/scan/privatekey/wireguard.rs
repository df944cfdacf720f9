//! Keys of WireGuard: 32 bytes in base64 behind `PrivateKey =` or `PresharedKey =`.

use std::ops::Range;

use base64::Engine as _;
use zeroize::Zeroizing;

use super::Key;
use super::pem::is_fill;

/// How far away the file may say that it is about WireGuard.
const NEAR: usize = 4096;

pub(super) fn look(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let skip =
        |from: usize, set: &[u8]| from + text[from..].iter().take(12).take_while(|b| set.contains(b)).count();
    let named = skip(at.end, b"\"'\\] \t");
    let assigned = skip(named, b"=:>");
    if assigned == named {
        return None;
    }
    let start = skip(assigned, b" \t\"'\\");
    let value = text.get(start..start + 44)?;
    let exact =
        value[43] == b'=' && !text.get(start + 44).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'=');
    if !exact || is_fill(&value[..43]) {
        return None;
    }
    let key = Zeroizing::new(base64::engine::general_purpose::STANDARD.decode(value).ok()?);
    // a configuration of WireGuard writes it so; elsewhere the file must say what it is about
    let ini = text[at.clone()] == *b"PrivateKey" || text[at.clone()] == *b"PresharedKey";
    let around = &text[at.start.saturating_sub(NEAR)..text.len().min(at.end + NEAR)];
    let says = |word: &[u8]| around.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    let about = says(b"wireguard")
        || says(b"[peer]")
        || says(b"[interface]")
        || says(b"endpoint")
        || says(b"wg_")
        || says(b"wg0");
    (key.len() == 32 && (ini || about)).then_some(Key {
        at: start..start + 44,
        rule: "wireguard-key",
        what: "WireGuard key",
    })
}

/// `wg set wg0 private-key <(echo KEY)`, which is written so where no file is meant.
pub(super) fn look_argument(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let rest = &text[at.end..text.len().min(at.end + 120)];
    let rest = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let before = &text[at.start.saturating_sub(120)..at.start];
    memchr::memmem::find(before, b"wg ")?;
    let inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    // the first of this length; the key of a peer comes later
    let rest = &rest[..memchr::memmem::find(rest, b" peer ").unwrap_or(rest.len())];
    let word = rest.split(|b| !inside(b)).find(|word| word.len() == 44 && word[43] == b'=')?;
    let start = at.end + memchr::memmem::find(rest, word)?;
    (!is_fill(&word[..43])).then_some(Key {
        at: start..start + 44,
        rule: "wireguard-key",
        what: "WireGuard key",
    })
}
