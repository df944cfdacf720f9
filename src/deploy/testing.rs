//! A deploy policy for one test.

use std::time::Duration;

use crate::config::{DeployConfig, DeployKind};
pub(super) use crate::process::testing::{Folder, words};

pub(super) fn deploy(kind: DeployKind, command: &[&str]) -> DeployConfig {
    DeployConfig {
        kind,
        command: words(command),
        timeout: Duration::from_secs(30),
        ..DeployConfig::default()
    }
}

/// All values of a file, none of them older than another.
pub(super) fn release<'a>(values: super::Values<'a>) -> super::Release<'a> {
    static NONE: std::collections::BTreeMap<Vec<u8>, String> = std::collections::BTreeMap::new();
    super::Release { values, versions: &NONE, changed: None, files: &[] }
}
