//! Which character is at fault where a reader would read something else than the value: found by trying, not by rules.
//! What is suspected is taken out of the value until the reader gets it right.

use std::fmt;

use super::Dialect;
use super::render::line;
use crate::secret::SecretValue;

/// A reader that would read something else.
#[derive(Debug)]
pub struct Fault {
    /// Who.
    pub reader: Dialect,
    /// Whether another text would help.
    pub level: Level,
    /// Whether the name is at fault, whatever the value.
    pub of_name: bool,
    key: String,
    what: String,
}

const OF_NAME: &str = "its name";

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The line `KEY=value`, as `decrypt` prints it, is read as something else; a quoted one is not.
    Quoting,
    /// There is no text from which the reader reads the value.
    Never,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { reader, key, what, .. } = self;
        match self.level {
            Level::Quoting => write!(f, "{reader} reads the plain line of {key} as something else: {what}"),
            Level::Never => write!(f, "{reader} cannot read the value of {key} from any text: {what}"),
        }
    }
}

impl Fault {
    /// As it is noted, with the way out where there is one.
    pub fn told(&self) -> String {
        match self.level {
            Level::Never => self.to_string(),
            Level::Quoting => format!("{self}; `reseal exec --env-file` and `reseal export` quote it"),
        }
    }
}

/// What the readers would make of a value, at most one fault for each.
pub fn faults(readers: &[Dialect], name: &[u8], value: &SecretValue) -> Vec<Fault> {
    let mut found = Vec::new();
    for reader in readers {
        let carried = |name: &[u8], value: &SecretValue| line(&[*reader], name, value).is_some();
        let plain = |name: &[u8], value: &SecretValue| plain(*reader, name, value);
        let (level, what) = if !carried(name, value) {
            (Level::Never, blame(name, value, carried))
        } else if !plain(name, value) {
            (Level::Quoting, blame(name, value, plain))
        } else {
            continue;
        };
        let of_name = what == OF_NAME;
        found.push(Fault { reader: *reader, level, of_name, key: shown(name), what });
    }
    found
}

/// A key for messages.
pub(super) fn shown(name: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(name))
}

/// Whether the line that `decrypt` prints is read as the value; a line feed is backslash-n there.
fn plain(reader: Dialect, name: &[u8], value: &SecretValue) -> bool {
    let mut parts: Vec<&[u8]> = vec![name, b"="];
    for (at, part) in value.expose().split(|b| *b == b'\n').enumerate() {
        parts.extend((at > 0).then_some(b"\\n".as_slice()));
        parts.push(part);
    }
    parts.push(b"\n");
    let read = reader.read(SecretValue::concat(&parts).expose());
    read.is_ok_and(|pairs| pairs.len() == 1 && pairs[0].0 == name && pairs[0].1.same_as(value))
}

/// What of the value, or else its name, keeps `fits` from being true. First what is enough alone; else what is needed
/// together with what stands before it in the list.
pub(super) fn blame(name: &[u8], value: &SecretValue, fits: impl Fn(&[u8], &SecretValue) -> bool) -> String {
    if !fits(name, &SecretValue::new(b"x".to_vec())) {
        return OF_NAME.to_owned();
    }
    let mut suspects = suspects(value.expose());
    let many = suspects.len() > MOST;
    suspects.truncate(MOST);
    if let Some(alone) = suspects.iter().find(|suspect| fits(name, &suspect.removed(value))) {
        return alone.to_string();
    }
    let mut left = SecretValue::concat(&[value.expose()]);
    for suspect in &suspects {
        left = suspect.removed(&left);
        if fits(name, &left) {
            return suspect.to_string();
        }
    }
    if many { "one of its many kinds of characters" } else { "its length" }.to_owned()
}

/// How many kinds of characters are tried: each costs a look through the whole value, twice.
const MOST: usize = 100;

/// Something that a value may hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Suspect {
    Character(char),
    Byte(u8),
    AtStart(char),
    AtEnd(char),
}

/// All that this value holds: bytes that are no text, `$`, the ends, what is special to many, then the rest.
fn suspects(value: &[u8]) -> Vec<Suspect> {
    let mut all = Vec::new();
    let mut characters = Vec::new();
    for chunk in value.utf8_chunks() {
        characters.extend(chunk.valid().chars());
        all.extend(chunk.invalid().iter().map(|b| Suspect::Byte(*b)));
    }
    let held = |c: char| characters.contains(&c).then_some(Suspect::Character(c));
    all.extend(held('$'));
    let at_end = |c: &char| c.is_whitespace() || c.is_ascii_punctuation();
    all.extend(characters.first().copied().filter(at_end).map(Suspect::AtStart));
    all.extend(characters.last().copied().filter(at_end).map(Suspect::AtEnd));
    all.extend("\n\r\0\\#`\"'".chars().filter_map(held));
    characters.retain(|c| !c.is_ascii_alphanumeric());
    all.extend(characters.into_iter().map(Suspect::Character));
    let mut seen = std::collections::HashSet::new();
    all.retain(|suspect| seen.insert(*suspect));
    all
}

