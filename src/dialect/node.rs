//! The npm package dotenv.
//!
//! After dotenv 18.0.10 as it reads by default. A search for lines that look like pairs; whatever does not is skipped
//! without a word. A value in single, double or back quotes may go over lines and ends at a quote without a backslash
//! before it, if nothing but a comment follows; else it is read as if bare, up to `#` or the end of the line. The outer
//! quotes go; a backslash stays, but that `\n` and `\r` in double quotes become a line feed and a carriage return. Every
//! other carriage return becomes a line feed. So each value needs a kind of quote that it does not hold, and a carriage
//! return needs double quotes and a value without `\n`. What is not UTF-8 becomes U+FFFD.

use std::sync::LazyLock;

use regex::Regex;

use super::{Pair, Unread, utf8};
use crate::secret::SecretValue;

/// What JavaScript takes for a blank.
const BLANK: &str =
    r"[\t\n\x0B\x0C\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}]";

/// A pair: its name, and its value with quotes and blanks.
static PAIR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let quoted = |q: char| format!(r"{BLANK}*{q}(?:\\{q}|[^{q}])*{q}");
    let value = format!("{}|{}|{}|[^#\\r\\n]+", quoted('\''), quoted('"'), quoted('`'));
    let name = format!(r"{BLANK}*(?:export{BLANK}+)?([A-Za-z0-9_.-]+)(?:{BLANK}*={BLANK}*?|:{BLANK}+?)");
    Regex::new(&format!("(?m)^{name}({value})?{BLANK}*(?:#.*)?$")).ok()
});

pub(super) fn read(text: &[u8]) -> Result<Vec<Pair>, Unread> {
    let text = utf8(text, Unread::Unknown)?;
    // lines of their own, in some places
    if text.contains(['\u{2028}', '\u{2029}']) {
        return Err(Unread::Unknown);
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let pair = PAIR.as_ref().ok_or(Unread::Unknown)?;
    let pairs = pair.captures_iter(&text).map(|found| {
        let value = found.get(2).map_or("", |value| value.as_str()).trim_matches(is_blank);
        let mut inner = unquoted(value);
        if value.starts_with('"') {
            inner = inner.replace("\\n", "\n").replace("\\r", "\r");
        }
        (found[1].into(), SecretValue::new(inner.into_bytes()))
    });
    Ok(pairs.collect())
}

fn is_blank(c: char) -> bool {
    c == '\u{feff}' || c.is_whitespace() && c != '\u{85}'
}

/// Every line that begins with a quote loses it, and the last one of its kind that ends a line.
fn unquoted(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    loop {
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'));
        let ends = |at: usize| at > 0 && matches!(rest.as_bytes().get(at + 1), None | Some(b'\n'));
        let end = quote.and_then(|quote| rest.rmatch_indices(quote).map(|(at, _)| at).find(|at| ends(*at)));
        if let Some(end) = end {
            out.push_str(&rest[1..end]);
            rest = &rest[end + 1..];
        }
        match rest.find('\n') {
            Some(at) => {
                out.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
            }
            None => {
                out.push_str(rest);
                return out;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::fault::tests::reads;
    use crate::dialect::{Dialect::NodeDotenv, Unread};

    #[test]
    fn outer_quotes_go_and_backslashes_stay() {
        reads(NodeDotenv, b"A= b #c\nB='x # $y\\n' # z\n", &[("A", "b"), ("B", "x # $y\\n")]);
        reads(
            NodeDotenv,
            b"A=\"1\\n2\n3\\\"\"\nB=`it's \"x\"`\n",
            &[("A", "1\n2\n3\\\""), ("B", "it's \"x\"")],
        );
        reads(NodeDotenv, b"what\nA: x\nB='x\nC=1", &[("A", "x"), ("B", "'x"), ("C", "1")]);
        assert_eq!(NodeDotenv.read("A=\u{2028}".as_bytes()).err(), Some(Unread::Unknown));
    }
}
