//! A deploy policy for one test.

use std::time::Duration;

use crate::config::{DeployConfig, DeployKind};
pub(super) use crate::process::testing::{Folder, words};

pub(super) fn deploy(kind: DeployKind, command: &[&str]) -> DeployConfig {
    DeployConfig {
        kind,
        command: words(command),
        steps: vec![],
        timeout: Duration::from_secs(30),
        project: None,
    }
}
