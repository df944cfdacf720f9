//! For whom an age file is sealed, as far as its header tells without a key.
//!
//! A header says of what kind each recipient is, and of an SSH key also which one. What age adds at random to keep
//! readers tolerant (`…-grease`) is no recipient and counts nowhere.

use age_core::format::Stanza;

use super::recipient::Recipient;
use super::ssh;
use super::unwrap::Sealed;
use crate::error::{Error, Kind, Result};

/// Whether what is sealed can be for a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is for one recipient of that kind; with an SSH key, for that key.
    Fits,
    /// It is for somebody else, for more than one, or no age file.
    Differs,
    /// Plugins choose their stanzas themselves, and later kinds are not known here.
    CannotTell,
}

/// The kinds of the recipients of an age file, armored or not, in the order of its header.
#[cfg_attr(not(test), expect(dead_code, reason = "nobody compares recipients with stanzas yet"))]
pub fn stanza_kinds(bytes: &[u8]) -> Result<Vec<String>> {
    Ok(stanzas(Sealed::File(bytes))?.into_iter().map(|stanza| stanza.tag).collect())
}

/// Whether a data key that is stored beside a recipient's text can have been wrapped for that recipient.
#[cfg_attr(not(test), expect(dead_code, reason = "nobody compares recipients with stanzas yet"))]
pub fn stanza_fits(recipient: &str, enc: &str) -> Fit {
    let text = recipient.trim();
    let Ok(stanzas) = stanzas(Sealed::DataKey(enc)) else { return Fit::Differs };
    let told = |fits: bool| if fits { Fit::Fits } else { Fit::Differs };
    let only = match stanzas.as_slice() {
        [only] => Some((only.tag.as_str(), only.args.first())),
        _ => None,
    };
    let kind = text.split(' ').next().unwrap_or_default();
    if matches!(kind, "ssh-ed25519" | "ssh-rsa") {
        let tag = ssh::tag(text);
        return told(tag.is_some() && only.is_some_and(|(found, arg)| found == kind && arg == tag.as_ref()));
    }
    match Recipient::parse(text) {
        Ok(recipient) => match recipient.stanza() {
            Some(kind) => told(only.is_some_and(|(found, _)| found == kind)),
            None => Fit::CannotTell,
        },
        // nothing can be wrapped for a key that is damaged
        Err(_) if text.starts_with("age1") => Fit::Differs,
        Err(_) => Fit::CannotTell,
    }
}

/// The stanzas that count.
pub(super) fn stanzas(sealed: Sealed<'_>) -> Result<Vec<Stanza>> {
    let mut stanzas = sealed.stanzas().map_err(|_| unreadable(sealed))?;
    stanzas.retain(|stanza| !stanza.tag.ends_with("-grease"));
    Ok(stanzas)
}

/// What is said of a file without a header that can be read.
fn unreadable(sealed: Sealed<'_>) -> Error {
    if sealed.is_age() {
        Error::new(Kind::Integrity, "the header of the age file is damaged, or longer than any is")
    } else {
        Error::failed("this is not an age file")
    }
}
