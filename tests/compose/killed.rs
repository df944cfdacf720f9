//! SIGKILL while the services are being started again. What the killed run has started goes on by itself, and must not
//! finish after what `resume` starts, with the values of another version.

use super::stack::Version::Two;
use super::stack::{Kind, Stack, until};
use crate::harness::have;

const ENV: &str = "JWT_SECRET=old-and-known\n";

/// Notes when it begins and ends, unless it is only asked. With a file `slow` it takes its time before it begins its work, once.
const SLOW: &str = r#"#!/bin/sh
[ "$1" != config ] || exec COMMAND "$@"
echo "begin $$" >>calls
if [ -e slow ]; then rm slow; : >in-the-middle; sleep 2; fi
COMMAND "$@"
code=$?
echo "end $$" >>calls
exit $code
"#;

#[test]
fn resume_finishes_what_the_wrapper_was_killed_in() {
    if !have("compose::killed", &["docker", "compose", "image", "sops"]) {
        return;
    }
    let stack = killed("wrapper", "./scripts/docker-compose-sops.sh");
    stack.reseal(&["resume"]).ok().says("committed: JWT_SECRET");
    let new = stack.sealed("JWT_SECRET");
    assert_ne!(new, stack.old);
    all_have(&stack, &new);
}

#[test]
fn resume_back_waits_for_a_wrapper_and_then_puts_the_old_value_back() {
    if !have("compose::killed", &["docker", "compose", "image", "sops"]) {
        return;
    }
    back("wrapper", "./scripts/docker-compose-sops.sh");
}

/// Here the orphan holds the new value in its own environment: it would start the services on it whatever the file says.
#[test]
fn resume_back_waits_for_compose_with_the_new_value_and_then_puts_the_old_one_back() {
    if !have("compose::killed", &["docker", "compose", "image", "sops"]) {
        return;
    }
    back("compose", "docker compose");
}

fn back(kind: &str, command: &str) {
    let stack = killed(kind, command);
    stack.reseal(&["resume", "--back"]).ok().says("rolled back");
    assert_eq!(stack.sealed("JWT_SECRET"), stack.old);
    all_have(&stack, &stack.old);
}

/// A project whose rotation was killed once the file was exchanged and the deploy command had begun.
fn killed(kind: &str, command: &str) -> Stack {
    let stack = Stack::running(Two, Kind::Wrapper, ENV);
    stack.project.script("slow-up", &SLOW.replace("COMMAND", command));
    stack.policy(&format!("kind = \"{kind}\"\ncommand = [\"./slow-up\"]"), "20s");
    stack.project.write("slow", "");
    let mut rotation = stack
        .command(env!("CARGO_BIN_EXE_reseal"), &["rotate", "JWT_SECRET", "--yes", "--quiet"])
        .spawn()
        .unwrap();
    until("the deploy command runs", || stack.project.exists("in-the-middle"));
    rotation.kill().unwrap();
    rotation.wait().unwrap();
    assert_ne!(stack.sealed("JWT_SECRET"), stack.old);
    // nothing else may be begun, and it is said what to do
    stack.reseal(&["status"]).code(13).says("reseal resume");
    stack.rotate("JWT_SECRET").code(13).says("reseal resume");
    stack
}

/// Each service has one container, on this value; both commands have ended, the orphan before the other began.
fn all_have(stack: &Stack, value: &str) {
    let calls = stack.project.text("calls");
    let calls: Vec<(&str, &str)> = calls.lines().map(|line| line.split_once(' ').unwrap()).collect();
    assert_eq!(calls.iter().map(|(what, _)| *what).collect::<Vec<_>>(), ["begin", "end", "begin", "end"]);
    assert!(calls[0].1 == calls[1].1 && calls[2].1 == calls[3].1, "{calls:?}");
    for service in ["api", "web"] {
        assert_eq!(stack.seen(service, "JWT_SECRET"), value);
    }
    assert_eq!(stack.containers(None).len(), 2);
    stack.reseal(&["status"]).ok();
    stack.reseal(&["resume"]).ok().says("there is nothing to resume");
}
