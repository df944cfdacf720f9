//! What writing a sealed file takes from outside: the clock, chance, and somebody to ask.

use std::sync::Arc;

use crate::keys::Prompt;
use crate::secret::Random;

/// For those who write keys and values anew.
pub struct Tools<'a> {
    /// RFC 3339, UTC, whole seconds.
    pub now: &'a str,
    /// For nonces and new data keys.
    pub random: &'a mut dyn Random,
    /// For recipients whose plugin asks.
    pub prompt: &'a Arc<dyn Prompt>,
}
