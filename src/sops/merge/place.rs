//! Where what theirs added goes: behind the neighbour that it has in theirs, or before the next one.

use std::ops::Range;

use super::build::Build;
use crate::error::Result;
use crate::sops::open::Open;
use crate::sops::tree::Kind;

/// What stands in a map or list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Child {
    Leaf(usize),
    Branch(usize),
}

impl Child {
    fn entry(self, open: &Open) -> Range<usize> {
        match self {
            Child::Leaf(at) => open.tree.leaves[at].entry.clone(),
            Child::Branch(at) => open.tree.branches[at].entry.clone(),
        }
    }

    fn is_comment(self, open: &Open) -> bool {
        matches!(self, Child::Leaf(at) if open.tree.leaves[at].kind == Kind::Comment)
    }
}

/// What stands directly in a branch, in the order of the file.
fn children(open: &Open, branch: usize) -> Vec<Child> {
    let tree = &open.tree;
    let leaves = (0..tree.leaves.len()).filter(|at| tree.leaves[*at].branch == branch).map(Child::Leaf);
    let below = (0..tree.branches.len()).filter(|at| tree.branches[*at].parent == Some(branch));
    let mut all: Vec<Child> = leaves.chain(below.map(Child::Branch)).collect();
    all.sort_by_key(|child| child.entry(open).start);
    // what is empty may stand as a leaf and as a branch
    all.dedup_by_key(|child| child.entry(open));
    all
}

fn is_gap(text: &[u8]) -> bool {
    text.iter().all(|b| b.is_ascii_whitespace() || *b == b',')
}

