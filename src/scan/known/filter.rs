//! Finds the few places of a text where a value may stand: eight bytes are read at every fourth, and looked up in a table
//! of bits. Of each text to find the first four such pieces are kept, one of which lies at such a place wherever the
//! text stands, if it has eleven bytes. Of shorter ones pieces of five bytes are kept, in a table of their own that is
//! read only if there are any.

use zeroize::Zeroizing;

/// From how many bytes on a text is found by the wide pieces.
pub(super) const WIDE: usize = 11;
/// Shorter texts are not found at all.
pub(super) const LEAST: usize = 8;
/// How far apart the places are that are looked at.
const STEP: usize = 4;
/// How many bytes are looked at together.
const BLOCK: usize = 32;

/// The pieces, wiped when dropped.
pub(super) struct Filter {
    wide: Table,
    narrow: Table,
}

/// Which texts are to be found, before the tables are made.
#[derive(Default)]
pub(super) struct Plan {
    wide: Pieces,
    narrow: Pieces,
}

#[derive(Default)]
struct Pieces {
    words: Zeroizing<Vec<u64>>,
    owners: Vec<u32>,
}

impl Plan {
    /// Makes room first, so that no smaller copy is left behind by growth.
    pub(super) fn with_capacity(texts: usize) -> Self {
        let room = || Pieces {
            words: Zeroizing::new(Vec::with_capacity(texts * STEP)),
            owners: Vec::with_capacity(texts * STEP),
        };
        Plan { wide: room(), narrow: room() }
    }

    /// The text with this number is to be found. Too short ones are not.
    pub(super) fn add(&mut self, number: usize, text: &[u8]) {
        let (pieces, width) = match text.len() {
            ..LEAST => return,
            LEAST..WIDE => (&mut self.narrow, WIDE - STEP - 2),
            _ => (&mut self.wide, 8),
        };
        for offset in 0..STEP {
            pieces.words.push(word(&text[offset..offset + width]));
            pieces.owners.push((number * STEP + offset) as u32);
        }
    }

    pub(super) fn filter(self) -> Filter {
        Filter { wide: Table::new(&self.wide, u64::MAX), narrow: Table::new(&self.narrow, (1 << 40) - 1) }
    }
}

/// Up to eight bytes as a number.
fn word(bytes: &[u8]) -> u64 {
    let mut padded = [0; 8];
    let n = bytes.len().min(8);
    padded[..n].copy_from_slice(&bytes[..n]);
    u64::from_le_bytes(padded)
}

impl Default for Filter {
    fn default() -> Self {
        Plan::default().filter()
    }
}

impl Filter {
    /// Tells of each place that looks like the begin of a text: the text's number, and where it would begin.
    pub(super) fn find(&self, text: &[u8], mut at: impl FnMut(usize, usize)) {
        self.wide.find(text, 8, &mut at);
        self.narrow.find(text, 5, &mut at);
    }
}

/// The pieces of one width.
struct Table {
    /// Which bytes of eight count.
    mask: u64,
    /// As many words as [`SMALL`] or [`LARGE`] says, or none.
    bits: Zeroizing<Vec<u64>>,
    /// Pieces, where their hash says or behind; number and offset of the text, from 1; 0 where there is none.
    words: Zeroizing<Vec<u64>>,
    owners: Zeroizing<Vec<u32>>,
}

/// How many words of bits there are: 64 KiB stay in the nearest cache but one. One bit in fifty may be set.
const SMALL: usize = 1 << 13;
const LARGE: usize = 1 << 16;

/// Any odd number with many bits will do: who could choose the text to be slow would only slow himself.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Which bit of so many words belongs to a piece.
fn bit<const WORDS: usize>(piece: u64) -> usize {
    (piece.wrapping_mul(FACTOR) >> const { u64::BITS - (WORDS * 64).trailing_zeros() }) as usize
}

fn is_set<const WORDS: usize>(bits: &[u64; WORDS], piece: u64) -> bool {
    let bit = bit::<WORDS>(piece);
    bits[(bit >> 6) & (WORDS - 1)] >> (bit & 63) & 1 != 0
}

