//! What is merged as one: the value of a name, with all its duplicates, or a whole list where its length differs, since
//! the place in a list is no name that lasts.

use std::collections::{BTreeMap, BTreeSet};

use crate::sops::open::Open;
use crate::sops::tree::{Kind, Leaf};

/// A name, or a list as a whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Name(Vec<u8>),
    List(Vec<u8>),
}

impl Unit {
    pub(super) fn name(&self) -> &[u8] {
        match self {
            Unit::Name(name) | Unit::List(name) => name,
        }
    }

    /// The leaves of it, in order, comments in a list included.
    pub(super) fn leaves(&self, open: &Open) -> Vec<usize> {
        let named = |leaf: &Leaf| match self {
            Unit::Name(name) => leaf.kind != Kind::Comment && open.tree.name(&open.file, leaf) == &**name,
            Unit::List(name) => outermost_list(open, leaf.branch) == Some(name),
        };
        (0..open.tree.leaves.len()).filter(|at| named(&open.tree.leaves[*at])).collect()
    }
}

/// The leaves of every unit of a version, so that a file with many of them is not searched for each.
pub(super) struct Index(BTreeMap<Unit, Vec<usize>>);

impl Index {
    pub(super) fn of(open: &Open) -> Self {
        let mut all: BTreeMap<Unit, Vec<usize>> = BTreeMap::new();
        for (at, leaf) in open.tree.leaves.iter().enumerate() {
            if leaf.kind != Kind::Comment {
                let name = open.tree.name(&open.file, leaf).to_vec();
                all.entry(Unit::Name(name)).or_default().push(at);
            }
            if let Some(list) = outermost_list(open, leaf.branch) {
                all.entry(Unit::List(list.to_vec())).or_default().push(at);
            }
        }
        Index(all)
    }

    /// The same as [`Unit::leaves`].
    pub(super) fn leaves(&self, unit: &Unit) -> &[usize] {
        self.0.get(unit).map_or(&[], Vec::as_slice)
    }
}

/// The name of the outermost list that a branch is, or is in.
fn outermost_list(open: &Open, branch: usize) -> Option<&[u8]> {
    let list = open.tree.chain(branch).into_iter().find(|b| open.tree.branches[*b].list)?;
    Some(open.tree.branch_name(list))
}

/// All units of some versions: those of the first in its order, then what others have besides.
pub(super) fn all(versions: &[&Open]) -> Vec<Unit> {
    let lists: BTreeSet<&[u8]> = versions
        .iter()
        .flat_map(|open| (0..open.tree.branches.len()).filter_map(|b| outermost_list(open, b)))
        .collect();
    let uneven: BTreeSet<&[u8]> = lists
        .into_iter()
        .filter(|list| {
            let unit = Unit::List(list.to_vec());
            let shape = |open: &Open| -> Vec<Vec<u8>> {
                let names = unit.leaves(open).into_iter().map(|at| &open.tree.leaves[at]);
                names.map(|leaf| open.tree.name(&open.file, leaf).to_vec()).collect()
            };
            let first = shape(versions[0]);
            versions[1..].iter().any(|open| shape(open) != first)
        })
        .collect();
    let (mut seen, mut units) = (BTreeSet::new(), Vec::new());
    for open in versions {
        for leaf in &open.tree.leaves {
            let unit = match outermost_list(open, leaf.branch) {
                Some(list) if uneven.contains(list) => Unit::List(list.to_vec()),
                _ if leaf.kind == Kind::Comment => continue,
                _ => Unit::Name(open.tree.name(&open.file, leaf).to_vec()),
            };
            if seen.insert(unit.clone()) {
                units.push(unit);
            }
        }
    }
    units
}

/// Whether two versions say the same of a unit, in whatever ciphertext.
pub(super) fn same(one: (&Open, &[usize]), other: (&Open, &[usize])) -> bool {
    one.1.len() == other.1.len()
        && one.1.iter().zip(other.1).all(|(a, b)| {
            let (first, second) = (&one.0.tree.leaves[*a], &other.0.tree.leaves[*b]);
            one.0.tree.name(&one.0.file, first) == other.0.tree.name(&other.0.file, second)
                && one.0.held[*a].plain.kind == other.0.held[*b].plain.kind
                && one.0.held[*a].plain.text.same_as(&other.0.held[*b].plain.text)
        })
}
