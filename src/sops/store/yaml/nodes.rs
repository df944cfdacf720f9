//! The structure of a YAML text: its documents, maps, lists and scalars in the order of the file, each with its place.
//!
//! The events of the parser say what there is; a cursor that follows them through the text finds what they leave out:
//! colons, dashes, tags and anchors. It knows neither types nor metadata.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};
use memchr::{memchr, memchr_iter, memmem, memrchr};

use super::super::line_of;
use crate::error::{Error, Result};

/// How deep maps and lists may lie in each other.
pub(super) const DEPTH: usize = 128;

/// What a node is. Numbers are places in [`Nodes::all`].
pub(super) enum What<'a> {
    Map { flow: bool },
    List { flow: bool },
    Scalar { text: Cow<'a, str>, style: ScalarStyle },
    Alias { of: usize },
}

/// A map, a list, a scalar or an alias. Keys are nodes too: the children of a map are keys and values in turn.
pub(super) struct Node<'a> {
    pub(super) what: What<'a>,
    pub(super) parent: Option<usize>,
    /// Where its tag or anchor starts, or it itself.
    pub(super) start: usize,
    /// It itself. A scalar with a tag starts at its first property: the tag goes with the token.
    pub(super) span: Range<usize>,
    /// Behind the colon or dash before it.
    pub(super) after: usize,
    /// The dash or `?` before it, if it has one.
    pub(super) mark: Option<usize>,
    pub(super) tag: Option<String>,
    /// Whether it is the key of a map.
    pub(super) is_key: bool,
    /// The node behind the last one inside of it.
    pub(super) end: usize,
}

/// A comment, with its `#`.
pub(super) struct Remark {
    pub(super) span: Range<usize>,
    /// Whether something stands before it on its line.
    pub(super) inline: bool,
}

/// A document: its root and the bytes that are its own, without marks of its start and end.
pub(super) struct Document {
    pub(super) root: usize,
    pub(super) span: Range<usize>,
}

/// A text, taken apart.
pub(super) struct Nodes<'a> {
    pub(super) text: &'a str,
    pub(super) all: Vec<Node<'a>>,
    pub(super) documents: Vec<Document>,
    pub(super) remarks: Vec<Remark>,
}

/// An error that names a line.
pub(super) fn at_line(file: &[u8], at: usize, what: &str) -> Error {
    Error::failed(format!("line {}: {what}", line_of(file, at.min(file.len()))))
}

impl<'a> Nodes<'a> {
    pub(super) fn read(file: &'a [u8]) -> Result<Self> {
        let text = std::str::from_utf8(file)
            .map_err(|e| at_line(file, e.valid_up_to(), "it is not UTF-8, and YAML is"))?;
        // alone it ends a line, which no editor shows and nothing here counts
        if let Some(at) = memchr_iter(b'\r', file).find(|at| file.get(at + 1) != Some(&b'\n')) {
            let error = at_line(file, at, "a carriage return stands without a line feed");
            return Err(error.hint("in a value, write it as \\r in double quotes"));
        }
        let options = granit_parser::options! {
            flow_nesting_limit: DEPTH,
            block_nesting_limit: DEPTH,
            max_buffered_comment_events: usize::MAX,
        };
        let mut reader = Reader {
            nodes: Nodes { text, all: Vec::new(), documents: Vec::new(), remarks: Vec::new() },
            open: Vec::new(),
            anchors: Vec::new(),
            at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        };
        for event in Parser::new_from_str_with_options(text, options) {
            match event {
                Ok((event, span)) => reader.take(event, span)?,
                Err(e) => return Err(fault(file, e.marker().line(), e.kind())),
            }
        }
        reader.nodes.remarks.sort_by_key(|remark| remark.span.start);
        Ok(reader.nodes)
    }

    /// The children of a node, in order; of a map keys and values in turn.
    pub(super) fn children(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.all[of].end;
        let mut next = of + 1;
        std::iter::from_fn(move || {
            let this = next;
            (this < end).then(|| {
                next = self.all[this].end;
                this
            })
        })
    }

    /// The start of the line on which a place is.
    pub(super) fn line_start(&self, at: usize) -> usize {
        line_start(self.text.as_bytes(), at)
    }

    /// How far from the start of its line a place is.
    pub(super) fn column(&self, at: usize) -> usize {
        let start = self.line_start(at);
        let mark = if start == 0 && self.text.starts_with('\u{feff}') { 3 } else { 0 };
        self.text[start..at].chars().count() - usize::from(mark > 0 && at >= 3)
    }
}

/// The start of the line on which a place is.
pub(super) fn line_start(file: &[u8], at: usize) -> usize {
    memrchr(b'\n', &file[..at]).map_or(0, |n| n + 1)
}

