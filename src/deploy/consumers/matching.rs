//! Whether a text holds a value that was replaced.
//!
//! Whole texts are compared by keyed hashes. A value inside another text, such as the password in a URL or in a command
//! line, is searched for as it is, and as the decoded password of each URL. A short value would be found by chance, so
//! it counts only as the whole of a variable that is called as its key.

use std::collections::BTreeMap;

use memchr::memmem;

use super::Compared;
use super::engine::Held;
use crate::secret::url::{self, Part};
use crate::secret::{Fingerprints, SecretValue};

/// Shorter ones are not searched for.
const SHORT: usize = 8;

/// A replaced value that somebody holds.
pub(super) struct Match {
    /// Its key.
    pub(super) key: String,
    /// Where it was found.
    pub(super) places: Vec<String>,
}

/// The replaced values, and what the file has now.
pub(super) struct Replaced<'a> {
    prints: &'a Fingerprints,
    old: Vec<Old<'a>>,
    /// By key, the hash of the value that it has now.
    now: BTreeMap<&'a [u8], Print>,
}

type Print = [u8; 32];

struct Old<'a> {
    name: &'a str,
    value: &'a SecretValue,
    print: Print,
    /// The value that took its place.
    new: Option<&'a SecretValue>,
    /// Whether it may be found inside other texts, and under other names.
    anywhere: bool,
    /// Whether another key of the file has it now: it may be held, beside the new one.
    kept: bool,
    /// Values of the file that contain it, such as a list of old keys: what lies inside of one is accounted for.
    around: Vec<&'a SecretValue>,
}

impl<'a> Replaced<'a> {
    pub(super) fn new(compared: &Compared<'a>) -> Self {
        let print = |value: &SecretValue| compared.prints.whole(value.expose());
        let now = || compared.now.iter();
        let mut old = Vec::new();
        for (name, value) in compared.before.iter().copied() {
            let Ok(name) = std::str::from_utf8(name) else { continue };
            let new = now().find(|(n, _)| *n == name.as_bytes()).map(|(_, value)| *value);
            if value.is_empty()
                || !compared.changed.iter().any(|changed| changed == name)
                || new.is_some_and(|new| new.same_as(value))
            {
                continue;
            }
            let around = now()
                .map(|(_, v)| *v)
                .filter(|v| v.len() > value.len() && memmem::find(v.expose(), value.expose()).is_some());
            old.push(Old {
                name,
                value,
                print: print(value),
                new,
                anywhere: value.len() >= SHORT && !compared.plain.iter().any(|plain| plain == name),
                kept: now().any(|(_, v)| v.same_as(value)),
                around: around.collect(),
            });
        }
        let now = compared.now.iter().map(|(name, value)| (*name, print(value))).collect();
        Replaced { prints: compared.prints, old, now }
    }

    /// Whether a text is exactly what the file has for a key.
    pub(super) fn is_now(&self, text: &str, key: &str) -> bool {
        self.now.get(key.as_bytes()) == Some(&self.prints.whole(text.as_bytes()))
    }

    /// The replaced values in the texts of one container.
    pub(super) fn held_by(&self, all: &[Held<'_>]) -> Vec<Match> {
        let mut found: Vec<Match> = Vec::new();
        for held in all {
            let whole = self.prints.whole(held.text);
            if held.variable.is_some_and(|name| self.now.get(name.as_bytes()) == Some(&whole)) {
                continue;
            }
            for old in &self.old {
                let same_name = held.variable == Some(old.name);
                let holds = old.print == whole && (same_name || old.anywhere)
                    || old.anywhere && old.inside(held.text);
                if !holds || old.kept && !same_name && old.has_new(all) {
                    continue;
                }
                match found.iter_mut().find(|known| known.key == old.name) {
                    Some(known) if known.places.contains(&held.place) => {}
                    Some(known) => known.places.push(held.place.clone()),
                    None => found.push(Match { key: old.name.to_owned(), places: vec![held.place.clone()] }),
                }
            }
        }
        // a URL that is fed with a password is not told of beside it
        let inner: Vec<Vec<String>> = found.iter().map(|known| known.places.clone()).collect();
        let mut index = 0;
        found.retain(|_| {
            let mine = index;
            index += 1;
            !inner.iter().enumerate().any(|(other, places)| other < mine && *places == inner[mine])
        });
        found
    }
}

impl Old<'_> {
    /// Whether the text holds the value, outside of what the file has now.
    fn inside(&self, text: &[u8]) -> bool {
        let around: Vec<(usize, usize)> = self
            .around
            .iter()
            .flat_map(|v| memmem::find_iter(text, v.expose()).map(|at| (at, at + v.len())))
            .collect();
        let accounted =
            |at: usize| around.iter().any(|(from, to)| *from <= at && at + self.value.len() <= *to);
        memmem::find_iter(text, self.value.expose()).any(|at| !accounted(at)) || self.in_url(text)
    }

    /// Whether it is the password of a URL in the text, perhaps in percent-encoding.
    fn in_url(&self, text: &[u8]) -> bool {
        if memmem::find(text, b"://").is_none() {
            return false;
        }
        let word = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'=' | b',');
        let password =
            |url: &[u8]| url::extract(&SecretValue::new(url.to_vec()), Part::Password).ok().flatten();
        let mut urls = std::iter::once(text).chain(text.split(word));
        urls.any(|url| password(url).is_some_and(|password| password.same_as(self.value)))
    }

    /// Whether the container has what took its place.
    fn has_new(&self, all: &[Held<'_>]) -> bool {
        self.new.is_some_and(|new| all.iter().any(|held| memmem::find(held.text, new.expose()).is_some()))
    }
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
