//! Lists of words that are looked up often.

/// How many places a table has; a list has half as many words at most.
const PLACES: usize = 1024;
/// Longer words are in no list.
pub(super) const LONGEST: usize = 24;

/// Words with a blank between them, and where each is by its hash. Made when the program is built.
pub(super) struct List {
    words: &'static [u8],
    /// Where a word begins, plus one.
    places: [u16; PLACES],
}

impl List {
    pub(super) const fn of(words: &'static str) -> Self {
        let words = words.as_bytes();
        let mut places = [0; PLACES];
        let mut at = 0;
        while at < words.len() {
            let start = at;
            let mut hash = SEED;
            while at < words.len() && words[at] != b' ' {
                hash = next(hash, words[at]);
                at += 1;
            }
            assert!(at > start && at - start <= LONGEST);
            let mut place = end(hash);
            while places[place] != 0 {
                place = (place + 1) % PLACES;
            }
            places[place] = start as u16 + 1;
            at += 1;
        }
        List { words, places }
    }

    pub(super) fn contains(&self, word: &[u8]) -> bool {
        self.holds(word.iter().fold(SEED, |hash, b| next(hash, *b)), word)
    }

    /// The length of the longest word with which a text begins.
    pub(super) fn longest(&self, text: &[u8]) -> Option<usize> {
        let mut hash = SEED;
        let mut found = None;
        for (i, b) in text.iter().take(LONGEST).enumerate() {
            hash = next(hash, *b);
            if self.holds(hash, &text[..=i]) {
                found = Some(i + 1);
            }
        }
        found
    }

    fn holds(&self, hash: u32, word: &[u8]) -> bool {
        let mut place = end(hash);
        while let Some(at) = usize::from(self.places[place]).checked_sub(1) {
            let rest = &self.words[at..];
            if rest.starts_with(word) && rest.get(word.len()).is_none_or(|b| *b == b' ') {
                return true;
            }
            place = (place + 1) % PLACES;
        }
        false
    }
}

const SEED: u32 = 0x811c_9dc5;

const fn next(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

const fn end(hash: u32) -> usize {
    (hash ^ (hash >> 15)) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_and_as_beginnings() {
        static LIST: List = List::of("pass password key");
        assert!(
            LIST.contains(b"pass")
                && LIST.contains(b"key")
                && !LIST.contains(b"passw")
                && !LIST.contains(b"")
        );
        assert_eq!(LIST.longest(b"passwords"), Some(8));
        assert_eq!(LIST.longest(b"passwo"), Some(4));
        assert_eq!(LIST.longest(b"xpass"), None);
    }
}
