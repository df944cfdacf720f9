//! How unlike language a text is.
//!
//! A table tells what each character costs after the two before it, in bits, as names, words and quoted texts of public
//! source code have them; case is told apart by a small table of its own. `scripts/trigrams` makes both; they hold
//! numbers and no text, and are used as they lie in the program.

/// Codes of four bits, two in a byte, the lower first; then a byte for each case of a letter.
static TABLE: &[u8; PAIRS + CASES] = include_bytes!("trigrams.bin");
const SIZE: usize = 48;
const PAIRS: usize = SIZE * SIZE * SIZE / 2;
const CASES: usize = 5 * 5 * 5 * 2;

/// What a code costs. The same list stands in `scripts/trigrams`.
const COSTS: [f32; 16] = [0.1, 0.4, 0.8, 1.3, 1.8, 2.4, 3.0, 3.7, 4.4, 5.2, 6.0, 7.0, 8.0, 9.2, 10.5, 12.0];

/// The edge of a text, among the symbols and among the classes of case.
const EDGE: usize = 0;
const SMALL: usize = 1;
const CAPITAL: usize = 2;
const FIGURE: usize = 3;
const OTHER: usize = 4;

/// Longer texts are judged by their beginning.
const ENOUGH: usize = 512;

/// Bits by which an average character of the text surprises whoever knows source code and prose: names and words have
/// some 4, passwords that people make up 5 to 7, random letters and digits 8 and more. Random hexadecimal digits have 5,
/// and words one after the other 4: these are told by their form.
pub(super) fn rarity(text: &[u8]) -> f32 {
    let text = &text[..text.len().min(ENOUGH)];
    if text.is_empty() {
        return 0.0;
    }
    surprise(text) / (text.len() + 1) as f32
}

/// The bits of the whole text.
fn surprise(text: &[u8]) -> f32 {
    let (mut a, mut b) = (EDGE, EDGE);
    let mut classes = [EDGE; 3];
    let mut sum = 0.0;
    for byte in text {
        let (symbol, class, within) = SYMBOLS[usize::from(*byte)];
        let (symbol, class) = (usize::from(symbol), usize::from(class));
        sum += step(a, b, symbol) + within;
        if class == SMALL || class == CAPITAL {
            let case = (classes[0] * 5 + classes[1]) * 5 + classes[2];
            sum += COSTS[usize::from(TABLE[PAIRS + case * 2 + class - 1] & 15)];
        }
        (a, b) = (b, symbol);
        classes = [classes[1], classes[2], class];
    }
    sum + step(a, b, EDGE)
}

fn step(a: usize, b: usize, c: usize) -> f32 {
    let at = (a * SIZE + b) * SIZE + c;
    let pair = TABLE[at / 2];
    COSTS[usize::from(if at.is_multiple_of(2) { pair & 15 } else { pair >> 4 })]
}

/// Of each byte: its symbol, its class, and what telling it from others with this symbol costs.
static SYMBOLS: [(u8, u8, f32); 256] = symbols();

const fn symbols() -> [(u8, u8, f32); 256] {
    const MARKS: [(&[u8], f32); 9] = [
        (b"_", 0.0),
        (b"-", 0.0),
        (b".", 0.0),
        (b"/", 0.0),
        (b" ", 0.0),
        (b":", 0.0),
        (b"=+%&?", 2.0),
        (b"()[]{}<>'\"", 2.0),
        (b"!@#$*^~|;,\\`", 2.5),
    ];
    // what is left: control characters
    let mut all = [(47, OTHER as u8, 3.0); 256];
    let mut i = 0;
    while i < 26 {
        all[b'a' as usize + i] = (1 + i as u8, SMALL as u8, 0.0);
        all[b'A' as usize + i] = (1 + i as u8, CAPITAL as u8, 0.0);
        i += 1;
    }
    i = 0;
    while i < 10 {
        all[b'0' as usize + i] = (27 + i as u8, FIGURE as u8, 0.0);
        i += 1;
    }
    let mut group = 0;
    while group < MARKS.len() {
        i = 0;
        while i < MARKS[group].0.len() {
            all[MARKS[group].0[i] as usize] = (37 + group as u8, OTHER as u8, MARKS[group].1);
            i += 1;
        }
        group += 1;
    }
    // letters of other alphabets are language
    i = 128;
    while i < 256 {
        all[i] = (46, OTHER as u8, 0.0);
        i += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_texts_are_rare_and_language_is_not() {
        let words = [
            "connectionTimeout",
            "DATABASE_HOST",
            "the quick brown fox",
            "org.example.service",
            "application",
            "my-service-name",
        ];
        let made_up = ["Otter-Qu4rry87!", "M4ple.Rocket991", "w1nterSt0rm#"];
        let random = ["x9Qf7Lm2Zt8Wb4Kc", "tG7#kP2$wQ9!", "bV3nQz8LwXk1", "Zk8vLq2WpRt6"];
        for word in words {
            assert!(rarity(word.as_bytes()) < 4.6, "{word} {}", rarity(word.as_bytes()));
        }
        for text in made_up {
            assert!((4.6..9.0).contains(&rarity(text.as_bytes())), "{text} {}", rarity(text.as_bytes()));
        }
        for text in random {
            assert!(rarity(text.as_bytes()) > 7.0, "{text} {}", rarity(text.as_bytes()));
        }
    }

    #[test]
    fn any_bytes_have_a_rarity() {
        assert!(rarity(b"").abs() < f32::EPSILON);
        let all: Vec<u8> = (0..=255).cycle().take(2000).collect();
        assert!(rarity(&all).is_finite() && rarity("schlüssel".as_bytes()) < 6.5);
    }
}
