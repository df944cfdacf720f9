//! Changing an opened file.
//!
//! What comes or goes changes the bytes at once, and the tree is read again; a changed value waits until the file is
//! sealed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use super::judge;
use super::metadata::damaged;
use super::open::{Held, Open};
use super::path::{self, Part};
use super::store::{Patch, line_of, weave};
use super::tree::{Kind, Leaf, Step, Text, Tree};
use super::value::{Cipher, Plain, canonical};
use crate::error::{Error, Kind as Failure, Result};
use crate::secret::{SecretName, SecretValue};

impl Open {
    /// Gives a key a value. A new key goes to the end of what it stands in; of duplicates the first stays and the others
    /// go. A number stays a number where the new value is one. The same value again changes nothing, not even the time.
    /// Answers whether anything changed.
    pub(crate) fn set(&mut self, name: &SecretName, value: SecretValue) -> Result<bool> {
        self.set_as(name, value, None)
    }

    /// The same with a number or a boolean, which stays one where the file has such.
    pub(crate) fn set_bare(&mut self, name: &SecretName, value: SecretValue) -> Result<bool> {
        let text = value.expose_str().unwrap_or_default();
        let kinds = [Kind::Int, Kind::Bool, Kind::Float].into_iter();
        let kind = kinds.into_iter().find(|kind| canonical(*kind, text).is_some());
        self.set_as(name, value, kind)
    }

    fn set_as(&mut self, name: &SecretName, value: SecretValue, wanted: Option<Kind>) -> Result<bool> {
        // here the file is at fault, not the command line
        let compiles = self.metadata.rule.compiles();
        compiles.map_err(|e| e.of_kind(Failure::Failed).note("nothing was changed"))?;
        let found = self.all_of(name.as_bytes());
        let Some((&first, rest)) = found.split_first() else {
            self.is_no_branch(name)?;
            let (branch, way) = self.way(name)?;
            let plain = self.typed(wanted.unwrap_or(Kind::Str), value);
            self.takes(name, plain.kind, &plain.text, self.seals(name))?;
            let at = self.graft(branch, &way)?;
            self.put(at, plain);
            return Ok(true);
        };
        self.writable(first)?;
        let alone = rest.is_empty();
        let kind = self.held[first].plain.kind;
        let wanted = wanted.filter(|_| self.format.store().is_typed());
        if wanted.is_none_or(|wanted| wanted == kind)
            && alone
            && kind.is_value()
            && self.held[first].plain.text.same_as(&value)
        {
            return Ok(false);
        }
        let plain = self.typed(wanted.unwrap_or(kind), value);
        // what was nothing was not encrypted, whatever the rule says of its name
        let encrypted = if kind.is_value() { self.held[first].encrypted } else { self.seals(name) };
        self.takes(name, plain.kind, &plain.text, encrypted)?;
        self.held[first].encrypted = encrypted;
        self.put(first, plain);
        if !alone {
            self.cut(rest, &[])?;
        }
        Ok(true)
    }

    /// Refuses a name of a map or list that holds something: a value of that name would be a second one.
    fn is_no_branch(&self, name: &SecretName) -> Result<()> {
        let canonical = self.tree.canonical(name.as_bytes());
        let branches = 1..self.tree.branches.len();
        if self.tree.flat || !branches.into_iter().any(|at| self.tree.branch_name(at) == &*canonical) {
            return Ok(());
        }
        Err(Error::failed(format!("\"{name}\" is a map or a list, and no value"))
            .note("nothing was changed")
            .hint(format!("name a value in it, or take it away first: `reseal unset {name}`")))
    }

    /// Whether a value of this name is encrypted by itself.
    fn seals(&self, name: &SecretName) -> bool {
        self.whole.is_none() && self.encrypts(name)
    }

    /// Refuses a value that this kind of file cannot give back as it is.
    fn takes(&self, name: &SecretName, kind: Kind, text: &SecretValue, encrypted: bool) -> Result<()> {
        let taken = self.format.store().takes(kind, text.expose(), encrypted);
        taken.map_err(|e| e.context(format!("\"{name}\"")).note("nothing was changed"))
    }

