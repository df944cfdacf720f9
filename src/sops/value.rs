//! One encrypted text: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`.
//!
//! AES-256-GCM with the data key, a random nonce of 32 bytes, the tag kept apart, and the key's path as associated
//! data, so that a value moved under another name does not open. The type tag is not authenticated; a value is read
//! as Go's sops reads it, because the MAC is taken over the value as read. Faults here carry no text: the caller
//! knows the line and the key, and nobody else needs the content.

use aes_gcm::aead::consts::{U12, U16, U32};
use aes_gcm::aead::generic_array::GenericArray;
use aes_gcm::aead::generic_array::typenum::Unsigned;
use aes_gcm::aes::Aes256;
use aes_gcm::{AeadInPlace, AesGcm, KeyInit};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::number;
use super::stamp;
use super::tree::Kind;
use crate::secret::{Random, SecretValue};

pub(super) const PREFIX: &[u8] = b"ENC[AES256_GCM,data:";
pub(super) const NONCE: usize = 32;
pub(super) const TAG: usize = 16;

/// As Go's decoder: padding required, stray bits in the last character ignored.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// Why a text did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not of the form `ENC[…]`.
    Form,
    /// Key, name or content do not fit the tag.
    Authentication,
    /// The type tag is unknown, or the text is not of that type.
    Type,
}

impl Fault {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Fault::Form => "is not an encrypted value, though the file's rule says it must be one",
            Fault::Authentication => "does not authenticate: it was changed, or moved here from another key",
            Fault::Type => "has a type tag that does not fit its content",
        }
    }
}

/// An opened text: what it is, what a program sees, and what enters the MAC where that differs.
pub(crate) struct Plain {
    pub(crate) kind: Kind,
    pub(crate) text: SecretValue,
    pub(crate) hashed: Option<SecretValue>,
}

impl Plain {
    pub(crate) fn text(text: SecretValue) -> Self {
        Plain { kind: Kind::Str, text, hashed: None }
    }

    /// What enters the MAC, and what is encrypted.
    pub(crate) fn hashed(&self) -> &SecretValue {
        self.hashed.as_ref().unwrap_or(&self.text)
    }
}

/// The data key, ready for use. Wiped when dropped.
pub(crate) struct Cipher {
    key: SecretValue,
    gcm: AesGcm<Aes256, U32>,
}

impl Cipher {
    /// `None` unless the key has 32 bytes.
    pub(crate) fn new(key: SecretValue) -> Option<Self> {
        let gcm = AesGcm::new_from_slice(key.expose()).ok()?;
        Some(Cipher { key, gcm })
    }

    /// The key itself, to be wrapped for recipients.
    pub(crate) fn key(&self) -> &SecretValue {
        &self.key
    }

    /// Whether a text claims to be encrypted.
    pub(crate) fn looks_sealed(text: &[u8]) -> bool {
        text.starts_with(PREFIX)
    }

    /// Opens `text`, which must have been sealed under the associated data `aad`: what it is, and what it says as it
    /// enters the MAC.
    pub(crate) fn open(&self, text: &[u8], aad: &[u8]) -> Result<(Kind, SecretValue), Fault> {
        self.open_parts(&Parts::split(text).ok_or(Fault::Form)?, aad)
    }

    /// Opens the text of a value. Like sops it takes no comment for one.
    pub(crate) fn open_value(&self, text: &[u8], aad: &[u8]) -> Result<(Kind, SecretValue), Fault> {
        let parts = Parts::split(text).ok_or(Fault::Form)?;
        if parts.kind == b"comment" { Err(Fault::Type) } else { self.open_parts(&parts, aad) }
    }

    fn open_parts(&self, parts: &Parts<'_>, aad: &[u8]) -> Result<(Kind, SecretValue), Fault> {
        let mut data = vec![0; decoded_len(parts.data)];
        let n = BASE64.decode_slice(parts.data, &mut data).map_err(|_| Fault::Form)?;
        data.truncate(n);
        let mut small = [0u8; 48];
        let n = BASE64.decode_slice(parts.nonce, &mut small).map_err(|_| Fault::Form)?;
        let nonce = &small[..n];
        let mut tag = [0u8; TAG + 2];
        if BASE64.decode_slice(parts.tag, &mut tag) != Ok(TAG) {
            return Err(Fault::Form);
        }
        let tag = GenericArray::from_slice(&tag[..TAG]);
        // decrypted where it lies: the ciphertext becomes the plaintext, and no second copy is made
        match nonce.len() {
            NONCE => self.gcm.decrypt_in_place_detached(GenericArray::from_slice(nonce), aad, &mut data, tag),
            12 => self.foreign::<U12>(nonce, aad, &mut data, tag),
            16 => self.foreign::<U16>(nonce, aad, &mut data, tag),
            _ => return Err(Fault::Form),
        }
        .map_err(|_| Fault::Authentication)?;
        typed(SecretValue::new(data), parts.kind)
    }

