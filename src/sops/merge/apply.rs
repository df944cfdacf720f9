//! What theirs changed, put into ours: values first, then what came, in the order of theirs, then what went.

use super::build::{Build, unfit};
use super::shown;
use super::unit::{Unit, same};
use crate::error::{Error, Result};
use crate::sops::judge;
use crate::sops::tree::Kind;

impl Build<'_> {
    /// Takes comments of ours away that theirs took away.
    pub(super) fn drop_comments(&mut self, gone: &[usize], lists: &[&Unit]) -> Result<()> {
        let listed: Vec<usize> = lists.iter().flat_map(|list| list.leaves(&self.open)).collect();
        let gone: Vec<usize> = gone.iter().copied().filter(|at| !listed.contains(at)).collect();
        self.cut(&gone, &[])
    }

    /// Makes units what they are in theirs, and adds comments of theirs.
    pub(super) fn take(&mut self, units: &[Unit], comments: &[usize], notes: &mut Vec<String>) -> Result<()> {
        for unit in units {
            self.make_room(unit, units)?;
        }
        let (mut changed, mut come) = (Vec::new(), comments.to_vec());
        for unit in units {
            if self.is_list(unit) {
                self.take_list(unit)?;
                continue;
            }
            for there in unit.leaves(self.theirs) {
                match self.place_of(there) {
                    Some(at) if !same((&self.open, &[at]), (self.theirs, &[there])) => changed.push(at),
                    Some(_) => {}
                    None => come.push(there),
                }
            }
        }
        self.change(&changed)?;
        come.sort_unstable();
        self.come.clone_from(&come);
        let mut late = Vec::new();
        for there in come {
            if !self.add(there)? {
                late.push(there);
            }
        }
        // where a comment stood last until what it is about came
        for there in late {
            if !self.add(there)? {
                let line =
                    crate::sops::store::line_of(&self.theirs.file, self.theirs.tree.leaves[there].span.start);
                notes.push(format!("the comment on line {line} of their version found no place"));
            }
        }
        self.remove(units)
    }

    /// Whether a list is there on both sides, and so is taken as one.
    fn is_list(&self, unit: &Unit) -> bool {
        matches!(unit, Unit::List(_)) && self.list_of(unit).is_some()
    }

    fn list_of(&self, unit: &Unit) -> Option<(usize, usize)> {
        let is_it = |branch: &usize| {
            self.theirs.tree.branches[*branch].list && self.theirs.tree.branch_name(*branch) == unit.name()
        };
        let there = (0..self.theirs.tree.branches.len()).find(is_it)?;
        self.branch_of(there).map(|ours| (ours, there))
    }

    fn take_list(&mut self, unit: &Unit) -> Result<()> {
        let Some((ours, there)) = self.list_of(unit) else { return Ok(()) };
        let (old, new) = (unit.leaves(&self.open), unit.leaves(self.theirs));
        if self.replace(ours, there, &old, &new) {
            return Ok(());
        }
        let name = shown(self.theirs, unit.name());
        Err(Error::failed(format!("the list {name:?} of theirs does not fit in the place of ours")))
    }

    /// Where theirs has a map or list in the place of a value of ours, or the other way round, what is in the way goes.
    fn make_room(&mut self, unit: &Unit, units: &[Unit]) -> Result<()> {
        let theirs = self.theirs;
        let mut above: Vec<Vec<u8>> = Vec::new();
        let mut unlike: Vec<usize> = Vec::new();
        for there in unit.leaves(theirs) {
            let chain = theirs.tree.chain(theirs.tree.leaves[there].branch);
            above.extend(chain[1..].iter().map(|branch| theirs.tree.branch_name(*branch).to_vec()));
            unlike.extend(chain[1..].iter().filter_map(|branch| self.unlike(*branch)));
        }
        let tree = &self.open.tree;
        let in_the_way = |at: &usize| {
            let leaf = &tree.leaves[*at];
            leaf.kind != Kind::Comment
                && self.source[*at].is_none()
                && above.iter().any(|name| tree.name(&self.open.file, leaf) == &**name)
        };
        let leaves: Vec<usize> = (0..tree.leaves.len()).filter(in_the_way).collect();
        let is_value = matches!(unit, Unit::Name(_)) && !unit.leaves(theirs).is_empty();
        let same_name =
            |b: &usize| is_value && tree.branches[*b].parent.is_some() && tree.branch_name(*b) == unit.name();
        let mut branches: Vec<usize> = (0..tree.branches.len()).filter(same_name).collect();
        if !unlike.is_empty() {
            // a list for a map, or a map for a list, where theirs may have all of it
            let go: Vec<usize> = units.iter().flat_map(|unit| unit.leaves(&self.open)).collect();
            let may_go = |branch: &usize| {
                let below = |at: &usize| tree.chain(tree.leaves[*at].branch).contains(branch);
                let kept = |at: &usize| tree.leaves[*at].kind != Kind::Comment && !go.contains(at);
                !(0..tree.leaves.len()).filter(below).any(|at| kept(&at))
            };
            unlike.sort_unstable();
            unlike.dedup();
            branches.extend(unlike.into_iter().filter(may_go));
        }
        self.cut(&leaves, &branches)
    }

    /// The list of ours where theirs has a map of that name, or the other way round.
    fn unlike(&self, there: usize) -> Option<usize> {
        let (name, list) = (self.theirs.tree.branch_name(there), self.theirs.tree.branches[there].list);
        let ours = &self.open.tree;
        (0..ours.branches.len()).find(|b| ours.branch_name(*b) == name && ours.branches[*b].list != list)
    }

    /// Takes away what theirs took away, and maps that hold nothing any more and are not in theirs.
    fn remove(&mut self, units: &[Unit]) -> Result<()> {
        let gone = units.iter().flat_map(|unit| unit.leaves(&self.open));
        let gone: Vec<usize> = gone.filter(|at| self.source[*at].is_none()).collect();
        let theirs = &self.theirs.tree;
        let lacks = |name: &[u8]| !(0..theirs.branches.len()).any(|b| theirs.branch_name(b) == name);
        self.cut_whole(&gone, lacks)
    }

    /// Takes leaves away, and with them the maps and lists that hold no other value and have a name that may go.
    pub(super) fn cut_whole(&mut self, gone: &[usize], may_go: impl Fn(&[u8]) -> bool) -> Result<()> {
        let tree = &self.open.tree;
        let below = |branch: usize| {
            (0..tree.leaves.len()).filter(move |at| tree.chain(tree.leaves[*at].branch).contains(&branch))
        };
        let emptied = |branch: &usize| {
            let mut values = below(*branch).filter(|at| tree.leaves[*at].kind != Kind::Comment).peekable();
            tree.branches[*branch].parent.is_some()
                && values.peek().is_some()
                && values.all(|at| gone.contains(&at))
                && may_go(tree.branch_name(*branch))
        };
        let mut branches: Vec<usize> = (0..tree.branches.len()).filter(emptied).collect();
        let all = branches.clone();
        branches.retain(|branch| {
            let chain = tree.chain(*branch);
            !chain[..chain.len() - 1].iter().any(|above| all.contains(above))
        });
        let mut leaves: Vec<usize> =
            gone.iter().copied().filter(|at| !branches.iter().any(|b| below(*b).any(|n| n == *at))).collect();
        leaves.sort_unstable();
        leaves.dedup();
        self.cut(&leaves, &branches)
    }

    /// Has the rule of the result judge what came from either side. What was encrypted on the side that it comes from
    /// stays so.
    pub(super) fn judge(&mut self) -> Result<()> {
        let open = &self.open;
        let rule = &open.metadata.rule;
        let verdicts = judge::verdicts(&open.tree, &open.file, rule, |at| open.comment(at));
        if verdicts.len() != open.held.len() {
            return Err(unfit());
        }
        let rule = rule.to_string();
        for (at, verdict) in verdicts.into_iter().enumerate() {
            let leaf = &self.open.tree.leaves[at];
            let held = &self.open.held[at];
            if held.encrypted == verdict {
                continue;
            }
            // theirs may have laid this very value in clear
            let lies_open = self.source[at]
                .map(|there| &self.theirs.held[there])
                .is_some_and(|there| !there.encrypted && there.plain.text.same_as(&held.plain.text));
            if held.encrypted && !lies_open && !held.plain.text.is_empty() {
                let what = match leaf.kind {
                    Kind::Comment => "a comment".to_owned(),
                    _ => shown(&self.open, self.open.tree.name(&self.open.file, leaf)),
                };
                return Err(Error::failed(format!(
                    "{what}, encrypted on the side that it comes from, would lie in clear; the rule is {rule}"
                )));
            }
            let held = &mut self.open.held[at];
            held.encrypted = verdict;
            held.fresh = true;
        }
        Ok(())
    }
}
