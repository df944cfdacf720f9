//! Whether those who read the text of the env file read the values in it (I9): what a rotation brings is refused where
//! they cannot, before anything happens; of what is there already it is told.

use super::context::World;
use crate::config::{Config, DeployKind};
use crate::dialect::{Dialect, Level, faults};
use crate::error::{Error, Result};
use crate::secret::{SecretName, SecretValue};
use crate::sops::Open;

/// Refuses a value that one of its readers could be given in no text, or that would not get to them unchanged.
pub(super) fn demand(world: &World<'_>, name: &SecretName, value: &SecretValue) -> Result<()> {
    let refused = |what: String| Error::failed(what).note("nothing was stored");
    if changed_by_engine(world.config, value) {
        return Err(refused(format!("the value for \"{name}\" is not UTF-8, and {CHANGED}")));
    }
    let readers = [world.config.consumers.as_slice(), of_deploy(world.config)].concat();
    match faults(&readers, name.as_bytes(), value).into_iter().find(|fault| fault.level == Level::Never) {
        Some(fault) => Err(refused(fault.to_string())
            .hint("bring a value without it, or take the reader from `consumers` in reseal.toml")),
        None => Ok(()),
    }
}

/// The same of a value that comes back: it was there, so that a consumer's trouble with it is none of ours; but the env
/// files of the redeploy must hold it.
pub(super) fn demand_again(config: &Config, name: &SecretName, value: &SecretValue) -> Result<()> {
    let mut faults = faults(of_deploy(config), name.as_bytes(), value).into_iter();
    match faults.find(|fault| fault.level == Level::Never) {
        Some(fault) => Err(Error::failed(fault.to_string()).note("nothing was changed")),
        None => Ok(()),
    }
}

/// What becomes of the values that stay.
pub(super) fn remarks(config: &Config, open: &Open, replaced: &[&SecretName]) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut plain = Vec::new();
    for entry in open.entries().filter(|e| !replaced.iter().any(|name| name.as_bytes() == e.name)) {
        let key = format!("{:?}", String::from_utf8_lossy(entry.name));
        if changed_by_engine(config, entry.value) {
            remarks.push(format!("the value of {key} is not UTF-8, and {CHANGED}"));
        }
        let faults = faults(&config.consumers, entry.name, entry.value);
        remarks.extend(faults.iter().filter(|f| f.level == Level::Never).map(ToString::to_string));
        if faults.iter().any(|fault| fault.level == Level::Quoting) {
            plain.push(key);
        }
    }
    if !plain.is_empty() {
        remarks.push(format!(
            "in a plain env file {} must be quoted, as `reseal exec --env-file` and `reseal export` do; for whom, `reseal doctor` says",
            plain.join(", ")
        ));
    }
    remarks
}

/// What the engine's interface is: JSON.
const CHANGED: &str = "compose would hand it to containers with U+FFFD in its place";

fn changed_by_engine(config: &Config, value: &SecretValue) -> bool {
    config.deploy.kind == DeployKind::Compose && value.expose_str().is_none()
}

/// The readers of the env files that a redeploy writes.
fn of_deploy(config: &Config) -> &[Dialect] {
    match config.deploy.env_files.is_empty() {
        true => &[],
        false => &config.deploy.env_format,
    }
}
