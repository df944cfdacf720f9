//! The keys of the file that follow a private key: its public half, its name, and the set of public halves in use.

use crate::config::PairKeys;
use crate::error::Result;
use crate::secret::{SecretValue, jwks, key_id, public_of};
use crate::sops::Open;

/// Sets them as `private` has it; `before` is the public half of an earlier key that is still in use.
pub fn halves(
    open: &mut Open,
    pair: &PairKeys,
    private: &SecretValue,
    before: Option<&SecretValue>,
) -> Result<()> {
    let public = public_of(private)?;
    if let Some(key) = &pair.key_id {
        open.set(key, SecretValue::new(key_id(&public)?.into_bytes()))?;
    }
    if let Some(key) = &pair.jwks {
        let in_use: Vec<&SecretValue> = std::iter::once(&public).chain(before).collect();
        open.set(key, jwks(&in_use)?)?;
    }
    open.set(&pair.public, public).map(drop)
}
