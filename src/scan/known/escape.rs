//! Reads a value in a text whatever escapes are used for its bytes, mixed as they come: those of URLs, JSON, YAML,
//! shells, programming languages and XML, also one within another.

/// The escapes that were used.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) percent: bool,
    pub(super) backslash: bool,
    pub(super) entity: bool,
    /// Quotes and dollars that stand twice, or leave and enter the quotes.
    pub(super) quoted: bool,
}

impl Used {
    pub(super) fn and(self, other: Used) -> Used {
        Used {
            percent: self.percent || other.percent,
            backslash: self.backslash || other.backslash,
            entity: self.entity || other.entity,
            quoted: self.quoted || other.quoted,
        }
    }
}

/// One way to read the next bytes of the value: so many of the text for so many of the value.
type Way = (usize, usize, Used);

const NONE: Used = Used { percent: false, backslash: false, entity: false, quoted: false };
const PERCENT: Used = Used { percent: true, ..NONE };
const BACKSLASH: Used = Used { backslash: true, ..NONE };
const ENTITY: Used = Used { entity: true, ..NONE };
const QUOTED: Used = Used { quoted: true, ..NONE };

/// How often there may be several ways before it is given up; so deep is the stack, too.
const PATIENCE: u32 = 512;

/// Where the value ends that begins here, if it does.
pub(super) fn reach(text: &[u8], at: usize, value: &[u8]) -> Option<(usize, Used)> {
    go(text, at, value, &mut PATIENCE.clone())
}

/// Where the value begins that ends here, if it does. It is not the first byte that counts but the last.
pub(super) fn back(text: &[u8], end: usize, value: &[u8]) -> Option<(usize, Used)> {
    if value.is_empty() || text[..end].ends_with(value) {
        return Some((end - value.len(), NONE));
    }
    let first = end.saturating_sub(value.len() * 12 + 12);
    (first..end).rev().find_map(|start| match reach(&text[..end], start, value) {
        Some((e, used)) if e == end => Some((start, used)),
        _ => None,
    })
}

fn go(text: &[u8], mut at: usize, mut value: &[u8], patience: &mut u32) -> Option<(usize, Used)> {
    let mut before = NONE;
    loop {
        let Some((&byte, rest)) = value.split_first() else { return Some((at, before)) };
        if text.get(at) == Some(&byte) && !b"\\'\"$%&+= \r\n".contains(&byte) {
            (at, value) = (at + 1, rest);
            continue;
        }
        let (mut ways, mut count) = ([(0, 0, NONE); 12], 0);
        each_way(&text[at.min(text.len())..], value, &mut |way| {
            if count < ways.len() {
                ways[count] = way;
                count += 1;
            }
        });
        if let [(of_text, of_value, used)] = ways[..count] {
            (at, value, before) = (at + of_text, &value[of_value..], before.and(used));
            continue;
        }
        for (of_text, of_value, used) in &ways[..count] {
            *patience = patience.checked_sub(1)?;
            if let Some((end, more)) = go(text, at + of_text, &value[*of_value..], patience) {
                return Some((end, before.and(*used).and(more)));
            }
        }
        return None;
    }
}

