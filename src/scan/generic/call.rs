//! Calls in which the place says what an argument is: `SetBasicAuth("user", "…")`, `new PDO(dsn, 'user', '…')`.

use std::ops::Range;

use super::Found;
use super::form::Form;
use super::judge::{self, Place};
use super::literal;
use crate::scan::text::Text;

/// The names, lower case, and which argument is the password, from 0.
const CALLS: [(&[u8], usize); 14] = [
    (b"securestring", 0),
    (b"basicauth", 1),
    (b"basic_auth", 1),
    (b"auth = ", 1),
    (b"auth=", 1),
    (b"getconnection", 2),
    (b"new pdo", 2),
    (b"mysqli", 2),
    (b"mysql_connect", 2),
    (b"networkcredential", 1),
    (b"passwordcredential", 1),
    (b"passwordauthentication", 1),
    (b".login", 1),
    (b"plainauth", 2),
];

/// The password in the call whose name stands here.
pub(super) fn look(text: &Text<'_>, at: Range<usize>, form: Form) -> Option<Found> {
    let bytes = text.bytes;
    let word = bytes[at.clone()].to_ascii_lowercase();
    let (_, place) = CALLS.iter().find(|(name, _)| memchr::memmem::find(&word, name).is_some())?;
    let line = super::assign::line_end(bytes, at.end);
    let user = 0..0;
    // PowerShell has no bracket
    let from = match bytes.get(at.end)? {
        b' ' if *place == 0 => at.end + 1,
        b'(' => at.end + 1,
        _ if word.ends_with(b"(") => at.end,
        _ => return None,
    };
    let (mut from, mut user) = (from, user);
    for _ in 0..*place {
        let (next, argument) = argument(&bytes[..line], from)?;
        (from, user) = (next, argument);
    }
    let from = from + bytes[from..line].iter().take_while(|b| **b == b' ').count();
    if !matches!(bytes.get(from), Some(b'"' | b'\'' | b'`')) {
        return None;
    }
    let found = literal::literal(&bytes[..line], from, Form::Code)?;
    let place = Place { form, test: text.name.test, quoted: true };
    judge::is_password_of(&bytes[user], &bytes[found.at.clone()], place).then_some(Found {
        rule: "generic-secret",
        at: found.at,
        name: None,
        what: "a password in a call",
    })
}

/// Where the next argument begins, and the one that stands here.
fn argument(bytes: &[u8], from: usize) -> Option<(usize, Range<usize>)> {
    let mut quote = None;
    for (i, b) in bytes[from..].iter().enumerate() {
        match (quote, b) {
            (None, b'"' | b'\'' | b'`') => quote = Some(*b),
            (Some(open), b) if open == *b => quote = None,
            (None, b',') => {
                let plain = bytes[from..from + i].trim_ascii();
                let start = from + bytes[from..from + i].iter().take_while(|b| **b == b' ').count();
                return Some((from + i + 1, start..start + plain.len()));
            }
            (None, b')' | b';') => return None,
            _ => {}
        }
    }
    None
}

/// The password of a user of Redis: `user app on >…`.
pub(super) fn acl(text: &Text<'_>, at: Range<usize>) -> Option<Found> {
    let found = literal::argument(&text.bytes[..super::assign::line_end(text.bytes, at.end)], at.end)?;
    let place = Place { form: Form::Lines, test: text.name.test, quoted: true };
    judge::is_password_of(b"", &text.bytes[found.at.clone()], place).then_some(Found {
        rule: "generic-secret",
        at: found.at,
        name: None,
        what: "a password of Redis",
    })
}
