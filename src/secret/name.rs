//! The names of secrets. They are not secret: messages, journal and audit show them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::path::plain_name;
use crate::error::{Error, Result};

/// The name of a secret: a key of the sealed file that can be written there and found again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretName(String);

impl SecretName {
    /// Refuses names that a SOPS dotenv file cannot hold: empty, `=`, line feed, NUL, a leading `#` or `sops_`,
    /// and carriage returns and outer blanks, which no consumer would find again. A name in sops's own form becomes the
    /// one that is meant, so that two for the same value are equal.
    pub fn parse(name: &str) -> Result<Self> {
        if name.contains(['=', '\n', '\r', '\0']) {
            // what follows may be a value: nothing of it is repeated
            return Err(Error::usage("a key name cannot hold \"=\", a line break or a NUL"));
        }
        let name = plain_name(name);
        let fault = if name.is_empty() {
            "is empty"
        } else if name.starts_with('#') {
            "starts with \"#\", which makes the line a comment"
        } else if name.starts_with("sops_") {
            "starts with \"sops_\", which is reserved for the file's metadata"
        } else if name.trim() != name {
            "has blanks around it"
        } else {
            return Ok(SecretName(name));
        };
        Err(Error::usage(format!("key name {name:?} {fault}")))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a policy has it behind `secret.`: in quotes where its dots would be tables.
    pub(crate) fn in_policy(&self) -> String {
        let is_bare = self.0.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if is_bare { self.0.clone() } else { format!("{:?}", self.0) }
    }

    /// The name as the file holds it.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl TryFrom<String> for SecretName {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        SecretName::parse(&name)
    }
}

impl From<SecretName> for String {
    fn from(name: SecretName) -> String {
        name.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether what stands where a key should is more likely a part of a value, torn over two lines: base64 mixes cases and
/// digits, hexadecimal has nothing else. Neither has a dot or a bracket, so that of a way through maps and lists each
/// part is looked at by itself.
pub fn looks_like_a_value(name: &[u8]) -> bool {
    name.split(|b| b".[]\"".contains(b)).any(|part| {
        let has = |test: fn(&u8) -> bool| part.iter().any(test);
        let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
        let hex = part.iter().all(u8::is_ascii_hexdigit) && has(u8::is_ascii_digit);
        part.len() >= 20 && (mixed || hex)
    })
}

/// The name that was probably meant, whatever its case.
pub fn nearest<'a>(names: impl Iterator<Item = &'a str>, meant: &str) -> Option<&'a str> {
    names
        .map(|name| (strsim::jaro_winkler(&name.to_ascii_uppercase(), &meant.to_ascii_uppercase()), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_file_cannot_hold_are_refused() {
        for bad in ["", "A=B", "A\nB", "#A", "sops_x", " A", "A ", "A\0"] {
            assert!(SecretName::parse(bad).is_err(), "{bad:?}");
        }
        for good in ["A", "SOPS_X", "sops", "export FOO", "größe", "a.b"] {
            assert!(SecretName::parse(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn parts_of_values_are_told_from_names() {
        for part in [
            "q8Zk3mVb0xYt7LrW2nPd",
            "a1b2c3d4e5f60718293a4b5c6d7e8f90",
            "aGVsbG8gd29ybGQgaGVsbG8+MTIz",
            "data.q8Zk3mVb0xYt7LrW2nPd",
        ] {
            assert!(super::looks_like_a_value(part.as_bytes()), "{part}");
        }
        for name in [
            "POSTGRES_PASSWORD_FILE_2",
            "applicationDatabasePassword",
            "Auth0Secret",
            "a_long_name_with_1_digit",
            "stringData.servers[0].key",
            "services.appServer.environment[12]",
        ] {
            assert!(!super::looks_like_a_value(name.as_bytes()), "{name}");
        }
    }
}
