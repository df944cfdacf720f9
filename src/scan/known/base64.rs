//! Base64 as it stands in files: either alphabet, with its `/` and `+` escaped where JSON or a URL holds it, and broken
//! over lines by all that breaks lines.

use std::ops::Range;

/// What each byte stands for; 64 and more: nothing.
const VALUES: [u8; 256] = {
    let mut values = [0xff; 256];
    let mut n = 0;
    while n < 26 {
        values[b'A' as usize + n] = n as u8;
        values[b'a' as usize + n] = 26 + n as u8;
        n += 1;
    }
    let mut n = 0;
    while n < 10 {
        values[b'0' as usize + n] = 52 + n as u8;
        n += 1;
    }
    (values[b'+' as usize], values[b'-' as usize]) = (62, 62);
    (values[b'/' as usize], values[b'_' as usize]) = (63, 63);
    values
};

fn value(byte: u8) -> Option<u8> {
    Some(VALUES[usize::from(byte)]).filter(|v| *v < 64)
}

/// The next character and where the one behind it begins.
fn character(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let byte = *text.get(at)?;
    match byte {
        b'\\' if text.get(at + 1) == Some(&b'/') => Some((63, at + 2)),
        b'%' => match text.get(at + 1..at + 3)? {
            b"2B" | b"2b" => Some((62, at + 3)),
            b"2F" | b"2f" => Some((63, at + 3)),
            _ => None,
        },
        byte => Some((value(byte)?, at + 1)),
    }
}

/// The bytes that begin at `at`, as many as are wanted or there are, and where their last character ends.
pub(super) fn decode(text: &[u8], mut at: usize, wanted: usize) -> (Vec<u8>, usize) {
    let mut bytes = Vec::with_capacity(wanted.min(text.len()));
    let (mut held, mut bits) = (0u32, 0);
    while bytes.len() < wanted {
        let Some((value, next)) = character(text, at) else { break };
        (held, bits, at) = (held << 6 | u32::from(value), bits + 6, next);
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    (bytes, at)
}

/// The byte before a group, if base64 stands there.
pub(super) fn before(text: &[u8], group: usize) -> Option<u8> {
    let last = text.get(group.checked_sub(4)?..group)?;
    let values: Option<Vec<u8>> = last.iter().map(|b| value(*b)).collect();
    values.map(|v| v[2] << 6 | v[3])
}

/// From how many characters on a run is looked into.
const LEAST: usize = 32;
/// How much is decoded at once, a multiple of four.
const MOST: usize = 64 << 10;
/// How much of it is decoded again with what follows.
const AGAIN: usize = 16 << 10;

/// A run of base64, and where the characters stand: from which on, at which place.
pub(super) struct Run {
    pub(super) bytes: Vec<u8>,
    parts: Vec<(usize, usize)>,
}

impl Run {
    /// Where in the text the decoded bytes stand.
    pub(super) fn place(&self, of: Range<usize>) -> Range<usize> {
        let last = (of.end * 8).div_ceil(6).max(1) - 1;
        self.character(of.start * 8 / 6)..self.character(last) + 1
    }

    fn character(&self, number: usize) -> usize {
        let part = self.parts.partition_point(|(first, _)| *first <= number) - 1;
        self.parts[part].1 + (number - self.parts[part].0)
    }
}

/// Every run of at least [`LEAST`] characters, joined with what the next lines go on with.
pub(super) fn runs(text: &[u8], mut each: impl FnMut(&Run)) {
    const HALF: usize = LEAST / 2;
    let is = |at: usize| VALUES[usize::from(text[at])] < 64;
    // of any run so long, three such places are part
    let (mut at, mut done) = (0, 0);
    while at + HALF < text.len() {
        if !(is(at) && is(at + HALF) && is(at + HALF / 2)) {
            at += HALF;
            continue;
        }
        let start = (done..at).rev().find(|n| !is(*n)).map_or(done, |n| n + 1);
        let end = line_end(text, at);
        if end - start >= LEAST {
            done = joined(text, start..end, &mut each);
            at = done.next_multiple_of(HALF);
        } else {
            at = end.next_multiple_of(HALF);
        }
    }
}

fn line_end(text: &[u8], at: usize) -> usize {
    text[at..].iter().position(|b| VALUES[usize::from(*b)] >= 64).map_or(text.len(), |n| at + n)
}

fn joined(text: &[u8], first: Range<usize>, each: &mut impl FnMut(&Run)) -> usize {
    let mut run = Run { bytes: Vec::new(), parts: Vec::new() };
    let (mut line, mut count) = (first, 0);
    let mut held = Vec::new();
    loop {
        run.parts.push((count, line.start));
        held.extend(text[line.clone()].iter().map(|b| VALUES[usize::from(*b)]));
        count = held.len();
        while held.len() >= MOST {
            open(&held[..MOST], &mut run.bytes);
            each(&run);
            held.drain(..MOST - AGAIN);
            count = held.len();
            let gone = MOST - AGAIN;
            let from = run.parts.partition_point(|(first, _)| *first <= gone) - 1;
            run.parts.drain(..from);
            for (at, (first, place)) in run.parts.iter_mut().enumerate() {
                match at {
                    0 => (*first, *place) = (0, *place + gone - *first),
                    _ => *first -= gone,
                }
            }
        }
        let next = goes_on(text, line.end).map(|start| start..line_end(text, start));
        match next {
            // what follows a short line is another text
            Some(next) if line.len() >= LEAST / 2 && !next.is_empty() => line = next,
            _ => break,
        }
    }
    open(&held, &mut run.bytes);
    each(&run);
    line.end
}

/// Whole bytes only.
fn open(values: &[u8], bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.reserve(values.len() * 3 / 4 + 3);
    for group in values.chunks(4) {
        let all = group.iter().fold(0, |all, value| all << 6 | u32::from(*value)) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&all.to_be_bytes()[1..][..group.len() * 6 / 8]);
    }
}

