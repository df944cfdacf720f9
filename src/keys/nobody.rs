//! A place where nobody sits.

use super::Prompt;
use crate::secret::SecretValue;

/// Answers nothing.
pub struct Nobody;

impl Prompt for Nobody {
    fn passphrase(&self, _: &str) -> Option<SecretValue> {
        None
    }

    fn message(&self, _: &str) {}

    fn confirm(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn public(&self, _: &str) -> Option<String> {
        None
    }
}
