//! Asking a person. Where nobody sits, nobody is asked, and the answer is `None`.
#![expect(clippy::disallowed_methods, reason = "the terminal belongs to cli")]

use std::io::{BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::error::{Error, Result};
use crate::keys::Prompt;
use crate::secret::SecretValue;

/// The terminal, if there is one and it may be used.
pub(super) struct Terminal {
    present: bool,
}

impl Terminal {
    pub(super) fn new(no_input: bool) -> Self {
        Terminal { present: !no_input && std::io::stderr().is_terminal() && std::io::stdin().is_terminal() }
    }

    /// A yes or no; `None` where nobody can be asked.
    pub(super) fn agrees(&self, question: &str) -> Option<bool> {
        let answer = self.ask(&format!("{question} [y/N] "))?;
        Some(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// Whether somebody can be asked.
    pub(super) fn is_present(&self) -> bool {
        self.present
    }

    /// A line; `None` where nobody can be asked, or has closed the input.
    pub(super) fn line(&self, question: &str) -> Option<String> {
        self.ask(question).filter(|line| !line.is_empty())
    }

    /// A value, typed twice without echo.
    pub(super) fn value(&self, name: &str) -> Result<Option<SecretValue>> {
        let _quiet = Quiet::begin();
        let Some(first) = self.passphrase(&format!("value of {name}")) else { return Ok(None) };
        let Some(second) = self.passphrase("the same again") else { return Ok(None) };
        if !first.same_as(&second) {
            return Err(Error::failed("the two inputs differ").note("nothing was changed"));
        }
        Ok(Some(first))
    }

    fn ask(&self, text: &str) -> Option<String> {
        if !self.present {
            return None;
        }
        let _ = write!(std::io::stderr(), "{text}");
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).ok()?;
        Some(line)
    }
}

/// No echo from before the prompt until it is dropped: whoever pastes a value is faster than the reader of it, who
/// turns the echo off only after the prompt.
struct Quiet(Option<Termios>);

impl Quiet {
    fn begin() -> Self {
        let before = tcgetattr(std::io::stdin()).ok();
        if let Some(before) = &before {
            let mut quiet = before.clone();
            quiet.local_modes.remove(LocalModes::ECHO);
            // best effort: the reader tries it too
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &quiet);
        }
        Quiet(before)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
}

impl Prompt for Terminal {
    fn passphrase(&self, description: &str) -> Option<SecretValue> {
        if !self.present {
            return None;
        }
        let _quiet = Quiet::begin();
        let _ = write!(std::io::stderr(), "{description}: ");
        rpassword::read_password().ok().map(|text| SecretValue::new(text.into_bytes()))
    }

    fn message(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let answer = self.ask(&format!("{message} ({yes}/{}) ", no.unwrap_or("no")))?;
        Some(answer.trim().eq_ignore_ascii_case(yes) || matches!(answer.trim(), "y" | "yes"))
    }

    fn public(&self, description: &str) -> Option<String> {
        self.ask(&format!("{description}: ")).map(|line| line.trim().to_owned())
    }
}
