//! `.sops.yaml`: who a file is sealed for, and by which rule. The first creation rule that fits the path counts.
//!
//! sops passes over a misspelt field, and then encrypts by the default rule; here it is refused. What else stands beside
//! the creation rules, `stores` and `destination_rules`, is not about that and not looked at. Recipients that only sops
//! can ask are named by their kind; what that means is up to whoever asks.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::error::{Error, Result};

/// What a creation rule says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Creation {
    /// Texts of age recipients; in more than one group where the data key is shared. A group is empty where only sops
    /// can ask its members.
    pub groups: Vec<Vec<String>>,
    /// How many groups are needed.
    pub threshold: Option<usize>,
    /// Kinds of recipients that only sops can ask, once each.
    pub foreign: Vec<&'static str>,
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
    pgp: Option<Foreign>,
    kms: Option<Foreign>,
    gcp_kms: Option<Foreign>,
    hckms: Option<Foreign>,
    azure_keyvault: Option<Foreign>,
    hc_vault_transit_uri: Option<Foreign>,
    #[serde(rename = "aws_profile")]
    _aws_profile: Option<IgnoredAny>,
    key_groups: Option<Vec<Group>>,
    shamir_threshold: Option<usize>,
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
#[serde(deny_unknown_fields)]
struct Group {
    merge: Option<Vec<Group>>,
    age: Option<OneOrMany>,
    pgp: Option<Foreign>,
    kms: Option<Foreign>,
    gcp_kms: Option<Foreign>,
    hckms: Option<Foreign>,
    azure_keyvault: Option<Foreign>,
    hc_vault: Option<Foreign>,
}

/// Recipients of a kind that is not looked into; but nobody may be among them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Foreign {
    One(String),
    Many(Vec<IgnoredAny>),
    Other(IgnoredAny),
}

