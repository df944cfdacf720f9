//! reseal keeps env files encrypted with SOPS and age, and rotates the secrets in them.

#![forbid(unsafe_code)]

mod error;
pub mod rotate;
mod secret;

pub use error::{Error, Kind, Result};
pub use secret::{SecretName, SecretValue};
