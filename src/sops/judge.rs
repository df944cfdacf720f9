//! Which leaves of a tree the rule wants encrypted.
//!
//! Four rules look at the names on the way to a leaf, and a comment is judged by the map or list that it stands in. Two
//! look at the comments above: walking a map or list, comments pile up; the next entry is judged with that pile and the
//! piles of all maps and lists around it, and then the pile is gone.

use super::rule::Rule;
use super::tree::{Kind, Step, Tree, key_of};

/// For each leaf, whether it is to lie encrypted. `comment` gives the text by which a comment is judged.
pub(super) fn verdicts<'a>(
    tree: &Tree,
    file: &[u8],
    rule: &Rule,
    comment: impl Fn(usize) -> &'a [u8],
) -> Vec<bool> {
    if rule.reads_comments() {
        return by_comments(tree, rule, comment, None).0;
    }
    let marked = marked_branches(tree, file, rule);
    let verdict = |leaf: &super::tree::Leaf| {
        let key = leaf.step.as_ref().and_then(|s| key_of(s, file));
        let is_marked = marked[leaf.branch] || key.is_some_and(|key| rule.marks(key));
        leaf.kind != Kind::Null && leaf.kind != Kind::Empty && rule.encrypts(is_marked)
    };
    tree.leaves.iter().map(verdict).collect()
}

/// The verdict over a value that would come at the end of `branch`, below new maps where `way` has more than one step.
pub(super) fn of_new<'a>(
    tree: &Tree,
    file: &[u8],
    rule: &Rule,
    comment: impl Fn(usize) -> &'a [u8],
    branch: usize,
    way: &[Step],
) -> bool {
    if rule.reads_comments() {
        return rule.encrypts(by_comments(tree, rule, comment, Some(branch)).1);
    }
    let below = way.iter().filter_map(|step| key_of(step, file)).any(|key| rule.marks(key));
    rule.encrypts(below || marked_branches(tree, file, rule)[branch])
}

/// Parents stand before their children.
fn marked_branches(tree: &Tree, file: &[u8], rule: &Rule) -> Vec<bool> {
    let mut marked = Vec::with_capacity(tree.branches.len());
    for branch in &tree.branches {
        let above = branch.parent.is_some_and(|parent| marked[parent]);
        let key = branch.step.as_ref().and_then(|s| key_of(s, file));
        marked.push(above || key.is_some_and(|key| rule.marks(key)));
    }
    marked
}

/// The verdicts, and whether marks are in force at the end of branch `asked`.
fn by_comments<'a>(
    tree: &Tree,
    rule: &Rule,
    comment: impl Fn(usize) -> &'a [u8],
    asked: Option<usize>,
) -> (Vec<bool>, bool) {
    // the maps and lists around the present leaf, each with the number of marks in its pile
    let mut open: Vec<(usize, usize)> = vec![(0, 0)];
    let mut at_the_end = false;
    let leave = |open: &mut Vec<(usize, usize)>, seen: &mut bool| {
        if let Some((branch, _)) = open.last()
            && Some(*branch) == asked
        {
            *seen = open.iter().any(|(_, marks)| *marks > 0);
        }
        open.pop();
        // what was left was an entry of what is around it
        if let Some((_, marks)) = open.last_mut() {
            *marks = 0;
        }
    };
    let mut verdicts = Vec::with_capacity(tree.leaves.len());
    for (at, leaf) in tree.leaves.iter().enumerate() {
        if open.last().is_none_or(|(branch, _)| *branch != leaf.branch) {
            let chain = tree.chain(leaf.branch);
            let shared = open.iter().zip(&chain).take_while(|((a, _), b)| a == *b).count();
            while open.len() > shared {
                leave(&mut open, &mut at_the_end);
            }
            open.extend(chain[shared..].iter().map(|branch| (*branch, 0)));
        }
        let above = open.iter().any(|(_, marks)| *marks > 0);
        let Some((_, marks)) = open.last_mut() else { continue };
        if leaf.kind == Kind::Comment {
            *marks += usize::from(rule.marks(comment(at)));
            // a mark that says "encrypt" stays readable itself; one that says "do not" covers itself too
            verdicts.push(rule.encrypts(if rule.is_opt_in() { above } else { above || *marks > 0 }));
        } else {
            *marks = 0;
            verdicts.push(leaf.kind.is_value() && rule.encrypts(above));
        }
    }
    while !open.is_empty() {
        leave(&mut open, &mut at_the_end);
    }
    (verdicts, at_the_end)
}
