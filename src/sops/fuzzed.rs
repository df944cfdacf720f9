//! What holds of every text of the format's smaller parts. See `src/fuzzing.rs`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "an oracle speaks by panicking")]

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::meta::Meta;
use super::metadata::Metadata;
use super::path;
use super::tree::Kind;
use super::value::Cipher;
use crate::secret::SecretValue;

/// A text that claims to be sealed is opened or refused; what is sealed opens to what it was.
pub(crate) fn value(text: &[u8]) {
    let cipher = Cipher::new(SecretValue::new(vec![0x66; 32])).unwrap();
    let _ = (cipher.open(text, b"bar:").is_ok(), cipher.open_value(text, b"").is_ok());
    let plain = SecretValue::new(text.to_vec());
    let sealed = cipher.seal(&plain, b"bar:", Kind::Str, &mut StdRng::seed_from_u64(1));
    if !text.is_empty() {
        let opened = cipher.open_value(&sealed, b"bar:");
        assert!(opened.is_ok_and(|(_, opened)| opened.same_as(&plain)), "what was sealed opens");
    }
}

/// Lines of metadata are refused, or say the same once they were made lines again.
pub(crate) fn metadata(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().filter_map(|line| line.strip_prefix("sops_").unwrap_or(line).split_once('='));
    let Ok(meta) = Meta::gather(lines.map(|(n, v)| (n, v.to_owned())), "sops_") else { return };
    let _ = Metadata::parse(&meta).is_ok();
    let flat = meta.flatten();
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
