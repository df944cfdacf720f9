//! What the `sops_…` lines of a file say: who can open it, when it was sealed, by which rule.
//!
//! This is a view. The lines themselves stay in the file as they are, so that recipients of other kinds and fields of
//! other versions survive a rewrite byte for byte. Duplicates and gaps, which older sops versions passed over by
//! guessing, are refused as sops 3.13 refuses them.

use std::collections::BTreeMap;

use super::rule::{FIELDS, Rule};
use super::stamp;
use crate::error::{Error, Result};

/// One age recipient of the data key.
pub(crate) struct Stanza {
    pub(crate) recipient: String,
    /// ASCII armor.
    pub(crate) enc: String,
}

/// A group of recipients, any of whom opens the group's share.
#[derive(Default)]
pub(crate) struct Group {
    pub(crate) age: Vec<Stanza>,
    /// Kinds of recipients that are kept but not opened here: `pgp`, `kms`, …
    pub(crate) foreign: Vec<String>,
}

pub(crate) struct Metadata {
    /// One group: every recipient holds the whole data key. More: each group holds a share.
    pub(crate) groups: Vec<Group>,
    /// How many groups are needed, where the key is shared.
    pub(crate) threshold: usize,
    /// The time of the last change as the MAC is bound to it.
    pub(crate) modified: String,
    pub(crate) mac: Option<String>,
    pub(crate) rule: Rule,
    pub(crate) mac_only_encrypted: bool,
}

impl Metadata {
    /// Reads the pairs of all `sops_` lines; `name` is without that prefix.
    pub(crate) fn parse(fields: &[(&[u8], &[u8])]) -> Result<Self> {
        let mut flat: BTreeMap<&str, String> = BTreeMap::new();
        for (name, value) in fields {
            let (Ok(name), Ok(value)) = (std::str::from_utf8(name), std::str::from_utf8(value)) else {
                return Err(damaged("a metadata line is not UTF-8"));
            };
            if flat.insert(name, value.replace("\\n", "\n")).is_some() {
                return Err(damaged(format!("metadata line \"sops_{name}\" stands twice")).hint(
                    "merging two versions of a sealed file by hand leaves such lines; take one version whole",
                ));
            }
        }
        let text = |name: &str| flat.get(name).filter(|v| !v.is_empty());

        let modified = text("lastmodified").ok_or_else(|| damaged("\"sops_lastmodified\" is missing"))?;
        let modified = stamp::normalise(modified).ok_or_else(|| {
            let error = damaged("\"sops_lastmodified\" is not an RFC 3339 time");
            if modified.ends_with('\r') {
                error.hint("the file was saved with CRLF line ends; turn them back into LF")
            } else {
                error
            }
        })?;
        let version = text("version").ok_or_else(|| damaged("\"sops_version\" is missing"))?;
        if version.split('.').count() != 3 || !version.split('.').all(|n| n.parse::<u32>().is_ok()) {
            return Err(damaged("\"sops_version\" is not a version number x.y.z"));
        }
        let mut rules = FIELDS.iter().filter_map(|f| Rule::parse(f, text(f)?));
        let rule = rules.next();
        if rules.next().is_some() {
            return Err(damaged("more than one selection rule is set"));
        }
        let threshold = match text("shamir_threshold") {
            None => 0,
            Some(n) => {
                let n: f64 = n.parse().map_err(|_| damaged("\"sops_shamir_threshold\" is not a number"))?;
                n as usize
            }
        };
        Ok(Metadata {
            groups: groups(&flat)?,
            threshold,
            modified,
            mac: text("mac").cloned(),
            rule: rule.unwrap_or_default(),
            mac_only_encrypted: text("mac_only_encrypted").is_some_and(|v| v.eq_ignore_ascii_case("true")),
        })
    }

    /// The recipients' texts, in order.
    pub(crate) fn recipients(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flat_map(|g| &g.age).map(|s| s.recipient.as_str())
    }
}

pub(super) fn damaged(what: impl Into<String>) -> Error {
    Error::failed(what)
}

const KINDS: [&str; 7] = ["age", "pgp", "kms", "gcp_kms", "hckms", "azure_kv", "hc_vault"];

/// Where a recipient stands: in which group, in the list of which kind, at which place.
type Place<'a> = (usize, &'a str, usize);
/// The fields of each recipient.
type Recipients<'a> = BTreeMap<Place<'a>, Vec<(&'a str, &'a str)>>;

