//! Killed at any system call with an effect, and at any time while the command runs: no mount stays, and no file.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{ENV, Running, WAITS, as_user, no_file_holds_the_value, nothing_stays, until};
use crate::harness::{Project, have};

const EFFECTS: &str =
    "openat,write,flock,unshare,mount,umount2,pidfd_open,execve,prctl,capset,?fork,?vfork,clone,clone3";
const COMMAND: [&str; 6] = ["exec", "--env-file", ".env", "--", "cat", ".env"];

#[test]
fn killed_before_any_call_nothing_stays() {
    if !have("private::killed_before_any_call", &["strace"]) {
        return;
    }
    let project = Project::sealed(ENV);
    let calls = calls(&project);
    for name in ["unshare", "mount", "umount2", "pidfd_open"] {
        assert!(calls.iter().any(|(n, _)| n == name), "{name} is not among {calls:?}");
    }
    assert!(calls.len() > 12, "{calls:?}");
    for (name, nth) in &calls {
        let inject = format!("inject={name}:signal=SIGKILL:when={nth}");
        let killed = strace(&project, &["-e", &inject]).status().unwrap();
        assert!(!killed.success(), "{name} {nth} was not met");
        nothing_stays(&project, ".env");
    }
    no_file_holds_the_value(&project);
}

/// The calls of the process itself, until it is the command, but for those that only load it.
fn calls(project: &Project) -> Vec<(String, usize)> {
    let log = project.path("calls");
    let select = format!("trace={EFFECTS}");
    let ended = strace(project, &["-o", log.to_str().unwrap(), "-e", &select]).status().unwrap();
    assert!(ended.success());
    let text = fs::read_to_string(&log).unwrap();
    fs::remove_file(log).unwrap();
    nothing_stays(project, ".env");
    let mut seen: Vec<(String, usize)> = Vec::new();
    let mut kept = Vec::new();
    for line in text.lines() {
        let Some((name, args)) = line.split_once('(') else { continue };
        let nth = seen.iter().filter(|(n, _)| n == name).count() + 1;
        seen.push((name.to_owned(), nth));
        if name == "execve" && nth == 2 {
            break;
        }
        if !(name == "openat" && args.contains("/lib") || name == "execve") {
            kept.push((name.to_owned(), nth));
        }
    }
    kept
}

fn strace(project: &Project, options: &[&str]) -> Command {
    let mut args = vec!["-qq"];
    args.extend(options);
    args.push(env!("CARGO_BIN_EXE_reseal"));
    args.extend(COMMAND);
    let mut command = project.around("strace", &args);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn a_command_that_is_killed_leaves_nothing() {
    let project = Project::sealed(ENV);
    for _ in 0..3 {
        let command = project.command(&["exec", "--env-file", ".env", "--", "sh", "-c", WAITS]);
        // dropping it kills it
        drop(Running::start(&project, command));
        nothing_stays(&project, ".env");
        project.remove("ready");
    }
    for wait in [0, 1, 2, 4, 8, 16] {
        let mut child = project.command(&["exec", "--env-file", ".env", "--", "sleep", "9"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        nothing_stays(&project, ".env");
    }
}

#[test]
fn a_command_of_an_ordinary_user_that_is_killed_leaves_nothing() {
    if !have("private::a_command_of_an_ordinary_user", &["other-user"]) {
        return;
    }
    let project = Project::sealed(ENV);
    for wait in [None, Some(0), Some(3), Some(9), Some(27)] {
        let mut command = as_user(&project, "", &["exec", "--env-file", ".env", "--", "sh", "-c", WAITS]);
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        match wait {
            None => until("the command has begun", || project.exists("ready")),
            Some(wait) => std::thread::sleep(Duration::from_millis(wait)),
        }
        child.kill().unwrap();
        child.wait().unwrap();
        nothing_stays(&project, ".env");
    }
    no_file_holds_the_value(&project);
}

#[test]
fn what_the_command_leaves_running_loses_the_file_with_it() {
    let project = Project::sealed(ENV);
    let script =
        "(until [ -e go ]; do sleep 0.01; done; cat .env > left 2>&1; : > ready) >/dev/null 2>&1 & :";
    project.run(&["exec", "--env-file", ".env", "--", "sh", "-c", script]).ok();
    nothing_stays(&project, ".env");
    project.write("go", "");
    until("it has looked", || project.exists("ready"));
    assert!(!super::holds(&project.path("left")));
}
