//! From the structure of a text to the tree of its values.
//!
//! An alias is a copy at its place, as it is for sops: what it says comes into the tree under the path of the alias,
//! and cannot be written there. How much may come that way is limited.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use super::entries::entry;
use super::nodes::{DEPTH, Nodes, What, at_line};
use super::remarks;
use super::scalars;
use crate::error::{Error, Result};
use crate::sops::meta::Meta;
use crate::sops::tree::{Found, Kind, Step, Text, Tree};

/// How many values and maps aliases may bring.
const COPIES: usize = 100_000;

/// The key of the metadata.
pub(super) const SOPS: &str = "sops";

/// Reads a text.
pub(super) fn tree(file: &[u8]) -> Result<Tree> {
    let nodes = Nodes::read(file)?;
    if nodes.documents.is_empty() {
        return Err(Error::failed("the file is empty: there is no YAML document in it"));
    }
    let owners = remarks::owners(&nodes);
    let mut reading = Reading {
        file,
        nodes: &nodes,
        owners,
        tree: Tree::new(false),
        branches: vec![usize::MAX; nodes.all.len()],
        remark: 0,
        root: 0,
        found: Found {
            fields: Meta::Map(Vec::new()),
            modified: Vec::new(),
            mac: Vec::new(),
            blocks: Vec::new(),
        },
        copies: 0,
    };
    for number in 0..nodes.documents.len() {
        reading.document(number)?;
    }
    if reading.found.blocks.iter().any(|blocks| !blocks.is_empty()) {
        reading.tree.metadata = Some(reading.found);
    }
    Ok(reading.tree)
}

struct Reading<'a> {
    file: &'a [u8],
    nodes: &'a Nodes<'a>,
    owners: Vec<Option<usize>>,
    tree: Tree,
    /// By node, the branch that it became.
    branches: Vec<usize>,
    /// The first comment that is not in the tree yet.
    remark: usize,
    root: usize,
    found: Found,
    copies: usize,
}

/// Where a value stands that is about to be read.
struct Spot {
    branch: usize,
    step: Step,
    entry: Range<usize>,
    depth: usize,
    /// The alias through which it is read.
    through: Option<Range<usize>>,
}

impl<'a> Reading<'a> {
    fn document(&mut self, number: usize) -> Result<()> {
        let nodes = self.nodes;
        let document = &nodes.documents[number];
        let root = if number == 0 { 0 } else { self.tree.document() };
        self.root = root;
        self.found.blocks.push(Vec::new());
        let node = &nodes.all[document.root];
        let refuse = |what: &str| {
            let error = at_line(self.file, node.start, &format!("the document is {what}"));
            Err(error.hint("sops can seal only maps: put it under a key"))
        };
        match &node.what {
            What::Map { .. } => {
                self.branches[document.root] = root;
                self.tree.branches[root].span = node.span.clone();
                self.map(document.root, root, 0, None)?;
            }
            What::List { .. } => return refuse("a list"),
            What::Scalar { text, style } => {
                let typed = scalars::resolve(text, *style, node.tag.as_deref());
                if !matches!(typed, Ok((Kind::Null, _))) {
                    return refuse("a single value");
                }
                self.tree.branches[root].span = node.span.clone();
            }
            What::Alias { .. } => return refuse("an alias"),
        }
        self.tree.branches[root].entry = document.span.clone();
        let end = if number + 1 == nodes.documents.len() { self.file.len() } else { document.span.end };
        self.remarks_until(end, 0..0);
        Ok(())
    }

    /// Puts the comments into the tree that start before a place and not within `token`.
    fn remarks_until(&mut self, at: usize, token: Range<usize>) {
        while let Some(remark) = self.nodes.remarks.get(self.remark).filter(|r| r.span.start < at) {
            let owner = self.owners[self.remark];
            self.remark += 1;
            if token.contains(&remark.span.start) {
                continue;
            }
            let (branch, step) = self.place_of(owner);
            let mut span = remark.span.start + 1..remark.span.end;
            if self.file[span.clone()].ends_with(b"\r") {
                span.end -= 1;
            }
            let entry = if remark.inline {
                remark.span.start..span.end
            } else {
                // the byte order mark is no part of a line
                let mark = if self.file.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
                let start = self.nodes.line_start(remark.span.start).max(mark);
                start..(self.line_end(span.end) + 1).min(self.file.len())
            };
            self.tree.comment(branch, Text::At(span.clone()), span, entry);
            if let Some(leaf) = self.tree.leaves.last_mut() {
                leaf.step = step;
            }
        }
    }

