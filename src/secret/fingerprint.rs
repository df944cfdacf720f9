//! Short names of values that tell nothing of them to whoever lacks the key, and are alike where the values are.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::SecretValue;

/// Keeps other uses of the same key apart.
const PURPOSE: &[u8] = b"reseal fingerprint v1\0";

/// How many bytes are shown: by accident two of a million values share them once in five hundred files.
const SHOWN: usize = 6;

/// Fingerprints under one key: HMAC-SHA-256, cut short.
pub struct Fingerprints(Box<Hmac<Sha256>>);

impl Fingerprints {
    /// With a key of any length; nobody without it can try guesses.
    pub fn keyed(key: &SecretValue) -> Self {
        // HMAC takes keys of every length, so that this cannot fail; boxed, because freed memory is wiped
        let mut mac =
            Box::new(Hmac::<Sha256>::new_from_slice(key.expose()).unwrap_or_else(|_| unreachable!()));
        mac.update(PURPOSE);
        Fingerprints(mac)
    }

    /// Twelve hex digits.
    pub fn of(&self, value: &SecretValue) -> String {
        self.whole(value.expose())[..SHOWN].iter().map(|b| format!("{b:02x}")).collect()
    }

    /// All of it, to compare by.
    pub fn whole(&self, value: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(value);
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_for_the_same_value_under_the_same_key_only() {
        let value = |text: &str| SecretValue::new(text.as_bytes().to_vec());
        let (one, two) = (Fingerprints::keyed(&value("k1")), Fingerprints::keyed(&value("k2")));
        assert_eq!(one.of(&value("a")), one.of(&value("a")));
        assert_ne!(one.of(&value("a")), one.of(&value("b")));
        assert_ne!(one.of(&value("a")), two.of(&value("a")));
        assert_eq!(one.of(&value("")).len(), 12);
        // printf 'reseal fingerprint v1\0a' | openssl dgst -sha256 -hmac k1
        assert_eq!(one.of(&value("a")), "671ae34ed131");
    }
}
