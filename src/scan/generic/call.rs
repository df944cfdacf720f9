//! Calls in which the place says what an argument is: `SetBasicAuth("user", "…")`, `new PDO(dsn, 'user', '…')`.

use std::ops::Range;

use super::Found;
use super::form::Form;
use super::judge::{self, Place};
use super::literal;
use crate::scan::text::Text;

/// The names, lower case, and which argument may be the password, from 0.
const CALLS: [(&[u8], &[usize]); 39] = [
    (b"securestring", &[0]),
    (b"basicauth", &[1]),
    (b"basic_auth", &[1]),
    (b"auth = ", &[1]),
    (b"auth=", &[1]),
    (b"getconnection", &[2]),
    (b"new pdo", &[2]),
    (b"mysqli", &[2]),
    (b"connect(", &[2, 3]),
    (b"networkcredential", &[1]),
    (b"passwordcredential", &[1]),
    (b"passwordauthentication", &[1]),
    (b"credentials(", &[1, 3]),
    (b".login", &[1]),
    (b".authenticate(", &[1]),
    (b".auth(", &[1]),
    (b":auth(", &[0]),
    (b"plainauth", &[2]),
    (b"unsafeplaintext", &[0]),
    (b"securitykey(", &[0]),
    (b"createhmac", &[1]),
    (b"hmac.new", &[0, 1]),
    (b"hmac.hexdigest", &[1]),
    (b"hash_hmac", &[2]),
    (b"hmacsha", &[0]),
    (b"jwt.sign", &[1]),
    (b"jwt.verify", &[1]),
    (b"jwt.encode", &[1]),
    (b"jwt.decode", &[1]),
    (b"aes.encrypt", &[1]),
    (b"aes.decrypt", &[1]),
    (b"wifi.begin", &[1]),
    (b"fernet(", &[0]),
    (b"simple_bind", &[1]),
    (b"cookieparser(", &[0]),
    (b"sequelize(", &[2]),
    (b"signwith(", &[0, 1]),
    (b"ftp_login", &[2]),
    (b"auth' => [", &[1]),
];

/// The password in the call whose name stands here.
pub(super) fn look(text: &Text<'_>, at: Range<usize>, form: Form) -> Option<Found> {
    let bytes = text.bytes;
    let word = bytes[at.clone()].to_ascii_lowercase();
    let (_, places) = CALLS.iter().find(|(name, _)| memchr::memmem::find(&word, name).is_some())?;
    let line = super::assign::line_end(bytes, at.end);
    // the rest of its name; PowerShell has no bracket
    let rest =
        bytes[at.end..line].iter().take(16).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let from = match bytes.get(at.end + rest)? {
        b' ' if word == b"convertto-securestring" => at.end + 1,
        _ if word.ends_with(b"(") || word.ends_with(b"[") => at.end,
        b'(' => at.end + rest + 1,
        // `:basic_auth, 'ann', '…'`
        b',' if at.start > 0 && bytes[at.start - 1] == b':' => at.end + 1,
        _ => return None,
    };
    places.iter().find_map(|place| nth(text, from, line, *place, form))
}

/// The argument with this number, if it is a password.
fn nth(text: &Text<'_>, from: usize, line: usize, place: usize, form: Form) -> Option<Found> {
    let bytes = text.bytes;
    let (mut from, mut user) = (from, 0..0);
    for _ in 0..place {
        let (next, argument) = argument(&bytes[..line], from)?;
        (from, user) = (next, argument);
    }
    // `key="…"`
    let named = bytes[from..line].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b' ').count();
    let from = from + if bytes.get(from + named) == Some(&b'=') { named + 1 } else { 0 };
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
    let (mut quote, mut depth) = (None, 0);
    for (i, b) in bytes[from..].iter().enumerate() {
        match (quote, b) {
            (None, b'"' | b'\'' | b'`') => quote = Some(*b),
            (Some(open), b) if open == *b => quote = None,
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') if depth > 0 => depth -= 1,
            (None, b',') if depth == 0 => {
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

/// What a script of `expect` answers where it is asked for a password.
pub(super) fn sent(text: &Text<'_>, at: Range<usize>) -> Option<Found> {
    let bytes = text.bytes;
    let before = &bytes[at.start.saturating_sub(160)..at.start];
    memchr::memmem::find(before, b"assword")?;
    let mut found = literal::argument(&bytes[..super::assign::line_end(bytes, at.end)], at.end - 1)?;
    let value = &bytes[found.at.clone()];
    let value = value.strip_suffix(b"\\r").or_else(|| value.strip_suffix(b"\\n"))?;
    found.at.end = found.at.start + value.len();
    let place = Place { form: Form::Shell, test: text.name.test, quoted: true };
    judge::is_password_of(b"", value, place).then_some(Found {
        rule: "generic-secret",
        at: found.at,
        name: None,
        what: "an answer to a prompt",
    })
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
