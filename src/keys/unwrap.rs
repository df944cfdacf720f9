//! Opening one wrapped data key with one identity.
//!
//! A wrapped data key is a small age file in ASCII armor. This decodes it, tries the identity, reads the payload,
//! and tells apart what the search needs apart: the identity does not fit, could not be used, or fits a key that
//! was changed, and the armor itself is damaged. It knows nothing of sources and asks nobody.
//! A payload is a data key or a share of one; what is longer than [`PAYLOAD_LIMIT`] is not read to its end.

use std::cell::Cell;
use std::io::Read;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};
use age_core::format::{FileKey, Stanza};

use super::prompt::plain;
use crate::secret::SecretValue;

const PAYLOAD_LIMIT: u64 = 64 * 1024;

/// Why a data key did not open.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is wrapped for someone else.
    NoFit,
    /// The identity could not be tried; says why.
    Unusable(String),
    /// This is no age file, or not one that can be read.
    Damaged,
    /// The identity fits, and what it opens does not authenticate.
    Forged,
}

/// The payload, if `identity` opens it.
pub(super) fn open(identity: &dyn age::Identity, enc: &str) -> Result<SecretValue, Fault> {
    let stream = decryptor(enc)?.decrypt(std::iter::once(identity)).map_err(|e| match e {
        DecryptError::NoMatchingKeys => Fault::NoFit,
        // an identity that does not fit is passed over without these, so one fitted
        DecryptError::InvalidMac | DecryptError::DecryptionFailed => Fault::Forged,
        DecryptError::InvalidHeader | DecryptError::UnknownFormat => Fault::Damaged,
        e => Fault::Unusable(plain(&e.to_string())),
    })?;
    let payload = SecretValue::read_from(&mut stream.take(PAYLOAD_LIMIT + 1)).map_err(|_| Fault::Forged)?;
    if payload.len() as u64 > PAYLOAD_LIMIT {
        return Err(Fault::Damaged);
    }
    Ok(payload)
}

/// Whether a stanza names the SSH key with this tag. SSH stanzas do, so that nobody need be asked for the
/// passphrase of a key that does not fit.
pub(super) fn names_ssh_key(enc: &str, tag: &str) -> Result<bool, Fault> {
    let probe = Probe { tag, hit: Cell::new(false) };
    // the probe never opens anything: all that counts is what it saw
    let _ = decryptor(enc)?.decrypt(std::iter::once(&probe as &dyn age::Identity));
    Ok(probe.hit.get())
}

struct Probe<'a> {
    tag: &'a str,
    hit: Cell<bool>,
}

impl age::Identity for Probe<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        let ssh = matches!(stanza.tag.as_str(), "ssh-ed25519" | "ssh-rsa");
        if ssh && stanza.args.first().is_some_and(|arg| arg == self.tag) {
            self.hit.set(true);
        }
        None
    }
}

fn decryptor(enc: &str) -> Result<Decryptor<impl std::io::BufRead + use<'_>>, Fault> {
    let enc = enc.trim();
    // the reader would take a file without armor as well, and no other tool would
    if !enc.starts_with("-----BEGIN AGE ENCRYPTED FILE-----") {
        return Err(Fault::Damaged);
    }
    Decryptor::new_buffered(ArmoredReader::new(enc.as_bytes())).map_err(|_| Fault::Damaged)
}
