//! Random values and files, heavy with what some reader minds.

use rand::Rng;
use rand::rngs::StdRng;

const MINDED: [&str; 42] = [
    "$", "$", "#", " #", "'", "\"", "\\", "\\", " ", "\t", "\r", "\n", "=", "!", "`", "{", "}", "~", "%",
    "&", ";", "${", "$$", "\\n", "\\$", "\\\"", "\\'", "\\0", "*", "\u{a0}", "é", "\u{2028}", "\x0b", "\x1c",
    "\u{85}", "\u{3000}", "\u{feff}", "\u{fffe}", "\x01", "\x7f", "\r\n", "~",
];

const WHOLE: [&str; 10] = [
    "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
    "abc$def",
    "ab #cd",
    "C:\\temp\\new\\",
    "-----BEGIN-----\none\n\ntwo\n-----END-----\n",
    "it's \"both\"",
    "'wrapped'",
    "\"wrapped\"",
    "  around  ",
    "",
];

/// A value: any bytes but NUL.
pub fn value(rng: &mut StdRng) -> Vec<u8> {
    match rng.gen_range(0..20) {
        0 | 1 => WHOLE[rng.gen_range(0..WHOLE.len())].into(),
        2 => (0..rng.gen_range(0..30)).map(|_| rng.gen_range(1..=255u8)).collect(),
        3 => (0..rng.gen_range(0..10))
            .filter_map(|_| char::from_u32(rng.gen_range(1..0x3100)))
            .collect::<String>()
            .into(),
        4 => (0..rng.gen_range(0..20)).map(|_| rng.gen_range(1..128u8)).collect(),
        _ => piece(rng, 14),
    }
}

fn piece(rng: &mut StdRng, most: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..rng.gen_range(0..=most) {
        match rng.gen_range(0..3) {
            0 => out.extend(MINDED[rng.gen_range(0..MINDED.len())].as_bytes()),
            _ => out.push(b"abnrtx0189_.:-/+,^@"[rng.gen_range(0..19)]),
        }
    }
    out
}

/// A file: mostly lines that look like pairs, quoted well or badly.
pub fn text(rng: &mut StdRng) -> Vec<u8> {
    let mut out = Vec::new();
    for n in 0..rng.gen_range(1..5usize) {
        if rng.gen_range(0..12) == 0 {
            out.extend(b"# ");
            out.extend(piece(rng, 3));
            out.extend(b"\n");
        }
        out.extend([b"".as_slice(), b"", b"", b"", b"export ", b" "][rng.gen_range(0..6)]);
        // now and then a name twice, or one that only some take
        out.extend(format!("K{}", rng.gen_range(0..=n)).bytes());
        out.extend(
            ["", "", "", "", "", "", "", "", "_A", ".a", "-a", "[a]", " a", "é"][rng.gen_range(0..14)]
                .bytes(),
        );
        out.extend([b"=".as_slice(), b"=", b"=", b"=", b"=", b" = ", b"= ", b": "][rng.gen_range(0..8)]);
        let quote = [b"".as_slice(), b"'", b"\"", b"\"", b"'", b"`"][rng.gen_range(0..6)];
        out.extend(quote);
        out.extend(piece(rng, 7));
        if rng.gen_range(0..200) == 0 {
            out.push(0xff);
        }
        if rng.gen_range(0..16) > 0 {
            out.extend(quote);
        }
        out.extend(
            [b"\n".as_slice(), b"\n", b"\n", b"\n", b" # c\n", b" \n", b"\r\n", b" x\n"][rng.gen_range(0..8)],
        );
    }
    if rng.gen_range(0..8) == 0 {
        out.pop();
    }
    out
}
