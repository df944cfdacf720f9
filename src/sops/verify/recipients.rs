//! The recipients: who is named, and whether what is wrapped can be for whom it says. The text beside a wrapped data key
//! is not authenticated, and the next `rekey` wraps for whoever it names.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;

use crate::keys::{Fit, Recipient, stanza_fits, stanza_kinds};
use crate::sops::meta::Meta;

use super::metadata::{RECIPIENTS, place};
use super::{Look, Mend};

pub(super) fn look(look: &mut Look<'_>, fields: &Meta) {
    let mut seen: Vec<(String, usize)> = Vec::new();
    let flat = RECIPIENTS.iter().any(|(kind, _)| !fields.list(kind).is_empty());
    let groups = fields.list("key_groups");
    if flat {
        group(look, fields, "", 0, &mut seen);
        if !groups.is_empty() {
            let what = "recipients stand both in groups and outside: sops reads those outside, and drops the groups when it writes the file";
            field(look, "groups-ignored", "key_groups", what, Mend::LAST_GOOD);
        }
        return;
    }
    for (at, members) in groups.iter().enumerate() {
        let way = format!("key_groups__list_{at}");
        if RECIPIENTS.iter().all(|(kind, _)| members.list(kind).is_empty()) {
            let what = format!("key group {at} has no member: nobody can bring its share");
            field(look, "group-empty", &way, what, Mend::rekey());
        }
        group(look, members, &format!("{way}__map_"), at, &mut seen);
    }
    if groups.len() > 1 {
        threshold(look, fields, groups.len());
    }
}

/// Recipients that nothing here can ask.
pub(super) fn notes(fields: &Meta) -> Vec<String> {
    let in_groups = fields.list("key_groups");
    let mut kinds: Vec<&str> = Vec::new();
    for part in std::iter::once(fields).chain(in_groups) {
        let foreign = RECIPIENTS.iter().map(|(kind, _)| *kind).filter(|kind| *kind != "age");
        kinds.extend(foreign.filter(|kind| !part.list(kind).is_empty()));
    }
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        return Vec::new();
    }
    vec![format!("recipients of other kinds were not looked at: {}", kinds.join(", "))]
}

fn group(look: &mut Look<'_>, fields: &Meta, way: &str, group: usize, seen: &mut Vec<(String, usize)>) {
    for (at, stanza) in fields.list("age").iter().enumerate() {
        let name = format!("{way}age__list_{at}__map_recipient");
        let text = stanza.text("recipient").unwrap_or_default().trim();
        let enc = stanza.text("enc").unwrap_or_default();
        let who = short(text);
        if let Some((_, earlier)) = seen.iter().find(|(known, _)| known == key_of(text)) {
            let what = if *earlier == group {
                format!("recipient {who:?} stands there twice, and is not gone when it is removed once")
            } else {
                format!(
                    "recipient {who:?} is in groups {earlier} and {group}, and brings a share for each: fewer people than it seems open the file"
                )
            };
            let mend = Mend::Reseal("rekey --remove", Some(text.to_owned()));
            field(look, "recipient-twice", &name, what, mend);
        }
        seen.push((key_of(text).to_owned(), group));
        if !is_whole(enc) {
            let what = format!("the data key that is wrapped for {who:?} is damaged, and cannot be opened");
            let enc = format!("{way}age__list_{at}__map_enc");
            field(look, "stanza-damaged", &enc, what, Mend::rekey());
        } else if let Err(why) = Recipient::parse(text) {
            let what = format!("{why}: nothing can be wrapped for it again");
            field(look, "recipient-odd", &name, what, Mend::rekey());
        } else if stanza_fits(text, enc) == Fit::Differs {
            let what = format!(
                "the data key beside {who:?} is wrapped for somebody else: the text was changed, and the next rekey would let in whom it names"
            );
            field(look, "recipient-differs", &name, what, Mend::LAST_GOOD);
        }
    }
}

/// Whether the armor decodes to its end: a header that can be read, and behind it as much as a data key or a share of
/// one takes.
fn is_whole(enc: &str) -> bool {
    const NONCE_AND_TAG: usize = 32;
    let inner = enc.trim().strip_prefix("-----BEGIN AGE ENCRYPTED FILE-----");
    let inner = inner.and_then(|rest| rest.strip_suffix("-----END AGE ENCRYPTED FILE-----"));
    let text: Option<String> = inner.map(|inner| inner.lines().collect());
    let Some(bytes) = text.and_then(|text| STANDARD.decode(text).ok()) else { return false };
    let end = memchr::memmem::find(&bytes, b"\n--- ").map_or(bytes.len(), |at| at + 1);
    let header = memchr::memchr(b'\n', &bytes[end..]).map_or(bytes.len(), |at| end + at + 1);
    let payload = (bytes.len() - header).checked_sub(NONCE_AND_TAG);
    matches!(payload, Some(32 | 33)) && stanza_kinds(enc.trim().as_bytes()).is_ok()
}

fn threshold(look: &mut Look<'_>, fields: &Meta, groups: usize) {
    let what = match fields.text("shamir_threshold") {
        None => {
            format!("the number of groups that are needed is missing: the share of all {groups} is asked for")
        }
        Some(said) => match said.parse::<f64>() {
            Ok(n) if n > groups as f64 => {
                format!("{n} groups are needed, and there are {groups}: nobody opens the file")
            }
            Ok(n) if n < 2.0 => {
                "one group is enough: what each holds is the data key, and no share of it".to_owned()
            }
            Ok(n) if n.fract() == 0.0 => return,
            _ => "the number of groups that are needed is no number".to_owned(),
        },
    };
    field(look, "threshold-odd", "shamir_threshold", what, Mend::LAST_GOOD);
}

fn field(look: &mut Look<'_>, rule: &'static str, name: &str, what: impl Into<String>, mend: Mend) {
    let Some(found) = &look.tree.metadata else { return };
    let at = place(look, found, Some(name));
    look.at(rule, at, what, mend);
}

/// An SSH key is the same whatever comment follows it.
fn key_of(text: &str) -> &str {
    match text.match_indices(' ').nth(1) {
        Some((end, _)) if text.starts_with("ssh-") => &text[..end],
        _ => text,
    }
}

/// The start and the end of a long text; hybrid and RSA keys fill pages.
fn short(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    if all.len() <= 72 {
        return text.to_owned();
    }
    all[..30].iter().chain(&['…']).chain(&all[all.len() - 30..]).collect()
}