/// The ways to read the first byte of the value, or its first character. `value` is not empty.
fn each_way(text: &[u8], value: &[u8], way: &mut dyn FnMut(Way)) {
    let byte = value[0];
    let Some(&first) = text.first() else { return };
    match first {
        b'\\' => backslash(text, value, way),
        b'%' => {
            if hex(text, 1, 2) == Some(u32::from(byte)) {
                way((3, 1, PERCENT));
            }
            if text.starts_with(b"%25") && hex(text, 3, 2) == Some(u32::from(byte)) {
                way((5, 1, PERCENT));
            }
        }
        // quoted-printable, and where a line of it goes on
        b'=' => {
            let upper =
                |at: usize| text.get(at).is_some_and(|b| b.is_ascii_digit() || matches!(b, b'A'..=b'F'));
            if upper(1) && upper(2) && hex(text, 1, 2) == Some(u32::from(byte)) {
                way((3, 1, PERCENT));
            }
            match text {
                [_, b'\n', ..] => way((2, 0, PERCENT)),
                [_, b'\r', b'\n', ..] => way((3, 0, PERCENT)),
                _ => {}
            }
        }
        b'+' if byte == b' ' => way((1, 1, PERCENT)),
        b'&' => entity(text, value, way),
        b'\'' if byte == b'\'' => {
            for quoted in [b"'\"'\"'".as_slice(), b"'\\''"] {
                if text.starts_with(quoted) {
                    way((quoted.len(), 1, QUOTED));
                }
            }
        }
        b'\r' if byte == b'\n' && text.starts_with(b"\r\n") => way((2 + blanks(&text[2..]), 1, NONE)),
        b'\n' if byte == b'\n' && blanks(&text[1..]) > 0 => way((1 + blanks(&text[1..]), 1, NONE)),
        _ => {}
    }
    if b"'\"$%".contains(&byte) && text.starts_with(&[byte, byte]) {
        way((2, 1, QUOTED));
    }
    if first == byte {
        way((1, 1, NONE));
    }
}

/// Backslashes, each of which may have been escaped itself.
fn backslash(text: &[u8], value: &[u8], way: &mut dyn FnMut(Way)) {
    let byte = value[0];
    // a line that goes on
    if let [b'\\', b'\n', rest @ ..] | [b'\\', b'\r', b'\n', rest @ ..] = text {
        let length = text.len() - rest.len() + blanks(rest);
        if byte != b'\\' {
            way((length, 0, BACKSLASH));
        }
    }
    let slashes = text.iter().take(4).take_while(|b| **b == b'\\').count();
    if byte == b'\\' {
        for n in [4, 2] {
            if slashes >= n {
                way((n, 1, BACKSLASH));
            }
        }
    }
    let Some(&next) = text.get(slashes) else { return };
    let short = match next {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'0'..=b'3' => match text.get(slashes..slashes + 3) {
            Some(digits) if digits.iter().all(|d| matches!(d, b'0'..=b'7')) => {
                let code = digits.iter().fold(0, |code, d| code * 8 + u32::from(d - b'0'));
                if code == u32::from(byte) {
                    way((slashes + 3, 1, BACKSLASH));
                }
                0
            }
            _ => 0,
        },
        b'x' => match hex(text, slashes + 1, 2) {
            Some(code) if code == u32::from(byte) => return way((slashes + 3, 1, BACKSLASH)),
            _ => 0,
        },
        b'u' => return unicode(text, slashes, value, way),
        other if !other.is_ascii_alphanumeric() => other,
        _ => 0,
    };
    if short == byte && byte != 0 {
        way((slashes + 1, 1, BACKSLASH));
    }
}

/// `\u0026`, `\ud83d\ude00` and `\u{26}`.
fn unicode(text: &[u8], slashes: usize, value: &[u8], way: &mut dyn FnMut(Way)) {
    let start = slashes + 1;
    if text.get(start) == Some(&b'{') {
        let digits = text[start + 1..].iter().take(6).take_while(|d| d.is_ascii_hexdigit()).count();
        if text.get(start + 1 + digits) == Some(&b'}')
            && let Some(n) = hex(text, start + 1, digits).and_then(|code| says(code, value))
        {
            way((start + digits + 2, n, BACKSLASH));
        }
        return;
    }
    let Some(code) = hex(text, start, 4) else { return };
    if let Some(n) = says(code, value) {
        return way((start + 4, n, BACKSLASH));
    }
    let low = start + 4 + slashes;
    if (0xd800..0xdc00).contains(&code)
        && text.get(low) == Some(&b'u')
        && let Some(second @ 0xdc00..0xe000) = hex(text, low + 1, 4)
        && let Some(n) = says(0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00), value)
    {
        way((low + 5, n, BACKSLASH));
    }
}

