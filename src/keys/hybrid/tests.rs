//! Against published vectors, by their digests where they are long, and against what is malformed. What sops and age
//! make of it is tried in `tests/`.

use age::{Identity as _, Recipient as _};
use hpke::Kem;
use hpke::rand_core::{CryptoRng, Error, RngCore};
use sha2::{Digest, Sha256};

use super::*;

/// The example of the specification, https://c2sp.org/age.
const SPEC: &str = "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR";
const SPEC_RECIPIENT: &str = "a091dd7e0ee9d62b75173dcc98441a0424baa941e66a8776e570a4ae60ff61ea";

fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Gives what it was given.
struct Known(Vec<u8>);

impl RngCore for Known {
    fn next_u32(&mut self) -> u32 {
        unreachable!()
    }
    fn next_u64(&mut self) -> u64 {
        unreachable!()
    }
    fn fill_bytes(&mut self, to: &mut [u8]) {
        let rest = self.0.split_off(to.len());
        to.copy_from_slice(&self.0);
        self.0 = rest;
    }
    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(to);
        Ok(())
    }
}

impl CryptoRng for Known {}

#[test]
fn the_example_of_the_specification_has_its_recipient() {
    let identity = Identity::parse(SPEC).unwrap();
    assert_eq!(identity.text().expose(), SPEC.as_bytes());
    let text = identity.recipient().text();
    assert_eq!((text.len(), digest(text.as_bytes()).as_str()), (1959, SPEC_RECIPIENT));
    assert_eq!(Recipient::parse(&text).unwrap().text(), text);
}

/// From the vectors of the HPKE draft for post-quantum keys, as filippo.io/hpke has them: KEM 0x647a, HKDF-SHA256,
/// ChaCha20Poly1305.
#[test]
fn the_encapsulation_agrees_with_the_vectors_of_its_draft() {
    let (key, public) = MlKem768X25519::derive_keypair(&bytes(
        "0379761fa4f6869592b0d1f9a71eb92b122dc030a7a8858132109f6b1a4bbde4",
    ));
    assert_eq!(hex(key.seed()), "b3f98b03126a431ccecc62ae0f68e102c2d8e1cc7b21ba85d821d8e31761e0f8");
    assert_eq!(
        digest(&public.to_bytes()),
        "120b60e0ae3c00c1c9def1c61aeb12de710bfa49646ae6f99a7e564b25ace493"
    );
    let random = "a3a869097e0241158eca5dc6c9e695f9e0d2ee5db51c09c435aab69d56509a43\
                  d94ff76d7d47cf79ecf75394261236cec024bd849cc782e14f7f0738af83daed";
    let (sent, there) = {
        let (shared, sent) = MlKem768X25519::encap(&public, None, &mut Known(bytes(random))).unwrap();
        (sent, shared)
    };
    assert_eq!(digest(&sent.to_bytes()), "3a7ef30fb815e75b7f0f16f5bab5c36250882d94ea0f776cc2241cdd3b36b480");
    let shared = "b90cf181d95351d1091569487caaf6c3434eeb181a2c4c04631980ce139afa67";
    assert_eq!(hex(&there.0), shared);
    let here = MlKem768X25519::decap(&key, None, &sent).unwrap();
    assert_eq!(hex(&here.0), shared);

    let suite = hpke::setup_sender::<ChaCha20Poly1305, HkdfSha256, MlKem768X25519, _>(
        &OpModeS::Base,
        &public,
        &bytes("34663634363532303666366532303631323034373732363536333639363136653230353537323665"),
        &mut Known(bytes(random)),
    );
    let plain = "34323635363137353734373932303639373332303734373237353734363832633230373437323735373436383230363236353631373537343739";
    let sealed = suite.unwrap().1.seal(&bytes(plain), &bytes("436f756e742d30")).unwrap();
    assert_eq!(
        hex(&sealed),
        "ac355d192158cd54250e1702be51e9d2eafe5f9292a9f153e02a2323e1ff071a30947836c38c63c986c28ccf05e00d4e\
         5fe066a48ab8d5b39c69d32da80c93dc868daa0f853a6cbdd640"
    );
}

fn file_key() -> FileKey {
    FileKey::init_with_mut(|key| *key = *b"sixteen bytes ok")
}

fn wrapped(whom: &Recipient) -> Stanza {
    let (mut stanzas, labels) = whom.wrap_file_key(&file_key()).unwrap();
    assert_eq!(labels, HashSet::from(["postquantum".to_owned()]));
    assert_eq!(stanzas.len(), 1);
    stanzas.remove(0)
}

