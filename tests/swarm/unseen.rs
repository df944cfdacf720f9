//! Where a value must not be seen, while a stack is deployed and rotated: arguments, what docker says of services, tasks
//! and secrets, its events, and the project's files.

use super::stack::Stack;
use crate::compose::stack::docker;
use crate::harness::have;

#[test]
fn a_value_that_is_a_docker_secret_is_seen_in_its_tasks_alone() {
    if !have("swarm::unseen", &["docker", "image", "swarm"]) {
        return;
    }
    let since = docker(&["info", "--format", "{{.SystemTime}}"]);
    let stack = Stack::running();
    let argv = stack.project.path("calls");
    let traced = std::process::Command::new("strace").arg("-V").output().is_ok();
    let output = if traced {
        let trace = stack.project.path("trace");
        let reseal = env!("CARGO_BIN_EXE_reseal");
        let args = ["-f", "-qq", "-s", "65536", "-e", "trace=execve", "-o", trace.to_str().unwrap(), reseal];
        let mut command = stack.project.around("strace", &args);
        command.args(["rotate", "JWT_SECRET", "--yes"]);
        crate::harness::Output::of(&mut command)
    } else {
        stack.rotate("JWT_SECRET")
    };
    let output = output.ok();
    let new = stack.project.get("JWT_SECRET");
    stack.both_have(&new);
    let old = &stack.jwt;

    let service = format!("{}_api", stack.name);
    let mut seen = docker(&["service", "inspect", &service]);
    let tasks = docker(&["service", "ps", "--quiet", "--no-trunc", &service]);
    for task in tasks.lines() {
        seen += &docker(&["inspect", "--type", "task", task]);
    }
    for secret in stack.secrets("JWT_SECRET") {
        seen += &docker(&["secret", "inspect", &secret]);
    }
    let until = docker(&["info", "--format", "{{.SystemTime}}"]);
    let events =
        docker(&["events", "--since", since.trim(), "--until", until.trim(), "--format", "{{json .}}"]);
    assert!(events.contains(&stack.name), "the events are of this time");
    let calls = std::fs::read_to_string(argv).unwrap();
    assert!(calls.contains("secret create --label") && calls.contains("stack deploy"), "{calls}");
    for text in [&seen, &events, &calls, &output.stdout, &output.stderr] {
        assert!(!text.contains(&new) && !text.contains(old.as_str()), "a value is in clear");
    }
    for path in stack.project.files() {
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&new) && !text.contains(old.as_str()), "a value is in {path:?}");
    }
}
