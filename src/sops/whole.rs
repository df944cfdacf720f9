//! A whole age file: a plaintext of any kind, sealed as one piece.
//!
//! age authenticates all of it, so that there is no MAC, and no rule: everything is encrypted, names too. The file does
//! not say who can open it. So it is sealed again for those whom the policy names; where it is for one recipient only,
//! and that is the identity which opened it, for that one.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::create::{NewFile, read_out};
use super::lint;
use super::metadata::Metadata;
use super::open::Open;
use super::store::Format;
use super::value::Cipher;
use crate::error::{Error, Result};
use crate::keys::{Keyring, Prompt, Recipient, seal_file};
use crate::secret::SecretValue;

/// How a file that was opened is sealed again.
pub(super) struct Whole {
    /// As it was read.
    sealed: Vec<u8>,
    recipients: Option<Vec<Recipient>>,
    /// For how many it was sealed.
    stanzas: usize,
    armored: bool,
    prompt: Arc<dyn Prompt>,
}

const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

/// Whether the bytes are an age file, binary or armored.
pub(super) fn is_age(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    start.starts_with(b"age-encryption.org/") || start.starts_with(ARMOR)
}

/// Opens an age file.
pub(super) fn open(sealed: Vec<u8>, keyring: &Keyring) -> Result<Open> {
    let opened = keyring.open_file(&sealed)?;
    let armored = sealed.trim_ascii_start().starts_with(ARMOR);
    let named = (!keyring.readers().is_empty()).then(|| keyring.readers().to_vec());
    let whole = Whole {
        sealed,
        recipients: named.or(opened.recipients),
        stanzas: opened.stanzas,
        armored,
        prompt: Arc::clone(keyring.prompt()),
    };
    held(&opened.plain, None, opened.secret, whole)
}

fn held(plain: &SecretValue, format: Option<Format>, secret: SecretValue, whole: Whole) -> Result<Open> {
    let format = format.unwrap_or_else(|| Format::of_plain(plain.expose()));
    let file = format.store().wrap(plain.expose()).unwrap_or_else(|| plain.expose().to_vec());
    let tree = format.store().read(&file)?;
    let held = read_out(format, &tree, &file);
    // the digest of a key has the length of one
    let cipher = Cipher::new(secret).unwrap_or_else(|| unreachable!("the secret has 32 bytes"));
    Ok(Open::of_whole((file, format, tree), held, Metadata::nothing(), cipher, whole))
}

impl Open {
    /// The age file anew.
    pub(super) fn seal_whole(&self, whole: &Whole) -> Result<Vec<u8>> {
        if !self.changed {
            return Ok(whole.sealed.clone());
        }
        let Some(recipients) = &whole.recipients else {
            return Err(Error::failed(
                "an age file does not say who can open it, and the policy does not either",
            )
            .note("nothing was changed")
            .hint("name them all in reseal.toml: recipients = [\"age1…\"]"));
        };
        if recipients.len() != whole.stanzas {
            let (told, sealed) = (recipients.len(), whole.stanzas);
            return Err(Error::failed(format!(
                "the age file is sealed for {sealed} recipients, and the policy names {told}"
            ))
            .note("nothing was changed")
            .hint("name them all in `recipients` of reseal.toml; `reseal rekey` seals it for those who stand there"));
        }
        seal_file(&self.plain()?, recipients, whole.armored, &whole.prompt)
    }

    /// Makes an age file one for those whom the policy names, however many it was for.
    pub fn seal_for_the_named(&mut self) {
        if let Some(whole) = &mut self.whole {
            whole.stanzas = whole.recipients.as_ref().map_or(0, Vec::len);
            self.changed = true;
        }
    }
}

impl Whole {
    /// The texts of those for whom it will be sealed.
    pub(super) fn recipients(&self) -> impl Iterator<Item = &str> {
        self.recipients.iter().flatten().map(Recipient::text)
    }

    /// A name of one value as it lies in this file; the file does not show them apart.
    pub(super) fn version(&self, name: &[u8]) -> String {
        let digest = Sha256::new().chain_update(Sha256::digest(&self.sealed)).chain_update(name).finalize();
        digest.iter().map(|b| format!("{b:02x}")).collect()
    }
}

impl NewFile {
    /// Makes `plain` an age file, ready to be sealed. With it come remarks for the user.
    pub fn open_whole(
        &self,
        format: Format,
        plain: &SecretValue,
        armored: bool,
        prompt: &Arc<dyn Prompt>,
    ) -> Result<(Open, Vec<String>)> {
        lint::start(plain.expose())?;
        let remarks = if format == Format::Binary {
            Vec::new()
        } else {
            lint::look(format, &format.store().read(plain.expose())?, plain.expose())?
        };
        if self.recipients.groups().len() > 1 {
            return Err(Error::usage("an age file has no key groups: each of its recipients opens it alone"));
        }
        let recipients = self.recipients.all().map(Recipient::parse).collect::<Result<Vec<_>>>()?;
        let whole = Whole {
            sealed: Vec::new(),
            stanzas: recipients.len(),
            recipients: Some(recipients),
            armored,
            prompt: Arc::clone(prompt),
        };
        // nobody compares a file that is not there yet with another
        let secret = SecretValue::new(vec![0; 32]);
        let mut open = held(plain, Some(format), secret, whole)?;
        open.changed = true;
        Ok((open, remarks))
    }
}
