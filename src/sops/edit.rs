//! What a person made of the file's plain text: read line by line against what it was, so that a line which nobody
//! touched keeps its ciphertext, wherever it stands now.
//!
//! The text is the grammar of `dotenv`, and stricter where a person hardly meant what it says: a key twice, a key that
//! no program could ask for. Lines that stood in the file before are taken as they were.

use std::collections::{BTreeMap, HashMap};

use super::dotenv::{self, Line};
use super::open::{Body, Held, Open, showable};
use super::value::Plain;
use crate::error::{Error, Result};
use crate::secret::{SecretName, SecretValue, looks_like_a_value};

/// What some editors put at the start of a text.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// An edited text that can be applied.
pub struct Edited {
    lines: Vec<Now>,
    /// Of keys on several lines, the value that counts now and did not before.
    turned: Vec<(SecretName, SecretValue)>,
    /// Keys that are new or have another value.
    pub set: Vec<SecretName>,
    /// Keys that are gone.
    pub unset: Vec<String>,
    /// Whether anything differs, order and comments included.
    pub changed: bool,
}

/// A line of the edited text.
enum Now {
    /// As the line of this index was.
    Kept(usize),
    Comment(SecretValue),
    Pair(SecretName, SecretValue),
    Blank,
}

impl Edited {
    /// The new value of a key that was set.
    pub fn value(&self, name: &SecretName) -> Option<&SecretValue> {
        let written = self.lines.iter().find_map(|line| match line {
            Now::Pair(set, value) if set == name => Some(value),
            _ => None,
        });
        written.or_else(|| self.turned.iter().find(|(set, _)| set == name).map(|(_, value)| value))
    }
}

impl Open {
    /// Reads an edited text, or names the line that cannot be stored.
    pub fn read_edited(&self, text: &SecretValue) -> Result<Edited> {
        let text = text.expose();
        let plain: Vec<Option<SecretValue>> = self.lines.iter().map(|line| self.shown(line)).collect();
        // one that sops has sealed as part of a key was there before
        let had_mark = plain.first().and_then(Option::as_ref).is_some_and(|p| p.expose().starts_with(MARK));
        if text.starts_with(MARK) && !had_mark {
            return Err(Error::failed("line 1 starts with a byte order mark")
                .hint("save the text as UTF-8 without one; in vim: `:set nobomb`"));
        }
        let mut used = vec![false; plain.len()];
        let mut next = 0;
        let mut lines = Vec::new();
        for (at, line) in dotenv::lines(text)?.iter().enumerate() {
            let raw = match line {
                Line::Blank => &[][..],
                Line::Comment(range) => &text[range.start - 1..range.end],
                Line::Pair { key, value } | Line::Meta { key, value } => &text[key.start..value.end],
            };
            // most lines follow the one before as they always did
            let same = |i: &usize| !used[*i] && plain[*i].as_ref().is_some_and(|p| p.expose() == raw);
            if let Some(i) = (next..plain.len()).chain(0..next).find(same) {
                used[i] = true;
                next = i + 1;
                lines.push(Now::Kept(i));
                continue;
            }
            lines.push(now(text, line).map_err(|e| e.context(format!("line {}", at + 1)))?);
        }
        self.each_key_once(&lines)?;
        self.nothing_comes_to_lie_in_clear(&lines)?;
        let before: Vec<usize> = (0..plain.len()).filter(|i| plain[*i].is_some()).collect();
        let order: Vec<usize> =
            lines.iter().filter_map(|l| if let Now::Kept(i) = l { Some(*i) } else { None }).collect();
        let changed = order.len() != lines.len() || order != before;
        let set =
            lines.iter().filter_map(|l| if let Now::Pair(name, _) = l { Some(name.clone()) } else { None });
        let mut set: Vec<SecretName> = set.collect();
        let turned = self.turned(&lines);
        set.extend(turned.iter().map(|(name, _)| name.clone()));
        let mut unset: Vec<String> = Vec::new();
        let there: Vec<&[u8]> = lines.iter().filter_map(|l| self.key_of(l)).collect();
        if there.is_empty() && self.entries().next().is_some() {
            return Err(Error::failed("no key is left in the text")
                .hint("if that is meant, take the keys away with `reseal unset`"));
        }
        for gone in self.entries().map(|e| e.name).filter(|name| !there.contains(name)) {
            let gone = showable(gone).unwrap_or("(a key that is no name)").to_owned();
            if !unset.contains(&gone) {
                unset.push(gone);
            }
        }
        Ok(Edited { lines, turned, set, unset, changed })
    }

