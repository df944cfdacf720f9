//! A value of an INI file: bare, in backquotes, or in three quotes, where it may have several lines.
//!
//! The reader of sops knows more forms, and guesses in some: a quote that is not closed, a `#` in a bare value, a
//! backslash at its end. What it would guess about is refused.

use std::ops::Range;

use crate::error::{Error, Result};

/// What encloses several lines.
const TRIPLE: &str = "\"\"\"";

/// Where a value stands, quotes included, and where its text does.
pub(super) struct Token {
    pub(super) span: Range<usize>,
    pub(super) text: Range<usize>,
}

/// Reads the value that starts at `at`, behind the mark of its key. `Err`: what is wrong with it.
pub(super) fn read(file: &str, at: usize) -> std::result::Result<Token, &'static str> {
    let end = file[at..].find('\n').map_or(file.len(), |n| at + n);
    let line = &file[at..end];
    let body = line.trim();
    if body.is_empty() {
        let at = at + usize::from(line.starts_with(' '));
        return Ok(Token { span: at..at, text: at..at });
    }
    let start = at + line.len() - line.trim_start().len();
    for quote in [TRIPLE, "`"] {
        if body.starts_with(quote) {
            return quoted(file, start, quote);
        }
    }
    if body.ends_with('\\') {
        return Err("a value ends in a backslash, which some readers take for \"goes on in the next line\"");
    }
    if body.contains(['#', ';']) {
        return Err("a value holds # or ;, and what follows it would be taken for a comment");
    }
    let span = start..start + body.len();
    let text = if is_in_quotes(body) { span.start + 1..span.end - 1 } else { span.clone() };
    Ok(Token { span, text })
}

/// The quote is closed by its last one on the first line that has one.
fn quoted(file: &str, start: usize, quote: &str) -> std::result::Result<Token, &'static str> {
    let text = start + quote.len();
    let mut line = text;
    while line <= file.len() {
        let end = file[line..].find('\n').map_or(file.len(), |n| line + n);
        if let Some(at) = file[line..end].rfind(quote) {
            let (close, after) = (line + at, line + at + quote.len());
            if !file[after..end].trim().is_empty() {
                return Err("there is text behind the quote that ends a value");
            }
            return Ok(Token { span: start..after, text: text..close });
        }
        line = end + 1;
    }
    Err("a value starts with a quote that is never closed")
}

/// Whether the quotes around a bare value are taken off: the first and the last character, and nowhere else.
fn is_in_quotes(text: &str) -> bool {
    ['"', '\''].iter().any(|quote| {
        let inner = text.strip_prefix(*quote).and_then(|rest| rest.strip_suffix(*quote));
        inner.is_some_and(|inner| !inner.contains(*quote))
    })
}

/// Writes a text in the first form that holds it.
pub(super) fn write(text: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let text = std::str::from_utf8(text)
        .map_err(|_| Error::failed("a value is not UTF-8, which an INI file cannot hold"))?;
    let quote = if stands_bare(text) {
        ""
    } else if !text.contains('\n') {
        "`"
    } else {
        let fits = [TRIPLE, "`"].into_iter().find(|quote| goes_in(text, quote));
        fits.ok_or_else(|| {
            Error::failed(
                "a value has several lines with both kinds of quotes, which an INI file cannot hold",
            )
        })?
    };
    for part in [quote, text, quote] {
        out.extend_from_slice(part.as_bytes());
    }
    Ok(())
}

fn stands_bare(text: &str) -> bool {
    text.trim() == text
        && !text.contains(['\n', '#', ';'])
        && !text.ends_with('\\')
        && !text.starts_with('`')
        && !text.starts_with(TRIPLE)
        && !is_in_quotes(text)
}

/// Only on its last line may a text hold what encloses it.
fn goes_in(text: &str, quote: &str) -> bool {
    text.rsplit_once('\n').is_none_or(|(above, _)| !above.contains(quote))
}

/// Whether sops, which writes a whole file anew, would write this value so that it reads the same again.
pub(super) fn survives_sops(text: &str) -> bool {
    if text.contains(['\n', '`']) {
        goes_in(text, TRIPLE)
    } else if text.contains(['#', ';']) {
        true
    } else if text.trim() != text {
        !text.contains('"')
    } else {
        stands_bare(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let parts =
            ["", "a", " ", "\\", "#", "'", "\"", "\"\"\"", "`", "\n", "=", ":", "[x]", "ä", "\u{a0}", "\r"];
        let mut refused = 0;
        for one in parts {
            for two in parts {
                for three in parts {
                    for four in parts {
                        let text = [one, two, three, four].concat();
                        let mut out = b"k = ".to_vec();
                        if write(text.as_bytes(), &mut out).is_err() {
                            refused += 1;
                            continue;
                        }
                        out.extend_from_slice(b"\nnext = `\"\"\"`\n");
                        let file = String::from_utf8(out).unwrap();
                        let read = read(&file, 3).unwrap_or_else(|why| panic!("{text:?}: {why}"));
                        assert_eq!(file[read.text], text, "{file:?}");
                    }
                }
            }
        }
        assert!(refused > 0 && refused < 200, "{refused}");
    }

    #[test]
    fn what_readers_guess_about_is_refused() {
        for text in
            ["a # b", "a;b", "\"a#b\"", "a\\", "`a", "\"\"\"a", "`a` b", "\"\"\"a\"\"\" ; c", "\"\"\"a\nb"]
        {
            assert!(read(text, 0).is_err(), "{text}");
        }
        for (text, want) in
            [(" 'a' ", "a"), ("\"a\"", "a"), ("'a'b'", "'a'b'"), ("``", ""), ("\"a' b\"", "a' b")]
        {
            assert_eq!(&text[read(text, 0).ok().unwrap().text], want);
        }
    }
}
