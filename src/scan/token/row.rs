//! What a row of the table says, and how a text is held against it.
//!
//! A token is its head, what may stand before the head, and parts that follow. No row is a regular expression: sets of
//! bytes with a least and a greatest number, and literals between them.

use std::ops::Range;

use super::sum::Sum;

/// Which bytes may stand in a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    Digit,
    /// Lower or upper case.
    Hex,
    /// `0-9a-z`
    Low,
    /// `0-9A-Z`
    Up,
    /// `2-7A-Z`
    Base32,
    Letter,
    Alnum,
    /// And `_`.
    Word,
    /// And `_-`.
    Url,
    /// And `_-.`.
    Dotted,
    /// And `+/`.
    Base64,
}

impl Set {
    pub(super) fn has(self, byte: u8) -> bool {
        match self {
            Set::Digit => byte.is_ascii_digit(),
            Set::Hex => byte.is_ascii_hexdigit(),
            Set::Low => byte.is_ascii_digit() || byte.is_ascii_lowercase(),
            Set::Up => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
            Set::Base32 => matches!(byte, b'2'..=b'7' | b'A'..=b'Z'),
            Set::Letter => byte.is_ascii_alphabetic(),
            Set::Alnum => byte.is_ascii_alphanumeric(),
            Set::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Set::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Set::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Set::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
        }
    }
}

/// A piece of a token.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Of(Set, usize, usize),
    Is(&'static str),
    /// Up to two `=`.
    Pad,
}

/// So many bytes of a set.
pub(super) const fn of(set: Set, n: usize) -> Part {
    Part::Of(set, n, n)
}

/// From `least` to `most` of them.
pub(super) const fn to(set: Set, least: usize, most: usize) -> Part {
    Part::Of(set, least, most)
}

pub(super) const fn is(literal: &'static str) -> Part {
    Part::Is(literal)
}

/// A UUID.
pub(super) const UUID: &[Part] = &[
    of(Set::Hex, 8),
    is("-"),
    of(Set::Hex, 4),
    is("-"),
    of(Set::Hex, 4),
    is("-"),
    of(Set::Hex, 4),
    is("-"),
    of(Set::Hex, 12),
];

/// What stands before the head and belongs to the token.
#[derive(Clone, Copy, Debug)]
pub(super) enum Before {
    Nothing,
    /// So many bytes of a set, behind a literal.
    Exactly(&'static str, Set, usize),
    /// A number of eight to ten digits.
    Number,
}

/// One kind of token.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// The word under which it is reported.
    pub(super) rule: &'static str,
    /// What it is, for people.
    pub(super) what: &'static str,
    /// As it stands there, case and all.
    pub(super) head: &'static str,
    pub(super) before: Before,
    pub(super) body: &'static [Part],
    pub(super) sum: Sum,
    /// A word without which it is none, on the same line or one of the two beside it; lower case.
    pub(super) near: Option<&'static str>,
    /// The least number of different bytes in its free parts, in hundredths of what chance would bring.
    pub(super) rare: u32,
    /// Free parts may be without a digit though they are long.
    pub(super) wordy: bool,
}

pub(super) const fn row(
    rule: &'static str,
    what: &'static str,
    head: &'static str,
    body: &'static [Part],
) -> Row {
    Row {
        rule,
        what,
        head,
        before: Before::Nothing,
        body,
        sum: Sum::None,
        near: None,
        rare: 55,
        wordy: false,
    }
}

impl Row {
    pub(super) const fn sum(mut self, sum: Sum) -> Self {
        self.sum = sum;
        self
    }

    pub(super) const fn near(mut self, word: &'static str) -> Self {
        self.near = Some(word);
        self
    }

    pub(super) const fn before(mut self, set: Set, n: usize) -> Self {
        self.before = Before::Exactly("", set, n);
        self
    }

    pub(super) const fn after(mut self, literal: &'static str, set: Set, n: usize) -> Self {
        self.before = Before::Exactly(literal, set, n);
        self
    }

    pub(super) const fn number(mut self) -> Self {
        self.before = Before::Number;
        self
    }

    pub(super) const fn wordy(mut self) -> Self {
        self.wordy = true;
        self
    }

    /// Where the token lies whose head begins at `head`: the right bytes, and no more of them on either side.
    pub(super) fn find(&self, text: &[u8], head: usize) -> Option<Range<usize>> {
        if !text[head..].starts_with(self.head.as_bytes()) {
            return None;
        }
        let start = self.start(text, head)?;
        // in the URLs of Telegram `bot` stands before it
        let apart =
            begins(text, start, self.short()) || (self.is_number() && text[..start].ends_with(b"bot"));
        if apart { Some(start..follow(text, head + self.head.len(), self.body)?) } else { None }
    }
}

