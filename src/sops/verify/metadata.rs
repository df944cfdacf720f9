//! The metadata: what is missing, stands there twice, is unknown, or is read differently by different versions.

use std::collections::HashSet;

use crate::error::{Error, Result};
use crate::sops::meta::Meta;
use crate::sops::metadata::Metadata;
use crate::sops::rule::FIELDS;
use crate::sops::stamp;
use crate::sops::tree::Found;

use super::{Look, Mend};

/// What sops writes besides the rules.
const KNOWN: [&str; 13] = [
    "shamir_threshold",
    "key_groups",
    "kms",
    "gcp_kms",
    "hckms",
    "azure_kv",
    "hc_vault",
    "age",
    "lastmodified",
    "mac",
    "pgp",
    "mac_only_encrypted",
    "version",
];

/// The kinds of recipients, and what sops writes of each.
pub(super) const RECIPIENTS: [(&str, &[&str]); 7] = [
    ("age", &["recipient", "enc"]),
    ("pgp", &["created_at", "enc", "fp"]),
    ("kms", &["arn", "role", "context", "created_at", "enc", "aws_profile"]),
    ("gcp_kms", &["resource_id", "created_at", "enc"]),
    ("hckms", &["key_id", "created_at", "enc"]),
    ("azure_kv", &["vault_url", "name", "version", "created_at", "enc"]),
    ("hc_vault", &["vault_address", "engine_path", "key_name", "created_at", "enc"]),
];

/// More findings in the metadata say nothing more.
const MANY: usize = 100;

pub(super) fn look(look: &mut Look<'_>, found: &Found, parsed: Result<&Metadata, &Error>, now: &str) {
    let before = look.found.len();
    let start = place(look, found, None);
    time(look, found, now);
    version(look, found);
    rules(look, found);
    if let Err(error) = parsed
        && look.found.len() == before
    {
        look.at("metadata-damaged", start, error.to_string(), Mend::LAST_GOOD);
    }
    if found.fields.text("mac").is_none() {
        let what = "the file has no MAC: values can be added, removed and exchanged";
        look.at("mac-missing", place(look, found, Some("mac")), what, Mend::LAST_GOOD);
    }
    if let Some(said) = found.fields.text("mac_only_encrypted")
        && !matches!(said, "true" | "false")
    {
        let what = "versions of sops differ over this spelling, and so over what the MAC covers; it is true or false";
        look.at("mac-scope", place(look, found, Some("mac_only_encrypted")), what, Mend::LAST_GOOD);
    }
    unknown(look, found, &found.fields, "", &|name| KNOWN.contains(&name) || FIELDS.contains(&name));
    stray(look, found);
    documents(look, found);
}

/// Where a field stands; where it does not, where the metadata starts. A flat file has the whole way to it as its name,
/// others the last part of it.
pub(super) fn place(look: &Look<'_>, found: &Found, field: Option<&str>) -> usize {
    let own = |field: &str| field.rsplit("__").next().map(|own| own.trim_start_matches("map_").to_owned());
    let named = field.and_then(|field| {
        let names = [Some(field.to_owned()), own(field), Some(format!("{field}__"))];
        names.into_iter().flatten().find_map(|name| {
            let is_name = |text: &[u8], at: usize| {
                let before = at.checked_sub(1).map(|at| text[at]);
                before.is_none_or(|b| matches!(b, b'\n' | b' ' | b'\t' | b'"' | b'\'' | b'_'))
                    && (name.ends_with('_')
                        || matches!(
                            text.get(at + name.len()),
                            Some(b'=' | b':' | b'"' | b'\'' | b' ' | b'\t')
                        ))
            };
            find(look, found, name.as_bytes(), is_name)
        })
    });
    let start = || found.blocks.iter().flatten().map(|piece| piece.start).min();
    named.or_else(start).unwrap_or(0)
}

/// The first place in the metadata at which some bytes stand.
pub(super) fn find(
    look: &Look<'_>,
    found: &Found,
    bytes: &[u8],
    fits: impl Fn(&[u8], usize) -> bool,
) -> Option<usize> {
    found.blocks.iter().flatten().find_map(|piece| {
        let text = &look.file[piece.clone()];
        memchr::memmem::find_iter(text, bytes).find(|at| fits(text, *at)).map(|at| piece.start + at)
    })
}

