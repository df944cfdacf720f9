//! A new sealed file: plaintext lines, recipients, a rule.
//!
//! sops takes every byte as it is; here a file that no consumer would read as its author meant it, with CRLF line ends
//! or a byte order mark, is refused while it can still be mended.

use std::sync::Arc;

use super::dotenv::{self, Line};
use super::metadata::{Group, Metadata, Stanza};
use super::open::{Body, Held, Open, showable};
use super::rule::Rule;
use super::value::{Cipher, Plain};
use crate::error::{Error, Kind, Result};
use crate::keys::{Prompt, Recipient};
use crate::secret::{Random, SecretValue, looks_like_a_value};

/// The version of the format that is written; every sops since reads it.
const VERSION: &str = "3.11.0";

/// What a new file needs to know.
pub struct NewFile {
    /// Who can open it.
    pub recipients: Vec<Recipient>,
    /// Which values are encrypted.
    pub rule: Rule,
    /// Whether the MAC covers encrypted values only.
    pub mac_only_encrypted: bool,
}

impl NewFile {
    /// Makes `plain` an open file with a new data key, ready to be sealed. With it come remarks for the user.
    pub fn open(
        &self,
        plain: &SecretValue,
        random: &mut dyn Random,
        prompt: &Arc<dyn Prompt>,
    ) -> Result<(Open, Vec<String>)> {
        self.rule.compiles()?;
        if self.recipients.is_empty() {
            return Err(Error::new(Kind::NoIdentity, "there is nobody to seal the file for"));
        }
        let mut remarks = Vec::new();
        let lines = read(plain.expose(), &mut remarks)?;
        let mut key = vec![0; 32];
        random.fill_bytes(&mut key);
        let cipher =
            Cipher::new(SecretValue::new(key)).unwrap_or_else(|| unreachable!("the key has 32 bytes"));

        let mut age = Vec::new();
        for recipient in &self.recipients {
            let enc = recipient.wrap(cipher.key().expose(), prompt)?;
            age.push(Stanza { recipient: recipient.text().to_owned(), enc });
        }
        // only names enter the bytes: values stay in their own wiped memory
        let mut bytes = Vec::new();
        let mut held = Vec::new();
        let mut pile: Vec<&[u8]> = Vec::new();
        for line in &lines {
            let (body, encrypted) = match line {
                Line::Blank => (Body::Blank, false),
                Line::Comment(text) => {
                    let text = &plain.expose()[text.clone()];
                    pile.push(text);
                    (Body::Comment(SecretValue::new(text.to_vec())), self.rule.encrypts_comment(&pile))
                }
                Line::Pair { key, value } | Line::Meta { key, value } => {
                    let name = &plain.expose()[key.clone()];
                    let at = push(&mut bytes, name);
                    let text = dotenv::unescape(&plain.expose()[value.clone()]);
                    let encrypted = self.rule.encrypts(name, &pile);
                    pile.clear();
                    (Body::Pair { key: at, value: Plain { text, hashed: None } }, encrypted)
                }
            };
            held.push(Held { raw: None, body, encrypted });
        }
        for (name, value) in self.metadata_lines(&age) {
            let start = bytes.len();
            let key = push(&mut bytes, name.as_bytes());
            push(&mut bytes, b"=");
            push(&mut bytes, value.as_bytes());
            held.push(Held { raw: Some(start..bytes.len()), body: Body::Meta { key }, encrypted: false });
        }
        let rule = {
            let (field, text) = self.rule.field();
            Rule::parse(field, text).unwrap_or_default()
        };
        let metadata = Metadata {
            groups: vec![Group { age, foreign: Vec::new() }],
            threshold: 0,
            modified: String::new(),
            mac: None,
            rule,
            mac_only_encrypted: self.mac_only_encrypted,
        };
        let open = Open::unsealed(bytes, held, metadata, cipher);
        self.hides_something(&open)?;
        Ok((open, remarks))
    }

    /// sops would write the whole file in clear and not say so.
    fn hides_something(&self, open: &Open) -> Result<()> {
        if open.entries().next().is_none() || open.entries().any(|e| e.encrypted) {
            return Ok(());
        }
        Err(Error::failed(format!("nothing would be encrypted: the rule is {}", self.rule))
            .note("no sealed file was made")
            .hint("the rule is that of `.sops.yaml`, or the one on the command line"))
    }