impl Row {
    fn start(&self, text: &[u8], head: usize) -> Option<usize> {
        match self.before {
            Before::Nothing => Some(head),
            Before::Exactly(literal, set, n) => {
                let free = head.checked_sub(n)?;
                let start = free.checked_sub(literal.len())?;
                let fits =
                    text[start..free] == *literal.as_bytes() && text[free..head].iter().all(|b| set.has(*b));
                fits.then_some(start)
            }
            Before::Number => {
                let digits = text[..head].iter().rev().take(11).take_while(|b| b.is_ascii_digit()).count();
                (8..=10).contains(&digits).then(|| head - digits)
            }
        }
    }

    /// The word that leads to it: its head, or, where that is too short for one, what stands by it.
    pub(super) fn word(&self) -> &'static str {
        match self.near {
            Some(near) if self.head.len() < 3 => near,
            _ => self.head,
        }
    }

    /// Whether the word is not its head.
    pub(super) fn is_led_by_company(&self) -> bool {
        self.head.len() < 3
    }

    /// The bytes of a token that chance chose.
    pub(super) fn free<'t>(&self, text: &'t [u8], token: &Range<usize>) -> Vec<&'t [u8]> {
        let mut out = Vec::new();
        let mut at = token.start;
        if let Before::Exactly(literal, _, n) = self.before {
            out.push(&text[at + literal.len()..at + literal.len() + n]);
            at += literal.len() + n;
        } else if self.is_number() {
            at = token.start + memchr::memchr(b':', &text[token.clone()]).unwrap_or(0);
        }
        free(text, at + self.head.len(), self.body, &mut out);
        out
    }

    fn is_number(&self) -> bool {
        matches!(self.before, Before::Number)
    }

    /// Whether the head alone may stand anywhere by chance.
    fn short(&self) -> bool {
        self.head.len() < 5 && self.sum == Sum::None && matches!(self.before, Before::Nothing)
    }
}

/// Whether a token may begin here. What stands before it in the same word would make it a part of that word; the
/// letter of an escape (`\n`, `%3D`, `\u003d`) does not.
pub(super) fn begins(text: &[u8], start: usize, short: bool) -> bool {
    let before = &text[..start];
    match before {
        [] => true,
        [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => true,
        [.., b'\\', b'u', a, b, c, d] => [a, b, c, d].iter().all(|b| b.is_ascii_hexdigit()),
        [.., last] if short => !Set::Url.has(*last) && !matches!(last, b'+' | b'/' | b'.' | 0x80..),
        [.., last] => !Set::Word.has(*last),
    }
}

/// Where parts that begin at `at` end, if what follows is no more of the last.
pub(super) fn follow(text: &[u8], at: usize, parts: &[Part]) -> Option<usize> {
    let Some((part, rest)) = parts.split_first() else {
        let next = text.get(at).copied();
        return (!next.is_some_and(|b| b.is_ascii_alphanumeric())).then_some(at);
    };
    match *part {
        Part::Is(literal) => {
            text[at..].starts_with(literal.as_bytes()).then_some(())?;
            follow(text, at + literal.len(), rest)
        }
        Part::Pad => {
            let n = text[at..].iter().take(2).take_while(|b| **b == b'=').count();
            follow(text, at + n, rest)
        }
        Part::Of(set, least, most) => {
            let run = text[at..].iter().take(most + 1).take_while(|b| set.has(**b)).count();
            // the last one takes all there is
            if rest.iter().all(|part| matches!(part, Part::Pad)) {
                return (least..=most).contains(&run).then(|| follow(text, at + run, rest))?;
            }
            (least..=run.min(most)).rev().find_map(|n| follow(text, at + n, rest))
        }
    }
}

/// The bytes of a token that chance chose, its literals left out.
fn free<'t>(text: &'t [u8], mut at: usize, parts: &[Part], out: &mut Vec<&'t [u8]>) {
    for (i, part) in parts.iter().enumerate() {
        match *part {
            Part::Is(literal) => at += literal.len(),
            Part::Pad => {}
            Part::Of(set, least, most) => {
                let run = text[at..].iter().take(most).take_while(|b| set.has(**b)).count();
                let end = (least.min(run)..=run)
                    .rev()
                    .find(|n| follow(text, at + n, &parts[i + 1..]).is_some())
                    .unwrap_or(run);
                out.push(&text[at..at + end]);
                at += end;
            }
        }
    }
}
