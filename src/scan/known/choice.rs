//! Which entries of sealed files are looked for, and in what: a host, a flag or a word stands in many files and is no
//! secret there.

use crate::scan::value::{self, Promise, Shape, Worth};
use crate::secret::SecretValue;
use crate::secret::url::{Part, extract};

/// Below this a value is looked for beside its name only.
pub(super) const SHORT: usize = 8;
/// Below this not even there.
const TINY: usize = 4;

/// How a value is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Not,
    /// Where its name stands before it.
    Named,
    /// Everywhere.
    Everywhere,
}

/// The names that the policy speaks of: what is public, and what is secret whatever it looks like.
#[derive(Default)]
pub struct Spoken {
    /// Not looked for.
    pub public: Vec<String>,
    /// Looked for.
    pub secret: Vec<String>,
}

impl Spoken {
    fn of(&self, name: &str) -> Option<bool> {
        let has = |names: &[String]| names.iter().any(|n| n == name);
        if has(&self.public) { Some(false) } else { has(&self.secret).then_some(true) }
    }
}

/// How the value of this name is looked for.
pub(super) fn choose(name: &str, value: &SecretValue, spoken: &Spoken) -> Choice {
    let bytes = unquoted(value.expose());
    let everywhere = if bytes.len() < SHORT || is_word(bytes) { Choice::Named } else { Choice::Everywhere };
    match spoken.of(name) {
        Some(false) => return Choice::Not,
        _ if bytes.len() < TINY => return Choice::Not,
        Some(true) => return everywhere,
        None => {}
    }
    if is_url(bytes) {
        let secret = password(value).is_some() || asks_with_secret(bytes);
        return if secret { everywhere } else { Choice::Not };
    }
    let name = last_word(name);
    if names_no_secret(&name) || is_address(bytes) {
        return Choice::Not;
    }
    if !value::is_secret(name.as_bytes(), bytes) {
        // what is called a password and was sealed is no piece of a program, though it may look like one
        let odd = value::promise(name.as_bytes()) == Promise::Strong
            && value::shape(bytes) == Shape::Code
            && value::worth(bytes) == Worth::Ordinary
            && value::kinds(bytes) >= 3
            && bytes.len() >= 12;
        return if odd { Choice::Everywhere } else { Choice::Not };
    }
    match value::worth(bytes) {
        // a path or a short text stands in files by chance; a UUID or a sentence does not
        Worth::Ordinary if bytes.len() < 16 || bytes.contains(&b'/') => Choice::Named,
        _ => everywhere,
    }
}

/// The password of a URL, decoded, if it may be looked for by itself.
pub(super) fn password(url: &SecretValue) -> Option<SecretValue> {
    let password = extract(url, Part::Password).ok().flatten()?;
    let bytes = password.expose();
    let none = matches!(value::worth(bytes), Worth::Empty | Worth::Reference | Worth::Placeholder);
    (!none && bytes.len() >= SHORT && !is_word(bytes)).then_some(password)
}

/// `key=secret` in the query of a URL.
fn asks_with_secret(url: &[u8]) -> bool {
    assignments(url).any(|(name, value)| value::is_secret(name, value))
}

/// What is assigned to what within a value, as in `Server=db;Password=x` and `?sig=x&y=z`.
pub(super) fn assignments(value: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    value.split(|b| b";&? ,\n".contains(b)).filter_map(|part| {
        let at = part.iter().position(|b| *b == b'=')?;
        let (name, value) = (part[..at].trim_ascii(), part[at + 1..].trim_ascii());
        let is_name = name.len() > 1
            && name[0].is_ascii_alphabetic()
            && name.iter().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b));
        (is_name && value.len() >= SHORT && !is_word(value)).then_some((name, value))
    })
}

/// Without the quotes that sops keeps as a part of the value.
pub(super) fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [open @ (b'"' | b'\''), inner @ .., close] if open == close => inner,
        _ => value,
    }
}

/// The last part of a way through maps: `password` of `servers[0].db.password`.
pub(super) fn last_part(name: &str) -> &str {
    let name = name.rsplit('.').next().unwrap_or(name);
    name.split('[').next().filter(|name| !name.is_empty()).unwrap_or(name)
}

/// The same; of a list, the name of the list.
fn last_word(name: &str) -> String {
    last_part(name).trim_matches(['"', '\'', ']']).to_owned()
}

/// Who, where and which, whatever the value looks like.
fn names_no_secret(name: &str) -> bool {
    const ENDS: [&str; 20] = [
        "USER", "USERNAME", "LOGIN", "HOST", "HOSTNAME", "PORT", "EMAIL", "MAIL", "FROM", "VERSION",
        "REGION", "LEVEL", "DOMAIN", "BUCKET", "DATABASE", "SCHEMA", "TIMEOUT", "ISSUER", "LOCALE",
        "TIMEZONE",
    ];
    let upper = name.to_ascii_uppercase();
    let last = upper.rsplit(['_', '-', '.']).next().unwrap_or(&upper);
    ENDS.contains(&last)
}

fn is_url(value: &[u8]) -> bool {
    let Some(at) = value.windows(3).position(|w| w == b"://") else { return false };
    at > 0 && value[..at].iter().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
}

/// A host, an address, with or without a port; several of them; a mail address.
fn is_address(value: &[u8]) -> bool {
    let mut parts = value.split(|b| b", ;".contains(b)).filter(|part| !part.is_empty()).peekable();
    parts.peek().is_some() && parts.all(|part| is_mail(part) || is_host(part))
}

