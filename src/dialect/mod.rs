//! What a program reads from the text of an env file, and the text from which it reads exactly a value (I9).
//!
//! A value in the environment of a process arrives as it is. In the text of an env file it meets a grammar, and no two
//! readers have the same one. Each reader has a file here: the values that it would read from given bytes, written after
//! its source and held against the program itself by `tests/dialect`. Where a text leaves what a model can speak of (a
//! command in a shell's file, a variable to be expanded), the model says so and never guesses.
//!
//! [`render()`] tries forms of quoting and keeps the first that the readers read back as the value, so that it cannot be
//! wrong in a way that they are not. The module knows no file and no policy; it gets names and values and gives text. What
//! it drops on the way the allocator wipes (decision 0003); the decision about it all is 0028.

mod compose;
mod docker;
mod dotenvy;
mod fault;
mod node;
mod python;
mod render;
mod shell;
mod systemd;
mod variables;

use std::fmt;

use crate::secret::SecretValue;

pub use fault::{Fault, Level, faults};
pub use render::render;
pub use variables::{variable_alone, variables, variables_below};

/// A reader of env files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// docker-compose 1: `env_file` and `.env`.
    ComposeV1,
    /// docker compose 2: `env_file` and `.env`.
    ComposeV2,
    /// `docker run --env-file`, and `env_file` of `docker stack deploy`.
    Docker,
    /// A POSIX shell: `set -a; . FILE`, or `eval`.
    Shell,
    /// systemd: `EnvironmentFile=`.
    Systemd,
    /// The Rust crate dotenvy.
    Dotenvy,
    /// The Python package python-dotenv.
    PythonDotenv,
    /// The npm package dotenv.
    NodeDotenv,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Dialect; 8] = [
        Dialect::ComposeV1,
        Dialect::ComposeV2,
        Dialect::Docker,
        Dialect::Shell,
        Dialect::Systemd,
        Dialect::Dotenvy,
        Dialect::PythonDotenv,
        Dialect::NodeDotenv,
    ];

    /// Those that read a `.env` and agree on most of it.
    pub const PORTABLE: [Dialect; 5] = [
        Dialect::ComposeV1,
        Dialect::ComposeV2,
        Dialect::Dotenvy,
        Dialect::PythonDotenv,
        Dialect::NodeDotenv,
    ];

    /// The readers of a name that a policy or an option gives: one, or several that read the same file.
    pub fn named(name: &str) -> Option<&'static [Dialect]> {
        Some(match name {
            "compose" => &[Dialect::ComposeV1, Dialect::ComposeV2],
            "compose-v1" => &[Dialect::ComposeV1],
            "compose-v2" => &[Dialect::ComposeV2],
            "docker" => &[Dialect::Docker],
            "shell" => &[Dialect::Shell],
            "systemd" => &[Dialect::Systemd],
            "dotenvy" => &[Dialect::Dotenvy],
            "python-dotenv" => &[Dialect::PythonDotenv],
            "node-dotenv" => &[Dialect::NodeDotenv],
            _ => return None,
        })
    }

    /// What the reader makes of the bytes of an env file: names and values in the order of the text. Of a name that stands
    /// there twice the last counts, but see [`render()`].
    pub fn read(self, text: &[u8]) -> Result<Vec<Pair>, Unread> {
        match self {
            Dialect::ComposeV1 => python::read(text, python::Opened::ByCompose),
            Dialect::ComposeV2 => compose::read(text),
            Dialect::Docker => docker::read(text),
            Dialect::Shell => shell::read(text),
            Dialect::Systemd => systemd::read(text),
            Dialect::Dotenvy => dotenvy::read(text),
            Dialect::PythonDotenv => python::read(text, python::Opened::ByItself),
            Dialect::NodeDotenv => node::read(text),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::ComposeV1 => "docker-compose 1",
            Dialect::ComposeV2 => "docker compose 2",
            Dialect::Docker => "docker --env-file",
            Dialect::Shell => "a shell",
            Dialect::Systemd => "systemd",
            Dialect::Dotenvy => "dotenvy",
            Dialect::PythonDotenv => "python-dotenv",
            Dialect::NodeDotenv => "dotenv of node",
        })
    }
}

/// The names that [`Dialect::named`] knows, for messages.
pub const NAMES: &str =
    "compose, compose-v1, compose-v2, docker, shell, systemd, dotenvy, python-dotenv, node-dotenv";

/// A name and the value that was read for it.
pub type Pair = (Vec<u8>, SecretValue);

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The reader refuses the text.
    Refused,
    /// The text asks for more than a model can speak of: a variable or a command, or what versions differ in.
    Unknown,
}

/// The text, where it is UTF-8.
fn utf8(text: &[u8], otherwise: Unread) -> Result<&str, Unread> {
    std::str::from_utf8(text).map_err(|_| otherwise)
}
