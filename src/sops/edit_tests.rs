//! Any text made of any other: the file says what the text says, and lines that stayed keep their ciphertext.

use std::sync::Arc;

use proptest::prelude::*;
use rand::rngs::OsRng;

use super::{Format, NewFile, Open, Rule, Sealed};
use crate::keys::{Keyring, Nobody, Prompt, generate};
use crate::secret::SecretValue;

/// A rule, and a way from sealed bytes to an open file.
struct Bench {
    file: NewFile,
    keyring: Keyring,
    nobody: Arc<dyn Prompt>,
}

impl Bench {
    fn new(rule: Option<(&str, &str)>) -> Self {
        let nobody: Arc<dyn Prompt> = Arc::new(Nobody);
        let (identity, recipient) = generate("2026-11-20T00:00:00Z");
        let keyring = Keyring::of_identities(identity);
        let rule = rule.map_or_else(Rule::default, |(field, text)| Rule::parse(field, text).unwrap());
        let file = NewFile { recipients: vec![recipient].into(), rule, mac_only_encrypted: false };
        Bench { file, keyring, nobody }
    }

    fn sealed(&self, text: &str) -> Vec<u8> {
        self.sealed_as(Format::Dotenv, text)
    }

    fn sealed_as(&self, format: Format, text: &str) -> Vec<u8> {
        let plain = SecretValue::new(text.as_bytes().to_vec());
        let (open, _) = self.file.open(format, &plain, &mut OsRng, &self.nobody).unwrap();
        open.seal("2026-11-20T00:00:00Z", &mut OsRng).unwrap()
    }

    fn open(&self, sealed: &[u8]) -> Open {
        Sealed::parse(sealed.to_vec()).unwrap().open(&self.keyring).unwrap()
    }

    /// The sealed file after its text was made this one.
    fn edited(&self, sealed: &[u8], text: &str) -> crate::error::Result<Vec<u8>> {
        let mut open = self.open(sealed);
        let edited = open.read_edited(&SecretValue::new(text.as_bytes().to_vec()))?;
        open.apply(edited)?;
        open.seal("2026-11-20T00:00:01Z", &mut OsRng)
    }
}

/// Lines of few names, so that texts share some of them.
fn text() -> impl Strategy<Value = String> {
    let pair = ("[ABC]{1,2}", "[xy\\\\n$#=\" ]{0,4}").prop_map(|(key, value)| format!("{key}={value}"));
    let line = prop_oneof![4 => pair, 1 => "#[ab]{0,2}", 1 => Just(String::new())];
    prop::collection::vec(line, 1..8).prop_map(|lines| {
        let mut keys = Vec::new();
        let once = lines.into_iter().filter(|line| {
            let key = line.split('=').next().unwrap_or_default().to_owned();
            let fresh = line.is_empty() || line.starts_with('#') || !keys.contains(&key);
            keys.push(key);
            fresh
        });
        once.chain(["LAST=1".to_owned()]).map(|line| line + "\n").collect()
    })
}

fn of_key(sealed: &[u8], key: &str) -> String {
    let text = String::from_utf8(sealed.to_vec()).unwrap();
    text.lines().find(|l| l.starts_with(&format!("{key}="))).unwrap().to_owned()
}

proptest! {
    #[test]
    fn the_file_says_what_the_text_says(before in text(), after in text()) {
        let bench = Bench::new(None);
        let sealed = bench.sealed(&before);
        let edited = bench.edited(&sealed, &after).unwrap();
        let open = bench.open(&edited);
        let plain = open.plain().unwrap();
        prop_assert_eq!(plain.expose(), after.as_bytes());
        if before == after {
            prop_assert_eq!(&edited, &sealed);
        }
        for line in after.lines().filter(|l| before.lines().any(|b| b == *l)) {
            if let Some((key, value)) = line.split_once('=').filter(|(k, v)| !k.starts_with('#') && !v.is_empty()) {
                prop_assert_eq!(of_key(&edited, key), of_key(&sealed, key), "{}", value);
            }
        }
    }
}

#[test]
fn a_comment_that_would_lay_a_value_bare_is_refused() {
    let bench = Bench::new(Some(("encrypted_comment_regex", "secret")));
    let sealed = bench.sealed("# secret\nA=hush\n# other\nB=clear\n");
    assert!(of_key(&sealed, "A").contains("ENC[") && of_key(&sealed, "B") == "B=clear");
    let error = bench.edited(&sealed, "# other\nA=hush\n").unwrap_err().to_string();
    assert!(error.starts_with("line 2, now encrypted, would lie in clear"), "{error}");
    let edited = bench.edited(&sealed, "# secret\nA=hush\n# secret\nC=new\n# other\nB=clear\nD=x\n").unwrap();
    assert!(of_key(&edited, "C").contains("ENC[") && of_key(&edited, "D") == "D=x");
    assert_eq!(of_key(&edited, "A"), of_key(&sealed, "A"));
}

#[test]
fn of_a_key_on_several_lines_the_one_that_counts_is_told() {
    let bench = Bench::new(None);
    let sealed = bench.sealed("A=1\nB=x\nA=2\n");
    let open = bench.open(&sealed);
    let edited = |text: &str| open.read_edited(&SecretValue::new(text.as_bytes().to_vec())).unwrap();
    for (text, counts) in [("A=2\nB=x\nA=1\n", true), ("A=1\nB=x\n", true), ("B=x\nA=1\nA=2\n", false)] {
        let edited = edited(text);
        assert_eq!(edited.set.iter().map(|name| name.as_str()).eq(["A"]), counts, "{text}");
        assert_eq!(edited.set.is_empty(), !counts, "{text}");
        let value = edited.set.first().and_then(|name| edited.value(name)).map(|v| v.expose());
        assert_eq!(value, counts.then_some(b"1".as_slice()), "{text}");
    }
}

#[test]
fn a_byte_order_mark_that_was_there_is_no_mistake() {
    let bench = Bench::new(None);
    // sops takes it for a part of the first key
    let sealed = ["\u{feff}".as_bytes(), &bench.sealed("A_unencrypted=1\nB=x\n")].concat();
    assert_eq!(bench.edited(&sealed, "\u{feff}A_unencrypted=1\nB=x\n").unwrap(), sealed);
    let edited = bench.edited(&sealed, "A=1\nB=y\n").unwrap();
    assert_eq!(bench.open(&edited).plain().unwrap().expose(), b"A=1\nB=y\n");
    assert!(bench.edited(&edited, "\u{feff}A=1\nB=y\n").is_err());
}

#[test]
fn what_was_emptied_in_an_editor_is_written_as_it_was() {
    let bench = Bench::new(None);
    for (format, before, after) in [
        (Format::Json, "{\"a\": {\"b\": \"x\"}, \"c\": \"z\"}\n", "{\"a\": {}, \"c\": \"z\"}\n"),
        (Format::Json, "{\"a\": [1], \"c\": \"z\"}\n", "{\"a\": [ ], \"c\": null, \"d\": \"z\"}\n"),
        (Format::Yaml, "a:\n  b: x\nc: z\n", "a: { }\nc: z\nd: ~\n"),
        (Format::Yaml, "a: x\nc: z\n", "a:\nc: z\nd:\n  - []\n"),
        // the rule leaves it in clear
        (Format::Yaml, "a: x\n", "a: x\nb_unencrypted: 'it is'\n"),
    ] {
        let edited = bench.edited(&bench.sealed_as(format, before), after).unwrap();
        let shown = bench.open(&edited).plain().unwrap();
        assert_eq!(String::from_utf8_lossy(shown.expose()), after);
    }
}