impl Foreign {
    fn is_somebody(&self) -> bool {
        match self {
            Foreign::One(text) => !text.trim().is_empty(),
            Foreign::Many(all) => !all.is_empty(),
            Foreign::Other(_) => true,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn texts(&self) -> Vec<String> {
        let parts: Vec<&str> = match self {
            OneOrMany::One(text) => text.split(',').collect(),
            OneOrMany::Many(all) => all.iter().flat_map(|text| text.split(',')).collect(),
        };
        parts.into_iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
    }
}

impl Creation {
    /// What the text of a `.sops.yaml` says of the file at `path`, relative to the folder of that `.sops.yaml` where it
    /// lies below it. `fits` tells whether an expression finds itself in a path, and nothing where it is none. `None`:
    /// there are no creation rules.
    pub fn find(text: &str, path: &str, fits: impl Fn(&str, &str) -> Option<bool>) -> Result<Option<Self>> {
        let file: File = serde_saphyr::from_str(text).map_err(|e| {
            // the first line names the place; the others would repeat content
            let text = e.to_string();
            let first = text.lines().next().unwrap_or("cannot be read");
            Error::usage(format!(".sops.yaml: {}", first.trim_start_matches("error: ")))
        })?;
        let Some(rules) = file.creation_rules else { return Ok(None) };
        for rule in rules {
            let here = match rule.path_regex.as_deref() {
                None | Some("") => true,
                Some(pattern) => fits(pattern, path).ok_or_else(|| {
                    Error::usage(format!(".sops.yaml: path_regex {pattern:?} does not compile"))
                })?,
            };
            if here {
                return Creation::of(rule).map(Some);
            }
        }
        Err(Error::usage(format!(".sops.yaml: no creation rule fits {path:?}"))
            .note("sops would refuse it too, also where recipients are named")
            .hint("add a rule for it; one without a path_regex, put last, fits every file"))
    }

    fn of(rule: Rule) -> Result<Self> {
        let mut foreign = Vec::new();
        let groups = match &rule.key_groups {
            // they win over what stands beside them
            Some(groups) if !groups.is_empty() => {
                groups.iter().map(|group| without_repetition(members(group, &mut foreign))).collect()
            }
            _ => {
                note_foreign(
                    &mut foreign,
                    &[
                        (&rule.pgp, "pgp"),
                        (&rule.kms, "kms"),
                        (&rule.gcp_kms, "gcp_kms"),
                        (&rule.hckms, "hckms"),
                        (&rule.azure_keyvault, "azure_keyvault"),
                        (&rule.hc_vault_transit_uri, "hc_vault_transit_uri"),
                    ],
                );
                vec![rule.age.as_ref().map(OneOrMany::texts).unwrap_or_default()]
            }
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
        Ok(Creation {
            groups,
            threshold: rule.shamir_threshold.filter(|n| *n > 0),
            foreign,
            rule: chosen,
            mac_only_encrypted: rule.mac_only_encrypted,
        })
    }
}

/// A group's recipients, those of the groups that are merged into it first, as sops lists them.
fn members(group: &Group, foreign: &mut Vec<&'static str>) -> Vec<String> {
    let merged = group.merge.iter().flatten();
    let mut texts: Vec<String> = merged.flat_map(|inner| members(inner, foreign)).collect();
    texts.extend(group.age.as_ref().map(OneOrMany::texts).unwrap_or_default());
    note_foreign(
        foreign,
        &[
            (&group.pgp, "pgp"),
            (&group.kms, "kms"),
            (&group.gcp_kms, "gcp_kms"),
            (&group.hckms, "hckms"),
            (&group.azure_keyvault, "azure_keyvault"),
            (&group.hc_vault, "hc_vault"),
        ],
    );
    texts
}

fn without_repetition(texts: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for text in texts {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    once
}

fn note_foreign(known: &mut Vec<&'static str>, kinds: &[(&Option<Foreign>, &'static str)]) {
    for (there, kind) in kinds {
        if there.as_ref().is_some_and(Foreign::is_somebody) && !known.contains(kind) {
            known.push(kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "creation_rules:\n  - path_regex: prod/.*\n    age: >-\n      age1a,\n      age1b\n    encrypted_regex: ^PASS\n  - age: [age1c]\n    mac_only_encrypted: true\n";

    fn find(text: &str, path: &str) -> Result<Option<Creation>> {
        Creation::find(text, path, |pattern, path| {
            regex::Regex::new(pattern).ok().map(|pattern| pattern.is_match(path))
        })
    }

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|t| (*t).to_owned()).collect()
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        let prod = find(TEXT, "prod/.env").unwrap().unwrap();
        assert_eq!(prod.groups, [texts(&["age1a", "age1b"])]);
        assert_eq!(prod.rule, Some(("encrypted_regex", "^PASS".into())));
        let other = find(TEXT, ".env").unwrap().unwrap();
        assert_eq!((other.groups, other.mac_only_encrypted), (vec![texts(&["age1c"])], true));
        assert_eq!(find("stores: {}", ".env").unwrap(), None);
        let text = "stores: {json: {indent: 2}}\ndestination_rules: [{s3_bucket: x}]\ncreation_rules:\n- age: 'ssh-ed25519 AAAA me, age1a'\n  path_regex: ''\n";
        assert_eq!(find(text, "x").unwrap().unwrap().groups, [texts(&["ssh-ed25519 AAAA me", "age1a"])]);
    }

    #[test]
    fn groups_win_over_flat_lists_and_hold_everybody_once() {
        let text = "creation_rules:\n- age: z\n  pgp: F\n  shamir_threshold: 2\n  key_groups:\n  - age: ['a,b']\n    merge:\n    - age: [c]\n      merge: [{age: d}]\n  - age: [e, e]\n    kms: []\n";
        let found = find(text, "x").unwrap().unwrap();
        assert_eq!(found.groups, [texts(&["d", "c", "a", "b"]), texts(&["e"])]);
        assert_eq!((found.threshold, found.foreign.len()), (Some(2), 0));
        let text =
            "creation_rules:\n- key_groups:\n  - age: [a]\n    hc_vault: [x]\n  - merge: [{pgp: [F]}]\n";
        let found = find(text, "x").unwrap().unwrap();
        assert_eq!(found.groups, [texts(&["a"]), texts(&[])]);
        assert_eq!(found.foreign, ["hc_vault", "pgp"]);
    }

    #[test]
    fn who_only_sops_can_ask_is_named_unless_nobody_is_there() {
        let text = "creation_rules:\n- age: a\n  pgp: ''\n  kms: []\n  azure_keyvault: https://x\n  hckms: [{key_id: k}]\n";
        assert_eq!(find(text, "x").unwrap().unwrap().foreign, ["hckms", "azure_keyvault"]);
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        for (text, wants) in [
            ("creation_rules:\n  - path_regex: x\n    age: a\n", "no creation rule fits"),
            ("creation_rules: []\n", "no creation rule fits"),
            ("creation_rules:\n  - path_regex: '('\n    age: a\n", "does not compile"),
            ("creation_rules:\n  - age: a\n    encrypted_regexp: x\n", "encrypted_regexp"),
            ("creation_rules:\n  - key_groups:\n    - agee: a\n", "agee"),
            (
                "creation_rules:\n  - age: a\n    encrypted_regex: x\n    encrypted_suffix: y\n",
                "more than one",
            ),
            ("creation_rules: [", ".sops.yaml"),
        ] {
            let error = find(text, ".env").unwrap_err().to_string();
            assert!(error.contains(wants), "{error}");
        }
    }
}