#[test]
fn what_is_wrapped_is_opened_by_its_own_key_and_by_no_other() {
    let (mine, other) = (Identity::generate(), Identity::generate());
    let stanza = wrapped(&mine.recipient());
    assert_eq!((stanza.tag.as_str(), stanza.args.len(), stanza.body.len()), (KIND, 1, 32));
    assert_ne!(stanza.body, wrapped(&mine.recipient()).body);
    let opened = mine.unwrap_stanza(&stanza).unwrap().unwrap();
    assert_eq!(opened.expose_secret(), file_key().expose_secret());
    assert!(other.unwrap_stanza(&stanza).is_none());
}

#[test]
fn a_stanza_in_another_form_is_refused() {
    let mine = Identity::generate();
    let change = |change: &dyn Fn(&mut Stanza)| {
        let mut stanza = wrapped(&mine.recipient());
        change(&mut stanza);
        mine.unwrap_stanza(&stanza).map(|r| r.map(|_| ()))
    };
    let sent = |at: &dyn Fn(&mut Vec<u8>)| {
        change(&|stanza| {
            let mut bytes = BASE64_STANDARD_NO_PAD.decode(&stanza.args[0]).unwrap();
            at(&mut bytes);
            stanza.args[0] = BASE64_STANDARD_NO_PAD.encode(&bytes);
        })
    };
    let refused = [
        change(&|s| s.args.clear()),
        change(&|s| s.args.push("x".to_owned())),
        change(&|s| s.args[0].push('=')),
        change(&|s| s.args[0].insert(9, '\n')),
        // the last character has bits that mean nothing, and must be zero
        change(&|s| {
            let last = s.args[0].pop().unwrap();
            s.args[0].push(char::from(last as u8 + 1));
        }),
        change(&|s| s.body.push(0)),
        change(&|s| s.body.truncate(31)),
        sent(&|bytes| bytes.push(0)),
        sent(&|bytes| bytes.truncate(1119)),
        // a point with which every key gives the same
        sent(&|bytes| bytes[1088..].fill(0)),
    ];
    for (n, result) in refused.into_iter().enumerate() {
        assert!(matches!(result, Some(Err(DecryptError::InvalidHeader))), "{n}");
    }
    for changed in [
        change(&|s| s.tag = "X25519".to_owned()),
        change(&|s| s.tag = KIND.to_uppercase()),
        change(&|s| s.body[0] ^= 1),
        change(&|s| s.body[31] ^= 1),
        sent(&|bytes| bytes[0] ^= 1),
        sent(&|bytes| bytes[1100] ^= 1),
    ] {
        assert!(changed.is_none());
    }
}

#[test]
fn a_text_is_taken_in_one_spelling_only() {
    let text = Identity::parse(SPEC).unwrap().recipient().text();
    let mut key = Identity::parse(SPEC).unwrap().recipient().0.to_bytes();
    let encode = |prefix: &str, data: &[u8]| bech32_encode(Hrp::parse(prefix).unwrap(), data);
    assert_eq!(encode("age1pq", &key), text);
    let swapped = text.replacen("qp", "pq", 1);
    assert!(swapped != text && Recipient::parse(&swapped).is_none());
    for wrong in [
        text.to_uppercase(),
        text.replacen("age1pq1", "age1pq1Q", 1),
        text[..text.len() - 1].to_owned(),
        format!("{text}q"),
        encode("age1pq", &key[1..]),
        encode("age1pr", &key),
        encode("age1pq", &[&key[..], &[0]].concat()),
    ] {
        assert!(Recipient::parse(&wrong).is_none(), "{wrong}");
    }
    // the first number of ML-KEM's key is 3329, which is no number below 3329
    (key[0], key[1]) = (0x01, key[1] & 0xf0 | 0x0d);
    assert!(Recipient::parse(&encode("age1pq", &key)).is_none());
    // a point that protects nothing is told when something is to be sealed
    let mut weak = Identity::parse(SPEC).unwrap().recipient().0.to_bytes();
    weak[1184..].fill(0);
    let weak = Recipient::parse(&encode("age1pq", &weak)).unwrap();
    assert!(weak.wrap_file_key(&file_key()).is_err());

    let seed = Identity::parse(SPEC).unwrap().0.seed().to_vec();
    for wrong in [
        SPEC.to_lowercase(),
        SPEC.replace("PQ-1X", "PQ-1x"),
        SPEC.replace("PQ-1", "PQ-2"),
        encode("AGE-SECRET-KEY-PQ-", &seed[1..]).to_uppercase(),
        encode("AGE-SECRET-KEY-", &seed).to_uppercase(),
    ] {
        assert!(Identity::parse(&wrong).is_none());
    }
}
