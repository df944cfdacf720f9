//! What a person made of the file's plain text: read against what it was, so that a value which nobody touched keeps
//! its ciphertext, wherever it stands now, and the layout is the one that the person gave it.
//!
//! An env file is read more strictly than its grammar where a person hardly meant what it says: a key twice, a key that
//! no program could ask for. What stood in the file before is taken as it was.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::create::{hold, skeleton};
use super::judge;
use super::lint;
use super::open::{Held, Open, showable};
use super::store::line_of;
use super::tree::{Kind, Leaf, Tree};
use crate::error::{Error, Kind as Failure, Result};
use crate::secret::{SecretName, SecretValue};

/// What some editors put at the start of a text.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// An edited text that can be applied.
pub struct Edited {
    text: SecretValue,
    tree: Tree,
    /// What the leaves of the text say, and which leaf of the file says the same.
    held: Vec<(Held, Option<usize>)>,
    /// Of the values that did not stand in the file, the first of each name.
    new: HashMap<Vec<u8>, usize>,
    /// Of keys on several lines, the value that counts now and did not before.
    turned: Vec<(SecretName, SecretValue)>,
    /// Keys that are new or have another value.
    pub set: Vec<SecretName>,
    /// Keys that are gone.
    pub unset: Vec<String>,
    /// Whether anything differs, order, comments and blank lines included.
    pub changed: bool,
}

impl Edited {
    /// The new value of a key that was set.
    pub fn value(&self, name: &SecretName) -> Option<&SecretValue> {
        let written = self.new.get(name.as_bytes()).map(|at| &self.held[*at].0.plain.text);
        written.or_else(|| self.turned.iter().find(|(set, _)| set == name).map(|(_, value)| value))
    }

    /// The leaves that are values and did not stand in the file.
    fn new_values(&self) -> impl Iterator<Item = usize> {
        let new = |(held, kept): &(Held, Option<usize>)| kept.is_none() && held.plain.kind.is_value();
        (0..self.held.len()).filter(move |at| new(&self.held[*at]))
    }

    fn name(&self, at: usize) -> &[u8] {
        self.tree.name(self.text.expose(), &self.tree.leaves[at])
    }

    fn line(&self, at: usize) -> usize {
        line_of(self.text.expose(), self.tree.leaves[at].span.start)
    }

    /// The names that stand in the text.
    fn names(&self) -> impl Iterator<Item = &[u8]> {
        let values = (0..self.held.len()).filter(|at| self.held[*at].0.plain.kind.is_value());
        values.map(|at| self.name(at))
    }
}

impl Open {
    /// Reads an edited text, or names the line that cannot be stored.
    pub(crate) fn read_edited(&self, text: &SecretValue) -> Result<Edited> {
        let store = self.format.store();
        let before = self.plain_as_it_is_sealed()?;
        let wrapped = store.wrap(text.expose()).map(SecretValue::new);
        let text = wrapped.as_ref().unwrap_or(text);
        // one that sops has sealed as part of a key was there before
        if text.expose().starts_with(MARK) && !before.expose().starts_with(MARK) {
            return Err(Error::failed("line 1 starts with a byte order mark")
                .hint("save the text as UTF-8 without one; in vim: `:set nobomb`"));
        }
        let is_other = text.expose() != before.expose();
        let sealed_in_places = is_other && self.whole.is_none();
        let prepared =
            if sealed_in_places { store.prepare(text.expose())?.map(SecretValue::new) } else { None };
        let text = prepared.as_ref().unwrap_or(text);
        let mut whole = Vec::with_capacity(text.len() + 1);
        whole.extend_from_slice(text.expose());
        store.end(&mut whole);
        let changed = whole != before.expose();
        let text = SecretValue::new(whole);
        let tree = store.read(text.expose())?;
        if let Some(found) = &tree.metadata {
            let at = found.blocks.iter().flatten().map(|range| range.start).min().unwrap_or_default();
            let (line, names) = (line_of(text.expose(), at), lint::reserved(self.format));
            return Err(Error::failed(format!("line {line}: {names} reserved for the file's metadata")));
        }
        let rule = &self.metadata.rule;
        let file = text.expose();
        let verdicts = judge::verdicts(&tree, file, rule, |at| tree.leaves[at].text.bytes(file));
        let held = hold(self.format, &tree, file, &verdicts)?;
        let kept = self.kept(&before, &tree, file, &held);
        let held = held.into_iter().zip(kept).collect();
        let (new, turned, set, unset) = Default::default();
        let mut edited = Edited { text, tree, held, new, turned, set, unset, changed };
        let mut new = HashMap::new();
        for at in edited.new_values() {
            new.entry(edited.name(at).to_vec()).or_insert(at);
            lint::line(
                self.format,
                edited.name(at),
                &edited.text.expose()[edited.tree.leaves[at].span.clone()],
            )
            .map_err(|e| e.context(format!("line {}", edited.line(at))))?;
        }
        edited.new = new;
        each_key_once(&edited)?;
        self.nothing_comes_to_lie_in_clear(&edited)?;
        self.what_differs(&mut edited)?;
        Ok(edited)
    }