/// The end of the line on which a place is, before its line feed.
pub(super) fn line_end(file: &[u8], at: usize) -> usize {
    memchr(b'\n', &file[at..]).map_or(file.len(), |n| at + n)
}

/// The end of the last line that has blanks and nothing else, of the lines without a text that start at a place.
pub(super) fn behind_blanks(file: &[u8], at: usize) -> usize {
    let (mut end, mut next) = (at, at);
    while next < file.len() {
        let line = &file[next..line_end(file, next)];
        if !line.iter().all(u8::is_ascii_whitespace) {
            break;
        }
        next = (next + line.len() + 1).min(file.len());
        if line.iter().any(|b| matches!(b, b' ' | b'\t')) {
            end = next;
        }
    }
    end
}

fn fault(file: &[u8], line: usize, kind: &granit_parser::ErrorKind) -> Error {
    use granit_parser::ErrorKind as K;
    // the mark of a conflict can break the text far behind itself
    for mark in [&b"<<<<<<< "[..], b">>>>>>> "] {
        if let Some(at) = memmem::find_iter(file, mark).find(|at| *at == 0 || file[at - 1] == b'\n') {
            return Error::failed(format!("line {} is a conflict marker", line_of(file, at))).hint(
                "take one side with `git checkout --ours` or `--theirs`, then apply the other side's changes",
            );
        }
    }
    let what = match kind {
        K::UnknownAnchor => "it is an alias for an anchor that does not stand before it",
        K::RecursionLimitExceeded => {
            return Error::failed(format!(
                "line {line}: maps and lists lie in each other more than {DEPTH} deep"
            ));
        }
        _ => "it is not YAML",
    };
    Error::failed(format!("line {line}: {what}"))
}

