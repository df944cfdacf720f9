//! Whether a token stands for one: fill, runs, repeats, words, and what documentation prints.

use std::collections::HashSet;

/// Words that no chance puts into a token, and whoever writes a placeholder does.
const WORDS: [&str; 22] = [
    "example",
    "sample",
    "dummy",
    "placeholder",
    "changeme",
    "redacted",
    "replace",
    "insert",
    "notreal",
    "invalid",
    "xxxxx",
    "yourtoken",
    "yourkey",
    "yourapi",
    "your_",
    "your-",
    "token_here",
    "tokenhere",
    "keyhere",
    "key_here",
    "secrethere",
    "foobar",
];

/// Bodies that documentation of their issuers prints, and everybody copies.
const PRINTED: [&[u8]; 13] = [
    b"4eC39HqLyjWDarjtT1zdp7dc",
    b"BQokikJOvBiI2HlWgH4olfQ2",
    b"wJalrXUtnFEMI/K7MDENG/bPxRfiCY",
    b"je7MtGbClwBF/2Zp9Utk/h3yCo8nvb",
    b"T00000000/B00000000",
    b"16C7e42F292c69",
    b"1B4a2e77838347a7E420ce178F2E7c69",
    b"nWGxne_9WmC6hEr0kuwsxERJxWl7",
    b"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr",
    b"4twFt5NiznN84AWoo1d7",
    b"aBBKDWQvyuVcTPH9EBp",
    b"5SYiW1kMsuUr7nna-l5t",
    b"Xyah6qbk78qThzJ41iFU",
];

/// Whether the bytes of a token that chance should have chosen were chosen by a person.
pub(super) fn is_dummy(free: &[&[u8]], rare: u32, wordy: bool) -> bool {
    let body: Vec<u8> = free.concat();
    let n = body.len();
    if n < 8 {
        return false;
    }
    if PRINTED.iter().any(|known| contains(&body, known) || free.iter().any(|f| contains(f, known))) {
        return true;
    }
    let lower = body.to_ascii_lowercase();
    if WORDS.iter().any(|word| contains(&lower, word.as_bytes())) {
        return true;
    }
    let few = free.iter().any(|part| part.len() >= 12 && few(part, rare));
    few || steps(&body) * 2 > n || counts(&body) || repeats(&body) || (!wordy && no_digits(&body))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// How many bytes belong to runs such as `aaaa`, `abcd`, `4321`, `a1b2c3`.
fn steps(body: &[u8]) -> usize {
    let mut most = 0;
    for stride in [1, 2] {
        let mut inside = vec![false; body.len()];
        let mut start = 0;
        let step = |i: usize| i32::from(body[i + stride]) - i32::from(body[i]);
        while start + stride < body.len() {
            let first = step(start);
            let mut end = start;
            while end + stride < body.len() && step(end) == first && first.abs() <= 1 {
                end += 1;
            }
            let least = 3 * stride;
            if end - start >= least {
                inside[start..end + stride].fill(true);
            }
            start = end.max(start + 1);
        }
        // with a stride of two both halves must run, or every hex number would
        most = most.max(inside.iter().filter(|i| **i).count());
    }
    most
}

/// `0102030405…`: bytes in hex, each one more than the last.
fn counts(body: &[u8]) -> bool {
    let digit = |b: u8| char::from(b).to_digit(16);
    let bytes: Option<Vec<u32>> =
        body.chunks_exact(2).map(|p| Some(digit(p[0])? * 16 + digit(p[1])?)).collect();
    bytes.is_some_and(|bytes| {
        let steps = bytes.windows(2).filter(|pair| pair[1] == pair[0] + 1).count();
        bytes.len() >= 8 && steps * 10 >= (bytes.len() - 1) * 6
    })
}

/// Whether a short piece stands there again and again.
fn repeats(body: &[u8]) -> bool {
    let n = body.len();
    (1..=(n / 2).min(24)).any(|period| {
        let same = (period..n).filter(|i| body[*i] == body[i - period]).count();
        same * 10 >= (n - period) * 8 && n - period >= 8
    })
}

/// Whether there are fewer different bytes than chance would bring, of those that can be there.
fn few(body: &[u8], rare: u32) -> bool {
    let different = body.iter().collect::<HashSet<_>>().len() as f64;
    let hex = body.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    let kinds = match body {
        _ if body.iter().all(u8::is_ascii_digit) => 10.0,
        _ if hex => 16.0,
        _ if !body.iter().any(u8::is_ascii_uppercase) || !body.iter().any(u8::is_ascii_lowercase) => 36.0,
        _ => 62.0,
    };
    let expected = kinds * (1.0 - (1.0_f64 - 1.0 / kinds).powi(body.len() as i32));
    different * 100.0 < expected * f64::from(rare)
}

/// Letters only, where digits are one in six: it is made of words.
fn no_digits(body: &[u8]) -> bool {
    body.len() >= 32 && !body.iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_fill_in_is_told_from_chance() {
        let dummy = |body: &str| is_dummy(&[body.as_bytes()], 55, false);
        for filled in [
            "xxxxxxxxxxxxxxxxxxxxxxxx",
            "XXXXXXXX-XXXXXXXXXXX",
            "000000000000000000000000",
            "0123456789abcdef0123456789abcdef",
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4",
            "deadbeefdeadbeefdeadbeefdeadbeef",
            "0102030405060708090a0b0c0d0e0f1011121314",
            "MyTokenExample1234567890",
            "YourTokenGoesHereYourTokenGoesHereYour",
            "ThisIsNotATokenButASentenceOfWordsOnly",
            "1234567890123456789012345678901234567890",
        ] {
            assert!(dummy(filled), "{filled}");
        }
        for real in ["f3a9c07be1d24586", "9dK2mQx7LwPz4RtVbN8sYc1J", "8fe2b0c46a1d739e5c0b24f7a6d8193e"] {
            assert!(!dummy(real), "{real}");
        }
    }
}
