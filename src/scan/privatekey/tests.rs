//! Keys are made here, with the crates that make them; none stands in the tree.

use base64::Engine as _;
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};

use super::super::kind::Name;
use super::super::words::{Family, Words};
use super::*;

/// Built once: it takes long without optimisation.
static AUTOMATON: std::sync::LazyLock<Words> = std::sync::LazyLock::new(Words::new);

fn hits(text: &[u8]) -> Vec<(usize, &'static str)> {
    let name = Name::of(b"a.txt");
    let text = Text::of(&name, text);
    let (mut keys, mut hits) = (Keys::default(), Vec::new());
    for (family, word, at) in AUTOMATON.find(text.bytes) {
        if family == Family::Key {
            keys.at(&text, word, at, &mut hits);
        }
    }
    hits.iter().map(|hit| (text.number(hit.at.start), hit.rule)).collect()
}

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// One of each kind in PEM.
fn keys() -> Vec<String> {
    let mut chance = StdRng::seed_from_u64(53);
    let rsa = rsa::RsaPrivateKey::new(&mut chance, 1024).unwrap();
    let p256 = p256::SecretKey::random(&mut chance);
    let ed25519 = ed25519_dalek::SigningKey::generate(&mut chance);
    vec![
        rsa.to_pkcs8_pem(LineEnding::LF).unwrap().to_string(),
        rsa.to_pkcs1_pem(LineEnding::LF).unwrap().to_string(),
        p256.to_pkcs8_pem(LineEnding::LF).unwrap().to_string(),
        ed25519.to_pkcs8_pem(LineEnding::LF).unwrap().to_string(),
        openssh(b"none", &mut chance),
        pgp(&mut chance),
    ]
}

fn wrap(head: &str, body: &[u8]) -> String {
    let lines: Vec<String> =
        base64(body).as_bytes().chunks(64).map(|l| String::from_utf8_lossy(l).into_owned()).collect();
    format!("-----BEGIN {head}-----\n{}\n-----END {head}-----\n", lines.join("\n"))
}

/// As OpenSSH begins its keys, with chance for the rest.
fn openssh(cipher: &[u8], chance: &mut StdRng) -> String {
    let mut body = b"openssh-key-v1\0\0\0\0".to_vec();
    body.push(cipher.len() as u8);
    body.extend_from_slice(cipher);
    body.extend((0..250).map(|_| chance.gen_range(0..=255_u8)));
    wrap("OPENSSH PRIVATE KEY", &body)
}

/// A packet of a secret key with chance for the rest, and the sum that ends such a block.
fn pgp(chance: &mut StdRng) -> String {
    let mut body = vec![0x95, 0x03, 0x98, 0x04];
    body.extend((0..300).map(|_| chance.gen_range(0..=255_u8)));
    let text = wrap("PGP PRIVATE KEY BLOCK", &body);
    text.replace("BLOCK-----\n", "BLOCK-----\nVersion: 1\n\n")
        .replacen("\n-----END", "\n=aB3d\n-----END", 1)
        .replace("BLOCK-----\nVersion: 1\n\n\n", "BLOCK-----\n")
}

