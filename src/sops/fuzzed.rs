//! What holds of every text of the format's smaller parts. See `src/fuzzing.rs`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "an oracle speaks by panicking")]

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::create::read_out;
use super::meta::Meta;
use super::metadata::Metadata;
use super::store::{Format, Patch, weave};
use super::tree::{Kind, Leaf};
use super::value::Cipher;
use crate::secret::{SecretValue, path};

/// What a plaintext says, by name.
pub(crate) fn says(format: Format, text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let wrapped = format.store().wrap(text);
    let file = wrapped.as_deref().unwrap_or(text);
    let tree = format.store().read(file).unwrap();
    let held = read_out(format, &tree, file);
    let values = tree.leaves.iter().zip(&held).filter(|(_, held)| held.plain.kind.is_value());
    values.map(|(leaf, held)| (tree.name(file, leaf).to_vec(), held.plain.text.expose().to_vec())).collect()
}

/// Whether one value only has a name, and no null, map or list besides.
pub(crate) fn stands_once(format: Format, file: &[u8], name: &[u8]) -> bool {
    let tree = format.store().read(file).unwrap();
    let leaves = tree.leaves.iter().filter(|leaf| leaf.kind != Kind::Comment);
    let is_branch = |at| !tree.flat && tree.branch_name(at) == name;
    leaves.filter(|leaf| tree.name(file, leaf) == name).count() == 1
        && !(1..tree.branches.len()).any(is_branch)
}

/// The comments of a plaintext, in order.
pub(crate) fn comments(format: Format, text: &[u8]) -> Vec<String> {
    let tree = format.store().read(text).unwrap();
    let comments = tree.leaves.iter().filter(|leaf| leaf.kind == Kind::Comment);
    comments.map(|leaf| String::from_utf8_lossy(leaf.text.bytes(text)).into_owned()).collect()
}

/// A sealed file without the token of a value, the time and the MAC.
pub(crate) fn around(file: &[u8], format: Format, name: &[u8]) -> Vec<u8> {
    let tree = format.store().read(file).unwrap();
    let is_it = |leaf: &&Leaf| leaf.kind.is_value() && tree.name(file, leaf) == name;
    let found = tree.metadata.iter().flat_map(|found| found.modified.iter().chain(&found.mac));
    let tokens = tree.leaves.iter().filter(is_it).map(|leaf| &leaf.span).chain(found);
    let mut rest = weave(file, tokens.map(|token| Patch::cut(token.clone())).collect());
    format.store().end(&mut rest);
    rest
}

/// A text that claims to be sealed is opened or refused; what is sealed opens to what it was.
pub(crate) fn value(text: &[u8]) {
    let cipher = Cipher::new(SecretValue::new(vec![0x66; 32])).unwrap();
    let _ = (cipher.open(text, b"bar:").is_ok(), cipher.open_value(text, b"").is_ok());
    let plain = SecretValue::new(text.to_vec());
    let sealed = cipher.seal(&plain, b"bar:", Kind::Str, &mut StdRng::seed_from_u64(1));
    if !text.is_empty() {
        let (_, opened) = cipher.open_value(&sealed, b"bar:").expect("what was sealed opens");
        assert!(opened.same_as(&plain));
    }
}

/// Lines of metadata are refused, or say the same once they were made lines again.
pub(crate) fn metadata(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().filter_map(|line| line.strip_prefix("sops_").unwrap_or(line).split_once('='));
    let Ok(meta) = Meta::gather(lines.map(|(n, v)| (n, v.to_owned())), "sops_") else { return };
    let _ = Metadata::parse(&meta).is_ok();
    let flat = meta.flatten();
    // a name of many underscores can be cut in more than one way, as in sops
    let many = |(name, _): &(String, &str)| {
        name.contains("___") || name.contains("__map__") || name.starts_with('_') || name.ends_with('_')
    };
    if flat.iter().any(many) {
        return;
    }
    let again = Meta::gather(flat.iter().map(|(n, v)| (n.as_str(), (*v).to_owned())), "sops_");
    assert!(again.expect("what was gathered can be gathered again") == meta);
}

/// A name is refused, or is the same once it was written.
pub(crate) fn name(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let Ok(parts) = path::parse(text) else { return };
    let written = String::from_utf8(path::render(&parts)).unwrap();
    if !written.is_empty() {
        assert_eq!(
            path::render(&path::parse(&written).expect("a name that was written")),
            written.as_bytes()
        );
    }
}
