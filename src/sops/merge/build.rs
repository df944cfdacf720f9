//! Our version, as what theirs changed is put into it. Text of theirs is taken over as it stands, and every step is read
//! again: one that would make the file say anything else is not made.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use crate::error::{Error, Result};
use crate::secret::{SecretName, SecretValue};
use crate::sops::open::{Held, Open, showable};
use crate::sops::store::{Patch, Place, weave};
use crate::sops::tree::{Kind, Leaf, Step, Text, Tree};
use crate::sops::value::{Cipher, Plain};

/// The result in the making.
pub(super) struct Build<'a> {
    pub(super) open: Open,
    pub(super) theirs: &'a Open,
    /// For each leaf, the one of theirs that it is.
    pub(super) source: Vec<Option<usize>>,
    /// Whether what theirs sealed opens with the key of the result.
    pub(super) one_key: bool,
    /// The leaves of theirs that are to come.
    pub(super) come: Vec<usize>,
}

impl<'a> Build<'a> {
    /// `same`: for each leaf of ours that is a comment, the one of theirs.
    pub(super) fn new(open: Open, theirs: &'a Open, same: &[Option<usize>]) -> Self {
        let one_key = open.cipher.key().same_as(theirs.cipher.key());
        let mut source: Vec<Option<usize>> = same.to_vec();
        let names = |open: &Open, at: usize| open.tree.name(&open.file, &open.tree.leaves[at]).to_vec();
        let mut there: HashMap<Vec<u8>, VecDeque<usize>> = HashMap::new();
        for at in values(theirs) {
            there.entry(names(theirs, at)).or_default().push_back(at);
        }
        for at in values(&open) {
            source[at] = there.get_mut(&names(&open, at)).and_then(VecDeque::pop_front);
        }
        Build { open, theirs, source, one_key, come: Vec::new() }
    }

    /// Gives the result the data key of theirs: what both say alike is taken over as theirs sealed it.
    pub(super) fn turn_to_their_key(&mut self) -> Result<()> {
        self.turn_to(copy_of(&self.theirs.cipher)?);
        self.one_key = true;
        let alike = |at: &usize| {
            let there = self.source[*at].map(|there| &self.theirs.held[there]);
            let held = &self.open.held[*at];
            held.encrypted
                && there.is_some_and(|there| {
                    there.plain.kind == held.plain.kind && there.plain.text.same_as(&held.plain.text)
                })
        };
        let alike: Vec<usize> = (0..self.source.len()).filter(alike).collect();
        self.change(&alike)
    }

    /// Gives the result another data key.
    pub(super) fn turn_to(&mut self, cipher: Cipher) {
        self.open.cipher = cipher;
        self.open.changed = true;
        self.one_key = false;
        for held in self.open.held.iter_mut().filter(|held| held.encrypted) {
            held.fresh = true;
        }
    }

    /// Gives leaves the values that theirs have.
    pub(super) fn change(&mut self, leaves: &[usize]) -> Result<()> {
        let store = self.open.format.store();
        let mut patches = Vec::new();
        for &at in leaves {
            let Some(there) = self.source[at] else { continue };
            let (from, held) = (&self.theirs.tree.leaves[there], &self.theirs.held[there]);
            let leaf = &self.open.tree.leaves[at];
            let mut token = Vec::new();
            let place = Place { file: &self.open.file, tree: &self.open.tree, leaf };
            // nothing is said here, so that it looks alike everywhere
            if matches!(from.kind, Kind::Null | Kind::Empty) {
                token.extend_from_slice(&self.theirs.file[from.span.clone()]);
                patches.push(Patch { range: leaf.span.clone(), text: token });
                continue;
            }
            // a token that will be written anew needs only be one of its kind
            let (kind, text) = match (held.encrypted, from.kind) {
                (true, Kind::Comment) => (Kind::Comment, from.text.bytes(&self.theirs.file)),
                (true, _) => (Kind::Str, from.text.bytes(&self.theirs.file)),
                (false, kind) => (kind, held.plain.text.expose()),
            };
            store.token(place, kind, text, &mut token)?;
            patches.push(Patch { range: leaf.span.clone(), text: token });
        }
        if patches.is_empty() {
            return Ok(());
        }
        let file = weave(&self.open.file, patches);
        let tree = store.read(&file)?;
        if tree.leaves.len() != self.open.tree.leaves.len() {
            return Err(unfit());
        }
        for &at in leaves {
            let Some(there) = self.source[at] else { continue };
            self.open.held[at] = self.held(there);
        }
        self.put(file, tree);
        Ok(())
    }

    /// Takes leaves and branches out.
    pub(super) fn cut(&mut self, leaves: &[usize], branches: &[usize]) -> Result<()> {
        if leaves.is_empty() && branches.is_empty() {
            return Ok(());
        }
        let stays = |at: &usize| {
            let chain = self.open.tree.chain(self.open.tree.leaves[*at].branch);
            !leaves.contains(at) && !branches.iter().any(|b| chain.contains(b))
        };
        let kept: Vec<usize> = (0..self.source.len()).filter(stays).collect();
        let mut kept: VecDeque<(Kind, Option<usize>)> =
            kept.into_iter().map(|at| (self.open.tree.leaves[at].kind, self.source[at])).collect();
        self.open.cut(leaves, branches)?;
        // a map that lost its last value is a leaf now
        let next = |leaf: &Leaf| match kept.front() {
            Some((kind, _)) if leaf.kind != Kind::Empty || *kind == Kind::Empty => {
                kept.pop_front().and_then(|(_, source)| source)
            }
            _ => None,
        };
        self.source = self.open.tree.leaves.iter().map(next).collect();
        Ok(())
    }

