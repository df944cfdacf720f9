//! Aliases written out as copies, before a text is sealed: the same value under another name is sealed differently.
//!
//! sops does so with every alias. A merge key stays a key with the copy below it, which readers merge as before.

use granit_parser::ScalarStyle;
use memchr::memchr;

use super::layout::eol;
use super::nodes::{DEPTH, Node, Nodes, What, at_line, behind_properties, line_end, skip};
use super::scalars;
use super::tokens::{self, Spot};
use crate::error::Result;
use crate::sops::store::{Patch, weave};
use crate::sops::tree::Kind;

/// How much may be written in the place of aliases, in bytes.
const ROOM: usize = 16 << 20;

/// The text without aliases. None if it has none, and nothing else that cannot be sealed at its place.
pub(super) fn write_out(file: &[u8]) -> Result<Option<Vec<u8>>> {
    let nodes = Nodes::read(file)?;
    let mut copier = Copier { nodes: &nodes, file, eol: eol(file), written: 0, end: 0 };
    let mut patches = Vec::new();
    for (at, node) in nodes.all.iter().enumerate() {
        match &node.what {
            What::Alias { .. } => patches.push(copier.patch(at)?),
            What::Scalar { .. } => {
                patches.extend(copier.header_comment(at));
                patches.extend(copier.last_line(at));
            }
            _ => {}
        }
    }
    Ok((!patches.is_empty()).then(|| weave(file, patches)))
}

struct Copier<'a> {
    nodes: &'a Nodes<'a>,
    file: &'a [u8],
    eol: &'static str,
    written: usize,
    /// Where the alias ends that is written out.
    end: usize,
}

