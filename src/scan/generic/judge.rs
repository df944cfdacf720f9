//! Whether a value under a name is a secret, in a file of a form.

use super::base64;
use super::form::Form;
use crate::scan::rarity::rarity;
use crate::scan::value::{Promise, Shape, Worth, bare, kinds, shape, worth};

/// Where a value stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) form: Form,
    /// Among tests and examples.
    pub(super) test: bool,
    pub(super) quoted: bool,
}

/// Whether it is one.
pub(super) fn is_secret(promise: Promise, name: &[u8], value: &[u8], place: Place) -> bool {
    let value = bare(value);
    if promise < Promise::Weak
        || value.len() < 4
        || value.eq_ignore_ascii_case(name)
        || repeats_name(name, value)
    {
        return false;
    }
    // an option, an entity of HTML
    if value.starts_with(b"--") || value.starts_with(b"&#") || value.starts_with(b"&lt;") {
        return false;
    }
    if !matches!(worth(value), Worth::Ordinary | Worth::Likely | Worth::Rare) {
        return false;
    }
    // `YWRtaW4=`
    if place.form.is_config() && value.len().is_multiple_of(4) && value.len() <= 64 {
        let held = base64::readable(value);
        if held
            .is_some_and(|held| matches!(worth(&held), Worth::Empty | Worth::Reference | Worth::Placeholder))
        {
            return false;
        }
    }
    let strong = promise == Promise::Strong;
    let config = place.form.is_config();
    let length = value.len();
    match shape(value) {
        Shape::PrivateKey => false, // another family's
        Shape::Other | Shape::Code | Shape::Public => false,
        Shape::Uuid => strong && !place.test && place.form != Form::Prose,
        // whose key signs, in git, is no secret
        Shape::Hex if name.eq_ignore_ascii_case(b"signingkey") => false,
        Shape::Hex => length >= if strong && !place.test { 16 } else { 32 },
        Shape::Number => strong && config && !place.test && is_password(name) && (6..=16).contains(&length),
        Shape::Prose => is_phrase(name, value, place),
        Shape::Word => {
            // a poor password: letters with digits, or words tied together
            let poor = if config {
                length >= 8 && (value.iter().any(u8::is_ascii_digit) || is_tied(value))
            } else {
                (place.quoted || place.form == Form::Prose) && is_made_up(value)
            };
            strong && !place.test && is_password(name) && poor
        }
        Shape::Text => text(strong, name, value, place),
    }
}

fn text(strong: bool, name: &[u8], value: &[u8], place: Place) -> bool {
    let (rare, kinds, length) = (rarity(value), kinds(value), value.len());
    let blanks = value.iter().filter(|b| b.is_ascii_whitespace()).count();
    if blanks > 0 && (rare < 6.5 || blanks > 3 || !place.quoted) {
        return false;
    }
    let marks = value.iter().filter(|b| b.is_ascii_punctuation()).count();
    if marks * 2 > length || value.iter().all(|b| !b.is_ascii_alphanumeric()) {
        return false;
    }
    let digits = value.iter().any(u8::is_ascii_digit);
    // what a value must have where little is promised
    let need = match (place.form, strong) {
        (Form::Prose, true) => 6.2,
        (Form::Prose, false) => 7.5,
        (Form::Code, true) => 5.4,
        (Form::Code, false) => 7.0,
        (_, true) => 4.6,
        (_, false) => 6.6,
    };
    let mixed = 0.5 * (kinds as f32 - 2.0) + if digits { 0.2 } else { -0.6 };
    let long = 0.05 * (length.min(32) as f32 - 10.0);
    let shift = if place.test { 1.0 } else { 0.0 };
    let shortest = match (place.form, strong && is_password(name)) {
        (Form::Code | Form::Prose, true) => 8,
        (_, true) => 6,
        _ => 12,
    };
    length >= shortest && rare + mixed + long >= need + shift
}

/// Whether a name is one of a password, which people make up, not of a key, which programs do.
pub(super) fn is_password(name: &[u8]) -> bool {
    const PARTS: [&[u8]; 8] =
        [b"pass", b"pwd", b"kennwort", b"senha", b"contrase", b"_pw", b"secret", b"credential"];
    const ENDS: [&[u8]; 3] = [b"pw", b"psk", b"auth"];
    ENDS.iter().any(|end| name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end))
        || PARTS.iter().any(|part| name.windows(part.len()).any(|w| w.eq_ignore_ascii_case(part)))
}

