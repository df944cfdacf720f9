//! Asking a person, and the words of other programs.
//!
//! [`Prompt`] is what the command line implements; [`Ask`] hands it to the age library, which calls it for plugins.
//! Answers are not kept here: what a passphrase opened is kept by whoever asked for it, and a plugin's PIN is asked
//! for each time, because repeating a wrong one may lock the device.
//! Text that a plugin sends is shown to the user, so it passes [`plain`] first.

use std::sync::Arc;

use age::secrecy::SecretString;

use crate::secret::SecretValue;

/// Asks a person. Each method answers `None` when nobody can be asked.
pub trait Prompt: Send + Sync {
    /// A passphrase, typed without echo.
    fn passphrase(&self, description: &str) -> Option<SecretValue>;
    /// Something to know or to do now, such as touching a device.
    fn message(&self, text: &str);
    /// A choice between `yes` and `no`; `no` has a default label.
    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool>;
    /// An answer that is not secret.
    fn public(&self, description: &str) -> Option<String>;
}

/// A [`Prompt`] as the age library wants it.
#[derive(Clone)]
pub(super) struct Ask(pub(super) Arc<dyn Prompt>);

impl age::Callbacks for Ask {
    fn display_message(&self, message: &str) {
        self.0.message(&plain(message));
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        self.0.confirm(&plain(message), &plain(yes), no.map(plain).as_deref())
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        self.0.public(&plain(description))
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        self.0.passphrase(&plain(description)).and_then(|answer| secret_string(&answer))
    }
}

/// A passphrase as the age library wants it: its `SecretString` wipes itself as ours does. None if it is not text.
pub(super) fn secret_string(value: &SecretValue) -> Option<SecretString> {
    value.expose_str().map(SecretString::from)
}

/// Foreign text on one line, without control characters, of bounded length: it goes to a terminal.
pub(super) fn plain(text: &str) -> String {
    const LIMIT: usize = 300;
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        for c in word.chars() {
            match c {
                '"' | '\'' | '\\' => words.push(c),
                c => words.extend(c.escape_debug()),
            }
        }
    }
    match words.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}
