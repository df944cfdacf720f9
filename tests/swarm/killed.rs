//! SIGKILL while the stack is being deployed. What the killed run has started goes on by itself.

use super::stack::Stack;
use crate::compose::stack::until;
use crate::harness::have;

#[test]
fn resume_finishes_what_it_was_killed_in() {
    if !have("swarm::killed", &["docker", "image", "swarm"]) {
        return;
    }
    let stack = killed();
    stack.reseal(&["resume"]).ok().says("committed: JWT_SECRET");
    let new = stack.project.get("JWT_SECRET");
    assert_ne!(new, stack.jwt);
    stack.both_have(&new);
    assert_eq!(stack.secrets("JWT_SECRET").len(), 1);
    stack.nothing_is_left();
}

#[test]
fn resume_back_puts_the_old_secret_back() {
    if !have("swarm::killed", &["docker", "image", "swarm"]) {
        return;
    }
    let stack = killed();
    stack.reseal(&["resume", "--back"]).ok().says("rolled back");
    assert_eq!(stack.project.get("JWT_SECRET"), stack.jwt);
    stack.both_have(&stack.jwt);
    assert_eq!(stack.secrets("JWT_SECRET").len(), 1);
    stack.nothing_is_left();
}

/// A stack whose rotation was killed after the file was exchanged and the new docker secret made.
fn killed() -> Stack {
    let stack = Stack::running();
    stack.project.write("slow", "");
    let mut rotation = stack.project.command(&["rotate", "JWT_SECRET", "--yes", "--quiet"]).spawn().unwrap();
    until("docker deploys", || stack.project.exists("in-the-middle"));
    rotation.kill().unwrap();
    rotation.wait().unwrap();
    assert_eq!(stack.secrets("JWT_SECRET").len(), 2);
    stack.reseal(&["deploy"]).code(13).says("reseal resume");
    stack
}
