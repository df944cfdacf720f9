//! What was found, without what it is.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::allow;
use super::text::Text;

/// How sure a finding is, from the surest; where several are about the same bytes, the first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A value that a sealed file of the repository holds.
    Known,
    /// A private key.
    Key,
    /// A token with the marks of who issued it.
    Token,
    /// Plaintext where ciphertext belongs.
    Plain,
    /// A guess from a name and the look of a value. Only these may be allowed by a comment beside them.
    Generic,
}

/// What mends a finding. The command for it depends on where the file is, which is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mend {
    /// Take the value out of the file; a sealed file is where it belongs.
    TakeOut,
    /// Take the value out: the sealed file at this path has it under this name already; or had it, if it is not current.
    Known { file: String, key: String, current: bool },
    /// Seal the file, or leave it out of the repository.
    Seal,
    /// Leave the file out: it is a copy that nobody needs.
    Drop,
    /// Mend the sealed file with this command of reseal, e.g. `edit`.
    Reseal(&'static str),
    /// This command.
    Run(String),
    /// This, in words, with commands in it.
    Do(String),
}

/// What a rule says of a piece of text.
pub(super) struct Hit {
    pub(super) class: Class,
    /// The kind of finding, a stable word: `github-token`.
    pub(super) rule: &'static str,
    /// Where the secret itself lies in the text. Empty: the file as a whole.
    pub(super) at: Range<usize>,
    /// What it is, in a few words without any of it: a key name, an encoding.
    pub(super) what: String,
    pub(super) mend: Mend,
}

/// Something that must not be where it is.
pub struct Finding {
    /// How sure it is.
    pub class: Class,
    /// The kind of finding, a stable word: `github-token`.
    pub rule: &'static str,
    /// From 1; 0: the file as a whole.
    pub line: usize,
    /// What it is, in a few words without any of it.
    pub what: String,
    /// What mends it.
    pub mend: Mend,
    /// Tells this value from others under the same rule. Not to be written anywhere as it is.
    pub(super) digest: [u8; 32],
}

/// Makes findings of hits: of those about the same bytes the surest, in the order of the text.
pub(super) fn settle(text: &Text<'_>, mut hits: Vec<Hit>, found: &mut Vec<Finding>) {
    hits.retain(|hit| hit.at.is_empty() || text.piece.contains(&hit.at.start));
    hits.sort_by_key(|hit| (hit.class, hit.at.start));
    // beginning and end of what is spoken for: none of these overlap
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    hits.retain(|hit| {
        let Range { start, end } = hit.at;
        let is_free = start == end || taken.range(..end).next_back().is_none_or(|(_, last)| *last <= start);
        if is_free && start < end {
            taken.insert(start, end);
        }
        is_free
    });
    hits.sort_by_key(|hit| hit.at.start);
    let mut told = HashSet::new();
    for hit in hits {
        if hit.class == Class::Generic && allow::allowed(text, hit.at.start) {
            continue;
        }
        let line = if hit.at.is_empty() { 0 } else { text.number(hit.at.start) };
        let digest = digest(hit.rule, &text.bytes[hit.at.clone()]);
        // two values on one line are two findings: one may be accepted, and the other not
        if told.insert((line, hit.rule, hit.what.clone(), digest)) {
            let Hit { class, rule, what, mend, .. } = hit;
            found.push(Finding { class, rule, line, what, mend, digest });
        }
    }
}

fn digest(rule: &str, secret: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::new().chain_update(rule).chain_update([0]).chain_update(secret).finalize().into()
}