    /// Writers other than sops use shorter nonces; sops reads them, so they open here too.
    fn foreign<N: aes_gcm::aead::generic_array::ArrayLength<u8> + Unsigned>(
        &self,
        nonce: &[u8],
        aad: &[u8],
        data: &mut [u8],
        tag: &GenericArray<u8, U16>,
    ) -> aes_gcm::aead::Result<()> {
        let gcm = AesGcm::<Aes256, N>::new_from_slice(self.key.expose()).map_err(|_| aes_gcm::aead::Error)?;
        gcm.decrypt_in_place_detached(GenericArray::from_slice(nonce), aad, data, tag)
    }

    /// Seals `plain` with a fresh nonce. An empty text stays empty, as sops has it.
    pub(crate) fn seal(
        &self,
        plain: &SecretValue,
        aad: &[u8],
        kind: Kind,
        random: &mut dyn Random,
    ) -> Vec<u8> {
        let mut nonce = [0u8; NONCE];
        random.fill_bytes(&mut nonce);
        self.seal_with(plain, aad, kind, &nonce)
    }

    fn seal_with(&self, plain: &SecretValue, aad: &[u8], kind: Kind, nonce: &[u8; NONCE]) -> Vec<u8> {
        if plain.is_empty() {
            return Vec::new();
        }
        let mut data = plain.expose().to_vec();
        // AES-GCM refuses only texts of more than 64 GiB
        let Ok(tag) = self.gcm.encrypt_in_place_detached(GenericArray::from_slice(nonce), aad, &mut data)
        else {
            unreachable!("a value larger than AES-GCM can seal")
        };
        let kind = match kind {
            Kind::Comment => "comment",
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::Bool => "bool",
            Kind::Time => "time",
            Kind::Str | Kind::Null | Kind::Empty => "str",
        };
        format!(
            "ENC[AES256_GCM,data:{},iv:{},tag:{},type:{kind}]",
            BASE64.encode(&data),
            BASE64.encode(nonce),
            BASE64.encode(tag)
        )
        .into_bytes()
    }
}

/// Room for the decoded bytes and no more, so that the buffer of a value is exactly as long as it need be.
fn decoded_len(text: &[u8]) -> usize {
    let padding = text.iter().rev().take(2).filter(|b| **b == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

struct Parts<'a> {
    data: &'a [u8],
    nonce: &'a [u8],
    tag: &'a [u8],
    kind: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Anchored at the start only: sops accepts text after the last `]`, and so must a reader of its files.
    fn split(text: &'a [u8]) -> Option<Self> {
        let [data, nonce, tag, rest] = fields(text)?;
        let end = memchr::memrchr(b']', rest)?;
        let kind = &rest[..end];
        (!data.is_empty() && !kind.is_empty()).then_some(Parts { data, nonce, tag, kind })
    }
}

/// Data, nonce and tag as they are written, and what follows `type:`.
pub(super) fn fields(text: &[u8]) -> Option<[&[u8]; 4]> {
    let rest = text.strip_prefix(PREFIX)?;
    let (data, rest) = cut(rest, b",iv:")?;
    let (nonce, rest) = cut(rest, b",tag:")?;
    let (tag, rest) = cut(rest, b",type:")?;
    Some([data, nonce, tag, rest])
}

fn cut<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    // no field holds a comma, so the first one ends it
    let comma = memchr::memchr(b',', text)?;
    let rest = text[comma..].strip_prefix(mark)?;
    Some((&text[..comma], rest))
}

/// Reads the plaintext as its type tag says, as Go's sops does before it hashes or prints it.
fn typed(text: SecretValue, tag: &[u8]) -> Result<(Kind, SecretValue), Fault> {
    let kind = match tag {
        b"str" | b"bytes" => return Ok((Kind::Str, text)),
        b"comment" => return Ok((Kind::Comment, text)),
        b"int" => Kind::Int,
        b"float" => Kind::Float,
        b"bool" => Kind::Bool,
        b"time" => Kind::Time,
        _ => return Err(Fault::Type),
    };
    let read = text.expose_str().and_then(|text| canonical(kind, text)).ok_or(Fault::Type)?;
    Ok((kind, SecretValue::new(read.into_bytes())))
}