    /// The text as a value of this kind, if it can be one, else as a text. A number may become one of the other kind.
    fn typed(&self, kind: Kind, text: SecretValue) -> Plain {
        let store = self.format.store();
        let kinds: &[Kind] = match kind {
            _ if !store.is_typed() => &[],
            Kind::Int => &[Kind::Int, Kind::Float],
            Kind::Float => &[Kind::Float, Kind::Int],
            Kind::Bool => &[Kind::Bool],
            _ => &[],
        };
        let number = text.expose_str().and_then(|text| {
            kinds.iter().find_map(|kind| {
                let hashed = canonical(*kind, text)?;
                (store.shown(*kind, &hashed)? == text).then_some((*kind, hashed))
            })
        });
        match number {
            Some((kind, hashed)) => Plain { kind, text, hashed: Some(SecretValue::new(hashed.into_bytes())) },
            None => Plain::text(text),
        }
    }

    fn put(&mut self, at: usize, plain: Plain) {
        self.held[at].plain = plain;
        self.held[at].fresh = true;
        self.changed = true;
    }

    /// The leaves of a name, in order; a null is one, and so is what is empty.
    fn all_of(&self, name: &[u8]) -> Vec<usize> {
        let name = self.tree.canonical(name);
        let is_it = |leaf: &Leaf| leaf.kind != Kind::Comment && self.tree.name(&self.file, leaf) == &*name;
        (0..self.tree.leaves.len()).filter(|at| is_it(&self.tree.leaves[*at])).collect()
    }

    /// Takes a key away wherever it stands, a map or list with all that is in it. Answers whether it was there.
    pub(crate) fn unset(&mut self, name: &[u8]) -> Result<bool> {
        Ok(self.unset_all(&[name])?.is_none())
    }

    /// Takes several away at once, since elements of a list have other numbers when one before them is gone. Answers
    /// which of them is not there; then nothing was changed.
    pub(crate) fn unset_all(&mut self, names: &[&[u8]]) -> Result<Option<usize>> {
        let (mut leaves, mut branches) = (BTreeSet::new(), BTreeSet::new());
        for (place, name) in names.iter().enumerate() {
            let name = self.tree.canonical(name).into_owned();
            let alone = self.all_of(&name);
            // a document as a whole is none
            let is_it =
                |at: &usize| self.tree.branches[*at].parent.is_some() && self.tree.branch_name(*at) == name;
            let below: Vec<usize> = (0..self.tree.branches.len()).filter(is_it).collect();
            if alone.is_empty() && below.is_empty() {
                return Ok(Some(place));
            }
            for leaf in alone {
                self.writable(leaf)?;
                leaves.insert(leaf);
                leaves.extend(self.format.store().along(&self.tree, leaf));
            }
            branches.extend(below);
        }
        let goes = |branch: usize| self.tree.chain(branch).iter().any(|above| branches.contains(above));
        let goes_above = |branch: &usize| self.tree.branches[*branch].parent.is_some_and(goes);
        let leaves: Vec<usize> =
            leaves.into_iter().filter(|leaf| !goes(self.tree.leaves[*leaf].branch)).collect();
        let branches: Vec<usize> = branches.iter().copied().filter(|branch| !goes_above(branch)).collect();
        self.cut(&leaves, &branches)?;
        Ok(None)
    }

    fn writable(&self, leaf: usize) -> Result<()> {
        if !self.tree.leaves[leaf].fixed {
            return Ok(());
        }
        let line = line_of(&self.file, self.tree.leaves[leaf].span.start);
        Err(Error::failed(format!("line {line} is an alias: what it says stands elsewhere in the file"))
            .note("nothing was changed")
            .hint("change it there, or write the value out in its place with `reseal edit`"))
    }

    /// Where a key that is not there would go: the map that is there, and the steps from it.
    pub(super) fn way(&self, name: &SecretName) -> Result<(usize, Vec<Step>)> {
        if self.tree.flat {
            let name = self.tree.canonical(name.as_bytes()).into_owned();
            return Ok((0, vec![Step::Key(Text::from(name))]));
        }
        let parts = path::parse(name.as_str())?;
        // the longest part of the way that is a map or list
        for length in (0..parts.len()).rev() {
            let there = path::render(&parts[..length]);
            let found = (0..self.tree.branches.len()).find(|b| self.tree.branch_name(*b) == there);
            let Some(branch) = found else {
                let in_the_way = self.tree.leaves.iter().any(|leaf| {
                    !matches!(leaf.kind, Kind::Comment | Kind::Null | Kind::Empty)
                        && self.tree.name(&self.file, leaf) == there
                });
                if in_the_way {
                    let there = String::from_utf8_lossy(&there).into_owned();
                    return Err(Error::failed(format!("\"{there}\" is a value; nothing can stand below it"))
                        .note("nothing was changed"));
                }
                continue;
            };
            let way: Vec<Step> = parts[length..]
                .iter()
                .map(|part| match part {
                    Part::Key(key) => Step::Key(Text::from(key.clone().into_bytes())),
                    Part::Index(at) => Step::Index(*at),
                })
                .collect();
            let is_root = self.tree.branches[branch].parent.is_none();
            if is_root && matches!(&parts[length], Part::Key(key) if key == "sops") {
                return Err(
                    Error::usage("\"sops\" is reserved for the file's metadata").note("nothing was changed")
                );
            }
            return Ok((branch, way));
        }
        Err(Error::usage(format!("{name:?} names no value that this file can hold")))
    }

