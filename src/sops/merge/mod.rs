//! Three versions of a sealed file become one: ours, with what theirs changed since the base.
//!
//! Values are compared opened, by name, so that another nonce, another order of lines or another data key is no change.
//! What nobody touched keeps its ciphertext, and what is taken over from theirs does too where both have one data key.
//! A conflict is a name that both changed, each in another way; then the file holds both sealed texts between marks, and
//! no program reads it until somebody has chosen. Decision 0045 says why so.

mod apply;
mod build;
mod comments;
mod marked;
mod place;
mod recipients;
mod settings;
#[cfg(test)]
mod tests;
mod unit;

use super::open::{Open, showable};
use super::value::Cipher;
use super::{Sealed, Tools, judge, opening};
use crate::error::{Error, Kind as Failure, Result};
use crate::keys::Keyring;
use build::{Build, copy_of};
use unit::{Index, Unit};

/// One of the two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that the other comes to.
    Ours,
    /// The one that comes.
    Theirs,
}

/// What became of three versions.
pub struct Merged {
    /// The sealed file; with conflicts, one with marks that nothing reads.
    pub file: Vec<u8>,
    /// The names that both changed in different ways, and for which nobody has chosen.
    pub conflicts: Vec<String>,
    /// What a person may want to look at.
    pub notes: Vec<String>,
}

/// Three versions of a file, opened.
pub struct Versions {
    base: Option<Open>,
    ours: Open,
    theirs: Open,
}

impl Versions {
    /// Opens them. A base that is empty is none: both sides have made the file.
    pub fn open(base: &[u8], ours: Vec<u8>, theirs: Vec<u8>, keyring: &Keyring) -> Result<Self> {
        let opened = |bytes: Vec<u8>, which: &str| {
            let open = in_values(bytes).and_then(|sealed| sealed.open(keyring));
            open.map_err(|e| e.context(which))
        };
        let (ours, theirs) = (opened(ours, "our version")?, opened(theirs, "their version")?);
        let base = if base.is_empty() { None } else { Some(base_of(base, &ours, &theirs, keyring)?) };
        let format = base.iter().chain([&theirs]).map(Open::format).find(|format| *format != ours.format());
        if let Some(format) = format {
            let (one, other) = (ours.format().word(), format.word());
            return Err(Error::failed(format!("the versions are files of two kinds, {one} and {other}")));
        }
        Ok(Versions { base, ours, theirs })
    }

