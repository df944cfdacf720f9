//! Which comments came and went. A comment has no name, so that what stands around it says which one it is: the leaves
//! of two versions are aligned as the lines of two texts are.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::secret::{Fingerprints, SecretValue};
use crate::sops::open::Open;
use crate::sops::tree::Kind;

/// For each leaf of `one`, the same comment in `other`; none for what is no comment.
fn aligned(one: (&Open, &[[u8; 32]]), other: &[[u8; 32]]) -> Vec<Option<usize>> {
    let mut found = vec![None; one.1.len()];
    for op in capture_diff_slices(Algorithm::Myers, one.1, other) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            for n in 0..len {
                if one.0.tree.leaves[old_index + n].kind == Kind::Comment {
                    found[old_index + n] = Some(new_index + n);
                }
            }
        }
    }
    found
}

/// A short name of each leaf: of a value by its name, of a comment by what it says and where.
fn marks(open: &Open, key: &Fingerprints) -> Vec<[u8; 32]> {
    let mark = |at: usize| {
        let leaf = &open.tree.leaves[at];
        let (kind, text) = if leaf.kind == Kind::Comment {
            (&b"#"[..], open.held[at].plain.text.expose())
        } else {
            (&b"="[..], open.tree.name(&open.file, leaf))
        };
        let whole = SecretValue::concat(&[kind, open.tree.branch_name(leaf.branch), b"\0", text]);
        key.whole(whole.expose())
    };
    (0..open.tree.leaves.len()).map(mark).collect()
}

/// What is to be done about comments, in leaves of ours and of theirs.
pub(super) struct Comments {
    /// For each leaf of ours that is a comment, the same one of theirs.
    pub(super) same: Vec<Option<usize>>,
    /// Of ours: what theirs took away.
    pub(super) gone: Vec<usize>,
    /// Of theirs: what they added and ours lacks.
    pub(super) new: Vec<usize>,
}

pub(super) fn changes(base: Option<&Open>, ours: &Open, theirs: &Open) -> Comments {
    let key = ours.fingerprints();
    let (our_marks, their_marks) = (marks(ours, &key), marks(theirs, &key));
    let base_marks = base.map(|base| marks(base, &key)).unwrap_or_default();
    let mut same = aligned((ours, &our_marks), &their_marks);
    let of_base = |open: &Open, marks: &[[u8; 32]]| aligned((open, marks), &base_marks);
    let (our_base, their_base) = (of_base(ours, &our_marks), of_base(theirs, &their_marks));
    // what both have from the base is the same one, though it may have been moved
    for at in 0..same.len() {
        if same[at].is_none() && our_base[at].is_some() {
            let there = their_base.iter().position(|b| *b == our_base[at]);
            same[at] = there.filter(|there| !same.contains(&Some(*there)));
        }
    }
    let is_comment = |open: &Open, at: &usize| open.tree.leaves[*at].kind == Kind::Comment;
    let gone = (0..same.len()).filter(|at| is_comment(ours, at) && same[*at].is_none());
    let gone = gone.filter(|at| our_base[*at].is_some()).collect();
    // one that both added stands in ours already, wherever
    let mut added: Vec<[u8; 32]> = (0..same.len())
        .filter(|at| is_comment(ours, at) && same[*at].is_none() && our_base[*at].is_none())
        .map(|at| our_marks[at])
        .collect();
    let mut new = Vec::new();
    for at in (0..their_marks.len()).filter(|at| is_comment(theirs, at)) {
        if same.contains(&Some(at)) || their_base[at].is_some() {
            continue;
        }
        match added.iter().position(|mark| *mark == their_marks[at]) {
            Some(there) => drop(added.swap_remove(there)),
            None => new.push(at),
        }
    }
    Comments { same, gone, new }
}