    /// Adds an empty text. Answers where it came.
    pub(super) fn graft(&mut self, branch: usize, way: &[Step]) -> Result<usize> {
        let store = self.format.store();
        let file = weave(&self.file, vec![store.graft(&self.file, &self.tree, branch, way)?]);
        let tree = store.read(&file)?;
        if tree.leaves.len() < self.tree.leaves.len() {
            return Err(damaged("the file cannot take a new key there").note("nothing was changed"));
        }
        // what is new stands where the two readings begin to differ
        let same = |at: usize| {
            tree.leaves[at].kind == self.tree.leaves[at].kind
                && tree.name(&file, &tree.leaves[at]) == self.tree.name(&self.file, &self.tree.leaves[at])
                && tree.leaves[at].text.bytes(&file) == self.tree.leaves[at].text.bytes(&self.file)
        };
        let at = (0..self.tree.leaves.len()).find(|at| !same(*at)).unwrap_or(tree.leaves.len() - 1);
        // an empty map that got its first value is a leaf no more
        let filled = tree.leaves.len() == self.tree.leaves.len();
        let mut paths = self.comment_paths();
        self.file = file;
        self.tree = tree;
        let held = Held { plain: Plain::text(SecretValue::new(Vec::new())), encrypted: false, fresh: true };
        if filled {
            self.held[at] = held;
        } else {
            self.held.insert(at, held);
            paths.insert(at, None);
        }
        let verdicts = judge::verdicts(&self.tree, &self.file, &self.metadata.rule, |at| self.comment(at));
        if let Some(orphan) = self.seal_moved(&paths, &verdicts).first() {
            let line = line_of(&self.file, self.tree.leaves[*orphan].span.start);
            return Err(Error::failed(format!(
                "the comment on line {line}, now encrypted, would come to stand where the rule leaves it in clear"
            ))
            .note("nothing was changed"));
        }
        self.held[at].encrypted = verdicts[at];
        self.changed = true;
        Ok(at)
    }

    /// Takes leaves and branches out.
    pub(super) fn cut(&mut self, leaves: &[usize], branches: &[usize]) -> Result<()> {
        let store = self.format.store();
        let patches = store.cut(&self.file, &self.tree, leaves, branches);
        let gone = |at: usize| {
            let leaf = &self.tree.leaves[at];
            // a comment goes with the bytes around it, whomever it belongs to
            if leaf.kind == Kind::Comment {
                return patches
                    .iter()
                    .any(|p| p.range.start <= leaf.span.start && leaf.span.end <= p.range.end);
            }
            let chain = self.tree.chain(leaf.branch);
            leaves.contains(&at) || branches.iter().any(|b| chain.contains(b))
        };
        let stays: Vec<bool> = (0..self.held.len()).map(|at| !gone(at)).collect();
        let file = weave(&self.file, patches);
        let tree = store.read(&file)?;
        if !self.still_says(&stays, &file, &tree) {
            return Err(
                damaged("without this key the file would say other than before").note("nothing was changed")
            );
        }
        let mut paths = self.comment_paths();
        let mut stay = stays.iter();
        self.held.retain(|_| stay.next() == Some(&true));
        let mut stay = stays.iter();
        paths.retain(|_| stay.next() == Some(&true));
        // a map that lost its last value is a leaf now
        for (at, leaf) in tree.leaves.iter().enumerate() {
            if leaf.kind == Kind::Empty && self.held.get(at).is_none_or(|held| held.plain.kind != Kind::Empty)
            {
                let plain = Plain { kind: Kind::Empty, text: SecretValue::new(Vec::new()), hashed: None };
                self.held.insert(at, Held { plain, encrypted: false, fresh: false });
                paths.insert(at, None);
            }
        }
        if tree.leaves.len() != self.held.len() {
            return Err(damaged("the file cannot lose this key").note("nothing was changed"));
        }
        self.file = file;
        self.tree = tree;
        self.changed = true;
        let verdicts = judge::verdicts(&self.tree, &self.file, &self.metadata.rule, |at| self.comment(at));
        let orphans = self.seal_moved(&paths, &verdicts);
        if orphans.is_empty() { Ok(()) } else { self.drop_comments(&orphans) }
    }

