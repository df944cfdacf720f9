//! Private keys, told from mere heads of them by their bodies and checksums.
//!
//! `armor` reads what stands between two lines of dashes, however a file wraps it; `pem` judges it, also where it is
//! wrapped in base64 once more (`wrapped`) or in a URL (`url`), and `der` its body without the lines of dashes. `age`,
//! `jwk`, `putty`, `wireguard` and `xml` know the other forms, `whole` files that are nothing else. Public keys,
//! certificates and heads without a body are none.

mod age;
mod armor;
mod der;
mod jwk;
mod pem;
mod putty;
mod url;
mod whole;
mod wireguard;
mod wrapped;
mod xml;

use std::ops::Range;

use super::finding::{Class, Hit, Mend};
use super::text::Text;

/// A key and the word under which it is reported.
struct Key {
    at: Range<usize>,
    rule: &'static str,
    what: &'static str,
}

type Look = fn(&[u8], &Range<usize>) -> Option<Key>;

/// Each word, lower case, and what looks around it.
const WORDS: [(&str, Look); 34] = [
    ("private key-----", pem::look),
    ("private key block-----", pem::look),
    ("static key v1-----", pem::look_static),
    ("ssh2 encrypted private key ----", pem::look_ssh2),
    ("putty-user-key-file-", putty::look),
    ("ls0tls1crudjti", wrapped::look),
    ("0tls0tqkvhsu4", wrapped::look),
    ("tls0tlujfr0lo", wrapped::look),
    ("tfmwdextmu", wrapped::look_twice),
    ("private%20key-----", url::look),
    ("private+key-----", url::look),
    ("qudflvnfq1jfvc1lrvktm", wrapped::look_age),
    ("fhrs1trunsrvqts0vzlt", wrapped::look_age),
    ("br0utu0vdukvulutfws0x", wrapped::look_age),
    ("ibadanbgkqhkig9w0baqefaasc", der::look),
    ("ibaakcaqea", der::look),
    ("ibaakcagea", der::look),
    ("wbqydk2vwbciei", der::look),
    ("wbqydk2vubciei", der::look),
    ("mighageambmgbyqgsm49ageg", der::look),
    ("mhccaqeei", der::look),
    ("<rsakeyvalue>", xml::look),
    ("private-key", wireguard::look_argument),
    ("age-secret-key-1", age::look),
    ("age-secret-key-pq-1", age::look),
    ("age-plugin-", age::look),
    ("\"kty", jwk::look),
    ("'kty", jwk::look),
    ("privatekey", wireguard::look),
    ("presharedkey", wireguard::look),
    ("private_key", wireguard::look),
    ("preshared_key", wireguard::look),
    ("untrusted comment:", putty::look_minisign),
    ("== ed25519v1-secret", putty::look_tor),
];

/// The words that lead here, lower case; case does not count.
pub(super) fn words() -> Vec<&'static str> {
    WORDS.iter().map(|(word, _)| *word).collect()
}

/// What was seen of a text so far.
#[derive(Default)]
pub(super) struct Keys {}

impl Keys {
    /// Looks at a file that is nothing but a key.
    pub(super) fn file(&mut self, text: &Text<'_>, hits: &mut Vec<Hit>) {
        if !text.whole {
            return;
        }
        if let Some(Key { at, rule, what }) = whole::look(text) {
            hits.push(Hit { class: Class::Key, rule, at, what: what.to_owned(), mend: Mend::Seal });
        }
    }

    /// Looks around the word with this number.
    pub(super) fn at(&mut self, text: &Text<'_>, word: usize, at: Range<usize>, hits: &mut Vec<Hit>) {
        if let Some(Key { at, rule, what }) = WORDS[word].1(text.bytes, &at) {
            // a file that begins with a key is one
            let alone = text.whole && text.bytes[..at.start].iter().all(u8::is_ascii_whitespace);
            let mend = if alone { Mend::Seal } else { Mend::TakeOut };
            hits.push(Hit { class: Class::Key, rule, at, what: what.to_owned(), mend });
        }
    }
}

#[cfg(test)]
mod tests;
