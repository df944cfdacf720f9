//! The keyring against files that the real sops wrote, and against everything that can be wrong with a source.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::error::{Error, Kind, Result};
use crate::secret::SecretValue;

macro_rules! key {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sops/keys/", $name)).as_slice()
    };
}

macro_rules! stanzas {
    ($name:literal) => {
        stanzas_of(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/sops/enc/",
            $name,
            ".enc.env"
        )))
    };
}

mod files;
mod real_age;

const BASIC: &str = include_str!("../../fixtures/sops/enc/001-basic.enc.env");
const LOCKED: &[u8] = include_bytes!("../../fixtures/keys/locked_ed25519");
const LOCKED_PUB: &str = include_str!("../../fixtures/keys/locked_ed25519.pub");

/// Answers every question with the same passphrase, and counts and keeps the questions.
#[derive(Default)]
struct Person {
    passphrase: Option<&'static str>,
    asked: AtomicUsize,
    questions: Mutex<Vec<String>>,
}

impl Person {
    fn with(passphrase: &'static str) -> Arc<Person> {
        Arc::new(Person { passphrase: Some(passphrase), ..Person::default() })
    }

    fn nobody() -> Arc<Person> {
        Arc::default()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Prompt for Person {
    fn passphrase(&self, description: &str) -> Option<SecretValue> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.questions.lock().unwrap().push(description.to_owned());
        self.passphrase.map(|p| SecretValue::new(p.as_bytes().to_vec()))
    }
    fn message(&self, _: &str) {}
    fn confirm(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }
    fn public(&self, _: &str) -> Option<String> {
        None
    }
}

/// The recipients and armored stanzas of a dotenv file, in the file's order of lines.
fn stanzas_of(file: &str) -> Vec<(String, String)> {
    let field = |n: usize, name: &str| {
        let start = format!("sops_age__list_{n}__map_{name}=");
        file.lines().find_map(|l| l.strip_prefix(&start)).map(|v| v.replace("\\n", "\n"))
    };
    (0..).map_while(|n| Some((field(n, "recipient")?, field(n, "enc")?))).collect()
}

fn wrapped(stanzas: &[(String, String)]) -> Vec<Wrapped<'_>> {
    stanzas.iter().map(|(recipient, enc)| Wrapped { recipient, enc }).collect()
}

fn source(name: &str, bytes: &'static [u8]) -> Source {
    let form = if name.starts_with("ssh") { Form::Ssh } else { Form::Identities };
    Source::reading(name, form, move || Ok(Some(SecretValue::new(bytes.to_vec()))))
}

fn text(name: &str, text: String) -> Source {
    Source::reading(name, Form::Identities, move || Ok(Some(SecretValue::new(text.clone().into_bytes()))))
}

fn failing(name: &str, error: fn() -> Error) -> Source {
    Source::reading(name, Form::Identities, move || Err(error()))
}

fn keyring(sources: Vec<Source>) -> Keyring {
    Keyring::new(sources, Person::nobody())
}

fn error<T>(result: Result<T>) -> Error {
    result.err().expect("an error")
}

/// Everything of an error that a user sees.
fn all(error: &Error) -> String {
    format!("{error}\n{}\n{}", error.notes().join("\n"), error.advice().unwrap_or_default())
}

