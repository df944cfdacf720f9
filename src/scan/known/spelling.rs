//! How a value may begin when it is written down: the texts that lead to a closer look. None of them needs to be all that
//! can be, for what stands there is then read byte by byte (`escape`); each usual way to write must only begin like one.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// A begin in some spelling, wiped when dropped.
pub(super) type Begin = Zeroizing<Vec<u8>>;

/// How much of a value is spelled out. No spelling is shorter than the value.
const HEAD: usize = 12;

/// What `printf %q` escapes.
const BASH: &[u8] = b" !\"#$&'()*,;<=>?[\\]^`{|}~";
/// What stands for something in an expression.
const REGEX: &[u8] = b"()[]{}?*+|^$\\.";
/// What `re.escape` escapes.
const PYTHON: &[u8] = b"()[]{}?*+-|^$\\.&~# ";

/// The longest run of bytes that every escape leaves alone, from where to where.
pub(super) fn plainest(value: &[u8]) -> std::ops::Range<usize> {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let (mut best, mut start) = (0..0, 0);
    for (at, byte) in value.iter().enumerate() {
        if !plain(byte) {
            start = at + 1;
        } else if at + 1 - start > best.len() {
            best = start..at + 1;
        }
    }
    best
}

/// Where the last bytes begin that lead to a value by themselves: far behind what leads to it first.
pub(super) fn tail(value: &[u8], first: usize) -> Option<usize> {
    let at = value.len().checked_sub(HEAD).filter(|at| *at >= first + HEAD)?;
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
    value[at..].iter().all(plain).then_some(at)
}

