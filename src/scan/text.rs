//! A piece of a file, as the rules see it.

use std::cell::OnceCell;
use std::ops::Range;

use super::kind::Name;

/// Lines longer than this are looked at around a hit only.
pub(super) const LONG: usize = 4096;

/// A piece of a file; for most files all of it.
pub(super) struct Text<'a> {
    pub(super) name: &'a Name,
    /// The piece with some of what lies before and behind it, as UTF-8 where the file is UTF-16.
    pub(super) bytes: &'a [u8],
    /// Hits that begin outside of this belong to another piece.
    pub(super) piece: Range<usize>,
    /// The number of the line with which `bytes` begins.
    first_line: usize,
    /// Whether `bytes` are the file from beginning to end.
    pub(super) whole: bool,
    /// Neither text nor UTF-16: only private keys and known values are looked for.
    pub(super) binary: bool,
    /// As the file has them, where that is something else than `bytes`.
    pub(super) raw: &'a [u8],
    lines: OnceCell<Vec<usize>>,
}

/// What kind of text the file is, and a piece of it as UTF-8 where it is UTF-16.
pub(super) struct Decoded {
    encoding: Encoding,
    text: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Bytes,
    Binary,
    /// UTF-16, little endian or not.
    Wide(bool),
}

/// How much of a file tells whether it is binary; as git has it.
const SAMPLE: usize = 8000;

impl Decoded {
    pub(super) fn unknown() -> Self {
        Decoded { encoding: Encoding::Bytes, text: Vec::new() }
    }

    /// Looks at the first piece for the kind of text, and decodes each where that is needed.
    pub(super) fn tell(&mut self, bytes: &[u8], first: bool) {
        if first {
            self.encoding = encoding(bytes);
        }
        self.text.clear();
        if let Encoding::Wide(little) = self.encoding {
            for c in characters(bytes, little) {
                self.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }

    /// Where the first line begins that does so behind `from`.
    pub(super) fn first_line(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut ends = memchr::memchr_iter(b'\n', &bytes[from..]).map(|at| from + at);
        ends.find_map(|at| self.behind(bytes, at))
    }

    /// Where the last line begins that does so behind `from`.
    pub(super) fn last_line(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut ends = memchr::memrchr_iter(b'\n', &bytes[from..]).map(|at| from + at);
        ends.find_map(|at| self.behind(bytes, at))
    }

    /// How many lines end.
    pub(super) fn lines(&self, bytes: &[u8]) -> usize {
        let ends = memchr::memchr_iter(b'\n', bytes);
        match self.encoding {
            Encoding::Wide(_) => ends.filter(|at| self.behind(bytes, *at).is_some()).count(),
            _ => ends.count(),
        }
    }

    /// Where the next line begins, if a line ends here: of UTF-16, which begins with the bytes, at both bytes of it.
    fn behind(&self, bytes: &[u8], at: usize) -> Option<usize> {
        match self.encoding {
            Encoding::Wide(true) => (at.is_multiple_of(2) && bytes.get(at + 1) == Some(&0)).then_some(at + 2),
            Encoding::Wide(false) => (!at.is_multiple_of(2) && bytes[at - 1] == 0).then_some(at + 1),
            _ => Some(at + 1),
        }
    }
}

/// The characters of UTF-16, but for the mark at its beginning.
fn characters(bytes: &[u8], little: bool) -> impl Iterator<Item = char> + '_ {
    let units = bytes.chunks_exact(2).map(move |pair| {
        let pair = [pair[0], pair[1]];
        if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
    });
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).filter(|c| *c != '\u{feff}')
}