    /// Whether the values that stay stand in another text as they stand in this one.
    fn still_says(&self, stays: &[bool], file: &[u8], tree: &Tree) -> bool {
        let value = |leaf: &&Leaf| leaf.kind.is_value();
        let stay = self.tree.leaves.iter().zip(stays).filter(|(_, stays)| **stays).map(|(leaf, _)| leaf);
        let before = stay.filter(value).map(|leaf| (leaf.kind, leaf.text.bytes(&self.file)));
        before.eq(tree.leaves.iter().filter(value).map(|leaf| (leaf.kind, leaf.text.bytes(file))))
    }

    /// Takes comments out that would be left in clear now that what they stood in is empty.
    fn drop_comments(&mut self, orphans: &[usize]) -> Result<()> {
        let patches = orphans.iter().map(|at| Patch::cut(self.line_around(*at))).collect();
        let file = weave(&self.file, patches);
        let tree = self.format.store().read(&file)?;
        let stays: Vec<bool> = (0..self.held.len()).map(|at| !orphans.contains(&at)).collect();
        if tree.leaves.len() + orphans.len() != self.held.len() || !self.still_says(&stays, &file, &tree) {
            return Err(damaged("the file cannot lose a comment").note("nothing was changed"));
        }
        for at in orphans.iter().rev() {
            self.held.remove(*at);
        }
        self.file = file;
        self.tree = tree;
        Ok(())
    }

    /// The whole line of a comment that stands on one by itself.
    fn line_around(&self, at: usize) -> Range<usize> {
        let entry = self.tree.leaves[at].entry.clone();
        let indent = self.file[..entry.start].iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let start = entry.start - indent;
        let is_alone = start == 0 || self.file[start - 1] == b'\n';
        if !is_alone {
            return entry;
        }
        if self.file[..entry.end].ends_with(b"\n") {
            return start..entry.end;
        }
        let eol = self.file[entry.end..].iter().position(|b| *b == b'\n');
        start..eol.map_or(entry.end, |eol| entry.end + eol + 1)
    }

    /// What the comments are sealed under; nothing for other leaves.
    fn comment_paths(&self) -> Vec<Option<Vec<u8>>> {
        let path = |leaf: &Leaf| (leaf.kind == Kind::Comment).then(|| self.tree.aad(&self.file, leaf));
        self.tree.leaves.iter().map(path).collect()
    }

    /// Where an entry came or went, a comment beside it can belong to another map now, and is sealed for that. Answers
    /// with those that the rule leaves in clear there.
    fn seal_moved(&mut self, before: &[Option<Vec<u8>>], verdicts: &[bool]) -> Vec<usize> {
        let mut orphans = Vec::new();
        for (at, path) in before.iter().enumerate() {
            let Some(path) = path else { continue };
            let held = &self.held[at];
            let opened = !Cipher::looks_sealed(held.plain.text.expose());
            if !opened || self.tree.aad(&self.file, &self.tree.leaves[at]) == *path {
                continue;
            }
            if self.metadata.rule.reads_comments() || held.encrypted == verdicts[at] {
                // under a rule that reads comments, sealing judges again
                self.held[at].fresh |= held.encrypted;
            } else if verdicts[at] {
                self.held[at].encrypted = true;
                self.held[at].fresh = true;
            } else {
                orphans.push(at);
            }
        }
        orphans
    }
}

impl Tree {
    /// A name in the form in which the names of this tree are written.
    pub(super) fn canonical<'a>(&self, name: &'a [u8]) -> Cow<'a, [u8]> {
        let parsed = || path::parse(std::str::from_utf8(name).ok()?).ok();
        if self.flat {
            // sops's own form of a single key
            let is_sops_form = name.starts_with(b"[\"") && name.ends_with(b"\"]");
            return match is_sops_form.then(parsed).flatten().as_deref() {
                Some([Part::Key(key)]) => Cow::Owned(key.clone().into_bytes()),
                _ => Cow::Borrowed(name),
            };
        }
        parsed().map_or(Cow::Borrowed(name), |parts| Cow::Owned(path::render(&parts)))
    }
}
