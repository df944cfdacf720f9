//! Whole age files, and what a header tells without a key.

use super::*;

const PLAIN: &[u8] = b"A=1\nB=2\n";
/// The fixture that a passphrase protects.
const PROTECTED: &[u8] = key!("alice.pass.age");

fn sealed(recipients: &[Recipient], armored: bool) -> Vec<u8> {
    let nobody: Arc<dyn Prompt> = Person::nobody();
    seal_file(&SecretValue::new(PLAIN.to_vec()), recipients, armored, &nobody).unwrap()
}

/// The public half of a fixture.
fn public(bytes: &'static [u8]) -> Recipient {
    let word = str(bytes).split_whitespace().find(|w| w.starts_with("age1")).unwrap();
    Recipient::parse(word).unwrap()
}

fn ssh(bytes: &'static [u8]) -> Recipient {
    Recipient::parse(str(bytes)).unwrap()
}

fn hybrid() -> (Source, Recipient) {
    let (file, recipient) = generate_hybrid("2026-01-02T03:04:05Z");
    (text("hybrid", file.expose_str().unwrap().to_owned()), recipient)
}

#[test]
fn each_recipient_opens_the_one_file() {
    let all = [public(key!("alice.txt")), ssh(key!("ssh_ed25519.pub")), ssh(key!("ssh_rsa.pub"))];
    for armored in [false, true] {
        let file = sealed(&all, armored);
        assert_eq!(file.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----\n"), armored);
        assert_eq!(stanza_kinds(&file).unwrap(), ["X25519", "ssh-ed25519", "ssh-rsa"]);
        for (name, key) in
            [("alice", key!("alice.txt")), ("ssh_ed25519", key!("ssh_ed25519")), ("ssh_rsa", key!("ssh_rsa"))]
        {
            let ring = keyring(vec![source("bob", key!("bob.txt")), source(name, key)]);
            let opened = ring.open_file(&file).unwrap();
            assert_eq!((opened.plain.expose(), opened.source.as_str(), opened.stanzas), (PLAIN, name, 3));
            assert!(opened.recipients.is_none(), "{name}");
        }
        let e = error(keyring(vec![source("bob", key!("bob.txt"))]).open_file(&file));
        assert_eq!(
            (e.kind(), e.notes()),
            (Kind::NoIdentity, &["bob: 1 identity, which does not fit".to_owned()][..])
        );
        assert!(e.advice().unwrap().contains("X25519, ssh-ed25519, ssh-rsa"), "{}", super::all(&e));
    }
    let large = SecretValue::new((0..300_000u32).map(|n| (n % 251) as u8).collect());
    let file = seal_file(&large, &all, true, &(Person::nobody() as Arc<dyn Prompt>)).unwrap();
    let opened = keyring(vec![source("alice", key!("alice.txt"))]).open_file(&file).unwrap();
    assert!(opened.plain.same_as(&large));
}

#[test]
fn the_one_recipient_of_a_file_is_known() {
    let (source_of_hybrid, recipient) = hybrid();
    let cases = [
        (source_of_hybrid, recipient),
        (source("alice", key!("alice.txt")), public(key!("alice.txt"))),
        (source("ssh_rsa", key!("ssh_rsa")), ssh(key!("ssh_rsa.pub"))),
    ];
    for (source, recipient) in cases {
        let opened =
            keyring(vec![source]).open_file(&sealed(std::slice::from_ref(&recipient), false)).unwrap();
        let found = opened.recipients.unwrap();
        assert!(found.len() == 1 && recipient.text().starts_with(found[0].text()));
        assert_eq!(opened.stanzas, 1);
    }
    // twice for the same person is not known to be that
    let alice = public(key!("alice.txt"));
    let file = sealed(&[alice.clone(), alice], false);
    let opened = keyring(vec![source("alice", key!("alice.txt"))]).open_file(&file).unwrap();
    assert!(opened.recipients.is_none() && opened.stanzas == 2);
}

#[test]
fn post_quantum_recipients_share_a_file_with_none_but_their_like() {
    let ((one, first), (two, second)) = (hybrid(), hybrid());
    let file = sealed(&[first.clone(), second], true);
    assert_eq!(stanza_kinds(&file).unwrap(), ["mlkem768x25519"; 2]);
    for source in [one, two] {
        assert_eq!(keyring(vec![source]).open_file(&file).unwrap().plain.expose(), PLAIN);
    }
    let alice = public(key!("alice.txt"));
    let plain = SecretValue::new(PLAIN.to_vec());
    let nobody: Arc<dyn Prompt> = Person::nobody();
    let rsa = ssh(key!("ssh_rsa.pub"));
    for mixed in [[first.clone(), alice.clone()], [alice, first.clone()], [rsa, first]] {
        let e = error(seal_file(&plain, &mixed, false, &nobody));
        assert_eq!(e.kind(), Kind::Usage);
        assert!(e.to_string().contains("cannot share one age file"), "{}", super::all(&e));
    }
    assert_eq!(error(seal_file(&plain, &[], false, &nobody)).kind(), Kind::Usage);
}

#[test]
fn a_changed_file_is_never_opened() {
    let (source, recipient) = hybrid();
    let ring = keyring(vec![source]);
    let file = sealed(&[recipient], false);
    let mut kinds = Vec::new();
    // a hybrid stanza is long, and its middle is all alike
    let places = (0..60).chain((60..file.len() - 300).step_by(37)).chain(file.len() - 300..file.len());
    for at in places {
        let mut flipped = file.clone();
        flipped[at] ^= 1;
        for changed in [flipped, file[..at].to_vec()] {
            kinds.push(error(ring.open_file(&changed)).kind());
        }
    }
    let longer = [&file[..], b"x"].concat();
    kinds.push(error(ring.open_file(&longer)).kind());
    assert!(kinds.iter().all(|k| matches!(k, Kind::Integrity | Kind::NoIdentity | Kind::Failed)));
    // the file's last byte belongs to the tag of what it holds
    assert_eq!(kinds[kinds.len() - 3..], [Kind::Integrity; 3]);
}

#[test]
fn what_is_no_age_file_is_told() {
    let ring = keyring(vec![source("alice", key!("alice.txt"))]);
    for bytes in [&b""[..], PLAIN, b"age-encryption.org/v2\n", b"-----BEGIN PGP MESSAGE-----\n"] {
        let e = error(ring.open_file(bytes));
        assert_eq!((e.kind(), e.to_string().as_str()), (Kind::Failed, "this is not an age file"));
        assert_eq!(error(stanza_kinds(bytes)).kind(), Kind::Failed);
    }
    for bytes in [&b"age-encryption.org/v1\n-> X25519\n"[..], b"-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n"] {
        assert_eq!(error(ring.open_file(bytes)).kind(), Kind::Integrity);
    }
    let e = error(ring.open_file(&vec![0; 64 * 1024 * 1024 + 1]));
    assert!(e.to_string().contains("64 MiB"));
    let file = sealed(&[public(key!("bob.txt"))], false);
    let e = error(keyring(vec![]).open_file(&file));
    assert_eq!((e.kind(), e.to_string().as_str()), (Kind::NoIdentity, "no identity found"));
}

#[test]
fn a_protected_file_asks_for_its_passphrase() {
    assert_eq!(stanza_kinds(PROTECTED).unwrap(), ["scrypt"]);
    let ring = |person: &Arc<Person>| Keyring::new(vec![source("bob", key!("bob.txt"))], person.clone());
    let person = Person::with("hunter22");
    let opened = ring(&person).open_file(PROTECTED).unwrap();
    assert!(opened.plain.expose_str().unwrap().contains("AGE-SECRET-KEY-1"));
    assert_eq!((opened.source.as_str(), opened.stanzas), ("a passphrase", 1));
    assert!(opened.recipients.is_none());
    assert_eq!(*person.questions.lock().unwrap(), ["passphrase of the age file"]);
    for (person, why) in [
        (Person::nobody(), "protected by a passphrase and nobody can be asked"),
        (Person::with("wrong"), "the passphrase does not fit"),
    ] {
        let e = error(ring(&person).open_file(PROTECTED));
        assert_eq!((e.kind(), e.notes()), (Kind::NoIdentity, [format!("the age file: {why}")].as_slice()));
        assert!(e.advice().unwrap().contains("passphrase"));
    }
}

#[test]
fn a_locked_key_is_asked_for_only_where_it_is_named() {
    let own = sealed(&[Recipient::parse(LOCKED_PUB).unwrap()], false);
    let other = sealed(&[ssh(key!("ssh_ed25519.pub"))], false);
    let person = Person::with("throw-away");
    let ring = Keyring::new(vec![source("ssh", LOCKED)], person.clone());
    assert_eq!(error(ring.open_file(&other)).kind(), Kind::NoIdentity);
    assert_eq!(person.asked(), 0);
    for _ in 0..2 {
        assert_eq!(ring.open_file(&own).unwrap().plain.expose(), PLAIN);
    }
    assert_eq!(person.asked(), 1);
}

#[test]
fn a_data_key_is_compared_with_the_text_beside_it() {
    let first = |stanzas: Vec<(String, String)>| stanzas.into_iter().next().unwrap();
    let (alice, for_alice) = first(stanzas!("001-basic"));
    let (ed, for_ed) = first(stanzas!("026-ssh-ed25519"));
    let (rsa, for_rsa) = first(stanzas!("027-ssh-rsa"));
    let (quantum, for_quantum) = first(stanzas!("028-post-quantum"));
    let texts = [&alice, &ed, &rsa, &quantum];
    let encs = [&for_alice, &for_ed, &for_rsa, &for_quantum];
    for (n, text) in texts.iter().enumerate() {
        for (m, enc) in encs.iter().enumerate() {
            let want = if n == m { Fit::Fits } else { Fit::Differs };
            assert_eq!(stanza_fits(text, enc), want, "{text} {m}");
        }
        assert_eq!(stanza_fits(text, "nothing"), Fit::Differs);
        assert_eq!(stanza_kinds(encs[n].as_bytes()).unwrap().len(), 1);
    }
    // of the same kind, and for another key
    assert_eq!(stanza_fits(LOCKED_PUB, &for_ed), Fit::Differs);
    assert_eq!(stanza_fits("ssh-ed25519 AAAA", &for_ed), Fit::Differs);
    assert_eq!(stanza_fits(&ed.replace("ssh-ed25519 ", "ssh-rsa "), &for_ed), Fit::Differs);
    // somebody else besides
    let pair = sealed(&[public(key!("alice.txt")), public(key!("bob.txt"))], true);
    assert_eq!(stanza_fits(&alice, str_of(&pair)), Fit::Differs);
    assert_eq!(stanza_fits("age1demo1vvkwpm", &for_alice), Fit::CannotTell);
    assert_eq!(stanza_fits("ecdsa-sha2-nistp256 AAAA", &for_alice), Fit::CannotTell);
    assert_eq!(stanza_fits("age1damaged", &for_alice), Fit::Differs);
    let binary = sealed(&[public(key!("alice.txt"))], false);
    assert_eq!(stanza_fits(&alice, &String::from_utf8_lossy(&binary)), Fit::Differs);
}

fn str_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_header_of_many_recipients_is_read_and_one_without_measure_is_not() {
    let recipients: Vec<Recipient> = (0..100).map(|_| hybrid().1).collect();
    let (source, last) = hybrid();
    let file = sealed(&[recipients, vec![last]].concat(), true);
    let opened = keyring(vec![source]).open_file(&file).unwrap();
    assert_eq!((opened.plain.expose(), opened.stanzas), (PLAIN, 101));

    // the library reads a header anew from its start for each line
    let mut file = b"age-encryption.org/v1\n".to_vec();
    for _ in 0..16_000 {
        file.extend(b"-> X a\n\n");
    }
    let began = std::time::Instant::now();
    let e = error(stanza_kinds(&file));
    assert_eq!((e.kind(), e.to_string().contains("longer")), (Kind::Integrity, true));
    let mut whole = String::from("-----BEGIN AGE ENCRYPTED FILE-----\n");
    whole.push_str(&base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &file[..48 * 2000]));
    assert_eq!(stanza_fits(public(key!("alice.txt")).text(), &whole), Fit::Differs);
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}
