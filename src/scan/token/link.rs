//! Signatures and passwords within a URL or a connection string, known by what stands around them.

use std::ops::Range;

use super::dummy;
use super::row::Set;

pub(super) struct Link {
    pub(super) rule: &'static str,
    pub(super) what: &'static str,
    /// What stands before the secret; lower case.
    pub(super) word: &'static str,
    find: fn(&[u8], usize) -> Option<Range<usize>>,
}

pub(super) const LINKS: &[Link] = &[
    Link {
        rule: "azure-sas",
        what: "signature of a shared access URL of Azure",
        word: "sig=",
        find: signature,
    },
    entra_id("0q~"),
    entra_id("1q~"),
    entra_id("2q~"),
    entra_id("3q~"),
    entra_id("4q~"),
    entra_id("5q~"),
    entra_id("6q~"),
    entra_id("7q~"),
    entra_id("8q~"),
    entra_id("9q~"),
    Link { rule: "discord-token", what: "Discord bot token", word: "discord", find: discord },
    Link { rule: "discord-token", what: "Discord bot token", word: "bot_token", find: discord },
];

const fn entra_id(word: &'static str) -> Link {
    Link { rule: "azure-ad-secret", what: "client secret of Entra ID", word, find: entra }
}

impl Link {
    pub(super) fn look(&self, text: &[u8], at: &Range<usize>) -> Option<Range<usize>> {
        let start = if self.word.ends_with("q~") { at.start } else { at.end };
        let found = (self.find)(text, start)?;
        (!dummy::is_dummy(&[&text[found.clone()]], 55, false)).then_some(found)
    }
}

/// `sig=` with 32 bytes in base64, beside `sv=` or `se=` of the same URL.
fn signature(text: &[u8], at: usize) -> Option<Range<usize>> {
    (matches!(text.get(at.checked_sub(5)?)?, b'?' | b'&' | b';')).then_some(())?;
    let run = text[at..]
        .iter()
        .take(80)
        .take_while(|b| Set::Url.has(**b) || matches!(b, b'%' | b'+' | b'/' | b'='))
        .count();
    let value = &text[at..at + run];
    let escapes = value.iter().filter(|b| **b == b'%').count();
    let plain = run - 2 * escapes;
    (matches!(plain, 43 | 44)).then_some(())?;
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'<');
    let url = text[..at].iter().rev().take(800).take_while(|b| !ends(b)).count();
    let behind = text[at..].iter().take(800).take_while(|b| !ends(b)).count();
    let url = &text[at - url..at + behind];
    let has = |name: &[u8]| memchr::memmem::find(url, name).is_some();
    ((has(b"sv=") || has(b"sr=") || has(b"api-version=")) && (has(b"se=") || has(b"sp=")))
        .then_some(at..at + run)
}

/// Three characters, a digit, `Q~`, and 34 more: a secret of an application in Entra ID.
fn entra(text: &[u8], at: usize) -> Option<Range<usize>> {
    let inside = |b: u8| Set::Dotted.has(b) || b == b'~';
    (text[at..].get(1..3)? == b"Q~").then_some(())?;
    let start = at.checked_sub(3)?;
    text[start..at].iter().all(|b| inside(*b)).then_some(())?;
    (!text[..start].last().is_some_and(|b| inside(*b))).then_some(())?;
    let run = text[at..].iter().take(40).take_while(|b| inside(**b)).count();
    (34..=37).contains(&run).then(|| start..at + run)
}

/// An id in base64, six characters of a time, and a digest, on the line of the word.
fn discord(text: &[u8], at: usize) -> Option<Range<usize>> {
    let line = text[at..].iter().take(200).take_while(|b| **b != b'\n').count();
    let line = at..at + line;
    let mut from = line.start;
    while let Some(dot) = memchr::memchr(b'.', &text[from..line.end]).map(|n| from + n) {
        from = dot + 1;
        let id = text[line.start..dot].iter().rev().take_while(|b| Set::Alnum.has(**b)).count();
        let part = |at: usize| text[at..].iter().take(80).take_while(|b| Set::Url.has(**b)).count();
        let time = part(dot + 1);
        let second = dot + 1 + time;
        if !(23..=28).contains(&id) || !(6..=7).contains(&time) || text.get(second) != Some(&b'.') {
            continue;
        }
        let digest = part(second + 1);
        let number = super::jwt::decode(&text[dot - id..dot]);
        if (27..=40).contains(&digest)
            && number.is_some_and(|n| n.len() >= 17 && n.iter().all(u8::is_ascii_digit))
        {
            return Some(dot - id..second + 1 + digest);
        }
    }
    None
}
