//! Lines that give names values, read as loosely as shells, loaders and people do, whole or broken: what must be told
//! apart from a secret is not refused for its syntax.

use std::ops::Range;

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::scan) enum Line {
    Blank,
    /// Prose.
    Note,
    Pair(Pair),
    /// Anything else.
    Odd,
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::scan) struct Pair {
    pub(in crate::scan) name: Range<usize>,
    /// Without quotes and what follows; of several lines where the quotes say so.
    pub(in crate::scan) value: Range<usize>,
    /// Whether `=` stands between them, and not a colon.
    pub(in crate::scan) equals: bool,
    /// Whether the line is a comment.
    pub(in crate::scan) commented: bool,
}

/// A value in quotes goes on over this many bytes at most.
const LONGEST: usize = 64 << 10;

/// Reads line by line.
pub(in crate::scan) struct Lines<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Lines<'t> {
    pub(in crate::scan) fn of(text: &'t [u8]) -> Self {
        let at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Lines { text, at }
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        if self.at >= self.text.len() {
            return None;
        }
        // what editors keep between their own bytes ends in a zero; old files have a carriage return alone
        let rest = &self.text[self.at..];
        let end = memchr::memchr3(b'\n', 0, b'\r', rest).map_or(self.text.len(), |n| self.at + n);
        let (line, next) = line(self.text, self.at..end);
        self.at = next.max(end) + 1;
        Some(line)
    }
}

/// The line, and where it ends.
fn line(text: &[u8], all: Range<usize>) -> (Line, usize) {
    let end = all.end;
    // what editors keep has control characters before its lines
    let is_blank = |b: &u8| *b <= b' ';
    let trim = |range: Range<usize>| {
        let part = &text[range.clone()];
        let start = part.iter().position(|b| !is_blank(b)).unwrap_or(part.len());
        let end = part.iter().rposition(|b| !is_blank(b)).map_or(start, |at| at + 1);
        range.start + start..range.start + end
    };
    let mut rest = trim(all);
    if rest.is_empty() {
        return (Line::Blank, end);
    }
    let mut commented = false;
    while let Some(mark) = [&b"#"[..], b"//", b";"].iter().find(|mark| text[rest.clone()].starts_with(mark)) {
        commented = true;
        rest = trim(rest.start + mark.len()..rest.end);
    }
    let odd = if commented { Line::Note } else { Line::Odd };
    let mut by_blank = false;
    for (word, blank) in [
        (&b"export "[..], false),
        (b"set -x ", true),
        (b"set -gx ", true),
        (b"set -Ux ", true),
        (b"set -xg ", true),
        (b"set ", false),
        (b"SET ", false),
        (b"setx ", true),
        (b"declare -x ", false),
        (b"typeset -x ", false),
        (b"setenv ", true),
        (b"$env:", false),
        (b"$Env:", false),
        (b"- ", false),
    ] {
        if text[rest.clone()].starts_with(word) {
            rest = trim(rest.start + word.len()..rest.end);
            by_blank |= blank;
        }
    }
    let quote = text.get(rest.start).copied().filter(|b| matches!(b, b'"' | b'\'') && rest.len() > 1);
    let start = rest.start + usize::from(quote.is_some());
    // `set "NAME=value"` has quotes around both
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    let length = text[start..rest.end].iter().take_while(|b| is_part(b)).count();
    let name = start..start + length;
    let begins = text.get(start).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    if !begins || length > 128 {
        return (odd, end);
    }
    let mut behind = name.end;
    let closed = quote.is_some_and(|quote| text.get(behind) == Some(&quote));
    behind += usize::from(closed);
    let sep = trim(behind..rest.end);
    let equals = match text[sep.clone()].first() {
        // fish and csh: `set -x NAME value`, `setenv NAME value`
        Some(b) if by_blank && !closed && sep.start > name.end && !matches!(b, b'=' | b':') => {
            let (value, next) = inner(text, sep, None, if commented { end } else { text.len() });
            return (Line::Pair(Pair { name, value, equals: true, commented }), next.unwrap_or(end));
        }
        Some(b'=') if text.get(sep.start + 1) != Some(&b'=') => true,
        Some(b':')
            if text.get(sep.start + 1).is_none_or(|b| matches!(b, b' ' | b'\t' | b'"' | b'\n' | b'\r')) =>
        {
            false
        }
        _ => return (odd, end),
    };
    let around = quote.filter(|_| !closed);
    let value = trim(sep.start + 1..rest.end);
    if text[value.clone()] == *b"\\" && !commented {
        // what it is given stands on the next line
        let from = text.len().min(end + 1 + usize::from(text[end..].starts_with(b"\r\n")));
        let behind = &text[from..];
        let next = from + memchr::memchr3(b'\n', 0, b'\r', behind).unwrap_or(behind.len());
        let (value, _) = inner(text, trim(from..next), None, next);
        return (Line::Pair(Pair { name, value, equals, commented }), next);
    }
    let (value, next) = inner(text, value, around, if commented { end } else { text.len() });
    (Line::Pair(Pair { name, value, equals, commented }), next.unwrap_or(end))
}