    /// Sorted as sops 3.13 sorts them: by name, list entries by number. Time and MAC are filled in by sealing.
    fn metadata_lines(&self, age: &[Stanza]) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        for (i, stanza) in age.iter().enumerate() {
            lines.push((format!("sops_age__list_{i}__map_enc"), stanza.enc.replace('\n', "\\n")));
            lines.push((format!("sops_age__list_{i}__map_recipient"), stanza.recipient.clone()));
        }
        let (rule, text) = self.rule.field();
        let mut rest = vec![
            ("sops_lastmodified".to_owned(), String::new()),
            ("sops_mac".to_owned(), String::new()),
            ("sops_version".to_owned(), VERSION.to_owned()),
            (format!("sops_{rule}"), text.to_owned()),
        ];
        if self.mac_only_encrypted {
            rest.push(("sops_mac_only_encrypted".to_owned(), "true".to_owned()));
        }
        rest.sort();
        lines.extend(rest);
        lines
    }
}

fn push(bytes: &mut Vec<u8>, text: &[u8]) -> std::ops::Range<usize> {
    let start = bytes.len();
    bytes.extend_from_slice(text);
    start..bytes.len()
}

/// The lines of a plaintext file, or what is wrong with them.
fn read(plain: &[u8], remarks: &mut Vec<String>) -> Result<Vec<Line>> {
    if plain.starts_with(b"\xef\xbb\xbf") {
        return Err(Error::failed(
            "the file starts with a byte order mark, which would become part of the first key",
        )
        .hint("save it as UTF-8 without byte order mark, e.g. `sed -i '1s/^\\xEF\\xBB\\xBF//' FILE`"));
    }
    let lines = dotenv::lines(plain)?;
    let mut seen: Vec<(&[u8], usize)> = Vec::new();
    let mut in_quotes = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let number = i + 1;
        match line {
            Line::Meta { .. } => {
                return Err(Error::failed(format!(
                    "line {number} is sops metadata: the file is sealed already"
                )));
            }
            Line::Pair { key, value } => {
                if plain[value.clone()].ends_with(b"\r") {
                    return Err(Error::failed(format!(
                        "line {number} ends in CR LF; the CR would become part of the value"
                    ))
                    .hint("turn the line ends into LF, e.g. `sed -i 's/\\r$//' FILE`"));
                }
                let name = &plain[key.clone()];
                if plain[value.clone()].contains(&0) {
                    remarks.push(format!("line {number} holds a NUL, which no environment can carry"));
                }
                if quoted(&plain[value.clone()]) {
                    in_quotes.push(number.to_string());
                }
                if name.starts_with(b"export ") {
                    remarks.push(format!(
                        "line {number}: the word \"export\" becomes part of the key; leave it out"
                    ));
                } else if name.is_empty() {
                    remarks.push(format!("line {number} has no key before \"=\""));
                } else if looks_like_a_value(name) {
                    remarks.push(format!(
                        "line {number}: the key looks like a part of a value; names lie in the file in clear"
                    ));
                } else if showable(name).is_none() {
                    remarks.push(format!("line {number}: the key is no name that a program could ask for; is it the rest of a value?"));
                }
                seen.push((name, number));
            }
            Line::Blank | Line::Comment(_) => {}
        }
    }
    if !in_quotes.is_empty() {
        let (s, them) = if in_quotes.len() == 1 { ("", "its") } else { ("s", "their") };
        remarks.push(format!(
            "line{s} {}: {them} quotes become part of the value; leave them out unless the program wants them",
            in_quotes.join(", ")
        ));
    }
    seen.sort();
    for pair in seen.windows(2) {
        if pair[0].0 == pair[1].0
            && let Some(name) = showable(pair[0].0)
        {
            remarks.push(format!(
                "key {name:?} stands on lines {} and {}; programs see the last",
                pair[0].1, pair[1].1
            ));
        }
    }
    Ok(lines)
}

/// Shells and compose take such quotes off; sops and a process environment keep them.
fn quoted(value: &[u8]) -> bool {
    matches!(value, [b'"', .., b'"'] | [b'\'', .., b'\''])
}
