//! The encrypted values of a file for a search, and no more: the MAC is not looked at, and what does not open is passed
//! over. Nothing that is read so may be written or handed on as the file's content; for that there is [`Sealed::open`].

use std::collections::HashSet;

use super::tree::Kind;
use super::value::Cipher;
use super::{Sealed, judge};
use crate::error::Result;
use crate::keys::Keyring;
use crate::secret::SecretValue;

impl Sealed {
    /// The values that lie encrypted, with their names, but for those whose ciphertext is in `seen` already: versions of
    /// a file share most of them. The error is that no identity opens the file.
    pub(crate) fn glimpse(
        self,
        keyring: &Keyring,
        seen: &mut HashSet<Vec<u8>>,
    ) -> Result<Vec<(String, SecretValue)>> {
        let text_of = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        if self.is_whole() {
            if !seen.insert(self.file.clone()) {
                return Ok(Vec::new());
            }
            let open = self.open(keyring)?;
            let copy = |value: &SecretValue| SecretValue::concat(&[value.expose()]);
            return Ok(open.entries().map(|entry| (text_of(entry.name), copy(entry.value))).collect());
        }
        let (tree, file) = (&self.tree, &self.file);
        let flags = judge::verdicts(tree, file, &self.metadata.rule, |at| tree.leaves[at].text.bytes(file));
        let new: Vec<_> = tree
            .leaves
            .iter()
            .zip(flags)
            .filter(|(leaf, encrypted)| *encrypted && leaf.kind == Kind::Str)
            .map(|(leaf, _)| (leaf, leaf.text.bytes(file)))
            .filter(|(_, text)| Cipher::looks_sealed(text) && !seen.contains(*text))
            .collect();
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let cipher = self.data_key(keyring)?;
        let mut values = Vec::with_capacity(new.len());
        for (leaf, text) in new {
            if let Ok((_, value)) = cipher.open_value(text, &tree.aad(file, leaf)) {
                seen.insert(text.to_vec());
                values.push((text_of(tree.name(file, leaf)), value));
            }
        }
        Ok(values)
    }
}
