//! `Authorization` and what follows it.

use std::ops::Range;

use super::form::Form;
use super::judge::{self, Place};
use super::{Found, base64};
use crate::scan::rarity::rarity;
use crate::scan::text::Text;
use crate::scan::value::{Worth, kinds, worth};

/// The credential of a header whose name stands here.
pub(super) fn look(text: &Text<'_>, at: Range<usize>, form: Form) -> Option<Found> {
    let bytes = text.bytes;
    let line = super::assign::line_end(bytes, at.end);
    let rest = &bytes[at.end..line];
    let place = Place { form, test: text.name.test, quoted: true };
    // `setValue("Bearer …", forHTTPHeaderField: "Authorization")`
    if let Some(before) = field(bytes, at.start) {
        let found = credential(&bytes[before.clone()], place)?;
        let at = before.start + found.start..before.start + found.end;
        return Some(Found { rule: "authorization-header", at, name: None, what: "a header" });
    }
    // `Authorization: Basic …`, `"Authorization", "Bearer …"`, `['authorization'] = 'token …'`
    let skip = rest.iter().take(12).take_while(|b| b" \t\"'`\\]:=>,(".contains(b)).count();
    if skip == 0 || skip == 12 {
        return None;
    }
    // `"name": "Authorization", "value": "…"`
    let word = rest[skip..].starts_with(b"value");
    let more = rest[skip..].iter().skip(5).take(12).take_while(|b| b" \t\"'`:=".contains(b)).count();
    let skip = if word { skip + 5 + more } else { skip };
    let value = &rest[skip..];
    let found = credential(value, place)?;
    let start = at.end + skip;
    Some(Found {
        rule: "authorization-header",
        at: start + found.start..start + found.end,
        name: None,
        what: "a header",
    })
}

/// The text before `forHTTPHeaderField:` and the name of a header, which stands here.
pub(super) fn field(bytes: &[u8], name: usize) -> Option<Range<usize>> {
    let near = name.saturating_sub(512);
    let before = bytes[near..name].trim_ascii_end();
    let before = before.strip_suffix(b"\"")?;
    let before = before.strip_suffix(b"@").unwrap_or(before).trim_ascii_end();
    let before = before.strip_suffix(b"forHTTPHeaderField:")?.trim_ascii_end();
    let before = before.strip_suffix(b",").unwrap_or(before).strip_suffix(b"\"")?;
    let start = memchr::memrchr(b'"', before)? + 1;
    Some(near + start..near + before.len())
}

/// Where the credential lies behind its scheme.
pub(super) fn credential(value: &[u8], place: Place) -> Option<Range<usize>> {
    const SCHEMES: [&[u8]; 8] =
        [b"basic ", b"bearer ", b"token ", b"apikey ", b"api-key ", b"key ", b"bot ", b"splunk "];
    let scheme = SCHEMES
        .iter()
        .find(|scheme| value.len() > scheme.len() && value[..scheme.len()].eq_ignore_ascii_case(scheme))?;
    let rest = &value[scheme.len()..];
    let start = scheme.len() + rest.iter().take_while(|b| **b == b' ').count();
    let rest = &value[start..];
    let fits = |b: &u8| b.is_ascii_alphanumeric() || b"+/=_-.~:|!".contains(b);
    let end = rest.iter().take_while(|b| fits(b)).count();
    let credential = &rest[..end];
    // what goes on in another way is a piece of a program
    if rest.get(end).is_some_and(|b| b"{($%<[".contains(b)) {
        return None;
    }
    let at = start..start + end;
    if **scheme == *b"basic " {
        let held = base64::readable(credential)?;
        let colon = memchr::memchr(b':', &held)?;
        return judge::is_password_of(&held[..colon], &held[colon + 1..], place).then_some(at);
    }
    let likely = matches!(worth(credential), Worth::Likely | Worth::Rare);
    let need = if place.test { 8.0 } else { 6.8 };
    let hex = credential.iter().all(u8::is_ascii_hexdigit) && credential.len() >= 32 && !place.test;
    let text = credential.len() >= 16 && kinds(credential) >= 2 && rarity(credential) >= need;
    (likely && (hex || text)).then_some(at)
}
