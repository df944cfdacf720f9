//! SSH private keys as identities.
//!
//! A key that is protected by a passphrase is unlocked only for a stanza that names it, and once: what was opened
//! is kept, and so is a failure, so that one wrong answer is not asked for again in the same run. The public half
//! stands in the file unprotected and needs no answer.
//! Key types and ciphers that age does not know are refused here with the way out.

use std::cell::OnceCell;
use std::io::ErrorKind;

use age::ssh::{EncryptedKey, Identity, UnsupportedKey};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use sha2::{Digest, Sha256};

use super::prompt::{Prompt, secret_string};
use super::report::Refusal;
use super::unwrap::{self, Fault, Sealed};
use crate::secret::SecretValue;

/// An SSH private key.
pub(super) struct SshKey {
    /// The public half, where age can use it.
    public: Option<String>,
    lock: Lock,
}

enum Lock {
    Open(Box<Identity>),
    Locked { key: Box<EncryptedKey>, name: String, opened: OnceCell<Result<Identity, &'static str>> },
}

impl SshKey {
    /// Reads an OpenSSH or PEM private key; `name` is the source, for the question after the passphrase.
    pub(super) fn read(bytes: &SecretValue, name: &str) -> Result<SshKey, Refusal> {
        // age copies the text into a buffer of its own, which the allocator of the program wipes
        let identity =
            Identity::from_buffer(bytes.expose().trim_ascii_start(), None).map_err(|e| match e.kind() {
                ErrorKind::Interrupted => Refusal::new("the SSH private key is cut short"),
                _ => Refusal::new("not an SSH private key of type ed25519 or rsa as ssh-keygen writes it"),
            })?;
        let public = age::ssh::Recipient::try_from(identity.clone()).ok().map(|r| r.to_string());
        let lock = match identity {
            Identity::Unsupported(why) => return Err(unsupported(&why)),
            Identity::Encrypted(_) if public.is_none() => {
                return Err(Refusal::new("an SSH key of a type that age does not support"));
            }
            Identity::Encrypted(key) => {
                Lock::Locked { key: Box::new(key), name: name.to_owned(), opened: OnceCell::new() }
            }
            open @ Identity::Unencrypted(_) => Lock::Open(Box::new(open)),
        };
        Ok(SshKey { public, lock })
    }

    /// Whether using it may ask for a passphrase.
    pub(super) fn is_locked(&self) -> bool {
        matches!(self.lock, Lock::Locked { .. })
    }

    /// The public half as an `ssh-… …` line, without a comment.
    pub(super) fn public(&self) -> Option<&str> {
        self.public.as_deref()
    }

    pub(super) fn open(&self, sealed: Sealed<'_>, prompt: &dyn Prompt) -> Result<SecretValue, Fault> {
        let identity = match &self.lock {
            Lock::Open(identity) => identity.as_ref(),
            Lock::Locked { key, name, opened } => {
                let tag = self.public.as_deref().and_then(tag).unwrap_or_default();
                if !names(sealed, &tag)? {
                    return Err(Fault::NoFit);
                }
                opened
                    .get_or_init(|| unlock(key, name, prompt))
                    .as_ref()
                    .map_err(|why| Fault::Unusable((*why).to_owned()))?
            }
        };
        unwrap::open(identity, sealed)
    }
}

fn unlock(key: &EncryptedKey, name: &str, prompt: &dyn Prompt) -> Result<Identity, &'static str> {
    let answer = prompt
        .passphrase(&format!("passphrase of the SSH key in {name}"))
        .ok_or("protected by a passphrase and nobody can be asked")?;
    let passphrase = secret_string(&answer).ok_or("the passphrase is not text")?;
    key.decrypt(passphrase).map(Identity::from).map_err(|_| "the passphrase does not fit")
}

/// Whether a stanza names the SSH key with this tag. SSH stanzas do, so that nobody need be asked for the
/// passphrase of a key that does not fit.
fn names(sealed: Sealed<'_>, tag: &str) -> Result<bool, Fault> {
    let ssh = |kind: &str| matches!(kind, "ssh-ed25519" | "ssh-rsa");
    Ok(sealed.stanzas()?.iter().any(|s| ssh(&s.tag) && s.args.first().is_some_and(|arg| arg == tag)))
}

/// What a stanza calls the key: the first four bytes of a digest of its public half.
pub(super) fn tag(public: &str) -> Option<String> {
    let blob = BASE64_STANDARD.decode(public.split_whitespace().nth(1)?).ok()?;
    Sha256::digest(blob).get(..4).map(|start| BASE64_STANDARD_NO_PAD.encode(start))
}

fn unsupported(why: &UnsupportedKey) -> Refusal {
    match why {
        UnsupportedKey::EncryptedPem => Refusal::new(
            "an SSH key with the old PEM encryption, which age does not read; `ssh-keygen -p -o -f FILE` converts it",
        ),
        UnsupportedKey::EncryptedSsh(_) => Refusal::new(
            "an SSH key in a cipher that age does not read; `ssh-keygen -p -Z aes256-ctr -f FILE` changes it",
        ),
        UnsupportedKey::Hardware(_) => Refusal::new("an SSH key on a security key, which cannot decrypt"),
        UnsupportedKey::Type(_) => Refusal::new("an SSH key of a type that age does not support"),
    }
}