#[test]
fn a_key_is_found_however_it_is_written_down() {
    for key in keys() {
        let rule = if key.contains("PGP") { "pgp-private-key" } else { "private-key" };
        let each = |form: &dyn Fn(&str) -> String| key.lines().map(form).collect::<String>();
        for (line, text) in [
            (1, key.clone()),
            (2, format!("a\n{key}b\n")),
            (1, key.replace('\n', "\r\n")),
            (3, format!("a:\n  key: |\n{}", each(&|l| format!("    {l}\n")))),
            (2, format!("A=1\nKEY=\"{}\"\n", key.replace('\n', "\\n"))),
            (1, format!("{{\"k\":\"{}\"}}", key.replace('\n', "\\n"))),
            (1, format!("\"{{\\\"k\\\":\\\"{}\\\"}}\"", key.replace('\n', "\\\\n"))),
            (2, format!("String k =\n{};\n", each(&|l| format!("  \"{l}\\n\" +\n")))),
            (2, format!("k = (\n{})\n", each(&|l| format!("  b\"{l}\\n\"\n")))),
            (1, each(&|l| format!("# {l}\n"))),
            (1, each(&|l| format!("// {l}\n"))),
            (1, each(&|l| format!("'{l}',\n"))),
            (1, format!("<k>{}</k>", key.replace('\n', "&#10;"))),
            (1, key.replace('\n', " ")),
            (2, format!("cat <<E\n{key}E\n")),
        ] {
            // on one line with blanks nobody can tell PGP's headers from its body
            if rule == "pgp-private-key" && text == key.replace('\n', " ") {
                continue;
            }
            assert_eq!(hits(text.as_bytes()), [(line, rule)], "{text}");
        }
        for n in 0..3 {
            let inner = format!("{}{key}", &"xy"[..n]);
            assert_eq!(hits(format!("tls.key: {}\n", base64(inner.as_bytes())).as_bytes()), [(1, rule)]);
            let wrapped: String = base64(inner.as_bytes())
                .as_bytes()
                .chunks(76)
                .flat_map(|l| [&b"  "[..], l, b"\n"].concat())
                .map(char::from)
                .collect();
            assert_eq!(hits(format!("tls.key: |\n{wrapped}").as_bytes()), [(2, rule)]);
        }
    }
}

#[test]
fn under_a_passphrase_it_is_told_apart() {
    let mut chance = StdRng::seed_from_u64(54);
    let mut body = vec![0x30, 0x81, 0x9b, 0x30, 0x57];
    body.extend((0..150).map(|_| chance.gen_range(0..=255_u8)));
    let traditional = wrap("RSA PRIVATE KEY", &body[5..]).replacen(
        "-----\n",
        "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
        1,
    );
    for key in [wrap("ENCRYPTED PRIVATE KEY", &body), traditional, openssh(b"aes256-ctr", &mut chance)] {
        assert_eq!(hits(key.as_bytes()), [(1, "private-key-encrypted")], "{key}");
    }
}

#[test]
fn heads_without_a_key_are_none() {
    let mut chance = StdRng::seed_from_u64(55);
    let rsa = rsa::RsaPrivateKey::new(&mut chance, 1024).unwrap();
    let public = rsa.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
    let mut random = vec![0_u8; 60];
    chance.fill_bytes(&mut random);
    random[0] = 1;
    let pem =
        |body: &str| format!("-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n");
    for text in [
        public.clone(),
        base64(public.as_bytes()),
        pem(""),
        pem("..."),
        pem("MIIEowIBAAKCAQEA..."),
        pem("MIIE...\n...\n...=="),
        pem(&"A".repeat(640)),
        pem(&"MIIEowIBAAKCAQEA".repeat(20)),
        pem("your private key goes here, in base64, and it should be long enough"),
        pem("<paste the key>"),
        pem(&base64(&random)),
        pem(&public.lines().filter(|l| !l.starts_with('-')).collect::<String>()),
        "regex = \"-----BEGIN (RSA|EC) PRIVATE KEY-----[A-Za-z0-9+/=\\s]+\"".to_owned(),
        "if text.contains(\"-----BEGIN RSA PRIVATE KEY-----\") { return parse(text, DEFAULT_OPTIONS) }"
            .to_owned(),
        wrap("CERTIFICATE", &[0x30; 200]),
        wrap("PGP PUBLIC KEY BLOCK", &random),
        base64(pem("").as_bytes()),
    ] {
        assert_eq!(hits(text.as_bytes()), [], "{text}");
    }
}

