//! The one type for plaintext.

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A plaintext value, wiped when dropped. It has no `Debug`, `Display`, `Clone` or `Serialize`, on purpose.
pub struct SecretValue(Zeroizing<Vec<u8>>);

impl SecretValue {
    /// Takes the bytes over without copying them.
    pub fn new(bytes: Vec<u8>) -> Self {
        SecretValue(Zeroizing::new(bytes))
    }

    /// Joins parts in one allocation of the right size, so that no smaller copy is left behind by growth.
    pub fn concat(parts: &[&[u8]]) -> Self {
        let mut bytes = Vec::with_capacity(parts.iter().map(|p| p.len()).sum());
        for part in parts {
            bytes.extend_from_slice(part);
        }
        SecretValue::new(bytes)
    }

    /// Reads to the end. The buffer grows by moving into a larger one and wiping the smaller.
    pub fn read_from(reader: &mut dyn std::io::Read) -> std::io::Result<Self> {
        let mut bytes = Zeroizing::new(vec![0u8; 4096]);
        let mut filled = 0;
        loop {
            if filled == bytes.len() {
                let mut larger = Zeroizing::new(vec![0u8; bytes.len() * 4]);
                larger[..filled].copy_from_slice(&bytes);
                bytes = larger;
            }
            match reader.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        bytes[filled..].zeroize();
        bytes.truncate(filled);
        Ok(SecretValue(bytes))
    }

    /// The plaintext. Each call is a place to ask where the bytes go next.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The plaintext as text, where it is UTF-8.
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(self.expose()).ok()
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no byte at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares in constant time (for equal lengths).
    pub fn same_as(&self, other: &SecretValue) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_keeps_every_byte() {
        for size in [0, 1, 4095, 4096, 4097, 70_000] {
            let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            let value = SecretValue::read_from(&mut bytes.as_slice()).unwrap();
            assert_eq!(value.expose(), bytes);
        }
    }
}