/// Where the next line's text begins, if only what breaks a line stands between: a line feed or an escaped one, with
/// quotes, signs of joining and of comments, and blanks around it.
fn goes_on(text: &[u8], end: usize) -> Option<usize> {
    let (mut at, mut breaks) = (end, 0);
    while at < text.len() && at < end + 200 {
        match text[at] {
            b'\\' if matches!(text.get(at + 1), Some(b'n' | b'r')) => (at, breaks) = (at + 2, breaks + 1),
            b'\n' => (at, breaks) = (at + 1, breaks + 1),
            // signs of joining or of a comment are no part of the run, unless it goes on right behind them
            b'/' | b'+' if is_begin(&text[at..]) => break,
            b'\r' | b' ' | b'\t' | b'\\' | b'"' | b'\'' | b'`' | b'+' | b'.' | b'&' | b'#' | b'*' | b'>'
            | b';' | b'/' => at += 1,
            byte => {
                if VALUES[usize::from(byte)] >= 64 {
                    return None;
                }
                break;
            }
        }
    }
    // two empty lines part texts
    (1..=2).contains(&breaks).then_some(at)
}

fn is_begin(text: &[u8]) -> bool {
    let sign = |b: &&u8| matches!(**b, b'/' | b'+');
    text.iter().find(|b| !sign(b)).is_some_and(|b| VALUES[usize::from(*b)] < 64)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// What each run holds, and over how many lines.
    fn opened(text: &str) -> Vec<(Vec<u8>, usize)> {
        let mut all = Vec::new();
        runs(text.as_bytes(), |run| all.push((run.bytes.clone(), run.parts.len())));
        all
    }

    #[test]
    fn runs_are_joined_over_lines() {
        let plain = b"a text that is long enough to be written over some lines, and then some more of it";
        let all = STANDARD.encode(plain);
        let lines: Vec<&str> = all.as_bytes().chunks(40).map(|l| std::str::from_utf8(l).unwrap()).collect();
        for between in [
            "\n",
            "\r\n",
            "\n    ",
            "\\\n",
            "\" +\n  \"",
            "\\n",
            "'\n    '",
            "\n# ",
            "\n * ",
            "\\n\" +\n  \"",
        ] {
            for before in 0..40 {
                let text = format!("{}=\"{}\" end", " ".repeat(before), lines.join(between));
                let found = opened(&text);
                assert_eq!(found.len(), 1, "{between:?}");
                assert_eq!(found[0].0, plain, "{between:?} {before}");
                assert_eq!(found[0].1, 3);
            }
        }
    }

    #[test]
    fn places_are_those_of_the_characters() {
        let plain: Vec<u8> = (0..200_000u32).flat_map(|n| n.to_le_bytes()).collect();
        let text: Vec<u8> = STANDARD.encode(&plain).as_bytes().chunks(76).collect::<Vec<_>>().join(&b'\n');
        let mut seen = 0;
        runs(&text, |run| {
            let at = run.bytes.len() / 6 * 3;
            let number: Vec<u8> =
                text[run.place(at..at + 3)].iter().copied().filter(|b| *b != b'\n').collect();
            assert_eq!(decode(&number, 0, 3).0, run.bytes[at..at + 3]);
            let start = seen * (MOST - AGAIN) / 4 * 3;
            assert!(plain[start..].starts_with(&run.bytes), "{seen}");
            assert_eq!(run.place(0..1).start, start / 3 * 4 + start / 57);
            seen += 1;
        });
        assert!(seen > 3, "{seen}");
    }

    #[test]
    fn words_and_paths_are_no_runs() {
        assert!(opened("a path/of/several/parts and_a_rather_long_name of 31 byte").is_empty());
        assert_eq!(decode(b"%2F%2b\\/8YS9i!", 0, 99), (b"\xff\xef\xfca/b".to_vec(), 13));
    }
}
