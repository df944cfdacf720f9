//! What a program reads from the text of an env file, and the text from which it reads exactly a value (I9).

use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// A reader of env files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// docker-compose 1: `env_file` and `.env`.
    ComposeV1,
    /// docker compose 2: `env_file` and `.env`.
    ComposeV2,
    /// `docker run --env-file`, and `env_file` of `docker stack deploy`.
    Docker,
    /// A POSIX shell: `set -a; . FILE`.
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
}

/// The names that [`Dialect::named`] knows, for messages.
pub const NAMES: &str =
    "compose, compose-v1, compose-v2, docker, shell, systemd, dotenvy, python-dotenv, node-dotenv";

/// The text of an env file from which each of the readers reads exactly these values, or an error that names the key and
/// the character that one of them would change, never the value.
pub fn render<'a>(
    _readers: &[Dialect],
    entries: impl Iterator<Item = (&'a [u8], &'a SecretValue)>,
) -> Result<SecretValue> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for (name, value) in entries {
        if value.expose().contains(&b'\n') {
            return Err(Error::failed("a line feed"));
        }
        parts.extend([name, b"=", value.expose(), b"\n"]);
    }
    Ok(SecretValue::concat(&parts))
}
