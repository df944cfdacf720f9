//! Key pairs, for tokens that one service signs and others check: `rsa:3072`, `ec:p256`, `ed25519`.
//!
//! A private key is PKCS#8 in PEM, a public one is SPKI in PEM, both with LF, and so every library reads them. A pair's
//! name is the thumbprint of RFC 7638, which anybody can compute from the public key. The module makes pairs, tells
//! whether two halves fit, and writes public keys as a JSON Web Key Set; it signs nothing and decrypts nothing, and so
//! the timing of RSA decryption (RUSTSEC-2023-0071) does not concern it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::KeypairBytes;
use ed25519_dalek::{SigningKey, VerifyingKey};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, RsaPublicKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::error::{Error, Result};
use crate::secret::{Random, SecretValue};

const ALLOWED: &str = "allowed are rsa:2048, rsa:3072, rsa:4096, ec:p256 and ed25519";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The length of the modulus in bits.
    Rsa(usize),
    P256,
    Ed25519,
}

/// What kind of pair is made. Its `Display` is what parses to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairSpec(Kind);

/// A private key, its public key, and the name of both.
pub struct Pair {
    /// PKCS#8 in PEM.
    pub private: SecretValue,
    /// SPKI in PEM; no secret, and a value all the same, because it is kept as one.
    pub public: SecretValue,
    /// The JWK thumbprint of RFC 7638, in base64url.
    pub key_id: String,
}

impl PairSpec {
    /// Whether a text names a kind of pair, right or wrong.
    pub fn is_meant(text: &str) -> bool {
        ["rsa", "ec", "ed25519"].contains(&text.split(':').next().unwrap_or_default())
    }

    /// Reads a specification. What was written is not repeated in errors: it may be a value in the wrong place.
    pub fn parse(text: &str) -> Result<PairSpec> {
        let (name, rest) = match text.split_once(':') {
            Some((name, rest)) => (name, Some(rest)),
            None => (text, None),
        };
        let kind = match (name, rest) {
            ("rsa", Some("2048")) => Kind::Rsa(2048),
            ("rsa", Some("3072")) => Kind::Rsa(3072),
            ("rsa", Some("4096")) => Kind::Rsa(4096),
            ("rsa", _) => {
                return Err(Error::usage("rsa takes a length of 2048, 3072 or 4096 bits")
                    .hint("for example \"rsa:3072\""));
            }
            ("ec", Some("p256")) => Kind::P256,
            ("ec", _) => return Err(Error::usage("ec takes the curve p256").hint("write \"ec:p256\"")),
            ("ed25519", None) => Kind::Ed25519,
            ("ed25519", _) => return Err(Error::usage("ed25519 takes no length").hint("write \"ed25519\"")),
            _ => return Err(Error::usage(format!("no such kind of key pair; {ALLOWED}"))),
        };
        Ok(PairSpec(kind))
    }

    /// A new pair. RSA takes its time: primes are searched for.
    pub fn generate(&self, mut rng: &mut dyn Random) -> Result<Pair> {
        let private = match self.0 {
            Kind::Rsa(bits) => pem(&RsaPrivateKey::new(&mut rng, bits).map_err(|_| unmade())?)?,
            Kind::P256 => pem(&p256::SecretKey::random(&mut rng))?,
            Kind::Ed25519 => {
                let key = SigningKey::generate(&mut rng);
                // without the public key, which OpenSSL does not read in this place
                let mut bytes = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
                let text = pem(&bytes);
                bytes.secret_key.zeroize();
                text?
            }
        };
        let public = public_of(&private)?;
        let key_id = key_id(&public)?;
        Ok(Pair { private, public, key_id })
    }
}

impl fmt::Display for PairSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kind::Rsa(bits) => write!(f, "rsa:{bits}"),
            Kind::P256 => f.write_str("ec:p256"),
            Kind::Ed25519 => f.write_str("ed25519"),
        }
    }
}

fn unmade() -> Error {
    Error::failed("the key pair cannot be made")
}

/// The text is moved out of the library's buffer, not copied.
fn pem(key: &impl EncodePrivateKey) -> Result<SecretValue> {
    let mut text = key.to_pkcs8_pem(LineEnding::LF).map_err(|_| unmade())?;
    Ok(SecretValue::new(std::mem::take(&mut *text).into_bytes()))
}

/// A public key of one of the kinds.
enum Public {
    Rsa(RsaPublicKey),
    P256(p256::PublicKey),
    Ed25519(VerifyingKey),
}