    /// Keys that stood on several lines, and of which another line is the last one now.
    fn turned(&self, lines: &[Now]) -> Vec<(SecretName, SecretValue)> {
        let mut before: HashMap<&[u8], &SecretValue> = HashMap::new();
        for entry in self.entries() {
            before.insert(entry.name, entry.value);
        }
        let mut after: BTreeMap<&[u8], &SecretValue> = BTreeMap::new();
        for line in lines {
            let Now::Kept(i) = line else { continue };
            if let Body::Pair { key, value } = &self.lines[*i].body {
                after.insert(&self.bytes[key.clone()], &value.text);
            }
        }
        after.retain(|name, value| before.get(name).is_some_and(|old| !old.same_as(value)));
        let named = |name: &[u8]| SecretName::parse(showable(name)?).ok();
        let copy = |value: &SecretValue| SecretValue::concat(&[value.expose()]);
        after.into_iter().filter_map(|(name, value)| Some((named(name)?, copy(value)))).collect()
    }

    /// Makes the file what the text says.
    pub fn apply(&mut self, edited: Edited) -> Result<()> {
        let compiles = self.metadata.rule.compiles();
        compiles.map_err(|e| e.of_kind(crate::error::Kind::Failed).note("nothing was changed"))?;
        let verdicts = self.verdicts(&edited.lines);
        let mut before: Vec<Option<Held>> = std::mem::take(&mut self.lines).into_iter().map(Some).collect();
        for (line, encrypted) in edited.lines.into_iter().zip(verdicts) {
            let body = match line {
                Now::Kept(i) => {
                    self.lines.extend(before[i].take());
                    continue;
                }
                Now::Blank => Body::Blank,
                Now::Comment(text) => Body::Comment(text),
                Now::Pair(name, value) => {
                    let start = self.bytes.len();
                    self.bytes.extend_from_slice(name.as_bytes());
                    let key = start..self.bytes.len();
                    Body::Pair { key, value: Plain { text: value, hashed: None } }
                }
            };
            self.lines.push(Held { raw: None, body, encrypted });
        }
        let is_meta = |line: &Held| matches!(line.body, Body::Meta { .. });
        self.lines.extend(before.into_iter().flatten().filter(is_meta));
        self.changed |= edited.changed;
        Ok(())
    }

    /// A line as the plain text shows it; metadata is not shown.
    fn shown(&self, line: &Held) -> Option<SecretValue> {
        Some(match &line.body {
            Body::Blank => SecretValue::new(Vec::new()),
            Body::Comment(text) => SecretValue::concat(&[b"#", text.expose()]),
            Body::Pair { key, value } => {
                let name = &self.bytes[key.clone()];
                let mut out = Vec::with_capacity(name.len() + 1 + dotenv::escaped_len(value.text.expose()));
                out.extend_from_slice(name);
                out.push(b'=');
                dotenv::escape(value.text.expose(), &mut out);
                SecretValue::new(out)
            }
            Body::Meta { .. } => return None,
        })
    }

    fn key_of<'a>(&'a self, line: &'a Now) -> Option<&'a [u8]> {
        match line {
            Now::Kept(i) => match &self.lines[*i].body {
                Body::Pair { key, .. } => Some(&self.bytes[key.clone()]),
                _ => None,
            },
            Now::Pair(name, _) => Some(name.as_bytes()),
            Now::Comment(_) | Now::Blank => None,
        }
    }

