//! Secrets of Kubernetes in clear.

use std::ops::Range;

use super::form::Form;
use super::judge::{self, Place};
use super::{Found, base64};
use crate::scan::text::Text;
use crate::scan::value::{Promise, Worth, bare, password_of_url, promise, worth};

/// Whether a name is the end of `kind: Secret`.
pub(super) fn is_head(bytes: &[u8], name: &Range<usize>) -> bool {
    if &bytes[name.clone()] != b"Secret" {
        return false;
    }
    let before = bytes[name.start.saturating_sub(12)..name.start].trim_ascii_end();
    let before = before.strip_suffix(b"\"").unwrap_or(before).trim_ascii_end();
    before.ends_with(b"kind:") || before.ends_with(b"kind\":")
}

/// The entries under `data` and `stringData` of the document in which a head stands.
pub(super) fn look(text: &Text<'_>, head: &Range<usize>, form: Form) -> Vec<Found> {
    let bytes = text.bytes;
    let mut found = Vec::new();
    if form == Form::Json {
        return found;
    }
    let start = memchr::memmem::rfind(&bytes[..head.start], b"\n---").map_or(0, |at| at + 1);
    let end = memchr::memmem::find(&bytes[head.end..], b"\n---").map_or(bytes.len(), |at| head.end + at);
    let mut map: Option<(usize, bool)> = None;
    let mut at = start;
    for line in bytes[start..end].split(|b| *b == b'\n') {
        let from = at;
        at += line.len() + 1;
        let indent = line.iter().take_while(|b| **b == b' ').count();
        let plain = line.trim_ascii();
        if plain.is_empty() || plain.starts_with(b"#") {
            continue;
        }
        if let Some((depth, encoded)) = map {
            if indent > depth {
                found.extend(entry(text, from + indent, line[indent..].trim_ascii_end(), encoded, form));
                continue;
            }
            map = None;
        }
        match plain {
            b"data:" => map = Some((indent, true)),
            b"stringData:" => map = Some((indent, false)),
            _ => {}
        }
    }
    found
}

/// What an entry holds, if it is a secret.
fn entry(text: &Text<'_>, at: usize, line: &[u8], encoded: bool, form: Form) -> Option<Found> {
    let colon = memchr::memmem::find(line, b": ")?;
    let name = &line[..colon];
    let behind = &line[colon + 2..];
    let value = behind.trim_ascii();
    let value = value.split(|b| *b == b'#').next().unwrap_or(value).trim_ascii();
    let plain = bare(value);
    if plain.is_empty() {
        return None;
    }
    let offset = behind.as_ptr() as usize - line.as_ptr() as usize;
    let start = at + offset + memchr::memmem::find(behind, plain)?;
    let found = Found {
        rule: "kubernetes-secret",
        at: start..start + plain.len(),
        name: Some(at..at + name.len()),
        what: "a value of a Secret",
    };
    if matches!(worth(plain), Worth::Empty | Worth::Reference) {
        return None;
    }
    let place = Place { form, test: text.name.test, quoted: true };
    if encoded {
        let held = base64::readable(plain)?;
        return is_kept(name, &held, place).then_some(found);
    }
    is_kept(name, plain, place).then_some(found)
}

fn is_kept(name: &[u8], value: &[u8], place: Place) -> bool {
    if password_of_url(value).is_some() {
        return matches!(worth(value), Worth::Rare);
    }
    match promise(name) {
        Promise::Public => false,
        Promise::Nothing => worth(value) == Worth::Rare,
        Promise::Weak => matches!(worth(value), Worth::Likely | Worth::Rare),
        Promise::Strong => judge::is_password_of(b"", value, place),
    }
}
