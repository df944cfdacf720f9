//! Binary files: any bytes. Sealed, they are the one value `data` in a JSON object; in plain they are themselves.

use super::{Patch, Place, Store, json};
use crate::error::{Error, Result};
use crate::sops::meta::Meta;
use crate::sops::rule::FIELDS;
use crate::sops::tree::{Kind, Step, Tree};
use crate::sops::value::Cipher;

/// The name of the one value.
const DATA: &[u8] = b"data";

pub(in crate::sops) struct Binary;

/// Whether a sealed JSON file is the envelope of a binary one. sops up to 3.10 stored a rule with both, so that a file
/// with a rule may be either, and is taken for the JSON file that it looks like: no byte is lost by that.
pub(super) fn is_one(file: &[u8]) -> bool {
    // most JSON files are known by their first key, without reading on
    let first = file.trim_ascii_start().strip_prefix(b"{").unwrap_or_default().trim_ascii_start();
    if !first.starts_with(b"\"data\"") && !first.starts_with(b"\"sops\"") {
        return false;
    }
    let Ok(tree) = json::tree(file, false) else { return false };
    let Some(found) = &tree.metadata else { return false };
    let sealed = |tree: &Tree| {
        let text = tree.leaves[0].text.bytes(file);
        text.is_empty() || Cipher::looks_sealed(text)
    };
    holds_data(file, &tree) && sealed(&tree) && FIELDS.iter().all(|field| found.fields.text(field).is_none())
}

/// Whether a tree is of one text named `data`.
fn holds_data(file: &[u8], tree: &Tree) -> bool {
    let [leaf] = &tree.leaves[..] else { return false };
    tree.branches.len() == 1 && leaf.kind == Kind::Str && tree.name(file, leaf) == DATA
}

impl Store for Binary {
    fn read(&self, file: &[u8]) -> Result<Tree> {
        let tree = json::tree(file, true)?;
        if holds_data(file, &tree) {
            return Ok(tree);
        }
        Err(Error::failed("a sealed binary file holds one text named \"data\", and this one does not")
            .hint("a binary file changes as a whole: `reseal set data`"))
    }

    fn wrap(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(plain.len() + plain.len() / 8 + 32);
        out.extend_from_slice(b"{\n\t\"data\": ");
        json::quote(plain, &mut out);
        out.extend_from_slice(b"\n}\n");
        Some(out)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Option<Vec<u8>>> {
        let tree = self.read(wrapped)?;
        Ok(Some(tree.leaves[0].text.bytes(wrapped).to_vec()))
    }

    fn token(&self, _: Place<'_>, _: Kind, text: &[u8], out: &mut Vec<u8>) -> Result<()> {
        json::quote(text, out);
        Ok(())
    }

    fn shown(&self, kind: Kind, text: &str) -> Option<String> {
        json::Json.shown(kind, text)
    }

    fn is_typed(&self) -> bool {
        false
    }

    fn cut(&self, file: &[u8], tree: &Tree, leaves: &[usize], branches: &[usize]) -> Vec<Patch> {
        json::Json.cut(file, tree, leaves, branches)
    }

    fn graft(&self, _: &[u8], _: &Tree, _: usize, _: &[Step]) -> Result<Patch> {
        Err(Error::usage("a binary file holds one value, and its name is \"data\"")
            .note("nothing was changed"))
    }

    fn metadata(&self, file: &[u8], tree: &Tree, fields: &Meta) -> Vec<u8> {
        json::Json.metadata(file, tree, fields)
    }

    fn attach(&self, file: &[u8], tree: &Tree, block: &[u8]) -> Result<Vec<Patch>> {
        json::Json.attach(file, tree, block)
    }

    fn detach(&self, file: &[u8], tree: &Tree) -> Vec<Patch> {
        json::Json.detach(file, tree)
    }
}
