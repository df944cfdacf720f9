//! The identities at hand, and the search through them.
//!
//! [`Keyring::unwrap`] goes from source to source and stops at the first that opens the file. Within a source, an
//! identity that asks nobody is tried on every stanza before one that may ask for a passphrase or a touch.
//! What was opened once is remembered for the life of the keyring: all versions of a file share their stanzas, and a
//! person should answer once for a rotation. The keyring is for one thread.

use std::cell::RefCell;
use std::sync::Arc;

use super::identity::Identity;
use super::nobody::Nobody;
use super::parse::Batch;
use super::prompt::Prompt;
use super::recipient::Recipient;
use super::report::{Refusal, Report};
use super::source::{Form, Source, State};
use super::unwrap::{Fault, Sealed};
use crate::error::{Error, Kind, Result};
use crate::secret::SecretValue;

/// A data key wrapped for one recipient, as a file holds it.
#[derive(Clone, Copy, Debug)]
pub struct Wrapped<'a> {
    /// The recipient's text.
    pub recipient: &'a str,
    /// ASCII armor, with or without the final line feed.
    pub enc: &'a str,
}

/// An opened data key.
pub struct Unwrapped {
    /// The data key, or a share of one.
    pub payload: SecretValue,
    /// The name of the source whose identity opened it.
    pub source: String,
    /// Which of the stanzas it was.
    pub index: usize,
}

/// Sources of identities in the order of trying. Keeps what it loaded and opened.
pub struct Keyring {
    sources: Vec<Source>,
    prompt: Arc<dyn Prompt>,
    opened: RefCell<Vec<Opened>>,
    readers: Vec<Recipient>,
    used: RefCell<Option<String>>,
    /// Identities that may ask a person are passed over.
    silent: bool,
}

struct Opened {
    enc: String,
    payload: SecretValue,
    source: String,
}

impl Keyring {
    /// A keyring over these sources; `prompt` is asked for passphrases and by plugins.
    pub(crate) fn new(sources: Vec<Source>, prompt: Arc<dyn Prompt>) -> Keyring {
        Keyring {
            sources,
            prompt,
            opened: RefCell::default(),
            readers: Vec::new(),
            used: RefCell::default(),
            silent: false,
        }
    }

    /// A keyring of the identities in the text of one key file, as age-keygen writes it. Nobody is asked for anything.
    ///
    /// ```
    /// use reseal::{Keyring, SecretValue};
    ///
    /// let text = "AGE-SECRET-KEY-1VQDJKDS4DMVCQYFHSXP9D6J9MEXQLGA9DJRMADXUJWZC5S44965SFD4KR5";
    /// let keyring = Keyring::of_identities(SecretValue::new(text.into()));
    /// ```
    pub fn of_identities(text: SecretValue) -> Keyring {
        let read = move || Ok(Some(SecretValue::concat(&[text.expose()])));
        Keyring::new(vec![Source::reading("the identities", Form::Identities, read)], Arc::new(Nobody))
    }

    /// The same, and who shall be able to open whole age files that are sealed again: such a file does not name them.
    pub(crate) fn for_readers(self, readers: Vec<Recipient>) -> Keyring {
        Keyring { readers, ..self }
    }

    /// A keyring over these sources that asks nobody: plugins, and keys with a passphrase, are passed over.
    pub(crate) fn silent(sources: Vec<Source>) -> Keyring {
        Keyring { silent: true, ..Keyring::new(sources, Arc::new(Nobody)) }
    }

    /// Who shall be able to open whole age files; nobody is named where the file itself tells.
    pub(crate) fn readers(&self) -> &[Recipient] {
        &self.readers
    }

    /// Opens a stanza that an identity fits. The error is [`Kind::NoIdentity`] with a note for each source,
    /// [`Kind::Integrity`] if an identity fits a stanza that was changed, or what a source ended the search with.
    pub(crate) fn unwrap(&self, stanzas: &[Wrapped<'_>]) -> Result<Unwrapped> {
        if stanzas.is_empty() {
            return Err(Error::new(Kind::NoIdentity, "the file has no age recipient"));
        }
        if let Some(found) = self.recall(stanzas) {
            return Ok(found);
        }
        let mut report = Report::default();
        let found = self.walk(
            &mut report,
            |source| source.occasions(stanzas),
            |batch, source, report| self.search(batch, stanzas, source, report),
        )?;
        let Some(found) = found else { return Err(report.into_error(stanzas)) };
        self.remember(&found, stanzas);
        Ok(found)
    }

    /// Tries source after source, each for every recipient that `occasions` gives, until `search` finds something.
    pub(super) fn walk<'a, T>(
        &self,
        report: &mut Report,
        occasions: impl Fn(&Source) -> Vec<Option<&'a str>>,
        search: impl Fn(&Batch, &str, &mut Report) -> Option<T>,
    ) -> Result<Option<T>> {
        for source in &self.sources {
            for recipient in occasions(source) {
                match &*source.load(recipient, &self.prompt)? {
                    State::Absent => report.absent(source.name()),
                    State::Refused(refusal) => report.refused(source.name(), refusal),
                    State::Ready(batch) => {
                        if let Some(found) = search(batch, source.name(), report) {
                            return Ok(Some(found));
                        }
                    }
                }
            }
        }
        Ok(None)
    }

