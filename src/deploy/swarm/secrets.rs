//! Docker secrets: one for each version of a value, known by its labels.
//!
//! The name ends in the first digits of the version, which is a digest of ciphertext and tells nothing of the value. The
//! same version is always the same value, so a secret that is there already is the right one. Its value arrives on
//! standard input, whole before docker starts, so that no crash leaves a half one under that name.

use std::collections::BTreeMap;

use super::engine::Engine;
use super::{LARGEST, services};
use crate::error::{Error, Result};
use crate::process::Deadline;
use crate::secret::SecretValue;

/// How long a name may be.
const LONGEST: usize = 64;

/// How many digits of the version are in it.
const DIGITS: usize = 12;

/// A docker secret that was made here.
pub(super) struct Made {
    pub(super) name: String,
    pub(super) key: String,
}

/// `<stack>_<KEY>_<version>`; a long beginning is cut, since the version alone tells any two apart.
pub(super) fn name(stack: &str, key: &str, version: &str) -> String {
    let mut start = format!("{stack}_{key}");
    let cut = (0..LONGEST - DIGITS).rev().find(|at| start.is_char_boundary(*at));
    start.truncate(cut.unwrap_or_default());
    format!("{start}_{}", &version[..DIGITS.min(version.len())])
}

/// The name of a key's present version.
pub(super) fn present(stack: &str, key: &str, versions: &BTreeMap<Vec<u8>, String>) -> Result<String> {
    let version = versions.get(key.as_bytes());
    version
        .map(|version| name(stack, key, version))
        .ok_or_else(|| Error::failed(format!("there is no key {key:?} in the sealed file")))
}

/// Whether docker takes the value.
pub(super) fn fits(key: &str, value: &SecretValue) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
    if !key.chars().all(plain) {
        return Err(Error::failed(format!("key {key:?} cannot be part of the name of a docker secret")));
    }
    match value.len() {
        0 => Err(Error::failed(format!("key {key:?} is empty, and docker takes no empty secret"))
            .hint(format!("give it to services by their environment, as ${{{key}}}"))),
        n if n >= LARGEST => {
            Err(Error::failed(format!("key {key:?} is too large: a docker secret has less than 500 KiB")))
        }
        _ => Ok(()),
    }
}

/// The secrets of the stack that were made here.
pub(super) fn made(engine: &Engine<'_>, deadline: &Deadline) -> Result<Vec<Made>> {
    let stack = format!("label=reseal.stack={}", engine.stack);
    let format = "{{.Name}}\t{{.Label \"reseal.key\"}}";
    let listed = engine
        .ask(&["secret", "ls", "--filter", &stack, "--format", format], deadline)
        .map_err(|e| e.context("cannot ask docker for its secrets"))?;
    let lines = listed.lines().filter_map(|line| line.split_once('\t'));
    Ok(lines.map(|(name, key)| Made { name: name.to_owned(), key: key.to_owned() }).collect())
}

/// Makes the secret unless it is there.
pub(super) fn ensure(
    engine: &Engine<'_>,
    known: &[Made],
    (name, key): (&str, &str),
    value: &SecretValue,
    deadline: &Deadline,
) -> Result<()> {
    if known.iter().any(|made| made.name == name) {
        return Ok(());
    }
    fits(key, value)?;
    let (stack, key) = (format!("reseal.stack={}", engine.stack), format!("reseal.key={key}"));
    engine
        .hand(&["secret", "create", "--label", &stack, "--label", &key, name, "-"], value, deadline)
        .map_err(|e| e.context(format!("cannot make docker secret {name:?}")))
}

/// Removes the versions of these keys that are not the present ones. One that a service still has is named.
pub(super) fn remove_replaced(
    engine: &Engine<'_>,
    versions: &BTreeMap<Vec<u8>, String>,
    keys: &[String],
    deadline: &Deadline,
) -> Result<()> {
    let present: Vec<String> =
        keys.iter().filter_map(|key| present(engine.stack, key, versions).ok()).collect();
    let mut replaced = made(engine, deadline)?;
    replaced.retain(|made| keys.contains(&made.key) && !present.contains(&made.name));
    if replaced.is_empty() {
        return Ok(());
    }
    let services = services::all(engine, deadline)?;
    for Made { name, key } in &replaced {
        let users: Vec<&str> =
            services.iter().filter(|s| s.uses(name)).map(|service| service.name.as_str()).collect();
        if !users.is_empty() {
            return Err(Error::failed(format!(
                "docker secret {name:?}, a replaced value of {key:?}, is still used by {}",
                users.join(", ")
            ))
            .hint("have it use the present one, then run `reseal resume`"));
        }
        engine
            .ask(&["secret", "rm", name], deadline)
            .map_err(|e| e.context(format!("cannot remove docker secret {name:?}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_name_has_stack_key_and_version_and_is_never_too_long() {
        assert_eq!(name("shop", "JWT_SECRET", VERSION), "shop_JWT_SECRET_0123456789ab");
        let long = name("a-stack-with-a-long-name", &"K".repeat(60), VERSION);
        assert_eq!(long.len(), LONGEST);
        assert!(long.ends_with("_0123456789ab"), "{long}");
        assert!(name("s", &"é".repeat(40), VERSION).ends_with("é_0123456789ab"));
    }

    #[test]
    fn what_docker_would_refuse_is_refused_before() {
        let of = |bytes: usize| SecretValue::new(vec![b'x'; bytes]);
        assert!(fits("A", &of(1)).is_ok() && fits("A", &of(LARGEST - 1)).is_ok());
        for (key, bytes) in [("A", 0), ("A", LARGEST), ("A B", 1)] {
            assert!(fits(key, &of(bytes)).is_err(), "{key} {bytes}");
        }
    }
}
