//! The key encapsulation MLKEM768-X25519, also called X-Wing, as HPKE wants it (number 0x647a).
//!
//! ML-KEM-768 and X25519 are done side by side, and one hash binds what both give, so that whoever breaks one of them
//! has nothing. The two are crates; here is how a seed of 32 bytes becomes both private keys, how both results become
//! one, and which bytes are no key. It knows nothing of age. Of a private key only the seed is kept: what follows from
//! it is made for one use and wiped.

use hpke::generic_array::GenericArray;
use hpke::generic_array::typenum::{Sum, U32, Unsigned};
use hpke::kem::{Kem, SharedSecret};
use hpke::rand_core::{CryptoRng, RngCore};
use hpke::{Deserializable, HpkeError, Serializable};
use ml_kem::kem::{Decapsulate, DecapsulationKey, Encapsulate, EncapsulationKey};
use ml_kem::{B32, EncodedSizeUser, KemCore, MlKem768, MlKem768Params};
use sha3::digest::{ExtendableOutput, Update, XofReader};
use sha3::{Digest, Sha3_256, Shake256};
use x25519_dalek::{PublicKey as Point, StaticSecret};
use zeroize::{Zeroize, Zeroizing};

use crate::secret::SecretValue;

/// Six bytes that say for which pair of algorithms the hash is.
const LABEL: &[u8] = br"\.//^\";

const NUMBER: u16 = 0x647a;

type KeySize = <EncapsulationKey<MlKem768Params> as EncodedSizeUser>::EncodedSize;
type CiphertextSize = <MlKem768 as KemCore>::CiphertextSize;

/// The seed of both private keys.
pub(super) struct PrivateKey(SecretValue);

/// The public keys, that of ML-KEM first. They are as FIPS 203 has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey(Vec<u8>);

/// What is sent: the ciphertext of ML-KEM and a fresh point of X25519.
#[derive(Clone)]
pub(super) struct Encapsulated(Vec<u8>);

pub(super) struct MlKem768X25519;

impl PrivateKey {
    pub(super) fn generate(random: &mut (impl CryptoRng + RngCore)) -> PrivateKey {
        let mut seed = Zeroizing::new([0; 32]);
        random.fill_bytes(seed.as_mut());
        PrivateKey(SecretValue::concat(&[seed.as_ref()]))
    }

    pub(super) fn seed(&self) -> &[u8] {
        self.0.expose()
    }

    pub(super) fn public(&self) -> PublicKey {
        let (quantum, classic) = self.expand();
        PublicKey([&quantum.encapsulation_key().as_bytes()[..], Point::from(&classic).as_bytes()].concat())
    }

    fn expand(&self) -> (DecapsulationKey<MlKem768Params>, StaticSecret) {
        let mut stream = Shake256::default().chain(self.0.expose()).finalize_xof();
        let [mut d, mut z] = [B32::default(), B32::default()];
        stream.read(&mut d);
        stream.read(&mut z);
        let (quantum, _) = MlKem768::generate_deterministic(&d, &z);
        d.as_mut_slice().zeroize();
        z.as_mut_slice().zeroize();
        let mut scalar = Zeroizing::new([0; 32]);
        stream.read(scalar.as_mut());
        (quantum, StaticSecret::from(*scalar))
    }
}

impl PublicKey {
    fn parts(&self) -> Result<(EncapsulationKey<MlKem768Params>, Point), HpkeError> {
        let (quantum, classic) = split(&self.0, KeySize::USIZE, HpkeError::ValidationError)?;
        let quantum = quantum.try_into().map_err(|_| HpkeError::ValidationError)?;
        Ok((EncapsulationKey::from_bytes(quantum), Point::from(classic)))
    }
}

impl Kem for MlKem768X25519 {
    type PublicKey = PublicKey;
    type PrivateKey = PrivateKey;
    type EncappedKey = Encapsulated;
    type NSecret = U32;
    const KEM_ID: u16 = NUMBER;

    fn sk_to_pk(key: &PrivateKey) -> PublicKey {
        key.public()
    }

    fn derive_keypair(material: &[u8]) -> (PrivateKey, PublicKey) {
        let mut seed = Zeroizing::new([0; 32]);
        let name = b"DeriveKeyPair";
        Shake256::default()
            .chain(material)
            .chain(b"HPKE-v1KEM")
            .chain(NUMBER.to_be_bytes())
            .chain([0, name.len() as u8])
            .chain(name)
            .chain([0, seed.len() as u8])
            .finalize_xof()
            .read(seed.as_mut());
        let key = PrivateKey(SecretValue::concat(&[seed.as_ref()]));
        let public = key.public();
        (key, public)
    }

