//! JSON files: one object. Keys may stand twice, as sops has it; integers are whole, other numbers are those of Go.
//!
//! The tokens are read in `scan`, the tree in `read`; `text` writes, and `place` knows the commas.

mod place;
mod read;
mod scan;
mod text;

pub(super) use read::tree;
pub(super) use text::quote;

use super::{Patch, Place, Store};
use crate::error::{Error, Result};
use crate::sops::meta::Meta;
use crate::sops::number;
use crate::sops::tree::{Kind, Step, Tree};

pub(in crate::sops) struct Json;

impl Store for Json {
    fn read(&self, file: &[u8]) -> Result<Tree> {
        read::tree(file, false)
    }

    fn token(&self, _: Place<'_>, kind: Kind, text: &[u8], out: &mut Vec<u8>) -> Result<()> {
        match kind {
            Kind::Int | Kind::Float | Kind::Bool => out.extend_from_slice(text),
            Kind::Null => out.extend_from_slice(b"null"),
            Kind::Comment => return Err(Error::failed("a list holds a comment, which JSON does not know")),
            Kind::Str | Kind::Time | Kind::Empty => {
                is_utf8(text)?;
                quote(text, out);
            }
        }
        Ok(())
    }

    fn shown(&self, kind: Kind, text: &str) -> Option<String> {
        match kind {
            Kind::Float => number::json(text),
            Kind::Bool => number::boolean(text).map(|(shown, _)| shown),
            _ => Some(text.to_owned()),
        }
    }

    fn is_typed(&self) -> bool {
        true
    }

    /// A number is given as it stands in the file.
    fn takes(&self, kind: Kind, text: &[u8], encrypted: bool) -> Result<()> {
        let number = std::str::from_utf8(text).unwrap_or_default();
        let fault = match kind {
            Kind::Str => return is_utf8(text),
            // up to 3.13.1 sops reads every number as a float, and takes the MAC over that
            Kind::Int if !encrypted && number::float(number).is_none_or(|(_, hashed)| hashed != number) => {
                "a number that is not encrypted has so many digits that versions of sops read it differently"
            }
            Kind::Float if encrypted && !number::is_whole(number) => {
                "a number has more digits than a number in a sealed file can keep"
            }
            _ => return Ok(()),
        };
        Err(Error::failed(fault).hint("put it in quotes, so that it is a text"))
    }

    fn cut(&self, file: &[u8], tree: &Tree, leaves: &[usize], branches: &[usize]) -> Vec<Patch> {
        place::cut(file, tree, leaves, branches)
    }

    fn graft(&self, file: &[u8], tree: &Tree, branch: usize, way: &[Step]) -> Result<Patch> {
        place::graft(file, tree, branch, way)
    }

    fn metadata(&self, file: &[u8], tree: &Tree, fields: &Meta) -> Vec<u8> {
        let layout = place::layout(file, tree);
        let mut out = String::new();
        layout.key(b"sops", &mut out);
        layout.meta(fields, &layout.indented(""), &mut out);
        out.into_bytes()
    }

    fn attach(&self, file: &[u8], tree: &Tree, block: &[u8]) -> Result<Vec<Patch>> {
        let block = block.trim_ascii();
        Ok(vec![match place::block(tree) {
            Some(range) => Patch { range, text: block.to_vec() },
            None => {
                let block = String::from_utf8_lossy(block).into_owned();
                place::append(file, tree, 0, false, |_, _| block.clone())
            }
        }])
    }

    fn detach(&self, file: &[u8], tree: &Tree) -> Vec<Patch> {
        place::block(tree).map_or(Vec::new(), |block| place::cut_from(file, tree, 0, &[block]))
    }
}

fn is_utf8(text: &[u8]) -> Result<()> {
    let fault = || Error::failed("a value is not UTF-8, which JSON cannot hold");
    std::str::from_utf8(text).map(|_| ()).map_err(|_| {
        fault().hint("where this is a binary file that sops has changed, say `--input-type binary`; `reseal get` prints a value as it is")
    })
}
