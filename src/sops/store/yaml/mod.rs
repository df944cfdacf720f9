//! YAML files as sops takes them: documents that are maps, with comments, types and aliases.
//!
//! The text is taken apart by `nodes`; `reading` makes the tree of it, with the types of `scalars` and the comments of
//! `remarks`. `tokens` writes a value, `layout` brings and takes entries, `block` holds the metadata, and `copies`
//! writes aliases out.

mod block;
mod copies;
mod entries;
mod layout;
mod nodes;
mod reading;
mod remarks;
mod scalars;
mod tokens;

use super::{Patch, Place, Store};
use crate::error::Result;
use crate::sops::meta::Meta;
use crate::sops::number;
use crate::sops::tree::{Kind, Step, Tree};

pub(in crate::sops) struct Yaml;

impl Store for Yaml {
    fn read(&self, file: &[u8]) -> Result<Tree> {
        reading::tree(file)
    }

    fn prepare(&self, plain: &[u8]) -> Result<Option<Vec<u8>>> {
        copies::write_out(plain)
    }

    fn token(&self, at: Place<'_>, kind: Kind, text: &[u8], out: &mut Vec<u8>) -> Result<()> {
        tokens::token(at, kind, text, out)
    }

    /// A float that is whole keeps a decimal, so that it is read as a float again.
    fn shown(&self, kind: Kind, text: &str) -> Option<String> {
        match kind {
            Kind::Float => {
                let (shown, _) = number::float(text)?;
                Some(match shown.as_str() {
                    "NaN" => ".nan".into(),
                    "+Inf" => ".inf".into(),
                    "-Inf" => "-.inf".into(),
                    shown => shown.to_lowercase(),
                })
            }
            Kind::Bool => number::boolean(text).map(|(shown, _)| shown),
            _ => Some(text.to_owned()),
        }
    }

    fn is_typed(&self) -> bool {
        true
    }

    fn cut(&self, file: &[u8], tree: &Tree, leaves: &[usize], branches: &[usize]) -> Vec<Patch> {
        layout::cut(file, tree, leaves, branches)
    }

    fn graft(&self, file: &[u8], tree: &Tree, branch: usize, way: &[Step]) -> Result<Patch> {
        layout::graft(file, tree, branch, way)
    }

    fn metadata(&self, file: &[u8], tree: &Tree, fields: &Meta) -> Vec<u8> {
        block::write(file, tree, fields)
    }

    fn attach(&self, file: &[u8], tree: &Tree, block: &[u8]) -> Result<Vec<Patch>> {
        block::attach(file, tree, block)
    }

    fn detach(&self, file: &[u8], tree: &Tree) -> Vec<Patch> {
        block::detach(file, tree)
    }
}
