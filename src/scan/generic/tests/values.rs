//! Fake values of true form, made anew in each run from a fixed seed.

/// A generator that always says the same.
pub(super) struct Values(u64);

const WORDS: [&str; 20] = [
    "otter", "quarry", "river", "maple", "copper", "falcon", "marble", "winter", "harbor", "thunder",
    "pepper", "velvet", "canyon", "meadow", "rocket", "silver", "walnut", "pirate", "lantern", "saddle",
];

impl Values {
    pub(super) fn new(seed: u64) -> Self {
        Values(seed | 1 << 40)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }

    fn of(&mut self, length: usize, set: &str) -> String {
        (0..length).map(|_| char::from(set.as_bytes()[self.below(set.len())])).collect()
    }

    fn word(&mut self) -> String {
        let word = WORDS[self.below(WORDS.len())];
        let word = word[..1].to_uppercase() + &word[1..];
        match self.below(4) {
            0 => word.replacen('e', "3", 1),
            1 => word.replacen('a', "4", 1),
            2 => word.replacen('o', "0", 1),
            _ => word,
        }
    }

    /// Puts values into the places of a template; answers them too.
    pub(super) fn fill(&mut self, template: &str) -> (String, Vec<String>) {
        let mut text = template.to_owned();
        let mut values = Vec::new();
        loop {
            let Some((at, kind)) = text.match_indices('@').find_map(|(at, _)| {
                let kind = text[at + 1..].chars().next()?;
                let next = text[at + 2..].chars().next();
                ("phkxt".contains(kind) && !next.is_some_and(char::is_alphanumeric)).then_some((at, kind))
            }) else {
                return (text, values);
            };
            let value = self.value(kind);
            text.replace_range(at..at + 2, &value);
            values.push(value);
        }
    }

    fn value(&mut self, kind: char) -> String {
        const SMALL: &str = "abcdefghijklmnopqrstuvwxyz";
        let letters = format!("{SMALL}{}0123456789", SMALL.to_uppercase());
        match kind {
            // no mark that ends a word of a shell
            'p' => {
                let length = 10 + self.below(8);
                let first = self.of(2, &letters);
                let last = self.of(2, "0123456789");
                first + &self.of(length, &format!("{letters}!%^*-_+.")) + &last
            }
            'h' => {
                let (a, b, n) = (self.word(), self.word(), self.below(1000));
                let mark = ["!", "-", "_", ".", "+"][self.below(5)];
                match self.below(3) {
                    0 => format!("{a}{n}{mark}"),
                    1 => format!("{a}{mark}{b}{n}"),
                    _ => format!("{a}{b}{n}!"),
                }
            }
            'x' => self.of(64, "0123456789abcdef"),
            't' => self.of(40, &letters),
            _ => {
                let length = 20 + self.below(20);
                self.of(length, &letters)
            }
        }
    }
}
