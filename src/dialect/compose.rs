//! docker compose 2: `env_file`, and the `.env` of a project.
//!
//! After compose-go 2.0, as compose 2.26 has it. A value that begins with a quote ends at the same quote, over lines; in
//! both kinds of quotes a backslash keeps the quote from ending it and goes. In double quotes `\n` and the like are
//! escapes, and then variables are expanded, `\$` and `$$` standing for a dollar. Without quotes a value ends at the line
//! feed or at ` #`, blanks around it go, and variables are expanded too. In single quotes nothing else is special; so a
//! backslash at the end, or before a quote, needs double quotes. The process environment is the first place where a
//! variable is looked for: any expansion counts as unknown. What is not UTF-8 becomes U+FFFD on the way to the engine.
//! It carries every value that is UTF-8.

use super::{Pair, Unread, utf8};
use crate::secret::SecretValue;

pub(super) fn read(text: &[u8]) -> Result<Vec<Pair>, Unread> {
    let mut pairs = Vec::new();
    let mut rest = utf8(text, Unread::Unknown)?;
    rest = rest.strip_prefix('\u{feff}').unwrap_or(rest);
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(pairs);
        }
        if rest.starts_with('#') {
            rest = rest.find('\n').map_or("", |at| &rest[at..]);
            continue;
        }
        let (name, after) = name(rest)?;
        let (value, after) = value(after.trim_start_matches(is_blank))?;
        pairs.push((name.into(), SecretValue::new(value.into_bytes())));
        rest = after;
    }
}

/// What the reader takes for a blank within a line.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

fn name(text: &str) -> Result<(&str, &str), Unread> {
    let exported =
        text.strip_prefix("export").filter(|rest| rest.starts_with(['\t', '\n', '\x0c', '\r', ' ']));
    let text = exported.map_or(text, |rest| rest.trim_start_matches(is_blank));
    for (at, c) in text.char_indices() {
        match c {
            '=' | ':' => {
                let name = text[..at].trim_end();
                if name.contains(' ') {
                    return Err(Unread::Refused);
                }
                // no name, or one that later versions drop
                if name.is_empty()
                    || name.starts_with(|c: char| c.is_ascii_digit())
                    || name.contains(is_blank)
                {
                    return Err(Unread::Unknown);
                }
                return Ok((name, &text[at + 1..]));
            }
            // a name alone is taken from the environment
            '\n' => return Err(Unread::Unknown),
            '_' | '.' | '-' | '[' | ']' => {}
            c if is_blank(c) || c.is_ascii_alphanumeric() => {}
            c if c.is_ascii() => return Err(Unread::Refused),
            _ => return Err(Unread::Unknown),
        }
    }
    Err(Unread::Unknown)
}

fn value(text: &str) -> Result<(String, &str), Unread> {
    let quote = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => quote,
        _ => {
            let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
            let line = line.split_once(" #").map_or(line, |(value, _)| value);
            return Ok((expanded(line.trim_end())?, rest));
        }
    };
    let mut inner = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match (c, escaped) {
            (c, true) => {
                if c != quote {
                    inner.push('\\');
                }
                inner.push(c);
                escaped = false;
            }
            ('\\', false) => escaped = true,
            (c, false) if c == quote => {
                let value = if quote == '"' { expanded(&unescaped(&inner)?)? } else { inner };
                return Ok((value, &text[at + 1..]));
            }
            (c, false) => inner.push(c),
        }
    }
    Err(Unread::Refused)
}

/// The escapes of double quotes; a dollar comes out doubled, for [`expanded`].
fn unescaped(text: &str) -> Result<String, Unread> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let next = rest[at + 1..].chars().next();
        let stands_for = match next {
            Some('a') => "\x07",
            Some('b') => "\x08",
            Some('f') => "\x0c",
            Some('n') => "\n",
            Some('r') => "\r",
            Some('t') => "\t",
            Some('v') => "\x0b",
            Some('$') => "$$",
            Some('"') => "\"",
            Some('\\') => "\\",
            // octal
            Some('0') => return Err(Unread::Unknown),
            _ => {
                out.push('\\');
                rest = &rest[at + 1..];
                continue;
            }
        };
        out.push_str(stands_for);
        rest = &rest[at + 2..];
    }
    out.push_str(rest);
    Ok(out)
}

/// `$$` is a dollar, and so is one that no name and no brace follows.
fn expanded(text: &str) -> Result<String, Unread> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        match rest.chars().next() {
            Some('$') => rest = &rest[1..],
            // the reader folds cases, so that letters beyond ASCII can begin a name too
            Some(c) if c == '{' || c == '_' || c.is_ascii_alphabetic() || !c.is_ascii() => {
                return Err(Unread::Unknown);
            }
            _ => {}
        }
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use crate::dialect::fault::tests::reads;
    use crate::dialect::{Dialect::ComposeV2, Unread};

    #[test]
    fn quotes_decide_what_is_special() {
        reads(ComposeV2, b"A= b #c\nB='x #$y\\n'\n", &[("A", "b"), ("B", "x #$y\\n")]);
        reads(ComposeV2, b"A=\"1\n2\\n\\\"\\\\\\$x\" B:2\n", &[("A", "1\n2\n\"\\$x"), ("B", "2")]);
        reads(ComposeV2, b"A='it\\'s' # c\nexport B=$$x $5\n", &[("A", "it's"), ("B", "$x $5")]);
    }

    #[test]
    fn what_would_be_expanded_is_not_guessed() {
        for text in ["A=$HOME", "A=\"${B}\"", "A=a$b", "HOME\n"] {
            assert_eq!(ComposeV2.read(text.as_bytes()).err(), Some(Unread::Unknown), "{text}");
        }
        for text in ["A='x", "A='x\\'", "A!=1", "A B=1"] {
            assert_eq!(ComposeV2.read(text.as_bytes()).err(), Some(Unread::Refused), "{text}");
        }
    }
}
