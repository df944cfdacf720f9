//! The values of a file that could be sealed, whatever kind of file it is.

use std::ops::Range;

use super::lines::{Line, Lines};
use crate::scan::kind::Kind;
use crate::scan::text::Text;
use crate::sops::{Exposed, Format};

/// A name and what it is given.
pub(in crate::scan) struct Value<'v> {
    pub(in crate::scan) name: &'v [u8],
    pub(in crate::scan) text: &'v [u8],
    /// Where it stands.
    pub(in crate::scan) at: Range<usize>,
    pub(in crate::scan) commented: bool,
}

/// Larger ones are read by lines only: a tree takes a multiple of its file.
const LARGEST: usize = 8 << 20;

/// Hands out every value. What cannot be read as what its name says is read line by line.
pub(in crate::scan) fn each(text: &Text<'_>, take: &mut dyn FnMut(Value<'_>)) {
    let format = format(&text.name.base());
    let read = format.filter(|f| *f != Format::Dotenv && text.bytes.len() <= LARGEST);
    match read.and_then(|format| Exposed::of_plain(text.bytes, format, None)) {
        Some(read) => {
            for shown in read.shown().filter(|shown| !shown.comment) {
                take(Value { name: shown.name, text: shown.text, at: shown.at, commented: false });
            }
        }
        None => by_lines(text.bytes, take),
    }
}

/// The same of lines alone.
pub(in crate::scan) fn by_lines(bytes: &[u8], take: &mut dyn FnMut(Value<'_>)) {
    for line in Lines::of(bytes) {
        if let Line::Pair(pair) = line {
            let (name, text) = (&bytes[pair.name], &bytes[pair.value.clone()]);
            take(Value { name, text, at: pair.value, commented: pair.commented });
        }
    }
}

/// What sops would take a file for, by the last part of its name that says so.
pub(in crate::scan) fn format(base: &str) -> Option<Format> {
    base.rsplit(['.', '~', '#']).find_map(|part| match part {
        "yaml" | "yml" => Some(Format::Yaml),
        "json" => Some(Format::Json),
        "ini" => Some(Format::Ini),
        "env" => Some(Format::Dotenv),
        _ => None,
    })
}

/// Whether a file that should be sealed is one of those that sops seals value by value.
pub(super) fn is_readable(text: &Text<'_>) -> bool {
    if format(&text.name.base()).is_some() || text.name.kind != Kind::Sealed {
        return true;
    }
    let (mut pairs, mut others) = (0, 0);
    for line in Lines::of(text.bytes).take(1000) {
        match line {
            Line::Pair(_) => pairs += 1,
            Line::Odd => others += 1,
            Line::Blank | Line::Note => {}
        }
    }
    pairs > 0 && pairs >= others * 2
}