impl Copier<'_> {
    fn patch(&mut self, alias: usize) -> Result<Patch> {
        let node = &self.nodes.all[alias];
        let mut text = Vec::new();
        let mut range = node.span.clone();
        self.end = range.end;
        if node.is_key {
            let of = self.target(alias, alias)?;
            let of = &self.nodes.all[of];
            let What::Scalar { text: key, style } = &of.what else {
                return Err(self.fault(alias, "the key is not a text"));
            };
            if !matches!(scalars::resolve(key, *style, of.tag.as_deref()), Ok((Kind::Str, None))) {
                return Err(self.fault(alias, "the key is not a text"));
            }
            tokens::key(key, true, &mut text);
        } else if self.in_brackets(alias) {
            self.flow(alias, alias, 0, &mut text)?;
        } else {
            let parent = node.parent.map_or(0, |parent| self.column(parent));
            range.start = self.file[..range.start].trim_ascii_end().len().max(node.after);
            let in_map = node.parent.is_some_and(|p| matches!(self.nodes.all[p].what, What::Map { .. }));
            if in_map {
                self.below(alias, alias, parent, 0, &mut text)?;
            } else {
                self.behind_dash(alias, alias, parent, 0, &mut text)?;
            }
        }
        Ok(Patch { range, text })
    }

    /// What an alias stands for.
    fn target(&self, mut at: usize, alias: usize) -> Result<usize> {
        for _ in 0..DEPTH {
            let What::Alias { of } = self.nodes.all[at].what else { return Ok(at) };
            at = of;
        }
        Err(self.fault(alias, "the alias leads back to itself"))
    }

    fn fault(&self, alias: usize, what: &str) -> crate::error::Error {
        at_line(self.file, self.nodes.all[alias].span.start, what)
    }

    fn check(&mut self, alias: usize, depth: usize, out: &[u8]) -> Result<()> {
        if depth > DEPTH {
            return Err(self.fault(alias, &format!("the alias leads more than {DEPTH} maps deep")));
        }
        self.written += 1;
        if self.written > ROOM / 16 || out.len() > ROOM {
            return Err(self.fault(alias, "the aliases of the file stand for too much"));
        }
        Ok(())
    }

    fn column(&self, collection: usize) -> usize {
        let first = self.nodes.children(collection).next();
        first.map_or(0, |first| {
            let first = &self.nodes.all[first];
            self.nodes.column(first.mark.unwrap_or(first.start))
        })
    }

    fn in_brackets(&self, at: usize) -> bool {
        let mut up = self.nodes.all[at].parent;
        while let Some(node) = up {
            if matches!(self.nodes.all[node].what, What::Map { flow: true } | What::List { flow: true }) {
                return true;
            }
            up = self.nodes.all[node].parent;
        }
        false
    }

    /// The copies of what is in a map or list, below each other in `column`; the first stands where `out` ends.
    fn entries(
        &mut self,
        at: usize,
        alias: usize,
        column: usize,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let lines = matches!(self.nodes.all[at].what, What::List { .. });
        for (nth, child) in self.nodes.children(at).enumerate() {
            if nth > 0 && (lines || nth % 2 == 0) {
                self.line(column, out);
            }
            if lines {
                out.push(b'-');
                self.behind_dash(child, alias, column, depth + 1, out)?;
            } else if nth % 2 == 0 {
                self.key(child, alias, false, out)?;
            } else {
                self.below(child, alias, column, depth + 1, out)?;
            }
        }
        Ok(())
    }

    /// The copy of a node behind the colon of an entry in `column`.
    fn below(
        &mut self,
        at: usize,
        alias: usize,
        column: usize,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        self.behind(at, alias, (column + 4, true), depth, out)
    }

    /// The copy of a node behind a dash in `column`.
    fn behind_dash(
        &mut self,
        at: usize,
        alias: usize,
        column: usize,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        self.behind(at, alias, (column + 2, false), depth, out)
    }

    /// The copy of a node whose entries stand in `column`, the first of them on a line of its own or on this one.
    fn behind(
        &mut self,
        at: usize,
        alias: usize,
        (column, below): (usize, bool),
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        self.check(alias, depth, out)?;
        let at = self.target(at, alias)?;
        let node = &self.nodes.all[at];
        let is_full = matches!(node.what, What::Map { .. } | What::List { .. }) && node.end > at + 1;
        if is_full && below {
            self.line(column, out);
        } else {
            out.push(b' ');
        }
        if is_full {
            return self.entries(at, alias, column, depth, out);
        }
        self.scalar(at, false, if below { column } else { column + 2 }, out);
        Ok(())
    }

    fn flow(&mut self, at: usize, alias: usize, depth: usize, out: &mut Vec<u8>) -> Result<()> {
        self.check(alias, depth, out)?;
        let at = self.target(at, alias)?;
        let node = &self.nodes.all[at];
        let (open, close) = match node.what {
            What::Map { .. } => (b'{', b'}'),
            What::List { .. } => (b'[', b']'),
            _ => {
                self.scalar(at, true, 0, out);
                return Ok(());
            }
        };
        let pairs = open == b'{';
        out.push(open);
        for (nth, child) in self.nodes.children(at).enumerate() {
            let is_value = pairs && nth % 2 == 1;
            out.extend_from_slice(if nth > 0 && !is_value { b", " } else { b"" });
            if pairs && !is_value {
                self.key(child, alias, true, out)?;
                out.push(b' ');
            } else {
                self.flow(child, alias, depth + 1, out)?;
            }
        }
        out.push(close);
        Ok(())
    }

    fn key(&mut self, at: usize, alias: usize, flow: bool, out: &mut Vec<u8>) -> Result<()> {
        let at = self.target(at, alias)?;
        match &self.nodes.all[at].what {
            // a merge key in quotes would be none
            What::Scalar { text, .. } if text == "<<" => out.extend_from_slice(b"<<"),
            What::Scalar { text, .. } => tokens::key(text, flow, out),
            _ => return Err(self.fault(alias, "the alias stands for a map with a key that is not a text")),
        }
        out.push(b':');
        Ok(())
    }

    fn scalar(&self, at: usize, flow: bool, indent: usize, out: &mut Vec<u8>) {
        let Node { what, tag, span, .. } = &self.nodes.all[at];
        let What::Scalar { text, style } = what else {
            out.extend_from_slice(if matches!(what, What::Map { .. }) { b"{}" } else { b"[]" });
            return;
        };
        match scalars::resolve(text, *style, tag.as_deref()) {
            Ok((Kind::Str, bytes)) => {
                let bytes = bytes.as_deref().unwrap_or(text.as_bytes());
                let former = if tag.is_none() { &self.file[span.clone()] } else { b"" };
                let block = !flow && tokens::block_ends(self.file, self.end, indent);
                Spot { former, flow, block, indent, eol: self.eol }.write(bytes, out);
            }
            Ok((Kind::Null, _)) => out.extend_from_slice(b"null"),
            // a number with a tag is one with the tag only
            _ => {
                if let Some(tag) = tag {
                    out.extend_from_slice(tag.as_bytes());
                    out.push(b' ');
                }
                out.extend_from_slice(text.as_bytes());
            }
        }
    }

    fn line(&self, column: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(self.eol.as_bytes());
        out.resize(out.len() + column, b' ');
    }

    /// A comment behind the head of a block of lines would go with the block: it comes to stand above the entry.
    fn header_comment(&self, at: usize) -> Vec<Patch> {
        if !matches!(
            self.nodes.all[at].what,
            What::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. }
        ) {
            return Vec::new();
        }
        let token = self.head(at);
        let end = line_end(self.file, token);
        let Some(hash) = memchr(b'#', &self.file[token..end]).map(|n| token + n) else { return Vec::new() };
        self.above(at, hash).into()
    }

    /// A block of lines at the end of a file without a line feed says none, and gets one when the file is written: its
    /// head comes to say that it does not count. Blanks there say nothing, and would with a line feed behind them.
    fn last_line(&self, at: usize) -> Option<Patch> {
        let node = &self.nodes.all[at];
        let What::Scalar { text, style: ScalarStyle::Literal | ScalarStyle::Folded } = &node.what else {
            return None;
        };
        let is_last = self.file[node.span.end..].iter().all(u8::is_ascii_whitespace);
        if !is_last || self.file.ends_with(b"\n") {
            return None;
        }
        let head = self.head(at) + 1;
        let line = self.nodes.line_start(self.file.len());
        if text.is_empty() || text.ends_with('\n') {
            return (line > head).then(|| Patch::cut(line..self.file.len()));
        }
        let said = &self.file[head..(head + 2).min(self.file.len())];
        let range = memchr(b'+', said).map_or(head..head, |keep| head + keep..head + keep + 1);
        memchr(b'-', said).is_none().then(|| Patch { range, text: b"-".to_vec() })
    }

    /// Where a scalar starts behind its tag and anchor.
    fn head(&self, at: usize) -> usize {
        skip(self.file, behind_properties(self.file, self.nodes.all[at].start, 2))
    }

    /// Moves the comment at the end of a line above it.
    fn above(&self, at: usize, hash: usize) -> [Patch; 2] {
        let node = &self.nodes.all[at];
        let end = line_end(self.file, hash);
        let line = self.nodes.line_start(node.start);
        let indent = self.file[line..].iter().take_while(|b| **b == b' ').count();
        let comment = self.file[hash..end].trim_ascii_end();
        let mut text = vec![b' '; indent];
        text.extend_from_slice(comment);
        text.extend_from_slice(self.eol.as_bytes());
        let start = self.file[..hash].trim_ascii_end().len();
        [Patch { range: line..line, text }, Patch::cut(start..hash + comment.len())]
    }
}