    /// For each leaf of a text, the leaf of the file that says the same under the same name. Most follow the one before
    /// as they always did. What the file says is not always what its text says when it is read: a backslash before an n
    /// is a line feed there. Who left it alone changed nothing, so that both count.
    fn kept<'a>(
        &'a self,
        before: &SecretValue,
        tree: &'a Tree,
        text: &'a [u8],
        held: &'a [Held],
    ) -> Vec<Option<usize>> {
        let shown = self.format.store().read(before.expose()).ok();
        let shown = shown.filter(|shown| shown.leaves.len() == self.tree.leaves.len());
        let reads_as = |at: usize, new: &Held| {
            let leaf = shown.as_ref().map(|shown| &shown.leaves[at]);
            let said = new.plain.text.expose();
            let is_text = matches!(new.plain.kind, Kind::Str | Kind::Comment);
            is_text && leaf.is_some_and(|leaf| leaf.text.bytes(before.expose()) == said)
        };
        let mut there: HashMap<(Kind, &'a [u8]), VecDeque<usize>> = HashMap::new();
        for (at, (leaf, old)) in self.tree.leaves.iter().zip(&self.held).enumerate() {
            // a comment has no name, and is found by what it says
            let name = if leaf.kind == Kind::Comment {
                old.plain.text.expose()
            } else {
                self.tree.name(&self.file, leaf)
            };
            there.entry((class(old.plain.kind), name)).or_default().push_back(at);
        }
        let find = |(leaf, new): (&'a Leaf, &'a Held)| {
            let is_comment = leaf.kind == Kind::Comment;
            let name = if is_comment { new.plain.text.expose() } else { tree.name(text, leaf) };
            let candidates = there.get_mut(&(class(new.plain.kind), name))?;
            let aad = tree.aad(text, leaf);
            let same = |at: &usize| {
                let old = &self.held[*at];
                (old.plain.text.same_as(&new.plain.text) || reads_as(*at, new))
                    && (!is_comment || self.tree.aad(&self.file, &self.tree.leaves[*at]) == aad)
            };
            let place = candidates.iter().position(same)?;
            candidates.remove(place)
        };
        tree.leaves.iter().zip(held).map(find).collect()
    }

    /// Names the keys that came, changed or went.
    fn what_differs(&self, edited: &mut Edited) -> Result<()> {
        let named = |name: &[u8]| SecretName::parse(showable(&self.tree, name)?).ok();
        let set: Vec<SecretName> = edited.new_values().filter_map(|at| named(edited.name(at))).collect();
        let mut before: HashMap<&[u8], &SecretValue> = HashMap::new();
        for entry in self.entries() {
            before.insert(entry.name, entry.value);
        }
        // keys that stood on several lines, and of which another line is the last one now
        let mut after: BTreeMap<&[u8], &SecretValue> = BTreeMap::new();
        for (at, (held, kept)) in edited.held.iter().enumerate() {
            if let Some(old) = kept.filter(|_| held.plain.kind.is_value()) {
                after.insert(edited.name(at), &self.held[old].plain.text);
            }
        }
        after.retain(|name, value| before.get(name).is_some_and(|old| !old.same_as(value)));
        let copy = |value: &SecretValue| SecretValue::concat(&[value.expose()]);
        let turned: Vec<_> =
            after.iter().filter_map(|(name, value)| Some((named(name)?, copy(value)))).collect();
        let there: std::collections::HashSet<&[u8]> = edited.names().collect();
        if there.is_empty() && !before.is_empty() {
            return Err(Error::failed("no key is left in the text")
                .hint("if that is meant, take the keys away with `reseal unset`"));
        }
        let mut unset: Vec<String> = Vec::new();
        for gone in self.entries().map(|e| e.name).filter(|name| !there.contains(name)) {
            let gone = showable(&self.tree, gone).unwrap_or("(a key that is no name)").to_owned();
            if !unset.contains(&gone) {
                unset.push(gone);
            }
        }
        edited.set = set;
        edited.set.extend(turned.iter().map(|(name, _)| name.clone()));
        edited.turned = turned;
        edited.unset = unset;
        Ok(())
    }

    /// Makes the file what the text says.
    pub(crate) fn apply(&mut self, edited: Edited) -> Result<()> {
        let compiles = self.metadata.rule.compiles();
        compiles.map_err(|e| e.of_kind(Failure::Failed).note("nothing was changed"))?;
        let instead = |at: usize| -> Option<&[u8]> {
            let (held, kept) = &edited.held[at];
            let old = kept.filter(|old| self.stays(*old, held));
            match old {
                Some(old) if self.held[old].encrypted && !held.plain.text.is_empty() => {
                    Some(self.tree.leaves[old].text.bytes(&self.file))
                }
                None if held.encrypted && !held.plain.text.is_empty() => Some(b"ENC[]"),
                _ => None,
            }
        };
        let block = self.block();
        let (file, tree) = skeleton(self.format, edited.text.expose(), &edited.tree, instead, &block)?;
        let mut before: Vec<Option<Held>> = std::mem::take(&mut self.held).into_iter().map(Some).collect();
        let reads_comments = self.metadata.rule.reads_comments();
        for (mut held, kept) in edited.held {
            let old = kept.and_then(|old| before[old].take());
            match old {
                Some(old) if !reads_comments || old.encrypted == held.encrypted => self.held.push(old),
                _ => {
                    // the rest stands there as it was written
                    held.fresh = held.encrypted;
                    self.held.push(held);
                }
            }
        }
        self.file = file;
        self.tree = tree;
        self.changed |= edited.changed;
        Ok(())
    }

    /// Whether a leaf of the file is taken over as it lies there.
    fn stays(&self, old: usize, new: &Held) -> bool {
        let old = &self.held[old];
        !old.fresh && (!self.metadata.rule.reads_comments() || old.encrypted == new.encrypted)
    }

    /// Under a rule that reads comments, a line can come to stand under one that leaves it in clear.
    fn nothing_comes_to_lie_in_clear(&self, edited: &Edited) -> Result<()> {
        let rule = &self.metadata.rule;
        if !rule.reads_comments() {
            return Ok(());
        }
        for (at, (held, kept)) in edited.held.iter().enumerate() {
            if kept.is_some_and(|old| self.held[old].encrypted) && !held.encrypted {
                let line = edited.line(at);
                return Err(Error::failed(format!(
                    "line {line}, now encrypted, would lie in clear under the comment above it; the rule is {rule}"
                )));
            }
        }
        Ok(())
    }
}

/// Numbers are one class: sops holds whole ones as floats, up to 3.13.1 those of JSON, and shows them as integers.
fn class(kind: Kind) -> Kind {
    if kind == Kind::Int { Kind::Float } else { kind }
}

/// A key that is new or changed stands on no other line.
fn each_key_once(edited: &Edited) -> Result<()> {
    let mut standing: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for at in (0..edited.held.len()).filter(|at| edited.held[*at].0.plain.kind != Kind::Comment) {
        standing.entry(edited.name(at)).or_default().push(at);
    }
    for at in edited.new_values() {
        let [first, second, ..] = standing[edited.name(at)][..] else { continue };
        let name = showable(&edited.tree, edited.name(at)).unwrap_or("(a key that is no name)");
        let (first, second) = (edited.line(first), edited.line(second));
        return Err(Error::failed(format!("line {second}: key \"{name}\" stands on line {first} already"))
            .hint("programs see the last of them; keep one"));
    }
    Ok(())
}
