//! Docker Swarm: values are docker secrets, or come to a stack by its files.
//!
//! A docker secret cannot be changed, so each value is one of its own, named after its version in the sealed file. What
//! runs is thereby a function of the sealed file alone: done twice it is done once, and going back finds, or makes, the
//! secret of before under its old name (I5). The engine replaces task by task and says how that went; whoever calls
//! gets an error if it took its update back.
//!
//! With `files`, the operator's own stack files are deployed as they are, but for their secrets. Without, the secrets of
//! running services are exchanged one by one. Replaced secrets go only after the commit, by [`tidy`].

mod converge;
mod engine;
mod files;
mod secrets;
mod services;
mod text;

use std::collections::BTreeMap;

use super::{Intent, Release, Values, handed};
use crate::config::DeployConfig;
use crate::error::{Error, Result};
use crate::process::{Deadline, Site};
use engine::Engine;

/// What the engine takes as one secret, and less: "larger than 0 and less than 512000 bytes".
const LARGEST: usize = 512_000;

/// Checks that the engine answers and manages a swarm, and that the stack files can be read.
pub(super) fn preflight(config: &DeployConfig, site: &Site) -> Result<()> {
    let engine = Engine::new(config, site)?;
    engine.manages()?;
    if !config.env_files.is_empty() {
        handed::can_show(config, site)?;
    }
    files::read(config, site).map(drop)
}

/// Checks the values of the keys that are docker secrets, and those that services get by the environment.
pub(super) fn carries(config: &DeployConfig, site: &Site, values: Values<'_>) -> Result<()> {
    if config.files.is_empty() {
        // which keys are docker secrets, the engine says: each is checked before one is made
        return Ok(());
    }
    for file in files::read(config, site)? {
        for key in file.keys() {
            secrets::fits(key, value(values, key).map_err(|e| e.context(file.shown()))?)?;
        }
    }
    handed::fits_environment(values)
}

/// Deploys the stack, or exchanges the secrets of services, and waits until what runs is what was asked for.
pub(super) fn redeploy(config: &DeployConfig, site: &Site, release: &Release<'_>) -> Result<()> {
    let engine = Engine::new(config, site)?;
    let deadline = Deadline::new(config.timeout);
    if config.files.is_empty() {
        return services::exchange(&engine, release, &deadline);
    }
    files::deploy(&engine, release, &deadline)
}

/// What is called, and what a change does not reach.
pub(super) fn intent(config: &DeployConfig, site: &Site, release: &Release<'_>) -> Result<Intent> {
    let stack = config.stack.as_deref().unwrap_or_default();
    if config.files.is_empty() {
        let lines = vec![format!("docker service update, for the secrets of stack {stack}")];
        let remarks = services::remarks(&Engine::new(config, site)?, release)?;
        return Ok(Intent { lines, remarks, ..Intent::default() });
    }
    let files: String = config.files.iter().map(|path| format!(" -c {}", path.display())).collect();
    Ok(Intent {
        lines: vec![format!("docker stack deploy{files} {stack}")],
        remarks: files::remarks(config, site, release)?,
        ..Intent::default()
    })
}

/// Removes the docker secrets that hold replaced values of these keys.
pub(super) fn tidy(
    config: &DeployConfig,
    site: &Site,
    versions: &BTreeMap<Vec<u8>, String>,
    keys: &[String],
) -> Result<()> {
    let engine = Engine::new(config, site)?;
    secrets::remove_replaced(&engine, versions, keys, &Deadline::new(config.timeout))
}

fn value<'a>(values: Values<'a>, key: &str) -> Result<&'a crate::secret::SecretValue> {
    let found = values.iter().rev().find(|(name, _)| *name == key.as_bytes());
    found.map(|(_, value)| *value).ok_or_else(|| {
        Error::failed(format!("there is no key {key:?} in the sealed file"))
            .hint(format!("make it with `reseal set {key}`"))
    })
}