/// Every begin of the value with some of its bytes escaped, each once; the value as it is first.
pub(super) fn escaped(value: &[u8]) -> Vec<Begin> {
    let mut end = value.len().min(HEAD);
    // a character is not cut through
    while end < value.len() && value[end] & 0xc0 == 0x80 {
        end += 1;
    }
    let head = &value[..end];
    let mut all = vec![Begin::new(head.to_vec())];
    let mut room = Begin::new(Vec::with_capacity(12 * head.len()));
    let mut spell = |spell: &dyn Fn(u8, &mut Vec<u8>)| spelled(head, spell, &mut room, &mut all);
    for keep in [&b"-._~"[..], b"-._~/", b"-_.!~*'()", b";,/?:@&=+$-_.!~*'()#", b"-._/", b"*-._"] {
        for (digits, space) in [(UPPER, false), (UPPER, true), (LOWER, false), (LOWER, true)] {
            spell(&|b, out| match b {
                b' ' if space => out.push(b'+'),
                b if b.is_ascii_alphanumeric() || keep.contains(&b) => out.push(b),
                b => out.extend([b'%', digits[usize::from(b >> 4)], digits[usize::from(b & 15)]]),
            });
        }
    }
    for (quote, twice) in [(b'\'', b'\''), (b'"', b'"'), (b'$', b'$'), (b'%', b'%')] {
        spell(&|b, out| if b == quote { out.extend([b, twice]) } else { out.push(b) });
    }
    for leave in [&b"'\\''"[..], b"'\"'\"'"] {
        spell(&|b, out| if b == b'\'' { out.extend_from_slice(leave) } else { out.push(b) });
    }
    for special in [&b"\"\\"[..], b"'\\", b"\"\\/", b"\"\\$`", b"\"\\$`!", b":=#!\\ ", BASH, REGEX, PYTHON] {
        spell(&|b, out| slashed(b, special, out));
    }
    spell(&|b, out| {
        let plain = b.is_ascii_alphanumeric() || b >= 0x80 || b"-_./".contains(&b) || b < b' ';
        slashed(b, if plain { b"" } else { std::slice::from_ref(&b) }, out);
    });
    for (special, digits) in [(&b"&<>'"[..], LOWER), (b"&<>'", UPPER), (b"&<>", LOWER), (b"&<>'\"", UPPER)] {
        spell(&|b, out| match special.contains(&b) {
            true => out.extend([
                b'\\',
                b'u',
                b'0',
                b'0',
                digits[usize::from(b >> 4)],
                digits[usize::from(b & 15)],
            ]),
            false => slashed(b, b"\"\\", out),
        });
    }
    for special in [&b"&<>"[..], b"&<>\"'", b"&<>\"", b"&<", b"&<\"", b"&\""] {
        let named = (&b"&quot;"[..], &b"&apos;"[..]);
        for (quote, apostrophe) in
            [named, (b"&quot;", b"&#39;"), (b"&#34;", b"&#39;"), (b"&#x22;", b"&#x27;")]
        {
            spell(&|b, out| match b {
                b if !special.contains(&b) => out.push(b),
                b'&' => out.extend_from_slice(b"&amp;"),
                b'<' => out.extend_from_slice(b"&lt;"),
                b'>' => out.extend_from_slice(b"&gt;"),
                b'"' => out.extend_from_slice(quote),
                _ => out.extend_from_slice(apostrophe),
            });
        }
    }
    for (special, hex) in [(&b"&<>\"'"[..], false), (b"&<>\"'", true), (b"&<\"'", false), (b"&<\"'", true)] {
        spell(&|b, out| match special.contains(&b) {
            true if hex => out.extend_from_slice(format!("&#x{b:x};").as_bytes()),
            true => out.extend_from_slice(format!("&#{b};").as_bytes()),
            false => out.push(b),
        });
    }
    if !head.is_ascii()
        && let Ok(text) = std::str::from_utf8(head)
    {
        for (upper, special) in [(false, ""), (true, ""), (false, "&<>"), (false, "&<>'"), (true, "&<>'")] {
            let mut out = Begin::new(Vec::with_capacity(6 * text.len()));
            for unit in text.encode_utf16() {
                match u8::try_from(unit) {
                    Ok(b) if b.is_ascii() && !special.contains(char::from(b)) => {
                        slashed(b, b"\"\\", &mut out);
                    }
                    _ if upper => out.extend_from_slice(format!("\\u{unit:04X}").as_bytes()),
                    _ => out.extend_from_slice(format!("\\u{unit:04x}").as_bytes()),
                }
            }
            add(&out, &mut all);
        }
    }
    // JSON in JSON, and a line of a shell in it
    for at in 1..all.len() {
        let inner = all[at].clone();
        if inner.contains(&b'\\') || inner.contains(&b'"') {
            spelled(&inner, &|b, out| slashed(b, b"\"\\", out), &mut room, &mut all);
        }
    }
    all
}

/// The begins with every byte escaped.
pub(super) fn wholly_escaped(value: &[u8]) -> Vec<Begin> {
    let head = &value[..value.len().min(HEAD)];
    let (mut room, mut all) = (Begin::new(Vec::with_capacity(6 * HEAD)), Vec::new());
    for (digits, before) in
        [(UPPER, &b"%"[..]), (LOWER, b"%"), (LOWER, b"\\x"), (UPPER, b"\\x"), (LOWER, b"\\u00")]
    {
        spelled(
            head,
            &|b, out| {
                out.extend_from_slice(before);
                out.extend([digits[usize::from(b >> 4)], digits[usize::from(b & 15)]]);
            },
            &mut room,
            &mut all,
        );
    }
    spelled(head, &|b, out| out.extend_from_slice(format!("\\{b:03o}").as_bytes()), &mut room, &mut all);
    spelled(head, &|b, out| out.extend_from_slice(format!("&#{b};").as_bytes()), &mut room, &mut all);
    spelled(head, &|b, out| out.extend_from_slice(format!("&#x{b:x};").as_bytes()), &mut room, &mut all);
    all
}

/// Writes into `room`, which is large enough, and keeps what is new.
fn spelled(head: &[u8], spell: &dyn Fn(u8, &mut Vec<u8>), room: &mut Begin, all: &mut Vec<Begin>) {
    room.clear();
    for byte in head {
        spell(*byte, room);
    }
    add(room, all);
}

