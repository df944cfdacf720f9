//! Every exit code, reached by a situation that a user can get into. The table is `docs/exit-codes.md`.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::cmd::ENV;
use crate::cmd::rotate::deployed;
use crate::harness::{Output, Project};

/// The codes of our own. `exec` adds 126, 127 and those of its command.
const CODES: [i32; 11] = [0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 130];

#[test]
fn the_documented_codes_are_those_that_are_tested() {
    let tests = include_str!("exit_codes.rs");
    for code in CODES {
        assert!(tests.contains(&format!("\nfn code_{code}_")), "no test reaches {code}");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/exit-codes.md");
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let number =
        |line: &str| line.strip_prefix('|')?.split('|').next()?.trim().trim_matches('`').parse().ok();
    let documented: BTreeSet<i32> = text.lines().filter_map(number).collect();
    let own: BTreeSet<i32> = documented.into_iter().filter(|c| ![126, 127].contains(c)).collect();
    assert_eq!(own, BTreeSet::from(CODES));
}

/// A wrapper that leaves its process id in `pid` and waits as long as there is a file `slow`.
const SLOW: &str =
    "#!/bin/sh\n[ -e slow ] && echo $$ >pid.tmp && mv pid.tmp pid\nwhile [ -e slow ]; do sleep 0.02; done\n";

/// A project with a rotation that is held up in the middle of its deployment.
pub struct HeldUp {
    pub project: Project,
    pub rotation: Child,
}

impl HeldUp {
    pub fn new() -> Self {
        let project = deployed();
        project.script("up", SLOW);
        project.write("slow", "");
        let mut command = project.command(&["rotate", "JWT_SECRET", "--yes"]);
        let rotation = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("the wrapper is running", || project.exists("pid"));
        HeldUp { project, rotation }
    }

    /// Lets the wrapper end, and gives what the rotation answered.
    pub fn let_go(self) -> (Project, Output) {
        self.project.remove("slow");
        (self.project, Output::from(self.rotation.wait_with_output().unwrap()))
    }

    /// Kills the rotation with SIGKILL, and lets the wrapper end, which outlives it.
    pub fn killed(mut self) -> Project {
        self.rotation.kill().unwrap();
        self.rotation.wait().unwrap();
        self.project.remove("slow");
        let pid = format!("/proc/{}", self.project.text("pid").trim());
        until("the wrapper has ended", || !std::path::Path::new(&pid).exists());
        self.project
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.rotation.id().cast_signed()).unwrap();
        kill_process(pid, signal).unwrap();
    }
}

