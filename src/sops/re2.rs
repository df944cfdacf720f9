//! Expressions as Go reads them. A rule's expression decides what lies encrypted, so that it must match here exactly
//! what it matches in sops: `\d \w \s \b` are ASCII while everything else is Unicode, a byte that is no UTF-8 counts as
//! one letter, and what only this engine knows is not taken for an expression.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use regex::bytes::Regex;

/// An expression of Go's dialect.
pub struct Pattern(Regex);

impl Pattern {
    /// `None`: Go would not compile it, or this engine cannot.
    pub fn compile(text: &str) -> Option<Self> {
        Regex::new(&translate(text)?).ok().map(Pattern)
    }

    /// Whether it finds itself somewhere in a text.
    pub fn matches(&self, text: &[u8]) -> bool {
        if std::str::from_utf8(text).is_ok() {
            return self.0.is_match(text);
        }
        let mut read = String::new();
        for chunk in text.utf8_chunks() {
            read.push_str(chunk.valid());
            read.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
        }
        self.0.is_match(read.as_bytes())
    }
}

/// Whether an expression finds itself somewhere in a text. `None`: it is none.
pub fn fits(expression: &str, text: &str) -> Option<bool> {
    Pattern::compile(expression).map(|pattern| pattern.matches(text.as_bytes()))
}

type Rest<'a> = Peekable<Chars<'a>>;

/// The same expression for this engine. Escaped letters and those in brackets are written as numbers, so that none of
/// this engine's own marks (`\<`, `&&`, …) can arise.
fn translate(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next()? {
                'b' => out.push_str(r"(?-u:\b)"),
                'B' => out.push_str(r"(?-u:\B)"),
                anchor @ ('A' | 'z') => out.extend(['\\', anchor]),
                'Q' => quoted(&mut rest, &mut out),
                c if kind(c, &mut rest, &mut out)? => {}
                c => literal(letter(c, &mut rest)?, &mut out),
            },
            '[' => class(&mut rest, &mut out)?,
            '{' => out.push_str(if is_repetition(rest.clone()) { "{" } else { r"\{" }),
            '(' if rest.peek() == Some(&'?') && !is_group(rest.clone()) => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

/// Up to `\E`, every letter stands for itself.
fn quoted(rest: &mut Rest<'_>, out: &mut String) {
    while let Some(c) = rest.next() {
        if c == '\\' && rest.next_if_eq(&'E').is_some() {
            return;
        }
        literal(c, out);
    }
}

/// Writes a kind of letters, `\w` or `\pL`; answers whether `c`, behind a backslash, begins one.
fn kind(c: char, rest: &mut Rest<'_>, out: &mut String) -> Option<bool> {
    match c {
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        's' => out.push_str(r"[\t\n\f\r ]"),
        'S' => out.push_str(r"[^\t\n\f\r ]"),
        'p' | 'P' => {
            let first = rest.next()?;
            out.extend(['\\', c, first]);
            while first == '{' && !out.ends_with('}') {
                out.push(rest.next()?);
            }
        }
        _ => return Some(false),
    }
    Some(true)
}

/// The one letter that `c` means behind a backslash.
fn letter(c: char, rest: &mut Rest<'_>) -> Option<char> {
    Some(match c {
        'a' => '\x07',
        'f' => '\x0c',
        't' => '\t',
        'n' => '\n',
        'r' => '\r',
        'v' => '\x0b',
        'x' => {
            let digits: String = if rest.next_if_eq(&'{').is_some() {
                rest.by_ref().take_while(|c| *c != '}').collect()
            } else {
                rest.by_ref().take(2).collect()
            };
            char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
        }
        c if c.is_ascii_punctuation() || c == ' ' => c,
        _ => return None,
    })
}

/// What stands in brackets, up to the closing one. Within, `[` is a letter unless it begins `[:name:]`.
fn class(rest: &mut Rest<'_>, out: &mut String) -> Option<()> {
    out.push('[');
    if rest.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    loop {
        let c = rest.next()?;
        if c == ']' && !first {
            out.push(']');
            return Some(());
        }
        first = false;
        if c == '[' && rest.peek() == Some(&':') {
            let name: String = rest.clone().take_while(|c| *c != ']').collect();
            if name.len() > 2 && name.ends_with(':') {
                let _ = write!(out, "[{name}]");
                rest.nth(name.chars().count());
                continue;
            }
        }
        let low = match c {
            '\\' => match rest.next()? {
                c if kind(c, rest, out)? => continue,
                c => letter(c, rest)?,
            },
            c => c,
        };
        literal(low, out);
        let mut ahead = rest.clone();
        if ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']') {
            rest.next();
            let high = match rest.next()? {
                '\\' => letter(rest.next()?, rest)?,
                c => c,
            };
            out.push('-');
            literal(high, out);
        }
    }
}

