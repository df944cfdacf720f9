//! A throw-away repository, and things that must not get into it.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use sha2::{Digest, Sha256};

use crate::harness::{Output, Project};

/// A repository in a folder of its own: the project around it holds what must not be seen.
pub struct Repo {
    pub project: Project,
    pub folder: PathBuf,
}

/// The folder of the program.
fn program_folder() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_reseal")).parent().unwrap()
}

impl Repo {
    /// Without a commit, on the branch `main`.
    pub fn new() -> Self {
        let project = Project::empty();
        let folder = project.path("r");
        std::fs::create_dir(&folder).unwrap();
        let repo = Repo { project, folder };
        repo.git(&["init", "-q", "-b", "main"]).ok();
        repo.git(&["config", "user.name", "nobody"]).ok();
        repo.git(&["config", "user.email", "nobody@example.com"]).ok();
        repo
    }

    /// With the guard and a commit.
    pub fn guarded() -> Self {
        let repo = Repo::new();
        repo.write("README", "nothing to see\n");
        repo.reseal(&["hook", "install"]).ok();
        repo.commits(&["-qm", "first"]);
        repo
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.join(name)
    }

    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn script(&self, name: &str, content: &str) {
        self.write(name, content);
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// A program in a folder of the repository, with the tested one first in PATH.
    pub fn command(&self, folder: &str, program: &str, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = self.project.around(program, args);
        let old = std::env::var_os("PATH").unwrap_or_default();
        let mut path = OsString::from(program_folder());
        path.push(":");
        path.push(old);
        command.env("PATH", path).current_dir(self.path(folder)).env("GIT_EDITOR", "true");
        command
    }

    pub fn run(&self, program: &str, args: &[impl AsRef<OsStr>]) -> Output {
        Output::of(&mut self.command("", program, args))
    }

    pub fn git(&self, args: &[impl AsRef<OsStr>]) -> Output {
        self.run("git", args)
    }

    pub fn reseal(&self, args: &[impl AsRef<OsStr>]) -> Output {
        self.run(env!("CARGO_BIN_EXE_reseal"), args)
    }

    /// `git add -A`, and a commit that the guard lets pass.
    #[track_caller]
    pub fn commits(&self, args: &[&str]) {
        self.git(&["add", "-A"]).ok();
        self.git(&[&["commit"], args].concat()).ok();
    }

    /// A commit that the guard refuses, with the lines about it.
    #[track_caller]
    pub fn refuses(&self, args: &[&str]) -> String {
        let before = self.head();
        let output = self.git(&[&["commit", "-qm", "refused"], args].concat()).code(1);
        assert_eq!(self.head(), before, "there is a commit");
        assert!(output.stderr.contains("finding"), "{}", output.shown());
        // what a hook prints, git passes on to standard error
        [output.stdout, output.stderr].concat()
    }

    pub fn head(&self) -> String {
        self.git(&["rev-parse", "-q", "--verify", "HEAD"]).stdout.trim().to_owned()
    }
}

/// A private key as openssl writes it, another for each number.
pub fn key(n: u8) -> String {
    let seed: [u8; 32] = Sha256::digest([b'k', n]).into();
    let pem = SigningKey::from_bytes(&seed).to_pkcs8_pem(Default::default()).unwrap();
    pem.to_string()
}

/// A line that gives a password away, another for each number, as many a language writes it.
pub fn guess(n: u8) -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let digest = Sha256::digest([b'p', n]);
    let password: String =
        digest.iter().take(20).map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()])).collect();
    format!("db_password = \"{password}\"\n")
}
