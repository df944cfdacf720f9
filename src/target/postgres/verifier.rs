//! What the server keeps instead of a password: made here, so that no statement ever holds the password itself; and
//! whether what it keeps belongs to a value.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};
use postgres_protocol::password;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// The verifier of a value, with a salt of its own. It holds no quote and no backslash.
pub(super) fn make(value: &SecretValue) -> Result<String> {
    if value.is_empty() {
        return Err(Error::failed("postgres takes an empty password for none"));
    }
    if value.expose().contains(&0) {
        return Err(Error::failed("the value holds a zero byte, which no postgres client can send"));
    }
    Ok(password::scram_sha_256(value.expose()))
}

/// Whether the value fits what is kept; `None` for a kind of verifier that is not known here.
pub(super) fn fits(kept: &str, user: &str, value: &SecretValue) -> Option<bool> {
    if kept.starts_with("md5") && kept.len() == 35 {
        return Some(password::md5(value.expose(), user) == kept);
    }
    let (count_and_salt, keys) = kept.strip_prefix("SCRAM-SHA-256$")?.split_once('$')?;
    let (count, salt) = count_and_salt.split_once(':')?;
    let (stored, server) = keys.split_once(':')?;
    let (stored, server) = (STANDARD.decode(stored).ok()?, STANDARD.decode(server).ok()?);
    Some(exchange(value, (salt, count), &stored, &server).is_some())
}

/// The login that the server would see, with this side as the server: so the value is prepared (SASLprep, iterations)
/// by the very code that logs in. `Some` if each side shows the other what it knows.
fn exchange(value: &SecretValue, (salt, count): (&str, &str), stored: &[u8], server: &[u8]) -> Option<()> {
    let mut client = ScramSha256::new(value.expose(), ChannelBinding::unsupported());
    let first = std::str::from_utf8(client.message()).ok()?.strip_prefix("n,,")?.to_owned();
    let nonce = first.strip_prefix("n=,r=")?;
    let answer = format!("r={nonce}here,s={salt},i={count}");
    client.update(answer.as_bytes()).ok()?;
    let last = std::str::from_utf8(client.message()).ok()?;
    let (bare, proof) = last.rsplit_once(",p=")?;
    let proof = STANDARD.decode(proof).ok()?;
    let said = format!("{first},{answer},{bare}");
    let key: Vec<u8> = proof.iter().zip(hmac(stored, said.as_bytes())).map(|(p, s)| p ^ s).collect();
    if Sha256::digest(&key).as_slice() != stored {
        return None;
    }
    let signature = STANDARD.encode(hmac(server, said.as_bytes()));
    client.finish(format!("v={signature}").as_bytes()).ok()
}

/// HMAC-SHA-256 (RFC 2104) with a key of at most one block, as all keys here are.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let padded = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::conformance::{AWKWARD, value};

    #[test]
    fn hmac_is_the_one_of_rfc_4231() {
        let hex = |bytes: [u8; 32]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(
            hex(hmac(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_verifier_fits_its_own_value_only() {
        for text in AWKWARD {
            let kept = make(&value(text)).unwrap();
            assert!(!kept.contains(['\'', '\\', '"', ' ']), "{kept}");
            assert_eq!(fits(&kept, "app", &value(text)), Some(true), "{text}");
            assert_eq!(fits(&kept, "app", &value(&format!("{text}x"))), Some(false), "{text}");
            let md5 = password::md5(text.as_bytes(), "app");
            assert_eq!(fits(&md5, "app", &value(text)), Some(true), "{text}");
            assert_eq!(fits(&md5, "other", &value(text)), Some(false), "{text}");
        }
        assert_eq!(fits("plain", "app", &value("plain")), None);
    }

    #[test]
    fn what_no_client_can_send_is_refused() {
        assert!(make(&value("")).is_err());
        assert!(make(&value("a\0b")).is_err());
    }
}
