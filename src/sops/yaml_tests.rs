//! Where a text of lines meets what stands below it in a YAML file: what a value says when something beside it goes.

use std::sync::Arc;

use rand::rngs::OsRng;

use super::{Format, NewFile, Open, Rule, Sealed};
use crate::error::Result;
use crate::keys::{Keyring, Nobody, Prompt, generate};
use crate::secret::SecretValue;

const NOW: &str = "2026-11-20T00:00:00Z";

/// The file of a plaintext, opened.
fn given(plain: &str) -> (Open, Keyring) {
    let nobody: Arc<dyn Prompt> = Arc::new(Nobody);
    let (identity, recipient) = generate(NOW);
    let new =
        NewFile { recipients: vec![recipient].into(), rule: Rule::default(), mac_only_encrypted: false };
    let plain = SecretValue::new(plain.as_bytes().to_vec());
    let (open, _) = new.open(Format::Yaml, &plain, &mut OsRng, &nobody).unwrap();
    let keyring = Keyring::of_identities(identity);
    (again(open, &keyring).unwrap(), keyring)
}

/// Sealed, and opened again.
fn again(open: Open, keyring: &Keyring) -> Result<Open> {
    Sealed::parse_as(open.seal(NOW, &mut OsRng)?, Format::Yaml)?.open(keyring)
}

fn shown(open: &Open) -> String {
    open.plain().unwrap().expose_str().unwrap().to_owned()
}

/// What a value says; and what it says to who reads the text that is shown.
fn says(open: &Open, name: &str) -> (String, String) {
    let text = |open: &Open| open.get(name.as_bytes()).unwrap().expose_str().unwrap().to_owned();
    (text(open), text(&given(&shown(open)).0))
}

#[test]
fn blanks_at_the_end_are_no_part_of_a_text_that_comes_to_stand_above_them() {
    for end in ["        ", "        \n", "\n      \n\n", "\r\n   \t\r\n"] {
        for name in ["a", "a_unencrypted"] {
            let (mut open, keyring) = given(&format!("c: 1\n{name}: |\n    x\n    y\nb: >\n  z\n{end}"));
            assert!(open.unset(b"b").unwrap());
            let open = again(open, &keyring).unwrap();
            assert_eq!(says(&open, name), ("x\ny\n".into(), "x\ny\n".into()), "{name} {end:?}");
        }
    }
}

#[test]
fn empty_lines_behind_an_entry_go_with_it_where_the_text_above_would_keep_them() {
    for name in ["a", "a_unencrypted"] {
        let (mut open, keyring) = given(&format!("{name}: |+\n  x\nb: 1\n\n     \nc: 2\n"));
        assert!(open.unset(b"b").unwrap());
        let open = again(open, &keyring).unwrap();
        assert_eq!(says(&open, name), ("x\n".into(), "x\n".into()), "{name}");
        assert_eq!(says(&open, "c"), ("2".into(), "2".into()));
    }
}

#[test]
fn a_text_at_the_end_of_a_file_without_a_line_feed_has_none() {
    for (text, said) in [
        ("|\n  x", "x"),
        ("|+\n  x", "x"),
        ("|\n  x\n  ", "x\n"),
        ("|+\n  x\n  ", "x\n"),
        ("|\n  x\n    ", "x\n  "),
        (">\r\n  x\r\n   y\r\n  z", "x\n y\nz"),
        ("|2+ # c\n   x", " x"),
        ("&a !!str |\n  x", "x"),
        ("|+\n\n    ", "\n"),
        ("|", ""),
    ] {
        for name in ["a", "a_unencrypted"] {
            let plain = format!("c: 1\n{name}: {text}");
            let (open, _) = given(&plain);
            assert_eq!(says(&open, name), (said.into(), said.into()), "{plain:?}");
            let (mut open, keyring) = given("c: 1\nb: 2\n");
            let edited = open.read_edited(&SecretValue::new(plain.clone().into_bytes())).unwrap();
            open.apply(edited).unwrap();
            let open = again(open, &keyring).unwrap();
            assert_eq!(says(&open, name), (said.into(), said.into()), "{plain:?}");
        }
    }
}

#[test]
fn blanks_that_a_text_says_are_sealed_with_it() {
    for (text, said) in
        [("|\n  x\n    \n", "x\n  \n"), (">-\r\n  x\r\n   \t\r\n\r\n", "x\n \t"), ("|2\n    \n", "  \n")]
    {
        for name in ["a", "a_unencrypted"] {
            let plain = format!("c: 1\n{name}: {text}");
            assert_eq!(says(&given(&plain).0, name), (said.into(), said.into()), "{plain:?}");
        }
    }
}
