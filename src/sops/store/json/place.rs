//! Where something comes or goes in a JSON file, with the commas and the layout of what stands beside it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::text::{Layout, text};
use crate::error::{Error, Result};
use crate::sops::store::Patch;
use crate::sops::tree::{Kind, Step, Tree, key_of};

/// The entries of a map or list in order, metadata included.
fn children(tree: &Tree, branch: usize) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    all.extend(tree.leaves.iter().filter(|leaf| leaf.branch == branch).map(|leaf| leaf.entry.clone()));
    all.extend(tree.branches.iter().filter(|b| b.parent == Some(branch)).map(|b| b.entry.clone()));
    if branch == 0 {
        all.extend(block(tree));
    }
    all.sort_by_key(|range| range.start);
    // what is empty stands as a leaf and as a branch
    all.dedup();
    all
}

/// Where the metadata stands.
pub(super) fn block(tree: &Tree) -> Option<Range<usize>> {
    tree.metadata.as_ref()?.blocks.first()?.first().cloned()
}

/// The blanks before a place.
fn gap(file: &[u8], end: usize) -> &[u8] {
    let start = file[..end].trim_ascii_end().len();
    &file[start..end]
}

/// The layout of the file, as its first entry shows it.
pub(super) fn layout(file: &[u8], tree: &Tree) -> Layout {
    let Some(first) = children(tree, 0).into_iter().next() else {
        return Layout { unit: "\t".to_owned(), ..Layout::TABS };
    };
    let before = String::from_utf8_lossy(gap(file, first.start)).into_owned();
    let colon = colon(&file[first]);
    match before.rsplit_once('\n') {
        Some((above, unit)) => {
            let line = if above.ends_with('\r') { "\r\n" } else { "\n" };
            Layout { line, unit: unit.to_owned(), colon, comma: ", " }
        }
        None => {
            let comma = if colon == ":" { "," } else { ", " };
            Layout { line: "", unit: String::new(), colon, comma }
        }
    }
}

/// What an entry has between its key and its value.
fn colon(entry: &[u8]) -> &'static str {
    let mut at = 1;
    while at < entry.len() && entry[at] != b'"' {
        at += if entry[at] == b'\\' { 2 } else { 1 };
    }
    let spaced = entry.get(at + 1..at + 3) == Some(b": ") || entry.get(at + 1..at + 3) == Some(b" :");
    if spaced { ": " } else { ":" }
}

/// What stands in a map or list behind everything else, but before the metadata. `item` writes it at an indentation.
pub(super) fn append(
    file: &[u8],
    tree: &Tree,
    branch: usize,
    before_metadata: bool,
    item: impl Fn(&Layout, &str) -> String,
) -> Patch {
    let mut layout = layout(file, tree);
    let mut there = children(tree, branch);
    let metadata = block(tree).filter(|_| branch == 0 && before_metadata);
    if let Some(metadata) = &metadata {
        there.retain(|range| range != metadata);
    }
    let Some(last) = there.last() else {
        if let Some(metadata) = metadata {
            let blanks = String::from_utf8_lossy(gap(file, metadata.start)).into_owned();
            let base = indentation(&blanks, &mut layout);
            let text = format!("{},{blanks}", item(&layout, &base));
            return Patch { range: metadata.start..metadata.start, text: text.into_bytes() };
        }
        let span = tree.branches[branch].span.clone();
        let base = layout.unit.repeat(tree.chain(branch).len() - 1);
        let marks = if tree.branches[branch].list { ('[', ']') } else { ('{', '}') };
        let mut text = String::new();
        layout.write_in(marks, 1, &base, &mut text, |_, inner, out| out.push_str(&item(&layout, inner)));
        return Patch { range: span, text: text.into_bytes() };
    };
    let mut blanks = String::from_utf8_lossy(gap(file, last.start)).into_owned();
    // in one line the first value stands closer than those behind it
    if there.len() == 1 && !blanks.contains('\n') {
        blanks = layout.comma[1..].to_owned();
    }
    let base = indentation(&blanks, &mut layout);
    let text = format!(",{blanks}{}", item(&layout, &base));
    Patch { range: last.end..last.end, text: text.into_bytes() }
}

