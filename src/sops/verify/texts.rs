//! What lies encrypted, as text: each `ENC[…]` against exactly the form that sops writes. Type tags, what follows the
//! bracket and the spelling of base64 are authenticated by nothing.

use std::collections::HashMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STRICT;

use crate::sops::tree::{Found, Kind, Leaf, Step};
use crate::sops::value::{BASE64, Cipher, NONCE, TAG, fields};

use super::metadata::place;
use super::{Look, Mend};

/// As many bytes as the MAC's hash has as text.
const MAC: usize = 128;

/// `flags`: which leaves the rule wants encrypted, where there is one rule.
pub(super) fn look(look: &mut Look<'_>, found: &Found, flags: Option<&[bool]>) {
    let (file, tree) = (look.file, look.tree);
    let mut nonces = Nonces::default();
    for (at, leaf) in tree.leaves.iter().enumerate() {
        let text = leaf.text.bytes(file);
        if !matches!(leaf.kind, Kind::Str | Kind::Comment) || !Cipher::looks_sealed(text) {
            continue;
        }
        if flags.is_some_and(|flags| !flags[at]) {
            let what = "it looks encrypted, and the rule means it to lie in clear: programs would get the ciphertext";
            look.leaf("sealed-in-clear", leaf, what, Mend::LAST_GOOD);
        }
        let Some(parts) = Parts::split(text) else {
            look.leaf("text-form", leaf, "the encrypted text is damaged", Mend::LAST_GOOD);
            continue;
        };
        let mend = look.rewrite(leaf);
        for (rule, what) in parts.faults() {
            look.leaf(rule, leaf, what, mend.clone());
        }
        if let Some(what) = kind(look, leaf, parts.kind) {
            look.leaf("type-odd", leaf, what, mend);
        }
        if nonces.again(&parts) {
            look.leaf("iv-reused", leaf, REUSED, Mend::Reseal("rekey --new-data-key", None));
        }
    }
    mac(look, found, &mut nonces);
}

const REUSED: &str =
    "its IV stands in another text of the file: with both, either can be read without the key, and forged";

fn mac(look: &mut Look<'_>, found: &Found, nonces: &mut Nonces) {
    let Some(text) = found.fields.text("mac") else { return };
    let at = place(look, found, Some("mac"));
    let parts = Parts::split(text.as_bytes());
    let Some(parts) = parts.filter(|parts| parts.kind == b"str" && parts.len() == Some(MAC)) else {
        return look.at("mac-form", at, "the MAC is not one that sops writes", Mend::LAST_GOOD);
    };
    for (rule, what) in parts.faults() {
        look.at(rule, at, what.replacen("it", "the MAC", 1), Mend::LAST_GOOD);
    }
    if nonces.again(&parts) {
        look.at("iv-reused", at, REUSED, Mend::Reseal("rekey --new-data-key", None));
    }
}

/// What is wrong with a type tag at its place.
fn kind(look: &Look<'_>, leaf: &Leaf, tag: &[u8]) -> Option<&'static str> {
    let is_comment = tag == b"comment";
    if leaf.kind == Kind::Comment {
        return (!is_comment).then_some("the type tag of a comment is not \"comment\"");
    }
    if is_comment {
        // sops puts a comment of a list there
        let in_list = matches!(leaf.step, Some(Step::Index(_)));
        return (!in_list).then_some("the type tag of the value is \"comment\"");
    }
    match tag {
        b"str" => None,
        b"int" | b"float" | b"bool" | b"time" if look.format.store().is_typed() => None,
        b"int" | b"float" | b"bool" | b"time" => Some(
            "the type tag is not \"str\", and there are only texts in such a file: a tag is not authenticated, and may change what programs read",
        ),
        _ => Some("the type tag is none that sops writes"),
    }
}

/// IVs, each with the first text that has it.
#[derive(Default)]
struct Nonces(HashMap<Vec<u8>, Vec<u8>>);

impl Nonces {
    /// Whether another text has this IV. sops gives a value that stands there twice one text, and so one IV.
    fn again(&mut self, parts: &Parts<'_>) -> bool {
        let Ok(nonce) = BASE64.decode(parts.nonce) else { return false };
        let text = [parts.data, b",", parts.tag].concat();
        match self.0.get(&nonce) {
            Some(first) => *first != text,
            None => {
                self.0.insert(nonce, text);
                false
            }
        }
    }
}

/// The parts of a text. Its type tag is what is made of letters, so that all that follows counts as left over.
struct Parts<'a> {
    data: &'a [u8],
    nonce: &'a [u8],
    tag: &'a [u8],
    kind: &'a [u8],
    left: &'a [u8],
}

impl<'a> Parts<'a> {
    fn split(text: &'a [u8]) -> Option<Self> {
        let [data, nonce, tag, rest] = fields(text)?;
        let end = rest.iter().position(|b| *b == b']')?;
        let (kind, left) = (&rest[..end], &rest[end + 1..]);
        let whole = !data.is_empty() && !kind.is_empty();
        let parts = Parts { data, nonce, tag, kind, left };
        let readable = |text: &[u8]| BASE64.decode(text).ok().map(|bytes| bytes.len());
        let fits = readable(data).is_some() && readable(nonce).is_some() && readable(tag) == Some(TAG);
        (whole && fits).then_some(parts)
    }

    /// The length of what is encrypted.
    fn len(&self) -> Option<usize> {
        BASE64.decode(self.data).ok().map(|bytes| bytes.len())
    }

    fn faults(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let left = match self.left {
            // a carriage return is found as such
            b"" | b"\r" => None,
            _ => Some((
                "text-trailing",
                "it goes on behind the bracket, with what no reader looks at and nothing authenticates",
            )),
        };
        let odd = [self.data, self.nonce, self.tag].iter().any(|text| STRICT.decode(text).is_err());
        let odd = odd.then_some((
            "base64-odd",
            "it is base64 that no encoder writes: the same bytes can be spelled otherwise, and were",
        ));
        let length = BASE64.decode(self.nonce).map_or(0, |nonce| nonce.len());
        let short = (length != NONCE).then_some((
            "iv-length",
            "it has an IV of another length than the 32 bytes of sops: chance makes short ones equal sooner",
        ));
        [left, odd, short].into_iter().flatten()
    }
}