fn encoding(bytes: &[u8]) -> Encoding {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    match sample {
        [0xff, 0xfe, ..] => return Encoding::Wide(true),
        [0xfe, 0xff, ..] => return Encoding::Wide(false),
        _ => {}
    }
    if memchr::memchr(0, sample).is_none() {
        return Encoding::Bytes;
    }
    // text of Latin letters has a zero in every second place
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let most = sample.len() / 2 * 7 / 10;
    match (zeros(0), zeros(1)) {
        (even, odd) if sample.len() >= 8 && odd >= most && even * 10 < odd => Encoding::Wide(true),
        (even, odd) if sample.len() >= 8 && even >= most && odd * 10 < even => Encoding::Wide(false),
        // a zero or two in what is text otherwise hide nothing
        _ if is_mostly_text(sample) => Encoding::Bytes,
        _ => Encoding::Binary,
    }
}

/// Whether hardly a byte is one that no text has.
fn is_mostly_text(sample: &[u8]) -> bool {
    let odd = sample.iter().filter(|b| matches!(b, 0..=8 | 14..=26 | 28..=31 | 0x7f)).count();
    odd <= 1 + sample.len() / 256
}

impl<'a> Text<'a> {
    pub(super) fn new(
        name: &'a Name,
        raw: &'a [u8],
        piece: Range<usize>,
        first_line: usize,
        whole: bool,
        decoded: &'a Decoded,
    ) -> Self {
        let binary = decoded.encoding == Encoding::Binary;
        let (bytes, piece) = match decoded.encoding {
            Encoding::Wide(little) => {
                let long = |bytes| characters(bytes, little).map(char::len_utf8).sum::<usize>();
                let end = decoded.text.len() - long(&raw[piece.end..]).min(decoded.text.len());
                (decoded.text.as_slice(), long(&raw[..piece.start]).min(end)..end)
            }
            _ => (raw, piece),
        };
        Text { name, bytes, piece, first_line, whole, binary, raw, lines: OnceCell::new() }
    }

    /// A whole file, as it is.
    #[cfg(test)]
    pub(super) fn of(name: &'a Name, bytes: &'a [u8]) -> Self {
        let (piece, lines) = (0..bytes.len(), OnceCell::new());
        Text { name, bytes, piece, first_line: 1, whole: true, binary: false, raw: bytes, lines }
    }

    /// The number of the line of a place, from 1.
    pub(super) fn number(&self, at: usize) -> usize {
        let ends = self.lines.get_or_init(|| memchr::memchr_iter(b'\n', self.bytes).collect());
        self.first_line + ends.partition_point(|end| *end < at)
    }

    /// Where the line of a place lies, without its end; of a long one, what lies around the place.
    pub(super) fn line(&self, at: usize) -> Range<usize> {
        let near = at.saturating_sub(LONG / 2)..(at + LONG / 2).min(self.bytes.len());
        let start =
            memchr::memrchr(b'\n', &self.bytes[near.start..at]).map_or(near.start, |n| near.start + n + 1);
        let mut end = memchr::memchr(b'\n', &self.bytes[at..near.end]).map_or(near.end, |n| at + n);
        if end > start && self.bytes[end - 1] == b'\r' {
            end -= 1;
        }
        start..end.max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one() {
        let name = Name::of(b"a");
        let text = Text::of(&name, b"one\r\ntwo\n\nfour");
        assert_eq!([0, 3, 5, 9, 10].map(|at| text.number(at)), [1, 1, 2, 3, 4]);
        assert_eq!(&text.bytes[text.line(1)], b"one");
        assert_eq!(&text.bytes[text.line(6)], b"two");
        assert_eq!(&text.bytes[text.line(11)], b"four");
    }

    #[test]
    fn wide_text_is_told_from_binary() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        assert!(encoding(&wide("DB_PASSWORD=x\n")) == Encoding::Wide(true));
        assert!(encoding(b"\xff\xfea\0") == Encoding::Wide(true));
        assert!(encoding(b"\x7fELF\0\0\0\0\x01\x02") == Encoding::Binary);
        assert!(encoding(b"import os\0\npassword = 1\n") == Encoding::Bytes);
        assert!(encoding(b"plain") == Encoding::Bytes);
    }
}