#[track_caller]
pub fn until(what: &str, done: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < limit, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn code_0_done() {
    let project = Project::sealed(ENV);
    project.run(&["get", "DB_HOST"]).code(0);
    project.run(&["rotate", "JWT_SECRET", "-y"]).code(0);
    project.run(&["status", "--check"]).code(0);
}

#[test]
fn code_1_failed_and_nothing_was_changed() {
    let project = Project::sealed(ENV);
    project.run(&["get", "NOPE"]).code(1);
    project.pipe(&["set", "DB_HOST"], "").code(1);
    project.run(&["-C", "nowhere", "list"]).code(1);
    Project::empty().run(&["rotate", "A", "-y"]).code(1);
}

#[test]
fn code_2_usage_and_policy() {
    let project = Project::sealed(ENV);
    project.run(&["no-such-command"]).code(2);
    project.run(&["set", "DB_HOST", "VALUE"]).code(2);
    project.run(&["rotate", "JWT_SECRET"]).code(2);
    project.write("reseal.toml", "fiel = \"x\"\n");
    project.run(&["list"]).code(2);
}

#[test]
fn code_3_something_found_or_due() {
    let project = Project::sealed(ENV);
    project.write(".env", ENV);
    project.run(&["doctor"]).code(3);
    project.remove(".env");
    project.run(&["doctor"]).code(0);
}

#[test]
fn code_10_rolled_back() {
    let project = deployed();
    let before = project.read(".env.enc");
    project.script("up", "#!/bin/sh\n[ -e tried ] && exit 0\n: >tried\nexit 3\n");
    project.run(&["rotate", "JWT_SECRET", "-y"]).code(10).says("rolled back");
    assert!(project.read(".env.enc") == before);
    project.run(&["status"]).code(0);
}

#[test]
fn code_11_another_process_is_at_work() {
    let held = HeldUp::new();
    let project = &held.project;
    let live = project.read(".env.enc");
    for args in [
        &["set", "DB_HOST", "--generate", "uuid"][..],
        &["unset", "DB_HOST"],
        &["rotate", "DB_HOST", "-y"],
        &["backup", "create"],
        &["doctor", "--fix"],
        &["resume"],
    ] {
        project.run(args).code(11).says("note: nothing was changed").says("hint: wait");
    }
    assert!(project.read(".env.enc") == live);
    // who only reads is never kept waiting, and sees a whole file
    project.run(&["get", "DB_HOST"]).code(0);
    project.run(&["exec", "--", "true"]).code(0);
    let (project, output) = held.let_go();
    output.code(0);
    project.run(&["set", "DB_HOST", "--generate", "uuid"]).code(0);
}

#[test]
fn code_12_no_identity() {
    let project = Project::sealed(ENV);
    project.remove("age.key");
    for args in [&["get", "DB_HOST"][..], &["rotate", "DB_HOST", "-y"], &["exec", "--", "true"], &["decrypt"]]
    {
        project.run(args).code(12);
    }
    project.pipe(&["set", "DB_HOST"], "x").code(12);
    project.run(&["list"]).code(0);
}

#[test]
fn code_13_unfinished() {
    let project = HeldUp::new().killed();
    let live = project.read(".env.enc");
    project.run(&["status"]).code(13).says("reseal resume");
    project.run(&["rotate", "DB_HOST", "-y"]).code(13).says("reseal resume");
    project.run(&["set", "DB_HOST", "--generate", "uuid"]).code(13);
    project.run(&["unset", "DB_HOST"]).code(13);
    assert!(project.read(".env.enc") == live);
    project.run(&["get", "DB_HOST"]).code(0);
    project.run(&["resume"]).code(0);
    project.run(&["status"]).code(0);
}

#[test]
fn code_14_stuck() {
    let project = deployed();
    let before = project.read(".env.enc");
    project.script("up", "#!/bin/sh\nexit 3\n");
    project.run(&["rotate", "JWT_SECRET", "-y"]).code(14).says("previous.enc").says("reseal resume");
    project.run(&["resume"]).code(14);
    assert!(project.read(".env.enc") == before);
    project.script("up", "#!/bin/sh\n");
    project.run(&["resume"]).code(10);
}

#[test]
fn code_15_integrity() {
    let project = Project::sealed(ENV);
    let text = project.text(".env.enc");
    project.write(".env.enc", text.replacen("JWT_SECRET=", "JWT_TOKEN=", 1));
    project.run(&["get", "DB_HOST"]).code(15);
    project.run(&["rotate", "DB_HOST", "-y"]).code(15);
    // a value that was taken out is seen by the MAC only
    let without: String =
        text.lines().filter(|l| !l.starts_with("DB_HOST=")).map(|l| format!("{l}\n")).collect();
    project.write(".env.enc", without);
    project.run(&["get", "JWT_SECRET"]).code(15);
}

#[test]
fn code_130_interrupted() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let held = HeldUp::new();
        held.signal(signal);
        let (project, output) = held.let_go();
        output.code(130).says("is not finished").says("reseal resume");
        project.run(&["status"]).code(13);
        project.run(&["resume", "--back"]).code(0);
        assert_eq!(project.get("JWT_SECRET"), "0123456789abcdef0123456789abcdef");
    }
}

#[test]
fn exec_passes_the_code_of_its_command_through() {
    let project = Project::sealed(ENV);
    for code in [0, 1, 3, 42, 130, 255] {
        project.run(&["exec", "--", "sh", "-c", &format!("exit {code}")]).code(code);
    }
    project.run(&["exec", "--", "no-such-program"]).code(127);
    project.write("plain", "text");
    project.run(&["exec", "--", "./plain"]).code(126);
}

#[test]
fn a_command_of_exec_that_dies_of_a_signal_dies_of_it_for_the_shell_too() {
    let project = Project::sealed(ENV);
    for (signal, code) in [("TERM", 143), ("KILL", 137), ("USR1", 138)] {
        let script = format!("\"$0\" exec -- sh -c 'kill -{signal} $$'; exit $?");
        let mut command = project.around("sh", &["-c", &script, env!("CARGO_BIN_EXE_reseal")]);
        Output::of(&mut command).code(code);
    }
    assert_eq!(project.run(&["exec", "--", "sh", "-c", "kill -TERM $$"]).code, None);
}
