//! Which values of a file are encrypted: one of six rules, stored in the file's metadata.
//!
//! A rule looks at the key or at the comments above it. The comments of a pile are judged in the form that the file
//! holds them in, encrypted ones included, as sops does when it reads. An expression that does not compile matches
//! nothing in sops, silently; here that is kept for reading and refused for writing ([`Rule::compiles`]).

use std::fmt;

use super::re2::Pattern;
use crate::error::{Error, Result};

/// The names of the rules in the metadata, in the order in which sops lists them.
pub(crate) const FIELDS: [&str; 6] = [
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
];

/// One selection rule.
pub struct Rule {
    field: usize,
    text: String,
    pattern: Option<Pattern>,
}

impl Default for Rule {
    /// What sops assumes when a file names no rule.
    fn default() -> Self {
        Rule { field: 0, text: "_unencrypted".into(), pattern: None }
    }
}

impl Rule {
    /// The rule of metadata field `name` (`encrypted_regex`, …) with its text.
    pub fn parse(name: &str, text: &str) -> Option<Self> {
        let field = FIELDS.iter().position(|f| *f == name)?;
        let pattern = if name.ends_with("regex") { Pattern::compile(text) } else { None };
        Some(Rule { field, text: text.into(), pattern })
    }

    /// The metadata field and its text.
    pub(crate) fn field(&self) -> (&'static str, &str) {
        (FIELDS[self.field], &self.text)
    }

    /// Refuses an expression that matches nothing because it is none.
    pub fn compiles(&self) -> Result<()> {
        if FIELDS[self.field].ends_with("regex") && self.pattern.is_none() {
            return Err(Error::usage(format!(
                "the expression of {} does not compile, so that it would match nothing",
                FIELDS[self.field]
            )));
        }
        Ok(())
    }

    /// Whether the value of `key` is encrypted, with the comment lines `pile` right above it.
    pub(crate) fn encrypts(&self, key: &[u8], pile: &[&[u8]]) -> bool {
        match FIELDS[self.field] {
            "unencrypted_suffix" => !key.ends_with(self.text.as_bytes()),
            "encrypted_suffix" => key.ends_with(self.text.as_bytes()),
            "unencrypted_regex" => !self.matches(key),
            "encrypted_regex" => self.matches(key),
            "unencrypted_comment_regex" => !pile.iter().any(|c| self.matches(c)),
            _ => pile.iter().any(|c| self.matches(c)),
        }
    }

    /// Whether a comment is encrypted; it is the last of `pile`.
    pub(crate) fn encrypts_comment(&self, pile: &[&[u8]]) -> bool {
        match FIELDS[self.field] {
            "unencrypted_suffix" | "unencrypted_regex" => true,
            "encrypted_suffix" | "encrypted_regex" => false,
            "unencrypted_comment_regex" => !pile.iter().any(|c| self.matches(c)),
            // the line that holds the mark stays readable; those below it do not
            _ => pile.split_last().is_some_and(|(_, above)| above.iter().any(|c| self.matches(c))),
        }
    }

    /// Whether the comments above a key matter; only then is a pile worth keeping.
    pub(crate) fn reads_comments(&self) -> bool {
        FIELDS[self.field].contains("comment")
    }

    /// Whether an encrypted comment would be taken for a mark when the file is read again.
    pub(crate) fn mistakes(&self, sealed_comment: &[u8]) -> bool {
        FIELDS[self.field] == "unencrypted_comment_regex" && self.matches(sealed_comment)
    }

    fn matches(&self, text: &[u8]) -> bool {
        self.pattern.as_ref().is_some_and(|p| p.matches(text))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", FIELDS[self.field], self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, text: &str) -> Rule {
        Rule::parse(name, text).unwrap()
    }

    #[test]
    fn keys_are_judged_by_suffix_and_expression() {
        assert!(Rule::default().encrypts(b"A", &[]));
        assert!(!Rule::default().encrypts(b"A_unencrypted", &[]));
        assert!(rule("encrypted_suffix", "_KEY").encrypts(b"A_KEY", &[]));
        assert!(!rule("encrypted_suffix", "_KEY").encrypts(b"A_key", &[]));
        assert!(!rule("unencrypted_regex", "^DB_").encrypts(b"DB_HOST", &[]));
        assert!(rule("encrypted_regex", "PASS").encrypts(b"DB_PASSWORD", &[]));
        assert!(!rule("encrypted_regex", r"^\w+$").encrypts("größe".as_bytes(), &[]));
        assert!(rule("encrypted_regex", "größe").encrypts("größe".as_bytes(), &[]));
    }

    #[test]
    fn a_mark_stays_readable_and_what_follows_does_not() {
        let r = rule("encrypted_comment_regex", "sops:enc");
        assert!(!r.encrypts_comment(&[b" sops:enc"]));
        assert!(r.encrypts_comment(&[b" sops:enc", b" second"]));
        assert!(r.encrypts(b"A", &[b" sops:enc"]));
        assert!(!r.encrypts(b"A", &[]));
    }

    #[test]
    fn an_expression_that_does_not_compile_matches_nothing_and_says_so() {
        let r = rule("encrypted_regex", "([");
        assert!(!r.encrypts(b"A", &[]));
        assert!(r.compiles().is_err());
        assert!(rule("encrypted_regex", "a").compiles().is_ok());
    }
}