fn str(bytes: &'static [u8]) -> &'static str {
    std::str::from_utf8(bytes).unwrap()
}

fn secret_line(bytes: &'static [u8]) -> &'static str {
    str(bytes).lines().find(|l| l.starts_with("AGE-SECRET")).unwrap()
}

#[test]
fn each_kind_of_key_opens_what_sops_wrapped() {
    let cases = [
        (stanzas!("001-basic"), "alice", key!("alice.txt"), 0),
        (stanzas!("022-two-recipients"), "alice", key!("alice.txt"), 0),
        (stanzas!("022-two-recipients"), "bob", key!("bob.txt"), 1),
        (stanzas!("022-two-recipients"), "alice+bob", key!("alice+bob.txt"), 0),
        (stanzas!("025-twelve-recipients"), "alice", key!("alice.txt"), usize::MAX),
        (stanzas!("026-ssh-ed25519"), "ssh_ed25519", key!("ssh_ed25519"), 0),
        (stanzas!("027-ssh-rsa"), "ssh_rsa", key!("ssh_rsa"), 0),
        (stanzas!("028-post-quantum"), "pq", key!("pq.txt"), 0),
        (stanzas!("029-pq-and-x25519"), "pq", key!("pq.txt"), 0),
        (stanzas!("029-pq-and-x25519"), "alice", key!("alice.txt"), 1),
    ];
    for (stanzas, name, key, index) in cases {
        let found = keyring(vec![source(name, key)]).unwrap(&wrapped(&stanzas)).unwrap();
        assert_eq!((found.payload.len(), found.source.as_str()), (32, name));
        assert!(index == usize::MAX || found.index == index, "{name}: {}", found.index);
    }
}

#[test]
fn the_final_line_feed_does_not_matter() {
    let (recipient, enc) = stanzas_of(BASIC).remove(0);
    for enc in [enc.trim_end().to_owned(), format!("{}\n", enc.trim_end()), enc.replace('\n', "\r\n")] {
        let ring = keyring(vec![source("alice", key!("alice.txt"))]);
        assert_eq!(ring.unwrap(&[Wrapped { recipient: &recipient, enc: &enc }]).unwrap().payload.len(), 32);
    }
}

#[test]
fn a_wrong_key_is_told_with_the_recipients_of_the_file() {
    let stanzas = stanzas!("085-t-wrong-key");
    let e = error(keyring(vec![source("a \"bob.txt\"", key!("bob.txt"))]).unwrap(&wrapped(&stanzas)));
    assert_eq!(e.kind(), Kind::NoIdentity);
    assert_eq!(e.notes(), ["a \"bob.txt\": 1 identity, which does not fit"]);
    assert!(e.advice().unwrap().contains(&stanzas[0].0), "{}", all(&e));
}

#[test]
fn sources_are_loaded_in_order_once_and_only_as_far_as_needed() {
    let loads = Rc::new([const { Cell::new(0) }; 3]);
    let counted = |n: usize, bytes: &'static [u8]| {
        let loads = Rc::clone(&loads);
        Source::reading(n.to_string(), Form::Identities, move || {
            loads[n].set(loads[n].get() + 1);
            Ok(Some(SecretValue::new(bytes.to_vec())))
        })
    };
    let ring = keyring(vec![
        counted(0, key!("carol.txt")),
        counted(1, key!("alice.txt")),
        counted(2, key!("alice.txt")),
    ]);
    for file in [stanzas!("001-basic"), stanzas!("002-single"), stanzas!("001-basic")] {
        assert_eq!(ring.unwrap(&wrapped(&file)).unwrap().source, "1");
    }
    assert_eq!([0, 1, 2].map(|n: usize| loads[n].get()), [1, 1, 0]);
}

#[test]
fn a_broken_source_matters_only_if_no_other_opens() {
    let usage = || Error::usage("no such file").hint("check SOPS_AGE_KEY_FILE");
    let file = stanzas_of(BASIC);
    let ring = keyring(vec![failing("explicit", usage), source("default", key!("alice.txt"))]);
    assert_eq!(ring.unwrap(&wrapped(&file)).unwrap().source, "default");

    let absent = Source::reading("absent", Form::Identities, || Ok(None));
    let ring = keyring(vec![failing("explicit", usage), absent, source("default", key!("bob+carol.txt"))]);
    let e = error(ring.unwrap(&wrapped(&file)));
    assert_eq!(e.kind(), Kind::NoIdentity);
    assert_eq!(
        e.notes(),
        ["explicit: no such file", "absent: not there", "default: 2 identities, none fits"]
    );
    assert_eq!(e.advice(), Some("check SOPS_AGE_KEY_FILE"));
}

#[test]
fn a_key_file_that_others_can_read_ends_the_search() {
    let open = || Error::failed("\"k\" can be read by others").hint("chmod 600 k");
    let ring = keyring(vec![failing("k", open), source("default", key!("alice.txt"))]);
    for e in [error(ring.unwrap(&wrapped(&stanzas_of(BASIC)))), error(ring.recipients())] {
        assert_eq!(e.kind(), Kind::Failed);
        assert_eq!(
            (e.to_string().as_str(), e.advice()),
            ("\"k\" can be read by others", Some("chmod 600 k"))
        );
    }
}

#[test]
fn nothing_at_hand_says_where_to_name_a_key() {
    let absent = || Source::reading("default", Form::Identities, || Ok(None));
    for sources in [vec![], vec![absent()]] {
        let e = error(keyring(sources).unwrap(&wrapped(&stanzas_of(BASIC))));
        assert_eq!((e.kind(), e.to_string().as_str()), (Kind::NoIdentity, "no identity found"));
        let hint = e.advice().unwrap();
        assert!(hint.contains("--age-key-file") && hint.contains("SOPS_AGE_KEY_FILE"));
    }
    assert!(keyring(vec![absent()]).recipients().unwrap().is_empty());
}

#[test]
fn lines_are_read_as_sops_reads_them() {
    let (alice, bob) = (secret_line(key!("alice.txt")), secret_line(key!("bob.txt")));
    let quantum = secret_line(key!("pq.txt"));
    let good = [
        format!("# a comment\r\n\r\n{alice}\r\n"),
        format!("{bob} {alice}"),
        format!("  {bob}\t{alice}  \n"),
        format!("{quantum}\n{alice}\n"),
    ];
    for lines in good {
        let ring = keyring(vec![text("t", lines)]);
        assert!(ring.unwrap(&wrapped(&stanzas_of(BASIC))).is_ok());
    }
    let bad = [
        (format!("{alice}\nnonsense-of-mine\n"), "line 2 is not an identity"),
        (format!("#\n\n{alice},{bob}\n"), "line 3 is not an identity"),
        (format!("{}\n", &alice[..alice.len() - 1]), "line 1 is not an identity"),
        (str(key!("ssh_ed25519")).to_owned(), "holds an SSH private key"),
        ("# nothing\n".to_owned(), "no identity in it"),
        (quantum.to_owned(), "1 identity, which does not fit"),
        (format!("{quantum}\n{bob}"), "2 identities, none fits"),
        (format!("{bob}\n{}", quantum.replacen("PQ-1", "PQ-1Q", 1)), "line 2 is not an identity"),
    ];
    for (lines, note) in bad {
        let e = error(keyring(vec![text("t", lines)]).unwrap(&wrapped(&stanzas_of(BASIC))));
        assert_eq!(e.kind(), Kind::NoIdentity);
        assert!(e.notes()[0].starts_with(&format!("t: {note}")), "{}", all(&e));
        assert!(!all(&e).contains("nonsense") && !all(&e).contains(&alice[20..40]), "{}", all(&e));
    }
}

#[test]
fn a_protected_key_file_is_unlocked_once() {
    let person = Person::with("hunter22");
    let ring = Keyring::new(vec![source("alice.pass", key!("alice.pass.age"))], person.clone());
    for file in [stanzas!("001-basic"), stanzas!("002-single")] {
        assert_eq!(ring.unwrap(&wrapped(&file)).unwrap().payload.len(), 32);
    }
    assert_eq!(*person.questions.lock().unwrap(), ["passphrase of alice.pass"]);
}

#[test]
fn a_protected_key_file_without_the_passphrase_is_told() {
    for (person, note) in [
        (Person::nobody(), "protected by a passphrase and nobody can be asked"),
        (Person::with("wrong"), "the passphrase does not fit"),
    ] {
        let ring = Keyring::new(vec![source("f", key!("alice.pass.age"))], person.clone());
        for _ in 0..2 {
            let e = error(ring.unwrap(&wrapped(&stanzas_of(BASIC))));
            assert_eq!((e.kind(), e.notes()), (Kind::NoIdentity, [format!("f: {note}")].as_slice()));
        }
        assert_eq!(person.asked(), 1);
    }
    // an earlier source that opens the file spares the question
    let person = Person::nobody();
    let sources = vec![source("alice", key!("alice.txt")), source("f", key!("alice.pass.age"))];
    assert!(Keyring::new(sources, person.clone()).unwrap(&wrapped(&stanzas_of(BASIC))).is_ok());
    assert_eq!(person.asked(), 0);
}

#[test]
fn a_locked_ssh_key_asks_only_for_its_own_stanza_and_once() {
    let nobody: Arc<dyn Prompt> = Person::nobody();
    let recipient = Recipient::parse(LOCKED_PUB).unwrap();
    let own: Vec<_> =
        (0..2).map(|_| (recipient.text().to_owned(), recipient.wrap(&[7; 32], &nobody).unwrap())).collect();

    let person = Person::with("throw-away");
    let ring = Keyring::new(vec![source("ssh", LOCKED)], person.clone());
    for foreign in [stanzas!("001-basic"), stanzas!("026-ssh-ed25519"), stanzas!("027-ssh-rsa")] {
        assert_eq!(error(ring.unwrap(&wrapped(&foreign))).kind(), Kind::NoIdentity);
    }
    assert_eq!(person.asked(), 0);
    for stanza in &own {
        assert_eq!(ring.unwrap(&wrapped(std::slice::from_ref(stanza))).unwrap().payload.expose(), [7; 32]);
    }
    assert_eq!(person.asked(), 1);
    assert_eq!(ring.recipients().unwrap()[0].text(), LOCKED_PUB.split(" throw").next().unwrap());

    for (person, note) in [
        (Person::nobody(), "ssh: protected by a passphrase and nobody can be asked"),
        (Person::with("wrong"), "ssh: the passphrase does not fit"),
    ] {
        let ring = Keyring::new(vec![source("ssh", LOCKED)], person.clone());
        let e = error(ring.unwrap(&wrapped(&own)));
        assert_eq!((e.kind(), e.notes()), (Kind::NoIdentity, [note.to_owned()].as_slice()));
        assert_eq!(person.asked(), 1);
    }
}

#[test]
fn a_key_that_asks_nobody_is_tried_before_one_that_may() {
    let plugin = age::plugin::Identity::default_for_plugin("not-installed-here").unwrap();
    let ring = keyring(vec![text("t", format!("{plugin}\n{}", secret_line(key!("alice.txt"))))]);
    assert!(ring.unwrap(&wrapped(&stanzas_of(BASIC))).is_ok());

    let e = error(keyring(vec![text("t", plugin.to_string())]).unwrap(&wrapped(&stanzas_of(BASIC))));
    assert_eq!(e.notes(), ["t: \"age-plugin-not-installed-here\" is not installed"]);
}

#[test]
fn keys_of_all_kinds_lie_in_one_keyring() {
    let plugin = age::plugin::Identity::default_for_plugin("not-installed-here").unwrap();
    let quantum = secret_line(key!("pq.txt"));
    let mixed = format!("{plugin}\n{}\n{quantum}", secret_line(key!("bob.txt")));
    // the locked SSH key fits none of the stanzas, and the rest is not reached
    let person = Person::nobody();
    let sources =
        vec![source("ssh", LOCKED), text("mixed", mixed.clone()), source("late", key!("alice.pass.age"))];
    let found =
        Keyring::new(sources, person.clone()).unwrap(&wrapped(&stanzas!("028-post-quantum"))).unwrap();
    assert_eq!((found.source.as_str(), person.asked()), ("mixed", 0));
    // in front of the others, the file that a passphrase protects is asked for, and then holds alice's key only
    let person = Person::with("hunter22");
    let sources =
        vec![source("ssh", LOCKED), source("alice.pass", key!("alice.pass.age")), text("mixed", mixed)];
    let ring = Keyring::new(sources, person.clone());
    for file in [stanzas!("028-post-quantum"), stanzas!("029-pq-and-x25519")] {
        assert_eq!(ring.unwrap(&wrapped(&file)).unwrap().payload.len(), 32);
    }
    assert_eq!((ring.used().as_deref(), person.asked()), (Some("alice.pass"), 1));

    let own = keyring(vec![text("t", format!("{plugin}\n{quantum}"))]).recipients().unwrap();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].text(), stanzas!("028-post-quantum")[0].0);
}