    /// A key that is new or changed stands on no other line.
    fn each_key_once(&self, lines: &[Now]) -> Result<()> {
        for (at, line) in lines.iter().enumerate() {
            let Now::Pair(name, _) = line else { continue };
            let other =
                (0..lines.len()).find(|i| *i != at && self.key_of(&lines[*i]) == Some(name.as_bytes()));
            if let Some(other) = other {
                let (first, second) = (at.min(other) + 1, at.max(other) + 1);
                return Err(Error::failed(format!(
                    "line {second}: key \"{name}\" stands on line {first} already"
                ))
                .hint("programs see the last of them; keep one"));
            }
        }
        Ok(())
    }

    /// Under a rule that reads comments, a line can come to stand under one that leaves it in clear.
    fn nothing_comes_to_lie_in_clear(&self, lines: &[Now]) -> Result<()> {
        if !self.metadata.rule.reads_comments() {
            return Ok(());
        }
        for (at, (line, encrypted)) in lines.iter().zip(self.verdicts(lines)).enumerate() {
            let Now::Kept(i) = line else { continue };
            if self.lines[*i].encrypted && !encrypted && !matches!(self.lines[*i].body, Body::Blank) {
                let number = at + 1;
                let rule = &self.metadata.rule;
                return Err(Error::failed(format!(
                    "line {number}, now encrypted, would lie in clear under the comment above it; the rule is {rule}"
                )));
            }
        }
        Ok(())
    }

    /// For each line, whether it is to lie encrypted: as it does, where comments have no say in it.
    fn verdicts(&self, lines: &[Now]) -> Vec<bool> {
        let rule = &self.metadata.rule;
        let mut pile: Vec<&[u8]> = Vec::new();
        let mut verdicts = Vec::with_capacity(lines.len());
        for line in lines {
            let kept = if let Now::Kept(i) = line { Some(&self.lines[*i]) } else { None };
            let comment = match (line, kept.map(|k| &k.body)) {
                (Now::Comment(text), _) | (_, Some(Body::Comment(text))) => Some(text.expose()),
                _ => None,
            };
            let verdict = if let Some(text) = comment {
                pile.push(text);
                rule.encrypts_comment(&pile)
            } else if let Some(name) = self.key_of(line) {
                let verdict = rule.encrypts(name, &pile);
                pile.clear();
                verdict
            } else {
                false
            };
            verdicts.push(kept.filter(|_| !rule.reads_comments()).map_or(verdict, |k| k.encrypted));
        }
        verdicts
    }
}

/// A line that was not there before.
fn now(text: &[u8], line: &Line) -> Result<Now> {
    let (key, value) = match line {
        Line::Blank => return Ok(Now::Blank),
        Line::Comment(range) => return Ok(Now::Comment(SecretValue::new(text[range.clone()].to_vec()))),
        Line::Meta { .. } => {
            return Err(Error::failed(
                "names that start with \"sops_\" are reserved for the file's metadata",
            ));
        }
        Line::Pair { key, value } => (&text[key.clone()], &text[value.clone()]),
    };
    let no_name = || {
        Error::failed("what stands before \"=\" is no name that a program could ask for")
            .hint("is it the rest of a value? a value stays on one line; a line feed in it is written \\n")
    };
    let name = std::str::from_utf8(key).map_err(|_| no_name())?;
    if name.is_empty() {
        return Err(Error::failed("there is no key before \"=\""));
    }
    if showable(key).is_none() || looks_like_a_value(key) {
        return Err(no_name().note("names lie in the file in clear"));
    }
    if name.starts_with("export ") {
        return Err(Error::failed("the word \"export\" would become part of the key").hint("leave it out"));
    }
    if value.ends_with(b"\r") {
        return Err(Error::failed("it ends in CR LF, and the CR would become part of the value")
            .hint("save the text with LF; in vim: `:set fileformat=unix`"));
    }
    if value.contains(&0) {
        return Err(Error::failed("the value holds a NUL, which no environment can carry"));
    }
    let name = SecretName::parse(name).map_err(|e| e.of_kind(crate::error::Kind::Failed))?;
    Ok(Now::Pair(name, dotenv::unescape(value)))
}
