//! Age files that a passphrase opens: protected key files, and whole files that somebody sealed so.

use std::io::{BufRead, Read};

use age::{DecryptError, Decryptor};

use super::prompt::{Prompt, secret_string};
use super::unwrap::Fault;

/// As much work as age itself accepts; age's library would measure the machine instead, which varies with load.
const MAX_WORK: u8 = 22;

/// The payload, after one question for the passphrase of `name`.
pub(super) fn open<R: BufRead>(
    decryptor: Decryptor<R>,
    name: &str,
    prompt: &dyn Prompt,
) -> Result<impl Read + use<R>, Fault> {
    let unusable = |why: &str| Fault::Unusable(why.to_owned());
    let answer = prompt
        .passphrase(&format!("passphrase of {name}"))
        .ok_or_else(|| unusable("protected by a passphrase and nobody can be asked"))?;
    let passphrase = secret_string(&answer).ok_or_else(|| unusable("the passphrase is not text"))?;
    let mut identity = age::scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(MAX_WORK);
    decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|e| match e {
        DecryptError::DecryptionFailed => unusable("the passphrase does not fit"),
        DecryptError::ExcessiveWork { .. } => unusable("asks for more work than any honest file"),
        DecryptError::InvalidMac => Fault::Forged,
        _ => Fault::Damaged,
    })
}