impl Table {
    fn new(pieces: &Pieces, mask: u64) -> Self {
        let count = pieces.words.len();
        let (bits, words, owners) = Default::default();
        let mut table = Table { mask, bits, words, owners };
        if count == 0 {
            return table;
        }
        let slots = (count * 2).next_power_of_two();
        let size = if count * 50 <= SMALL * 64 { SMALL } else { LARGE };
        table.bits = Zeroizing::new(vec![0; size]);
        table.words = Zeroizing::new(vec![0; slots]);
        table.owners = Zeroizing::new(vec![0; slots]);
        for (word, owner) in pieces.words.iter().zip(&pieces.owners) {
            let bit = if size == SMALL { bit::<SMALL>(*word) } else { bit::<LARGE>(*word) };
            table.bits[bit >> 6] |= 1 << (bit & 63);
            let mut slot = table.slot(*word);
            while table.owners[slot] != 0 {
                slot = (slot + 1) % slots;
            }
            table.words[slot] = *word;
            table.owners[slot] = owner + 1;
        }
        table
    }

    /// Where a piece is looked for first.
    fn slot(&self, word: u64) -> usize {
        (word.wrapping_mul(FACTOR) >> 20) as usize & (self.owners.len() - 1)
    }

    fn find(&self, text: &[u8], width: usize, at: &mut impl FnMut(usize, usize)) {
        if let Ok(bits) = <&[u64; SMALL]>::try_from(&self.bits[..]) {
            self.find_in(bits, text, width, at);
        } else if let Ok(bits) = <&[u64; LARGE]>::try_from(&self.bits[..]) {
            self.find_in(bits, text, width, at);
        }
    }

    fn find_in<const WORDS: usize>(
        &self,
        bits: &[u64; WORDS],
        text: &[u8],
        width: usize,
        at: &mut impl FnMut(usize, usize),
    ) {
        let mask = self.mask;
        let mut start = 0;
        while let Some(block) = text[start..].first_chunk::<{ BLOCK + 4 }>() {
            let mut any = 0u8;
            for n in 0..BLOCK / STEP {
                let piece =
                    block[n * STEP..].first_chunk::<8>().map_or(0, |piece| u64::from_le_bytes(*piece));
                any |= u8::from(is_set(bits, piece & mask)) << n;
            }
            while any != 0 {
                let place = start + any.trailing_zeros() as usize * STEP;
                self.look(word(&text[place..place + 8]), place, at);
                any &= any - 1;
            }
            start += BLOCK;
        }
        while start + width <= text.len() {
            let piece = word(&text[start..]);
            if is_set(bits, piece & mask) {
                self.look(piece, start, at);
            }
            start += STEP;
        }
    }

    #[inline(never)]
    fn look(&self, piece: u64, place: usize, at: &mut impl FnMut(usize, usize)) {
        let piece = piece & self.mask;
        let mut slot = self.slot(piece);
        while self.owners[slot] != 0 {
            if self.words[slot] == piece {
                let owner = self.owners[slot] as usize - 1;
                if let Some(begin) = place.checked_sub(owner % STEP) {
                    at(owner / STEP, begin);
                }
            }
            slot = (slot + 1) & (self.owners.len() - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_found_wherever_it_stands() {
        let texts: [&[u8]; 5] =
            [b"12345678", b"abcdefghi", b"ABCDEFGHIJ", b"zyxwvutsrqp", b"a rather long one, of many bytes"];
        let mut plan = Plan::with_capacity(texts.len());
        for (number, text) in texts.iter().enumerate() {
            plan.add(number, text);
        }
        plan.add(9, b"1234567");
        let filter = plan.filter();
        for (number, text) in texts.iter().enumerate() {
            for before in 0..80 {
                for after in 0..40 {
                    let all = [&vec![b'-'; before], *text, &vec![b'-'; after]].concat();
                    let mut found = Vec::new();
                    filter.find(&all, |number, begin| found.push((number, begin)));
                    assert!(found.contains(&(number, before)), "{number} {before} {after}");
                    assert!(found.iter().all(|f| *f == (number, before)));
                }
            }
        }
    }
}
