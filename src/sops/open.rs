//! An opened file: values in memory, everything else as it lies on disk.
//!
//! Reading decrypts on all cores when the file is large; the MAC is taken in order afterwards. Writing goes over the
//! same lines: those that nobody touched are copied, the others are sealed anew, and `sops_lastmodified` and
//! `sops_mac` follow. Where a rule looks at comments, taking a line away can put another one under a different rule,
//! so that the choice is made again for every line.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::dotenv::{self, Line};
use super::mac::Mac;
use super::metadata::{Metadata, damaged};
use super::value::{Cipher, Fault, Plain, Type};
use crate::error::{Error, Kind, Result};
use crate::secret::{Random, SecretName, SecretValue, looks_like_a_value};

/// An opened and verified file.
pub struct Open {
    /// The file as it was read, and behind it the names of new keys.
    pub(super) bytes: Vec<u8>,
    pub(super) lines: Vec<Held>,
    pub(super) metadata: Metadata,
    cipher: Cipher,
    pub(super) changed: bool,
    warnings: Vec<String>,
}

/// One line: where it lies in the bytes, and what it means.
pub(super) struct Held {
    /// Without its line feed; `None` for a line that must be written anew.
    pub(super) raw: Option<Range<usize>>,
    pub(super) body: Body,
    /// Whether the rule wants the text encrypted.
    pub(super) encrypted: bool,
}

pub(super) enum Body {
    Blank,
    Comment(SecretValue),
    Pair { key: Range<usize>, value: Plain },
    Meta { key: Range<usize> },
}

/// A key with its value, in the order of the file.
pub struct Entry<'a> {
    /// The key as the file holds it; arbitrary bytes.
    pub name: &'a [u8],
    /// The value as a program would get it: line feeds are line feeds.
    pub value: &'a SecretValue,
    /// Whether the value lies encrypted.
    pub encrypted: bool,
}

/// From how many lines on a second core pays for itself.
const LARGE: usize = 2_000;

impl Open {
    /// Opens every line and checks the MAC. The only constructor besides a new file's.
    pub(super) fn check(bytes: Vec<u8>, lines: &[Line], metadata: Metadata, cipher: Cipher) -> Result<Self> {
        let flags = flags(lines, &bytes, &metadata);
        let mut warnings = Vec::new();
        let lines = {
            let job = Job { bytes: &bytes, cipher: &cipher, lines, flags: &flags };
            // asking for the number of cores reads files, so small files do not ask
            let cores = if lines.len() < LARGE {
                1
            } else {
                std::thread::available_parallelism().map_or(1, usize::from)
            };
            if cores == 1 {
                job.run(0..lines.len(), &mut warnings)?
            } else {
                job.split(cores, &mut warnings)?
            }
        };
        let mut mac = Mac::new(metadata.mac_only_encrypted);
        for line in &lines {
            if let Body::Pair { value, .. } = &line.body {
                mac.add(value.hashed.as_ref().unwrap_or(&value.text), line.encrypted);
            }
        }
        let stored = metadata.mac.as_deref().ok_or_else(|| {
            Error::new(Kind::Integrity, "the file has no MAC: lines may have been added, removed or changed")
        })?;
        if !mac.agrees(stored, &cipher, &metadata.modified) {
            return Err(Error::new(
                Kind::Integrity,
                "the MAC does not fit: a line was added, removed, moved or changed without the key",
            )
            .hint("compare with the last good version, e.g. `git log -p` or `reseal backup list`"));
        }
        Ok(Open { bytes, lines, metadata, cipher, changed: false, warnings })
    }

    /// A file that has never been sealed; every line is still to be written.
    pub(super) fn unsealed(bytes: Vec<u8>, lines: Vec<Held>, metadata: Metadata, cipher: Cipher) -> Self {
        Open { bytes, lines, metadata, cipher, changed: true, warnings: Vec::new() }
    }