    /// The branch of a comment; and the key of a map or list in it that holds nothing, and so is no branch.
    fn place_of(&self, owner: Option<usize>) -> (usize, Option<Step>) {
        let known = |node: usize| Some(self.branches[node]).filter(|branch| *branch != usize::MAX);
        let Some(owner) = owner else { return (self.root, None) };
        if let Some(branch) = known(owner) {
            return (branch, None);
        }
        let nodes = self.nodes;
        let Some(branch) = nodes.all[owner].parent.and_then(known) else { return (self.root, None) };
        let key = owner.checked_sub(1).filter(|key| nodes.all[*key].is_key);
        let text = key.and_then(|key| Some(Step::Key(self.text_of(key, self.key(key).ok()?))));
        (branch, text)
    }

    fn map(&mut self, at: usize, branch: usize, depth: usize, through: Option<&Range<usize>>) -> Result<()> {
        let nodes = self.nodes;
        let first_document = self.found.blocks.len() == 1;
        let mut seen: HashSet<Cow<'_, str>> = HashSet::new();
        let mut children = nodes.children(at);
        let mut pair = children.next().zip(children.next());
        while let Some((key, value)) = pair {
            pair = children.next().zip(children.next());
            let text = self.key(key)?;
            // sops looks for such keys in the first document only
            if through.is_none() && first_document && !seen.insert(Cow::Borrowed(text)) {
                let error =
                    at_line(self.file, nodes.all[key].start, "the key stands in the same map already");
                return Err(error.hint("keep one of the two"));
            }
            let entry = through.map_or_else(|| entry(nodes, at, key, value, pair.map(|p| p.0)), Clone::clone);
            if through.is_none() {
                self.remarks_until(nodes.all[key].start, 0..0);
                if nodes.all[at].parent.is_none() && text == SOPS {
                    self.metadata(value, entry);
                    continue;
                }
            }
            let step = Step::Key(self.text_of(key, text));
            self.value(value, Spot { branch, step, entry, depth, through: through.cloned() })?;
        }
        Ok(())
    }

    fn list(&mut self, at: usize, branch: usize, depth: usize, through: Option<&Range<usize>>) -> Result<()> {
        let nodes = self.nodes;
        let mut children = nodes.children(at).peekable();
        let (mut number, mut only_comment) = (0, None);
        while let Some(item) = children.next() {
            let entry =
                through.map_or_else(|| entry(nodes, at, item, item, children.peek().copied()), Clone::clone);
            if let Some(text) = self.comment_element(item).filter(|_| through.is_none()) {
                let node = &nodes.all[item];
                self.remarks_until(node.start, 0..0);
                let span = node.mark.unwrap_or(node.start)..node.span.end;
                self.tree.comment(branch, text, span, entry);
                only_comment.get_or_insert(self.tree.leaves.len() - 1);
                continue;
            }
            let step = Step::Index(number);
            number += 1;
            self.value(item, Spot { branch, step, entry, depth, through: through.cloned() })?;
        }
        if number == 0
            && let Some(comment) = only_comment
        {
            self.tree.leaves[comment].fixed = true;
        }
        Ok(())
    }

    /// sops writes a sealed comment that stands in a list as an element of the list.
    fn comment_element(&self, item: usize) -> Option<Text> {
        let What::Scalar { text, .. } = &self.nodes.all[item].what else { return None };
        let is_one = text.starts_with("ENC[AES256_GCM,") && text.ends_with(",type:comment]");
        let is_block = self.nodes.all[item].mark.is_some();
        (is_one && is_block).then(|| self.text_of(item, text))
    }

    fn value(&mut self, at: usize, spot: Spot) -> Result<()> {
        let nodes = self.nodes;
        let node = &nodes.all[at];
        if spot.depth >= DEPTH {
            let at = spot.through.as_ref().map_or(node.start, |alias| alias.start);
            let what = format!("maps and lists lie in each other more than {DEPTH} deep");
            return Err(at_line(self.file, at, &what));
        }
        if let Some(alias) = &spot.through {
            self.copies += 1;
            if self.copies > COPIES {
                let what = format!("aliases bring more than {COPIES} values");
                return Err(at_line(self.file, alias.start, &what));
            }
        } else {
            // what stands on lines above the first entry of a map belongs into it
            let is_block = matches!(node.what, What::Map { flow: false } | What::List { flow: false });
            let line = self.line_end(node.after).min(node.span.start);
            self.remarks_until(if is_block { line } else { node.start }, 0..0);
        }
        match &node.what {
            What::Alias { of } => {
                let span = spot.through.clone().unwrap_or_else(|| node.span.clone());
                if spot.through.is_none() {
                    self.remarks_until(self.line_end(node.span.end), 0..0);
                }
                self.value(*of, Spot { depth: spot.depth + 1, through: Some(span), ..spot })
            }
            What::Scalar { text, style } => {
                let typed = scalars::resolve(text, *style, node.tag.as_deref());
                let (kind, canonical) = typed.map_err(|why| at_line(self.file, node.start, why))?;
                let text = match canonical {
                    Some(text) => Text::from(text),
                    None if kind == Kind::Null => Text::from(Vec::new()),
                    None => self.text_of(at, text),
                };
                self.leaf((kind, text), node.span.clone(), spot);
                Ok(())
            }
            What::Map { .. } | What::List { .. } if node.end == at + 1 => {
                self.leaf((Kind::Empty, Text::from(Vec::new())), node.span.clone(), spot);
                Ok(())
            }
            What::Map { .. } | What::List { .. } => {
                let is_list = matches!(node.what, What::List { .. });
                let Spot { branch, step, entry, depth, through } = spot;
                let below = self.tree.branch(self.file, branch, step, is_list);
                let place = &mut self.tree.branches[below];
                place.span = through.clone().unwrap_or_else(|| node.span.clone());
                place.entry = entry;
                place.fixed |= through.is_some();
                if through.is_none() {
                    self.branches[at] = below;
                }
                if is_list {
                    self.list(at, below, depth + 1, through.as_ref())
                } else {
                    self.map(at, below, depth + 1, through.as_ref())
                }
            }
        }
    }