impl Build<'_> {
    /// Adds a leaf of theirs: a comment, a value, or the outermost map or list around it that ours lacks.
    /// Answers whether it stands there now.
    pub(super) fn add(&mut self, there: usize) -> Result<bool> {
        if self.place_of(there).is_some() {
            return Ok(true);
        }
        let tree = &self.theirs.tree;
        let chain = tree.chain(tree.leaves[there].branch);
        let missing = chain.iter().position(|branch| self.branch_of(*branch).is_none());
        let (child, parent) = match missing {
            Some(0) => return Err(self.unplaced(there)),
            Some(n) => (Child::Branch(chain[n]), chain[n - 1]),
            None => (Child::Leaf(there), tree.leaves[there].branch),
        };
        // with the comments on its lines, whomever they belong to
        let lines = child.entry(self.theirs);
        let is_on = |at: &usize| {
            let leaf = &tree.leaves[*at];
            leaf.kind == Kind::Comment && lines.contains(&leaf.span.start)
        };
        let belongs = |at: &usize| match child {
            Child::Leaf(leaf) => *at == leaf,
            Child::Branch(branch) => tree.chain(tree.leaves[*at].branch).contains(&branch),
        };
        let leaves: Vec<usize> = (0..tree.leaves.len()).filter(|at| belongs(at) || is_on(at)).collect();
        for (at, text) in self.places(child, parent) {
            if self.insert(at, &text, &leaves) {
                return self.drop_surplus(&leaves).map(|()| true);
            }
        }
        if tree.leaves[there].kind == Kind::Comment {
            return Ok(false);
        }
        self.graft(there).map(|()| true)
    }

    /// Takes away again what came with its map or list only: ours has taken it away.
    fn drop_surplus(&mut self, leaves: &[usize]) -> Result<()> {
        let surplus = |there: &&usize| self.come.binary_search(there).is_err();
        let gone: Vec<usize> =
            leaves.iter().filter(surplus).filter_map(|there| self.place_of(*there)).collect();
        self.cut_whole(&gone, |_| true)
    }

    /// Places and texts to try, the best first.
    fn places(&self, child: Child, parent: usize) -> Vec<(usize, Vec<u8>)> {
        let theirs = self.theirs;
        let all = children(theirs, parent);
        let Some(place) = all.iter().position(|c| *c == child) else { return Vec::new() };
        let own = child.entry(theirs);
        let before = all[..place].iter().rev().find_map(|c| Some((*c, self.counterpart(*c)?)));
        let after = all[place + 1..].iter().find_map(|c| Some((*c, self.counterpart(*c)?)));
        let mut tries = Vec::new();
        // a comment belongs to what stands below it
        let below = all.get(place + 1).filter(|c| !c.is_comment(theirs));
        if child.is_comment(theirs)
            && let Some((next, ours)) = after
            && below == Some(&next)
        {
            tries.push((ours.entry(&self.open).start, self.line(own.clone())));
        }
        // blanks, and the commas that part entries
        let gap = |range: Range<usize>| theirs.file.get(range).is_some_and(is_gap);
        // a comment behind a value stays on its line
        if child.is_comment(theirs)
            && let Some((Child::Leaf(there), Child::Leaf(ours))) = before
        {
            let end = theirs.tree.leaves[there].span.end;
            let between = theirs.file.get(end..own.start);
            if between.is_some_and(|text| text.iter().all(|b| matches!(b, b' ' | b'\t'))) {
                let at = self.open.tree.leaves[ours].span.end;
                tries.push((at, theirs.file[end..own.end].to_vec()));
            }
        }
        if let Some((neighbour, ours)) = before {
            let ours = if neighbour.is_comment(theirs) { ours } else { self.behind_ours(ours) };
            let at = ours.entry(&self.open).end;
            let above = all[place - 1].entry(theirs).end;
            if gap(above..own.start) {
                tries.push((at, self.ended(at, self.line(above..own.end))));
            }
            tries.push((at, self.ended(at, self.line(own.clone()))));
        }
        if let Some((_, ours)) = after {
            let at = self.pile_above(ours);
            let below = all[place + 1].entry(theirs).start;
            if gap(own.end..below) {
                tries.push((at, self.line(own.start..below)));
            }
            tries.push((at, self.line(own)));
        }
        tries
    }

    /// The text of theirs; the last line of a file may lack its end.
    fn line(&self, range: Range<usize>) -> Vec<u8> {
        let last = range.end == self.theirs.file.len();
        let mut text = self.theirs.file[range].to_vec();
        if last {
            self.open.format.store().end(&mut text);
        }
        text
    }

    /// The same, begun on a line of its own where the last line of ours has no end.
    fn ended(&self, at: usize, mut text: Vec<u8>) -> Vec<u8> {
        if at == self.open.file.len() && self.open.file.last().is_some_and(|b| *b != b'\n') {
            text.insert(0, b'\n');
        }
        // behind a comment the line of ours ends where the text begins, and needs no second end
        let file = &self.open.file;
        let is_within = at > 0 && file[at - 1] != b'\n' && file.get(at) == Some(&b'\n');
        if is_within && text.starts_with(b"\n") && text.ends_with(b"\n") {
            text.pop();
        }
        text
    }

    /// What ours added behind a neighbour stays there, and theirs comes after it.
    fn behind_ours(&self, neighbour: Child) -> Child {
        let parent = match neighbour {
            Child::Leaf(at) => self.open.tree.leaves[at].branch,
            Child::Branch(at) => self.open.tree.branches[at].parent.unwrap_or_default(),
        };
        let all = children(&self.open, parent);
        let place = all.iter().position(|c| *c == neighbour).unwrap_or_default();
        let own = |child: &&Child| match child {
            Child::Leaf(at) => self.source[*at].is_none(),
            Child::Branch(at) => self.their_branch(*at).is_none(),
        };
        let added = all[place + 1..].iter().take_while(own).filter(|c| !c.is_comment(&self.open));
        added.last().copied().unwrap_or(neighbour)
    }

    /// Where the comments above something begin.
    fn pile_above(&self, child: Child) -> usize {
        let Child::Leaf(at) = child else { return child.entry(&self.open).start };
        let leaves = &self.open.tree.leaves;
        let above = |n: &usize| leaves[*n].kind == Kind::Comment && leaves[*n].branch == leaves[at].branch;
        let first = (0..at).rev().take_while(above).last().unwrap_or(at);
        leaves[first].entry.start
    }

    fn counterpart(&self, child: Child) -> Option<Child> {
        match child {
            Child::Leaf(at) => self.place_of(at).map(Child::Leaf),
            Child::Branch(at) => self.branch_of(at).map(Child::Branch),
        }
    }

    /// The branch of the result that has the name of one of theirs.
    pub(super) fn branch_of(&self, there: usize) -> Option<usize> {
        let (name, list) = (self.theirs.tree.branch_name(there), self.theirs.tree.branches[there].list);
        let ours = &self.open.tree;
        (0..ours.branches.len()).find(|b| ours.branch_name(*b) == name && ours.branches[*b].list == list)
    }

    fn their_branch(&self, ours: usize) -> Option<usize> {
        let name = self.open.tree.branch_name(ours);
        (0..self.theirs.tree.branches.len()).find(|b| self.theirs.tree.branch_name(*b) == name)
    }
}
