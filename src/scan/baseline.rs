//! Findings that a team has looked at and accepts: `docs/formats.md` has the file.
//!
//! An entry is a rule, a path and a keyed fingerprint of what was found, never a line number: it stays when lines move,
//! and another secret at the same place is another fingerprint. The key lies in the file itself. It keeps anybody from
//! looking values up in a table that fits all baselines; who has the repository has what the entries are of anyway.

use std::collections::BTreeSet;

use super::Finding;
use crate::error::{Error, Result};
use crate::secret::{Fingerprints, SecretValue};

/// Its place in a repository, from the top.
pub const BASELINE: &str = ".reseal-baseline";

const HEAD: &str =
    "# findings that reseal scan accepts; `reseal scan --prune` takes out what is there no more";

/// The number of bytes of a key.
const KEY: usize = 16;

/// How many bytes of a fingerprint are kept.
const KEPT: usize = 16;

/// Accepted findings.
#[derive(Default)]
pub struct Baseline {
    /// Two branches may each have begun one, with keys of their own.
    keys: Vec<[u8; KEY]>,
    entries: BTreeSet<Entry>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    rule: String,
    path: String,
    fingerprint: String,
}

impl Baseline {
    /// Reads the file; order and repeated lines do not matter, so that git may join two versions line by line.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let mut baseline = Baseline::default();
        for (n, line) in text.split(|b| *b == b'\n').enumerate() {
            let wrong = |what: &str| {
                Error::failed(format!("{BASELINE}, line {}: {what}", n + 1))
                    .hint("each line is RULE PATH FINGERPRINT; take out what a merge left")
            };
            let line = std::str::from_utf8(line).map_err(|_| wrong("it is not UTF-8"))?.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["key", hex] => match unhex(hex) {
                    Some(key) if !baseline.keys.contains(&key) => baseline.keys.push(key),
                    Some(_) => {}
                    None => return Err(wrong("the key is not 32 hex digits")),
                },
                [rule, path, fingerprint] if unhex(fingerprint).is_some() => {
                    baseline.entries.insert(Entry {
                        rule: (*rule).to_owned(),
                        path: (*path).to_owned(),
                        fingerprint: (*fingerprint).to_owned(),
                    });
                }
                _ => return Err(wrong("it is no entry")),
            }
        }
        match baseline.keys.is_empty() && !baseline.entries.is_empty() {
            true => Err(Error::failed(format!("{BASELINE}: it has entries and no key"))),
            false => Ok(baseline),
        }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = format!("{HEAD}\n");
        for key in &self.keys {
            text += &format!("key {}\n", hex(key));
        }
        for Entry { rule, path, fingerprint } in &self.entries {
            text += &format!("{rule} {path} {fingerprint}\n");
        }
        text
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Looks findings up, and notes which entries are of something.
    pub fn check(&self) -> Check<'_> {
        let keys = self.keys.iter().map(|key| Fingerprints::keyed(&SecretValue::new(key.to_vec())));
        Check { baseline: self, keys: keys.collect(), used: BTreeSet::new() }
    }

    /// Accepts a finding. `key` is taken if there is none yet.
    pub fn accept(&mut self, path: &[u8], finding: &Finding, key: [u8; KEY]) {
        if self.keys.is_empty() {
            self.keys.push(key);
        }
        let fingerprints = Fingerprints::keyed(&SecretValue::new(self.keys[0].to_vec()));
        self.entries.insert(entry(path, finding, &fingerprints));
    }

    /// Takes entries out.
    pub fn remove(&mut self, stale: &[Stale]) {
        for Stale(entry) in stale {
            self.entries.remove(entry);
        }
    }
}

/// Findings beside a baseline.
pub struct Check<'b> {
    baseline: &'b Baseline,
    keys: Vec<Fingerprints>,
    used: BTreeSet<&'b Entry>,
}

/// An entry that is of nothing any more.
pub struct Stale(Entry);

impl Stale {
    /// What it was of, for people.
    pub fn told(&self) -> String {
        format!("{} in {}", self.0.rule, self.0.path)
    }
}

impl Check<'_> {
    /// Whether the finding is accepted.
    pub fn accepts(&mut self, path: &[u8], finding: &Finding) -> bool {
        for key in &self.keys {
            if let Some(entry) = self.baseline.entries.get(&entry(path, finding, key)) {
                self.used.insert(entry);
                return true;
            }
        }
        false
    }

    /// The entries that no finding had, where everything was looked at.
    pub fn stale(&self) -> Vec<Stale> {
        self.baseline.entries.iter().filter(|e| !self.used.contains(e)).map(|e| Stale(e.clone())).collect()
    }
}

fn entry(path: &[u8], finding: &Finding, fingerprints: &Fingerprints) -> Entry {
    let whole = fingerprints.whole(&finding.digest);
    Entry { rule: finding.rule.to_owned(), path: escaped(path), fingerprint: hex(&whole[..KEPT]) }
}

/// A path as one word.
fn escaped(path: &[u8]) -> String {
    let mut out = String::new();
    for b in path {
        match b {
            b'%' | 0..=b' ' | 0x7f.. => out += &format!("%{b:02X}"),
            _ => out.push(char::from(*b)),
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{Class, Mend};

    fn finding(rule: &'static str, digest: u8) -> Finding {
        let (what, mend) = (String::new(), Mend::TakeOut);
        Finding { class: Class::Generic, rule, line: 7, what, mend, digest: [digest; 32] }
    }

    #[test]
    fn what_was_accepted_is_known_again_and_nothing_else() {
        let mut baseline = Baseline::default();
        baseline.accept(b"src/a b.py", &finding("generic-secret", 1), [7; 16]);
        let again = Baseline::parse(baseline.text().as_bytes()).unwrap();
        assert_eq!(again.text(), baseline.text());
        let mut check = again.check();
        assert!(!check.accepts(b"src/a b.py", &finding("generic-secret", 2)));
        assert!(!check.accepts(b"src/a.py", &finding("generic-secret", 1)));
        assert!(!check.accepts(b"src/a b.py", &finding("connection-url", 1)));
        assert_eq!(check.stale().len(), 1);
        assert!(check.accepts(b"src/a b.py", &finding("generic-secret", 1)));
        assert!(check.stale().is_empty());
    }

    #[test]
    fn two_that_git_joined_are_both() {
        let (mut one, mut other) = (Baseline::default(), Baseline::default());
        one.accept(b"a", &finding("generic-secret", 1), [1; 16]);
        other.accept(b"b", &finding("generic-secret", 2), [2; 16]);
        let joined = Baseline::parse(format!("{}{}", one.text(), other.text()).as_bytes()).unwrap();
        let mut check = joined.check();
        assert!(check.accepts(b"a", &finding("generic-secret", 1)));
        assert!(check.accepts(b"b", &finding("generic-secret", 2)));
    }

    #[test]
    fn what_is_no_entry_is_an_error_with_its_line() {
        for (text, line) in [("<<<<<<< ours\n", 1), ("key 00\n", 1), ("#\n\na b\n", 3)] {
            let error = Baseline::parse(text.as_bytes()).err().unwrap().to_string();
            assert!(error.starts_with(&format!(".reseal-baseline, line {line}: ")), "{error}");
        }
    }
}