    fn encap<R: CryptoRng + RngCore>(
        whom: &PublicKey,
        sender: Option<(&PrivateKey, &PublicKey)>,
        random: &mut R,
    ) -> Result<(SharedSecret<Self>, Encapsulated), HpkeError> {
        if sender.is_some() {
            return Err(HpkeError::EncapError); // there is no mode with a sender for this one
        }
        let (quantum, theirs) = whom.parts()?;
        let (ciphertext, mut first) = quantum.encapsulate(random).map_err(|()| HpkeError::EncapError)?;
        let own = StaticSecret::random_from_rng(random);
        let second = own.diffie_hellman(&theirs);
        let point = Point::from(&own);
        let shared = bind(&first, second.as_bytes(), &point, &theirs);
        first.as_mut_slice().zeroize();
        if !second.was_contributory() {
            return Err(HpkeError::EncapError);
        }
        Ok((shared, Encapsulated([&ciphertext[..], point.as_bytes()].concat())))
    }

    fn decap(
        key: &PrivateKey,
        sender: Option<&PublicKey>,
        sent: &Encapsulated,
    ) -> Result<SharedSecret<Self>, HpkeError> {
        if sender.is_some() {
            return Err(HpkeError::DecapError);
        }
        let (ciphertext, point) = split(&sent.0, CiphertextSize::USIZE, HpkeError::DecapError)?;
        let ciphertext = ciphertext.try_into().map_err(|_| HpkeError::DecapError)?;
        let (quantum, own) = key.expand();
        let point = Point::from(point);
        let second = own.diffie_hellman(&point);
        if !second.was_contributory() {
            return Err(HpkeError::DecapError);
        }
        let mut first = quantum.decapsulate(ciphertext).map_err(|()| HpkeError::DecapError)?;
        let shared = bind(&first, second.as_bytes(), &point, &Point::from(&own));
        first.as_mut_slice().zeroize();
        Ok(shared)
    }
}

fn bind(first: &[u8], second: &[u8], sent: &Point, whom: &Point) -> SharedSecret<MlKem768X25519> {
    let mut hash = Sha3_256::new();
    for part in [first, second, sent.as_bytes(), whom.as_bytes(), LABEL] {
        Digest::update(&mut hash, part);
    }
    let mut shared = SharedSecret(GenericArray::default());
    hash.finalize_into(&mut shared.0);
    shared
}

/// `at` bytes, and the 32 of X25519.
fn split(bytes: &[u8], at: usize, error: HpkeError) -> Result<(&[u8], [u8; 32]), HpkeError> {
    match bytes.split_at_checked(at) {
        Some((first, rest)) => rest.try_into().map(|rest| (first, rest)).map_err(|_| error),
        None => Err(error),
    }
}

fn of_length<T: Serializable>(bytes: &[u8]) -> Result<&[u8], HpkeError> {
    if bytes.len() == T::size() {
        Ok(bytes)
    } else {
        Err(HpkeError::IncorrectInputLength(T::size(), bytes.len()))
    }
}

impl Deserializable for PublicKey {
    /// ML-KEM's numbers are below 3329. The crate takes larger ones modulo that, so that they come back smaller.
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        let key = PublicKey(of_length::<PublicKey>(bytes)?.to_vec());
        let (quantum, _) = key.parts()?;
        if key.0.starts_with(&quantum.as_bytes()) { Ok(key) } else { Err(HpkeError::ValidationError) }
    }
}

impl Serializable for PublicKey {
    type OutputSize = Sum<KeySize, U32>;

    fn write_exact(&self, to: &mut [u8]) {
        to.copy_from_slice(&self.0);
    }
}

impl Deserializable for PrivateKey {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        of_length::<PrivateKey>(bytes).map(|seed| PrivateKey(SecretValue::concat(&[seed])))
    }
}

impl Serializable for PrivateKey {
    type OutputSize = U32;

    fn write_exact(&self, to: &mut [u8]) {
        to.copy_from_slice(self.0.expose());
    }
}

// hpke asks for these of a private key
impl Clone for PrivateKey {
    fn clone(&self) -> Self {
        PrivateKey(SecretValue::concat(&[self.0.expose()]))
    }
}

impl PartialEq for PrivateKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.same_as(&other.0)
    }
}

impl Eq for PrivateKey {}

impl Deserializable for Encapsulated {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        of_length::<Encapsulated>(bytes).map(|bytes| Encapsulated(bytes.to_vec()))
    }
}

impl Serializable for Encapsulated {
    type OutputSize = Sum<CiphertextSize, U32>;

    fn write_exact(&self, to: &mut [u8]) {
        to.copy_from_slice(&self.0);
    }
}