#[test]
fn a_body_of_chance_is_a_key_of_an_unknown_form_if_it_is_long() {
    let mut chance = StdRng::seed_from_u64(56);
    let mut body = vec![0_u8; 400];
    chance.fill_bytes(&mut body);
    assert_eq!(hits(wrap("PRIVATE KEY", &body).as_bytes()), [(1, "private-key")]);
}

#[test]
fn identities_of_age_have_a_checksum() {
    use ::age::secrecy::ExposeSecret;
    let identity = ::age::x25519::Identity::generate();
    let text = identity.to_string();
    let text = text.expose_secret();
    assert_eq!(hits(format!("# key\nAGE={text}\n").as_bytes()), [(2, "age-identity")]);
    assert_eq!(hits(format!("x\\n{text}\\n").as_bytes()), [(1, "age-identity")]);
    assert_eq!(hits(format!("{}\n", identity.to_public()).as_bytes()), []);
    for n in [17, 40, 73] {
        let mut wrong = text.to_owned();
        let other = if wrong.as_bytes()[n] == b'Q' { "P" } else { "Q" };
        wrong.replace_range(n..=n, other);
        assert_eq!(hits(wrong.as_bytes()), []);
    }
    assert_eq!(hits(&text.as_bytes()[..70]), []);
    assert_eq!(hits(format!("{text}Q").as_bytes()), []);
    assert_eq!(hits(b"AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ"), []);
    for prefix in ["AGE-SECRET-KEY-PQ-", "AGE-PLUGIN-YUBIKEY-"] {
        let hrp = bech32::Hrp::parse(prefix).unwrap();
        let mut data = [0; 32];
        StdRng::seed_from_u64(57).fill_bytes(&mut data);
        let text = bech32::encode_upper::<bech32::Bech32>(hrp, &data).unwrap();
        assert_eq!(hits(format!("a {text}\n").as_bytes()), [(1, "age-identity")], "{prefix}");
    }
}

#[test]
fn keys_in_json_count_by_their_private_member() {
    let mut chance = StdRng::seed_from_u64(58);
    let mut part = |n: usize| {
        let mut bytes = vec![0; n];
        chance.fill_bytes(&mut bytes);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    };
    let (x, y, d) = (part(32), part(32), part(32));
    let private = format!("{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{x}\",\"y\":\"{y}\",\"d\":\"{d}\"}}");
    assert_eq!(hits(private.as_bytes()), [(1, "jwk-private-key")]);
    assert_eq!(hits(private.replace('"', "\\\"").as_bytes()), [(1, "jwk-private-key")]);
    let pretty = private.replace(',', ",\n  ").replace("\":", "\": ");
    assert_eq!(hits(pretty.as_bytes()), [(5, "jwk-private-key")]);
    let first = format!("{{\"d\":\"{d}\",\"kty\":\"OKP\",\"x\":\"{x}\"}}");
    assert_eq!(hits(first.as_bytes()), [(1, "jwk-private-key")]);
    assert_eq!(hits(format!("{{\"kty\":\"oct\",\"k\":\"{d}\"}}").as_bytes()), [(1, "jwk-private-key")]);
    for none in [
        format!("{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{x}\",\"y\":\"{y}\"}}"),
        format!("{{\"kty\":\"RSA\",\"kid\":\"{d}\",\"n\":\"{}\",\"e\":\"AQAB\"}}", part(256)),
        format!("{{\"kty\":\"EC\",\"d\":\"{}\"}}", "A".repeat(43)),
        "{\"kty\":\"EC\",\"d\":\"...\"}".to_owned(),
        format!("{{\"kty\":\"EC\",\"x\":\"{x}\"}}, {{\"d\":\"{d}\"}}"),
    ] {
        assert_eq!(hits(none.as_bytes()), [], "{none}");
    }
}

