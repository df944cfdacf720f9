//! Identities of age, of any kind. The checksum tells them from those that documentation makes up.

use std::ops::Range;

use bech32::Bech32;
use bech32::primitives::decode::CheckedHrpstring;

use super::Key;

/// `AGE-SECRET-KEY-1…`, `AGE-SECRET-KEY-PQ-1…`, `AGE-PLUGIN-NAME-1…`.
pub(super) fn look(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let inside = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'-';
    let end = at.start + text[at.start..].iter().take(2000).take_while(|b| inside(b)).count();
    let identity = std::str::from_utf8(&text[at.start..end]).ok()?;
    let joined = text[..at.start].last().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let escaped = matches!(text[..at.start], [.., b'\\', b'n' | b'r' | b't']);
    if (joined && !escaped) || text.get(end).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let checked = CheckedHrpstring::new::<Bech32>(identity).ok()?;
    // fill has a checksum too, if somebody computes it
    (checked.byte_iter().collect::<std::collections::HashSet<_>>().len() > 4).then_some(Key {
        at: at.start..end,
        rule: "age-identity",
        what: "age identity",
    })
}
