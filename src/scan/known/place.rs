//! Whether a text stands at a place, and how it is written there.

use std::ops::Range;

use super::entry::Sought;
use super::spelling::LEAD;
use super::{Form, base64, escape, spelling};

/// How a value is written.
#[derive(Clone, Copy, Default)]
pub(super) struct Written {
    how: Option<&'static str>,
    /// How many layers of base64 are around it.
    pub(super) layers: u8,
}

impl Written {
    fn as_is() -> Self {
        Written::default()
    }

    fn with(how: &'static str) -> Self {
        Written { how: Some(how), layers: 0 }
    }

    pub(super) fn in_base64(self) -> Self {
        Written { layers: self.layers + 1, ..self }
    }

    /// In words; none where it stands as it is.
    pub(super) fn told(self) -> Option<String> {
        let around = match self.layers {
            0 => return self.how.map(str::to_owned),
            1 => "base64",
            2 => "base64 of base64",
            _ => "base64, many times",
        };
        Some(self.how.map_or_else(|| around.to_owned(), |how| format!("{how}, {around}")))
    }
}

/// Where the value stands whose begin, without the first `skip` bytes of it, may stand at `at`.
pub(super) fn stands(
    text: &[u8],
    at: usize,
    value: &[u8],
    skip: usize,
    form: Form,
) -> Option<(Range<usize>, Written)> {
    match form {
        Form::Escaped => {
            let (end, used) = escape::reach(text, at, &value[skip..])?;
            let (start, before) = escape::back(text, at, &value[..skip])?;
            let used = used.and(before);
            let written = match () {
                () if used.percent => Written::with("percent-encoded"),
                () if used.entity => Written::with("XML-escaped"),
                () if used.backslash => Written::with("escaped"),
                () if used.quoted => Written::with("quoted"),
                () => Written::as_is(),
            };
            Some((start..end, written))
        }
        Form::Hex => {
            let start = at.checked_sub(2 * skip)?;
            let end = start + 2 * value.len();
            let pairs = text.get(start..end)?.chunks_exact(2);
            let same = pairs.zip(value).all(|(pair, byte)| pair_of(pair) == Some(*byte));
            same.then(|| (start..end, Written::with("hex")))
        }
        Form::Spaced => spaced(text, at, value, skip),
        Form::Utf16(little) => {
            let wanted = spelling::utf16(value, little)?;
            text[at..].starts_with(&wanted).then(|| (at..at + wanted.len(), Written::with("UTF-16")))
        }
        Form::Wide => {
            let start = at.checked_sub(2 * skip)?;
            let end = start + 2 * value.len() - 1;
            let mut found = text.get(start..end)?.iter();
            let mut wanted = value.iter().flat_map(|b| [*b, 0]);
            found.all(|b| wanted.next() == Some(*b)).then(|| (start..end, Written::with("UTF-16")))
        }
        Form::Base64(before) => {
            let (start, lead) = group(at, skip, before)?;
            let (bytes, end) = base64::decode(text, start, lead + value.len());
            let same = bytes.get(lead..) == Some(value);
            same.then(|| (start + lead * 8 / 6..end, Written::as_is().in_base64()))
        }
        Form::Twice => {
            let (bytes, end) = base64::decode(text, at, (value.len().div_ceil(3)) * 4);
            let (inner, _) = base64::decode(&bytes, 0, value.len());
            (inner == value).then(|| (at..end, Written::as_is().in_base64().in_base64()))
        }
    }
}

/// Bytes in hex with a sign between them. A dump of many lines has an address before each and its text behind it.
fn spaced(text: &[u8], at: usize, value: &[u8], skip: usize) -> Option<(Range<usize>, Written)> {
    let (mut start, mut from) = (at, at);
    for byte in value[..skip].iter().rev() {
        start = before_pair(text, start)?;
        (pair_of(text.get(start..start + 2)?) == Some(*byte)).then_some(())?;
    }
    for (i, byte) in value[skip..].iter().enumerate() {
        if i > 0 {
            from = next_pair(text, from)?;
        }
        (pair_of(text.get(from..from + 2)?) == Some(*byte)).then_some(())?;
        from += 2;
    }
    Some((start..from, Written::with("hex")))
}

/// Where the next pair begins behind one that ends here.
fn next_pair(text: &[u8], end: usize) -> Option<usize> {
    let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_hexdigit);
    let pair = |at: usize| digit(at) && digit(at + 1) && !digit(at + 2);
    match text.get(end..)? {
        [b' ' | b':' | b'-', ..] if pair(end + 1) => Some(end + 1),
        [b' ', b' ' | b'-', ..] if pair(end + 2) => Some(end + 2),
        // its text, the end of the line, and the address of the next
        rest => {
            let line = memchr::memchr(b'\n', &rest[..rest.len().min(40)])?;
            let address = &rest[line + 1..rest.len().min(line + 24)];
            let digits = address.iter().take_while(|b| b.is_ascii_hexdigit()).count();
            let blanks = address[digits..].iter().take_while(|b| b": \t".contains(b)).count();
            let at = end + line + 1 + digits + blanks;
            ((4..=16).contains(&digits) && blanks > 0 && pair(at)).then_some(at)
        }
    }
}

