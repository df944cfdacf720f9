//! Plaintext where ciphertext belongs: env files and what is left of them, files whose name says that they are sealed,
//! and what `.sops.yaml` wants sealed. A name says what to ask of a file; only its values decide.
//!
//! `lines` and `values` read, `worth` tells a secret from a setting, `dump` knows env files by their content, `cipher`
//! what other programs sealed, `rules` what `.sops.yaml` says.

mod cipher;
mod dump;
pub(super) mod lines;
mod rules;
pub(super) mod values;
pub(super) mod worth;

#[cfg(test)]
mod tests;

pub use rules::Rules;

use std::ops::Range;

use super::finding::{Class, Hit, Mend};
use super::kind::Kind;
use super::text::Text;

/// More values than this in one file say nothing more.
pub(super) const MANY: usize = 100;

pub(super) fn look(text: &Text<'_>, rules: &Rules, hits: &mut Vec<Hit>) {
    let kind = text.name.kind;
    if text.binary {
        if kind == Kind::Leftover && is_editors(text.bytes) {
            of_copy(text, hits);
        }
        return;
    }
    let before = hits.len();
    match kind {
        Kind::Env | Kind::Leftover | Kind::Sealed if cipher::is_one(text.bytes) => return,
        Kind::Env => {
            let what = |n| format!("an env file in plain, and {}", secrets(n));
            judge(text, "plaintext-env", text.name.test, Some(&what), &Mend::Seal, hits);
        }
        Kind::Leftover => of_copy(text, hits),
        Kind::Template => judge(text, "secret-in-template", true, None, &Mend::TakeOut, hits),
        Kind::Sealed if values::is_readable(text) => {
            let what = |n| format!("its name says that it is sealed, and {} in plain", secrets(n));
            judge(text, "not-sealed", false, Some(&what), &Mend::Seal, hits);
        }
        Kind::Other if dump::is_one(text) => of_dump(text, hits),
        Kind::Config if text.name.base() == ".envrc" => of_dump(text, hits),
        _ => {}
    }
    if hits.len() == before {
        rules.look(text, hits);
    }
}

fn of_copy(text: &Text<'_>, hits: &mut Vec<Hit>) {
    let what = |n| format!("a copy that was left lying, and {}", secrets(n));
    judge(text, "plaintext-leftover", text.name.test, Some(&what), &Mend::Drop, hits);
}

fn of_dump(text: &Text<'_>, hits: &mut Vec<Hit>) {
    let what = |n| format!("an environment in plain, and {}", secrets(n));
    judge(text, "plaintext-env", true, Some(&what), &Mend::Seal, hits);
}

fn secrets(n: usize) -> String {
    if n == 1 { "one value is a secret".to_owned() } else { format!("{n} values are secrets") }
}

/// A finding for each secret, and with `whole` one for the file.
fn judge(
    text: &Text<'_>,
    rule: &'static str,
    doubtful: bool,
    whole: Option<&dyn Fn(usize) -> String>,
    mend: &Mend,
    hits: &mut Vec<Hit>,
) {
    let mut found: Vec<(String, Range<usize>)> = Vec::new();
    let mut count = 0;
    values::each(text, &mut |value| {
        // people comment out what they tried, and also what is meant as a hint
        if worth::is_real(value.name, value.text, doubtful || value.commented) {
            count += 1;
            if found.len() < MANY {
                found.push((shown(value.name), value.at));
            }
        }
    });
    if count == 0 {
        return;
    }
    if let Some(what) = whole {
        hits.push(Hit { class: Class::Plain, rule, at: 0..0, what: what(count), mend: mend.clone() });
    }
    hits.extend(found.into_iter().map(|(what, at)| Hit {
        class: Class::Plain,
        rule,
        at,
        what,
        mend: mend.clone(),
    }));
}

/// The name of a value, if it can be shown.
pub(super) fn shown(name: &[u8]) -> String {
    let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    if name.is_empty() || name.len() > 64 || !name.iter().all(fits) {
        return "a value".to_owned();
    }
    String::from_utf8_lossy(name).into_owned()
}

/// What vim keeps of a file while it is open, and of its changes.
fn is_editors(bytes: &[u8]) -> bool {
    bytes.starts_with(b"b0VIM") || bytes.starts_with(b"Vim\x9fUnDo\xe5")
}
