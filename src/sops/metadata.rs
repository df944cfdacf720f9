//! What the `sops_…` lines of a file say: who can open it, when it was sealed, by which rule.
//!
//! This is a view. The metadata itself stays in the file as it is, so that recipients of other kinds and fields of
//! other versions survive a change of values byte for byte. Duplicates and gaps, which older sops versions passed over
//! by guessing, are refused as sops 3.13 refuses them.

use super::meta::Meta;
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
    /// Reads the metadata of a file.
    pub(crate) fn parse(fields: &Meta) -> Result<Self> {
        let text = |name: &str| fields.text(name);

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
            groups: groups(fields)?,
            threshold,
            modified,
            mac: text("mac").map(str::to_owned),
            rule: rule.unwrap_or_default(),
            mac_only_encrypted: text("mac_only_encrypted").is_some_and(|v| v.eq_ignore_ascii_case("true")),
        })
    }

    /// Of a file that has none.
    pub(super) fn nothing() -> Self {
        Metadata {
            groups: Vec::new(),
            threshold: 0,
            modified: String::new(),
            mac: None,
            rule: Rule::of_nothing(),
            mac_only_encrypted: false,
        }
    }

    /// The recipients' texts, in order.
    pub(crate) fn recipients(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flat_map(|g| &g.age).map(|s| s.recipient.as_str())
    }
}

pub(super) fn damaged(what: impl Into<String>) -> Error {
    Error::failed(what)
}

/// Kinds of recipients besides age.
const FOREIGN: [&str; 6] = ["pgp", "kms", "gcp_kms", "hckms", "azure_kv", "hc_vault"];

/// Collects the recipients; flat lists win over groups, as in sops.
fn groups(fields: &Meta) -> Result<Vec<Group>> {
    let alone = group(fields);
    let groups = if alone.age.is_empty() && alone.foreign.is_empty() {
        fields.list("key_groups").iter().map(group).collect()
    } else {
        vec![alone]
    };
    if groups.is_empty() {
        return Err(damaged("the metadata names no recipient"));
    }
    Ok(groups)
}

fn group(fields: &Meta) -> Group {
    let stanza = |m: &Meta| Stanza {
        recipient: m.text("recipient").unwrap_or_default().trim().to_owned(),
        enc: m.text("enc").unwrap_or_default().to_owned(),
    };
    let foreign = FOREIGN.iter().flat_map(|kind| fields.list(kind).iter().map(|_| (*kind).to_owned()));
    Group { age: fields.list("age").iter().map(stanza).collect(), foreign: foreign.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[(&str, &str)]) -> Result<Metadata> {
        let base = [("lastmodified", "2026-11-20T04:24:16Z"), ("version", "3.11.0"), ("mac", "x")];
        let all = base.iter().chain(lines).map(|(k, v)| (*k, (*v).to_owned()));
        Metadata::parse(&Meta::gather(all, "sops_")?)
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