    fn leaf(&mut self, said: (Kind, Text), token: Range<usize>, spot: Spot) {
        if spot.through.is_none() {
            // what stands behind it on its line belongs to it
            // a block of lines has what stands behind its mark, an empty map what stands in it
            let inside = if said.0 == Kind::Empty { 0..0 } else { token.clone() };
            self.remarks_until(self.line_end(token.end), inside);
        }
        let fixed = spot.through.is_some();
        let span = spot.through.unwrap_or(token);
        self.tree.leaf(self.file, spot.branch, spot.step, said, span, spot.entry);
        if fixed && let Some(leaf) = self.tree.leaves.last_mut() {
            leaf.fixed = true;
        }
    }

    fn line_end(&self, at: usize) -> usize {
        super::nodes::line_end(self.file, at)
    }

    /// The text of a key. sops holds texts only.
    fn key(&self, at: usize) -> Result<&'a str> {
        let node = &self.nodes.all[at];
        let node = match node.what {
            What::Alias { of } => &self.nodes.all[of],
            _ => node,
        };
        if let What::Scalar { text, style } = &node.what
            && let Ok((Kind::Str, None)) = scalars::resolve(text, *style, node.tag.as_deref())
        {
            return Ok(text);
        }
        let error = at_line(self.file, self.nodes.all[at].start, "the key is not a text");
        Err(error.hint("put it in quotes"))
    }

    /// The text of a node: where it stands, if it stands there as it is.
    fn text_of(&self, at: usize, text: &str) -> Text {
        if let What::Scalar { text: Cow::Borrowed(_), .. } = &self.nodes.all[at].what {
            let start = (text.as_ptr() as usize).wrapping_sub(self.file.as_ptr() as usize);
            if self.file.get(start..start + text.len()) == Some(text.as_bytes()) {
                return Text::At(start..start + text.len());
            }
        }
        Text::from(text.as_bytes().to_vec())
    }

    fn metadata(&mut self, value: usize, entry: Range<usize>) {
        let nodes = self.nodes;
        if let What::Map { .. } = nodes.all[value].what {
            let mut children = nodes.children(value);
            while let Some((key, field)) = children.next().zip(children.next()) {
                match self.key(key) {
                    Ok("mac") => self.found.mac.push(nodes.all[field].span.clone()),
                    Ok("lastmodified") => self.found.modified.push(nodes.all[field].span.clone()),
                    _ => {}
                }
            }
        }
        let is_first = self.found.blocks.iter().all(Vec::is_empty);
        if is_first {
            self.found.fields = self.meta(value, 0);
        }
        // comments in it are nobody's
        while nodes.remarks.get(self.remark).is_some_and(|r| r.span.start < entry.end) {
            self.remark += 1;
        }
        if let Some(blocks) = self.found.blocks.last_mut() {
            blocks.push(entry);
        }
    }

    fn meta(&self, at: usize, depth: usize) -> Meta {
        let node = &self.nodes.all[at];
        match &node.what {
            What::Map { .. } => {
                let mut children = self.nodes.children(at);
                let mut entries = Vec::new();
                while let Some((key, value)) = children.next().zip(children.next()) {
                    if let Ok(key) = self.key(key) {
                        entries.push((key.to_owned(), self.meta(value, depth)));
                    }
                }
                Meta::Map(entries)
            }
            What::List { .. } => Meta::List(self.nodes.children(at).map(|n| self.meta(n, depth)).collect()),
            What::Scalar { text, style } => match scalars::resolve(text, *style, node.tag.as_deref()) {
                Ok((Kind::Int | Kind::Float | Kind::Bool | Kind::Null, _)) => Meta::Bare(text.to_string()),
                _ => Meta::Text(text.to_string()),
            },
            What::Alias { of } if depth < 8 && *of < at && self.nodes.all[*of].end <= at => {
                self.meta(*of, depth + 1)
            }
            What::Alias { .. } => Meta::Bare("null".into()),
        }
    }
}
