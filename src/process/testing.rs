//! A folder for one test, and short ways to say what it is about.
#![expect(clippy::disallowed_methods, reason = "tests set their own files up")]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Site;

/// A folder that goes with the test.
pub(crate) struct Folder {
    pub(crate) root: PathBuf,
}

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("reseal-deploy-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        Folder { root }
    }

    /// Children run here, quietly, with the usual PATH and one variable to know the environment by.
    pub(crate) fn site(&self) -> Site {
        let path = std::env::var_os("PATH").unwrap();
        let env = vec![("PATH".into(), path), ("SITE".into(), "yes".into())];
        Site { root: self.root.clone(), env, quiet: true }
    }

    pub(crate) fn file(&self, name: &str, text: &str) {
        std::fs::write(self.root.join(name), text).unwrap();
    }

    pub(crate) fn may_execute(&self, name: &str) {
        std::fs::set_permissions(self.root.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A program that cannot be "busy": a file just written could be, while another test forks.
    pub(crate) fn link(&self, name: &str, to: &str) {
        std::os::unix::fs::symlink(to, self.root.join(name)).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.root.join(name)).unwrap()
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.root.join(name)).unwrap()
    }

    pub(crate) fn remove(&self, name: &str) {
        std::fs::remove_file(self.root.join(name)).unwrap();
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.root.join(name).exists()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&w| w.to_owned()).collect()
}
