//! reseal keeps env files encrypted with SOPS and age, and rotates the secrets in them: in the file and in the running
//! services, so that a crash at any moment loses nothing.
//!
//! The program is this library and a `main` of a few lines. A reader starts at `rotate/mod.rs`, which tells a rotation
//! as the list of its steps. Below it lie, each knowing only what stands under it: `saga`, the engine that does steps or
//! takes them back; `deploy`, how services get the values; `audit`, the record for people; `sops`, the file format;
//! `keys`, who can open it; `dialect`, how programs read the text of an env file; `disk`, the only code that touches
//! files; `config`, the policy. `cli` alone knows arguments, environment and terminal.
//!
//! The library promises nothing yet beyond what it re-exports here, and that may change before 1.0.

#![forbid(unsafe_code)]

mod audit;
mod cli;
mod config;
mod deploy;
mod dialect;
mod disk;
mod docker;
mod doctor;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod keys;
mod process;
mod rotate;
mod saga;
mod secret;
mod sops;
mod target;

// The public interface is:
pub use cli::{harden, run};
pub use dialect::{Dialect, Pair, Unread, render};
pub use error::{Error, Kind, Result};
pub use secret::{SecretName, SecretValue};