impl Public {
    fn parse(pem: &SecretValue) -> Result<Public> {
        let text = pem.expose_str().unwrap_or_default();
        let rsa = || RsaPublicKey::from_public_key_pem(text).map(Public::Rsa).ok();
        let p256 = || p256::PublicKey::from_public_key_pem(text).map(Public::P256).ok();
        let ed25519 = || VerifyingKey::from_public_key_pem(text).map(Public::Ed25519).ok();
        rsa().or_else(p256).or_else(ed25519).ok_or_else(|| {
            Error::failed("the public key is not PEM of RSA, P-256 or Ed25519")
                .hint("it begins with -----BEGIN PUBLIC KEY-----; `openssl pkey -pubin -text` shows one")
        })
    }

    fn pem(&self) -> Result<SecretValue> {
        let text = match self {
            Public::Rsa(key) => key.to_public_key_pem(LineEnding::LF),
            Public::P256(key) => key.to_public_key_pem(LineEnding::LF),
            Public::Ed25519(key) => key.to_public_key_pem(LineEnding::LF),
        };
        Ok(SecretValue::new(text.map_err(|_| unmade())?.into_bytes()))
    }

    /// The members that make the key, in the order of their names, as RFC 7638 hashes them.
    fn members(&self) -> Vec<(&'static str, String)> {
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Public::Rsa(key) => vec![
                ("e", encoded(&key.e().to_bytes_be())),
                ("kty", "RSA".to_owned()),
                ("n", encoded(&key.n().to_bytes_be())),
            ],
            Public::P256(key) => {
                // 0x04, and two coordinates of 32 bytes
                let point = key.to_encoded_point(false);
                let (x, y) = point.as_bytes()[1..].split_at(32);
                vec![
                    ("crv", "P-256".to_owned()),
                    ("kty", "EC".to_owned()),
                    ("x", encoded(x)),
                    ("y", encoded(y)),
                ]
            }
            Public::Ed25519(key) => {
                vec![("crv", "Ed25519".to_owned()), ("kty", "OKP".to_owned()), ("x", encoded(key.as_bytes()))]
            }
        }
    }

    fn thumbprint(&self) -> String {
        // nothing in it needs quoting
        let members: Vec<String> =
            self.members().iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{{{}}}", members.join(","))))
    }

    fn jwk(&self) -> String {
        let alg = match self {
            Public::Rsa(_) => "RS256",
            Public::P256(_) => "ES256",
            Public::Ed25519(_) => "EdDSA",
        };
        let mut members =
            vec![("kid", self.thumbprint()), ("use", "sig".to_owned()), ("alg", alg.to_owned())];
        members.extend(self.members());
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        format!("{{{}}}", members.join(","))
    }
}

/// The public key of a private one, so that it is known whether two halves fit.
pub fn public_of(private: &SecretValue) -> Result<SecretValue> {
    let text = private.expose_str().unwrap_or_default();
    let rsa = || RsaPrivateKey::from_pkcs8_pem(text).map(|key| Public::Rsa(key.to_public_key())).ok();
    let p256 = || p256::SecretKey::from_pkcs8_pem(text).map(|key| Public::P256(key.public_key())).ok();
    let ed25519 = || SigningKey::from_pkcs8_pem(text).map(|key| Public::Ed25519(key.verifying_key())).ok();
    rsa().or_else(p256).or_else(ed25519).map_or_else(
        || {
            Err(Error::failed("the private key is not PKCS#8 in PEM, of RSA, P-256 or Ed25519").hint(
                "it begins with -----BEGIN PRIVATE KEY-----; `openssl pkcs8 -topk8 -nocrypt` makes it so",
            ))
        },
        |public| public.pem(),
    )
}

/// The name of a pair: the JWK thumbprint of its public key.
pub fn key_id(public: &SecretValue) -> Result<String> {
    Ok(Public::parse(public)?.thumbprint())
}

/// A JSON Web Key Set: the present key first, then those that are still believed. A key stands in it once.
pub fn jwks(publics: &[&SecretValue]) -> Result<SecretValue> {
    let mut keys = Vec::new();
    for public in publics {
        let key = Public::parse(public)?.jwk();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(SecretValue::new(format!("{{\"keys\":[{}]}}", keys.join(",")).into_bytes()))
}

#[cfg(test)]
#[path = "pair_tests.rs"]
mod tests;
