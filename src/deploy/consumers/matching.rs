//! Whether a text holds a value that was replaced.
//!
//! Whole texts are compared by keyed hashes. A value inside another text, such as the password in a URL or in a command
//! line, is searched for as it is, and as the decoded password of each URL. A short value would be found by chance, so
//! it counts only as the whole of a variable that is called as its key. So would one that is a word, such as the
//! `postgres` that somebody wants to be rid of: it counts only where secrets are.

use std::collections::BTreeMap;

use memchr::memmem;

use super::Compared;
use super::engine::Held;
use crate::secret::url::{self, Part};
use crate::secret::{Fingerprints, SecretValue};

/// Shorter ones are not searched for.
const SHORT: usize = 8;

/// Longer ones are no single word.
const WORD: usize = 16;

/// What the names of variables have in them that hold secrets.
const SECRET: [&str; 5] = ["PASS", "PW", "SECRET", "TOKEN", "KEY"];

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

/// Where a replaced value counts, each in more places than the one before.
#[derive(Clone, Copy)]
enum Reach {
    /// As the whole of a variable that is called as its key.
    Own,
    /// As the whole of a file or of a variable that is called like a secret, and as the password of a URL.
    Secrets,
    /// Under other names and inside other texts.
    Anywhere,
}

impl Reach {
    fn of(value: &SecretValue, plain: bool) -> Reach {
        match value.len() {
            _ if plain => Reach::Own,
            0..SHORT => Reach::Own,
            SHORT..WORD if is_word(value.expose()) => Reach::Secrets,
            _ => Reach::Anywhere,
        }
    }
}

/// Whether it is all lower case, all upper case, or all digits, as names and numbers are.
fn is_word(text: &[u8]) -> bool {
    let all = |of: fn(&u8) -> bool| text.iter().all(of);
    all(u8::is_ascii_lowercase) || all(u8::is_ascii_uppercase) || all(u8::is_ascii_digit)
}

struct Old<'a> {
    name: &'a str,
    value: &'a SecretValue,
    print: Print,
    /// The value that took its place.
    new: Option<&'a SecretValue>,
    /// Where it counts.
    reach: Reach,
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
                reach: Reach::of(value, compared.plain.iter().any(|plain| plain == name)),
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
                let holds = match old.reach {
                    Reach::Own => old.print == whole && same_name,
                    Reach::Secrets => {
                        old.print == whole && (same_name || held.keeps_secrets()) || old.in_url(held.text)
                    }
                    Reach::Anywhere => old.print == whole || old.inside(held.text),
                };
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

impl Held<'_> {
    /// Whether it is a file, or a variable that is called like a secret.
    fn keeps_secrets(&self) -> bool {
        let called = |name: &str| SECRET.iter().any(|part| name.to_ascii_uppercase().contains(part));
        self.is_file || self.variable.is_some_and(called)
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
