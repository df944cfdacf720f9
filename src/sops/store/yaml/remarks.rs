//! Which map or list a comment belongs to, since its path is what the comment is sealed under.
//!
//! The library of sops gives comments to the entry above or below: by blank lines, and by how far the comment is
//! indented beside what stands around it. What is told here was measured.

use memchr::memchr_iter;

use super::nodes::{Nodes, Remark, What};

/// For each comment the map or list; None is the root of its document.
pub(super) fn owners(nodes: &Nodes<'_>) -> Vec<Option<usize>> {
    // what takes up room in the text: block maps and lists are where their first entry is
    let is_token = |at: &usize| match &nodes.all[*at].what {
        What::Map { flow } | What::List { flow } => *flow,
        _ => true,
    };
    let tokens: Vec<usize> = (0..nodes.all.len()).filter(is_token).collect();
    let mut owners = Vec::with_capacity(nodes.remarks.len());
    let (mut next, mut document) = (0, 0);
    while owners.len() < nodes.remarks.len() {
        let first = owners.len();
        let at = nodes.remarks[first].span.start;
        while tokens.get(next).is_some_and(|token| nodes.all[*token].start < at) {
            next += 1;
        }
        while nodes.documents.get(document).is_some_and(|d| d.span.end <= at) {
            document += 1;
        }
        let Some(span) = nodes.documents.get(document).map(|d| d.span.clone()) else {
            owners.push(None);
            continue;
        };
        let around = |token: &&usize| span.contains(&nodes.all[**token].start);
        let before = next.checked_sub(1).and_then(|n| tokens.get(n)).filter(around).copied();
        let after = tokens.get(next).filter(around).copied();
        let place = Place { nodes, before, after };
        if nodes.remarks[first].inline {
            owners.push(place.inline(at));
            continue;
        }
        let limit = after.map_or(span.end, |token| nodes.all[token].start);
        let run =
            nodes.remarks[first..].iter().take_while(|r| !r.inline && r.span.start < limit).count().max(1);
        place.lines(&nodes.remarks[first..first + run], &mut owners);
    }
    owners
}

/// A gap between two tokens.
struct Place<'a> {
    nodes: &'a Nodes<'a>,
    before: Option<usize>,
    after: Option<usize>,
}

