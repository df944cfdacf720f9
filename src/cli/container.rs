//! What a plaintext is, and what it is sealed into: told by options, by names, by content.

use std::path::Path;
use std::sync::Arc;

use super::session;
use crate::error::{Error, Result};
use crate::keys::Prompt;
use crate::secret::SecretValue;
use crate::sops::{Format, NewFile, Open};

/// What a new sealed file is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    /// SOPS: values are sealed one by one.
    Sops,
    /// One age file, in armor or not.
    Age { armored: bool },
}

impl Container {
    /// Told by the word of an option.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        match word {
            "sops" => Some(Container::Sops),
            "age" => Some(Container::Age { armored: true }),
            "age-binary" => Some(Container::Age { armored: false }),
            _ => None,
        }
    }

    /// Told by the name of the file that it shall be.
    pub(super) fn of_name(name: &Path) -> Self {
        if name.extension().is_some_and(|end| end == "age") {
            Container::Age { armored: true }
        } else {
            Container::Sops
        }
    }

    /// What a plaintext is taken for of which nobody says what it is.
    pub(super) fn presumed(self, plain: &SecretValue) -> Format {
        match self {
            Container::Sops => Format::Dotenv,
            // when it is opened its content tells, and nothing else
            Container::Age { .. } => Format::of_plain(plain.expose()),
        }
    }

    /// Opens a new file of this kind. With it come remarks for the user.
    pub(super) fn open(
        self,
        new: &NewFile,
        format: Format,
        plain: &SecretValue,
        prompt: &Arc<dyn Prompt>,
    ) -> Result<(Open, Vec<String>)> {
        match self {
            Container::Sops => new.open(format, plain, &mut *session::random(), prompt),
            Container::Age { armored } => new.open_whole(format, plain, armored, prompt),
        }
    }
}

/// The format of a word.
pub(super) fn format_of_word(word: &str) -> Result<Format> {
    Format::of_word(word).ok_or_else(|| {
        Error::usage(format!("there is no format {word:?}")).hint("one of: dotenv, yaml, json, ini, binary")
    })
}

/// What a plaintext is, where its name tells.
pub(super) fn told_by(name: &Path) -> Option<Format> {
    Format::of_name(&name.file_name().unwrap_or_default().to_string_lossy())
}

/// The same, and lines where the name says nothing.
pub(super) fn format_of(name: &Path) -> Format {
    told_by(name).unwrap_or(Format::Dotenv)
}

/// The error over a plaintext whose name does not say what it is.
pub(super) fn perhaps_no_env_file(error: Error, name: &Path) -> Error {
    if told_by(name).is_some() {
        return error;
    }
    error.note("it was taken for an env file; `--input-type binary` seals any file as one piece")
}
