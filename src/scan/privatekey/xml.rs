//! Keys as .NET writes them in XML.

use std::ops::Range;

use super::Key;
use super::pem::is_fill;

/// No key is longer.
const LONG: usize = 8 << 10;

/// `<RSAKeyValue>…<D>…</D></RSAKeyValue>`: a public one has no `<D>`.
pub(super) fn look(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let near = &text[at.end..text.len().min(at.end + LONG)];
    let near = &near[..memchr::memmem::find(near, b"</RSAKeyValue>")?];
    let open = memchr::memmem::find(near, b"<D>")? + 3;
    let close = memchr::memmem::find(&near[open..], b"</D>")?;
    let body = near[open..open + close].trim_ascii();
    let sound = body.len() >= 80
        && body.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b) || b.is_ascii_whitespace());
    (sound && !is_fill(body)).then_some(Key {
        at: at.start..at.end + open + close,
        rule: "private-key",
        what: "private key in XML",
    })
}
