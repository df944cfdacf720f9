//! Lines of `--raw -z`: what a file was, what it is, and where.

use super::answer::Answer;
use crate::error::Result;

/// What becomes of a file.
pub(super) struct Change {
    /// The first letter of git's word for it: `A`, `C`, `D`, `M`, `R`, `T`, `U`.
    pub(super) kind: u8,
    /// The mode that it has now.
    mode: Vec<u8>,
    /// Its content now; zeros where git has it not.
    pub(super) id: String,
    /// Its contents before, of as many commits as came together.
    pub(super) before: Vec<String>,
    /// From the top.
    pub(super) path: Vec<u8>,
}

/// What such an answer is made of.
pub(super) enum Entry {
    /// A commit, whose changes follow.
    Commit(String),
    Change(Change),
}

impl Change {
    /// Whether it has content to read: no deletion, and no commit of a submodule.
    pub(super) fn has_content(&self) -> bool {
        self.mode.starts_with(b"10") || self.mode.starts_with(b"12")
    }

    pub(super) fn is_deletion(&self) -> bool {
        self.kind == b'D' || self.mode == b"000000" && self.kind != b'U'
    }
}

/// The next entry; `None` behind the last.
pub(super) fn next(answer: &mut Answer) -> Result<Option<Entry>> {
    loop {
        let Some(field) = answer.field()? else { return Ok(None) };
        let field = field.trim_ascii_start();
        let parents = field.iter().take_while(|b| **b == b':').count();
        if field.is_empty() {
            continue;
        }
        if parents == 0 {
            return match id(field) {
                Some(id) => Ok(Some(Entry::Commit(id))),
                None => Err(answer.confusing()),
            };
        }
        // the modes, the objects, then a letter for each parent, of which the first may have a number
        let words: Vec<&[u8]> = field[parents..].split(|b| *b == b' ').collect();
        let ids: Option<Vec<String>> =
            words.get(parents + 1..2 * parents + 2).unwrap_or_default().iter().map(|word| id(word)).collect();
        let (Some(mut ids), Some(kind)) = (ids, words.get(2 * parents + 2).and_then(|word| word.first()))
        else {
            return Err(answer.confusing());
        };
        let (Some(now), mut path) = (ids.pop(), answer.field()?) else { return Err(answer.confusing()) };
        if parents == 1 && matches!(kind, b'R' | b'C') {
            path = answer.field()?;
        }
        let Some(path) = path else { return Err(answer.confusing()) };
        ids.retain(|id| id.bytes().any(|b| b != b'0'));
        let mode = words[parents].to_vec();
        return Ok(Some(Entry::Change(Change { kind: *kind, mode, id: now, before: ids, path })));
    }
}

/// The name of an object, and nothing else.
pub(super) fn id(word: &[u8]) -> Option<String> {
    let hex = word.len() >= 40 && word.iter().all(|b| b.is_ascii_hexdigit());
    hex.then(|| String::from_utf8_lossy(word).into_owned())
}