/// `PASSWORD: "DB_PASSWORD"`, `password: "password_field"`: the value is the name again, or part of it.
fn repeats_name(name: &[u8], value: &[u8]) -> bool {
    let letters = |text: &[u8]| {
        text.iter().filter(|b| b.is_ascii_alphabetic()).map(u8::to_ascii_lowercase).collect::<Vec<_>>()
    };
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let (name, value) = (letters(name), letters(value));
    digits <= 1
        && !value.is_empty()
        && (memchr::memmem::find(&name, &value).is_some() || memchr::memmem::find(&value, &name).is_some())
}

/// `otter-quarry-lamp-river`.
fn is_tied(value: &[u8]) -> bool {
    let parts = value.split(|b| b"-_.".contains(b)).collect::<Vec<_>>();
    parts.len() >= 4 && parts.iter().all(|part| part.len() >= 3 && part.iter().all(u8::is_ascii_lowercase))
}

/// `OtterQuarry42`, `otter-quarry-lamp-42`: words with a number behind them, as people make up passwords and hardly
/// anyone names a thing in a program.
fn is_made_up(value: &[u8]) -> bool {
    let digits = value.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let words = &value[..value.len() - digits];
    let letters = |word: &[u8]| word.len() >= 3 && word.iter().all(u8::is_ascii_lowercase);
    let tied =
        words.strip_suffix(b"-").or_else(|| words.strip_suffix(b"_")).or_else(|| words.strip_suffix(b"."));
    let tied = tied.is_some_and(|words| {
        words.split(|b| b"-_.".contains(b)).count() >= 3 && words.split(|b| b"-_.".contains(b)).all(letters)
    });
    let capitals = words.iter().filter(|b| b.is_ascii_uppercase()).count();
    let humps = words.iter().all(u8::is_ascii_alphabetic)
        && words.first().is_some_and(u8::is_ascii_uppercase)
        && (1..=4).contains(&capitals)
        && words.len() >= 8;
    (2..=6).contains(&digits) && (tied || humps)
}

/// `correct horse battery staple`, where a passphrase is promised.
fn is_phrase(name: &[u8], value: &[u8], place: Place) -> bool {
    const SPEECH: [&[u8]; 16] = [
        b"the",
        b"your",
        b"is",
        b"to",
        b"a",
        b"for",
        b"please",
        b"enter",
        b"must",
        b"of",
        b"not",
        b"and",
        b"or",
        b"password",
        b"passphrase",
        b"in",
    ];
    let words = value.split(|b| *b == b' ').collect::<Vec<_>>();
    let phrase =
        [&b"phrase"[..], b"password", b"mnemonic"].iter().any(|w| name.to_ascii_lowercase().ends_with(w));
    phrase
        && place.form.is_config()
        && !place.test
        && (4..=24).contains(&words.len())
        && words
            .iter()
            .all(|word| word.len() >= 3 && word.iter().all(u8::is_ascii_lowercase) && !SPEECH.contains(word))
}

/// Whether the password of a URL, a header or a command is one; that there is one is promised by where it stands.
pub(super) fn is_password_of(user: &[u8], password: &[u8], place: Place) -> bool {
    if password.len() < 3
        || password.starts_with(b"--")
        || password.starts_with(b"[")
        || user.eq_ignore_ascii_case(password)
    {
        return false;
    }
    if !matches!(worth(password), Worth::Ordinary | Worth::Likely | Worth::Rare) {
        return false;
    }
    match shape(password) {
        Shape::Code | Shape::Public | Shape::PrivateKey | Shape::Prose => false,
        Shape::Other => rarity(password) >= 6.5 && password.len() >= 8,
        Shape::Hex | Shape::Uuid => true,
        Shape::Number => place.form.is_config() && !place.test && password.len() >= 6,
        Shape::Word => {
            let digits = password.iter().any(u8::is_ascii_digit);
            if place.form == Form::Code && !place.test {
                return is_made_up(password);
            }
            place.form.is_config() && !place.test && (digits && password.len() >= 6 || password.len() >= 8)
        }
        Shape::Text => {
            let need = if place.test {
                6.0
            } else if place.form.is_config() {
                4.0
            } else {
                5.0
            };
            let shortest = if place.test { 8 } else { 6 };
            password.len() >= shortest && rarity(password) + 0.4 * (kinds(password) as f32 - 2.0) >= need
        }
    }
}