/// A value without its quotes and what follows, and where it ends if that is behind the line. `limit`: where it must.
fn inner(
    text: &[u8],
    whole: Range<usize>,
    around: Option<u8>,
    limit: usize,
) -> (Range<usize>, Option<usize>) {
    let mut start = whole.start;
    if text[whole.clone()].starts_with(b"$'") {
        start += 1;
    }
    let first = text.get(start).copied().filter(|_| start < whole.end);
    if let Some(quote @ (b'"' | b'\'' | b'`')) = first.filter(|_| around.is_none()) {
        let limit = limit.min(start + LONGEST);
        let mut at = start + 1;
        while let Some(n) = memchr::memchr2(quote, b'\\', &text[at.min(limit)..limit]) {
            at += n;
            if text[at] == b'\\' {
                // in single quotes a backslash is one
                at += if quote == b'"' { 2 } else { 1 };
                continue;
            }
            let behind = &text[at + 1..];
            let line_end = memchr::memchr3(b'\n', 0, b'\r', behind).unwrap_or(behind.len());
            let tail = behind[..line_end].trim_ascii();
            if tail.is_empty() || matches!(tail[0], b'#' | b',' | b';' | b'}' | b']') {
                let value = start + 1..at;
                return (value, (at > whole.end).then_some(at + 1 + line_end));
            }
            break;
        }
    }
    let mut value = start..whole.end;
    if let Some(quote) = around
        && text[value.clone()].ends_with(&[quote])
    {
        value.end -= 1;
    }
    let part = &text[value.clone()];
    let comment = (1..part.len()).find(|i| part[*i] == b'#' && matches!(part[i - 1], b' ' | b'\t'));
    value.end = value.start + comment.unwrap_or(part.len());
    let part = text[value.clone()].trim_ascii_end();
    let part = part
        .strip_suffix(b",")
        .filter(|part| part.last().is_some_and(|b| matches!(b, b'"' | b'\'')))
        .unwrap_or(part);
    // a comment of nothing else
    let empty = part.first() == Some(&b'#') && part.get(1).is_none_or(|b| *b == b' ');
    (value.start..value.start + if empty { 0 } else { part.len() }, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(&str, &str)> {
        let lines = Lines::of(text.as_bytes());
        lines
            .filter_map(|line| match line {
                Line::Pair(pair) => Some((&text[pair.name], &text[pair.value])),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn pairs_are_read_as_loaders_do() {
        for (text, name, value) in [
            ("A=b", "A", "b"),
            ("\u{feff}A=b\r\n", "A", "b"),
            ("export A=b", "A", "b"),
            ("  A = b c ", "A", "b c"),
            ("A=\"b # c\" # d", "A", "b # c"),
            ("A='b'", "A", "b"),
            ("A=$'b'", "A", "b"),
            ("A=b # c", "A", "b"),
            ("A=b#c", "A", "b#c"),
            ("A=", "A", ""),
            ("A= # none", "A", ""),
            ("A=\"x\\\"y\"", "A", "x\\\"y"),
            ("A=\"l1\nl2\"\nB=1", "A", "l1\nl2"),
            ("A: b", "A", "b"),
            ("  - a-b: \"c\",", "a-b", "c"),
            ("\"a\": \"b\",", "a", "b"),
            ("set \"A=b c\"", "A", "b c"),
            ("set -gx A b", "A", "b"),
            ("setenv A 'b c'", "A", "b c"),
            ("$env:A = \"b\"", "A", "b"),
            ("A=\\\nb\nC=1", "A", "b"),
            ("declare -x A=\"b\"", "A", "b"),
            ("#A=b", "A", "b"),
            ("A=\"open", "A", "\"open"),
            ("A='it'sB'", "A", "'it'sB'"),
            ("A=postgres://u:p@h/d?x=1", "A", "postgres://u:p@h/d?x=1"),
        ] {
            assert_eq!(pairs(text).first(), Some(&(name, value)), "{text:?}");
        }
        assert_eq!(pairs("A=\"l1\nl2\"\nB=1")[1], ("B", "1"));
        assert_eq!(pairs("A=1\rB=2\0C=3"), [("A", "1"), ("B", "2"), ("C", "3")]);
    }

    #[test]
    fn what_is_none_is_passed_over() {
        for text in [
            "",
            "  ",
            "# a note",
            "if (a == b) {",
            "http://x",
            "=x",
            "1=2",
            "a b c",
            "[section]",
            "A",
            "\"",
            "'",
        ] {
            assert_eq!(pairs(text), [], "{text:?}");
        }
    }
}
