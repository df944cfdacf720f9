//! What is said when no identity opens a file.
//!
//! While the keyring tries source after source, it writes down here what became of each; if one opens the file,
//! all of it is forgotten. If none does, this makes the one error: a note for each source, and the hint that helps
//! most. A data key that an identity fits but that does not authenticate outranks every missing identity.

use super::keyring::Wrapped;
use super::recipient::short;
use crate::error::{Error, Kind};

/// Why a source gives no identity. Never holds content of the source.
pub(super) struct Refusal {
    pub(super) why: String,
    /// What the loader advises; it outranks the advice of this module, which knows only the file.
    pub(super) hint: Option<String>,
}

impl Refusal {
    pub(super) fn new(why: impl Into<String>) -> Refusal {
        Refusal { why: why.into(), hint: None }
    }
}

/// What became of the sources so far.
#[derive(Default)]
pub(super) struct Report {
    notes: Vec<String>,
    hint: Option<String>,
    /// A source was there, whether or not it was of use.
    present: bool,
    forged: Option<String>,
    damaged: Vec<usize>,
}

impl Report {
    pub(super) fn absent(&mut self, source: &str) {
        self.note(source, "not there");
    }

    pub(super) fn refused(&mut self, source: &str, refusal: &Refusal) {
        self.present = true;
        self.note(source, &refusal.why);
        if self.hint.is_none() {
            self.hint.clone_from(&refusal.hint);
        }
    }

    pub(super) fn none_fits(&mut self, source: &str, what: &str) {
        self.present = true;
        self.note(source, what);
    }

    /// An identity of the source fits, and the file that it opened is not what was sealed.
    pub(super) fn forged_file(&mut self, source: &str) {
        self.present = true;
        self.forged.get_or_insert_with(|| "the age file does not authenticate: it was changed".to_owned());
        self.note(source, "an identity fits, but the file does not authenticate");
    }

    /// An identity of the source fits, and what it opened is not what was wrapped.
    pub(super) fn forged(&mut self, source: &str, recipient: &str) {
        self.present = true;
        self.forged.get_or_insert_with(|| {
            format!("the data key for \"{}\" does not authenticate: the file was changed", short(recipient))
        });
        self.note(source, "an identity fits, but the data key it opens does not authenticate");
    }

    pub(super) fn damaged(&mut self, index: usize) {
        if !self.damaged.contains(&index) {
            self.damaged.push(index);
        }
    }

    /// Whether any source was there.
    pub(super) fn is_present(&self) -> bool {
        self.present
    }

    /// The error when nothing opened the file.
    pub(super) fn into_error(mut self, stanzas: &[Wrapped<'_>]) -> Error {
        if !self.present {
            return self.nothing_found();
        }
        for &index in &self.damaged {
            if let Some(stanza) = stanzas.get(index) {
                self.notes.push(format!("the data key for \"{}\" is damaged", short(stanza.recipient)));
            }
        }
        let all_damaged = !stanzas.is_empty() && self.damaged.len() == stanzas.len();
        let changed = self.forged.take().or_else(|| {
            all_damaged
                .then(|| "the data key is damaged for every recipient: the file was changed".to_owned())
        });
        let error = if let Some(message) = changed {
            // no other key file would help
            self.hint = None;
            Error::new(Kind::Integrity, message)
        } else {
            self.hint.get_or_insert_with(|| whom(stanzas));
            Error::new(Kind::NoIdentity, "no identity at hand opens the file")
        };
        self.finish(error)
    }

    /// The error when nothing opened a whole age file, which does not name its recipients; `hint` says what can be said.
    pub(super) fn into_file_error(mut self, hint: String) -> Error {
        if !self.present {
            return self.nothing_found();
        }
        let changed = self.forged.take().or_else(|| {
            (!self.damaged.is_empty())
                .then(|| "the header of the age file is damaged: it was changed".to_owned())
        });
        let error = if let Some(message) = changed {
            self.hint = None;
            Error::new(Kind::Integrity, message)
        } else {
            self.hint.get_or_insert(hint);
            Error::new(Kind::NoIdentity, "no identity at hand opens the file")
        };
        self.finish(error)
    }

    /// The error when a new file needs a recipient and no source gave one.
    pub(super) fn into_recipients_error(self) -> Error {
        self.finish(Error::new(Kind::NoIdentity, "no identity at hand gives a recipient"))
    }

    fn nothing_found(mut self) -> Error {
        self.hint = Some("name a key file with --age-key-file or SOPS_AGE_KEY_FILE".to_owned());
        self.finish(Error::new(Kind::NoIdentity, "no identity found"))
    }

    fn finish(self, mut error: Error) -> Error {
        for note in self.notes {
            error = error.note(note);
        }
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    fn note(&mut self, source: &str, what: &str) {
        let note = format!("{source}: {what}");
        // a command that runs for each recipient mostly ends the same way each time
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

fn whom(stanzas: &[Wrapped<'_>]) -> String {
    const SHOWN: usize = 8;
    let names: Vec<String> =
        stanzas.iter().take(SHOWN).map(|s| format!("\"{}\"", short(s.recipient))).collect();
    let more = match stanzas.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("the file is for {}{more}; bring the identity of one of them", names.join(", "))
}
