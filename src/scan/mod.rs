//! The guard: finds secrets where they must not be, in what is about to be committed, in folders and in history.
//!
//! A file passes through once. Its [`Name`] says what it is for; `plain` and `sealed` judge files as a whole (an env file,
//! a leftover of one, a sealed file with a leaf in clear); one automaton over the `words` of all families leads
//! `privatekey`, `token` and `generic` to the few places that are worth a look; `known` looks for the very values that
//! the repository's own sealed files hold. `value` and `rarity` tell a secret from a word. `git` reads what git keeps.
//!
//! Nothing here prints, and no [`Finding`] holds what was found.

mod allow;
mod baseline;
mod finding;
mod generic;
mod git;
mod item;
mod known;
mod leftovers;
mod plain;
mod privatekey;
mod rarity;
mod sealed;
mod sweep;
#[cfg(test)]
mod tests;
mod text;
mod token;
mod value;
mod words;

pub use baseline::{BASELINE, Baseline, Stale};
pub use finding::{Class, Finding, Mend};
pub use git::{Objects, Repository, Selected, Wanted};
pub use item::{Item, Place, below};
pub use known::{Entry, Known, Spoken, Version};
pub use leftovers::{Host, Leftover, containers, files};
pub use plain::Rules;
pub use sweep::{Swept, sweep};
pub use words::Words;

use std::io::{self, Read};

use crate::kind;
pub use crate::kind::{Kind, Name};
use finding::Hit;
use text::{Decoded, Text};
use words::Family;

/// What is looked for. Built once, shared by all threads.
pub struct Guard {
    words: Words,
    rules: Rules,
    known: Known,
}

impl Guard {
    /// `rules` say which files must be sealed; `known` holds the values to look for.
    pub fn new(words: Words, rules: Rules, known: Known) -> Self {
        Guard { words, rules, known }
    }
}

/// How much of a file is looked at in one piece.
const WINDOW: usize = 2 << 20;
/// How far behind a piece a match may reach.
const MARGIN: usize = 64 << 10;
/// How much before a piece is looked at again, for what stands before a value.
const BEHIND: usize = 4 << 10;
/// Files that are judged as a whole are read whole up to this size.
const WHOLE: usize = 16 << 20;

/// Looks at one file after the other; one for each thread.
pub struct Scanner<'g> {
    guard: &'g Guard,
    buffer: Vec<u8>,
}

impl<'g> Scanner<'g> {
    /// With a buffer of its own.
    pub fn new(guard: &'g Guard) -> Self {
        Scanner { guard, buffer: Vec::new() }
    }

    /// Reads a file to its end and adds what is found. Answers how many bytes were read.
    pub fn scan(&mut self, name: &Name, from: &mut dyn Read, found: &mut Vec<Finding>) -> io::Result<u64> {
        let mut total = 0;
        // where the piece begins in the buffer: before it lies the margin, which was looked at already
        let (mut start, mut line, mut first) = (0, 1, true);
        self.buffer.clear();
        let mut decoded = Decoded::unknown();
        loop {
            let limit = if first && name.is_judged_whole() { WHOLE } else { WINDOW };
            let wanted = start + limit + MARGIN;
            let ended = fill(&mut self.buffer, wanted, from, &mut total)?;
            decoded.tell(&self.buffer, first);
            let end = if ended {
                self.buffer.len()
            } else {
                let limit = start + limit;
                decoded.last_line(&self.buffer[..limit], start).unwrap_or(limit)
            };
            let whole = first && ended;
            let text = Text::new(name, &self.buffer, start..end, line, whole, &decoded);
            self.look(&text, found);
            if ended {
                return Ok(total);
            }
            let keep = end.saturating_sub(BEHIND).max(start);
            // the margin begins with a line where there is one
            let keep = decoded.first_line(&self.buffer[..end], keep).unwrap_or(keep);
            line += decoded.lines(&self.buffer[..keep]);
            self.buffer.drain(..keep);
            (start, first) = (end - keep, false);
        }
    }

    fn look(&self, text: &Text<'_>, found: &mut Vec<Finding>) {
        let mut hits: Vec<Hit> = Vec::new();
        self.guard.known.look(text, &mut hits);
        if text.whole {
            // what is sealed is judged as such, whatever its name
            if !sealed::look(text, &mut hits) {
                plain::look(text, &self.guard.rules, &mut hits);
            }
        }
        let mut families =
            (privatekey::Keys::default(), token::Tokens::default(), generic::Generic::default());
        families.0.file(text, &mut hits);
        families.2.file(text, &mut hits);
        for (family, word, at) in self.guard.words.find(text.bytes) {
            match family {
                Family::Key => families.0.at(text, word, at, &mut hits),
                Family::Token if !text.binary => families.1.at(text, word, at, &mut hits),
                Family::Generic if !text.binary => families.2.at(text, word, at, &mut hits),
                _ => {}
            }
        }
        finding::settle(text, hits, found);
    }
}

/// Reads until the buffer holds `wanted` bytes; answers whether the file ended.
fn fill(buffer: &mut Vec<u8>, wanted: usize, from: &mut dyn Read, total: &mut u64) -> io::Result<bool> {
    let missing = wanted.saturating_sub(buffer.len()) as u64;
    let n = from.take(missing).read_to_end(buffer)?;
    *total += n as u64;
    Ok((n as u64) < missing)
}
