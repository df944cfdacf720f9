//! Files of accounts, one in a line: `.pgpass`, `userlist.txt` of pgbouncer, `sasl_passwd` of Postfix, `passwd.client` of
//! Exim, `chap-secrets` of pppd, `ipsec.secrets`. Their names tell what they are; no word does.

use std::ops::Range;

use super::Found;
use super::form::Form;
use super::judge::{self, Place};
use crate::scan::text::Text;

/// Where the user and the password lie in a line.
type Parts = fn(&[u8]) -> Option<(Range<usize>, Range<usize>)>;

/// Beginnings of names, how their lines are, and whose they are.
const FILES: [(&[u8], Parts, &str); 8] = [
    (b".pgpass", pgpass, "a password of Postgres"),
    (b"pgpass", pgpass, "a password of Postgres"),
    (b"userlist.txt", second, "a password of Postgres"),
    (b"sasl_passwd", mapped, "a password for mail"),
    (b"passwd.client", mapped, "a password for mail"),
    (b"chap-secrets", third, "a password of a tunnel"),
    (b"pap-secrets", third, "a password of a tunnel"),
    (b"ipsec.secrets", shared, "a key of a tunnel"),
];

pub(super) fn look(text: &Text<'_>, mut found: impl FnMut(Found)) {
    let base = text.name.path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    let Some((_, parts, what)) = FILES.iter().find(|(head, ..)| base.starts_with(head)) else { return };
    let place = Place { form: Form::Lines, test: text.name.test, quoted: true };
    let mut at = 0;
    for line in text.bytes.split(|b| *b == b'\n') {
        let from = at;
        at += line.len() + 1;
        let line = line.trim_ascii_end();
        let Some((user, password)) = parts(line).filter(|_| !line.starts_with(b"#")) else { continue };
        if judge::is_password_of(&line[user], &line[password.clone()], place) {
            let at = from + password.start..from + password.end;
            found(Found { rule: "generic-secret", at, name: None, what });
        }
    }
}

/// Whether `chpasswd` stands here as cloud-init has it, with accounts below.
pub(super) fn is_list(text: &Text<'_>, at: &Range<usize>) -> bool {
    at.len() == 8 && text.bytes.get(at.end) == Some(&b':')
}

/// `user:password` in the lines under `chpasswd:` and `list: |`.
pub(super) fn list(text: &Text<'_>, at: &Range<usize>, mut found: impl FnMut(Found)) {
    let place = Place { form: Form::Yaml, test: text.name.test, quoted: true };
    let mut from = super::assign::line_end(text.bytes, at.end) + 1;
    for _ in 0..16 {
        if !text.bytes.get(from).is_some_and(u8::is_ascii_whitespace) {
            return;
        }
        let end = super::assign::line_end(text.bytes, from);
        let line = &text.bytes[from..end];
        let start = line.iter().take_while(|b| b" \t-".contains(b)).count();
        let colon = line.iter().position(|b| *b == b':').filter(|colon| line.get(colon + 1) != Some(&b' '));
        if let Some(colon) = colon.filter(|colon| *colon > start) {
            let (user, password) = (&line[start..colon], line[colon + 1..].trim_ascii_end());
            let at = from + colon + 1..from + colon + 1 + password.len();
            if user.iter().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b))
                && judge::is_password_of(user, password, place)
            {
                found(Found { rule: "generic-secret", at, name: None, what: "a password of an account" });
            }
        }
        from = end + 1;
    }
}

/// `host:port:database:user:password`.
fn pgpass(line: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let mut colons = memchr::memchr_iter(b':', line);
    let (user, end) = (colons.nth(2)? + 1, colons.next()?);
    Some((user..end, end + 1..line.len()))
}

/// `host:port user:password`, `host:user:password`.
fn mapped(line: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let blank = line.iter().rposition(u8::is_ascii_whitespace);
    let user = match blank {
        Some(blank) => blank + 1,
        None => memchr::memchr(b':', line)? + 1,
    };
    let colon = user + memchr::memchr(b':', &line[user..])?;
    Some((user..colon, colon + 1..line.len()))
}

/// `"user" "password"`.
fn second(line: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let mut words = words(line);
    Some((words.next()?, words.next()?))
}

/// `client server password address`.
fn third(line: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let mut words = words(line);
    let user = words.next()?;
    Some((user, words.nth(1)?))
}

/// `address : PSK "password"`.
fn shared(line: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let mut words = words(line);
    words.find(|at| [&b"PSK"[..], b"EAP", b"XAUTH", b"NTLM"].contains(&&line[at.clone()]))?;
    Some((0..0, words.next()?))
}

/// The words of a line, without quotes around them.
fn words(line: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += line[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        let start = at;
        if line.get(start) == Some(&b'"') {
            let end = start + 1 + memchr::memchr(b'"', &line[start + 1..])?;
            at = end + 1;
            return Some(start + 1..end);
        }
        at += line[at..].iter().take_while(|b| !b.is_ascii_whitespace()).count();
        (at > start).then_some(start..at)
    })
}
