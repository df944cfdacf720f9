//! Writing an opened file: the tokens that changed, the time and the MAC; the rest is copied.
//!
//! Where a rule looks at comments, taking one away can put what stands below it under a different rule, so that the
//! choice is made again for every leaf.

use std::ops::Range;

use super::judge;
use super::metadata::damaged;
use super::open::{Held, Open, showable};
use super::store::{Patch, Place, in_its_quotes, weave, weave_into};
use super::tree::{Kind, Leaf};
use crate::error::{Error, Result};
use crate::secret::{Random, SecretValue};

/// What is written instead of a piece of the file.
enum Piece<'a> {
    Text(Vec<u8>),
    Leaf(&'a Leaf, &'a Held),
}

impl Open {
    /// The whole file in plain: as `sops decrypt` would print it, but laid out as the sealed file is.
    pub fn plain(&self) -> Result<SecretValue> {
        let plain = self.plain_as_it_is_sealed()?;
        Ok(self.format.store().unwrap(plain.expose())?.map_or(plain, SecretValue::new))
    }

    /// The same, in the form in which values and metadata stand beside each other.
    pub(super) fn plain_as_it_is_sealed(&self) -> Result<SecretValue> {
        let store = self.format.store();
        let mut pieces: Vec<_> = store
            .detach(&self.file, &self.tree)
            .into_iter()
            .map(|patch| (patch.range, Piece::Text(patch.text)))
            .collect();
        pieces.reserve_exact(self.held.len());
        for (leaf, held) in self.tree.leaves.iter().zip(&self.held) {
            if held.encrypted || held.fresh {
                pieces.push((leaf.span.clone(), Piece::Leaf(leaf, held)));
            }
        }
        // room that is not used would be wiped all the same
        let text =
            |piece: &Piece<'_>| if let Piece::Leaf(_, held) = piece { held.plain.text.len() + 2 } else { 0 };
        let gone: usize = pieces.iter().map(|(range, _)| range.len()).sum();
        let come: usize = pieces.iter().map(|(_, piece)| text(piece)).sum();
        let mut out = Vec::with_capacity(self.file.len().saturating_sub(gone) + come + 1);
        weave_into(&mut out, &self.file, pieces, |piece, out| match piece {
            Piece::Text(text) => {
                out.extend_from_slice(&text);
                Ok(())
            }
            Piece::Leaf(leaf, held) => {
                let place = Place { file: &self.file, tree: &self.tree, leaf };
                store.token(place, held.plain.kind, held.plain.text.expose(), out)
            }
        })?;
        store.end(&mut out);
        Ok(SecretValue::new(out))
    }

    /// What `text` looks like in the place of a leaf.
    fn patch(&self, leaf: &Leaf, kind: Kind, text: &SecretValue) -> Result<Patch> {
        let mut token = Vec::with_capacity(text.len() + 8);
        let place = Place { file: &self.file, tree: &self.tree, leaf };
        self.format.store().token(place, kind, text.expose(), &mut token)?;
        Ok(Patch { range: leaf.span.clone(), text: token })
    }

    /// The sealed file. Nothing changed: the very bytes that were read. `now` is RFC 3339, UTC, whole seconds.
    pub(crate) fn seal(mut self, now: &str, random: &mut dyn Random) -> Result<Vec<u8>> {
        if let Some(whole) = &self.whole {
            return self.seal_whole(whole);
        }
        if !self.changed {
            return Ok(self.file);
        }
        if self.metadata.rule.reads_comments() {
            self.judge_again()?;
        }
        let mac = self.mac().seal(&self.cipher, now, random);
        let mut patches = Vec::new();
        if let Some(found) = &self.tree.metadata {
            let over = |range: &Range<usize>, text: &[u8]| {
                let text = in_its_quotes(&self.file[range.clone()], text);
                Patch { range: range.clone(), text }
            };
            patches.extend(found.modified.iter().map(|range| over(range, now.as_bytes())));
            patches.extend(found.mac.iter().map(|range| over(range, &mac)));
        }
        for (leaf, held) in self.tree.leaves.iter().zip(&self.held) {
            if held.fresh {
                patches.push(self.sealed(leaf, held, random)?);
            }
        }
        let mut out = weave(&self.file, patches);
        self.format.store().end(&mut out);
        if self.is_new {
            self.prove(&out)?;
        }
        Ok(out)
    }

    fn sealed(&self, leaf: &Leaf, held: &Held, random: &mut dyn Random) -> Result<Patch> {
        let plain = &held.plain;
        if !held.encrypted || plain.text.is_empty() {
            return self.patch(leaf, plain.kind, &plain.text);
        }
        let aad = self.tree.aad(&self.file, leaf);
        let sealed = self.cipher.seal(plain.hashed(), &aad, plain.kind, random);
        let kind = if plain.kind == Kind::Comment { Kind::Comment } else { Kind::Str };
        if kind == Kind::Comment && self.metadata.rule.mistakes(&sealed) {
            return Err(damaged("the rule's expression matches an encrypted comment"));
        }
        self.patch(leaf, kind, &SecretValue::new(sealed))
    }

    /// The metadata as it lies in the file.
    pub(super) fn block(&self) -> Vec<u8> {
        let blocks = self.tree.metadata.as_ref().and_then(|found| found.blocks.first());
        let mut text = blocks.into_iter().flatten().fold(Vec::new(), |mut text, range| {
            text.extend_from_slice(&self.file[range.clone()]);
            text
        });
        if !text.is_empty() {
            self.format.store().end(&mut text);
        }
        text
    }

    fn judge_again(&mut self) -> Result<()> {
        let rule = &self.metadata.rule;
        let verdicts = judge::verdicts(&self.tree, &self.file, rule, |at| self.comment(at));
        for (at, verdict) in verdicts.into_iter().enumerate() {
            let held = &self.held[at];
            if held.encrypted == verdict {
                continue;
            }
            // sops would write it in clear and not say so
            if held.encrypted && !held.plain.text.is_empty() {
                let name = showable(&self.tree, self.tree.name(&self.file, &self.tree.leaves[at]));
                let what = name.map_or("a line".to_owned(), |name| format!("{name:?}"));
                return Err(Error::failed(format!(
                    "{what}, now encrypted, would lie in clear under a comment that stands above what goes; the rule is {rule}"
                ))
                .note("nothing was changed"));
            }
            self.held[at].encrypted = verdict;
            self.held[at].fresh = true;
        }
        Ok(())
    }
}
