//! How entries come and go: where, how far indented, in lines or in brackets.

use std::ops::Range;

use memchr::memchr;

use super::nodes::{line_end, line_start, skip};
use super::tokens;
use crate::error::{Error, Result};
use crate::sops::store::Patch;
use crate::sops::tree::{Kind, Leaf, Step, Tree};

/// What a place in a map or list is like.
pub(super) struct Around {
    /// Whether it is in brackets.
    pub(super) flow: bool,
    /// How far the entries are indented.
    pub(super) column: usize,
    /// How far one level is indented in this file.
    pub(super) step: usize,
}

impl Around {
    pub(super) fn of(file: &[u8], tree: &Tree, branch: usize) -> Self {
        let flow = tree.chain(branch).iter().any(|b| is_flow(file, tree, *b));
        let span = &tree.branches[branch].span;
        let column = if span.is_empty() { 0 } else { column(file, span.start) };
        Around { flow, column, step: step(file, tree) }
    }
}

/// The line ends of a file.
pub(super) fn eol(file: &[u8]) -> &'static str {
    match memchr(b'\n', file) {
        Some(at) if at > 0 && file[at - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

pub(super) fn is_flow(file: &[u8], tree: &Tree, branch: usize) -> bool {
    let span = &tree.branches[branch].span;
    !span.is_empty() && matches!(file.get(span.start), Some(b'{' | b'['))
}

fn column(file: &[u8], at: usize) -> usize {
    let start = line_start(file, at);
    let start = if file[start..at].starts_with(b"\xef\xbb\xbf") { start + 3 } else { start };
    String::from_utf8_lossy(&file[start..at]).chars().count()
}

/// How far the first map below another one is indented; 4, as sops has it, where there is none.
pub(super) fn step(file: &[u8], tree: &Tree) -> usize {
    let below = tree.branches.iter().take(1000).filter_map(|branch| {
        let parent = &tree.branches[branch.parent?];
        let usual = !branch.fixed && !branch.list && !parent.list && file[branch.span.start] != b'{';
        let deeper = |_| column(file, branch.span.start).checked_sub(column(file, parent.span.start));
        usual.then_some(()).and_then(deeper).filter(|n| (1..=8).contains(n))
    });
    below.take(1).next().unwrap_or(4)
}

fn wrong(what: impl Into<String>) -> Error {
    Error::failed(what).note("nothing was changed")
}

/// Adds an empty text below `branch`.
pub(super) fn graft(file: &[u8], tree: &Tree, branch: usize, way: &[Step]) -> Result<Patch> {
    let Some((first, rest)) = way.split_first() else { return Err(wrong("there is no way to the new key")) };
    if tree.branches[branch].fixed {
        return Err(wrong("what an alias says cannot be added to at its place"));
    }
    let around = Around::of(file, tree, branch);
    let is_there = |leaf: &&crate::sops::tree::Leaf| {
        leaf.branch == branch
            && leaf.kind != Kind::Comment
            && leaf.step.as_ref().is_some_and(|step| same(step, first, file))
    };
    if let Some(leaf) = tree.leaves.iter().find(is_there) {
        if rest.is_empty() || !matches!(leaf.kind, Kind::Null | Kind::Empty) || leaf.fixed {
            return Err(wrong("a value stands there already"));
        }
        return fill(file, &around, leaf.span.clone(), matches!(leaf.step, Some(Step::Index(_))), rest);
    }
    let here = &tree.branches[branch];
    let count = children(tree, branch).count();
    match first {
        Step::Key(_) if here.list => return Err(wrong("a list has numbers for keys")),
        Step::Index(_) if !here.list => return Err(wrong("a map has no numbered elements")),
        Step::Index(at) if *at != count => {
            return Err(wrong(format!("the list has {count} elements; the next one is [{count}]")));
        }
        _ => {}
    }
    let last = children(tree, branch).map(|child| child.end).max();
    if around.flow && (is_flow(file, tree, branch) || here.parent.is_some()) {
        let mut text = Vec::new();
        flow_entry(way, here.list, &mut text)?;
        if here.parent.is_none() && last.is_none() && here.span.len() == 2 {
            return Ok(Patch { range: here.span.clone(), text: block_of(way, 0, around.step, file)? });
        }
        return into_brackets(file, &here.span, last, text);
    }
    let text = block_of(way, around.column, around.step, file)?;
    let eol = eol(file).as_bytes();
    let metadata = || tree.metadata.iter().flat_map(|found| found.blocks.iter().flatten());
    let own = |range: &&Range<usize>| tree.branches[branch].entry.contains(&range.start);
    let end = match last {
        // elements that are comments count as well
        Some(_) if here.parent.is_some() => here.span.end,
        Some(end) => end,
        None => match metadata().find(own) {
            Some(block) => {
                let text = [&text[..], eol].concat();
                return Ok(Patch { range: block.start..block.start, text });
            }
            None => here.entry.start,
        },
    };
    let indent = vec![b' '; around.column];
    let at = line_end(file, end);
    Ok(if at < file.len() {
        Patch { range: at + 1..at + 1, text: [&indent[..], &text, eol].concat() }
    } else {
        Patch { range: at..at, text: [eol, &indent, &text, eol].concat() }
    })
}

/// The places of what is in a map or list.
fn children(tree: &Tree, branch: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let leaves = tree.leaves.iter().filter(move |l| l.branch == branch && l.kind != Kind::Comment);
    let below = tree.branches.iter().filter(move |b| b.parent == Some(branch));
    leaves.map(|l| l.span.clone()).chain(below.map(|b| b.span.clone()))
}

fn same(one: &Step, other: &Step, file: &[u8]) -> bool {
    match (one, other) {
        (Step::Key(a), Step::Key(b)) => a.bytes(file) == b.bytes(file),
        (Step::Index(a), Step::Index(b)) => a == b,
        _ => false,
    }
}

fn key_text<'a>(step: &'a Step, file: &'a [u8]) -> Result<&'a str> {
    match step {
        Step::Key(key) => std::str::from_utf8(key.bytes(file)).map_err(|_| wrong("the key is not UTF-8")),
        Step::Index(_) => Err(wrong("a map has no numbered elements")),
    }
}

/// Puts a map or list in the place of a null or of one that is empty.
fn fill(file: &[u8], around: &Around, span: Range<usize>, is_element: bool, rest: &[Step]) -> Result<Patch> {
    let start = file[..span.start].iter().rposition(|b| !matches!(b, b' ' | b'\t')).map_or(0, |n| n + 1);
    let mut text = Vec::new();
    if around.flow {
        let lead = if span.is_empty() { &b" "[..] } else { b"" };
        text.extend_from_slice(lead);
        flow_value(rest, &mut text)?;
        return Ok(Patch { range: span, text });
    }
    if is_element {
        item(rest, around.column, around.step, file, &mut text)?;
    } else {
        value(rest, around.column, around.step, file, &mut text)?;
    }
    Ok(Patch { range: start..span.end, text })
}

fn into_brackets(file: &[u8], span: &Range<usize>, last: Option<usize>, mut text: Vec<u8>) -> Result<Patch> {
    if !matches!(file[span.start], b'{' | b'[') {
        return Err(wrong("nothing can be added to a pair that stands in a list without braces"));
    }
    let at = last.unwrap_or(span.start + 1);
    let next = skip(file, at);
    if last.is_some() && file.get(next) == Some(&b',') {
        text.insert(0, b' ');
        // the metadata can come behind it
        if skip(file, next + 1) < span.end - 1 {
            text.push(b',');
        }
        return Ok(Patch { range: next + 1..next + 1, text });
    }
    if last.is_some() {
        text.splice(0..0, *b", ");
    }
    Ok(Patch { range: at..at, text })
}

fn flow_entry(way: &[Step], list: bool, out: &mut Vec<u8>) -> Result<()> {
    let Some((first, rest)) = way.split_first() else { return Ok(()) };
    if !list {
        tokens::key(key_text(first, &[])?, true, out);
        out.extend_from_slice(b": ");
    }
    flow_value(rest, out)
}

fn flow_value(way: &[Step], out: &mut Vec<u8>) -> Result<()> {
    match way.first() {
        None => out.extend_from_slice(b"\"\""),
        Some(Step::Key(_)) => {
            out.push(b'{');
            flow_entry(way, false, out)?;
            out.push(b'}');
        }
        Some(Step::Index(0)) => {
            out.push(b'[');
            flow_entry(way, true, out)?;
            out.push(b']');
        }
        Some(_) => return Err(wrong("a new list starts with [0]")),
    }
    Ok(())
}

/// An entry with what is below it, without its indentation.
fn block_of(way: &[Step], column: usize, step: usize, file: &[u8]) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    match way.split_first() {
        Some((Step::Index(_), rest)) => {
            text.push(b'-');
            item(rest, column, step, file, &mut text)?;
        }
        Some((first, rest)) => {
            tokens::key(key_text(first, &[])?, false, &mut text);
            text.push(b':');
            value(rest, column, step, file, &mut text)?;
        }
        None => {}
    }
    Ok(text)
}

/// What follows a colon.
fn value(way: &[Step], column: usize, step: usize, file: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match way.first() {
        None => out.extend_from_slice(b" \"\""),
        Some(Step::Index(at)) if *at > 0 => return Err(wrong("a new list starts with [0]")),
        Some(_) => {
            out.extend_from_slice(eol(file).as_bytes());
            out.resize(out.len() + column + step, b' ');
            out.extend_from_slice(&block_of(way, column + step, step, file)?);
        }
    }
    Ok(())
}

/// What follows a dash.
fn item(way: &[Step], column: usize, step: usize, file: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match way.first() {
        None => out.extend_from_slice(b" \"\""),
        Some(Step::Index(at)) if *at > 0 => return Err(wrong("a new list starts with [0]")),
        Some(_) => {
            out.push(b' ');
            out.extend_from_slice(&block_of(way, column + 2, step, file)?);
        }
    }
    Ok(())
}

/// Takes entries out. A map or list that loses its last one stays, empty.
pub(super) fn cut(file: &[u8], tree: &Tree, leaves: &[usize], branches: &[usize]) -> Vec<Patch> {
    let mut left = vec![0_usize; tree.branches.len()];
    // a sealed comment can be an element of a list
    let counts = |leaf: &Leaf| {
        leaf.kind != Kind::Comment || tree.branches[leaf.branch].list && file[leaf.span.start - 1] != b'#'
    };
    for leaf in &tree.leaves {
        left[leaf.branch] += usize::from(counts(leaf));
    }
    for parent in tree.branches.iter().filter_map(|branch| branch.parent) {
        left[parent] += 1;
    }
    for block in tree.metadata.iter().flat_map(|found| found.blocks.iter().flatten()) {
        let root =
            |b: &usize| tree.branches[*b].parent.is_none() && tree.branches[*b].entry.contains(&block.start);
        if let Some(root) = (0..tree.branches.len()).find(root) {
            left[root] += 1;
        }
    }
    let goes_above = |branch: usize| tree.chain(branch).iter().any(|above| branches.contains(above));
    let mut entries: Vec<(usize, Range<usize>)> = Vec::new();
    let mut remarks: Vec<(usize, Range<usize>)> = Vec::new();
    for leaf in leaves.iter().map(|at| &tree.leaves[*at]) {
        if !goes_above(leaf.branch) {
            let list = if counts(leaf) { &mut entries } else { &mut remarks };
            list.push((leaf.branch, leaf.entry.clone()));
        }
    }
    for branch in branches.iter().map(|at| &tree.branches[*at]) {
        if let Some(parent) = branch.parent.filter(|parent| !goes_above(*parent)) {
            entries.push((parent, branch.entry.clone()));
        }
    }
    for (parent, _) in &entries {
        left[*parent] -= 1;
    }
    let mut patches = Vec::new();
    let mut emptied: Vec<usize> = Vec::new();
    for (parent, entry) in entries {
        if left[parent] > 0 {
            patches.push(Patch::cut(entry));
        } else if !emptied.contains(&parent) {
            emptied.push(parent);
            patches.extend(empty(file, tree, parent));
        }
    }
    let stays = |(parent, _): &&(usize, Range<usize>)| !emptied.contains(parent);
    patches.extend(remarks.iter().filter(stays).map(|(_, entry)| Patch::cut(entry.clone())));
    patches
}

/// Puts `{}` or `[]` in the place of what a map or list holds.
fn empty(file: &[u8], tree: &Tree, branch: usize) -> Vec<Patch> {
    let here = &tree.branches[branch];
    let (span, list) = (here.span.clone(), here.list);
    if is_flow(file, tree, branch) {
        return vec![Patch::cut(span.start + 1..span.end - 1)];
    }
    let text = if list { "[]" } else { "{}" };
    if here.parent.is_some() {
        // comments can stand between the colon and the first entry
        let mut end = file[..span.start].trim_ascii_end().len();
        while file[line_start(file, end)..end].trim_ascii_start().starts_with(b"#") {
            end = file[..line_start(file, end)].trim_ascii_end().len();
        }
        if file[..end].ends_with(b":") {
            let text = format!(" {text}").into_bytes();
            let lead = file[..span.start].trim_ascii_end().len();
            if lead == end {
                return vec![Patch { range: end..span.end, text }];
            }
            return vec![Patch { range: end..end, text }, Patch::cut(lead..span.end)];
        }
    }
    vec![Patch { range: span, text: text.into() }]
}
