//! A user of the server, as it is kept there: by the hashes of the passwords.

use sha2::{Digest, Sha256};

use ::redis::Value;

use super::link::{Link, bytes, list};
use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// What the server calls a password: its SHA-256 in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hash(Vec<u8>);

impl Hash {
    pub(super) fn of(value: &SecretValue) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digest = Sha256::digest(value.expose());
        Hash(digest.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]).collect())
    }

    /// The rule of `ACL SETUSER` that adds it (`#`) or takes it away (`!`).
    pub(super) fn rule(&self, sign: u8) -> Vec<u8> {
        let mut rule = vec![sign];
        rule.extend_from_slice(&self.0);
        rule
    }
}

/// A user.
pub(super) struct Account {
    /// Whether any password is accepted.
    pub(super) open: bool,
    /// The accepted ones.
    pub(super) hashes: Vec<Hash>,
}

impl Account {
    pub(super) fn read(link: &mut Link, user: &str) -> Result<Self> {
        let answer = link.ask(&[b"ACL", b"GETUSER", user.as_bytes()]).map_err(|f| f.error("ACL GETUSER"))?;
        if matches!(answer, Value::Nil) {
            // telling it a password would make one, who may do nothing
            return Err(Error::failed(format!("it has no user {user:?}")).hint("see `ACL LIST`"));
        }
        let mut account = Account { open: false, hashes: Vec::new() };
        let mut fields = list(answer).into_iter();
        while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
            match bytes(name).as_deref() {
                Some(b"flags") => account.open = list(value).into_iter().any(|f| is(f, b"nopass")),
                Some(b"passwords") => {
                    account.hashes = list(value).into_iter().filter_map(bytes).map(Hash).collect();
                }
                _ => {}
            }
        }
        Ok(account)
    }

    pub(super) fn has(&self, value: &SecretValue) -> bool {
        self.hashes.contains(&Hash::of(value))
    }
}

fn is(value: Value, wants: &[u8]) -> bool {
    bytes(value).is_some_and(|b| b == wants)
}
