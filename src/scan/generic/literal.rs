//! From where a value begins to its end.

use std::ops::Range;

use super::form::Form;

/// Longer values are no passwords.
const LONGEST: usize = 1024;

pub(super) struct Literal {
    pub(super) at: Range<usize>,
    pub(super) quoted: bool,
}

/// The value that begins at a place, in a file of this form; `bytes` end where the line ends.
pub(super) fn literal(bytes: &[u8], from: usize, form: Form) -> Option<Literal> {
    let from = from + blanks(&bytes[from..]);
    let from = from + tag(&bytes[from..]);
    let from = from + wrapper(&bytes[from..], form);
    let from = from + if form == Form::Code && bytes[from..].starts_with(b"Just \"") { 5 } else { 0 };
    let quoted = from + prefix(&bytes[from..]);
    match bytes.get(quoted)? {
        // of reStructuredText
        b'`' if bytes[quoted..].starts_with(b"``") && !bytes[quoted..].starts_with(b"```") => {
            string(bytes, quoted + 1)
        }
        b'q' if form == Form::Code => perl(bytes, quoted),
        b'"' | b'\'' | b'`' => string(bytes, quoted),
        b'\\' if matches!(bytes.get(quoted + 1), Some(b'"' | b'\'')) => {
            escaped(bytes, quoted + 2, bytes[quoted + 1])
        }
        b'\\' if bytes[quoted..].starts_with(b"\\\\\\\"") => escaped(bytes, quoted + 4, b'"'),
        _ if form.is_bare() => bare(bytes, from, form),
        _ => None,
    }
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// `!!str `, `!unsafe `.
fn tag(text: &[u8]) -> usize {
    if !text.starts_with(b"!") || text.starts_with(b"!vault") || text.starts_with(b"!secret") {
        return 0;
    }
    let tag = text.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'!').count();
    let after = blanks(&text[tag..]);
    if after > 0 && tag <= 12 { tag + after } else { 0 }
}

/// `String::from(`, `Some(`, `aws.String(`: what only wraps a text.
fn wrapper(text: &[u8], form: Form) -> usize {
    const WRAPPERS: [&[u8]; 22] = [
        b"from",
        b"new",
        b"some",
        b"string",
        b"str",
        b"bytes",
        b"byte",
        b"buffer",
        b"secret",
        b"secretstring",
        b"password",
        b"to",
        b"of",
        b"ok",
        b"box",
        b"tobytes",
        b"text",
        b"sensitive",
        b"nonsensitive",
        b"jsii",
        b"securestring",
        b"getbytes",
    ];
    if form != Form::Code {
        return 0;
    }
    let path =
        text.iter().take(48).take_while(|b| b.is_ascii_alphanumeric() || b"_:.&[] <>".contains(b)).count();
    if text.get(path) != Some(&b'(') || !matches!(text.get(path + 1), Some(b'"' | b'\'' | b'`')) {
        return 0;
    }
    let last = text[..path].rsplit(|b| !b.is_ascii_alphanumeric()).next().unwrap_or_default();
    if WRAPPERS.iter().any(|wrapper| last.eq_ignore_ascii_case(wrapper)) { path + 1 } else { 0 }
}

/// `b`, `r`, `f`, `u8`, `N`, `@` before a quote.
fn prefix(text: &[u8]) -> usize {
    let letters = text
        .iter()
        .take(3)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'@' | b'#' | b'&' | b'$' | b'<'))
        .count();
    if matches!(text.get(letters), Some(b'"' | b'\'')) { letters } else { 0 }
}

/// What stands between quotes, the first of which is at `from`.
fn string(bytes: &[u8], from: usize) -> Option<Literal> {
    let quote = bytes[from];
    let triple = bytes[from..].starts_with(&[quote; 3]);
    let start = from + if triple { 3 } else { 1 };
    let mut at = start;
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 2,
            b if b == quote && (!triple || bytes[at..].starts_with(&[quote; 3])) => break,
            b'\n' => return None,
            _ => at += 1,
        }
        if at - start > LONGEST {
            return None;
        }
    }
    (at > start).then_some(Literal { at: start..at, quoted: true })
}