#[test]
fn a_command_runs_without_a_shell_and_once_for_each_recipient() {
    let line = |script: &str| format!("sh -c '{script}' sh");
    let command = |line: &str| Source::command("CMD", Form::Identities, line);
    let file = stanzas!("022-two-recipients");

    let print = format!("printf %s {}", secret_line(key!("bob.txt")));
    let bob = &file[1].0;
    for script in [print.clone(), format!("test $SOPS_AGE_RECIPIENT = {bob} && {print}")] {
        let ring = keyring(vec![command(&line(&script))]);
        assert_eq!(ring.unwrap(&wrapped(&file)).unwrap().index, 1);
    }
    assert_eq!(keyring(vec![command(&print)]).recipients().unwrap()[0].text(), bob);

    let secret = secret_line(key!("alice.txt"));
    for (line, note) in [
        ("", "the command is empty"),
        ("pass 'x", "the command has a quote that is not closed"),
        ("reseal-no-such-program x", "there is no program \"reseal-no-such-program\""),
        ("sh -c 'exit 3'", "\"sh\" failed (exit status: 3)"),
        ("true", "no identity in it"),
        (secret, "a secret key was given where a command belongs"),
        ("yes", "\"yes\" prints more than 1 MiB"),
    ] {
        let e = error(keyring(vec![command(line)]).unwrap(&wrapped(&file)));
        assert_eq!((e.kind(), e.notes()), (Kind::NoIdentity, [format!("CMD: {note}")].as_slice()));
    }
}

