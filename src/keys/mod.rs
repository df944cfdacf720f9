//! Age identities and recipients: who can open a wrapped data key, and for whom it is wrapped.
//!
//! The rest of the crate hands in armored text or a whole age file and gets a payload, or the other way round; it sees
//! no type of the age library. This module reads no file and no environment: each [`Source`] brings a closure
//! that loads it, or a command to run. Sources are tried in the order given, and one is loaded only when those
//! before it did not open the file, so nobody is asked for a passphrase that is not needed.
//! It keeps two invariants: no error, note or name ever holds the content of a source, and a source that may be
//! read by others ends the search instead of being passed over.

mod command;
mod file;
mod hybrid;
mod identity;
mod keyring;
mod parse;
mod passphrase;
mod prompt;
mod recipient;
mod report;
mod source;
mod ssh;
mod stanza;
mod unwrap;

#[cfg(any(test, fuzzing))]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use file::seal_file;
pub use keyring::{Keyring, Wrapped};
pub use prompt::Prompt;
pub use recipient::{Recipient, generate, generate_hybrid};
pub use source::{Form, Source};
#[cfg_attr(not(test), expect(unused_imports, reason = "nobody compares recipients with stanzas yet"))]
pub use stanza::{Fit, stanza_fits, stanza_kinds};