/// Where the pair begins before the one that begins here; on the same line.
fn before_pair(text: &[u8], start: usize) -> Option<usize> {
    let digit = |b: &u8| b.is_ascii_hexdigit();
    match &text[..start] {
        [.., a, b, b' ' | b':' | b'-'] if digit(a) && digit(b) => Some(start - 3),
        [.., a, b, b' ', b' ' | b'-'] if digit(a) && digit(b) => Some(start - 4),
        _ => None,
    }
}

/// Where the group begins in which the value begins, and how many bytes stand before it there.
fn group(at: usize, skip: usize, before: usize) -> Option<(usize, usize)> {
    let groups = skip.saturating_sub(before).div_ceil(3);
    let start = at.checked_sub(LEAD[before] + 4 * groups)?;
    Some((start, 3 * groups + before - skip))
}

/// Whether the value is no part of a longer word.
pub(super) fn is_alone(text: &[u8], at: &Range<usize>, form: Form, value: &[u8]) -> bool {
    let (before, after) = match form {
        Form::Escaped => (escaped_before(text, at.start), text.get(at.end).copied()),
        Form::Hex => {
            let pair = |from: Option<usize>| from.and_then(|from| pair_of(text.get(from..from + 2)?));
            (pair(at.start.checked_sub(2)), pair(Some(at.end)))
        }
        Form::Wide => {
            let before = at.start.checked_sub(2).map(|n| &text[n..at.start]);
            (before.filter(|b| b[1] == 0).map(|b| b[0]), text.get(at.end + 1).copied())
        }
        Form::Base64(_) => around(text, at, value),
        // it was decoded from its begin on, or what stands beside it is no text
        Form::Twice | Form::Spaced | Form::Utf16(_) => (None, None),
    };
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let joins =
        |edge: Option<&u8>, beside: Option<u8>| edge.is_some_and(|b| word(*b)) && beside.is_some_and(word);
    !joins(value.first(), before) && !joins(value.last(), after)
}

/// The bytes before and behind a value in base64, whichever way it lies in its groups.
fn around(text: &[u8], at: &Range<usize>, value: &[u8]) -> (Option<u8>, Option<u8>) {
    for lead in 0..3 {
        let Some(start) = at.start.checked_sub(lead * 8 / 6) else { continue };
        let (bytes, _) = base64::decode(text, start, lead + value.len() + 1);
        if bytes.len() >= lead + value.len() && bytes[lead..].starts_with(value) {
            let before = lead.checked_sub(1).map(|n| bytes[n]).or_else(|| base64::before(text, start));
            return (before, bytes.get(lead + value.len()).copied());
        }
    }
    (None, None)
}

/// The byte before a place; none where it is the end of an escape, or the letter of an option as in `-pVALUE`.
fn escaped_before(text: &[u8], at: usize) -> Option<u8> {
    let before = &text[at.saturating_sub(6)..at];
    let last = *before.last()?;
    let hex = |n: usize| before.len() >= n && before[before.len() - n..].iter().all(u8::is_ascii_hexdigit);
    let is_escape = match before {
        [.., b'\\', b'n' | b't' | b'r'] => true,
        [.., b'%', _, _] | [.., b'\\', b'x', _, _] => hex(2),
        [b'\\', b'u', ..] => hex(4),
        [b' ' | b'"' | b'\'' | b'\t' | b',', b'-', b'p' | b'a' | b'w'] => true,
        [.., b' ' | b'"' | b'\'' | b'\t' | b',', b'-', b'p' | b'a' | b'w'] => true,
        _ => false,
    };
    (!is_escape).then_some(last)
}

/// Where the secret begins behind its name.
pub(super) fn end_of(text: &[u8], at: &Range<usize>, sought: &Sought) -> usize {
    let value = &sought.text.expose()[sought.secret..];
    escape::back(text, at.end, value).map_or(at.start, |(start, _)| start)
}

/// All of the private key around one of its lines, if its marks stand there.
pub(super) fn key_around(text: &[u8], at: &Range<usize>) -> Range<usize> {
    const FAR: usize = 16 << 10;
    let first = at.start.saturating_sub(FAR);
    let begin = memchr::memmem::rfind(&text[first..at.start], b"-----BEGIN ").map(|n| first + n);
    let rest = &text[at.end..text.len().min(at.end + FAR)];
    let end = memchr::memmem::find(rest, b"-----END ").map(|n| at.end + n);
    let between = begin.map(|begin| memchr::memmem::find(&text[begin..at.start], b"-----END ").is_some());
    match (begin, end, between) {
        (Some(begin), Some(end), Some(false)) => begin..end,
        _ => at.clone(),
    }
}

fn pair_of(pair: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    Some((digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?) as u8)
}
