//! Whether those who read the text of the env file read the values in it (I9): what a rotation brings is refused where
//! they cannot, before anything happens; of what is there already it is told.

use super::context::World;
use crate::config::Config;
use crate::dialect::{Dialect, Level, faults};
use crate::error::{Error, Result};
use crate::secret::{SecretName, SecretValue};
use crate::sops::Open;

/// Refuses a value that one of its readers could be given in no text.
pub(super) fn demand(readers: &[Dialect], name: &SecretName, value: &SecretValue) -> Result<()> {
    match faults(readers, name.as_bytes(), value).into_iter().find(|fault| fault.level == Level::Never) {
        Some(fault) => Err(Error::failed(fault.to_string())
            .note("nothing was stored")
            .hint("bring a value without it, or take the reader from `consumers` in reseal.toml")),
        None => Ok(()),
    }
}

/// What readers make of the values that stay.
pub(super) fn remarks<'a>(
    config: &Config,
    open: &Open,
    replaced: impl Iterator<Item = &'a SecretName> + Clone,
) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut plain = Vec::new();
    for entry in open.entries().filter(|e| !replaced.clone().any(|name| name.as_bytes() == e.name)) {
        for fault in faults(&config.consumers, entry.name, entry.value) {
            match fault.level {
                Level::Never => remarks.push(fault.to_string()),
                Level::Quoting => plain.push(format!("{:?}", String::from_utf8_lossy(entry.name))),
            }
        }
    }
    plain.dedup();
    if !plain.is_empty() {
        remarks.push(format!(
            "in a plain env file {} need quoting, which `reseal exec --env-file` and `reseal export` do; `reseal doctor` says for whom",
            plain.join(", ")
        ));
    }
    remarks
}

/// The readers of the env files that a redeploy writes.
pub(super) fn of_deploy<'a>(world: &World<'a>) -> &'a [Dialect] {
    match world.config.deploy.env_files.is_empty() {
        true => &[],
        false => &world.config.deploy.env_format,
    }
}