/// A number, boolean or time as it enters the MAC. None if the text is none.
pub(super) fn canonical(kind: Kind, text: &str) -> Option<String> {
    match kind {
        Kind::Int => text.parse::<i64>().ok().map(|n| n.to_string()),
        Kind::Float => number::float(text).map(|(_, hashed)| hashed),
        Kind::Bool => number::boolean(text).map(|(_, hashed)| hashed),
        // hashed with its fraction of a second
        Kind::Time => stamp::normalise(text).map(|_| text.to_owned()),
        _ => Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(byte: u8) -> Cipher {
        Cipher::new(SecretValue::new(vec![byte; 32])).unwrap()
    }

    #[test]
    fn the_static_vector_of_sops_opens() {
        let text = b"ENC[AES256_GCM,data:oYyi,iv:MyIDYbT718JRr11QtBkcj3Dwm4k1aCGZBVeZf0EyV8o=,tag:t5z2Z023Up0kxwCgw1gNxg==,type:str]";
        assert_eq!(cipher(0x66).open(text, b"bar:").ok().unwrap().1.expose(), b"foo");
    }

    #[test]
    fn a_known_value_seals_to_the_same_bytes() {
        let key = hex("5da4d72b63c6b7bb9ebffd6c518ffff2e117f54cfb84f64f5efe6d58599562a3");
        let cipher = Cipher::new(SecretValue::new(key)).unwrap();
        let text = b"ENC[AES256_GCM,data:sCNmMrG70OtG,iv:Iio/P/HKe8CmQkpAxZwreh/gSkdWOSaqe41ZZBgZSKQ=,tag:5ObOw/P/oDWIJGplurdmWw==,type:str]";
        let plain = cipher.open(text, b"DB_HOST:").ok().unwrap().1;
        assert_eq!(plain.expose(), b"localhost");
        let nonce: [u8; 32] =
            BASE64.decode("Iio/P/HKe8CmQkpAxZwreh/gSkdWOSaqe41ZZBgZSKQ=").unwrap().try_into().unwrap();
        assert_eq!(cipher.seal_with(&plain, b"DB_HOST:", Kind::Str, &nonce), text);
    }

    #[test]
    fn a_comment_opens_as_one_only() {
        let cipher = cipher(1);
        let plain = SecretValue::new(b"note".to_vec());
        let text = cipher.seal_with(&plain, b":", Kind::Comment, &[2; 32]);
        assert_eq!(cipher.open(&text, b":").ok().unwrap().1.expose(), b"note");
        assert_eq!(cipher.open_value(&text, b":").err(), Some(Fault::Type));
    }

    #[test]
    fn short_nonces_open() {
        for nonce in [&[7u8; 12][..], &[7u8; 16][..]] {
            let mut data = b"foo".to_vec();
            let tag = match nonce.len() {
                12 => AesGcm::<Aes256, U12>::new_from_slice(&[1; 32]).unwrap().encrypt_in_place_detached(
                    GenericArray::from_slice(nonce),
                    b"A:",
                    &mut data,
                ),
                _ => AesGcm::<Aes256, U16>::new_from_slice(&[1; 32]).unwrap().encrypt_in_place_detached(
                    GenericArray::from_slice(nonce),
                    b"A:",
                    &mut data,
                ),
            };
            let text = format!(
                "ENC[AES256_GCM,data:{},iv:{},tag:{},type:str]",
                BASE64.encode(&data),
                BASE64.encode(nonce),
                BASE64.encode(tag.unwrap())
            );
            assert_eq!(cipher(1).open(text.as_bytes(), b"A:").ok().unwrap().1.expose(), b"foo");
        }
    }

    #[test]
    fn faults_are_told_apart() {
        let good = "ENC[AES256_GCM,data:oYyi,iv:MyIDYbT718JRr11QtBkcj3Dwm4k1aCGZBVeZf0EyV8o=,tag:t5z2Z023Up0kxwCgw1gNxg==,type:str]";
        let fault = |text: &str| cipher(0x66).open_value(text.as_bytes(), b"bar:").err();
        assert_eq!(fault(good), None);
        assert_eq!(fault(&format!("{good} junk")), None);
        assert_eq!(fault(&good.replace("oYyi", "oYyj")), Some(Fault::Authentication));
        assert_eq!(fault(&good.replace("oYyi", "")), Some(Fault::Form));
        assert_eq!(fault(&good.replace("str", "zzz")), Some(Fault::Type));
        assert_eq!(fault(&good.replace("str", "int")), Some(Fault::Type));
        assert_eq!(fault(&good.replace("str", "comment")), Some(Fault::Type));
        assert_eq!(fault(&good.replace("==,type", ",type")), Some(Fault::Form));
        for cut in 0..good.len() {
            assert!(fault(&good[..cut]).is_some(), "{cut}");
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
    }
}
