//! Whole age files: sealed for several recipients at once, and opened with the keyring.
//!
//! Where a sops file has an age file for each recipient, here one file is for all of them. So age's own rule counts: a
//! post-quantum recipient beside another would protect nothing. It knows nothing of what is inside.

use std::sync::Arc;

use age::EncryptError;
use age::armor::Format;
use sha2::{Digest, Sha256};

use super::keyring::Keyring;
use super::parse::Batch;
use super::passphrase;
use super::prompt::{Prompt, plain};
use super::recipient::{Recipient, generate, seal};
use super::report::{Refusal, Report};
use super::stanza::stanzas;
use super::unwrap::{Fault, Sealed};
use crate::error::{Error, Kind, Result};
use crate::secret::SecretValue;

/// No longer file is opened.
const LIMIT: usize = 64 * 1024 * 1024;

/// An opened age file.
pub struct OpenedFile {
    /// What it holds.
    pub plain: SecretValue,
    /// The name of the source whose identity opened it.
    pub source: String,
    /// For whom it is sealed, where that can be told: the file is for one recipient, and the identity that opened it
    /// knows its own. A plugin's does not; its key file names it.
    pub recipients: Option<Vec<Recipient>>,
    /// For how many recipients it is sealed.
    pub stanzas: usize,
    /// 32 bytes that only those who can open the file know: the same for every file that this identity opens, where it
    /// is one that can be read, else new each time.
    pub secret: SecretValue,
}

/// Seals one age file for all recipients, who must be of kinds that age lets share a file.
pub fn seal_file(
    plain: &SecretValue,
    recipients: &[Recipient],
    armored: bool,
    prompt: &Arc<dyn Prompt>,
) -> Result<Vec<u8>> {
    let keys = recipients.iter().map(|r| r.key(prompt)).collect::<Result<Vec<_>>>()?;
    let format = if armored { Format::AsciiArmor } else { Format::Binary };
    seal(&keys, plain.expose(), format).map_err(refused)
}

/// A key that nobody else ever sees.
fn fresh() -> SecretValue {
    generate("").0
}

fn digest(text: &SecretValue) -> SecretValue {
    SecretValue::new(Sha256::digest(text.expose()).to_vec())
}

fn refused(error: EncryptError) -> Error {
    match error {
        EncryptError::MissingRecipients => Error::usage("there is no recipient to seal the file for"),
        EncryptError::IncompatibleRecipients { .. } => {
            Error::usage("post-quantum and other recipients cannot share one age file")
                .note("whoever breaks the weaker of two keys has the file")
                .hint("name recipients of one kind only")
        }
        e => Error::failed(format!("cannot seal the age file: {}", self::plain(&e.to_string()))),
    }
}

impl Keyring {
    /// Opens a whole age file, in armor or not; one that a passphrase protects asks for it. The error is of the kinds of
    /// [`Keyring::unwrap`], or [`Kind::Failed`] for what is no age file.
    pub(crate) fn open_file(&self, bytes: &[u8]) -> Result<OpenedFile> {
        if bytes.len() > LIMIT {
            return Err(Error::failed("the age file has more than 64 MiB"));
        }
        let sealed = Sealed::File(bytes);
        let stanzas = stanzas(sealed)?;
        let kinds: Vec<&str> = stanzas.iter().map(|s| s.tag.as_str()).collect();
        if kinds.is_empty() {
            return Err(Error::new(Kind::NoIdentity, "the age file has no recipient"));
        }
        if kinds == ["scrypt"] {
            return self.open_protected(sealed);
        }
        let mut report = Report::default();
        let found = self.walk(
            &mut report,
            |_| vec![None],
            |batch, source, report| self.search_file(batch, sealed, source, stanzas.len(), report),
        )?;
        if let Some(found) = &found {
            self.used_now(&found.source);
        }
        found.ok_or_else(|| {
            let kinds = kinds.join(", ");
            report
                .into_file_error(format!("the file is for {kinds}; bring an identity of that kind that fits"))
        })
    }

    fn search_file(
        &self,
        batch: &Batch,
        sealed: Sealed<'_>,
        source: &str,
        stanzas: usize,
        report: &mut Report,
    ) -> Option<OpenedFile> {
        let forged = |report: &mut Report, _| report.forged_file(source);
        let (identity, _, plain) = self.try_each(batch, &[sealed], source, report, forged)?;
        let own = if stanzas == 1 { identity.recipient() } else { None };
        let recipients = own.and_then(|text| Recipient::parse(&text).ok()).map(|r| vec![r]);
        let secret = digest(&identity.text().unwrap_or_else(fresh));
        Some(OpenedFile { plain, source: source.to_owned(), recipients, stanzas, secret })
    }

    fn open_protected(&self, sealed: Sealed<'_>) -> Result<OpenedFile> {
        const NAME: &str = "the age file";
        let mut report = Report::default();
        let opened = sealed
            .decryptor()
            .and_then(|decryptor| passphrase::open(decryptor, NAME, self.prompt().as_ref()))
            .and_then(|mut stream| SecretValue::read_from(&mut stream).map_err(|_| Fault::Forged));
        match opened {
            Ok(plain) => {
                return Ok(OpenedFile {
                    plain,
                    source: "a passphrase".to_owned(),
                    recipients: None,
                    stanzas: 1,
                    secret: digest(&fresh()),
                });
            }
            Err(Fault::Unusable(why)) => report.refused(NAME, &Refusal::new(why)),
            Err(Fault::Damaged | Fault::NoFit | Fault::Forged) => report.forged_file(NAME),
        }
        Err(report.into_file_error("the file is protected by a passphrase: type it on a terminal".to_owned()))
    }
}
