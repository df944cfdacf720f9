//! Whether a value is a secret: references, placeholders and words are none.
//!
//! A name promises something, and a value is worth something; both are judged alone here, and `is_secret` puts them
//! together for entries of env files and sealed files. What kind of file they stand in, and which line, is not known here.

mod list;
mod name;
mod placeholder;
mod reference;
mod runs;
mod shape;
#[cfg(test)]
mod tests;
mod url;

pub(super) use name::promise;
pub(super) use shape::{Shape, shape};
pub(super) use url::{password_of_authority, password_of_url};

use super::rarity::rarity;

/// What a value is, by its look alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// Nothing, `null`, a flag, a small number.
    Empty,
    /// It says where the value is, or hides it: `${DB_PASSWORD}`, `{{ vault.x }}`, `ENC[…]`, `op://…`, `!vault`.
    Reference,
    /// It stands for a value: `changeme`, `<password>`, `xxxx`, an example of a provider's documentation.
    Placeholder,
    /// A word, a host, a path, a version, a URL without a password, a public key, the hash of a password.
    Ordinary,
    /// A secret, if the name beside it says so.
    Likely,
    /// A secret whatever stands beside it, unless that says that it is public.
    Rare,
}

/// What a value is, by its look. Quotes around it do not count.
pub(super) fn worth(value: &[u8]) -> Worth {
    let value = bare(value);
    if is_empty(value) {
        return Worth::Empty;
    }
    if let Some(password) = password_of_url(value) {
        return match worth(password) {
            Worth::Likely | Worth::Ordinary | Worth::Rare => Worth::Rare,
            other => other,
        };
    }
    if reference::is(value) {
        return Worth::Reference;
    }
    if placeholder::is(value) {
        return Worth::Placeholder;
    }
    match shape(value) {
        Shape::PrivateKey => Worth::Rare,
        Shape::Hex if value.len() >= 24 => Worth::Likely,
        Shape::Text => by_rarity(value),
        _ => Worth::Ordinary,
    }
}

/// What a text without any other mark is worth.
fn by_rarity(value: &[u8]) -> Worth {
    let (rare, length) = (rarity(value), value.len());
    let kinds = kinds(value);
    if length >= 16 && rare >= 7.5 && kinds >= 2 && (kinds >= 3 || length >= 20) && value.len() <= 512 {
        Worth::Rare
    } else if length >= 8 && (rare >= 6.3 || kinds >= 3 && rare >= 5.0) {
        Worth::Likely
    } else {
        Worth::Ordinary
    }
}

/// How many of small letters, capitals, digits and marks there are.
pub(in crate::scan) fn kinds(value: &[u8]) -> usize {
    let has = |test: fn(&u8) -> bool| usize::from(value.iter().any(test));
    has(u8::is_ascii_lowercase)
        + has(u8::is_ascii_uppercase)
        + has(u8::is_ascii_digit)
        + has(|b| b.is_ascii_punctuation())
}

/// Without blanks and a pair of quotes around it.
pub(super) fn bare(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    match value {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] | [b'`', inner @ .., b'`'] => {
            inner.trim_ascii()
        }
        _ => value,
    }
}

fn is_empty(value: &[u8]) -> bool {
    const NONE: [&[u8]; 14] = [
        b"null",
        b"nil",
        b"none",
        b"true",
        b"false",
        b"yes",
        b"no",
        b"on",
        b"off",
        b"undefined",
        b"~",
        b"n/a",
        b"nan",
        b"default",
    ];
    value.is_empty()
        || value.len() <= 4 && value.iter().all(u8::is_ascii_digit)
        || NONE.iter().any(|none| value.eq_ignore_ascii_case(none))
}

/// What a name says of the value beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Promise {
    /// It says that it is public: `PUBLIC_KEY`, `CLIENT_ID`, `PASSWORD_MIN_LENGTH`, `COMMIT_SHA`.
    Public,
    /// Nothing.
    Nothing,
    /// `KEY`, `AUTH`, `SALT`, `PIN`.
    Weak,
    /// `PASSWORD`, `SECRET`, `API_KEY`, `PRIVATE_KEY`.
    Strong,
}

/// Whether an entry of an env file or of a sealed one is a secret: the name and the value together.
pub(super) fn is_secret(name: &[u8], value: &[u8]) -> bool {
    let plain = bare(value);
    let worth = worth(plain);
    if matches!(worth, Worth::Empty | Worth::Reference | Worth::Placeholder) {
        return false;
    }
    // whatever the name says
    if password_of_url(plain).is_some() || shape(plain) == Shape::PrivateKey {
        return true;
    }
    match promise(name) {
        Promise::Public => false,
        Promise::Nothing => worth == Worth::Rare,
        Promise::Weak => matches!(worth, Worth::Likely | Worth::Rare),
        // a poor password is one, if it is nothing else
        Promise::Strong => match shape(plain) {
            Shape::Text | Shape::Word | Shape::Hex | Shape::Uuid | Shape::Number | Shape::Prose => true,
            _ => worth != Worth::Ordinary,
        },
    }
}
