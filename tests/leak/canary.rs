//! A value that is like no other, and the search for it.

use std::fmt::Write;
use std::fs::File;
use std::io::Read;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

/// A value, or the part of it that is searched for, and the forms that it could take on its way out.
pub struct Canary {
    core: String,
    forms: Vec<(&'static str, String)>,
}

impl Canary {
    /// Random letters and digits.
    pub fn new() -> Self {
        let mut bytes = [0; 24];
        File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
        let letters = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
        let core = bytes.iter().map(|b| char::from(letters[usize::from(*b) % letters.len()])).collect();
        Canary::of(core)
    }

    /// For a value that somebody else made.
    pub fn of(core: String) -> Self {
        assert!(core.len() >= 16, "too short to be like no other");
        let forms = forms(core.as_bytes());
        Canary { core, forms }
    }

    /// The part that is searched for.
    pub fn core(&self) -> &str {
        &self.core
    }

    /// A value of which some character changes in each kind of escaping.
    pub fn value(&self) -> String {
        format!("{}/+=& '$\\%é", self.core)
    }

    /// The form in which these bytes hold it, if they do.
    pub fn found(&self, bytes: &[u8]) -> Option<&'static str> {
        let text = String::from_utf8_lossy(bytes);
        self.forms.iter().find(|(_, form)| text.contains(form)).map(|(name, _)| *name)
    }

    /// Each form, with text around it that moves it out of line.
    pub fn planted(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.forms.iter().map(|(name, form)| (*name, format!("x{form}y")))
    }
}

fn forms(core: &[u8]) -> Vec<(&'static str, String)> {
    let each = |text: fn(&mut String, u8)| {
        core.iter().fold(String::new(), |mut all, b| {
            text(&mut all, *b);
            all
        })
    };
    let decimals: Vec<String> = core.iter().map(ToString::to_string).collect();
    let mut forms = vec![
        ("plain", String::from_utf8(core.to_vec()).unwrap()),
        ("hex", each(|s, b| write!(s, "{b:02x}").unwrap())),
        ("HEX", each(|s, b| write!(s, "{b:02X}").unwrap())),
        ("url", each(|s, b| write!(s, "%{b:02X}").unwrap())),
        ("url in lower case", each(|s, b| write!(s, "%{b:02x}").unwrap())),
        ("escaped", each(|s, b| write!(s, "\\x{b:02x}").unwrap())),
        ("json", each(|s, b| write!(s, "\\u{b:04x}").unwrap())),
        ("bytes in debug form", decimals.join(", ")),
        ("bytes in json", decimals.join(",")),
        ("backwards", core.iter().rev().map(|b| char::from(*b)).collect()),
    ];
    // base64 of a text that contains it: three ways to be out of step, and the outer characters hold others' bits
    for before in 0..3 {
        let text = [&b"xx"[..before], core].concat();
        let (start, end) = ((before * 8).div_ceil(6), text.len() * 8 / 6);
        forms.push(("base64", BASE64_STANDARD_NO_PAD.encode(&text)[start..end].to_owned()));
        forms.push(("base64url", BASE64_URL_SAFE_NO_PAD.encode(&text)[start..end].to_owned()));
    }
    forms
}

#[test]
fn every_form_is_found_wherever_it_begins() {
    let canary = Canary::new();
    for (name, text) in canary.planted() {
        assert!(canary.found(text.as_bytes()).is_some(), "{name}: {text}");
    }
    for around in ["", "a", "ab", "abc", "user:", "key = "] {
        for (name, text) in [
            ("base64", BASE64_STANDARD_NO_PAD.encode(format!("{around}{}{around}", canary.value()))),
            ("base64url", BASE64_URL_SAFE_NO_PAD.encode(format!("{around}{}{around}", canary.value()))),
        ] {
            assert!(
                canary.found(text.as_bytes()).is_some_and(|form| form.starts_with("base64")),
                "{name}: {text}"
            );
        }
    }
    assert_eq!(
        canary.found(format!("{:?}", canary.value().as_bytes()).as_bytes()),
        Some("bytes in debug form")
    );
    assert_eq!(canary.found(canary.value().as_bytes()), Some("plain"));
    // and nothing is found where nothing is
    assert_eq!(canary.found(Canary::new().value().as_bytes()), None);
    assert_eq!(canary.found(&canary.core().as_bytes()[1..]), None);
}
