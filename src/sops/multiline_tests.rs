//! Key pairs in a sealed file: PEM has many lines, and the format has one for each value.

use std::sync::Arc;

use rand::rngs::OsRng;

use super::{Format, NewFile, Rule, Sealed};
use crate::keys::Nobody;
use crate::keys::{Form, Keyring, Prompt, Source, generate};
use crate::secret::{PairSpec, SecretName, SecretValue, jwks, public_of};

#[test]
fn a_pair_survives_being_sealed_and_opened() {
    let nobody: Arc<dyn Prompt> = Arc::new(Nobody);
    let (identity, recipient) = generate("2026-11-20T00:00:00Z");
    let file =
        NewFile { recipients: vec![recipient].into(), rule: Rule::default(), mac_only_encrypted: false };
    let name = |text: &str| SecretName::parse(text).unwrap();
    for spec in ["rsa:2048", "ec:p256", "ed25519"] {
        let pair = PairSpec::parse(spec).unwrap().generate(&mut OsRng).unwrap();
        let set = jwks(&[&pair.public]).unwrap();
        let copy = |value: &SecretValue| SecretValue::new(value.expose().to_vec());
        let plain = SecretValue::new(b"SIGNING_KEY=\nOTHER=1\n".to_vec());
        let (mut open, _) = file.open(Format::Dotenv, &plain, &mut OsRng, &nobody).unwrap();
        open.set(&name("SIGNING_KEY"), copy(&pair.private)).unwrap();
        // a public key may lie in clear, where the line feeds stand as backslash and n
        open.set(&name("PUBLIC_KEY_unencrypted"), copy(&pair.public)).unwrap();
        open.set(&name("KEY_SET"), copy(&set)).unwrap();
        let sealed = open.seal("2026-11-20T00:00:00Z", &mut OsRng).unwrap();
        let clear = pair.public.expose_str().unwrap().replace('\n', "\\n");
        let text = String::from_utf8(sealed.clone()).unwrap();
        assert!(text.contains(&format!("\nPUBLIC_KEY_unencrypted={clear}\n")), "{spec}");
        assert!(!text.contains("PRIVATE KEY"), "{spec}");

        let bytes = identity.expose().to_vec();
        let source =
            Source::reading("key", Form::Identities, move || Ok(Some(SecretValue::new(bytes.clone()))));
        let keyring = Keyring::new(vec![source], Arc::clone(&nobody));
        let open = Sealed::parse(sealed).unwrap().open(&keyring).unwrap();
        let get = |name: &str| open.get(name.as_bytes()).unwrap();
        assert!(get("SIGNING_KEY").same_as(&pair.private), "{spec}");
        assert!(get("PUBLIC_KEY_unencrypted").same_as(&pair.public), "{spec}");
        assert!(get("KEY_SET").same_as(&set), "{spec}");
        assert!(public_of(get("SIGNING_KEY")).unwrap().same_as(get("PUBLIC_KEY_unencrypted")));
        // what `decrypt` prints has one line for each key
        assert_eq!(open.plain().unwrap().expose_str().unwrap().lines().count(), 4);
    }
}
