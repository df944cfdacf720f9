//! One automaton over the words that lead to a closer look: key words, prefixes of tokens, heads of keys.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::{generic, privatekey, token};

/// Whose word it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Key,
    Token,
    Generic,
}

/// The words of all families.
pub struct Words {
    automaton: Option<AhoCorasick>,
    /// Of each word: whose it is, and which of theirs.
    owners: Vec<(Family, usize)>,
}

impl Words {
    /// Takes a few milliseconds.
    pub fn new() -> Self {
        let (mut words, mut owners) = (Vec::new(), Vec::new());
        for (family, list) in [
            (Family::Key, privatekey::words()),
            (Family::Token, token::words()),
            (Family::Generic, generic::words()),
        ] {
            for (i, word) in list.into_iter().enumerate() {
                words.push(word);
                owners.push((family, i));
            }
        }
        // the table grows with the words, and a DFA passes half a gigabyte in a second; it takes a millisecond to build
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&words);
        debug_assert!(automaton.is_ok(), "fewer words than a 32-bit number counts");
        Words { automaton: automaton.ok(), owners }
    }

    /// Every word in the text, also within others: the family, the number of the word in its list, the place.
    pub(super) fn find<'t>(
        &'t self,
        text: &'t [u8],
    ) -> impl Iterator<Item = (Family, usize, Range<usize>)> + 't {
        self.automaton.iter().flat_map(move |automaton| automaton.find_overlapping_iter(text)).map(
            move |found| {
                let (family, word) = self.owners[found.pattern().as_usize()];
                (family, word, found.start()..found.end())
            },
        )
    }
}
