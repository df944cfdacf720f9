//! Secrets: what they are called, how a value is held, made, and put into a URL.
//!
//! A [`SecretName`] may be shown; a [`SecretValue`] may not. The only way to a value's bytes is
//! [`SecretValue::expose`], so a search for `expose` lists every place that handles plaintext.

mod fingerprint;
mod generate;
mod name;
mod origin;
mod pair;
pub(crate) mod path;
pub(crate) mod url;
mod value;

pub use fingerprint::Fingerprints;
pub use generate::{FLOOR_BITS, Spec};
pub use name::{SecretName, looks_like_a_value, nearest};
pub use origin::Origin;
pub use pair::{PairSpec, jwks, key_id, public_of};
pub(crate) use path::plain_name;
pub use value::SecretValue;

/// The source of new keys, nonces and values. It arrives from the top of the program, never from the air.
pub trait Random: rand::RngCore + rand::CryptoRng {}

impl<R: rand::RngCore + rand::CryptoRng + ?Sized> Random for R {}
