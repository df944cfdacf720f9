//! The tokens of a JSON text, each with its place. Stricter than most readers: what two of them would understand
//! differently is refused, with the line and never with content.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::sops::number;
use crate::sops::store::{line_of, text_at};
use crate::sops::tree::{Kind, Text};

/// A text without its quotes, and decoded where it holds escapes.
pub(super) struct Quoted {
    pub(super) inner: Range<usize>,
    decoded: Option<Vec<u8>>,
}

impl Quoted {
    pub(super) fn bytes<'a>(&'a self, file: &'a [u8]) -> &'a [u8] {
        self.decoded.as_deref().unwrap_or(&file[self.inner.clone()])
    }

    /// The same, for a second place.
    pub(super) fn again(&self) -> Text {
        text_at(self.inner.clone(), self.decoded.clone())
    }

    pub(super) fn text(self) -> Text {
        text_at(self.inner, self.decoded)
    }
}

pub(super) struct Scan<'a> {
    pub(super) file: &'a [u8],
    pub(super) at: usize,
    /// Texts need not be UTF-8.
    pub(super) any_bytes: bool,
}

impl Scan<'_> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.file.get(self.at).copied()
    }

    /// What stands behind the blanks that come next.
    pub(super) fn next(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.peek()
    }

    /// Passes a mark, where it stands next.
    pub(super) fn pass(&mut self, mark: u8) -> bool {
        let there = self.next() == Some(mark);
        self.at += usize::from(there);
        there
    }

    pub(super) fn fault(&self, what: &str) -> Error {
        self.fault_at(self.at, what)
    }

    fn fault_at(&self, at: usize, what: &str) -> Error {
        let at = at.min(self.file.len());
        Error::failed(format!("line {}: {what}", line_of(self.file, at)))
    }

    /// A key, with the colon behind it.
    pub(super) fn key(&mut self) -> Result<Quoted> {
        if self.next() != Some(b'"') {
            return Err(self.fault(match self.peek() {
                Some(b'}' | b',') => "there is a comma too many",
                None => "the file ends in the middle",
                _ => "a key in quotes should stand here",
            }));
        }
        let key = self.quoted()?;
        if self.pass(b':') { Ok(key) } else { Err(self.fault("a key is not followed by a colon")) }
    }

    /// A text, from its opening quote on.
    pub(super) fn quoted(&mut self) -> Result<Quoted> {
        let start = self.at + 1;
        let mut decoded: Option<Vec<u8>> = None;
        // from where on nothing is in `decoded` yet
        let mut from = start;
        let mut at = start;
        loop {
            match self.file.get(at) {
                None => return Err(self.fault("a text is not closed by a quote")),
                Some(b'"') => break,
                Some(b'\\') => {
                    let decoded = decoded.get_or_insert_with(Vec::new);
                    decoded.extend_from_slice(&self.file[from..at]);
                    at = self.escape(at, decoded)?;
                    from = at;
                }
                Some(0..=0x1f) => {
                    let what = "a text holds a line end, a tab or another control character as it is";
                    return Err(self
                        .fault_at(at, what)
                        .hint("is a quote missing? in JSON it is written \\n, \\t or \\u00…"));
                }
                Some(_) => at += 1,
            }
        }
        let inner = start..at;
        if !self.any_bytes && std::str::from_utf8(&self.file[inner.clone()]).is_err() {
            return Err(self.fault("a text is not UTF-8"));
        }
        if let Some(decoded) = &mut decoded {
            decoded.extend_from_slice(&self.file[from..at]);
        }
        self.at = at + 1;
        Ok(Quoted { inner, decoded })
    }

    /// What follows a backslash. Answers where it ends.
    fn escape(&self, at: usize, out: &mut Vec<u8>) -> Result<usize> {
        let byte = match self.file.get(at + 1) {
            Some(b'u') => return self.unicode(at, out),
            Some(byte @ (b'"' | b'\\' | b'/')) => *byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            _ => return Err(self.fault_at(at, "a backslash is followed by nothing that JSON knows")),
        };
        out.push(byte);
        Ok(at + 2)
    }

    fn unicode(&self, at: usize, out: &mut Vec<u8>) -> Result<usize> {
        let unit = |at: usize| -> Option<u32> {
            let digits = self.file.get(at..at + 6)?.strip_prefix(b"\\u")?;
            digits.iter().try_fold(0, |n, d| Some(n * 16 + char::from(*d).to_digit(16)?))
        };
        let wrong = || self.fault_at(at, "\\u is not followed by four digits that make a character");
        let first = unit(at).ok_or_else(wrong)?;
        let (code, end) = match (first, unit(at + 6)) {
            (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) => {
                (0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), at + 12)
            }
            _ => (first, at + 6),
        };
        let char = char::from_u32(code).ok_or_else(wrong)?;
        out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(end)
    }

    /// A number, a boolean or a null: what it is, and its text as it enters the MAC.
    pub(super) fn bare(&mut self) -> Result<(Kind, Text)> {
        let start = self.at;
        let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
        let length = self.file[start..].iter().take_while(|b| is_part(b)).count();
        let token = &self.file[start..start + length];
        let said = match token {
            b"null" => (Kind::Null, Text::At(start..start)),
            b"true" => (Kind::Bool, Text::from(b"True".to_vec())),
            b"false" => (Kind::Bool, Text::from(b"False".to_vec())),
            b"" if start == self.file.len() => return Err(self.fault("the file ends in the middle")),
            _ => self.number(start, token)?,
        };
        self.at += length;
        Ok(said)
    }

    fn number(&self, start: usize, token: &[u8]) -> Result<(Kind, Text)> {
        let text = std::str::from_utf8(token).ok().filter(|text| is_number(text));
        let text = text.ok_or_else(|| self.fault("there is no value that JSON knows"))?;
        if text != "-0" && text.parse::<i64>().is_ok() {
            return Ok((Kind::Int, Text::At(start..start + token.len())));
        }
        let read = number::float(text).filter(|(shown, _)| !shown.ends_with("Inf"));
        let (_, hashed) = read.ok_or_else(|| self.fault("a number is too large"))?;
        Ok((Kind::Float, Text::from(hashed.into_bytes())))
    }
}

/// Whether a text is a number to JSON, which knows fewer than other languages.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_numbers_of_json_are_numbers() {
        for text in ["0", "-0", "1", "-1.5", "1e3", "1E-3", "0.0", "10.01e+2", "9007199254740993"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["", "-", "01", "+1", ".5", "1.", "1e", "0x1", "NaN", "1e+", "--1", "1.2.3", "Infinity"] {
            assert!(!is_number(text), "{text}");
        }
    }
}