#[test]
fn a_changed_stanza_is_an_integrity_error_and_never_a_panic() {
    let (recipient, enc) = stanzas_of(BASIC).remove(0);
    let ring = keyring(vec![source("alice", key!("alice.txt"))]);
    let original = ring.unwrap(&[Wrapped { recipient: &recipient, enc: &enc }]).unwrap();
    let mut kinds = Vec::new();
    for at in 0..enc.len() {
        let mut flipped = enc.clone().into_bytes();
        flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
        for changed in [String::from_utf8(flipped).unwrap(), enc[..at].to_owned()] {
            match ring.unwrap(&[Wrapped { recipient: &recipient, enc: &changed }]) {
                // the armor has bits that mean nothing
                Ok(found) => assert!(found.payload.same_as(&original.payload)),
                Err(e) => kinds.push(e.kind()),
            }
        }
    }
    assert!(kinds.iter().all(|k| matches!(k, Kind::Integrity | Kind::NoIdentity)));
    assert!(kinds.contains(&Kind::Integrity) && kinds.contains(&Kind::NoIdentity));

    // the last byte of the payload's tag: the identity fits, and what it opens was changed
    let end = enc.rfind("\n-----END").unwrap();
    let at = enc[..end].trim_end_matches('=').len() - 2;
    let mut forged = enc.clone();
    forged.replace_range(at..=at, if &enc[at..=at] == "A" { "B" } else { "A" });
    let e = error(ring.unwrap(&[Wrapped { recipient: &recipient, enc: &forged }]));
    assert_eq!(e.kind(), Kind::Integrity, "{}", all(&e));
    let found = ring.unwrap(&[
        Wrapped { recipient: &recipient, enc: &forged },
        Wrapped { recipient: &recipient, enc: &enc },
    ]);
    assert_eq!(found.unwrap().index, 1);
}