fn entity(text: &[u8], value: &[u8], way: &mut dyn FnMut(Way)) {
    for (name, byte) in [("&amp;", b'&'), ("&lt;", b'<'), ("&gt;", b'>'), ("&quot;", b'"'), ("&apos;", b'\'')]
    {
        if byte == value[0] && text.starts_with(name.as_bytes()) {
            way((name.len(), 1, ENTITY));
        }
    }
    let (start, radix) = match text {
        [b'&', b'#', b'x' | b'X', ..] => (3, 16),
        [b'&', b'#', ..] => (2, 10),
        _ => return,
    };
    let digits = text[start..].iter().take(7).take_while(|d| char::from(**d).is_digit(radix)).count();
    if text.get(start + digits) == Some(&b';')
        && let Some(n) = number(text, start, digits, radix).and_then(|code| says(code, value))
    {
        way((start + digits + 1, n, ENTITY));
    }
}

/// How many bytes of the value this character is, if the value begins with it.
fn says(code: u32, value: &[u8]) -> Option<usize> {
    let mut bytes = [0; 4];
    let bytes = char::from_u32(code)?.encode_utf8(&mut bytes).as_bytes();
    value.starts_with(bytes).then_some(bytes.len())
}

fn hex(text: &[u8], start: usize, digits: usize) -> Option<u32> {
    number(text, start, digits, 16)
}

fn number(text: &[u8], start: usize, digits: usize, radix: u32) -> Option<u32> {
    let digits = text.get(start..start + digits).filter(|digits| !digits.is_empty())?;
    digits.iter().try_fold(0, |number, d| Some(number * radix + char::from(*d).to_digit(radix)?))
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_as_they_come() {
        let value = "p@s's\"w$\\é 100%&<😀\n".as_bytes();
        for text in [
            r#"p@s's\"w$\\é 100%&<😀\n"#,
            r#"p@s's\\\"w$\\\\é 100%&<😀\\n"#,
            r#"p\u0040s\u0027s\"w$\\\u00e9 100%\u0026\u003c\ud83d\ude00\n"#,
            r#"p@s''s"w$\é 100%&<😀"#,
            r#"p@s'\''s"w$\é 100%&<😀"#,
            r#"p@s'"'"'s"w$\é 100%&<😀"#,
            r#"p\@s\'s\"w\$\\é\ 100\%\&\<😀"#,
            r#"p@s's"w$$\é 100%%&<😀"#,
            r#"p@s&apos;s&quot;w$\é 100%&amp;&lt;😀"#,
            r#"p@s&#39;s&#34;w&#x24;\&#xe9; 100%&#38;&#x3C;&#128512;"#,
            r#"p%40s's%22w%24%5C%C3%A9+100%25%26%3c😀%0a"#,
            r#"p%2540s's%2522w%2524%255C%25C3%25A9%20100%2525%2526%253c😀%250a"#,
            r#"p\x40s\047s\"w$\134\xc3\xa9 100%&<\u{1f600}\n"#,
        ] {
            let value = if text.ends_with(['n', 'a']) { value } else { &value[..value.len() - 1] };
            let whole = format!("= {text}.");
            let (end, _) = reach(whole.as_bytes(), 2, value).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(end, whole.len() - 1, "{text}");
            for cut in [3, 7, 9] {
                let begin = reach(whole.as_bytes(), 2, &value[..cut]).unwrap().0;
                assert_eq!(back(whole.as_bytes(), begin, &value[..cut]).unwrap().0, 2, "{text}");
            }
        }
        assert!(reach(b"p%41s", 0, b"p@s").is_none());
        assert!(reach(b"p\\u004", 0, b"p@").is_none());
        assert!(reach(b"a\r\n    b", 0, b"a\nb").is_some());
        assert!(reach(b"a=2B=\nb=3D", 0, b"a+b=").is_some());
        assert!(reach(b"a=b==", 0, b"a=b==").is_some());
        assert!(reach(b"ab\\\n  cd", 0, b"abcd").is_some());
        assert!(reach(b"ab\\\n\\\n\\\ncd", 0, b"abcd").is_some());
        // what is long and full of signs takes no stack
        for sign in ["\\", "''", " ", "\n ", "%%"] {
            let long = sign.repeat(100_000);
            let _ = reach(long.as_bytes(), 0, long.as_bytes());
        }
        let words = "a word ".repeat(100_000);
        assert!(reach(words.as_bytes(), 0, words.as_bytes()).is_some());
    }
}
