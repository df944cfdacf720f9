//! `.sops.yaml`: who a new file is sealed for, and by which rule. The first creation rule that fits the path counts.
//!
//! sops passes over a misspelt field, and then encrypts by the default rule; here it is refused. Recipients that only
//! sops can ask make the whole rule unusable for us, and are refused too instead of being left out.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::error::{Error, Result};

/// What a creation rule says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Creation {
    /// Texts of age recipients.
    pub recipients: Vec<String>,
    /// A selection rule: metadata field and text.
    pub rule: Option<(&'static str, String)>,
    /// Whether the MAC covers encrypted values only.
    pub mac_only_encrypted: bool,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    creation_rules: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    path_regex: Option<String>,
    age: Option<OneOrMany>,
    pgp: Option<IgnoredAny>,
    kms: Option<IgnoredAny>,
    gcp_kms: Option<IgnoredAny>,
    hckms: Option<IgnoredAny>,
    azure_keyvault: Option<IgnoredAny>,
    hc_vault_transit_uri: Option<IgnoredAny>,
    #[serde(rename = "aws_profile")]
    _aws_profile: Option<IgnoredAny>,
    key_groups: Option<IgnoredAny>,
    shamir_threshold: Option<IgnoredAny>,
    unencrypted_suffix: Option<String>,
    encrypted_suffix: Option<String>,
    unencrypted_regex: Option<String>,
    encrypted_regex: Option<String>,
    unencrypted_comment_regex: Option<String>,
    encrypted_comment_regex: Option<String>,
    #[serde(default)]
    mac_only_encrypted: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Creation {
    /// What the text of a `.sops.yaml` says of the file at `path`, relative to the folder of that `.sops.yaml`. `None`:
    /// it has no creation rules.
    pub fn find(text: &str, path: &str) -> Result<Option<Self>> {
        let file: File = serde_saphyr::from_str(text).map_err(|e| {
            // the first line names the place; the others would repeat content
            let text = e.to_string();
            let first = text.lines().next().unwrap_or("cannot be read");
            Error::usage(format!(".sops.yaml: {}", first.trim_start_matches("error: ")))
        })?;
        let Some(rules) = file.creation_rules else { return Ok(None) };
        for rule in rules {
            let fits = match &rule.path_regex {
                None => true,
                Some(pattern) => regex::Regex::new(pattern)
                    .map_err(|_| {
                        Error::usage(format!(".sops.yaml: path_regex {pattern:?} does not compile"))
                    })?
                    .is_match(path),
            };
            if fits {
                return Creation::of(rule).map(Some);
            }
        }
        Err(Error::usage(format!(".sops.yaml: no creation rule fits {path:?}"))
            .hint("add a rule, or name the recipients with `--age`"))
    }

    fn of(rule: Rule) -> Result<Self> {
        let foreign = [
            (rule.pgp.is_some(), "pgp"),
            (rule.kms.is_some(), "kms"),
            (rule.gcp_kms.is_some(), "gcp_kms"),
            (rule.hckms.is_some(), "hckms"),
            (rule.azure_keyvault.is_some(), "azure_keyvault"),
            (rule.hc_vault_transit_uri.is_some(), "hc_vault_transit_uri"),
            (rule.key_groups.is_some(), "key_groups"),
            (rule.shamir_threshold.is_some(), "shamir_threshold"),
        ];
        if let Some((_, name)) = foreign.iter().find(|(there, _)| *there) {
            return Err(Error::usage(format!(
                ".sops.yaml: the rule has {name:?}, which this version cannot seal for"
            ))
            .hint("seal this file with sops; reseal keeps such recipients when it changes values"));
        }
        let recipients = match rule.age {
            None => Vec::new(),
            Some(OneOrMany::One(text)) => text.split(',').map(|t| t.trim().to_owned()).collect(),
            Some(OneOrMany::Many(list)) => list,
        };
        let mut rules = [
            ("unencrypted_suffix", rule.unencrypted_suffix),
            ("encrypted_suffix", rule.encrypted_suffix),
            ("unencrypted_regex", rule.unencrypted_regex),
            ("encrypted_regex", rule.encrypted_regex),
            ("unencrypted_comment_regex", rule.unencrypted_comment_regex),
            ("encrypted_comment_regex", rule.encrypted_comment_regex),
        ]
        .into_iter()
        .filter_map(|(name, text)| Some((name, text.filter(|t| !t.is_empty())?)));
        let chosen = rules.next();
        if rules.next().is_some() {
            return Err(Error::usage(".sops.yaml: the rule sets more than one selection rule"));
        }
        let recipients = recipients.into_iter().filter(|r| !r.is_empty()).collect();
        Ok(Creation { recipients, rule: chosen, mac_only_encrypted: rule.mac_only_encrypted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "creation_rules:\n  - path_regex: prod/.*\n    age: >-\n      age1a,\n      age1b\n    encrypted_regex: ^PASS\n  - age: [age1c]\n    mac_only_encrypted: true\n";

    #[test]
    fn the_first_rule_that_fits_counts() {
        let prod = Creation::find(TEXT, "prod/.env").unwrap().unwrap();
        assert_eq!(prod.recipients, ["age1a", "age1b"]);
        assert_eq!(prod.rule, Some(("encrypted_regex", "^PASS".into())));
        let other = Creation::find(TEXT, ".env").unwrap().unwrap();
        assert_eq!((other.recipients, other.mac_only_encrypted), (vec!["age1c".to_owned()], true));
        assert_eq!(Creation::find("stores: {}", ".env").unwrap(), None);
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        for (text, wants) in [
            ("creation_rules:\n  - path_regex: x\n    age: a\n", "no creation rule fits"),
            ("creation_rules:\n  - age: a\n    pgp: F\n", "\"pgp\""),
            ("creation_rules:\n  - age: a\n    encrypted_regexp: x\n", "encrypted_regexp"),
            (
                "creation_rules:\n  - age: a\n    encrypted_regex: x\n    encrypted_suffix: y\n",
                "more than one",
            ),
            ("creation_rules: [", ".sops.yaml"),
        ] {
            let error = Creation::find(text, ".env").unwrap_err().to_string();
            assert!(error.contains(wants), "{error}");
        }
    }
}
