//! A file without its values: what git may show of it. With a key a value has its fingerprint, without one a short hash
//! of its ciphertext, and what lies in clear in a file that is not sealed has only its name.

use sha2::{Digest, Sha256};

use super::Sealed;
use super::open::{Open, looks_like_a_name, showable};
use super::store::{Dotenv, Store};
use super::tree::Kind;
use crate::keys::Keyring;

/// What a file looks like without its values: a line for each key, comment and recipient. No file is an error.
pub fn outline(bytes: Vec<u8>, keyring: Option<&Keyring>) -> Vec<String> {
    if Sealed::is_sealed(&bytes) { sealed(bytes, keyring) } else { in_clear(&bytes) }
}

fn sealed(bytes: Vec<u8>, keyring: Option<&Keyring>) -> Vec<String> {
    let parsed = match Sealed::parse(bytes) {
        Ok(parsed) => parsed,
        Err(error) => return vec![format!("(not readable: {error})")],
    };
    let about = about(&parsed);
    let closed =
        if parsed.is_whole() { vec![format!("(all of it) {}", hash(&parsed.file))] } else { closed(&parsed) };
    match keyring.map(|keyring| parsed.open(keyring)) {
        Some(Ok(open)) => opened(&open).into_iter().chain(about).collect(),
        Some(Err(error)) => closed.into_iter().chain(about).chain([format!("({error})")]).collect(),
        None => closed.into_iter().chain(about).collect(),
    }
}

fn opened(open: &Open) -> Vec<String> {
    let key = open.fingerprints();
    let mut lines = Vec::new();
    for (leaf, held) in open.tree.leaves.iter().zip(&open.held) {
        let text = &held.plain.text;
        let said = match held.plain.kind {
            Kind::Null => "(null)".to_owned(),
            _ if text.is_empty() => "(empty)".to_owned(),
            _ => key.of(text),
        };
        let sealed = held.encrypted || open.whole.is_some();
        let mark = if sealed || text.is_empty() { "" } else { " in clear" };
        lines.push(match leaf.kind {
            Kind::Comment => format!("# {said}"),
            _ => format!(
                "{} {said}{mark}",
                name(open.tree.name(&open.file, leaf), |n| showable(&open.tree, n))
            ),
        });
    }
    // another one makes every fingerprint another
    lines.push(format!("(data key) {}", key.of(&crate::secret::SecretValue::new(Vec::new()))));
    lines
}

fn closed(sealed: &Sealed) -> Vec<String> {
    let line = |leaf: &super::tree::Leaf| {
        let text = leaf.text.bytes(&sealed.file);
        let said = if super::Cipher::looks_sealed(text) {
            hash(text)
        } else if text.is_empty() {
            "(empty)".to_owned()
        } else {
            "in clear".to_owned()
        };
        match leaf.kind {
            Kind::Comment => format!("# {said}"),
            _ => format!(
                "{} {said}",
                name(sealed.tree.name(&sealed.file, leaf), |n| showable(&sealed.tree, n))
            ),
        }
    };
    sealed.tree.leaves.iter().map(line).collect()
}

/// A short name of a ciphertext.
fn hash(text: &[u8]) -> String {
    let hash = Sha256::digest(text);
    format!("sealed {}", hash[..6].iter().map(|b| format!("{b:02x}")).collect::<String>())
}

/// What lies in clear around the values.
fn about(sealed: &Sealed) -> Vec<String> {
    if sealed.is_whole() {
        return vec!["(a whole age file)".to_owned()];
    }
    let mut lines = vec![format!("(rule) {}", sealed.metadata.rule)];
    lines.extend(sealed.recipients().map(|recipient| format!("(recipient) {recipient}")));
    let foreign = sealed.metadata.groups.iter().flat_map(|group| &group.foreign);
    lines.extend(foreign.map(|kind| format!("(recipient of kind {kind})")));
    lines
}

/// Names where it is an env file, and otherwise how large it is.
fn in_clear(bytes: &[u8]) -> Vec<String> {
    let size = format!("(not sealed: {} bytes)", bytes.len());
    let Ok(tree) = Dotenv.read(bytes) else { return vec![size] };
    let values = tree.leaves.iter().filter(|leaf| leaf.kind.is_value());
    let names = values.map(|leaf| format!("{} in clear", name(tree.name(bytes, leaf), looks_like_a_name)));
    names.chain([size]).collect()
}

fn name<'a>(name: &'a [u8], show: impl Fn(&'a [u8]) -> Option<&'a str>) -> &'a str {
    show(name).unwrap_or("(a key that is no name)")
}
