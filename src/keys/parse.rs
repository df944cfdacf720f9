//! The bytes of a source become identities.
//!
//! A source holds identities line by line, or such lines in an age file that a passphrase opens, or one SSH private
//! key. Blank lines and lines that start with `#` are passed over; one line that is none of these makes the whole
//! source useless, as a key file that is only half read hides a mistake.
//! Refusals name the line and never repeat it.

use std::io::Read;
use std::sync::Arc;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};

use super::identity::Identity;
use super::prompt::{Prompt, secret_string};
use super::recipient::Recipient;
use super::report::Refusal;
use super::source::{Form, LIMIT};
use super::ssh::SshKey;
use crate::secret::SecretValue;

/// The identities of a source.
#[derive(Default)]
pub(super) struct Batch {
    /// Those that ask nobody come first.
    pub(super) identities: Vec<Identity>,
    /// How many more there are that this version cannot use.
    quantum: usize,
}

impl Batch {
    /// What to say when none of them opened the file.
    pub(super) fn none_fits(&self) -> String {
        let count = match (self.identities.len(), self.quantum) {
            (0, 0) => return "no identity in it".to_owned(),
            (0, _) => None,
            (1, _) => Some("1 identity, which does not fit".to_owned()),
            (n, _) => Some(format!("{n} identities, none fits")),
        };
        let quantum = match self.quantum {
            0 => None,
            1 => Some("1 post-quantum identity, not supported by this version".to_owned()),
            n => Some(format!("{n} post-quantum identities, not supported by this version")),
        };
        [count, quantum].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

/// Reads a source in its form; asks for a passphrase if it is protected by one.
pub(super) fn batch(
    bytes: &SecretValue,
    form: Form,
    name: &str,
    prompt: &Arc<dyn Prompt>,
) -> Result<Batch, Refusal> {
    match form {
        Form::Ssh => {
            let key = SshKey::read(bytes, name)?;
            Ok(Batch { identities: vec![Identity::Ssh(key)], quantum: 0 })
        }
        Form::Identities if is_protected(bytes.expose()) => lines(&unlock(bytes, name, prompt.as_ref())?),
        Form::Identities => lines(bytes),
    }
}

fn is_protected(bytes: &[u8]) -> bool {
    bytes.starts_with(b"age-encryption.org/") || bytes.starts_with(b"-----BEGIN AGE")
}

fn lines(bytes: &SecretValue) -> Result<Batch, Refusal> {
    let text = bytes.expose_str().ok_or_else(|| Refusal::new("not text"))?;
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----") {
        return Err(Refusal::new("holds an SSH private key, which belongs in SOPS_AGE_SSH_PRIVATE_KEY_FILE"));
    }
    let mut batch = Batch::default();
    let mut comment = None;
    for (line, number) in text.lines().zip(1..) {
        if line.starts_with('#') {
            comment = named_recipient(line).or(comment);
            continue;
        }
        for word in line.split_whitespace() {
            if word.starts_with("AGE-SECRET-KEY-PQ-1") {
                batch.quantum += 1;
            } else if let Ok(key) = word.parse() {
                batch.identities.push(Identity::X25519(key));
            } else if let Ok(handle) = word.parse::<age::plugin::Identity>() {
                let recipient = comment.filter(|text| is_of_plugin(text, handle.plugin())).map(str::to_owned);
                batch.identities.push(Identity::Plugin { handle, recipient });
            } else {
                return Err(Refusal::new(format!("line {number} is not an identity")));
            }
            comment = None;
        }
    }
    batch.identities.sort_by_key(Identity::asks);
    Ok(batch)
}

/// Plugins write `# Recipient: age1…` or `# public key: age1…` above the handle that it belongs to.
fn named_recipient(comment: &str) -> Option<&str> {
    let (label, text) = comment.trim_start_matches('#').split_once(':')?;
    let label = label.trim();
    (label.eq_ignore_ascii_case("recipient") || label.eq_ignore_ascii_case("public key")).then(|| text.trim())
}

fn is_of_plugin(text: &str, plugin: &str) -> bool {
    text.starts_with(&format!("age1{plugin}1")) && Recipient::parse(text).is_ok()
}

fn unlock(bytes: &SecretValue, name: &str, prompt: &dyn Prompt) -> Result<SecretValue, Refusal> {
    // as much work as age itself accepts; age's library would measure the machine instead, which varies with load
    const MAX_WORK: u8 = 22;

    let decryptor = Decryptor::new_buffered(ArmoredReader::new(bytes.expose()))
        .map_err(|_| Refusal::new("a damaged age file"))?;
    if !decryptor.is_scrypt() {
        return Err(Refusal::new("an age file that no passphrase opens"));
    }
    let answer = prompt
        .passphrase(&format!("passphrase of {name}"))
        .ok_or_else(|| Refusal::new("protected by a passphrase and nobody can be asked"))?;
    let passphrase = secret_string(&answer).ok_or_else(|| Refusal::new("the passphrase is not text"))?;
    let mut identity = age::scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(MAX_WORK);

    let stream =
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|e| match e {
            DecryptError::DecryptionFailed => Refusal::new("the passphrase does not fit"),
            DecryptError::ExcessiveWork { .. } => Refusal::new("asks for more work than any honest key file"),
            _ => Refusal::new("a damaged age file"),
        })?;
    let inner = SecretValue::read_from(&mut stream.take(LIMIT + 1))
        .map_err(|_| Refusal::new("a damaged age file"))?;
    if inner.len() as u64 > LIMIT {
        return Err(Refusal::new("holds more than 1 MiB"));
    }
    Ok(inner)
}
