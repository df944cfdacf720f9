//! A folder for one test, and short ways to say what it is about.
#![expect(clippy::disallowed_methods, reason = "tests set their own files up")]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::Site;
use crate::config::{DeployConfig, DeployKind};

/// A folder that goes with the test.
pub(super) struct Folder {
    pub(super) root: PathBuf,
}

impl Folder {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("reseal-deploy-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        Folder { root }
    }

    /// Children run here, quietly, with the usual PATH and one variable to know the environment by.
    pub(super) fn site(&self) -> Site {
        let path = std::env::var_os("PATH").unwrap();
        let env = vec![("PATH".into(), path), ("SITE".into(), "yes".into())];
        Site { root: self.root.clone(), env, quiet: true }
    }

    pub(super) fn file(&self, name: &str, text: &str) {
        std::fs::write(self.root.join(name), text).unwrap();
    }

    pub(super) fn may_execute(&self, name: &str) {
        std::fs::set_permissions(self.root.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A program that cannot be "busy": a file just written could be, while another test forks.
    pub(super) fn link(&self, name: &str, to: &str) {
        std::os::unix::fs::symlink(to, self.root.join(name)).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.root.join(name)).unwrap()
    }

    pub(super) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.root.join(name)).unwrap()
    }

    pub(super) fn remove(&self, name: &str) {
        std::fs::remove_file(self.root.join(name)).unwrap();
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.root.join(name).exists()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

pub(super) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&w| w.to_owned()).collect()
}

pub(super) fn deploy(kind: DeployKind, command: &[&str]) -> DeployConfig {
    DeployConfig {
        kind,
        command: words(command),
        steps: vec![],
        timeout: Duration::from_secs(30),
        project: None,
    }
}
