//! The seal over the whole file: SHA-512 over every value in order, as upper-case hex, encrypted with the data key
//! under the time of the last change.
//!
//! Comments are never part of it. With `mac_only_encrypted` only encrypted values are, behind a fixed prefix that
//! keeps the two kinds apart.

use sha2::{Digest, Sha512};

use super::tree::Kind;
use super::value::Cipher;
use crate::secret::{Random, SecretValue};

/// SHA-256 of `sops`, the start of a hash over encrypted values only.
const ONLY_ENCRYPTED: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b,
    0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// A hash being taken.
pub(super) struct Mac {
    hash: Sha512,
    only_encrypted: bool,
}

impl Mac {
    pub(super) fn new(only_encrypted: bool) -> Self {
        let mut hash = Sha512::new();
        if only_encrypted {
            hash.update(ONLY_ENCRYPTED);
        }
        Mac { hash, only_encrypted }
    }

    /// Takes the next value in.
    pub(super) fn add(&mut self, value: &SecretValue, encrypted: bool) {
        if encrypted || !self.only_encrypted {
            self.hash.update(value.expose());
        }
    }

    /// The hash as sops writes it. It is as good as the values where those are short, so it is kept like one.
    fn finish(self) -> SecretValue {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        let digest = self.hash.finalize();
        let mut text = Vec::with_capacity(2 * digest.len());
        for byte in digest {
            text.push(HEX[usize::from(byte >> 4)]);
            text.push(HEX[usize::from(byte & 15)]);
        }
        SecretValue::new(text)
    }

    /// Whether the stored text is this hash, sealed at `time`.
    pub(super) fn agrees(self, stored: &str, cipher: &Cipher, time: &str) -> bool {
        let stored = cipher.open(stored.as_bytes(), time.as_bytes());
        stored.is_ok_and(|(_, stored)| stored.same_as(&self.finish()))
    }

    /// The text to store.
    pub(super) fn seal(self, cipher: &Cipher, time: &str, random: &mut dyn Random) -> Vec<u8> {
        cipher.seal(&self.finish(), time.as_bytes(), Kind::Str, random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_the_smallest_example_is_as_sops_made_it() {
        let mut mac = Mac::new(false);
        for value in ["localhost", "s3cr3t", "", "1"] {
            mac.add(&SecretValue::new(value.into()), true);
        }
        let text = mac.finish();
        let text = text.expose_str().unwrap();
        assert!(text.starts_with("676D91EAD1D7B0C3") && text.ends_with("47E431EA214") && text.len() == 128);
    }

    #[test]
    fn plaintext_values_stay_out_when_only_encrypted_ones_count() {
        assert_eq!(ONLY_ENCRYPTED[..], sha2::Sha256::digest("sops")[..]);
        let one = |extra: bool| {
            let mut mac = Mac::new(true);
            mac.add(&SecretValue::new(b"a".to_vec()), true);
            if extra {
                mac.add(&SecretValue::new(b"b".to_vec()), false);
            }
            mac.finish()
        };
        assert!(one(false).same_as(&one(true)));
    }
}