/// Collects the recipients; flat lists win over groups, as in sops.
fn groups(flat: &BTreeMap<&str, String>) -> Result<Vec<Group>> {
    let (mut alone, mut shared) = (Recipients::new(), Recipients::new());
    for (name, value) in flat {
        let parts: Vec<&str> = name.split("__").collect();
        let (into, group, kind, list, field) = match parts.as_slice() {
            ["key_groups", group, kind, list, field, ..] => (&mut shared, index(group)?, *kind, list, field),
            [kind, list, field, ..] => (&mut alone, 0, *kind, list, field),
            _ => continue,
        };
        let kind = kind.strip_prefix("map_").unwrap_or(kind);
        if KINDS.contains(&kind) {
            let field = field.strip_prefix("map_").unwrap_or(field);
            into.entry((group, kind, index(list)?)).or_default().push((field, value));
        }
    }
    let chosen = if alone.is_empty() { shared } else { alone };
    let mut groups: Vec<Group> = Vec::new();
    let mut next: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for ((group, kind, place), fields) in chosen {
        if group > groups.len() {
            return Err(damaged("a key group is missing from the metadata"));
        }
        let expected = next.entry((group, kind)).or_default();
        if place != *expected {
            return Err(damaged(format!("recipient {expected} of list \"sops_{kind}\" is missing")));
        }
        *expected += 1;
        if group == groups.len() {
            groups.push(Group::default());
        }
        if kind == "age" {
            let field = |name: &str| fields.iter().find(|(f, _)| *f == name).map_or("", |(_, v)| v);
            let recipient = field("recipient").trim().to_owned();
            groups[group].age.push(Stanza { recipient, enc: field("enc").to_owned() });
        } else {
            groups[group].foreign.push(kind.to_owned());
        }
    }
    if groups.is_empty() {
        return Err(damaged("the metadata names no recipient"));
    }
    Ok(groups)
}

fn index(part: &str) -> Result<usize> {
    let digits = part.strip_prefix("list_").unwrap_or(part);
    // a list longer than this is not a list of people
    digits
        .parse()
        .ok()
        .filter(|n| *n < 10_000)
        .ok_or_else(|| damaged("a metadata line has a list index that is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[(&str, &str)]) -> Result<Metadata> {
        let base = [("lastmodified", "2026-11-20T04:24:16Z"), ("version", "3.11.0"), ("mac", "x")];
        let all: Vec<_> = base.iter().chain(lines).map(|(k, v)| (k.as_bytes(), v.as_bytes())).collect();
        Metadata::parse(&all)
    }

    #[test]
    fn recipients_are_listed_in_the_order_of_their_numbers() {
        let names: Vec<String> = (0..12).map(|i| format!("age__list_{i}__map_recipient")).collect();
        let values: Vec<String> = (0..12).map(|i| format!("r{i}")).collect();
        let lines: Vec<_> = names.iter().zip(&values).map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let found = parse(&lines).unwrap();
        assert_eq!(found.recipients().collect::<Vec<_>>(), values);
    }

    #[test]
    fn groups_are_read_with_their_foreign_members() {
        let found = parse(&[
            ("key_groups__list_0__map_age__list_0__map_recipient", "a"),
            ("key_groups__list_1__map_age__list_0__map_recipient", "b"),
            ("key_groups__list_1__map_pgp__list_0__map_fp", "F"),
            ("shamir_threshold", "2.000000"),
        ])
        .unwrap();
        assert_eq!((found.groups.len(), found.threshold), (2, 2));
        assert_eq!(found.groups[1].foreign, ["pgp"]);
    }

    #[test]
    fn damage_is_refused() {
        let one = ("age__list_0__map_recipient", "a");
        assert!(parse(&[one]).is_ok());
        assert!(parse(&[]).is_err());
        assert!(parse(&[one, one]).is_err());
        assert!(parse(&[("age__list_1__map_recipient", "a")]).is_err());
        assert!(parse(&[("age__list_x__map_recipient", "a")]).is_err());
        assert!(parse(&[one, ("encrypted_regex", "a"), ("encrypted_suffix", "b")]).is_err());
        assert!(parse(&[one, ("unencrypted_suffix", ""), ("encrypted_suffix", "b")]).is_ok());
    }
}