    /// Writes a text of theirs that holds `leaves` of theirs at a place. Answers whether the file then says what it is to
    /// say; if not, it stays as it is.
    pub(super) fn insert(&mut self, at: usize, text: &[u8], leaves: &[usize]) -> bool {
        let first = self.open.tree.leaves.iter().filter(|leaf| leaf.entry.start < at).count();
        // a comment behind a value counts before it
        let mut places = [Some(first), first.checked_sub(1)].into_iter().flatten();
        places.any(|first| self.splice(at..at, text, (first, 0), leaves))
    }

    /// Puts a list of theirs in the place of ours.
    pub(super) fn replace(&mut self, ours: usize, there: usize, old: &[usize], leaves: &[usize]) -> bool {
        let (Some(first), span) = (old.first().copied(), self.open.tree.branches[ours].span.clone()) else {
            return false;
        };
        let text = &self.theirs.file[self.theirs.tree.branches[there].span.clone()];
        self.splice(span, text, (first, old.len()), leaves)
    }

    /// A text in the place of so many leaves from the first one on.
    fn splice(
        &mut self,
        range: Range<usize>,
        text: &[u8],
        (first, gone): (usize, usize),
        new: &[usize],
    ) -> bool {
        let file = weave(&self.open.file, vec![Patch { range, text: text.to_vec() }]);
        let Ok(tree) = self.open.format.store().read(&file) else { return false };
        let (ours, theirs) = (&self.open, self.theirs);
        if tree.leaves.len() + gone != ours.tree.leaves.len() + new.len() || tree.metadata.is_none() {
            return false;
        }
        let stays =
            |at: usize, leaf: &Leaf| alike((&ours.tree, &ours.file, leaf), (&tree, &file, &tree.leaves[at]));
        let (before, after) = ours.tree.leaves.split_at(first);
        let fits = before.iter().enumerate().all(|(at, leaf)| stays(at, leaf))
            && after[gone..].iter().enumerate().all(|(n, leaf)| stays(first + new.len() + n, leaf))
            && new.iter().enumerate().all(|(n, there)| {
                let from = (&theirs.tree, &*theirs.file, &theirs.tree.leaves[*there]);
                alike(from, (&tree, &file, &tree.leaves[first + n]))
            });
        if !fits {
            return false;
        }
        let held: Vec<Held> = new.iter().map(|there| self.held(*there)).collect();
        self.open.held.splice(first..first + gone, held);
        self.source.splice(first..first + gone, new.iter().map(|there| Some(*there)));
        self.put(file, tree);
        true
    }

    /// Adds a value of theirs at the end of what it stands in, where it can stand nowhere else.
    pub(super) fn graft(&mut self, there: usize) -> Result<()> {
        let leaf = &self.theirs.tree.leaves[there];
        let name = self.theirs.tree.name(&self.theirs.file, leaf);
        if !self.theirs.held[there].plain.kind.is_value() {
            return Err(self.unplaced(there));
        }
        let (branch, way) = if self.open.tree.flat {
            (0, vec![Step::Key(Text::from(name.to_vec()))])
        } else {
            let text = std::str::from_utf8(name).ok();
            let parsed = text.and_then(|text| SecretName::parse(text).ok());
            self.open.way(&parsed.ok_or_else(|| self.unplaced(there))?)?
        };
        let before = self.source.len();
        let at = self.open.graft(branch, &way)?;
        if self.open.held.len() > before {
            self.source.insert(at, Some(there));
        } else {
            self.source[at] = Some(there);
        }
        let encrypted = self.open.held[at].encrypted;
        self.open.held[at] = Held { fresh: true, encrypted, ..self.held(there) };
        if encrypted == self.theirs.held[there].encrypted { self.change(&[at]) } else { Ok(()) }
    }

    pub(super) fn unplaced(&self, there: usize) -> Error {
        let tree = &self.theirs.tree;
        let name = showable(tree, tree.name(&self.theirs.file, &tree.leaves[there])).unwrap_or("a value");
        Error::failed(format!("there is no place in our version for {name:?} of theirs"))
    }

    /// What a leaf of theirs says, as a leaf of the result.
    fn held(&self, there: usize) -> Held {
        let held = &self.theirs.held[there];
        let copy = |text: &SecretValue| SecretValue::concat(&[text.expose()]);
        let plain = Plain {
            kind: held.plain.kind,
            text: copy(&held.plain.text),
            hashed: held.plain.hashed.as_ref().map(copy),
        };
        Held { plain, encrypted: held.encrypted, fresh: held.encrypted && !self.one_key }
    }

    pub(super) fn put(&mut self, file: Vec<u8>, tree: Tree) {
        self.open.file = file;
        self.open.tree = tree;
        self.open.changed = true;
    }

    /// The leaf of the result that a leaf of theirs has become.
    pub(super) fn place_of(&self, there: usize) -> Option<usize> {
        self.source.iter().position(|source| *source == Some(there))
    }
}

/// The leaves that are no comments.
fn values(open: &Open) -> impl Iterator<Item = usize> {
    (0..open.tree.leaves.len()).filter(|at| open.tree.leaves[*at].kind != Kind::Comment)
}

fn alike(one: (&Tree, &[u8], &Leaf), other: (&Tree, &[u8], &Leaf)) -> bool {
    one.2.kind == other.2.kind
        && one.0.name(one.1, one.2) == other.0.name(other.1, other.2)
        && one.0.branch_name(one.2.branch) == other.0.branch_name(other.2.branch)
        && one.2.text.bytes(one.1) == other.2.text.bytes(other.1)
}

pub(super) fn copy_of(cipher: &Cipher) -> Result<Cipher> {
    Cipher::new(SecretValue::concat(&[cipher.key().expose()])).ok_or_else(unfit)
}

pub(super) fn unfit() -> Error {
    Error::failed("the two versions do not fit together in one file")
}
