//! An INI file as a tree: the root holds sections, a section holds values.
//!
//! The comments above a key or a section are one comment, as sops has it, and stand where sops puts them: those of a
//! key behind it, those of a section before all else in it. Those at the end of the file belong to the last section.

use std::collections::HashSet;
use std::ops::Range;

use super::value;
use crate::error::{Error, Result};
use crate::sops::meta::Meta;
use crate::sops::store::{line_of, text_at};
use crate::sops::tree::{Found, Kind, Step, Text, Tree};

/// The section of the metadata.
pub(super) const RESERVED: &str = "sops";

/// The section of keys that stand above all sections.
pub(super) const TOP: &str = "DEFAULT";

struct Reader<'a> {
    file: &'a str,
    tree: Tree,
    /// The present section; None before the first.
    section: Option<usize>,
    in_metadata: bool,
    /// Comments that wait for what they stand above.
    waiting: Vec<Range<usize>>,
    metadata: Option<Range<usize>>,
    fields: Vec<(Range<usize>, value::Token)>,
    seen: HashSet<&'a str>,
}

pub(super) fn tree(file: &[u8]) -> Result<Tree> {
    let text = std::str::from_utf8(file)
        .map_err(|e| Error::failed(format!("line {} is not UTF-8", line_of(file, e.valid_up_to()))))?;
    let mut reader = Reader {
        file: text,
        tree: Tree::new(false),
        section: None,
        in_metadata: false,
        waiting: Vec::new(),
        metadata: None,
        fields: Vec::new(),
        seen: HashSet::new(),
    };
    let mut at = 0;
    while at < file.len() {
        at = reader.line(at)?;
    }
    reader.finish()
}

impl<'a> Reader<'a> {
    fn fault(&self, at: usize, what: &str) -> Error {
        Error::failed(format!("line {}: {what}", line_of(self.file.as_bytes(), at)))
    }

    /// Where the line ends, with its line feed.
    fn end(&self, at: usize) -> usize {
        self.file[at..].find('\n').map_or(self.file.len(), |n| at + n + 1)
    }

    /// Reads what starts on this line. Answers where the next thing starts.
    fn line(&mut self, at: usize) -> Result<usize> {
        let file = self.file;
        let end = self.end(at);
        let body = file[at..end].trim();
        let start = at + file[at..end].len() - file[at..end].trim_start().len();
        match body.bytes().next() {
            None => {}
            Some(b'#' | b';') => self.waiting.push(start..start + body.len()),
            Some(b'[') => self.header(at, start, body)?,
            Some(_) => return self.pair(at, start, body),
        }
        Ok(end)
    }

    fn header(&mut self, at: usize, start: usize, body: &str) -> Result<()> {
        let Some(close) = body.rfind(']') else {
            return Err(self.fault(start, "the name of a section is not closed by a bracket"));
        };
        if close + 1 != body.len() {
            return Err(self
                .fault(start, "there is text behind the name of a section")
                .hint("a comment stands on a line of its own"));
        }
        let name = start + 1..start + close;
        let end = self.end(at);
        self.seen.clear();
        self.in_metadata = &self.file[name.clone()] == RESERVED;
        if self.in_metadata {
            if self.metadata.is_some() {
                return Err(self.fault(start, "the section \"sops\" stands twice"));
            }
            self.leave_behind();
            // the blank line above it was put there with it
            let above = self.file[..at].ends_with("\n\n") || &self.file[..at] == "\n";
            self.metadata = Some(at - usize::from(above)..end);
            return Ok(());
        }
        if name.is_empty() {
            return Err(self.fault(start, "a section has no name"));
        }
        let section = self.tree.branch(self.file.as_bytes(), 0, Step::Key(Text::At(name)), false);
        self.tree.branches[section].span = at..end;
        self.tree.branches[section].entry = at..end;
        self.section = Some(section);
        self.comments(section);
        Ok(())
    }

    /// The section of keys and comments that stand above all others.
    fn top(&mut self, at: usize) -> usize {
        *self.section.get_or_insert_with(|| {
            let step = Step::Key(Text::from(TOP.as_bytes().to_vec()));
            let section = self.tree.branch(self.file.as_bytes(), 0, step, false);
            self.tree.branches[section].span = at..at;
            self.tree.branches[section].entry = at..at;
            section
        })
    }

