//! Values in RAM, in a mount namespace of their own: what a command and an editor see, and that nobody else does; that
//! nothing stays, however it ends.

mod compose;
mod edit;
mod killed;
mod shown;
mod users;

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::Project;

/// In no file of the machine by chance.
const VALUE: &str = "zebra-7f3c-quagga";
const ENV: &str = "TOKEN=zebra-7f3c-quagga\nHOST=db\n";

/// An ordinary user that no account is needed for.
const USER: u32 = 12345;

/// The project as this user's, and a command of this user there, who is in the groups given too.
fn as_user(project: &Project, groups: &str, args: &[&str]) -> Command {
    for path in project.files().iter().chain([&project.root]) {
        chown(path, Some(USER), Some(USER)).unwrap();
    }
    if let Ok(meta) = fs::metadata(project.path(".reseal")) {
        assert!(meta.is_dir());
        chown(project.path(".reseal"), Some(USER), Some(USER)).unwrap();
    }
    let groups = if groups.is_empty() { "--clear-groups".to_owned() } else { format!("--groups={groups}") };
    let user = [format!("--reuid={USER}"), format!("--regid={USER}"), groups];
    let mut all: Vec<&str> = user.iter().map(String::as_str).collect();
    all.push(env!("CARGO_BIN_EXE_reseal"));
    all.extend(args);
    project.around("setpriv", &all)
}

/// Waits until it holds, for some seconds.
#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(10), "not within ten seconds: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Nothing of a namespace is left: no empty file, no keeper, no mount that others see.
#[track_caller]
fn nothing_stays(project: &Project, name: &str) {
    until(&format!("{name} is gone"), || !project.exists(name));
    until("the keeper has ended", || keepers(project).is_empty());
    not_mounted(project);
}

/// Outside of the namespace nothing is mounted below the project.
#[track_caller]
fn not_mounted(project: &Project) {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(project.root.to_str().unwrap()), "{mounts}");
}

/// The processes that hold an empty file in this project.
fn keepers(project: &Project) -> Vec<i32> {
    let root = project.root.to_str().unwrap();
    let pids = fs::read_dir("/proc").unwrap().filter_map(|e| e.unwrap().file_name().to_str()?.parse().ok());
    pids.filter(|pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.starts_with("reseal hold ") && line.contains(root)
    })
    .collect()
}

/// No file that anybody can reach by an ordinary path holds the value: the project, which is the home folder too, and
/// the places for temporary files, whatever is not of other projects.
#[track_caller]
fn no_file_holds_the_value(project: &Project) {
    let mut folders = vec![project.root.clone(), "/dev/shm".into(), "/run".into(), "/var/tmp".into()];
    let own = fs::read_dir("/tmp").unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<_> = own.filter(|p| p.is_file()).collect();
    folders.extend(
        fs::read_dir("/tmp")
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("reseal-edit"))),
    );
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                // what an engine knows of its containers is not ours to hide
                Ok(kind) if kind.is_dir() && entry.path().ends_with("run/docker") => {}
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    assert!(files.iter().any(|f| f.ends_with(".env.enc")));
    for file in files {
        if fs::metadata(&file).is_ok_and(|m| m.len() < 1 << 22) && holds(&file) {
            panic!("{file:?} holds the value");
        }
    }
}

fn holds(file: &Path) -> bool {
    fs::read(file).is_ok_and(|bytes| memchr::memmem::find(&bytes, VALUE.as_bytes()).is_some())
}

/// A command that runs until it is let go.
struct Running(Child);

impl Running {
    /// Started by a script that makes `ready` once it has begun and waits for `go`.
    fn start(project: &Project, mut command: Command) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::inherit());
        let running = Running(command.spawn().unwrap());
        until("the command has begun", || project.exists("ready"));
        running
    }

    fn end(mut self, project: &Project) {
        project.write("go", "");
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads the file, says so and waits.
const WAITS: &str =
    "grep -q zebra .env || exit 9; : > ready; while [ ! -e go ]; do sleep 0.01; done; grep -q zebra .env";
