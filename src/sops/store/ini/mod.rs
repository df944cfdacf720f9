//! INI files as sops reads them: sections of `key = value`, comments behind `;` or `#`. Every value is a text, and is
//! named `section.key`; keys above all sections are in `DEFAULT`. Where sops guesses, this store refuses.

mod read;
mod value;

use super::{Patch, Place, Store};
use crate::error::{Error, Result};
use crate::sops::meta::Meta;
use crate::sops::tree::{Kind, Step, Tree, key_of};
use read::{RESERVED, TOP};

pub(in crate::sops) struct Ini;

impl Store for Ini {
    fn read(&self, file: &[u8]) -> Result<Tree> {
        read::tree(file)
    }

    fn token(&self, _: Place<'_>, kind: Kind, text: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if kind != Kind::Comment {
            return value::write(text, out);
        }
        for (at, line) in text.split(|b| *b == b'\n').enumerate() {
            // the first stands behind its mark already
            if at > 0 {
                let line = line.trim_ascii();
                let marked = line.starts_with(b";") || line.starts_with(b"#");
                out.extend_from_slice(if marked { b"\n" } else { b"\n; " });
                out.extend_from_slice(line);
            } else {
                out.extend_from_slice(line);
            }
        }
        Ok(())
    }

    /// As sops prints numbers where it is told to put one here.
    fn shown(&self, kind: Kind, text: &str) -> Option<String> {
        super::Dotenv.shown(kind, text)
    }

    fn is_typed(&self) -> bool {
        false
    }

    fn takes(&self, kind: Kind, text: &[u8], encrypted: bool) -> Result<()> {
        if kind == Kind::Comment {
            return Ok(());
        }
        value::write(text, &mut Vec::new())?;
        if encrypted || std::str::from_utf8(text).is_ok_and(value::survives_sops) {
            return Ok(());
        }
        Err(Error::failed(
            "a value that is not encrypted has quotes or a backslash that sops would write back changed",
        ))
    }

    /// The comments above a key go with it.
    fn along(&self, tree: &Tree, leaf: usize) -> Vec<usize> {
        let key = &tree.leaves[leaf];
        let behind = (leaf + 1..tree.leaves.len()).take_while(|at| {
            let comment = &tree.leaves[*at];
            comment.kind == Kind::Comment
                && comment.branch == key.branch
                && comment.entry.start < key.entry.start
        });
        behind.collect()
    }

    fn cut(&self, _: &[u8], tree: &Tree, leaves: &[usize], branches: &[usize]) -> Vec<Patch> {
        let below = tree.leaves.iter().filter(|leaf| branches.contains(&leaf.branch));
        let mut gone: Vec<_> = below.map(|leaf| leaf.entry.clone()).collect();
        gone.extend(branches.iter().map(|at| tree.branches[*at].entry.clone()));
        gone.extend(leaves.iter().map(|at| tree.leaves[*at].entry.clone()));
        gone.sort_by_key(|range| (range.start, range.end));
        gone.dedup();
        gone.into_iter().map(Patch::cut).collect()
    }

    fn graft(&self, file: &[u8], tree: &Tree, branch: usize, way: &[Step]) -> Result<Patch> {
        let refuse = |what: &str| Err(Error::usage(what.to_owned()).note("nothing was changed"));
        let keys: Option<Vec<&[u8]>> = way.iter().map(|step| key_of(step, file)).collect();
        let (at, header, key) = match (branch, keys.as_deref()) {
            (0, Some([section, key])) => match std::str::from_utf8(section) {
                Ok(TOP) => (0, None, *key),
                Ok(name) if can_be_section(name) => (end_of_values(file, tree), Some(name), *key),
                _ => return refuse("an INI file cannot hold a section of this name"),
            },
            (1.., Some([key])) => (tree.branches[branch].entry.end, None, *key),
            _ => {
                return refuse(
                    "a value of an INI file is named section.key; keys above all sections are in DEFAULT",
                );
            }
        };
        let Some(key) = std::str::from_utf8(key).ok().and_then(key_in_quotes) else {
            return refuse("an INI file cannot hold a key of this name");
        };
        let mut text = String::new();
        if at > 0 && file[at - 1] != b'\n' {
            text.push('\n');
        }
        if let Some(name) = header {
            text.push_str(if at > 0 { "\n[" } else { "[" });
            text.push_str(name);
            text.push_str("]\n");
        }
        text.push_str(&key);
        text.push_str(mark(file, tree, branch));
        text.push('\n');
        // what stood first is a section or its comment
        if at == 0 && header.is_none() && tree.leaves.is_empty() && !file.is_empty() {
            text.push('\n');
        }
        Ok(Patch { range: at..at, text: text.into_bytes() })
    }

    fn metadata(&self, _: &[u8], _: &Tree, fields: &Meta) -> Vec<u8> {
        let lines = fields.flatten();
        let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let mut out = format!("\n[{RESERVED}]\n").into_bytes();
        for (name, text) in lines {
            out.extend_from_slice(format!("{name:width$} = ").as_bytes());
            let text = text.replace('\n', "\\n");
            // one line of UTF-8 always finds a form
            let _ = value::write(text.as_bytes(), &mut out);
            out.push(b'\n');
        }
        out
    }

    /// Comments at the end stay behind it: above the section of the metadata they would become a part of that.
    fn attach(&self, file: &[u8], tree: &Tree, block: &[u8]) -> Result<Vec<Patch>> {
        let there = self.detach(file, tree);
        if let Some(patch) = there.into_iter().next() {
            return Ok(vec![Patch { text: block.to_vec(), ..patch }]);
        }
        let at = end_of_values(file, tree);
        let unended = at > 0 && file[at - 1] != b'\n';
        let text = [if unended { &b"\n"[..] } else { b"" }, block].concat();
        Ok(vec![Patch { range: at..at, text }])
    }

    fn detach(&self, _: &[u8], tree: &Tree) -> Vec<Patch> {
        let blocks = tree.metadata.iter().flat_map(|found| found.blocks.iter().flatten());
        blocks.map(|range| Patch::cut(range.clone())).collect()
    }
}

