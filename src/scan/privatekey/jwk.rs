//! Keys as JSON: an object with `kty` and the private member of that kind.

use std::ops::Range;

use super::Key;
use super::pem::is_fill;

/// Members of one key stand this close together.
const NEAR: usize = 8192;

/// Private exponents that the standards print; everybody copies them.
const PRINTED: [&[u8]; 6] = [
    b"870MB6gfuTJ4HtUnUvYM",
    b"X4cTteJY_gn4FYPsXB8r",
    b"nWGxne_9WmC6hEr0kuws",
    b"GawgguFyGrWKav7AX4VK",
    b"AyM1SysPpbyDfgZld3um",
    b"eq1I7LaqM9oMjE8FtPVE",
];

/// The word is `"kty` with its opening quote.
pub(super) fn look(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let object = object(text, at.start)?;
    let (start, kind) = member(text, &object, b"kty")?;
    let name: &[u8] = match &text[start..kind] {
        b"RSA" | b"EC" | b"OKP" | b"AKP" => b"d",
        b"oct" => b"k",
        _ => return None,
    };
    let (start, end) = member(text, &object, name).or_else(|| member(text, &object, b"priv"))?;
    let value = &text[start..end];
    let sound = value.len() >= 32
        && value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'='));
    let dummy = is_fill(value) || PRINTED.iter().any(|known| value.starts_with(known));
    (sound && !dummy).then_some(Key { at: start..end, rule: "jwk-private-key", what: "private key in JSON" })
}

/// The braces around a place, as far as no others stand between.
fn object(text: &[u8], at: usize) -> Option<Range<usize>> {
    let before = at.saturating_sub(NEAR);
    let start = before + text[before..at].iter().rposition(|b| matches!(b, b'{' | b'}'))?;
    let behind = &text[at..text.len().min(at + NEAR)];
    let end = at + behind.iter().position(|b| matches!(b, b'{' | b'}')).unwrap_or(behind.len());
    (text[start] == b'{').then_some(start..end)
}

/// Where the text of a member lies: `"d":"…"`, `\"d\": \"…\"`, `'d': '…'`, `d: "…"`.
fn member(text: &[u8], object: &Range<usize>, name: &[u8]) -> Option<(usize, usize)> {
    let inside = &text[object.clone()];
    for found in memchr::memmem::find_iter(inside, name) {
        let left = inside[..found].last().copied();
        if !left.is_some_and(|b| matches!(b, b'"' | b'\'' | b' ' | b'{' | b',' | b'\t' | b'\n')) {
            continue;
        }
        let mut at = found + name.len();
        let skip =
            |at: &mut usize, set: &[u8]| *at += inside[*at..].iter().take_while(|b| set.contains(b)).count();
        skip(&mut at, b"\\\"'");
        skip(&mut at, b" \t\r\n");
        if inside.get(at) != Some(&b':') {
            continue;
        }
        at += 1;
        skip(&mut at, b" \t\r\n");
        let before = at;
        skip(&mut at, b"\\\"'");
        if at == before {
            continue;
        }
        let end = at + inside[at..].iter().take_while(|b| !matches!(b, b'"' | b'\'' | b'\\')).count();
        return Some((object.start + at, object.start + end));
    }
    None
}
