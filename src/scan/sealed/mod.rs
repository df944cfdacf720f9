//! Sealed files that are not wholly sealed: values that were added or opened by hand, no MAC, a rule that means nothing.
//!
//! Only what shows a value, or lets one be exchanged unseen, is told; all else that is odd is for `reseal verify`.

mod broken;
mod comment;
#[cfg(test)]
mod tests;

use super::finding::{Class, Hit, Mend};
use super::kind::Kind;
use super::plain::{MANY, shown, worth};
use super::text::Text;
use crate::sops::{Exposed, Fault, Shown};

/// Judges a sealed file; false: it is none.
pub(super) fn look(text: &Text<'_>, hits: &mut Vec<Hit>) -> bool {
    if text.binary || memchr::memmem::find(text.bytes, b"ENC[").is_none() && !has_mark(text.bytes) {
        return false;
    }
    // what describes such files, or was made to test those who read them
    let is_about = matches!(text.name.kind, Kind::Doc | Kind::Source | Kind::Made);
    if is_about && !text.bytes.trim_ascii_start().starts_with(b"{") {
        return false;
    }
    match Exposed::of_sealed(text.bytes) {
        Some(exposed) => {
            judge(&exposed, text, hits);
            true
        }
        None => broken::look(text, hits),
    }
}

/// Every kind of metadata holds this word.
fn has_mark(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"sops").is_some()
}

/// Without the key nothing can be sealed again, and nothing says what was there before.
const MEND: Mend = Mend::Reseal("verify");

fn judge(exposed: &Exposed<'_>, text: &Text<'_>, hits: &mut Vec<Hit>) {
    for fault in exposed.faults() {
        let (rule, what) = match fault {
            Fault::NoMac => {
                ("sealed-no-mac", "it has no MAC: values can be added, removed and exchanged".to_owned())
            }
            Fault::NoRecipients => (
                "sealed-for-nobody",
                "its metadata names nobody who can open it: a part of it is gone".to_owned(),
            ),
            Fault::RuleBroken => (
                "sealed-rule-encrypts-nothing",
                format!("the rule {} does not compile, so that it matches nothing", exposed.rule()),
            ),
            Fault::RuleEmpty => (
                "sealed-rule-encrypts-nothing",
                format!("the rule {} means no value of the file: nothing is encrypted", exposed.rule()),
            ),
        };
        hits.push(Hit { class: Class::Plain, rule, at: 0..0, what, mend: MEND });
    }
    let opt_in = exposed.is_opt_in();
    hits.extend(exposed.shown().filter_map(|leaf| of_leaf(&leaf, opt_in, text.bytes)).take(MANY));
}

fn of_leaf(leaf: &Shown<'_>, opt_in: bool, file: &[u8]) -> Option<Hit> {
    let hit = |rule, at, what| Some(Hit { class: Class::Plain, rule, at, what, mend: MEND });
    if leaf.comment {
        let secret = comment::secret_in(leaf.text)?;
        // where the comment stands as it reads
        let at = memchr::memmem::find(&file[leaf.at.clone()], secret).map_or(leaf.at.clone(), |n| {
            let start = leaf.at.start + n;
            start..start + secret.len()
        });
        return hit("sealed-comment-in-clear", at, "a comment holds a secret in clear".to_owned());
    }
    let at = leaf.at.clone();
    match leaf.meant {
        Some(true) => hit("sealed-leaf-in-clear", at, format!("{} lies in clear", shown(leaf.name))),
        None if worth::is_real(leaf.name, leaf.text, false) => {
            hit("sealed-leaf-in-clear", at, format!("{} lies in clear", shown(leaf.name)))
        }
        // who names what is sealed forgets what is new; who names what is not meant it
        Some(false) if opt_in && worth::is_real(leaf.name, leaf.text, true) => hit(
            "sealed-rule-misses-secret",
            at,
            format!("{} lies in clear: the rule does not mean it", shown(leaf.name)),
        ),
        _ => None,
    }
}
