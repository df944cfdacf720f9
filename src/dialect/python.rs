//! python-dotenv, and docker-compose 1, which reads `env_file` and `.env` with it.
//!
//! After python-dotenv 0.21 and docker-compose 1.29.2 with it. The file is opened as text: UTF-8 or nothing, and every
//! carriage return becomes a line feed. A quoted value ends at the first quote without a backslash before it, over lines;
//! if the file has none, at the last quote with one. So a backslash at the end of a quoted value reaches into the lines
//! below. What follows a quoted value on its line, other than a comment, makes the reader drop the line and say so.
//! Without quotes, blanks around a value go, and so does a comment behind a blank. `${NAME}` is expanded in every value,
//! quoted or not, and nothing keeps it from that: it carries no `${` with a `}` behind it. Compose skips a byte order
//! mark; by itself the package makes it part of the first name.

use super::{Pair, Unread, utf8};
use crate::secret::SecretValue;

/// Who opened the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    ByCompose,
    ByItself,
}

pub(super) fn read(text: &[u8], opened: Opened) -> Result<Vec<Pair>, Unread> {
    let text = utf8(text, Unread::Refused)?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) if opened == Opened::ByCompose => rest,
        _ => text,
    };
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut pairs = Vec::new();
    let mut rest = text.as_str();
    loop {
        rest = rest.trim_start_matches(is_blank);
        if rest.is_empty() {
            return Ok(pairs);
        }
        let (pair, after) = binding(rest)?;
        pairs.extend(pair);
        rest = after;
    }
}

/// What Python takes for a blank: also four separators that Unicode does not count.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches(|c| c != '\n' && is_blank(c))
}

fn rest_of_line(text: &str) -> &str {
    text.find('\n').map_or("", |at| &text[at + 1..])
}

fn binding(text: &str) -> Result<(Option<Pair>, &str), Unread> {
    let exported = text.strip_prefix("export").map(|rest| (rest, skip_blanks(rest)));
    let text = exported.filter(|(all, rest)| all != rest).map_or(text, |(_, rest)| rest);
    if text.starts_with('#') {
        return Ok((None, rest_of_line(text)));
    }
    let (name, after) = if let Some(quoted) = text.strip_prefix('\'') {
        match quoted.find('\'') {
            Some(at) if at > 0 => (&quoted[..at], &quoted[at + 1..]),
            _ => return Ok((None, rest_of_line(text))),
        }
    } else {
        let end = text.find(|c| c == '=' || c == '#' || is_blank(c)).unwrap_or(text.len());
        if end == 0 {
            return Ok((None, rest_of_line(text)));
        }
        text.split_at(end)
    };
    let Some(after) = skip_blanks(after).strip_prefix('=') else {
        // a name without a value; what follows may make an error of it
        return Err(Unread::Unknown);
    };
    let after = skip_blanks(after);
    let (value, after) = match after.chars().next() {
        None | Some('\n') => (String::new(), after),
        Some(quote @ ('\'' | '"')) => match quoted(&after[1..], quote) {
            Some((inner, after)) => (unescaped(inner, quote), after),
            None => return Ok((None, rest_of_line(after))),
        },
        Some(_) => {
            let end = after.find('\n').unwrap_or(after.len());
            (without_comment(&after[..end]).to_owned(), &after[end..])
        }
    };
    let after = match skip_blanks(after) {
        rest if rest.starts_with('#') => rest.find('\n').map_or("", |at| &rest[at..]),
        rest => rest,
    };
    match after.strip_prefix('\n') {
        None if !after.is_empty() => return Ok((None, rest_of_line(after))),
        _ if is_expanded(&value) => return Err(Unread::Unknown),
        rest => Ok((Some((name.into(), SecretValue::new(value.into_bytes()))), rest.unwrap_or(""))),
    }
}

/// Up to the first quote without a backslash before it, else up to the last one with.
fn quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    let mut last = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if c == quote && before != '\\' {
            return Some((&text[..at], &text[at + 1..]));
        }
        if c == quote {
            last = Some(at);
        }
        before = c;
    }
    last.map(|at| (&text[..at], &text[at + 1..]))
}

fn unescaped(text: &str, quote: char) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let stands_for = match (c, chars.peek()) {
            ('\\', Some('\\')) => '\\',
            ('\\', Some('\'')) => '\'',
            ('\\', Some(next)) if quote == '"' => match next {
                '"' => '"',
                'a' => '\x07',
                'b' => '\x08',
                'f' => '\x0c',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\x0b',
                _ => {
                    out.push(c);
                    continue;
                }
            },
            _ => {
                out.push(c);
                continue;
            }
        };
        out.push(stands_for);
        chars.next();
    }
    out
}

fn without_comment(line: &str) -> &str {
    let comment = line.match_indices('#').find(|(at, _)| line[..*at].ends_with(is_blank));
    comment.map_or(line, |(at, _)| &line[..at]).trim_end_matches(is_blank)
}

/// `${…}`, where a `:` within is followed by `-`.
fn is_expanded(value: &str) -> bool {
    value.match_indices("${").any(|(at, _)| {
        let inner = &value[at + 2..];
        match inner.find(['}', ':']) {
            Some(end) => match inner[end..].strip_prefix(":-") {
                Some(default) => default.contains('}'),
                None => inner[end..].starts_with('}'),
            },
            None => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::dialect::fault::tests::reads;
    use crate::dialect::{Dialect::ComposeV1, Dialect::PythonDotenv, Unread};

    #[test]
    fn quotes_end_where_no_backslash_stands_before_them() {
        reads(PythonDotenv, b"A= b #c\nB='x # $y\\n\\''#z\n", &[("A", "b"), ("B", "x # $y\\n'")]);
        reads(PythonDotenv, b"A=\"1\\n\\t\\\\\\q\"\n", &[("A", "1\n\t\\\\q")]);
        // alone in its file, a backslash can stand at the end; with another quote below, it cannot
        reads(PythonDotenv, b"A='x\\\\'\n", &[("A", "x\\")]);
        reads(PythonDotenv, b"A='x\\\\'\nB='y'\n", &[]);
        reads(PythonDotenv, b"A='x' y\nB=1\n", &[("B", "1")]);
    }

    #[test]
    fn every_carriage_return_is_a_line_feed() {
        reads(PythonDotenv, b"A='x\r\ny\rz'\rB=1", &[("A", "x\ny\nz"), ("B", "1")]);
        reads(PythonDotenv, b"A=\"x\\ry\"", &[("A", "x\ry")]);
    }

    #[test]
    fn braces_are_expanded_in_any_quotes_and_a_bare_dollar_is_none() {
        reads(PythonDotenv, b"A=$x ${ ${a:b} $$\n", &[("A", "$x ${ ${a:b} $$")]);
        for text in ["A='${B}'", "A=${B:-x}", "A=\"${}\""] {
            assert_eq!(PythonDotenv.read(text.as_bytes()).err(), Some(Unread::Unknown), "{text}");
        }
    }

    #[test]
    fn compose_skips_a_byte_order_mark() {
        reads(ComposeV1, "\u{feff}A=1".as_bytes(), &[("A", "1")]);
        reads(PythonDotenv, "\u{feff}A=1".as_bytes(), &[("\u{feff}A", "1")]);
    }
}