#[test]
fn what_is_wrapped_can_be_unwrapped() {
    let prompt: Arc<dyn Prompt> = Person::nobody();
    let made = |generate: fn(&str) -> (SecretValue, Recipient), start: &str| {
        let (file, recipient) = generate("2026-01-02T03:04:05Z");
        let file = String::from_utf8(file.expose().to_vec()).unwrap();
        let comments =
            format!("# created: 2026-01-02T03:04:05Z\n# public key: {}\n{start}", recipient.text());
        assert!(file.starts_with(&comments) && file.ends_with('\n') && file.lines().count() == 3);
        (recipient, text("generated", file))
    };

    let alice =
        Recipient::parse(str(key!("alice.txt")).split_whitespace().find(|w| w.starts_with("age1")).unwrap());
    let pairs = [
        made(generate, "AGE-SECRET-KEY-1"),
        made(generate_hybrid, "AGE-SECRET-KEY-PQ-1"),
        (Recipient::parse(&stanzas!("028-post-quantum")[0].0).unwrap(), source("pq", key!("pq.txt"))),
        (alice.unwrap(), source("alice", key!("alice.txt"))),
        (Recipient::parse(str(key!("ssh_ed25519.pub"))).unwrap(), source("ssh_ed25519", key!("ssh_ed25519"))),
        (Recipient::parse(str(key!("ssh_rsa.pub"))).unwrap(), source("ssh_rsa", key!("ssh_rsa"))),
    ];
    for (recipient, source) in pairs {
        let ring = keyring(vec![source]);
        for size in [0, 32, 33] {
            let payload: Vec<u8> = (0..size).collect();
            let enc = recipient.wrap(&payload, &prompt).unwrap();
            assert!(enc.ends_with("-----END AGE ENCRYPTED FILE-----\n"));
            assert!(enc.lines().all(|l| l.len() <= 64) && enc.lines().nth(1).unwrap().len() == 64);
            let found = ring.unwrap(&[Wrapped { recipient: recipient.text(), enc: &enc }]).unwrap();
            assert_eq!(found.payload.expose(), payload);
        }
        let own = ring.recipients().unwrap();
        assert!(recipient.text().starts_with(own[0].text()), "{:?} {recipient:?}", own[0]);
        let large = recipient.wrap(&vec![0; 70_000], &prompt).unwrap();
        let e = error(ring.unwrap(&[Wrapped { recipient: recipient.text(), enc: &large }]));
        assert_eq!(e.kind(), Kind::Integrity);
    }
}

