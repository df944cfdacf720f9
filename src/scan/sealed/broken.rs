//! What was a sealed file and is none any more: its metadata broken off or torn by a merge, with ciphertext beside
//! what lies in clear. Ciphertext alone shows nothing, but without any metadata it is lost, and was edited by hand.

use crate::scan::finding::{Class, Hit};
use crate::scan::kind::Kind;
use crate::scan::plain::{MANY, shown, values, worth};
use crate::scan::text::Text;

/// How sops begins a ciphertext.
const SEALED: &[u8] = b"ENC[AES256_GCM,";

/// Judges such a file; false: no value of it is ciphertext.
pub(super) fn look(text: &Text<'_>, hits: &mut Vec<Hit>) -> bool {
    if text.name.kind == Kind::Template {
        return false;
    }
    let (mut sealed, mut others, mut clear) = (0, 0, Vec::new());
    values::each(text, &mut |value| {
        if value.text.starts_with(SEALED) {
            sealed += 1;
            return;
        }
        others += usize::from(!value.commented && worth::says_something(value.text));
        if clear.len() < MANY && worth::is_real(value.name, value.text, value.commented) {
            let what =
                format!("{} lies in clear, and the file is not a sealed one any more", shown(value.name));
            clear.push((what, value.at));
        }
    });
    // a file that could be read as a tree hands out what lies in clear alone
    let sealed = sealed.max(ciphertexts(text.bytes));
    if sealed == 0 {
        return false;
    }
    if clear.is_empty() && (sealed > 1 || sealed > others) && !has_metadata(text.bytes) {
        let what = "its metadata is gone: nobody can open it, and no MAC holds it together".to_owned();
        hits.push(Hit { class: Class::Plain, rule: "sealed-no-metadata", at: 0..0, what, mend: super::MEND });
    }
    let hit =
        |(what, at)| Hit { class: Class::Plain, rule: "sealed-leaf-in-clear", at, what, mend: super::MEND };
    hits.extend(clear.into_iter().map(hit));
    true
}

/// How many values of a tree are ciphertext, each on a line of its own.
fn ciphertexts(bytes: &[u8]) -> usize {
    let whole = |at: &usize| {
        let line = bytes[..*at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        let name = bytes[line..*at].trim_ascii();
        let opened = matches!(bytes[..*at], [.., b' ' | b'"' | b'=']);
        let end = memchr::memchr(b'\n', &bytes[*at..]).map_or(bytes.len(), |n| at + n);
        let value = bytes[*at..end].trim_ascii_end();
        let closed = [&b"]"[..], b"]\"", b"]\","].iter().any(|tail| value.ends_with(tail));
        let named =
            name.ends_with(b":") || name.ends_with(b"=") || name.ends_with(b"-") || name.ends_with(b"\"");
        opened && closed && named && memchr::memmem::find(value, b",tag:").is_some()
    };
    memchr::memmem::find_iter(bytes, SEALED).filter(whole).take(MANY).count()
}

/// Whether anything is there that could be metadata, whole or torn.
fn has_metadata(bytes: &[u8]) -> bool {
    let lines = || bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_start);
    lines().any(|line| {
        let line = line.strip_prefix(b"\"").unwrap_or(line);
        [&b"sops_"[..], b"sops:", b"sops\"", b"[sops]"].iter().any(|head| line.starts_with(head))
    }) || memchr::memmem::find(bytes, b"\"sops\"").is_some()
}