    /// Merges them. `pick` chooses a side for names in conflict.
    pub fn merge(
        self,
        pick: &dyn Fn(&str) -> Option<Side>,
        marker: usize,
        tools: &mut Tools<'_>,
    ) -> Result<Merged> {
        let Versions { base, ours, theirs } = self;
        let (before, ours_format) = (ours.file.clone(), ours.format);
        let now = later(tools.now, [ours.modified(), theirs.modified()]);
        let units = {
            let versions: Vec<&Open> = [&ours].into_iter().chain(&base).chain([&theirs]).collect();
            unit::all(&versions)
        };
        let (mut wanted, mut undecided, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
        let (in_ours, in_theirs) = (Index::of(&ours), Index::of(&theirs));
        let in_base = base.as_ref().map(|base| (base, Index::of(base)));
        for unit in &units {
            let (o, t) = (in_ours.leaves(unit), in_theirs.leaves(unit));
            let b = in_base.as_ref().map(|(base, index)| (*base, index.leaves(unit)));
            let as_base = |open: &Open, leaves: &[usize]| match &b {
                Some((base, b)) => unit::same((base, b), (open, leaves)),
                None => leaves.is_empty(),
            };
            if unit::same((&ours, o), (&theirs, t)) || as_base(&theirs, t) {
                continue;
            }
            let name = shown(&ours, unit.name());
            match if as_base(&ours, o) { Some(Side::Theirs) } else { pick(&name) } {
                Some(Side::Theirs) => wanted.push(unit.clone()),
                Some(Side::Ours) => {}
                None => {
                    undecided.push(unit.clone());
                    conflicts.push(name);
                }
            }
        }
        let lists: Vec<&Unit> = units.iter().filter(|unit| matches!(unit, Unit::List(_))).collect();
        let comments = comments::changes(base.as_ref(), &ours, &theirs);
        let mut notes = Vec::new();
        let mut build = Build::new(ours, &theirs, &comments.same);
        let settled = settings::merge(base.as_ref(), &mut build, pick, tools)?;
        conflicts.extend(settled.iter().cloned());
        build.drop_comments(&comments.gone, &lists)?;
        build.take(&wanted, &added(&comments.new, &theirs, &lists), &mut notes)?;
        let cipher = copy_of(&build.open.cipher)?;
        let file = finish(build, &before, &now, tools)?;
        if conflicts.is_empty() {
            return Ok(Merged { file, conflicts, notes });
        }
        // the same file with theirs where a choice is open: the lines that differ are the conflict
        let other = checked(&file, cipher).and_then(|open| {
            let comments = comments::changes(None, &open, &theirs);
            let mut build = Build::new(open, &theirs, &comments.same);
            let chosen = |name: &str| settled.iter().any(|s| s == name).then_some(Side::Theirs);
            settings::merge(base.as_ref(), &mut build, &chosen, tools)?;
            build.take(&undecided, &[], &mut notes)?;
            finish(build, &file, &now, tools)
        });
        let file = marked::mark(ours_format, &file, other.ok().as_deref(), marker);
        Ok(Merged { file, conflicts, notes })
    }
}

/// A base that was sealed before this identity could open it mostly has the data key that it has now. One that git made
/// of two and that is in conflict says nothing of the keys in conflict, and its MAC fits nothing.
fn base_of(bytes: &[u8], ours: &Open, theirs: &Open, keyring: &Keyring) -> Result<Open> {
    if let Some(rest) = marked::without_marked(bytes) {
        return partly(rest, keyring).map_err(|e| e.context("the common ancestor, itself in conflict"));
    }
    let opened = in_values(bytes.to_vec()).and_then(|sealed| sealed.open(keyring));
    match opened {
        Err(e) if e.kind() == Failure::NoIdentity => [ours, theirs]
            .into_iter()
            .find_map(|open| checked(bytes, copy_of(&open.cipher).ok()?).ok())
            .ok_or_else(|| e.context("the common ancestor")),
        other => other.map_err(|e| e.context("the common ancestor")),
    }
}

/// What is left of a file in conflict, each value checked by itself. Only to compare with.
fn partly(bytes: Vec<u8>, keyring: &Keyring) -> Result<Open> {
    let sealed = in_values(bytes)?;
    let cipher = sealed.data_key(keyring)?;
    let Sealed { file, format, tree, metadata } = sealed;
    let flags = judge::verdicts(&tree, &file, &metadata.rule, |at| tree.leaves[at].text.bytes(&file));
    let (held, _) = opening::all(&file, format, &tree, &flags, &cipher)?;
    Ok(Open::unsealed((file, format, tree), held, metadata, cipher))
}

/// A file of which each value is sealed by itself: only there the text between marks says nothing.
fn in_values(bytes: Vec<u8>) -> Result<Sealed> {
    let sealed = Sealed::parse(bytes)?;
    if sealed.is_whole() {
        return Err(Error::failed(
            "a whole age file is sealed as one piece, so that no part of it can be merged",
        ));
    }
    Ok(sealed)
}

/// A sealed file whose data key is known.
fn checked(bytes: &[u8], cipher: Cipher) -> Result<Open> {
    let Sealed { file, format, tree, metadata } = in_values(bytes.to_vec())?;
    Open::check(file, format, tree, metadata, cipher)
}

/// Seals the result, and proves that it opens. Where nothing came to ours, its very bytes.
fn finish(mut build: Build<'_>, before: &[u8], now: &str, tools: &mut Tools<'_>) -> Result<Vec<u8>> {
    if !build.open.changed {
        return Ok(before.to_vec());
    }
    build.judge()?;
    let cipher = copy_of(&build.open.cipher)?;
    let file = build.open.seal(now, tools.random)?;
    checked(&file, cipher).map_err(|e| e.context("the merged file"))?;
    Ok(file)
}

/// The latest of the times: a clock that is behind does not make the result older than what it came from.
fn later(now: &str, sealed: [&str; 2]) -> String {
    let at = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let latest = sealed.into_iter().chain([now]).filter_map(at).max();
    latest.map_or_else(|| now.to_owned(), |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The comments of theirs that come on their own; those in a list that is taken whole come with it.
fn added(new: &[usize], theirs: &Open, lists: &[&Unit]) -> Vec<usize> {
    let listed: Vec<usize> = lists.iter().flat_map(|list| list.leaves(theirs)).collect();
    new.iter().copied().filter(|at| !listed.contains(at)).collect()
}

/// A name for messages and choices.
fn shown(open: &Open, name: &[u8]) -> String {
    showable(&open.tree, name).unwrap_or("(a key that is no name)").to_owned()
}

/// The error of a file that a merge has left in conflict, where it is one.
pub(super) fn unmerged(file: &[u8]) -> Option<Error> {
    let lines = file.split(|b| *b == b'\n').enumerate();
    let found =
        lines.into_iter().find(|(_, line)| marked::is_mark(line, b'<') || marked::is_mark(line, b'>'));
    found.map(|(at, _)| {
        Error::failed(format!("line {} is a conflict marker", at + 1)).hint(
            "choose a side for each key with `reseal merge --resolve FILE --ours KEY --theirs KEY`, which seals the result",
        )
    })
}
