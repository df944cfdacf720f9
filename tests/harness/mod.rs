//! A throw-away project, the program run in it, and the real programs beside it.
//!
//! Nothing of the machine's own keys or settings reaches a test: the environment is cleared, `HOME` is the project.

mod output;
mod programs;
pub mod servers;

pub use output::Output;
pub use programs::have;

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The key of every project that does not say otherwise; throw-away.
pub const IDENTITY: &str = "AGE-SECRET-KEY-1VQDJKDS4DMVCQYFHSXP9D6J9MEXQLGA9DJRMADXUJWZC5S44965SFD4KR5";
/// Its public half.
pub const RECIPIENT: &str = "age1f0cahg8zs7nmkv8hl6kjqx9fs7fcxej8xuwfz7nfppnkpqf3jprqa555yy";

/// A folder that is removed when the test ends well, and kept for a look when it fails.
pub struct Project {
    pub root: PathBuf,
}

impl Project {
    /// An empty folder with a key in `age.key`.
    pub fn empty() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("reseal-test-{}-{n}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        let root = fs::canonicalize(root).unwrap();
        let project = Project { root };
        project.write("age.key", format!("{IDENTITY}\n"));
        project
    }

    /// With `.env.enc`, sealed by this program from `env`.
    pub fn sealed(env: &str) -> Self {
        let project = Project::empty();
        project.write("plain", env);
        project.run(&["encrypt", "plain", "-o", ".env.enc"]).ok();
        project.remove("plain");
        let _ = fs::remove_dir_all(project.path(".reseal"));
        project
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file, 0600.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        self.chmod(name, 0o600);
    }

    /// Writes a script, 0755.
    pub fn script(&self, name: &str, content: &str) {
        self.write(name, content);
        self.chmod(name, 0o755);
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path(name).symlink_metadata().is_ok()
    }

    pub fn chmod(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o7777
    }

    /// The program in this project, with its key, and an environment that holds nothing else.
    pub fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        self.around(env!("CARGO_BIN_EXE_reseal"), args)
    }

    /// Another program in this project, with the same environment.
    pub fn around(&self, program: impl AsRef<OsStr>, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(&self.root)
            .env_clear()
            .env("HOME", &self.root)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("SOPS_AGE_KEY_FILE", self.path("age.key"))
            .env("SOPS_DISABLE_VERSION_CHECK", "1")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program with nothing on standard input.
    pub fn run(&self, args: &[impl AsRef<OsStr>]) -> Output {
        Output::of(&mut self.command(args))
    }

    /// Runs the program with `input` on standard input.
    pub fn pipe(&self, args: &[impl AsRef<OsStr>], input: impl AsRef<[u8]>) -> Output {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // a program that refuses before it reads closes the pipe; that is its right
        let _ = child.stdin.take().unwrap().write_all(input.as_ref());
        Output::from(child.wait_with_output().unwrap())
    }

    /// One value, as the program gives it.
    pub fn get(&self, key: &str) -> String {
        self.run(&["get", "-n", key]).ok().stdout
    }

    /// Runs the real sops in this project.
    pub fn sops(&self, args: &[impl AsRef<OsStr>]) -> Output {
        Output::of(&mut self.around("sops", args))
    }

    /// The sealed file in plain, as the real sops reads it.
    pub fn sops_decrypt(&self, name: &str) -> Vec<u8> {
        let args = ["decrypt", "--input-type", "dotenv", "--output-type", "dotenv", name];
        let output = self.around("sops", &args).output().unwrap();
        assert!(output.status.success(), "sops: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Every regular file below the project, for searches.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let kind = entry.file_type().unwrap();
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    found.push(entry.path());
                }
            }
        }
        found.sort();
        found
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}
