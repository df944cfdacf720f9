//! A JSON file as a tree. It is walked with a pile of its own, so that no nesting can exhaust the stack.

use std::ops::Range;

use super::scan::{Quoted, Scan};
use crate::error::{Error, Result};
use crate::sops::meta::Meta;
use crate::sops::store::line_of;
use crate::sops::tree::{Found, Kind, Step, Text, Tree};

/// How deep maps and lists may lie in each other.
const DEPTH: usize = 256;

/// How deep those of metadata do.
const METADATA_DEPTH: usize = 16;

/// How much longer than the file the names of all its values may be together.
const NAMES: usize = 16;

/// The key under which the metadata stands.
const RESERVED: &[u8] = b"sops";

/// A map or list that has not ended.
struct Around {
    branch: usize,
    list: bool,
    count: usize,
}

pub(in crate::sops::store) fn tree(file: &[u8], any_bytes: bool) -> Result<Tree> {
    let mut scan = Scan { file, at: 0, any_bytes };
    let mut tree = Tree::new(false);
    if scan.next() != Some(b'{') {
        return Err(scan
            .fault("a JSON file that holds values starts with a brace")
            .hint("it is one object, {\"key\": value, …}; put a list under a key: {\"data\": […]}"));
    }
    tree.branches[0].span = scan.at..scan.at;
    tree.branches[0].entry = scan.at..scan.at;
    scan.at += 1;
    let mut around = vec![Around { branch: 0, list: false, count: 0 }];
    while let Some(inner) = around.last_mut() {
        if scan.pass(if inner.list { b']' } else { b'}' }) {
            tree.branches[inner.branch].span.end = scan.at;
            tree.branches[inner.branch].entry.end = scan.at;
            around.pop();
            continue;
        }
        if inner.count > 0 && !scan.pass(b',') {
            return Err(scan.fault(match scan.peek() {
                None => "the file ends in the middle",
                Some(b']' | b'}') => "a bracket closes what another kind of bracket opened",
                Some(_) => "a comma is missing between two values",
            }));
        }
        scan.next();
        let entry = scan.at;
        let key = if inner.list { None } else { Some(scan.key()?) };
        scan.next();
        if inner.branch == 0 && key.as_ref().is_some_and(|key| key.bytes(file) == RESERVED) {
            if tree.metadata.is_some() {
                return Err(scan.fault("the key \"sops\" stands twice at the top"));
            }
            tree.metadata = Some(found(&mut scan, entry)?);
            inner.count += 1;
            continue;
        }
        let (parent, at, start) = (inner.branch, inner.count, scan.at);
        inner.count += 1;
        let step = |key: Option<Quoted>| key.map_or(Step::Index(at), |key| Step::Key(key.text()));
        match scan.peek() {
            Some(mark @ (b'{' | b'[')) => {
                if around.len() == DEPTH {
                    return Err(
                        scan.fault(&format!("maps and lists lie more than {DEPTH} deep in each other"))
                    );
                }
                scan.at += 1;
                let list = mark == b'[';
                // the same step for the leaf that stands for what is empty
                let again = key.as_ref().map_or(Step::Index(at), |key| Step::Key(key.again()));
                let branch = tree.branch(file, parent, step(key), list);
                tree.branches[branch].span = start..start;
                tree.branches[branch].entry = entry..entry;
                if scan.next() == Some(if list { b']' } else { b'}' }) {
                    let end = scan.at + 1;
                    let nothing = (Kind::Empty, Text::At(start..start));
                    tree.leaf(file, parent, again, nothing, start..end, entry..end);
                }
                around.push(Around { branch, list, count: 0 });
            }
            Some(b'"') => {
                let text = scan.quoted()?.text();
                tree.leaf(file, parent, step(key), (Kind::Str, text), start..scan.at, entry..scan.at);
            }
            Some(b',' | b']' | b'}') => return Err(scan.fault("there is a comma too many")),
            _ => {
                let said = scan.bare()?;
                tree.leaf(file, parent, step(key), said, start..scan.at, entry..scan.at);
            }
        }
        if tree.length_of_names() > NAMES * file.len() + (1 << 20) {
            return Err(scan.fault("long keys hold too many values below them"));
        }
    }
    if scan.next().is_some() {
        return Err(scan.fault("there is text behind the end of the object"));
    }
    Ok(tree)
}

/// The metadata, from its value on. `entry`: where its key starts.
fn found(scan: &mut Scan<'_>, entry: usize) -> Result<Found> {
    if scan.peek() != Some(b'{') {
        return Err(scan.fault("the key \"sops\" is reserved for the file's metadata"));
    }
    let (mut mac, mut modified) = (Vec::new(), Vec::new());
    let mut top = |name: &str, range: Range<usize>| match name {
        "mac" => mac.push(range),
        "lastmodified" => modified.push(range),
        _ => {}
    };
    let fields = meta(scan, 0, &mut top)?;
    let blocks = vec![vec![entry..scan.at]];
    Ok(Found { fields, modified, mac, blocks })
}

/// One value of the metadata. `top` is told the entries of the first map and where their values stand.
fn meta(scan: &mut Scan<'_>, depth: usize, top: &mut dyn FnMut(&str, Range<usize>)) -> Result<Meta> {
    if depth > METADATA_DEPTH {
        return Err(scan.fault("the metadata is too deep"));
    }
    let file = scan.file;
    let text = |quoted: &Quoted, at: usize| {
        let line = line_of(file, at);
        String::from_utf8(quoted.bytes(file).to_vec())
            .map_err(|_| Error::failed(format!("line {line}: a metadata text is not UTF-8")))
    };
    match scan.next() {
        Some(b'{') => {
            let mut entries: Vec<(String, Meta)> = Vec::new();
            scan.at += 1;
            while !scan.pass(b'}') {
                if !entries.is_empty() && !scan.pass(b',') {
                    return Err(scan.fault("a comma is missing in the metadata"));
                }
                let key = scan.key()?;
                let name = text(&key, scan.at)?;
                scan.next();
                let start = scan.at;
                let value = meta(scan, depth + 1, top)?;
                if depth == 0 {
                    top(&name, start..scan.at);
                }
                if entries.iter().any(|(there, _)| *there == name) {
                    return Err(scan.fault("a key of the metadata stands twice"));
                }
                entries.push((name, value));
            }
            Ok(Meta::Map(entries))
        }
        Some(b'[') => {
            let mut all = Vec::new();
            scan.at += 1;
            while !scan.pass(b']') {
                if !all.is_empty() && !scan.pass(b',') {
                    return Err(scan.fault("a comma is missing in the metadata"));
                }
                all.push(meta(scan, depth + 1, top)?);
            }
            Ok(Meta::List(all))
        }
        Some(b'"') => {
            let quoted = scan.quoted()?;
            Ok(Meta::Text(text(&quoted, scan.at)?))
        }
        _ => {
            let start = scan.at;
            scan.bare()?;
            Ok(Meta::Bare(String::from_utf8_lossy(&file[start..scan.at]).into_owned()))
        }
    }
}
