//! reseal keeps env files, and YAML, JSON, INI and other files, encrypted with SOPS and age, and rotates the secrets in
//! them: in the files and in the running services, so that a crash at any moment loses nothing.
//!
//! The program is this library and a `main` of a few lines. A reader starts at `rotate/mod.rs`, which tells a rotation
//! as the list of its steps. Below it lie, each knowing only what stands under it: `saga`, the engine that does steps or
//! takes them back; `deploy`, how services get the values; `audit`, the record for people; `sops`, the file format;
//! `keys`, who can open it; `dialect`, how programs read the text of an env file; `disk`, the only code that touches
//! files; `config`, the policy. `cli` alone knows arguments, environment and terminal.
//!
//! # For other programs
//!
//! A program can read a sealed file without starting another one: [`Sealed::parse`] takes the bytes, whatever the file is
//! called, and [`Sealed::open`] checks every value and the MAC before it hands anything out. The library reads no file
//! and no environment by itself; where bytes and keys come from is the caller's affair.
//!
//! ```
//! use reseal::{Keyring, Sealed, SecretValue};
//!
//! # fn main() -> reseal::Result<()> {
//! # let bytes = include_bytes!("../fixtures/sops/enc/001-basic.enc.env").to_vec();
//! # let key = include_bytes!("../fixtures/sops/keys/alice.txt").to_vec();
//! // the bytes of .env.enc, and those of a key file
//! let sealed = Sealed::parse(bytes)?;
//! let names: Vec<&[u8]> = sealed.names().collect();
//! # assert!(!names.is_empty());
//!
//! let keyring = Keyring::of_identities(SecretValue::new(key));
//! let open = sealed.open(&keyring)?;
//! for entry in open.entries() {
//!     // values are wiped when they are dropped, and cannot be printed by accident
//!     let text: Option<&str> = entry.value.expose_str();
//! #   assert!(text.is_some());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A file whose values stand in maps and lists gives them the names that the command line knows: `database.password`.
//!
//! ```
//! # use reseal::{Keyring, Sealed, SecretValue};
//! # fn main() -> reseal::Result<()> {
//! # let bytes = include_bytes!("../fixtures/sops/enc/046-types.enc.json").to_vec();
//! # let key = include_bytes!("../fixtures/sops/keys/alice.txt").to_vec();
//! let open = Sealed::parse(bytes)?.open(&Keyring::of_identities(SecretValue::new(key)))?;
//! # let first = open.entries().next().map(|e| e.name.to_vec()).unwrap_or_default();
//! # let name = std::str::from_utf8(&first).unwrap_or_default();
//! if let Some(value) = open.get(name.as_bytes()) {
//!     assert!(value.len() < 100);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What is exported here is all that is promised, and it may change before 1.0.

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
mod kind;
mod process;
mod rotate;
mod saga;
mod scan;
mod secret;
mod sops;
mod target;

// The public interface is:
pub use cli::{harden, run};
pub use dialect::{Dialect, Pair, Unread, render};
pub use error::{Error, Kind, Result};
pub use keys::Keyring;
pub use secret::SecretValue;
pub use sops::{Entry, Format, Open, Sealed};