struct Reader<'a> {
    nodes: Nodes<'a>,
    /// The maps and lists around the cursor, and whether the next node of a map is a key.
    open: Vec<(usize, bool)>,
    /// By number of the parser, the node.
    anchors: Vec<usize>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, event: Event<'a>, span: Span) -> Result<()> {
        let range = span.byte_range().unwrap_or(self.at..self.at);
        match event {
            Event::DocumentStart(explicit, version) => {
                if version.is_some_and(|v| (v.major, v.minor) != (1, 1)) {
                    let file = self.nodes.text.as_bytes();
                    let error = at_line(file, self.at, "sops reads no document that says it is YAML 1.2");
                    return Err(error.hint("leave the line with %YAML out"));
                }
                if explicit {
                    self.at = self.at.max(range.end);
                }
                let root = self.nodes.all.len();
                self.nodes.documents.push(Document { root, span: self.at..self.nodes.text.len() });
            }
            Event::DocumentEnd => {
                let from = self.at.max(range.start.min(self.nodes.text.len()));
                let end = self.next_mark(from.min(range.start).max(self.at));
                if let Some(document) = self.nodes.documents.last_mut() {
                    document.span.end = end;
                }
                self.at = self.at.max(range.end);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| tag_text(&tag));
                self.scalar(text, style, anchor, tag, range);
            }
            Event::Alias(of) => {
                let (after, mark) = self.reach();
                let of = self.anchors.get(of).copied().unwrap_or_default();
                self.push(What::Alias { of }, range.start, range.clone(), (after, mark), None, 0);
                self.at = range.end;
            }
            Event::MappingStart(style, anchor, tag) => {
                let flow = style == StructureStyle::Flow;
                self.start(What::Map { flow }, flow, anchor, tag.map(|tag| tag_text(&tag)), range);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let flow = style == StructureStyle::Flow;
                self.start(What::List { flow }, flow, anchor, tag.map(|tag| tag_text(&tag)), range);
            }
            Event::MappingEnd | Event::SequenceEnd => self.finish(&range),
            Event::Comment(..) => {
                let file = self.nodes.text.as_bytes();
                let before = &file[line_start(file, range.start)..range.start];
                let before = before.strip_prefix(b"\xef\xbb\xbf").unwrap_or(before);
                let inline = !before.iter().all(|b| matches!(b, b' ' | b'\t'));
                self.nodes.remarks.push(Remark { span: range, inline });
            }
            _ => {}
        }
        Ok(())
    }

    /// The next mark of a document's start or end, or the end of the text.
    fn next_mark(&self, from: usize) -> usize {
        let file = self.nodes.text.as_bytes();
        let mut at = line_start(file, from.min(file.len()));
        if at < from {
            at = (line_end(file, from) + 1).min(file.len());
        }
        while at < file.len() {
            let line = &file[at..line_end(file, at)];
            let is_mark = (line.starts_with(b"---") || line.starts_with(b"..."))
                && line.get(3).is_none_or(|b| matches!(b, b' ' | b'\t' | b'\r'));
            if is_mark || line.starts_with(b"%") {
                return at;
            }
            at = (at + line.len() + 1).min(file.len());
        }
        at
    }

    fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<String>,
        range: Range<usize>,
    ) {
        let (after, mark) = self.reach();
        let file = self.nodes.text.as_bytes();
        let properties = usize::from(anchor > 0) + usize::from(tag.is_some());
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let is_nothing = style == ScalarStyle::Plain && range.is_empty();
        let (mut start, mut token) = (self.at, self.at);
        if properties > 0 {
            start = skip(file, self.at);
            token = behind_properties(file, start, properties);
        }
        if is_nothing {
            let text = Cow::Borrowed("");
            let start = if properties > 0 { start } else { token };
            let begin = if tag.is_some() { start } else { token };
            self.push(What::Scalar { text, style }, start, begin..token, (after, mark), tag, anchor);
            self.at = token;
            return;
        }
        let (token, end) = if is_block {
            (skip(file, token), block_end(file, skip(file, token), &range, &text))
        } else {
            (range.start, range.end)
        };
        let text = if is_block { unended(file, token, end, text) } else { text };
        let start = if properties > 0 { start } else { token };
        let begin = if tag.is_some() { start } else { token };
        self.push(What::Scalar { text, style }, start, begin..end, (after, mark), tag, anchor);
        self.at = range.end.max(end);
    }

    fn start(&mut self, what: What<'a>, flow: bool, anchor: usize, tag: Option<String>, range: Range<usize>) {
        let (after, mark) = self.reach();
        let file = self.nodes.text.as_bytes();
        let properties = usize::from(anchor > 0) + usize::from(tag.is_some());
        let mut start = skip(file, self.at);
        if properties > 0 {
            self.at = behind_properties(file, start, properties);
        }
        if flow && !range.is_empty() {
            self.at = range.end;
        }
        let inner = if flow && !range.is_empty() { range.start } else { skip(file, self.at) };
        if properties == 0 {
            start = inner;
        }
        let at = self.push(what, start, inner..inner, (after, mark), tag, anchor);
        self.open.push((at, true));
    }

    fn finish(&mut self, range: &Range<usize>) {
        let Some((at, _)) = self.open.pop() else { return };
        self.nodes.all[at].end = self.nodes.all.len();
        let last = self.nodes.children(at).last();
        let node = &self.nodes.all[at];
        let closed =
            matches!(node.what, What::Map { flow: true } | What::List { flow: true }) && !range.is_empty();
        let span_end = if closed {
            self.at = range.end;
            range.end
        } else {
            last.map_or(node.span.start, |last| self.nodes.all[last].span.end).max(node.span.start)
        };
        let node = &mut self.nodes.all[at];
        node.span.end = span_end;
    }

    /// Adds a node; what it is about to hold comes behind it.
    fn push(
        &mut self,
        what: What<'a>,
        start: usize,
        span: Range<usize>,
        (after, mark): (usize, Option<usize>),
        tag: Option<String>,
        anchor: usize,
    ) -> usize {
        let at = self.nodes.all.len();
        let mut is_key = false;
        let parent = self.open.last_mut().map(|(parent, comes_key)| {
            is_key = *comes_key && matches!(self.nodes.all[*parent].what, What::Map { .. });
            *comes_key = !*comes_key;
            *parent
        });
        self.nodes.all.push(Node { what, parent, start, span, after, mark, tag, is_key, end: at + 1 });
        if anchor > 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, 0);
            }
            self.anchors[anchor] = at;
        }
        at
    }

    /// Moves the cursor over the colon, dash or comma before a node. Answers where it came behind them, and where a dash
    /// or `?` stands.
    fn reach(&mut self) -> (usize, Option<usize>) {
        let file = self.nodes.text.as_bytes();
        let Some((parent, is_key)) = self.open.last() else { return (self.at, None) };
        let next = skip(file, self.at);
        let here = file.get(next).copied();
        let mut mark = None;
        match self.nodes.all[*parent].what {
            What::Map { flow } if *is_key => {
                let next = if flow && here == Some(b',') { skip(file, next + 1) } else { next };
                let ends = |b: Option<&u8>| b.is_none_or(u8::is_ascii_whitespace);
                if file.get(next) == Some(&b'?') && ends(file.get(next + 1)) {
                    mark = Some(next);
                    self.at = next + 1;
                } else if next > self.at && flow {
                    self.at = next;
                }
            }
            What::Map { .. } if here == Some(b':') => self.at = next + 1,
            What::List { flow: false } if here == Some(b'-') => {
                mark = Some(next);
                self.at = next + 1;
            }
            What::List { flow: true } if here == Some(b',') => self.at = next + 1,
            _ => {}
        }
        (self.at, mark)
    }
}

