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
    /// For a file of which no part is encrypted by itself: no name ends like this.
    pub(super) fn of_nothing() -> Self {
        Rule { field: 1, text: "\0".into(), pattern: None }
    }

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

    /// Whether a name, or a comment where the rule looks at those, is one that the rule speaks of.
    pub(super) fn marks(&self, text: &[u8]) -> bool {
        if FIELDS[self.field].ends_with("suffix") {
            text.ends_with(self.text.as_bytes())
        } else {
            self.matches(text)
        }
    }

    /// Whether what is encrypted is what the rule speaks of, and not the rest.
    pub(super) fn is_opt_in(&self) -> bool {
        FIELDS[self.field].starts_with("encrypted")
    }

    /// Whether something is encrypted, given whether the rule speaks of it.
    pub(super) fn encrypts(&self, marked: bool) -> bool {
        marked == self.is_opt_in()
    }

    /// Whether the comments above a key matter; only then is a pile worth keeping.
    pub(super) fn reads_comments(&self) -> bool {
        FIELDS[self.field].contains("comment")
    }

    /// Whether an encrypted comment would be taken for a mark when the file is read again.
    pub(super) fn mistakes(&self, sealed_comment: &[u8]) -> bool {
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
        let encrypts = |rule: &Rule, key: &str| rule.encrypts(rule.marks(key.as_bytes()));
        assert!(encrypts(&Rule::default(), "A"));
        assert!(!encrypts(&Rule::default(), "A_unencrypted"));
        assert!(encrypts(&rule("encrypted_suffix", "_KEY"), "A_KEY"));
        assert!(!encrypts(&rule("encrypted_suffix", "_KEY"), "A_key"));
        assert!(!encrypts(&rule("unencrypted_regex", "^DB_"), "DB_HOST"));
        assert!(encrypts(&rule("encrypted_regex", "PASS"), "DB_PASSWORD"));
        assert!(!encrypts(&rule("encrypted_regex", r"^\w+$"), "größe"));
        assert!(encrypts(&rule("encrypted_regex", "größe"), "größe"));
    }

    #[test]
    fn an_expression_that_does_not_compile_matches_nothing_and_says_so() {
        let r = rule("encrypted_regex", "([");
        assert!(!r.marks(b"A"));
        assert!(r.compiles().is_err());
        assert!(rule("encrypted_regex", "a").compiles().is_ok());
    }
}