/// Where the last section ends: before the metadata, and before comments with nothing below them.
fn end_of_values(file: &[u8], tree: &Tree) -> usize {
    if let Some(block) = tree.metadata.as_ref().and_then(|found| found.blocks.first()?.first()) {
        return block.start;
    }
    let last = tree.branches[1..].iter().map(|section| section.entry.end).max().unwrap_or_default();
    let comments = tree.leaves.iter().filter(|leaf| leaf.kind == Kind::Comment && leaf.entry.start >= last);
    comments.map(|leaf| leaf.entry.start).min().unwrap_or(file.len())
}

/// What the section has between its keys and values.
fn mark(file: &[u8], tree: &Tree, section: usize) -> &'static str {
    let beside = tree.leaves.iter().rfind(|leaf| leaf.branch == section && leaf.step.is_some());
    let close = beside.is_some_and(|leaf| matches!(file[..leaf.span.start].last(), Some(b'=' | b':')));
    if close { "=" } else { " = " }
}

fn can_be_section(name: &str) -> bool {
    name.trim() == name && !name.is_empty() && !name.contains(['\n', '\r', '[', ']']) && name != RESERVED
}

/// A key as it stands in its line. None if none could.
fn key_in_quotes(key: &str) -> Option<String> {
    let plain = key.trim() == key && !key.is_empty() && key != "-" && !key.contains(['\n', '\r']);
    if !plain || key.starts_with(['[', '#', ';']) {
        return None;
    }
    let quote = if !key.contains(['=', ':', '"', '`']) {
        ""
    } else {
        // as sops does; one of both in a key is enough
        ["`", "\"\"\""].into_iter().find(|quote| !key.contains(*quote) && !key.ends_with('"'))?
    };
    Some(format!("{quote}{key}{quote}"))
}
