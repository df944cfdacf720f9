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