fn literal(c: char, out: &mut String) {
    let _ = write!(out, r"\x{{{:x}}}", u32::from(c));
}

/// Whether what follows a brace is `n}`, `n,}` or `n,m}`; anything else leaves the brace a letter.
fn is_repetition(rest: Rest<'_>) -> bool {
    let inner: String = rest.take_while(|c| *c != '}').collect();
    let (low, high) = inner.split_once(',').unwrap_or((&inner, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

/// Whether what follows `(` is a name or flags that Go knows.
fn is_group(rest: Rest<'_>) -> bool {
    let rest: String = rest.skip(1).collect();
    let flags = rest.trim_start_matches(['i', 'm', 's', 'U', '-']);
    rest.starts_with("P<") || rest.starts_with('<') || flags.starts_with([':', ')'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: impl AsRef<[u8]>) -> bool {
        Pattern::compile(pattern).unwrap_or_else(|| panic!("{pattern}")).matches(text.as_ref())
    }

    #[test]
    fn short_kinds_are_ascii_and_the_rest_is_unicode() {
        for (pattern, text, want) in [
            (r"^\w+$", "größe", false),
            (r"^[\w-]+$", "a-b", true),
            (r"^[\wß]+$", "aß", true),
            (r"^[\wß]+$", "aä", false),
            (r"\d", "٣", false),
            (r"^.{4}$", "ßaaa", true),
            (r"^[^a]$", "ä", true),
            (r"(?i)Ä", "ä", true),
            (r"^\W\b", "ßa", true),
            (r"\s", "\x0b", false),
            (r"^\pL+$", "größe", true),
            (r"\p{Greek}", "α", true),
        ] {
            assert_eq!(matches(pattern, text), want, "{pattern} {text}");
        }
    }

    #[test]
    fn a_byte_that_is_no_utf_8_counts_as_one_letter() {
        assert!(matches("^.{2}$", b"a\xff"));
        assert!(matches("^[^a]{3}$", b"\xe2\x82b"));
        assert!(!matches("ß", b"\xc3"));
    }

    #[test]
    fn what_is_a_letter_in_go_is_one_here() {
        for (pattern, text) in [
            (r"^a{,2}$", "a{,2}"),
            (r"^{$", "{"),
            (r"^[[a]+$", "[a"),
            (r"^[a&&b]+$", "&"),
            (r"^[]a]+$", "]"),
            (r"^[^]a]+$", "b"),
            (r"^[a~~]+$", "~"),
            (r"^[+--]+$", ","),
            (r"\<", "<"),
            (r"^\Qa.b\E.$", "a.bx"),
            (r"^\x41\x{42}$", "AB"),
            (r"^[\x41-\x43]+$", "ABC"),
            (r"^[[:upper:][:digit:]]+$", "A1"),
            (r"^[a\]-]+$", "a]-"),
            (r"^(?P<n>a)(?:b)(?i)C$", "abc"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn what_go_does_not_compile_is_no_expression() {
        for pattern in
            ["([", "a)", "[a", r"\", r"\y", r"\u0041", r"\ä", "(?x)a", "(?=a)", r"\Z", r"[\b]", r"\1"]
        {
            assert!(Pattern::compile(pattern).is_none(), "{pattern}");
        }
    }
}
