//! What is meant: which secrets, or which replaced values, in which order.

use std::collections::BTreeMap;
use std::path::Path;

use super::context::Brought;
use crate::audit::{Grace, History};
use crate::config::{Config, Policy};
use crate::disk::quoted;
use crate::error::{Error, Result};
use crate::secret::{Origin, SecretName, nearest};
use crate::sops::Open;

/// What the user asks for.
pub struct Ask {
    /// Of what.
    pub wanted: Wanted,
    /// Whether services are started anew.
    pub deploy: bool,
    /// Leave no replaced value to count, and end the sessions that it opened.
    pub emergency: bool,
    /// Why.
    pub reason: Option<String>,
    /// Values that a person brought; `None` where only a plan is wanted.
    pub brought: Option<Brought>,
}

impl Ask {
    /// Where nobody brings a value, and there is no haste.
    pub fn of(wanted: Wanted, deploy: bool, reason: Option<String>) -> Self {
        Ask { wanted, deploy, emergency: false, reason, brought: Some(Brought::new()) }
    }
}

/// What is to be done.
pub enum Wanted {
    /// New values.
    New {
        /// Keys by name.
        names: Vec<SecretName>,
        /// Whole groups.
        groups: Vec<String>,
        /// Every secret of the policy.
        all: bool,
    },
    /// Values of a backup.
    Earlier {
        /// Keys by name.
        names: Vec<SecretName>,
        /// The id of the backup.
        from: String,
    },
    /// Replaced values are taken away.
    Ended {
        /// Of these secrets, whether their time is over or not.
        names: Vec<SecretName>,
        /// Of every secret, where their time is over.
        due: bool,
    },
}

/// The secrets whose new values a person must bring.
pub fn to_be_brought(config: &Config, wanted: &Wanted) -> Result<Vec<SecretName>> {
    let Wanted::New { names, groups, all } = wanted else { return Ok(Vec::new()) };
    let mut names = named(config, names, groups, *all)?;
    names.retain(|name| config.secrets.get(name).is_some_and(|p| p.generate == Origin::Brought));
    names.sort();
    names.dedup();
    Ok(names)
}

/// The secrets of a policy that names and groups mean, each once. `any`: all that have no name may be meant.
pub(super) fn named(
    config: &Config,
    names: &[SecretName],
    groups: &[String],
    all: bool,
) -> Result<Vec<SecretName>> {
    let mut wanted = names.to_vec();
    for group in groups {
        let members = config.secrets.iter().filter(|(_, p)| p.group.as_ref() == Some(group));
        let before = wanted.len();
        wanted.extend(members.map(|(name, _)| name.clone()));
        if wanted.len() == before {
            let mut known: Vec<&str> = config.secrets.values().filter_map(|p| p.group.as_deref()).collect();
            known.sort_unstable();
            known.dedup();
            let error = Error::usage(format!("no secret of the policy is in group {group:?}"));
            return Err(if known.is_empty() {
                error.hint("give secrets a `group` in reseal.toml")
            } else {
                error.hint(format!("there are: {}", known.join(", ")))
            });
        }
    }
    if all {
        wanted.extend(config.secrets.keys().cloned());
    }
    if wanted.is_empty() {
        let error = Error::usage("nothing to rotate: no key is named");
        return Err(if config.secrets.is_empty() {
            error.hint("name the keys, e.g. `reseal rotate JWT_SECRET`, or describe them in reseal.toml")
        } else {
            error.hint("name the keys, or say `--all` for all secrets of the policy")
        });
    }
    Ok(wanted)
}

/// Each once, in the order in which they are applied: that of the file, but a password with which an admin changes
/// others comes after those.
pub(super) fn ordered(config: &Config, open: &Open, mut wanted: Vec<SecretName>) -> Vec<SecretName> {
    let place = |name: &SecretName| open.entries().position(|e| e.name == name.as_bytes());
    wanted.sort_by_key(|name| (depth(&config.secrets, name, 0), place(name), name.clone()));
    wanted.dedup();
    wanted
}

/// How many secrets stand before this one in the longest chain of those that change with its help.
fn depth(secrets: &BTreeMap<SecretName, Policy>, name: &SecretName, so_far: usize) -> usize {
    // a circle of admins has no first one
    if so_far > secrets.len() {
        return so_far;
    }
    let helps = |policy: &Policy| policy.target.iter().any(|t| t.needs().any(|key| key == name));
    let helped = secrets.iter().filter(|(other, policy)| *other != name && helps(policy));
    helped.map(|(other, _)| 1 + depth(secrets, other, so_far + 1)).max().unwrap_or(0)
}

/// The key must be there once, and lie encrypted.
pub(super) fn changeable(open: &Open, name: &SecretName) -> Result<()> {
    changeable_in(open, name, None)
}

/// The same of a mirror.
pub(super) fn changeable_in(open: &Open, name: &SecretName, mirror: Option<&Path>) -> Result<()> {
    let set = mirror.map_or_else(|| "set".to_owned(), |file| format!("-f {} set", quoted(file)));
    match open.places(name.as_bytes()).as_slice() {
        [] => {
            let names = open.entries().filter_map(|e| std::str::from_utf8(e.name).ok());
            let error = Error::failed(format!("key \"{name}\" is not in the file"));
            Err(match nearest(names, name.as_str()) {
                Some(near) => error.hint(format!("did you mean {near:?}?")),
                None => error.hint(format!("make it with `reseal {set} {name} --generate alnum:32`")),
            })
        }
        [_] if !open.encrypts(name) => Err(in_clear(open, name)),
        [_] => Ok(()),
        lines => {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            Err(Error::failed(format!("key \"{name}\" stands on lines {}", lines.join(" and ")))
                .note("programs see the last one")
                .hint(format!("leave one with `reseal {set} {name}`")))
        }
    }
}

pub(super) fn in_clear(open: &Open, name: &SecretName) -> Error {
    Error::failed(format!("key \"{name}\" would lie in the file unencrypted: its rule is {}", open.rule()))
}

/// The replaced values that are to be taken away.
pub(super) fn ending(
    history: &History,
    names: &[SecretName],
    due: bool,
    now: jiff::Timestamp,
) -> Result<Vec<Grace>> {
    let named = |grace: &Grace| names.iter().any(|name| name.as_str() == grace.secret);
    let wanted = |grace: &&Grace| {
        if due { grace.is_over(now) && (names.is_empty() || named(grace)) } else { named(grace) }
    };
    let found: Vec<Grace> = history.graces().filter(wanted).cloned().collect();
    if let Some(name) = names.iter().find(|name| !history.graces().any(|g| g.secret == name.as_str())) {
        return Err(Error::failed(format!("no replaced value of \"{name}\" still counts"))
            .hint("see `reseal status`"));
    }
    Ok(found)
}