    fn pair(&mut self, at: usize, start: usize, body: &'a str) -> Result<usize> {
        let (name, behind) = key(body).map_err(|why| {
            let markers = ["<<<<<<<", "=======", ">>>>>>>"];
            let why = if markers.iter().any(|m| body.starts_with(m)) { "is a conflict marker" } else { why };
            self.fault(start, why)
                .hint("a line is key = value, [section], a comment that starts with ; or #, or empty")
        })?;
        let said = &body[name.clone()];
        let name = start + name.start..start + name.end;
        let value = value::read(self.file, start + behind).map_err(|why| {
            self.fault(start, why)
                .hint("put the value in backquotes: key = `value`; a comment stands on a line of its own")
        })?;
        if !self.seen.insert(said) {
            return Err(
                self.fault(start, "a key stands twice in its section, and sops would keep one of them")
            );
        }
        let end = self.end(value.span.end);
        if self.in_metadata {
            if let Some(block) = &mut self.metadata {
                block.end = end;
            }
            self.waiting.clear();
            self.fields.push((name, value));
            return Ok(end);
        }
        let section = self.top(at);
        self.tree.branches[section].span.end = end;
        self.tree.branches[section].entry.end = end;
        let text = (Kind::Str, Text::At(value.text));
        self.tree.leaf(self.file.as_bytes(), section, Step::Key(Text::At(name)), text, value.span, at..end);
        self.comments(section);
        Ok(end)
    }

    /// Gives the waiting comments to a section. A sealed one and its neighbours stay apart, so that none gets lost.
    fn comments(&mut self, section: usize) {
        let lines = std::mem::take(&mut self.waiting);
        let mut lines = lines.into_iter().peekable();
        while let Some(first) = lines.next() {
            let mut block = vec![first];
            while let Some(next) = lines.next_if(|next| {
                let sealed = |line: &Range<usize>| content(&self.file[line.clone()]).starts_with("ENC[");
                !sealed(&block[0]) && !sealed(next)
            }) {
                block.push(next);
            }
            self.comment(section, &block);
        }
    }

    fn comment(&mut self, section: usize, block: &[Range<usize>]) {
        let (first, last) = (&block[0], &block[block.len() - 1]);
        let text = content(&self.file[first.clone()]);
        let span = first.end - text.len()..last.end;
        // a first line of nothing but its mark keeps it: sops fails on a comment that starts with an empty line
        let text = if text.is_empty() { &self.file[first.clone()] } else { text };
        let joined = (block.len() > 1).then(|| {
            let rest = block[1..].iter().map(|line| &self.file[line.clone()]);
            std::iter::once(text).chain(rest).collect::<Vec<_>>().join("\n").into_bytes()
        });
        let start = self.file[..first.start].rfind('\n').map_or(0, |n| n + 1);
        let entry = start..self.end(last.end);
        self.tree.comment(section, text_at(span.clone(), joined), span, entry);
    }

    /// Comments with nothing below them belong to the last section.
    fn leave_behind(&mut self) {
        if !self.waiting.is_empty() {
            let section = self.top(0);
            self.comments(section);
        }
    }

    fn finish(mut self) -> Result<Tree> {
        self.leave_behind();
        if let Some(block) = self.metadata.take() {
            self.tree.metadata = Some(self.found(block)?);
        }
        Ok(self.tree)
    }

    fn found(&self, block: Range<usize>) -> Result<Found> {
        let spans = |wanted: &str| -> Vec<Range<usize>> {
            let fields = self.fields.iter().filter(|(name, _)| &self.file[name.clone()] == wanted);
            fields.map(|(_, value)| value.span.clone()).collect()
        };
        let lines = self.fields.iter().map(|(name, value)| {
            (&self.file[name.clone()], self.file[value.text.clone()].replace("\\n", "\n"))
        });
        let fields = Meta::gather(lines, "")?;
        Ok(Found { fields, modified: spans("lastmodified"), mac: spans("mac"), blocks: vec![vec![block]] })
    }
}

/// What follows the mark of a comment and the blanks behind it.
fn content(line: &str) -> &str {
    line[1..].trim_start()
}

/// Where the name of a key stands in its line, and where its value begins. `Err`: what is wrong with it.
fn key(body: &str) -> std::result::Result<(Range<usize>, usize), &'static str> {
    const MARKS: [char; 2] = ['=', ':'];
    let quote = ["\"\"\"", "\"", "`"].into_iter().find(|quote| body.starts_with(quote)).unwrap_or_default();
    let (name, behind) = if quote.is_empty() {
        let mark = body.find(MARKS).ok_or("there is no \"=\"")?;
        (0..mark, mark + 1)
    } else {
        let close =
            body[quote.len()..].find(quote).ok_or("a key starts with a quote that is never closed")?;
        let close = close + quote.len();
        let after = &body[close + quote.len()..];
        let mark = after.find(MARKS).ok_or("there is no \"=\"")?;
        if !after[..mark].trim().is_empty() {
            return Err("there is text between a key in quotes and its \"=\"");
        }
        (quote.len()..close, close + quote.len() + mark + 1)
    };
    let text = &body[name.clone()];
    let start = name.start + text.len() - text.trim_start().len();
    let name = start..start + text.trim().len();
    match &body[name.clone()] {
        "" => Err("there is no key before \"=\""),
        "-" => Err("the key \"-\" would be given a number by some readers"),
        _ => Ok((name, behind)),
    }
}
