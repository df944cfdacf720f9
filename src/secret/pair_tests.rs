//! Pairs against OpenSSL, and thumbprints against the vectors of the RFCs.
#![expect(clippy::disallowed_methods, reason = "tests start openssl, and hand it files")]

use std::path::{Path, PathBuf};
use std::process::Command;

use rand::SeedableRng;
use rand::rngs::{OsRng, StdRng};

use super::*;

#[expect(clippy::duplicate_mod, reason = "the tests of target have it too, and nothing here knows target")]
#[path = "../../tests/harness/programs.rs"]
mod programs;

const ALL: [&str; 5] = ["rsa:2048", "rsa:3072", "rsa:4096", "ec:p256", "ed25519"];

/// Without 4096 bits, whose primes are far apart.
const QUICK: [&str; 3] = ["rsa:2048", "ec:p256", "ed25519"];

fn pair(spec: &str) -> Pair {
    PairSpec::parse(spec).unwrap().generate(&mut OsRng).unwrap()
}

fn text(value: &SecretValue) -> &str {
    value.expose_str().unwrap()
}

#[test]
fn specifications_round_trip_and_others_are_refused() {
    for spec in ALL {
        assert_eq!(PairSpec::parse(spec).unwrap().to_string(), spec);
    }
    for (wrong, hint) in [
        ("rsa", Some("for example \"rsa:3072\"")),
        ("rsa:1024", Some("for example \"rsa:3072\"")),
        ("rsa:02048", Some("for example \"rsa:3072\"")),
        ("ec", Some("write \"ec:p256\"")),
        ("ec:p384", Some("write \"ec:p256\"")),
        ("ed25519:32", Some("write \"ed25519\"")),
        ("s3cret", None),
        ("", None),
    ] {
        let error = PairSpec::parse(wrong).unwrap_err();
        assert_eq!(error.advice(), hint, "{wrong}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[test]
fn pairs_fit_and_are_named_by_their_public_key() {
    for spec in QUICK {
        let (one, other) = (pair(spec), pair(spec));
        assert!(text(&one.private).starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert!(text(&one.private).ends_with("\n-----END PRIVATE KEY-----\n"));
        assert!(text(&one.public).starts_with("-----BEGIN PUBLIC KEY-----\n"));
        assert!(!text(&one.private).contains('\r') && !text(&one.public).contains('\r'));
        assert!(public_of(&one.private).unwrap().same_as(&one.public));
        assert!(!public_of(&other.private).unwrap().same_as(&one.public));
        assert_eq!(key_id(&one.public).unwrap(), one.key_id);
        assert_ne!(one.key_id, other.key_id);
        assert_eq!(one.key_id.len(), 43);
        // as an editor or a shell may have left it
        let trimmed = SecretValue::new(text(&one.private).trim_end().as_bytes().to_vec());
        assert!(public_of(&trimmed).unwrap().same_as(&one.public));
        // the halves are not mistaken for each other
        assert!(public_of(&one.public).is_err() && key_id(&one.private).is_err());
    }
}

#[test]
fn randomness_comes_from_where_it_is_given() {
    for spec in ["ec:p256", "ed25519"] {
        let spec = PairSpec::parse(spec).unwrap();
        let made = |seed| spec.generate(&mut StdRng::seed_from_u64(seed)).unwrap();
        assert!(made(1).private.same_as(&made(1).private));
        assert!(!made(1).private.same_as(&made(2).private));
    }
}

#[test]
fn what_is_no_key_is_refused_without_being_quoted() {
    let garbled = "-----BEGIN PRIVATE KEY-----\nczNjcmV0\n-----END PRIVATE KEY-----\n";
    for bad in ["", "s3cret", garbled] {
        let bad = SecretValue::new(bad.as_bytes().to_vec());
        for error in [public_of(&bad).err().unwrap(), jwks(&[&bad]).err().unwrap()] {
            let said = format!("{error} {:?}", error.advice());
            assert!(!said.contains("s3cret") && !said.contains("czNj"), "{said}");
        }
    }
}

fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

#[test]
fn thumbprints_are_those_of_the_rfcs() {
    // RFC 7638, 3.1
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZ\
             CiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJ\
             ZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBn\
             iIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let number = |text: &str| rsa::BigUint::from_bytes_be(&decoded(text));
    let key = Public::Rsa(RsaPublicKey::new(number(n), number("AQAB")).unwrap());
    assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(key_id(&key.pem().unwrap()).unwrap(), key.thumbprint());

    // RFC 8037, A.3
    let x = decoded("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let key = Public::Ed25519(VerifyingKey::from_bytes(&x.try_into().unwrap()).unwrap());
    assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");

    // the key of RFC 7515, A.3.1; its thumbprint by `openssl dgst -sha256` over the members in order
    let mut point = vec![4];
    point.extend(decoded("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"));
    point.extend(decoded("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
    let key = Public::P256(p256::PublicKey::from_sec1_bytes(&point).unwrap());
    assert_eq!(key.thumbprint(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    assert_eq!(
        key.jwk(),
        r#"{"kid":"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U","use":"sig","alg":"ES256","crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
    );
}

#[test]
fn a_key_set_has_the_present_key_first_and_each_once() {
    let keys: Vec<Pair> = QUICK.iter().map(|spec| pair(spec)).collect();
    let set = jwks(&[&keys[0].public, &keys[1].public, &keys[0].public, &keys[2].public]).unwrap();
    let set: serde_json::Value = serde_json::from_slice(set.expose()).unwrap();
    let set = set["keys"].as_array().unwrap();
    let ids: Vec<&str> = set.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(ids, [&keys[0].key_id, &keys[1].key_id, &keys[2].key_id]);
    let of = |at: usize, name: &str| set[at][name].as_str().unwrap_or_default().to_owned();
    for (at, kty, crv, alg) in
        [(0, "RSA", "", "RS256"), (1, "EC", "P-256", "ES256"), (2, "OKP", "Ed25519", "EdDSA")]
    {
        assert_eq!((of(at, "kty").as_str(), of(at, "crv").as_str()), (kty, crv));
        assert_eq!((of(at, "alg").as_str(), of(at, "use").as_str()), (alg, "sig"));
        // nothing private
        assert!(["d", "p", "q"].iter().all(|name| set[at].get(name).is_none()));
    }
    assert_eq!((decoded(&of(0, "n")).len(), decoded(&of(0, "e"))), (256, vec![1, 0, 1]));
    assert_eq!((decoded(&of(1, "x")).len(), decoded(&of(1, "y")).len()), (32, 32));
    assert_eq!(decoded(&of(2, "x")).len(), 32);
    assert_eq!(jwks(&[]).unwrap().expose(), b"{\"keys\":[]}");
    let one = SecretValue::new(Public::parse(&keys[0].public).unwrap().jwk().into_bytes());
    assert_eq!(serde_json::from_slice::<serde_json::Value>(one.expose()).unwrap(), set[0]);
}

/// A folder for openssl's files.
struct Files(PathBuf);

impl Files {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("reseal-pair-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Files(folder)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.join(name), bytes).unwrap();
    }

    fn openssl(&self, args: &str) -> Option<Vec<u8>> {
        let output =
            Command::new("openssl").args(args.split(' ')).current_dir::<&Path>(&self.0).output().unwrap();
        output.status.success().then_some(output.stdout)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn openssl_reads_the_keys_and_signs_with_them() {
    if !programs::have("openssl_reads_the_keys_and_signs_with_them", &["openssl"]) {
        return;
    }
    let files = Files::new("sign");
    files.write("message", b"a message");
    for spec in QUICK {
        let (made, other) = (pair(spec), pair(spec));
        files.write("private", made.private.expose());
        files.write("public", made.public.expose());
        files.write("other", other.public.expose());
        let check = files.openssl("pkey -in private -check -noout").unwrap();
        assert!(String::from_utf8(check).unwrap().contains("Key is valid"), "{spec}");
        let public = files.openssl("pkey -in private -pubout").unwrap();
        assert_eq!(public, made.public.expose(), "{spec}");
        assert_eq!(files.openssl("pkey -pubin -in public").unwrap(), made.public.expose(), "{spec}");
        // Ed25519 hashes for itself
        let hash = if spec == "ed25519" { "" } else { " -digest sha256" };
        let sign = format!("pkeyutl -sign -inkey private -rawin -in message -out signature{hash}");
        assert!(files.openssl(&sign).is_some(), "{spec}");
        for (key, fits) in [("public", true), ("other", false)] {
            let verify =
                format!("pkeyutl -verify -pubin -inkey {key} -rawin -in message -sigfile signature{hash}");
            assert_eq!(files.openssl(&verify).is_some(), fits, "{spec} {key}");
        }
    }
}

#[test]
fn keys_that_openssl_made_are_read() {
    if !programs::have("keys_that_openssl_made_are_read", &["openssl"]) {
        return;
    }
    let files = Files::new("made");
    for how in [
        "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out private",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out private",
        "genpkey -algorithm ED25519 -out private",
    ] {
        files.openssl(how).unwrap();
        let private = SecretValue::new(std::fs::read(files.0.join("private")).unwrap());
        let public = SecretValue::new(files.openssl("pkey -in private -pubout").unwrap());
        assert!(public_of(&private).unwrap().same_as(&public), "{how}");
        assert_eq!(key_id(&public).unwrap().len(), 43);
    }
    // other kinds and other forms are refused
    files.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out private").unwrap();
    let p384 = SecretValue::new(std::fs::read(files.0.join("private")).unwrap());
    assert!(public_of(&p384).is_err());
    files.openssl("genpkey -algorithm ED25519 -aes256 -pass pass:x -out private").unwrap();
    let locked = SecretValue::new(std::fs::read(files.0.join("private")).unwrap());
    assert!(public_of(&locked).is_err());
}
