//! Keys of PuTTY, minisign, signify and Tor.

use std::ops::Range;

use super::pem::is_fill;
use super::{Key, armor};

/// `PuTTY-User-Key-File-2: ssh-rsa`, and lines with names behind it.
pub(super) fn look(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let near = &text[at.start..text.len().min(at.start + (32 << 10))];
    let open = memchr::memmem::find(near, b"Encryption: none").is_some();
    let label = b"Private-Lines: ";
    let lines = memchr::memmem::find(near, label)? + label.len();
    let digits = near[lines..].iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    let body = armor::read(text, at.start + lines + digits);
    // the line with the MAC is behind the body, and no base64
    let whole = digits > 0 && body.text.len() >= 32 && !is_fill(&body.text);
    let (rule, what) = if open {
        ("ppk-private-key", "PuTTY private key")
    } else {
        ("private-key-encrypted", "PuTTY private key under a passphrase")
    };
    whole.then_some(Key { at: at.start..body.end, rule, what })
}

/// A line that need not be true, and the key on the next.
pub(super) fn look_minisign(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let end = at.end + memchr::memchr(b'\n', &text[at.end..text.len().min(at.end + 1024)])?;
    let key = &text[end + 1..];
    let run = key
        .iter()
        .take(400)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        .count();
    // the algorithm, and how the key was made of the passphrase: "Ed", then scrypt or nothing; "Ed", then bcrypt
    let (rule, what) = match &key[..run] {
        k if k.starts_with(b"RWRTY0Iy") => ("private-key-encrypted", "minisign key under a passphrase"),
        k if k.starts_with(b"RWQAAEIy") => ("private-key", "minisign key"),
        k if k.starts_with(b"RWRCSwAAAAA") => ("private-key", "signify key"),
        k if k.starts_with(b"RWRCSwAAAC") => ("private-key-encrypted", "signify key under a passphrase"),
        _ => return None,
    };
    // a public key or a signature is shorter, or has another head; behind the key minisign has zeros
    (run >= 130 && !is_fill(&key[80..run.min(164)])).then_some(Key { at: end + 1..end + 1 + run, rule, what })
}

/// A file of an onion service: its name in 32 bytes, then the key.
pub(super) fn look_tor(text: &[u8], at: &Range<usize>) -> Option<Key> {
    let head = b"== ed25519v1-secret: type0 ==\0\0\0";
    if !text[at.start..].starts_with(head) {
        return None;
    }
    let key = at.start + head.len()..at.start + head.len() + 64;
    let body = text.get(key.clone())?;
    let different = body.iter().collect::<std::collections::HashSet<_>>().len();
    (different > 24).then_some(Key {
        at: at.start..key.end,
        rule: "private-key",
        what: "key of an onion service",
    })
}