fn time(look: &mut Look<'_>, found: &Found, now: &str) {
    let at = place(look, found, Some("lastmodified"));
    let Some(said) = found.fields.text("lastmodified") else {
        return look.at("time-odd", at, "\"lastmodified\" is missing", Mend::LAST_GOOD);
    };
    let Some(normal) = stamp::normalise(said) else {
        return look.at("time-odd", at, "\"lastmodified\" is not an RFC 3339 time", Mend::LAST_GOOD);
    };
    if normal != said || !said.ends_with('Z') {
        let what = "\"lastmodified\" is not as sops writes it: UTC, whole seconds";
        look.at("time-odd", at, what, Mend::LAST_GOOD);
    }
    let seconds = |text: &str| text.parse::<jiff::Timestamp>().ok().map(|time| time.as_second());
    // clocks that differ by less are common
    if let (Some(then), Some(now)) = (seconds(&normal), seconds(now))
        && then > now + 300
    {
        let what = "\"lastmodified\" is in the future: a clock was wrong, here or where the file was sealed";
        look.at("time-future", at, what, Mend::ByHand("set the clock right"));
    }
}

fn version(look: &mut Look<'_>, found: &Found) {
    let at = place(look, found, Some("version"));
    match found.fields.text("version") {
        None => look.at("version-odd", at, "\"version\" is missing", Mend::LAST_GOOD),
        Some(said) if said.split('.').count() != 3 || !said.split('.').all(is_number) => {
            look.at("version-odd", at, "\"version\" is not a version number x.y.z", Mend::LAST_GOOD);
        }
        Some(_) => {}
    }
}

/// As it is written: `3.011.0` and `+3.1.0` are none.
fn is_number(text: &str) -> bool {
    text.parse::<u32>().is_ok_and(|n| n.to_string() == text)
}

fn rules(look: &mut Look<'_>, found: &Found) {
    let named: Vec<&str> = FIELDS.into_iter().filter(|f| found.fields.text(f).is_some()).collect();
    if let [_, second, ..] = named[..] {
        let what = format!("{}: more than one selection rule is set", named.join(" and "));
        look.at("rules-several", place(look, found, Some(second)), what, Mend::LAST_GOOD);
    }
}

/// Names that nothing is known of, here and in recipients and groups. sops drops them when it writes the file.
fn unknown(look: &mut Look<'_>, found: &Found, fields: &Meta, way: &str, known: &dyn Fn(&str) -> bool) {
    let Meta::Map(entries) = fields else { return };
    let mut seen = HashSet::new();
    for (name, value) in entries {
        // somebody who adds lines by the thousand is found all the same
        if look.found.len() > MANY {
            return;
        }
        let whole = if way.is_empty() { name.clone() } else { format!("{way}__map_{name}") };
        if !seen.insert(name) {
            let what = format!("metadata {:?} stands twice: readers differ over which counts", shown(&whole));
            look.at("metadata-twice", place(look, found, Some(&whole)), what, Mend::LAST_GOOD);
        }
        if !known(name) {
            let what = format!(
                "metadata {:?} is unknown: nothing reads it, and sops drops it when it writes the file",
                shown(&whole)
            );
            look.at(
                "metadata-unknown",
                place(look, found, Some(&whole)),
                what,
                Mend::ByHand("take the line out"),
            );
            continue;
        }
        let Meta::List(all) = value else { continue };
        for (at, below) in all.iter().enumerate() {
            let way = format!("{whole}__list_{at}");
            if name == "key_groups" {
                let kinds = |name: &str| RECIPIENTS.iter().any(|(kind, _)| *kind == name) || name == "merge";
                unknown(look, found, below, &way, &kinds);
            } else if let Some((_, fields)) = RECIPIENTS.iter().find(|(kind, _)| kind == name) {
                unknown(look, found, below, &way, &|name| fields.contains(&name));
            }
        }
    }
}

/// A name short enough to show; it may be anything.
fn shown(name: &str) -> String {
    name.chars().take(80).collect()
}

/// Metadata among the lines of a flat file: sops writes it behind them.
fn stray(look: &mut Look<'_>, found: &Found) {
    if !look.tree.flat {
        return;
    }
    let last = look.tree.leaves.last().map_or(0, |leaf| leaf.span.start);
    let first = found.blocks.iter().flatten().map(|piece| piece.start).min();
    if let Some(first) = first.filter(|first| *first < last) {
        let what = "metadata stands before values or comments: sops writes it behind them, so that this was done by hand";
        look.at("metadata-place", first, what, Mend::LAST_GOOD);
    }
}

/// Each document of a file holds the same metadata, and sops reads the first.
fn documents(look: &mut Look<'_>, found: &Found) {
    for tokens in [&found.modified, &found.mac] {
        let Some((first, rest)) = tokens.split_first() else { continue };
        for other in rest {
            if look.file[other.clone()] != look.file[first.clone()] {
                let what =
                    "this document has another time or MAC than the first, which is the one that counts";
                look.at("documents-differ", other.start, what, Mend::LAST_GOOD);
            }
        }
    }
}
