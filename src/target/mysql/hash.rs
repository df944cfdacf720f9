//! What the servers keep instead of a password. It is made here, so that no statement, and no log or replica that a
//! statement reaches, holds the value.

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::secret::SecretValue;

/// The hash of `mysql_native_password` that no known value has; well-formed, so that every version takes it.
pub(super) const NATIVE_OF_NOBODY: &str = "*0000000000000000000000000000000000000000";

/// The same of `caching_sha2_password`.
pub(super) const CACHING_OF_NOBODY: &str =
    "$A$005$nobodynobodynobodyno...........................................";

/// How `mysql_native_password` keeps a value: SHA-1 twice, in hexadecimal.
pub(super) fn native(value: &SecretValue) -> String {
    use std::fmt::Write as _;
    let digest = Sha1::digest(Sha1::digest(value.expose()));
    digest.iter().fold(String::from("*"), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// How `caching_sha2_password` keeps a value: SHA-256 crypt of 5000 rounds, with a salt of 20 characters.
pub(super) fn caching(value: &SecretValue, salt: &[u8; 20]) -> String {
    let salt: Vec<u8> = salt.iter().map(|byte| ALPHABET[usize::from(byte & 63)]).collect();
    let digest = crypt(value.expose(), &salt);
    format!("$A$005${}{digest}", String::from_utf8_lossy(&salt))
}

/// The alphabet of crypt; it has no `$`, which ends the salt.
const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// SHA-256 crypt as glibc has it (`$5$`), without the cut of the salt at 16 characters.
fn crypt(key: &[u8], salt: &[u8]) -> String {
    let b = Sha256::new().chain_update(key).chain_update(salt).chain_update(key).finalize();
    let mut a = Sha256::new().chain_update(key).chain_update(salt);
    fill(&mut a, &b, key.len());
    let mut bits = key.len();
    while bits > 0 {
        if bits & 1 == 1 {
            a.update(b);
        } else {
            a.update(key);
        }
        bits >>= 1;
    }
    let mut digest = a.finalize();

    let mut dp = Sha256::new();
    for _ in 0..key.len() {
        dp.update(key);
    }
    let dp = dp.finalize();
    let mut ds = Sha256::new();
    for _ in 0..16 + usize::from(digest[0]) {
        ds.update(salt);
    }
    let ds = ds.finalize();

    for round in 0..5000 {
        let mut c = Sha256::new();
        if round % 2 == 1 {
            fill(&mut c, &dp, key.len());
        } else {
            c.update(digest);
        }
        if round % 3 != 0 {
            fill(&mut c, &ds, salt.len());
        }
        if round % 7 != 0 {
            fill(&mut c, &dp, key.len());
        }
        if round % 2 == 1 {
            c.update(digest);
        } else {
            fill(&mut c, &dp, key.len());
        }
        digest = c.finalize();
    }
    in_letters(&digest)
}

/// Feeds `length` bytes of a block repeated.
fn fill(to: &mut Sha256, block: &[u8], length: usize) {
    for _ in 0..length / 32 {
        to.update(block);
    }
    to.update(&block[..length % 32]);
}

/// Four letters for three bytes, the bytes in an order of its own and the lowest six bits first.
fn in_letters(digest: &[u8]) -> String {
    let mut text = String::with_capacity(43);
    let mut put = |mut bits: u32, letters: usize| {
        for _ in 0..letters {
            text.push(char::from(ALPHABET[(bits & 63) as usize]));
            bits >>= 6;
        }
    };
    let byte = |at: usize| u32::from(digest[at]);
    let (mut x, mut y, mut z) = (0, 10, 20);
    for _ in 0..10 {
        put(byte(x) << 16 | byte(y) << 8 | byte(z), 4);
        (x, y, z) = (z + 1, x + 1, y + 1);
    }
    put(byte(31) << 8 | byte(30), 3);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_those_of_the_servers() {
        let value = |text: &str| SecretValue::new(text.into());
        // SELECT PASSWORD('password') of MariaDB
        assert_eq!(native(&value("password")), "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
        // openssl passwd -5 -salt saltstring 'Hello world!'
        assert_eq!(crypt(b"Hello world!", b"saltstring"), "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5");
        // openssl passwd -5 -salt 0123456789abcdef, of 70 characters
        assert_eq!(
            crypt("0123456789".repeat(7).as_bytes(), b"0123456789abcdef"),
            "Offh1eCYkMGHUZaRYxYSzNhgmDI9PQ.k7bbatuTa.v."
        );
        let hash = caching(&value("pw"), &[255; 20]);
        assert!(
            hash.starts_with("$A$005$zzzzzzzzzzzzzzzzzzzz") && hash.len() == CACHING_OF_NOBODY.len(),
            "{hash}"
        );
    }
}