/// `q{…}`, `qq(…)`.
fn perl(bytes: &[u8], at: usize) -> Option<Literal> {
    let at = at + if bytes[at..].starts_with(b"qq") { 2 } else { 1 };
    let close = match bytes.get(at)? {
        b'{' => b'}',
        b'(' => b')',
        b'[' => b']',
        mark @ (b'|' | b'/' | b'!') => *mark,
        _ => return None,
    };
    let end = memchr::memchr(close, &bytes[at + 1..])?;
    (end > 0 && end <= 256).then_some(Literal { at: at + 1..at + 1 + end, quoted: true })
}

/// What stands between `\"` and `\"`.
fn escaped(bytes: &[u8], start: usize, quote: u8) -> Option<Literal> {
    let rest = &bytes[start..bytes.len().min(start + LONGEST)];
    let end = memchr::memchr2(quote, b'\\', rest)?;
    (end > 0).then_some(Literal { at: start..start + end, quoted: true })
}

/// A value without quotes.
fn bare(bytes: &[u8], start: usize, form: Form) -> Option<Literal> {
    let rest = &bytes[start..];
    let line = memchr::memchr(b'\n', rest).map_or(rest, |end| &rest[..end]);
    let end = match form {
        Form::Yaml | Form::Lines => {
            let comment = line.windows(2).position(|pair| matches!(pair, [b' ' | b'\t', b'#' | b';']));
            line[..comment.unwrap_or(line.len())].trim_ascii_end().len()
        }
        Form::Markup => memchr::memchr3(b'<', b'"', b'>', line).unwrap_or(line.len()),
        Form::Shell => line
            .iter()
            .position(|b| b.is_ascii_whitespace() || b";|&<>)`\"'".contains(b))
            .unwrap_or(line.len()),
        _ => line
            .iter()
            .position(|b| b.is_ascii_whitespace() || b"\"'`<>,;|".contains(b))
            .unwrap_or(line.len()),
    };
    let mut text = &line[..end];
    // a list or a map
    if matches!(text, [b'[' | b'(' | b'{', ..]) && !text.starts_with(b"{{") {
        return None;
    }
    if matches!(form, Form::Yaml | Form::Lines) {
        // `{ password: x, … }`, `password = "…"` within a line of something else
        let open = text.iter().filter(|b| **b == b'{').count();
        let mut shut = 0;
        let flow = text.iter().position(|b| {
            shut += usize::from(*b == b'}');
            matches!(b, b'"' | b'\'' | b',') || *b == b'}' && shut > open
        });
        match flow {
            Some(at)
                if matches!(text[at], b'}' | b',')
                    && text[at..].iter().skip(1).all(|b| b" },]".contains(b)) =>
            {
                text = &text[..at];
            }
            Some(at) if text[at] == b',' && text.get(at + 1) == Some(&b' ') => text = &text[..at],
            _ => {}
        }
    }
    let printable = text.iter().all(|b| (b' '..=b'~').contains(b) || *b == b'\t' || *b >= 128);
    (!text.is_empty() && text.len() <= LONGEST && printable)
        .then_some(Literal { at: start..start + text.len(), quoted: false })
}

/// A part of a connection string or of a URL's query, up to one of the marks: `Password=x;`, `&password=x`.
pub(super) fn part(bytes: &[u8], start: usize, marks: &[u8]) -> Option<Literal> {
    let rest = &bytes[start..];
    let end = rest.iter().position(|b| b.is_ascii_whitespace() || marks.contains(b)).unwrap_or(rest.len());
    (end > 0 && end <= 256).then_some(Literal { at: start..start + end, quoted: true })
}

/// A word of a command line.
pub(super) fn argument(bytes: &[u8], start: usize) -> Option<Literal> {
    let start = start + blanks(&bytes[start..]);
    match bytes.get(start)? {
        b'"' | b'\'' => string(bytes, start),
        b'\\' if matches!(bytes.get(start + 1), Some(b'"' | b'\'')) => {
            escaped(bytes, start + 2, bytes[start + 1])
        }
        _ => {
            let rest = &bytes[start..];
            let end = rest
                .iter()
                .position(|b| b.is_ascii_whitespace() || b"\"'`|;<>)\\,".contains(b))
                .unwrap_or(rest.len());
            (end > 0 && end <= 256).then_some(Literal { at: start..start + end, quoted: false })
        }
    }
}
