//! What goes with an entry of a map or list when it is taken out.

use std::ops::Range;

use granit_parser::ScalarStyle;

use super::nodes::{Nodes, What, line_end, skip};

/// The bytes of an entry: of a block map or list its lines, of one in brackets the entry and one comma. `next` is the
/// key or element behind it.
pub(super) fn entry(
    nodes: &Nodes<'_>,
    within: usize,
    key: usize,
    value: usize,
    next: Option<usize>,
) -> Range<usize> {
    let file = nodes.text.as_bytes();
    let begin = |node: usize| nodes.all[node].mark.unwrap_or(nodes.all[node].start);
    let start = begin(key);
    let end = nodes.all[value].span.end.max(nodes.all[value].after).max(nodes.all[key].span.end);
    if let What::Map { flow: true } | What::List { flow: true } = nodes.all[within].what {
        return in_brackets(nodes, within, start, end);
    }
    let mut line = line_end(file, end);
    let first = nodes.line_start(start);
    let is_blank = |range: Range<usize>| file[range].iter().all(|b| matches!(b, b' ' | b'\t'));
    if is_blank(first..start) {
        let end = (line + 1).min(file.len());
        return first..if follows_block(nodes, key) { behind_empty_lines(file, end) } else { end };
    }
    // behind the dash of a list: the next key comes up to it, if nothing is between
    if let Some(next) = next.map(begin)
        && is_blank(nodes.line_start(next)..next)
        && nodes.line_start(next) == line + 1
    {
        return start..next;
    }
    if line > start && file[line - 1] == b'\r' {
        line -= 1;
    }
    start..line
}

/// Whether what stands before an entry is a block of lines: what is empty behind the entry would become a part of it.
fn follows_block(nodes: &Nodes<'_>, key: usize) -> bool {
    let is_block = |style| matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    let before = key.checked_sub(1).map(|at| &nodes.all[at].what);
    matches!(before, Some(What::Scalar { style, .. }) if is_block(*style))
}

fn behind_empty_lines(file: &[u8], mut at: usize) -> usize {
    while at < file.len() {
        let end = line_end(file, at);
        if !file[at..end].iter().all(u8::is_ascii_whitespace) {
            break;
        }
        at = (end + 1).min(file.len());
    }
    at
}

fn in_brackets(nodes: &Nodes<'_>, within: usize, start: usize, end: usize) -> Range<usize> {
    let file = nodes.text.as_bytes();
    let comma = skip(file, end);
    if file.get(comma) == Some(&b',') && comma < nodes.all[within].span.end {
        let mut after = comma + 1;
        while file.get(after).is_some_and(|b| matches!(b, b' ' | b'\t')) {
            after += 1;
        }
        return start..after;
    }
    // the last one takes the comma before it
    let mut before = start;
    while before > 0 && file[before - 1].is_ascii_whitespace() {
        before -= 1;
    }
    if before > 0 && file[before - 1] == b',' { before - 1..end } else { start..end }
}
