//! Runs: `aaaa`, `1234`, `qwerty`, `abcabc`.

/// How many characters belong to runs of the same, of neighbours in the alphabet or of neighbours on a keyboard.
pub(super) fn covered(text: &[u8]) -> usize {
    let (mut sum, mut start) = (0, 0);
    while start < text.len() {
        let length = run(&text[start..]);
        if length >= 3 {
            sum += length;
        }
        start += length.max(1);
    }
    sum
}

/// The run with which a text begins; of keys only from four on.
pub(super) fn run(text: &[u8]) -> usize {
    let step = |by: i16| {
        let next =
            |pair: &[u8]| i16::from(pair[1].to_ascii_lowercase()) - i16::from(pair[0].to_ascii_lowercase());
        let alike =
            |pair: &[u8]| by == 0 || pair[0].is_ascii_alphanumeric() && pair[1].is_ascii_alphanumeric();
        1 + text.windows(2).take_while(|pair| next(pair) == by && alike(pair)).count()
    };
    let keys = ROWS.iter().map(|row| along(row, text)).max().unwrap_or(0);
    let keys = if keys >= 4 { keys } else { 0 };
    step(0).max(step(1)).max(step(-1)).max(keys).min(text.len())
}

const ROWS: [&[u8]; 9] = [
    b"qwertyuiop",
    b"asdfghjkl",
    b"zxcvbnm",
    b"1234567890",
    b"0987654321",
    b"qwertzuiop",
    b"azertyuiop",
    b"1q2w3e4r5t6y7u8i9o0p",
    b"1qaz2wsx3edc4rfv5tgb6yhn",
];

fn along(row: &[u8], text: &[u8]) -> usize {
    let Some(first) = text.first().map(u8::to_ascii_lowercase) else { return 0 };
    let Some(at) = row.iter().position(|key| *key == first) else { return 0 };
    row[at..].iter().zip(text).take_while(|(key, b)| **key == b.to_ascii_lowercase()).count()
}

/// Whether a text is one short piece over and over.
pub(super) fn repeats(text: &[u8]) -> bool {
    (1..=text.len() / 2).take(16).any(|period| {
        text.len() >= period * 2
            && (text.len() >= period * 3 || period >= 4)
            && text.iter().zip(&text[period..]).all(|(a, b)| a == b)
    })
}