/// The next place that is neither blank nor comment.
pub(super) fn skip(file: &[u8], mut at: usize) -> usize {
    loop {
        while file.get(at).is_some_and(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {
            at += 1;
        }
        let is_comment = file.get(at) == Some(&b'#')
            && (at == 0 || matches!(file[at - 1], b' ' | b'\t' | b'\r' | b'\n' | 0xbf));
        if !is_comment {
            return at;
        }
        at = line_end(file, at);
    }
}

/// Behind so many tags and anchors.
pub(super) fn behind_properties(file: &[u8], mut at: usize, count: usize) -> usize {
    for nth in 0..count {
        if nth > 0 {
            at = skip(file, at);
        }
        if !matches!(file.get(at), Some(b'!' | b'&')) {
            break;
        }
        let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b',' | b'[' | b']' | b'{' | b'}');
        at += file[at..].iter().position(ends).unwrap_or(file.len() - at);
    }
    at
}

/// The end of a block scalar without its last line break; blank lines count where the header says that they are kept,
/// and where they are a part of what it says, being longer than its lines are indented.
fn block_end(file: &[u8], header: usize, content: &Range<usize>, text: &str) -> usize {
    let line = line_end(file, header);
    let head = &file[header..line];
    let head = memchr(b'#', head).map_or(head, |comment| &head[..comment]);
    let mut end = content.end.clamp(header, file.len());
    let floor = line - usize::from(file[..line].ends_with(b"\r"));
    if memchr(b'+', head).is_some() {
        // a blank line at the end is a line of its own
        if end > floor && file[end - 1] == b'\n' {
            end -= 1;
            end -= usize::from(file[end - 1] == b'\r');
        }
    } else {
        let indent = text_indent(file.get(line + 1..).unwrap_or_default(), text).unwrap_or(usize::MAX);
        while end > floor {
            let start = line_start(file, end);
            let written = file[start..end].strip_suffix(b"\r").unwrap_or(&file[start..end]);
            let is_empty = written.iter().all(u8::is_ascii_whitespace) && written.len() <= indent;
            if start <= floor || !is_empty {
                break;
            }
            end = start - 1;
        }
        end -= usize::from(end > floor && file[end - 1] == b'\r');
    }
    end.max(floor)
}

/// What a block scalar says whose last line is the last of the file and has no line feed: none, as sops has it, where
/// the parser adds one.
fn unended<'a>(file: &[u8], header: usize, end: usize, text: Cow<'a, str>) -> Cow<'a, str> {
    let is_last = file[end..].iter().all(u8::is_ascii_whitespace) && !file.ends_with(b"\n");
    if !is_last || !text.ends_with('\n') {
        return text;
    }
    let lines = file.get(line_end(file, header) + 1..).unwrap_or_default();
    let Some(indent) = text_indent(lines, &text) else {
        return "\n".repeat(memchr_iter(b'\n', lines).count()).into();
    };
    let last = &lines[line_start(lines, lines.len())..];
    if !is_full(last) && last.len() <= indent {
        return text;
    }
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..text.len() - 1]),
        Cow::Owned(mut text) => {
            text.pop();
            Cow::Owned(text)
        }
    }
}

/// Whether a line has more than blanks.
fn is_full(line: &[u8]) -> bool {
    line.iter().any(|b| !matches!(b, b' ' | b'\t' | b'\r'))
}

/// How far a block scalar is indented that says `text`, and is the first of these lines. None if it says no more than
/// line feeds.
fn text_indent(lines: &[u8], text: &str) -> Option<usize> {
    let each = |text| <[u8]>::split(text, |b| *b == b'\n');
    let blanks = |line: &[u8]| line.iter().take_while(|b| **b == b' ').count();
    let said = text.as_bytes();
    if said.iter().all(|b| *b == b'\n') {
        return None;
    }
    let (written, said) =
        match (each(lines).find(|line| is_full(line)), each(said).find(|line| is_full(line))) {
            (Some(written), Some(said)) => (blanks(written), blanks(said)),
            _ => {
                let empty = each(lines).take_while(|line| !is_full(line));
                (empty.map(blanks).max()?, each(said).map(blanks).max()?)
            }
        };
    Some(written.saturating_sub(said))
}

fn tag_text(tag: &granit_parser::Tag) -> String {
    let (handle, suffix) = tag.parts();
    match handle.strip_prefix("tag:yaml.org,2002:") {
        Some(rest) => format!("!!{rest}{suffix}"),
        None => format!("{handle}{suffix}"),
    }
}