impl Suspect {
    /// The value with an `x` in its place.
    fn removed(self, value: &SecretValue) -> SecretValue {
        let bytes = value.expose();
        let blanks = |c: char| c.is_whitespace();
        match self {
            Suspect::Byte(byte) => replaced(bytes, &[byte]),
            Suspect::Character(c) => replaced(bytes, c.encode_utf8(&mut [0; 4]).as_bytes()),
            // a run of blanks counts as one thing at an end
            Suspect::AtStart(c) => match value.expose_str().map(str::trim_start) {
                Some(rest) if blanks(c) => SecretValue::concat(&[b"x", rest.as_bytes()]),
                _ => SecretValue::concat(&[b"x", bytes.get(c.len_utf8()..).unwrap_or_default()]),
            },
            Suspect::AtEnd(c) => match value.expose_str().map(str::trim_end) {
                Some(rest) if blanks(c) => SecretValue::concat(&[rest.as_bytes(), b"x"]),
                _ => SecretValue::concat(&[&bytes[..bytes.len().saturating_sub(c.len_utf8())], b"x"]),
            },
        }
    }
}

fn replaced(bytes: &[u8], what: &[u8]) -> SecretValue {
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut rest = bytes;
    while let Some(at) = memchr::memmem::find(rest, what) {
        parts.extend([&rest[..at], b"x"]);
        rest = &rest[at + what.len()..];
    }
    parts.push(rest);
    SecretValue::concat(&parts)
}

impl fmt::Display for Suspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (c, place) = match self {
            Suspect::Byte(byte) => return write!(f, "byte {byte:#04x}"),
            Suspect::Character(c) => (*c, ""),
            Suspect::AtStart(c) => (*c, " at the start"),
            Suspect::AtEnd(c) => (*c, " at the end"),
        };
        match c {
            '\n' => write!(f, "a line feed{place}"),
            '\r' => write!(f, "a carriage return{place}"),
            '\t' => write!(f, "a tab{place}"),
            ' ' => write!(f, "a blank{place}"),
            '\0' => write!(f, "a NUL{place}"),
            '`' => write!(f, "a back-tick{place}"),
            c if c.is_ascii_graphic() => write!(f, "a `{c}`{place}"),
            c => write!(f, "the character U+{:04X}{place}", c as u32),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Asserts what a reader reads.
    #[track_caller]
    pub(in crate::dialect) fn reads(reader: Dialect, text: &[u8], want: &[(&str, &str)]) {
        let got = reader.read(text).unwrap();
        let got: Vec<_> = got
            .iter()
            .map(|(n, v)| (String::from_utf8_lossy(n).into_owned(), v.expose_str().unwrap().to_owned()))
            .collect();
        let want: Vec<_> = want.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        assert_eq!(got, want);
    }

    fn said(reader: Dialect, value: &str) -> Vec<String> {
        let value = SecretValue::new(value.as_bytes().to_vec());
        faults(&[reader], b"K", &value).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_value_of_countless_characters_is_not_searched_through_for_ever() {
        // no single one is at fault, nor are the first hundred together
        let many: String = ('\u{4e00}'..='\u{9fff}').flat_map(|c| [c, ' ', '#']).collect();
        let said = said(Dialect::ComposeV2, &format!("\u{feff}{many}"));
        assert!(said.iter().all(|line| !line.contains('\u{4e00}')), "{said:?}");
    }

    #[test]
    fn the_character_is_named_and_never_the_value() {
        let plain =
            |reader, what| vec![format!("{reader} reads the plain line of \"K\" as something else: {what}")];
        let never =
            |reader, what| vec![format!("{reader} cannot read the value of \"K\" from any text: {what}")];
        use Dialect::{ComposeV1, ComposeV2, Docker, NodeDotenv, Shell, Systemd};
        for (reader, value, what) in [
            (ComposeV2, "abc$def", "a `$`"),
            (ComposeV2, "ab #cd", "a `#`"),
            (ComposeV2, "$2a$10$N9qo8uLOickgx2ZM", "a `$`"),
            (ComposeV2, "ab ", "a blank at the end"),
            (ComposeV2, "\u{3000}ab\u{3000}", "the character U+3000 at the end"),
            (ComposeV1, "'ab", "a `'` at the start"),
            (ComposeV1, "a\nb", "a line feed"),
            (Docker, "a\\\nb", "a line feed"),
            (Shell, "a b", "a blank"),
            (Shell, "ä", "the character U+00E4"),
            (Systemd, "a\\b", "a `\\`"),
            (NodeDotenv, "a#b", "a `#`"),
        ] {
            let want = if reader == Docker { never(reader, what) } else { plain(reader, what) };
            assert_eq!(said(reader, value), want, "{value:?}");
        }
        assert_eq!(said(ComposeV1, "a${b}"), never(ComposeV1, "a `$`"));
        assert!(Dialect::ALL.into_iter().all(|reader| said(reader, "abc-DEF_1.5").is_empty()));
    }
}