/// What comes later than its head does not lead here.
fn add(begin: &[u8], all: &mut Vec<Begin>) {
    let begin = &begin[..begin.len().min(HEAD)];
    if !all.iter().any(|one| **one == begin) {
        all.push(Begin::new(begin.to_vec()));
    }
}

fn slashed(byte: u8, special: &[u8], out: &mut Vec<u8>) {
    match byte {
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        b if special.contains(&b) => out.extend([b'\\', b]),
        b => out.push(b),
    }
}

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// Hexadecimal, both cases.
pub(super) fn hexadecimal(value: &[u8]) -> Vec<Begin> {
    let (mut room, mut all) = (Begin::new(Vec::with_capacity(HEAD)), Vec::new());
    for digits in [LOWER, UPPER] {
        let pairs =
            |b: u8, out: &mut Vec<u8>| out.extend([digits[usize::from(b >> 4)], digits[usize::from(b & 15)]]);
        spelled(&value[..value.len().min(HEAD / 2)], &pairs, &mut room, &mut all);
    }
    all
}

/// Hexadecimal with a byte between every two, as debuggers and `hexdump` print it.
pub(super) fn spaced(value: &[u8]) -> Vec<Begin> {
    let mut all: Vec<Begin> = Vec::new();
    let head = &value[..value.len().min(HEAD / 2)];
    for digits in [LOWER, UPPER] {
        for between in [b' ', b':', b'-'] {
            let mut out = Begin::new(Vec::with_capacity(3 * head.len()));
            for byte in head {
                out.extend([digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)], between]);
            }
            out.truncate(HEAD);
            if !all.contains(&out) {
                all.push(out);
            }
        }
    }
    all
}

/// UTF-16 of what is not ASCII, in both byte orders.
pub(super) fn wide_text(value: &[u8]) -> Vec<(bool, Begin)> {
    [true, false]
        .into_iter()
        .filter_map(|little| {
            let mut out = utf16(value, little)?;
            out.truncate(HEAD);
            Some((little, out))
        })
        .collect()
}

/// The whole of a value in UTF-16.
pub(super) fn utf16(value: &[u8], little: bool) -> Option<Begin> {
    let text = std::str::from_utf8(value).ok()?;
    let mut out = Begin::new(Vec::with_capacity(2 * value.len()));
    for unit in text.encode_utf16() {
        out.extend(if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
    }
    Some(out)
}

/// A zero between every two bytes, which both byte orders of UTF-16 have.
pub(super) fn wide(value: &[u8]) -> Begin {
    let mut out = Begin::new(Vec::with_capacity(2 * HEAD));
    for byte in &value[..value.len().min(HEAD / 2)] {
        out.extend([*byte, 0]);
    }
    out.pop();
    out
}

/// How many characters of base64 before the value's own are not its alone, where so many bytes stand before it.
pub(super) const LEAD: [usize; 3] = [0, 2, 3];

/// What of base64 depends on the value alone, where so many bytes stand before it; in both alphabets, if they differ.
pub(super) fn base64(value: &[u8], before: usize) -> Vec<Begin> {
    let head = &value[..value.len().min(HEAD)];
    let mut bytes = Begin::new(Vec::with_capacity(HEAD + 2));
    bytes.extend_from_slice(&[0; 2][..before]);
    bytes.extend_from_slice(head);
    let full = bytes.len() * 8 / 6;
    let mut all: Vec<Begin> = Vec::new();
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        let mut text = Begin::new(engine.encode(&*bytes).into_bytes());
        text.truncate(full);
        text.drain(..LEAD[before]);
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// Base64 of base64 of the value alone.
pub(super) fn twice(value: &[u8]) -> Vec<Begin> {
    let mut all: Vec<Begin> = Vec::new();
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        let text = Begin::new(engine.encode(value).into_bytes());
        for begin in base64(&text, 0) {
            if !all.contains(&begin) {
                all.push(begin);
            }
        }
    }
    all
}
