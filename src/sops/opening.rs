//! Opening the leaves of a file, on all cores when there are many. It needs no order: the MAC is taken afterwards.

use std::ops::Range;

use super::open::{Held, showable};
use super::store::{Format, line_of};
use super::tree::{Kind, Leaf, Step, Tree};
use super::value::{Cipher, Fault, Plain};
use crate::error::{Error, Kind as Failure, Result};
use crate::secret::SecretValue;

/// From how many leaves on a second core pays for itself.
const LARGE: usize = 2_000;

/// What every leaf says, and what is odd about the file and yet opens. `flags`: which of them the rule wants encrypted.
pub(super) fn all(
    file: &[u8],
    format: Format,
    tree: &Tree,
    flags: &[bool],
    cipher: &Cipher,
) -> Result<(Vec<Held>, Vec<String>)> {
    let job = Job { file, format, cipher, tree, flags };
    let mut warnings = Vec::new();
    // asking for the number of cores reads files, so small files do not ask
    let cores =
        if flags.len() < LARGE { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let held =
        if cores == 1 { job.run(0..flags.len(), &mut warnings)? } else { job.split(cores, &mut warnings)? };
    Ok((held, warnings))
}

struct Job<'a> {
    file: &'a [u8],
    format: Format,
    cipher: &'a Cipher,
    tree: &'a Tree,
    flags: &'a [bool],
}

impl Job<'_> {
    fn split(&self, cores: usize, warnings: &mut Vec<String>) -> Result<Vec<Held>> {
        let (all, share) = (self.flags.len(), self.flags.len().div_ceil(cores));
        let parts: Vec<Result<(Vec<Held>, Vec<String>)>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..cores)
                .map(|n| {
                    let part = (n * share).min(all)..((n + 1) * share).min(all);
                    scope.spawn(move || {
                        let mut warnings = Vec::new();
                        self.run(part, &mut warnings).map(|held| (held, warnings))
                    })
                })
                .collect();
            workers
                .into_iter()
                .map(|w| w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let mut held = Vec::with_capacity(all);
        for part in parts {
            let (opened, said) = part?;
            held.extend(opened);
            warnings.extend(said);
        }
        Ok(held)
    }

    fn run(&self, part: Range<usize>, warnings: &mut Vec<String>) -> Result<Vec<Held>> {
        let mut held = Vec::with_capacity(part.len());
        for at in part {
            let leaf = &self.tree.leaves[at];
            let encrypted = self.flags[at];
            let text = leaf.text.bytes(self.file);
            let plain = match leaf.kind {
                Kind::Comment => self.comment(at, encrypted, warnings),
                _ if encrypted && leaf.kind == Kind::Str && text.is_empty() => {
                    Plain::text(SecretValue::new(Vec::new()))
                }
                _ if encrypted => {
                    let name = self.tree.name(self.file, leaf);
                    let sealed = if leaf.kind == Kind::Str { text } else { b"" };
                    let (kind, text) = self.open(leaf, sealed).map_err(|f| self.fault(leaf, name, f))?;
                    self.shown(kind, text).ok_or_else(|| self.fault(leaf, name, Fault::Type))?
                }
                kind => {
                    let text = SecretValue::new(text.to_vec());
                    let name = self.tree.name(self.file, leaf);
                    self.shown(kind, text).ok_or_else(|| self.fault(leaf, name, Fault::Type))?
                }
            };
            held.push(Held { plain, encrypted, fresh: false });
        }
        Ok(held)
    }

    /// An element of a list may be a comment: sops puts one there in the place of the line that it was.
    fn open(&self, leaf: &Leaf, text: &[u8]) -> Result<(Kind, SecretValue), Fault> {
        let aad = self.tree.aad(self.file, leaf);
        match leaf.step {
            Some(Step::Index(_)) => self.cipher.open(text, &aad),
            _ => self.cipher.open_value(text, &aad),
        }
    }

    fn shown(&self, kind: Kind, text: SecretValue) -> Option<Plain> {
        if !matches!(kind, Kind::Int | Kind::Float | Kind::Bool | Kind::Time) {
            return Some(Plain { kind, text, hashed: None });
        }
        let shown = self.format.store().shown(kind, text.expose_str()?)?;
        Some(Plain { kind, text: SecretValue::new(shown.into_bytes()), hashed: Some(text) })
    }

    fn comment(&self, at: usize, encrypted: bool, warnings: &mut Vec<String>) -> Plain {
        let leaf = &self.tree.leaves[at];
        let text = leaf.text.bytes(self.file);
        let opened = (encrypted && Cipher::looks_sealed(text)).then(|| self.open_comment(at, text)).flatten();
        if opened.is_none() && encrypted && !text.is_empty() {
            let line = line_of(self.file, leaf.span.start);
            warnings.push(format!("line {line}: the comment is not encrypted"));
        }
        let text = opened.unwrap_or_else(|| SecretValue::new(text.to_vec()));
        Plain { kind: Kind::Comment, text, hashed: None }
    }

    /// Where a comment stands between two maps, readers differ over whose it is.
    fn open_comment(&self, at: usize, text: &[u8]) -> Option<SecretValue> {
        let beside = [at, at.saturating_sub(1), at + 1].into_iter().filter_map(|at| self.tree.leaves.get(at));
        let mut branches: Vec<usize> = beside.flat_map(|leaf| self.tree.chain(leaf.branch)).collect();
        branches.dedup();
        branches.insert(0, self.tree.leaves[at].branch);
        let own = self.cipher.open(text, &self.tree.aad(self.file, &self.tree.leaves[at])).ok();
        let mut opened =
            branches.iter().filter_map(|b| self.cipher.open(text, &self.tree.aad_within(*b)).ok());
        own.or_else(|| opened.next()).map(|(_, text)| text)
    }

    fn fault(&self, leaf: &Leaf, name: &[u8], fault: Fault) -> Error {
        let line = line_of(self.file, leaf.span.start);
        let place = match showable(self.tree, name) {
            Some(name) => format!("line {line}, key {name:?}"),
            None => format!("line {line}"),
        };
        Error::new(Failure::Integrity, format!("{place}: {}", fault.text()))
    }
}
