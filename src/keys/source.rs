//! Places where identities may be found.
//!
//! A source is a name to show, the form of its bytes, and a way to load them: a closure of the caller's, or a command.
//! It is loaded when it is first reached and never again, because one rotation opens several files; a command may
//! print another key for another recipient, so it runs once for each of those.
//! What went wrong is kept as well and told in the end, with one exception that [`Source::reading`] documents.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::command;
use super::keyring::Wrapped;
use super::parse::{self, Batch};
use super::prompt::Prompt;
use super::report::Refusal;
use crate::error::{Kind, Result};
use crate::secret::SecretValue;

/// No key file is longer than this.
pub(super) const LIMIT: u64 = 1024 * 1024;

/// What the bytes of a source are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines of `AGE-SECRET-KEY-1…` and `AGE-PLUGIN-…`, or an age file (armored or binary) with such lines that is
    /// protected by a passphrase.
    Identities,
    /// An OpenSSH or PEM private key.
    Ssh,
}

type Reader = Box<dyn Fn() -> Result<Option<SecretValue>>>;

enum Load {
    Reading(Reader),
    Command(String),
}

/// One place where identities may be found. Loaded only when an earlier source did not open the file.
pub struct Source {
    name: String,
    form: Form,
    load: Load,
    loaded: RefCell<Vec<(Option<String>, Rc<State>)>>,
}

/// What became of loading a source.
pub(super) enum State {
    Absent,
    Refused(Refusal),
    Ready(Batch),
}

impl Source {
    /// A source that the caller loads; `Ok(None)` says that it does not exist, which only default places may.
    ///
    /// An error of [`Kind::Failed`] ends the search at once and is returned unchanged: that is for a key file that
    /// others can read, which must be mended and not passed over. An error of any other kind is remembered, and
    /// told only if no other source opens the file.
    pub fn reading(
        name: impl Into<String>,
        form: Form,
        load: impl Fn() -> Result<Option<SecretValue>> + 'static,
    ) -> Source {
        Source::new(name.into(), form, Load::Reading(Box::new(load)))
    }

    /// A command that prints such a source. It is split as a shell does and run without one; it gets the recipient
    /// in `SOPS_AGE_RECIPIENT` and runs at most once for each.
    pub fn command(name: impl Into<String>, form: Form, line: impl Into<String>) -> Source {
        Source::new(name.into(), form, Load::Command(line.into()))
    }

    fn new(name: String, form: Form, load: Load) -> Source {
        Source { name, form, load, loaded: RefCell::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// For whom the source has to be loaded, one after the other.
    pub(super) fn occasions<'a>(&self, stanzas: &[Wrapped<'a>]) -> Vec<Option<&'a str>> {
        match self.load {
            Load::Reading(_) => vec![None],
            Load::Command(_) => {
                let mut recipients: Vec<_> = Vec::new();
                for stanza in stanzas {
                    if !recipients.contains(&Some(stanza.recipient)) {
                        recipients.push(Some(stanza.recipient));
                    }
                }
                recipients
            }
        }
    }

    /// Loads the source, or says again what came of it. The error is one that ends the search.
    pub(super) fn load(&self, recipient: Option<&str>, prompt: &Arc<dyn Prompt>) -> Result<Rc<State>> {
        let known = self
            .loaded
            .borrow()
            .iter()
            .find(|(whom, _)| whom.as_deref() == recipient)
            .map(|(_, s)| Rc::clone(s));
        if let Some(state) = known {
            return Ok(state);
        }
        let state = Rc::new(self.load_now(recipient, prompt)?);
        self.loaded.borrow_mut().push((recipient.map(str::to_owned), Rc::clone(&state)));
        Ok(state)
    }

    fn load_now(&self, recipient: Option<&str>, prompt: &Arc<dyn Prompt>) -> Result<State> {
        let bytes = match &self.load {
            Load::Reading(read) => match read() {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Ok(State::Absent),
                Err(e) if e.kind() == Kind::Failed => return Err(e),
                Err(e) => {
                    return Ok(State::Refused(Refusal {
                        why: e.to_string(),
                        hint: e.advice().map(str::to_owned),
                    }));
                }
            },
            Load::Command(line) => match command::output(line, recipient) {
                Ok(bytes) => bytes,
                Err(refusal) => return Ok(State::Refused(refusal)),
            },
        };
        Ok(match parse::batch(&bytes, self.form, &self.name, prompt) {
            Ok(batch) => State::Ready(batch),
            Err(refusal) => State::Refused(refusal),
        })
    }
}
