//! systemd: `EnvironmentFile=`.
//!
//! After `src/basic/env-file.c` of systemd 252, and what a service then does with names. Quotes may stand anywhere before
//! the first other character of a value, over lines, and several follow each other; behind the first other character they
//! are characters. In double quotes a backslash goes before `"`, `\`, a back-tick and `$`, and stays before anything else;
//! outside quotes it goes before anything. Both line feed and carriage return end a line. Blanks around a value go; there
//! is no comment behind a value, and no expansion. The whole file is refused if a pair is not UTF-8 or holds a code
//! point that Unicode keeps from exchange. Names other than letters, digits and `_` are dropped. It carries everything else.

use super::{Pair, Unread};
use crate::secret::SecretValue;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    BeforeName,
    Name,
    BeforeValue,
    Value,
    Escape,
    Single,
    Double,
    DoubleEscape,
    Comment,
}

pub(super) fn read(text: &[u8]) -> Result<Vec<Pair>, Unread> {
    let mut pairs = Vec::new();
    let mut state = State::BeforeName;
    let (mut name, mut value) = (Vec::new(), Vec::new());
    // how much of the value stays if nothing but blanks follows
    let mut kept = 0;
    for &c in text {
        let line_end = c == b'\n' || c == b'\r';
        let blank = line_end || c == b' ' || c == b'\t';
        state = match state {
            State::BeforeName if c == b'#' || c == b';' => State::Comment,
            State::BeforeName if blank => State::BeforeName,
            State::BeforeName => {
                name = vec![c];
                State::Name
            }
            State::Name if line_end => State::BeforeName,
            State::Name if c == b'=' => State::BeforeValue,
            State::Name => {
                name.push(c);
                State::Name
            }
            State::BeforeValue | State::Value if line_end => {
                value.truncate(kept);
                pairs.extend(pair(&name, std::mem::take(&mut value))?);
                kept = 0;
                State::BeforeName
            }
            State::BeforeValue if c == b'\'' => State::Single,
            State::BeforeValue if c == b'"' => State::Double,
            State::BeforeValue | State::Value if c == b'\\' => State::Escape,
            State::BeforeValue if blank => State::BeforeValue,
            State::BeforeValue | State::Value => {
                value.push(c);
                if !blank {
                    kept = value.len();
                }
                State::Value
            }
            State::Escape => {
                if !line_end {
                    value.push(c);
                }
                kept = value.len();
                State::Value
            }
            State::Single if c == b'\'' => State::BeforeValue,
            State::Double if c == b'"' => State::BeforeValue,
            State::Double if c == b'\\' => State::DoubleEscape,
            State::Single | State::Double => {
                value.push(c);
                kept = value.len();
                state
            }
            State::DoubleEscape => {
                match c {
                    b'"' | b'\\' | b'`' | b'$' => value.push(c),
                    b'\n' => {}
                    _ => value.extend([b'\\', c]),
                }
                kept = value.len();
                State::Double
            }
            // versions differ in whether the comment goes on
            State::Comment if c == b'\\' => return Err(Unread::Unknown),
            State::Comment if line_end => State::BeforeName,
            State::Comment => State::Comment,
        };
    }
    match state {
        State::BeforeName | State::Name | State::Comment => {}
        // the end of the file closes what is open
        _ => {
            value.truncate(kept);
            pairs.extend(pair(&name, value)?);
        }
    }
    Ok(pairs)
}

fn pair(name: &[u8], value: Vec<u8>) -> Result<Option<Pair>, Unread> {
    if !is_text(name) || !is_text(&value) {
        return Err(Unread::Refused);
    }
    let blanks = name.iter().rev().take_while(|b| b" \t".contains(b)).count();
    let name = &name[..name.len() - blanks];
    let first = name.first().is_some_and(|b| !b.is_ascii_digit());
    let fits = first && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    Ok(fits.then(|| (name.to_vec(), SecretValue::new(value))))
}

/// UTF-8 without the code points that Unicode keeps from exchange.
fn is_text(bytes: &[u8]) -> bool {
    let kept = |c: char| matches!(c, '\u{fdd0}'..='\u{fdef}') || c as u32 & 0xfffe == 0xfffe;
    std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(kept))
}

#[cfg(test)]
mod tests {
    use crate::dialect::fault::tests::reads;
    use crate::dialect::{Dialect::Systemd, Unread};

    #[test]
    fn quotes_count_before_the_first_other_character() {
        reads(Systemd, b"A= 'x y' \"z\\n\\$\" \nB=a'b' #c \n", &[("A", "x yz\\n$"), ("B", "a'b' #c")]);
        reads(Systemd, b"A=a\\\nb\\ \\'\\\\\n;x\nB=\"1\n2\\\n3\"", &[("A", "ab '\\"), ("B", "1\n23")]);
        reads(Systemd, b"A.B=1\n2=x\nexport C=1\nD=1\rE=2", &[("D", "1"), ("E", "2")]);
    }

    #[test]
    fn what_is_not_to_be_exchanged_is_refused() {
        assert_eq!(Systemd.read("A=\u{fffe}".as_bytes()).err(), Some(Unread::Refused));
        assert_eq!(Systemd.read(b"A=\xff").err(), Some(Unread::Refused));
    }
}