    pub(crate) fn prompt(&self) -> &Arc<dyn Prompt> {
        &self.prompt
    }

    /// The recipients of the first source that gives any, for a new file: none if no source is there. A plugin's
    /// identity counts if its key file names the recipient.
    pub(crate) fn recipients(&self) -> Result<Vec<Recipient>> {
        let mut report = Report::default();
        for source in &self.sources {
            match &*source.load(None, &self.prompt)? {
                State::Absent => report.absent(source.name()),
                State::Refused(refusal) => report.refused(source.name(), refusal),
                State::Ready(batch) => {
                    let texts = batch.identities.iter().filter_map(|identity| identity.recipient());
                    let recipients: Vec<_> = texts.filter_map(|text| Recipient::parse(&text).ok()).collect();
                    if !recipients.is_empty() {
                        return Ok(recipients);
                    }
                    report.none_fits(source.name(), "gives no recipient");
                }
            }
        }
        if report.is_present() { Err(report.into_recipients_error()) } else { Ok(Vec::new()) }
    }

    /// The name of the source that opened something last, if anything was opened.
    pub(crate) fn used(&self) -> Option<String> {
        self.used.borrow().clone()
    }

    fn search(
        &self,
        batch: &Batch,
        stanzas: &[Wrapped<'_>],
        source: &str,
        report: &mut Report,
    ) -> Option<Unwrapped> {
        let keys: Vec<_> = stanzas.iter().map(|stanza| Sealed::DataKey(stanza.enc)).collect();
        let forged = |report: &mut Report, index: usize| report.forged(source, stanzas[index].recipient);
        let (_, index, payload) = self.try_each(batch, &keys, source, report, forged)?;
        Some(Unwrapped { payload, source: source.to_owned(), index })
    }

    /// The first of the identities that opens one of these, with which of them, and what it holds.
    pub(super) fn try_each<'b>(
        &self,
        batch: &'b Batch,
        sealed: &[Sealed<'_>],
        source: &str,
        report: &mut Report,
        forged: impl Fn(&mut Report, usize),
    ) -> Option<(&'b Identity, usize, SecretValue)> {
        let mut explained = false;
        for identity in batch.identities.iter().filter(|identity| !(self.silent && identity.asks())) {
            for (index, sealed) in sealed.iter().enumerate() {
                match identity.open(*sealed, &self.prompt) {
                    Ok(payload) => return Some((identity, index, payload)),
                    Err(Fault::NoFit) => {}
                    Err(Fault::Damaged) => report.damaged(index),
                    Err(Fault::Forged) => {
                        explained = true;
                        forged(report, index);
                    }
                    Err(Fault::Unusable(why)) => {
                        explained = true;
                        report.refused(source, &Refusal::new(why));
                    }
                }
            }
        }
        if !explained {
            report.none_fits(source, &batch.none_fits());
        }
        None
    }

    fn recall(&self, stanzas: &[Wrapped<'_>]) -> Option<Unwrapped> {
        let opened = self.opened.borrow();
        stanzas.iter().enumerate().find_map(|(index, stanza)| {
            let known = opened.iter().find(|known| known.enc == stanza.enc)?;
            let payload = SecretValue::concat(&[known.payload.expose()]);
            Some(Unwrapped { payload, source: known.source.clone(), index })
        })
    }

    pub(super) fn used_now(&self, source: &str) {
        *self.used.borrow_mut() = Some(source.to_owned());
    }

    fn remember(&self, found: &Unwrapped, stanzas: &[Wrapped<'_>]) {
        self.used_now(&found.source);
        if let Some(stanza) = stanzas.get(found.index) {
            self.opened.borrow_mut().push(Opened {
                enc: stanza.enc.to_owned(),
                payload: SecretValue::concat(&[found.payload.expose()]),
                source: found.source.clone(),
            });
        }
    }
}
