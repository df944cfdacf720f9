//! Post-quantum age keys: the texts `age1pq1…` and `AGE-SECRET-KEY-PQ-1…`, and the stanza `mlkem768x25519`.
//!
//! Both halves implement the traits of the age library, so that everything that is true of other recipients is true of
//! these. The file key goes through HPKE with the key encapsulation in [`kem`]. The label keeps such a recipient
//! from sharing one age file with one that a quantum computer opens.
//! A text is taken only in its one spelling, and a stanza only in the one form that age writes.

mod kem;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io;

use age::{DecryptError, EncryptError};
use age_core::format::{FileKey, Stanza};
use age_core::primitives::{bech32_decode, bech32_encode};
use age_core::secrecy::ExposeSecret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use bech32::Hrp;
use hpke::aead::{AeadTag, ChaCha20Poly1305};
use hpke::kdf::HkdfSha256;
use hpke::{Deserializable, HpkeError, OpModeR, OpModeS, Serializable};
use rand::rngs::OsRng;
use zeroize::Zeroizing;

use crate::secret::SecretValue;
use kem::{Encapsulated, MlKem768X25519, PrivateKey, PublicKey};

pub(super) const KIND: &str = "mlkem768x25519";

const RECIPIENT: &str = "age1pq";
const IDENTITY: &str = "AGE-SECRET-KEY-PQ-";
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
const FILE_KEY: usize = 16;
const TAG: usize = 16;

/// A public key.
#[derive(Clone)]
pub(super) struct Recipient(PublicKey);

impl Recipient {
    pub(super) fn parse(text: &str) -> Option<Recipient> {
        let bytes = decoded(text, RECIPIENT)?;
        let key = Recipient(PublicKey::from_bytes(&bytes).ok()?);
        (key.text() == text).then_some(key)
    }

    pub(super) fn text(&self) -> String {
        bech32_encode(Hrp::parse_unchecked(RECIPIENT), &self.0.to_bytes())
    }
}

impl age::Recipient for Recipient {
    fn wrap_file_key(&self, key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let (sent, body) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, MlKem768X25519, _>(
            &OpModeS::Base,
            &self.0,
            INFO,
            key.expose_secret(),
            &[],
            &mut OsRng,
        )
        .map_err(|_| io::Error::other("its public key is one that protects nothing"))?;
        let args = vec![BASE64_STANDARD_NO_PAD.encode(sent.to_bytes())];
        Ok((vec![Stanza { tag: KIND.to_owned(), args, body }], HashSet::from(["postquantum".to_owned()])))
    }
}

/// A private key.
pub(super) struct Identity(PrivateKey);

impl Identity {
    pub(super) fn generate() -> Identity {
        Identity(PrivateKey::generate(&mut OsRng))
    }

    pub(super) fn parse(text: &str) -> Option<Identity> {
        let bytes = decoded(text, IDENTITY)?;
        let key = Identity(PrivateKey::from_bytes(&bytes).ok()?);
        (key.text().expose() == text.as_bytes()).then_some(key)
    }

    pub(super) fn text(&self) -> SecretValue {
        let mut text = bech32_encode(Hrp::parse_unchecked(IDENTITY), self.0.seed());
        text.make_ascii_uppercase();
        SecretValue::new(text.into_bytes())
    }

    pub(super) fn recipient(&self) -> Recipient {
        Recipient(self.0.public())
    }
}

impl age::Identity for Identity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != KIND {
            return None;
        }
        let [sent] = stanza.args.as_slice() else { return Some(Err(DecryptError::InvalidHeader)) };
        let sent = BASE64_STANDARD_NO_PAD.decode(sent).ok().and_then(|b| Encapsulated::from_bytes(&b).ok());
        // the length is looked at before anything is opened: a longer body could fit two keys
        let (Some(sent), FILE_KEY_AND_TAG) = (sent, stanza.body.len()) else {
            return Some(Err(DecryptError::InvalidHeader));
        };
        let (body, tag) = stanza.body.split_at(FILE_KEY);
        let key = FileKey::try_init_with_mut(|key| {
            key.copy_from_slice(body);
            hpke::single_shot_open_in_place_detached::<ChaCha20Poly1305, HkdfSha256, MlKem768X25519>(
                &OpModeR::Base,
                &self.0,
                &sent,
                INFO,
                key,
                &[],
                &AeadTag::from_bytes(tag)?,
            )
        });
        match key {
            Ok(key) => Some(Ok(key)),
            // the stanza does not say whom it is for, so this is how somebody else's looks
            Err(HpkeError::OpenError) => None,
            Err(_) => Some(Err(DecryptError::InvalidHeader)),
        }
    }
}

const FILE_KEY_AND_TAG: usize = FILE_KEY + TAG;

/// The bytes of a bech32 text with this prefix, which may be longer than bech32 itself allows.
fn decoded(text: &str, prefix: &str) -> Option<Zeroizing<Vec<u8>>> {
    text.strip_prefix(prefix)?;
    let bytes = |_, bytes: bech32::primitives::decode::ByteIter<'_>| {
        let mut all = Zeroizing::new(Vec::with_capacity(bytes.len()));
        all.extend(bytes);
        Ok(all)
    };
    bech32_decode(text, |_| (), |found| if found.as_str() == prefix { Ok(()) } else { Err(()) }, bytes).ok()
}