#[test]
fn keys_of_wireguard_stand_behind_their_names() {
    let mut key = [0; 32];
    StdRng::seed_from_u64(59).fill_bytes(&mut key);
    let key = base64(&key);
    let text = format!("[Interface]\nPrivateKey = {key}\n[Peer]\nPublicKey = {key}\nPresharedKey={key}\n");
    assert_eq!(hits(text.as_bytes()), [(2, "wireguard-key"), (5, "wireguard-key")]);
    assert_eq!(hits(format!("wireguard:\n  private_key: \"{key}\"\n").as_bytes()), [(2, "wireguard-key")]);
    for none in [
        format!("PublicKey = {key}\n"),
        "PrivateKey = <your private key>\n".to_owned(),
        format!("PrivateKey = {}=\n", "A".repeat(43)),
        format!("PrivateKey = {}\n", &key[..40]),
        "PrivateKey = $(cat /etc/wireguard/private.key)\n".to_owned(),
    ] {
        assert_eq!(hits(none.as_bytes()), [], "{none}");
    }
}

#[test]
fn other_forms_are_known() {
    let mut chance = StdRng::seed_from_u64(60);
    let mut body = vec![0; 120];
    chance.fill_bytes(&mut body);
    let lines = base64(&body)
        .as_bytes()
        .chunks(64)
        .map(|l| String::from_utf8_lossy(l).into_owned() + "\n")
        .collect::<String>();
    let ppk = format!(
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: me\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 3\n{lines}Private-MAC: 00\n"
    );
    assert_eq!(hits(ppk.as_bytes()), [(1, "ppk-private-key")]);
    assert_eq!(hits(ppk.replace("none", "aes256-cbc").as_bytes()), [(1, "private-key-encrypted")]);
    assert_eq!(hits(b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n...\n"), []);
    let mut tor = b"== ed25519v1-secret: type0 ==\0\0\0".to_vec();
    tor.extend_from_slice(&body[..64]);
    assert_eq!(hits(&tor), [(1, "private-key")]);
    let mut minisign = b"EdScB2".to_vec();
    minisign.extend_from_slice(&body);
    minisign.extend_from_slice(&body[..32]);
    let text = |body: &[u8]| format!("untrusted comment: key\n{}\n", base64(body));
    assert_eq!(hits(text(&minisign).as_bytes()), [(2, "private-key-encrypted")]);
    assert_eq!(hits(text(&minisign[..42]).as_bytes()), []);
}

#[test]
fn bodies_without_dashes_are_known_by_their_beginnings() {
    let mut chance = StdRng::seed_from_u64(61);
    let rsa = rsa::RsaPrivateKey::new(&mut chance, 2048).unwrap();
    let public = rsa.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
    let bare = |pem: &str| pem.lines().filter(|l| !l.starts_with('-')).collect::<String>();
    let ed25519 = ed25519_dalek::SigningKey::generate(&mut chance);
    for pem in [
        rsa.to_pkcs8_pem(LineEnding::LF).unwrap(),
        rsa.to_pkcs1_pem(LineEnding::LF).unwrap(),
        p256::SecretKey::random(&mut chance).to_pkcs8_pem(LineEnding::LF).unwrap(),
        ed25519.to_pkcs8_pem(LineEnding::LF).unwrap(),
    ] {
        assert_eq!(hits(format!("jwt.key={}\n", bare(&pem)).as_bytes()), [(1, "private-key")]);
        // in PEM it is told once
        assert_eq!(hits(pem.as_bytes()), [(1, "private-key")]);
        let patch: String = pem.lines().map(|line| format!("+{line}\n")).collect();
        assert_eq!(hits(format!("@@\n{patch}").as_bytes()), [(2, "private-key")]);
        let spelled = pem.replace('+', "%2B").replace('/', "%2F").replace('\n', "%0A").replace('=', "%3D");
        for blank in ["%20", "+"] {
            assert_eq!(hits(format!("k={}\n", spelled.replace(' ', blank)).as_bytes()), [(1, "private-key")]);
        }
        let twice = base64(base64(pem.as_bytes()).as_bytes());
        assert_eq!(hits(format!("K={twice}\n").as_bytes()), [(1, "private-key")]);
    }
    for none in [format!("jwt.pub={}\n", bare(&public)), "MIIEpAIBAAKCAQEA...\n".to_owned()] {
        assert_eq!(hits(none.as_bytes()), [], "{none}");
    }
    let number = |n: usize| {
        let mut bytes = vec![0; n];
        StdRng::seed_from_u64(n as u64).fill_bytes(&mut bytes);
        base64(&bytes)
    };
    let xml = |private: &str| {
        format!(
            "<RSAKeyValue><Modulus>{}</Modulus><Exponent>AQAB</Exponent>{private}</RSAKeyValue>",
            number(256)
        )
    };
    assert_eq!(hits(xml(&format!("<D>{}</D>", number(255))).as_bytes()), [(1, "private-key")]);
    assert_eq!(hits(xml("").as_bytes()), []);
}

/// What is said of a file that has this name.
fn of_file(name: &str, bytes: &[u8]) -> Vec<&'static str> {
    let name = Name::of(name.as_bytes());
    let mut found = Vec::new();
    Keys::default().file(&Text::of(&name, bytes), &mut found);
    found.iter().map(|hit| hit.rule).collect()
}

#[test]
fn a_file_may_be_nothing_but_a_key() {
    let mut chance = StdRng::seed_from_u64(62);
    let rsa = rsa::RsaPrivateKey::new(&mut chance, 1024).unwrap();
    let der = rsa.to_pkcs8_der().unwrap();
    assert_eq!(of_file("server.der", der.as_bytes()), ["private-key"]);
    assert_eq!(of_file("server.der", &der.as_bytes()[..600]), Vec::<&str>::new());
    let public = rsa.to_public_key().to_public_key_der().unwrap();
    assert_eq!(of_file("server.der", public.as_bytes()), Vec::<&str>::new());
    let mut packet = vec![0x94, 0x80, 4, 0x65, 0, 0, 0, 22];
    packet.extend((0..120).map(|_| chance.gen_range(0..=255_u8)));
    assert_eq!(of_file("ann.gpg", &packet), ["pgp-private-key"]);
    packet[0] = 0x98;
    assert_eq!(of_file("ann.gpg", &packet), Vec::<&str>::new());
    let mut key = [0; 32];
    chance.fill_bytes(&mut key);
    let line = format!("{}\n", base64(&key));
    for (name, rules) in [
        ("etc/privatekey", vec!["wireguard-key"]),
        ("wg/laptop.key", vec!["wireguard-key"]),
        ("publickey", vec![]),
        ("sum.txt", vec![]),
    ] {
        assert_eq!(of_file(name, line.as_bytes()), rules, "{name}");
    }
    let age =
        bech32::encode_upper::<bech32::Bech32>(bech32::Hrp::parse("AGE-SECRET-KEY-").unwrap(), &key).unwrap();
    for before in ["", "#", "# "] {
        let file = format!("{before}{}\n", age);
        assert_eq!(
            hits(format!("age.agekey: {}\n", base64(file.as_bytes())).as_bytes()),
            [(1, "age-identity")]
        );
    }
    assert_eq!(
        hits(format!("wg set wg0 private-key <(echo {}) peer x\n", base64(&key)).as_bytes()),
        [(1, "wireguard-key")]
    );
}

#[test]
fn a_key_of_minisign_without_a_passphrase_has_zeros_around_it() {
    let mut chance = StdRng::seed_from_u64(63);
    let mut body = b"Ed\0\0B2".to_vec();
    body.extend([0; 48]);
    body.extend((0..72).map(|_| chance.gen_range(0..=255_u8)));
    body.extend([0; 32]);
    let text = format!("untrusted comment: minisign encrypted secret key\n{}\n", base64(&body));
    assert_eq!(hits(text.as_bytes()), [(2, "private-key")]);
}