/// The indentation that blanks end in. What stands in one line goes on in one line.
fn indentation(blanks: &str, layout: &mut Layout) -> String {
    match blanks.rsplit_once('\n') {
        Some((_, base)) => base.to_owned(),
        None => {
            layout.line = "";
            String::new()
        }
    }
}

/// An empty text at the end of the way.
pub(super) fn graft(file: &[u8], tree: &Tree, branch: usize, way: &[Step]) -> Result<Patch> {
    let refuse = |what: &str| Err(Error::usage(what.to_owned()).note("nothing was changed"));
    for step in &way[1..] {
        if matches!(step, Step::Index(at) if *at > 0) {
            return refuse("a new list starts with [0]");
        }
    }
    let list = tree.branches[branch].list;
    let count = children(tree, branch).len();
    match &way[0] {
        Step::Key(_) if list => return refuse("a list has no keys; its values are named [0], [1] and so on"),
        Step::Index(_) if !list => return refuse("a map has no numbers; its values are named by keys"),
        Step::Index(at) if *at != count => {
            return refuse(&format!("a list takes a new value at its end only, which is [{count}]"));
        }
        _ => {}
    }
    // a null gives way to the map or list that is to stand there
    let there = tree.leaves.iter().rfind(|leaf| {
        let key = |step: &Step| key_of(step, file).map(<[u8]>::to_vec);
        let step = leaf.step.as_ref().and_then(key);
        leaf.branch == branch && leaf.kind == Kind::Null && step.is_some() && step == key(&way[0])
    });
    if let Some(leaf) = there.filter(|_| way.len() > 1) {
        let mut layout = layout(file, tree);
        let blanks = String::from_utf8_lossy(gap(file, leaf.entry.start)).into_owned();
        let base = indentation(&blanks, &mut layout);
        let mut text = String::new();
        value(file, &way[1..], &layout, &base, &mut text);
        return Ok(Patch { range: leaf.span.clone(), text: text.into_bytes() });
    }
    Ok(append(file, tree, branch, true, |layout, base| {
        let mut text = String::new();
        entry(file, way, layout, base, &mut text);
        text
    }))
}

/// The first step of a way as an entry of what is around it.
fn entry(file: &[u8], way: &[Step], layout: &Layout, base: &str, out: &mut String) {
    if let Some(key) = key_of(&way[0], file) {
        layout.key(key, out);
    }
    value(file, &way[1..], layout, base, out);
}

fn value(file: &[u8], way: &[Step], layout: &Layout, base: &str, out: &mut String) {
    let marks = match way.first() {
        None => return text(b"", out),
        Some(Step::Key(_)) => ('{', '}'),
        Some(Step::Index(_)) => ('[', ']'),
    };
    layout.write_in(marks, 1, base, out, |_, inner, out| entry(file, way, layout, inner, out));
}

/// Takes entries out, each with one comma.
pub(super) fn cut(file: &[u8], tree: &Tree, leaves: &[usize], branches: &[usize]) -> Vec<Patch> {
    let mut gone: BTreeMap<usize, Vec<Range<usize>>> = BTreeMap::new();
    for leaf in leaves.iter().map(|at| &tree.leaves[*at]) {
        gone.entry(leaf.branch).or_default().push(leaf.entry.clone());
    }
    for branch in branches.iter().map(|at| &tree.branches[*at]) {
        if let Some(parent) = branch.parent {
            gone.entry(parent).or_default().push(branch.entry.clone());
        }
    }
    gone.iter().flat_map(|(parent, gone)| cut_from(file, tree, *parent, gone)).collect()
}

/// The same, of entries of one map or list.
pub(super) fn cut_from(file: &[u8], tree: &Tree, parent: usize, gone: &[Range<usize>]) -> Vec<Patch> {
    let all = children(tree, parent);
    let mut patches = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let first = at;
        while at < all.len() && gone.contains(&all[at]) {
            at += 1;
        }
        if at == first {
            at += 1;
            continue;
        }
        patches.push(Patch::cut(match (first.checked_sub(1), all.get(at)) {
            (_, Some(next)) => all[first].start..next.start,
            (Some(before), None) => all[before].end..all[at - 1].end,
            // nothing is left
            (None, None) => {
                let start = all[first].start - gap(file, all[first].start).len();
                let end = tree.branches[parent].span.end - 1;
                start..end
            }
        }));
    }
    patches
}
