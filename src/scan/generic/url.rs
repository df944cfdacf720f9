//! Passwords in URLs.

use super::Found;
use super::form::Form;
use super::judge::{self, Place};
use crate::scan::rarity::rarity;
use crate::scan::text::Text;
use crate::scan::value::password_of_authority;

/// The password of the URL whose `://` ends here.
pub(super) fn look(text: &Text<'_>, at: usize, form: Form) -> Option<Found> {
    let bytes = text.bytes;
    let rest = &bytes[at..bytes.len().min(at + 512)];
    // most URLs have none
    let end =
        rest.iter().position(|b| b.is_ascii_whitespace() || b"\"'`<>".contains(b)).unwrap_or(rest.len());
    let rest = &rest[..end];
    memchr::memchr(b'@', rest)?;
    let scheme = bytes[at.saturating_sub(24)..at - 3]
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
        .count();
    if scheme < 2 {
        return None;
    }
    let password = password_of_authority(rest)?;
    let start = password.as_ptr() as usize - rest.as_ptr() as usize;
    let user = rest[..start].strip_suffix(b":").unwrap_or_default();
    let host = rest[start + password.len() + 1..].split(|b| b"/?#:".contains(b)).next().unwrap_or_default();
    let alone = start == 0;
    // a token before the host must look like one
    if alone && (password.len() < 20 || rarity(password) < 7.0) {
        return None;
    }
    // `https://user:pass@…` of a document, `{user}:{password}`
    if password.contains(&b'$') && password.contains(&b'{')
        || user.ends_with(b"}")
        || user.starts_with(b"<")
        || user.starts_with(b"$") && password.starts_with(b"$")
    {
        return None;
    }
    let made_up = is_made_up(host)
        || matches!(
            user,
            b"user" | b"username" | b"USER" | b"USERNAME" | b"usr" | b"foo" | b"me" | b"login" | b"name"
        );
    let form = match form {
        Form::Prose if !made_up => Form::Code,
        Form::Prose => form,
        _ if made_up => Form::Code,
        _ => form,
    };
    let place = Place { form, test: text.name.test, quoted: true };
    if !judge::is_password_of(user, password, place) {
        return None;
    }
    let at = at + start..at + start + password.len();
    Some(Found { rule: "connection-url", at, name: None, what: "the password in a URL" })
}

/// The password in `user:password@tcp(host)/database`, whose `@` stands here.
pub(super) fn dsn(text: &Text<'_>, at: usize, form: Form) -> Option<Found> {
    let bytes = text.bytes;
    let near = at.saturating_sub(128);
    let start =
        near + bytes[near..at].iter().rposition(|b| b.is_ascii_whitespace() || b"\"'`=".contains(b))? + 1;
    let colon = start + memchr::memchr(b':', &bytes[start..at])?;
    let place = Place { form, test: text.name.test, quoted: true };
    let at = colon + 1..at;
    judge::is_password_of(&bytes[start..colon], &bytes[at.clone()], place).then_some(Found {
        rule: "connection-url",
        at,
        name: None,
        what: "the password in a URL",
    })
}

/// Hosts of documents, and this machine.
fn is_made_up(host: &[u8]) -> bool {
    const HOSTS: [&[u8]; 10] = [
        b"localhost",
        b"127.0.0.1",
        b"0.0.0.0",
        b"::1",
        b"host",
        b"hostname",
        b"server",
        b"foo",
        b"bar",
        b"host.docker.internal",
    ];
    let host = host.to_ascii_lowercase();
    HOSTS.contains(&host.as_slice())
        || [
            &b"example.com"[..],
            b"example.org",
            b"example.net",
            b".example",
            b".test",
            b".invalid",
            b"domain.com",
            b"domain.tld",
        ]
        .iter()
        .any(|end| host.ends_with(end))
        || host.starts_with(b"example")
        || host.starts_with(b"your")
}
