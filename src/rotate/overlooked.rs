//! What holds a value that changes and is not told of the new one: other keys, in the sealed file and in the mirrors that
//! change with it, and the database behind a URL.

use std::path::Path;

use super::mirror::Found;
use super::request::Change;
use crate::config::Feed;
use crate::secret::SecretValue;
use crate::secret::url::{self, Part};
use crate::sops::Open;

/// A shorter value may be the same by accident.
const TELLING: usize = 8;

/// In words, for the plan.
pub(super) fn remarks(open: &Open, mirrors: &[Found], change: &Change) -> Vec<String> {
    let (name, policy) = (&change.name, &change.policy);
    let Some(current) = open.get(name.as_bytes()) else { return Vec::new() };
    let fed: Vec<&Feed> = policy.fed().collect();
    let mut remarks = keeps(open, None, change, current, &fed);
    for found in mirrors {
        let file = &found.mirror.file;
        let fed: Vec<&Feed> = policy.mirrored().filter(|(f, _)| f == file).map(|(_, feed)| feed).collect();
        remarks.extend(keeps(&found.open, Some(file), change, current, &fed));
    }
    for fed in fed.iter().filter(|f| f.is_of(Part::Password) && policy.target.is_none()) {
        if open.get(fed.key.as_bytes()).is_some_and(url::names_database) {
            remarks.push(format!(
                "\"{}\" is the URL of a database, which is not told: name it as `target` of [secret.{}], or change the password there as well",
                fed.key,
                name.in_policy()
            ));
        }
    }
    remarks
}

/// Keys of one file that have the present value and are not fed.
fn keeps(
    open: &Open,
    mirror: Option<&Path>,
    change: &Change,
    current: &SecretValue,
    fed: &[&Feed],
) -> Vec<String> {
    let name = &change.name;
    let place = mirror.map_or_else(String::new, |file| format!(" of {file:?}"));
    let mut remarks = Vec::new();
    for entry in open.entries() {
        let key = String::from_utf8_lossy(entry.name);
        // of the sealed file, the secret's own key is no other
        if fed.iter().any(|f| f.key.as_str() == key) || mirror.is_none() && key == name.as_str() {
            continue;
        }
        if current.len() >= TELLING && entry.value.same_as(current) {
            remarks.push(format!("\"{key}\"{place} has the present value of \"{name}\" too and keeps it"));
        }
        if url::check(entry.value, Part::Password, current).is_ok() {
            remarks.push(format!(
                "\"{key}\"{place} is a URL with the present value of \"{name}\" and keeps it; name it in `feeds` of [secret.{}]",
                name.in_policy()
            ));
        }
    }
    remarks
}
