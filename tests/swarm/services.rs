//! Services without a stack file: their docker secrets are exchanged where they are.

use super::stack::Stack;
use crate::compose::stack::{docker, until};
use crate::harness::have;

/// A service by hand, with a docker secret that is called like the key.
fn by_hand(stack: &Stack, service: &str, health: &[&str]) {
    let name = format!("{}_{service}", stack.name);
    let label = format!("com.docker.stack.namespace={}", stack.name);
    let secret = format!("source={}_jwt_secret,target=signing,uid=1000,mode=0400", stack.name);
    let mut args =
        vec!["service", "create", "--detach", "--name", &name, "--label", &label, "--secret", &secret];
    args.extend(["--replicas", "2", "--stop-grace-period", "0s", "--update-monitor", "300ms"]);
    args.extend(["--restart-delay", "100ms", "--rollback-monitor", "300ms"]);
    args.extend(health);
    args.extend(["reseal-test:1", "sleep", "600"]);
    docker(&args);
}

fn stack() -> Stack {
    let stack = Stack::new("");
    let name = format!("{}_jwt_secret", stack.name);
    stack.project.write("value", &stack.jwt);
    docker(&["secret", "create", &name, stack.project.path("value").to_str().unwrap()]);
    stack.project.remove("value");
    stack
}

#[test]
fn a_service_gets_the_new_secret_in_the_same_place() {
    if !have("swarm::services", &["docker", "image", "swarm"]) {
        return;
    }
    let stack = stack();
    by_hand(&stack, "api", &[]);
    until("both run", || stack.containers("api").len() == 2);
    stack.both_have(&stack.jwt);

    // the first time the secret is not one that was made here
    let output = stack.rotate("JWT_SECRET").ok();
    output.says(&format!(
        "\"{0}_jwt_secret\", which \"{0}_api\" has of \"JWT_SECRET\", was not made here",
        stack.name
    ));
    let first = stack.project.get("JWT_SECRET");
    stack.both_have(&first);
    let made = stack.secrets("JWT_SECRET");
    assert_eq!(made.len(), 1);

    // from then on it is
    stack.rotate("JWT_SECRET").ok();
    let second = stack.project.get("JWT_SECRET");
    assert_ne!(first, second);
    stack.both_have(&second);
    assert_eq!(stack.secrets("JWT_SECRET").len(), 1);
    assert_ne!(stack.secrets("JWT_SECRET"), made);
    let id = &stack.containers("api")[0];
    assert_eq!(docker(&["exec", id, "stat", "-c", "%u:%g %a", "/run/secrets/signing"]).trim(), "1000:0 400");

    // done twice is done once
    let version =
        || docker(&["service", "inspect", "--format", "{{.Version.Index}}", &format!("{}_api", stack.name)]);
    let before = version();
    stack.reseal(&["deploy"]).ok();
    assert_eq!(version(), before);

    // a key that reaches nobody is said
    let plan = stack.reseal(&["rotate", "DB_PASSWORD", "--dry-run"]).ok();
    assert!(plan.stdout.contains("no service has a docker secret of \"DB_PASSWORD\""), "{}", plan.stdout);
}

#[test]
fn a_service_that_falls_ill_is_taken_back_by_the_engine_and_then_by_us() {
    if !have("swarm::services", &["docker", "image", "swarm"]) {
        return;
    }
    let stack = stack();
    let check = format!("test \"$(cat /run/secrets/signing)\" = {}", stack.jwt);
    by_hand(
        &stack,
        "api",
        &[
            "--health-cmd",
            &check,
            "--health-interval",
            "200ms",
            "--health-retries",
            "1",
            "--health-timeout",
            "5s",
        ],
    );
    until("both are well", || stack.containers("api").len() == 2);
    let sealed = stack.project.read(".env.enc");
    stack.rotate("JWT_SECRET").code(10).says("the engine took its update back, because a task failed");
    assert_eq!(stack.project.read(".env.enc"), sealed);
    stack.both_have(&stack.jwt);
}
