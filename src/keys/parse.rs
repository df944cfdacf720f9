//! The bytes of a source become identities.
//!
//! A source holds identities line by line, or such lines in an age file that a passphrase opens, or one SSH private
//! key. Blank lines and lines that start with `#` are passed over; one line that is none of these makes the whole
//! source useless, as a key file that is only half read hides a mistake.
//! Refusals name the line and never repeat it.

use std::io::Read;
use std::sync::Arc;

use super::identity::Identity;
use super::prompt::Prompt;
use super::recipient::Recipient;
use super::report::Refusal;
use super::source::{Form, LIMIT};
use super::ssh::SshKey;
use super::unwrap::{Fault, Sealed};
use super::{hybrid, passphrase};
use crate::secret::SecretValue;

/// The identities of a source.
#[derive(Default)]
pub(super) struct Batch {
    /// Those that ask nobody come first.
    pub(super) identities: Vec<Identity>,
}

impl Batch {
    /// What to say when none of them opened the file.
    pub(super) fn none_fits(&self) -> String {
        match self.identities.len() {
            0 => "no identity in it".to_owned(),
            1 => "1 identity, which does not fit".to_owned(),
            n => format!("{n} identities, none fits"),
        }
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
            Ok(Batch { identities: vec![Identity::Ssh(key)] })
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
            if let Ok(key) = word.parse() {
                batch.identities.push(Identity::X25519(key));
            } else if let Some(key) = hybrid::Identity::parse(word) {
                batch.identities.push(Identity::Hybrid(key));
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
    let damaged = || Refusal::new("a damaged age file");
    let decryptor = Sealed::File(bytes.expose()).decryptor().map_err(|_| damaged())?;
    if !decryptor.is_scrypt() {
        return Err(Refusal::new("an age file that no passphrase opens"));
    }
    let stream = passphrase::open(decryptor, name, prompt).map_err(|fault| match fault {
        Fault::Unusable(why) => Refusal::new(why),
        _ => damaged(),
    })?;
    let inner = SecretValue::read_from(&mut stream.take(LIMIT + 1)).map_err(|_| damaged())?;
    if inner.len() as u64 > LIMIT {
        return Err(Refusal::new("holds more than 1 MiB"));
    }
    Ok(inner)
}
