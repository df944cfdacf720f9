//! What was a sealed file and is none any more: its metadata broken off or torn by a merge, with ciphertext beside
//! what lies in clear. Ciphertext alone shows nothing, whatever is wrong with it.

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
    let (mut sealed, mut clear) = (false, Vec::new());
    values::each(text, &mut |value| {
        if value.text.starts_with(SEALED) {
            sealed = true;
        } else if clear.len() < MANY && worth::is_real(value.name, value.text, value.commented) {
            let what =
                format!("{} lies in clear, and the file is not a sealed one any more", shown(value.name));
            clear.push((what, value.at));
        }
    });
    if !sealed {
        return false;
    }
    let hit =
        |(what, at)| Hit { class: Class::Plain, rule: "sealed-leaf-in-clear", at, what, mend: super::MEND };
    hits.extend(clear.into_iter().map(hit));
    true
}