    /// What is odd about the file and yet opens, as lines to show; never content.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// All keys with their values, in order; duplicates are all listed.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.lines.iter().filter_map(|line| match &line.body {
            Body::Pair { key, value } => {
                Some(Entry { name: &self.bytes[key.clone()], value: &value.text, encrypted: line.encrypted })
            }
            _ => None,
        })
    }

    /// The keys that look like names, for records that outlive the file: a part of a torn value is not among them.
    pub fn names_to_record(&self) -> Vec<String> {
        self.entries().filter_map(|e| showable(e.name).map(str::to_owned)).collect()
    }

    /// The value of a key. Of duplicates the last counts, as it does for a program that gets them all.
    pub fn get(&self, name: &[u8]) -> Option<&SecretValue> {
        self.entries().filter(|e| e.name == name).last().map(|e| e.value)
    }

    /// A name of a key's present value that tells nothing of it: SHA-256 of its ciphertext, in hex. It changes with the
    /// value. `None` where there is no such key, or where it was changed and is not sealed yet.
    pub fn version(&self, name: &[u8]) -> Option<String> {
        let is_it =
            |line: &&Held| matches!(&line.body, Body::Pair { key, .. } if &self.bytes[key.clone()] == name);
        let line = self.lines.iter().rfind(is_it)?;
        let digest = Sha256::digest(&self.bytes[line.raw.clone()?]);
        Some(digest.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// The line numbers on which a key stands.
    pub fn places(&self, name: &[u8]) -> Vec<usize> {
        let is_it =
            |line: &Held| matches!(&line.body, Body::Pair { key, .. } if &self.bytes[key.clone()] == name);
        self.lines.iter().enumerate().filter(|(_, l)| is_it(l)).map(|(i, _)| i + 1).collect()
    }

    /// Whether a value of this name would be encrypted, where it stands or at the end of the file.
    pub fn encrypts(&self, name: &SecretName) -> bool {
        let standing = self.entries().find(|e| e.name == name.as_bytes()).map(|e| e.encrypted);
        standing.unwrap_or_else(|| {
            let end = self.end_of_data();
            let pile: Vec<&[u8]> = self.lines[..end]
                .iter()
                .rev()
                .map_while(|l| match &l.body {
                    Body::Comment(text) => Some(Some(text.expose())),
                    Body::Pair { .. } => None,
                    _ => Some(None),
                })
                .flatten()
                .collect();
            self.metadata.rule.encrypts(name.as_bytes(), &pile)
        })
    }

    /// The selection rule in words, for messages.
    pub fn rule(&self) -> String {
        self.metadata.rule.to_string()
    }

    /// Gives a key a value. A new key goes to the end; of duplicates the first line stays and the others go.
    /// The same value again changes nothing, not even the time. Answers whether anything changed.
    pub fn set(&mut self, name: &SecretName, value: SecretValue) -> Result<bool> {
        // here the file is at fault, not the command line
        let compiles = self.metadata.rule.compiles();
        compiles.map_err(|e| e.of_kind(Kind::Failed).note("nothing was changed"))?;
        if !self.encrypts(name) && !dotenv::holds_as_it_is(value.expose()) {
            return Err(Error::failed(format!(
                "the value for \"{name}\" holds a backslash before an n, which would be read as a line feed"
            ))
            .note("nothing was changed")
            .hint(format!(
                "only an encrypted value can hold that; the rule of the file is {}",
                self.rule()
            )));
        }
        let places = self.places(name.as_bytes());
        let Some((first, others)) = places.split_first() else {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(name.as_bytes());
            let key = start..self.bytes.len();
            let encrypted = self.encrypts(name);
            let body = Body::Pair { key, value: Plain { text: value, hashed: None } };
            let end = self.end_of_data();
            self.lines.insert(end, Held { raw: None, body, encrypted });
            self.changed = true;
            return Ok(true);
        };
        let mut changed = !others.is_empty();
        if let Body::Pair { value: old, .. } = &mut self.lines[first - 1].body
            && !old.text.same_as(&value)
        {
            *old = Plain { text: value, hashed: None };
            self.lines[first - 1].raw = None;
            changed = true;
        }
        for line in others.iter().rev() {
            self.lines.remove(line - 1);
        }
        self.changed |= changed;
        Ok(changed)
    }

    /// Takes a key away, on every line that it stands on. Answers whether it was there.
    pub fn unset(&mut self, name: &[u8]) -> bool {
        let places = self.places(name);
        for line in places.iter().rev() {
            self.lines.remove(line - 1);
        }
        self.changed |= !places.is_empty();
        !places.is_empty()
    }

    /// The whole file in plain, as `sops decrypt` would print it but with blank lines kept.
    pub fn plain(&self) -> SecretValue {
        let size = self.lines.iter().map(|line| match &line.body {
            Body::Blank => 1,
            Body::Comment(text) => text.len() + 2,
            Body::Pair { key, value } => key.len() + dotenv::escaped_len(value.text.expose()) + 2,
            Body::Meta { .. } => 0,
        });
        let mut out = Vec::with_capacity(size.sum());
        for line in &self.lines {
            match &line.body {
                Body::Blank => {}
                Body::Comment(text) => {
                    out.push(b'#');
                    out.extend_from_slice(text.expose());
                }
                Body::Pair { key, value } => {
                    out.extend_from_slice(&self.bytes[key.clone()]);
                    out.push(b'=');
                    dotenv::escape(value.text.expose(), &mut out);
                }
                Body::Meta { .. } => continue,
            }
            out.push(b'\n');
        }
        SecretValue::new(out)
    }

    /// The sealed file. Nothing changed: the very bytes that were read. `now` is RFC 3339, UTC, whole seconds.
    pub fn seal(mut self, now: &str, random: &mut dyn Random) -> Result<Vec<u8>> {
        if !self.changed {
            return Ok(self.bytes);
        }
        if self.metadata.rule.reads_comments() {
            self.judge_again()?;
        }
        let mut mac = Mac::new(self.metadata.mac_only_encrypted);
        for line in &self.lines {
            if let Body::Pair { value, .. } = &line.body {
                mac.add(value.hashed.as_ref().unwrap_or(&value.text), line.encrypted);
            }
        }
        let mac = mac.seal(&self.cipher, now, random);
        let mut out = Vec::with_capacity(self.bytes.len() + 4096);
        for line in &self.lines {
            match (&line.body, &line.raw) {
                (Body::Blank, _) => {}
                (Body::Meta { key }, raw) => match &self.bytes[key.clone()] {
                    name @ b"sops_lastmodified" => write_pair(&mut out, name, now.as_bytes()),
                    name @ b"sops_mac" => write_pair(&mut out, name, &mac),
                    _ => out.extend_from_slice(raw.clone().map_or(&[], |r| &self.bytes[r])),
                },
                (_, Some(raw)) => out.extend_from_slice(&self.bytes[raw.clone()]),
                (Body::Comment(text), None) => {
                    out.push(b'#');
                    if line.encrypted {
                        let sealed = self.cipher.seal(text, b":", Type::Comment, random);
                        if self.metadata.rule.mistakes(&sealed) {
                            return Err(damaged("the rule's expression matches an encrypted comment"));
                        }
                        out.extend_from_slice(&sealed);
                    } else {
                        out.extend_from_slice(text.expose());
                    }
                }
                (Body::Pair { key, value }, None) => {
                    let name = &self.bytes[key.clone()];
                    if line.encrypted {
                        let sealed = self.cipher.seal(&value.text, &aad(name), Type::Str, random);
                        write_pair(&mut out, name, &sealed);
                    } else {
                        out.extend_from_slice(name);
                        out.push(b'=');
                        dotenv::escape(value.text.expose(), &mut out);
                    }
                }
            }
            out.push(b'\n');
        }
        Ok(out)
    }

    /// Behind the last key or comment, so that metadata and the blank lines before it stay where they are.
    fn end_of_data(&self) -> usize {
        let is_data = |l: &Held| matches!(l.body, Body::Pair { .. } | Body::Comment(_));
        self.lines.iter().rposition(is_data).map_or(0, |at| at + 1)
    }

    fn judge_again(&mut self) -> Result<()> {
        let rule = &self.metadata.rule;
        let mut pile: Vec<&[u8]> = Vec::new();
        let verdicts: Vec<bool> = self
            .lines
            .iter()
            .map(|line| match &line.body {
                Body::Comment(text) => {
                    pile.push(text.expose());
                    rule.encrypts_comment(&pile)
                }
                Body::Pair { key, .. } => {
                    let verdict = rule.encrypts(&self.bytes[key.clone()], &pile);
                    pile.clear();
                    verdict
                }
                _ => line.encrypted,
            })
            .collect();
        for (line, verdict) in self.lines.iter_mut().zip(verdicts) {
            if line.encrypted == verdict {
                continue;
            }
            let (what, text) = match &line.body {
                Body::Pair { key, value } => (showable(&self.bytes[key.clone()]), &value.text),
                Body::Comment(text) => (None, text),
                _ => continue,
            };
            // sops would write it in clear and not say so
            if line.encrypted && !text.is_empty() {
                let what = what.map_or("a line".to_owned(), |name| format!("{name:?}"));
                return Err(Error::failed(format!(
                    "{what}, now encrypted, would lie in clear under a comment that stands above what goes; the rule is {rule}"
                ))
                .note("nothing was changed"));
            }
            line.encrypted = verdict;
            line.raw = None;
        }
        Ok(())
    }
}

/// The associated data of a key's value.
fn aad(name: &[u8]) -> Vec<u8> {
    [name, b":"].concat()
}

fn write_pair(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.push(b'=');
    out.extend_from_slice(value);
}

/// For each line, whether the rule wants it encrypted; comments are judged as the file holds them.
fn flags(lines: &[Line], bytes: &[u8], metadata: &Metadata) -> Vec<bool> {
    let rule = &metadata.rule;
    let mut pile: Vec<&[u8]> = Vec::new();
    let mut flags = Vec::with_capacity(lines.len());
    for line in lines {
        flags.push(match line {
            Line::Comment(text) => {
                if rule.reads_comments() {
                    pile.push(&bytes[text.clone()]);
                }
                rule.encrypts_comment(&pile)
            }
            Line::Pair { key, .. } => {
                let verdict = rule.encrypts(&bytes[key.clone()], &pile);
                pile.clear();
                verdict
            }
            Line::Blank | Line::Meta { .. } => false,
        });
    }
    flags
}

/// The opening of lines, which needs no order.
struct Job<'a> {
    bytes: &'a [u8],
    cipher: &'a Cipher,
    lines: &'a [Line],
    flags: &'a [bool],
}