#[test]
fn a_plugin_identity_has_the_recipient_that_stands_above_it() {
    let handle = age::plugin::Identity::default_for_plugin("demo").unwrap();
    // bech32 of no data under the prefix "age1demo"
    let recipient = "age1demo1vvkwpm";
    let of = |lines: String| {
        let found = keyring(vec![text("t", lines)]).recipients();
        found.map(|r| r.iter().map(|r| r.text().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(of(format!("#    Recipient: {recipient}\n{handle}\n")).unwrap(), [recipient]);
    let alice = str(key!("alice.txt")).split_whitespace().find(|w| w.starts_with("age1")).unwrap();
    for lines in [format!("{handle}"), format!("# public key: {alice}\n{handle}")] {
        assert_eq!(error(of(lines)).kind(), Kind::NoIdentity);
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test runs itself again with another PATH")]
fn a_plugin_wraps_and_opens() {
    const HOME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/keys");
    let path = std::env::var("PATH").unwrap();
    if !path.starts_with(HOME) {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "keys::tests::a_plugin_wraps_and_opens"])
            .env("PATH", format!("{HOME}:{path}"))
            .stdout(std::process::Stdio::null())
            .status();
        assert!(status.unwrap().success());
        return;
    }
    let handle = age::plugin::Identity::default_for_plugin("demo").unwrap();
    let recipient = Recipient::parse("age1demo1vvkwpm").unwrap();
    let enc = recipient.wrap(&[7; 32], &(Person::nobody() as Arc<dyn Prompt>)).unwrap();
    let mut file = stanzas_of(BASIC);
    file.push((recipient.text().to_owned(), enc));
    let found = keyring(vec![text("t", handle.to_string())]).unwrap(&wrapped(&file)).unwrap();
    assert_eq!((found.payload.expose(), found.index), ([7; 32].as_slice(), 1));
}

#[test]
fn recipients_are_refused_without_repeating_what_may_be_secret() {
    let secret = secret_line(key!("alice.txt"));
    let ed25519 = str(key!("ssh_ed25519.pub")).trim();
    let quantum = &stanzas!("028-post-quantum")[0].0;
    let glued = ed25519.replacen(" lab@test", "x", 1);
    for (given, part) in [
        ("", "is empty"),
        (secret, "a secret key was given"),
        (&secret.to_lowercase(), "a secret key was given"),
        (&format!("age1,{secret}"), "a secret key was given"),
        (str(key!("ssh_ed25519")), "a secret key was given"),
        (&quantum.replacen("age1pq1", "age1pq1q", 1), "is damaged"),
        (&quantum[..quantum.len() - 1], "is damaged"),
        ("correct-horse-battery-staple", "\"correct-hors…\" is none of"),
        ("age1f0cahg8zs7nmkv8hl6kjqx9fs7fcxej8xuwfz7nfppnkpqf3jprqa555yx", "is damaged"),
        ("AGE1F0CAHG8ZS7NMKV8HL6KJQX9FS7FCXEJ8XUWFZ7NFPPNKPQF3JPRQA555YY", "is none of"),
        ("ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAA=", "is none of"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF", "is a damaged SSH key"),
        (&glued, "is a damaged SSH key"),
        ("age1\u{1b}[2J", "holds a control character"),
    ] {
        let e = error(Recipient::parse(given));
        assert_eq!(e.kind(), Kind::Usage);
        let said = all(&e);
        assert!(said.contains(part) && !said.contains('\u{1b}'), "{said}");
        assert!(given.len() < 13 || !said.contains(given.get(..13).unwrap()), "{said}");
    }
    assert_eq!(Recipient::parse(&format!(" {ed25519}\n")).unwrap().text(), ed25519);
    let e = error(
        Recipient::parse("age1demo1vvkwpm").unwrap().wrap(&[1], &(Person::nobody() as Arc<dyn Prompt>)),
    );
    assert_eq!(e.to_string(), "the plugin \"age-plugin-demo\" is not installed");
}