impl Place<'_> {
    fn is_flow(&self, at: usize) -> bool {
        matches!(self.nodes.all[at].what, What::Map { flow: true } | What::List { flow: true })
    }

    /// The innermost map or list in brackets around a place.
    fn brackets(&self, at: usize) -> Option<usize> {
        let mut up = self.before;
        while let Some(node) = up {
            if self.is_flow(node) && self.nodes.all[node].span.end > at {
                return up;
            }
            up = self.nodes.all[node].parent;
        }
        None
    }

    /// The token before, or the outermost brackets that it ends.
    fn unit(&self) -> Option<usize> {
        let mut unit = self.before?;
        let mut up = Some(unit);
        while let Some(node) = up {
            if self.is_flow(node) {
                unit = node;
            }
            up = self.nodes.all[node].parent;
        }
        Some(unit)
    }

    fn inline(&self, at: usize) -> Option<usize> {
        if let Some(brackets) = self.brackets(at) {
            return Some(brackets);
        }
        if let Some(list) = self.dash(at) {
            return Some(list);
        }
        let unit = self.unit()?;
        if self.is_flow(unit) { Some(unit) } else { self.nodes.all[unit].parent }
    }

    /// Comments on lines of their own.
    fn lines(&self, run: &[Remark], owners: &mut Vec<Option<usize>>) {
        let (nodes, file) = (self.nodes, self.nodes.text.as_bytes());
        let column = |remark: &Remark| nodes.column(remark.span.start);
        let ahead = self.ahead(run[0].span.start);
        let is_value = |node: usize| {
            let parent = nodes.all[node].parent;
            !nodes.all[node].is_key && parent.is_some_and(|p| matches!(nodes.all[p].what, What::Map { .. }))
        };
        let below = match ahead {
            Some(node) if self.is_flow(node) && is_value(node) => ahead,
            _ => ahead.and_then(|node| nodes.all[node].parent),
        };
        if let Some(brackets) = self.brackets(run[0].span.start) {
            owners.extend(run.iter().map(|_| Some(brackets)));
            return;
        }
        let Some(unit) = self.unit() else {
            owners.extend(run.iter().map(|_| below));
            return;
        };
        if let Some(list) = self.dash(run[0].span.start) {
            owners.extend(run.iter().map(|_| Some(list)));
            return;
        }
        let node = &nodes.all[unit];
        let indent = self.column_of(self.block(unit));
        // a key whose value is still to come, or has no text
        let is_open = node.is_key || node.span.is_empty();
        let breaks = |from: usize, to: usize| memchr_iter(b'\n', &file[from.min(to)..to]).count();
        let above = breaks(node.span.end, run[0].span.start);
        let mut close = above <= 1;
        let next_column = ahead.map(|node| self.entry_column(node));
        let begin = ahead.map(|node| &nodes.all[node]);
        let begin = begin.map_or(file.len(), |node| node.mark.unwrap_or(node.start));
        let mut group = 0;
        for at in 0..run.len() {
            let gap_end = run.get(at + 1).map_or(begin, |next| next.span.start);
            let is_last = at + 1 == run.len();
            let start = column(&run[group]);
            let (mut foot, mut dedented) = (false, start < indent);
            let end_of_text = is_last && self.after.is_none();
            if breaks(run[at].span.end, gap_end) > 1 || end_of_text {
                foot = close && ((above <= 1 && group == 0 && !is_open) || start < indent);
                close = false;
            }
            let following = run.get(at + 1).map(column).or(if end_of_text { None } else { next_column });
            if !foot && following.is_some_and(|c| c < indent && c != start) {
                foot = true;
                dedented &= group > 0;
            }
            if foot {
                let block = self.block(unit);
                let is_list = block.is_some_and(|node| matches!(nodes.all[node].what, What::List { .. }));
                let owner = match block {
                    _ if dedented => self.at_column(unit, start, below),
                    // it is found at the end of the list, and that is part of an entry
                    Some(list) if is_list && group > 0 => self.block(list),
                    block => block,
                };
                owners.extend((group..=at).map(|_| owner));
                group = at + 1;
            }
        }
        owners.extend((group..run.len()).map(|_| below));
    }

    /// What follows a place: of what starts with the same dashes, the outermost.
    fn ahead(&self, at: usize) -> Option<usize> {
        let mut outermost = self.after?;
        let mut up = Some(outermost);
        while let Some(node) = up {
            if self.nodes.all[node].mark.is_some_and(|mark| mark > at) {
                outermost = node;
            }
            up = self.nodes.all[node].parent.filter(|parent| parent + 1 == node);
        }
        Some(outermost)
    }

    /// The list whose dash stands before a place, with what follows behind it.
    fn dash(&self, at: usize) -> Option<usize> {
        let mut up = self.after;
        while let Some(node) = up {
            if self.nodes.all[node].mark.is_some_and(|mark| mark < at) {
                return self.nodes.all[node].parent;
            }
            // only the first of a map or list is behind the dash of that
            up = self.nodes.all[node].parent.filter(|parent| parent + 1 == node);
        }
        None
    }

    /// The block map or list in which a token stands.
    fn block(&self, at: usize) -> Option<usize> {
        let mut up = self.nodes.all[at].parent;
        while up.is_some_and(|node| self.is_flow(node)) {
            up = up.and_then(|node| self.nodes.all[node].parent);
        }
        up
    }

    fn column_of(&self, collection: Option<usize>) -> usize {
        let first = collection.and_then(|node| self.nodes.children(node).next());
        first.map_or(0, |first| self.entry_column(first))
    }

    fn entry_column(&self, node: usize) -> usize {
        let node = &self.nodes.all[node];
        self.nodes.column(node.mark.unwrap_or(node.start))
    }

    /// The map or list around a token whose entries stand in a column.
    fn at_column(&self, token: usize, column: usize, below: Option<usize>) -> Option<usize> {
        let mut up = self.block(token);
        while let Some(node) = up {
            if self.column_of(up) == column {
                return up;
            }
            up = self.block(node);
        }
        below
    }
}