fn is_host(part: &[u8]) -> bool {
    let host = match part.iter().rposition(|b| *b == b':') {
        Some(at) if part[at + 1..].iter().all(u8::is_ascii_digit) => &part[..at],
        _ => part,
    };
    let labels: Vec<&[u8]> = host.split(|b| *b == b'.').collect();
    let label = |l: &&[u8]| {
        !l.is_empty() && l.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
    };
    let number = |l: &&[u8]| l.iter().all(u8::is_ascii_digit);
    let end = labels.last().copied().unwrap_or_default();
    labels.len() > 1
        && labels.iter().all(label)
        && (labels.iter().all(number)
            || end.iter().all(u8::is_ascii_lowercase) && (2..=12).contains(&end.len()))
}

fn is_mail(part: &[u8]) -> bool {
    part.iter().position(|b| *b == b'@').is_some_and(|at| {
        let person = |b: &u8| b.is_ascii_alphanumeric() || b"._+-".contains(b);
        at > 0 && part[..at].iter().all(person) && is_host(&part[at + 1..])
    })
}

/// Whether it looks like a word or a few, perhaps with a number behind: such texts stand in files by chance.
pub(super) fn is_word(value: &[u8]) -> bool {
    let letters = value.trim_ascii_end();
    let digits = letters.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let letters = &letters[..letters.len() - digits];
    if letters.is_empty() {
        return value.len() < 12;
    }
    let parts: Vec<&[u8]> = letters.split(|b| b"-_. /".contains(b)).collect();
    let word = |part: &&[u8]| {
        let rest = part.get(1..).unwrap_or_default();
        let lower = rest.iter().all(u8::is_ascii_lowercase) && part.iter().all(u8::is_ascii_alphabetic);
        let upper = part.iter().all(u8::is_ascii_uppercase);
        (lower || upper) && vowels(part) && part.len() <= 14
    };
    digits <= 4 && value.len() < 24 && parts.iter().all(word)
}

/// Whether there are as many vowels as a word has, or it is very short.
fn vowels(part: &[u8]) -> bool {
    let vowels = part.iter().filter(|b| b"aeiouyAEIOUY".contains(b)).count();
    part.len() < 3 || vowels * 5 >= part.len()
}

/// Whether a value could be a part of a longer word by chance, so that it counts only where it stands by itself.
pub(super) fn needs_bounds(value: &[u8]) -> bool {
    let kinds: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, |b: &u8| {
            !b.is_ascii_alphanumeric()
        }];
    let many = kinds.iter().filter(|kind| value.iter().any(*kind)).count() >= 3;
    value.len() < if many { 12 } else { 20 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_secret_by_its_look_is_not_looked_for() {
        for value in [
            "db.internal",
            "db.internal:5432",
            "10.0.0.12",
            "10.0.0.1:53,10.0.0.2:53",
            "ops@example.org",
            "kafka-1.example.com:9092,kafka-2.example.com:9092",
        ] {
            assert!(is_address(value.as_bytes()), "{value}");
        }
        for value in ["k3Hd.82jdK2", "p@ssw0rd!x", "a.b.C", "Tr0ub4dor&3", "sk.x9"] {
            assert!(!is_address(value.as_bytes()), "{value}");
        }
        let spoken = Spoken::default();
        let not = |name: &str, value: &str| choose(name, &SecretValue::new(value.into()), &spoken);
        assert_eq!(not("DATABASE_URL", "postgres://db.internal:5432/app"), Choice::Not);
        assert_eq!(not("DATABASE_URL", "postgres://app@db.internal:5432/app"), Choice::Not);
        assert_eq!(not("DATABASE_URL", "postgres://app:k3Hd82jdK2@db:5432/app"), Choice::Everywhere);
        assert_eq!(not("DB_PASSWORD_HOST", "k3Hd82jdK2"), Choice::Not);
        assert_eq!(not("DEBUG", "true"), Choice::Not);
        assert_eq!(not("DB_PASSWORD", "q4's/k\\w$z%d&t7R"), Choice::Everywhere);
        assert_eq!(not("ENC_KEY", "kD93hsXq0PbT7vYw2mZcR5nLfA8uGeJ1"), Choice::Everywhere);
    }

    #[test]
    fn words_are_told_from_what_is_random() {
        for value in
            ["production", "my-database", "Administrator", "hunter22", "staging2024", "POSTGRES", "12345678"]
        {
            assert!(is_word(value.as_bytes()), "{value}");
        }
        for value in [
            "k3Hd82jdK2",
            "xkqzvbnw",
            "Otter-Qu4rry87!",
            "0f3a9c1b",
            "correct-horse-battery-staple",
            "aB3$xK9!",
        ] {
            assert!(!is_word(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn what_the_policy_says_counts() {
        let spoken = Spoken { public: vec!["A".into()], secret: vec!["B".into()] };
        let chosen = |name: &str, value: &str| choose(name, &SecretValue::new(value.into()), &spoken);
        assert_eq!(chosen("A", "postgres://app:k3Hd82jdK2@db:5432/app"), Choice::Not);
        assert_eq!(chosen("B", "\"k3Hd82jdK2\""), Choice::Everywhere);
        assert_eq!(chosen("B", "4711"), Choice::Named);
        assert_eq!(chosen("B", "production"), Choice::Named);
        assert_eq!(chosen("B", "on"), Choice::Not);
    }

    #[test]
    fn assignments_are_found_in_compound_values() {
        let found: Vec<_> = assignments(b"Server=db;Uid=app;Password=k3Hd82jdK2;Pooling=true").collect();
        assert_eq!(found, [(&b"Password"[..], &b"k3Hd82jdK2"[..])]);
    }
}