impl Job<'_> {
    fn split(&self, cores: usize, warnings: &mut Vec<String>) -> Result<Vec<Held>> {
        let share = self.lines.len().div_ceil(cores);
        let parts: Vec<Result<(Vec<Held>, Vec<String>)>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..cores)
                .map(|n| {
                    let part = (n * share).min(self.lines.len())..((n + 1) * share).min(self.lines.len());
                    scope.spawn(move || {
                        let mut warnings = Vec::new();
                        self.run(part, &mut warnings).map(|lines| (lines, warnings))
                    })
                })
                .collect();
            workers
                .into_iter()
                .map(|w| w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let mut all = Vec::with_capacity(self.lines.len());
        for part in parts {
            let (lines, said) = part?;
            all.extend(lines);
            warnings.extend(said);
        }
        Ok(all)
    }

    fn run(&self, part: Range<usize>, warnings: &mut Vec<String>) -> Result<Vec<Held>> {
        let mut held = Vec::with_capacity(part.len());
        for at in part {
            let encrypted = self.flags[at];
            let (raw, body) = match &self.lines[at] {
                Line::Blank => (0..0, Body::Blank),
                Line::Comment(text) => {
                    let raw = text.start - 1..text.end;
                    let text = &self.bytes[text.clone()];
                    let opened = (encrypted && Cipher::looks_sealed(text))
                        .then(|| self.cipher.open_comment(text).ok())
                        .flatten();
                    if opened.is_none() && encrypted && !text.is_empty() {
                        warnings.push(format!("line {}: the comment is not encrypted", at + 1));
                    }
                    let plain = opened.map_or_else(|| SecretValue::new(text.to_vec()), |p| p.text);
                    (raw, Body::Comment(plain))
                }
                Line::Pair { key, value } => {
                    let name = &self.bytes[key.clone()];
                    let text = &self.bytes[value.clone()];
                    let plain = if encrypted && !text.is_empty() {
                        self.cipher.open(text, &aad(name)).map_err(|f| self.fault(at, name, f))?
                    } else {
                        Plain { text: dotenv::unescape(text), hashed: None }
                    };
                    (key.start..value.end, Body::Pair { key: key.clone(), value: plain })
                }
                Line::Meta { key, value } => (key.start..value.end, Body::Meta { key: key.clone() }),
            };
            held.push(Held { raw: Some(raw), body, encrypted });
        }
        Ok(held)
    }

    fn fault(&self, at: usize, name: &[u8], fault: Fault) -> Error {
        let place = match showable(name) {
            Some(name) => format!("line {}, key {name:?}", at + 1),
            None => format!("line {}", at + 1),
        };
        Error::new(Kind::Integrity, format!("{place}: {}", fault.text()))
    }
}

/// A key that looks like a name. Half of a torn value can stand where a key should, and must not be shown.
pub(super) fn showable(name: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(name).ok()?;
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | ' ');
    (text.len() <= 64
        && !looks_like_a_value(name)
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(named))
    .then_some(text)
}
