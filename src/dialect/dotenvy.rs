//! The Rust crate dotenvy.
//!
//! After dotenvy 0.15.7. Lines are first joined where a quote is open, and there a backslash guards the next character
//! in single quotes too, though it is a character like any other when the value is read; so no single-quoted value can
//! end in a backslash. In double quotes and outside, a backslash may stand before itself, quotes, `$`, a blank and `n`;
//! before anything else the file is refused. Variables are expanded outside single quotes. A blank ends a bare value, and
//! only a comment may follow; even a blank at the end of a file without a line feed is refused. Names are letters,
//! digits, `_` and `.`. Whoever loads a file keeps the first of two equal names, or the last; a rendered file has none.
//! It carries every value that is UTF-8.

use super::{Pair, Unread, utf8};
use crate::secret::SecretValue;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    Blank,
    Escape,
    Quoted(char),
    QuotedEscape(char),
    Comment,
}

pub(super) fn read(text: &[u8]) -> Result<Vec<Pair>, Unread> {
    let mut rest = utf8(text, Unread::Refused)?;
    if rest.starts_with('\u{feff}') {
        return Err(Unread::Unknown);
    }
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let (line, after) = statement(rest)?;
        pairs.extend(pair(line)?);
        rest = after;
    }
    Ok(pairs)
}

/// The next lines that belong together.
fn statement(text: &str) -> Result<(&str, &str), Unread> {
    let mut state = State::Plain;
    let mut end = 0;
    while end < text.len() {
        let start = end;
        end = text[start..].find('\n').map_or(text.len(), |at| start + at + 1);
        if text[..end].trim_start().starts_with('#') {
            return Ok(("", &text[end..]));
        }
        for (at, c) in text[start..end].char_indices() {
            state = after(state, c);
            if state == State::Comment {
                return Ok((&text[..start + at], &text[end..]));
            }
        }
        if state == State::Plain {
            let line = &text[..end];
            let line = line.strip_suffix('\n').map_or(line, |l| l.strip_suffix('\r').unwrap_or(l));
            return Ok((line, &text[end..]));
        }
    }
    Err(Unread::Refused)
}

fn after(state: State, c: char) -> State {
    match (state, c) {
        (State::Blank, '#') => State::Comment,
        (State::Plain | State::Blank, '\\') => State::Escape,
        (State::Plain | State::Blank, '"' | '\'') => State::Quoted(c),
        (State::Plain, '\n' | '\r') => State::Plain,
        (State::Plain, c) if c.is_whitespace() => State::Blank,
        (State::Plain | State::Blank | State::Escape, _) => State::Plain,
        (State::Quoted(quote), '\\') => State::QuotedEscape(quote),
        (State::Quoted(quote), c) if c == quote => State::Plain,
        (State::Quoted(quote) | State::QuotedEscape(quote), _) => State::Quoted(quote),
        (State::Comment, _) => State::Comment,
    }
}

fn pair(line: &str) -> Result<Option<Pair>, Unread> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (mut name, mut rest) = name(line)?;
    if name == "export" && !rest.starts_with('=') {
        (name, rest) = self::name(rest)?;
    }
    let rest = rest.strip_prefix('=').ok_or(Unread::Refused)?.trim_start();
    let value = if rest.starts_with('#') { String::new() } else { value(rest)? };
    Ok(Some((name.into(), SecretValue::new(value.into_bytes()))))
}

fn name(text: &str) -> Result<(&str, &str), Unread> {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return Err(Unread::Refused);
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len());
    Ok((&text[..end], text[end..].trim_start()))
}

fn value(text: &str) -> Result<String, Unread> {
    let mut out = String::new();
    let mut quote = None;
    let mut ended = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            _ if ended => match c {
                ' ' | '\t' => {}
                '#' => break,
                _ => return Err(Unread::Refused),
            },
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), c) => out.push(c),
            (_, '$') => return Err(Unread::Unknown),
            (_, '\\') => match chars.next() {
                Some(c @ ('\\' | '\'' | '"' | '$' | ' ')) => out.push(c),
                Some('n') => out.push('\n'),
                Some(_) => return Err(Unread::Refused),
                None => {}
            },
            (Some(_), c) => out.push(c),
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ' | '\t') => ended = true,
            (None, c) => out.push(c),
        }
    }
    if quote.is_some() { Err(Unread::Refused) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use crate::dialect::fault::tests::reads;
    use crate::dialect::{Dialect::Dotenvy, Unread};

    #[test]
    fn what_is_quoted_and_what_is_escaped() {
        reads(Dotenvy, b"A='x $y\\n' #c\nB=\"1\n2\\n\\$\\\"\"\n", &[("A", "x $y\\n"), ("B", "1\n2\n$\"")]);
        reads(Dotenvy, b"export A=it\\'s' '\"s\"#x\nB=\n#C\n", &[("A", "it's s#x"), ("B", "")]);
    }

    #[test]
    fn what_it_refuses_and_what_it_expands() {
        for text in ["A=x y", "A=\\t", "A='x\\'", "A='\\''", "A='x", "1=2", "A=x ", "A-B=1"] {
            assert_eq!(Dotenvy.read(text.as_bytes()).err(), Some(Unread::Refused), "{text}");
        }
        assert_eq!(Dotenvy.read(b"A=\"$B\"").err(), Some(Unread::Unknown));
    }
}
