//! Age identities and recipients: who can open a wrapped data key, and for whom it is wrapped.
//!
//! The rest of the crate hands in armored text and gets a payload, or hands in a payload and gets armored text; it
//! sees no type of the age library. This module reads no file and no environment: each [`Source`] brings a closure
//! that loads it, or a command to run. Sources are tried in the order given, and one is loaded only when those
//! before it did not open the file, so nobody is asked for a passphrase that is not needed.
//! It keeps two invariants: no error, note or name ever holds the content of a source, and a source that may be
//! read by others ends the search instead of being passed over.

mod command;
mod identity;
mod keyring;
mod parse;
mod prompt;
mod recipient;
mod report;
mod source;
mod ssh;
mod unwrap;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use keyring::{Keyring, Wrapped};
pub use prompt::Prompt;
pub use recipient::{Recipient, generate, short};
pub use source::{Form, Source};
