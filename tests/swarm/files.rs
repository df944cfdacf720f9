//! A stack by its file: a compose file with `${VAR}` and `secrets: environment:`, used as it is.

use super::stack::Stack;
use crate::compose::stack::docker;
use crate::harness::have;

#[test]
fn a_secret_rotates_task_by_task_and_the_old_one_goes() {
    if !have("swarm::files", &["docker", "image", "swarm"]) {
        return;
    }
    let stack = Stack::running();
    stack.both_have(&stack.jwt);
    let before = stack.secrets("JWT_SECRET");
    assert_eq!(before.len(), 1);
    let text = stack.project.read("stack.yml");

    // the plan changes nothing
    let plan = stack.reseal(&["rotate", "JWT_SECRET", "--dry-run"]).ok();
    let run = format!("run docker stack deploy -c stack.yml {}", stack.name);
    assert!(plan.stdout.contains(&run), "{}", plan.stdout);
    assert!(plan.stdout.contains("then the docker secrets of the old values are removed"), "{}", plan.stdout);
    assert_eq!(stack.secrets("JWT_SECRET"), before);

    stack.rotate("JWT_SECRET").ok().says("committed: JWT_SECRET");
    let new = stack.project.get("JWT_SECRET");
    assert_ne!(new, stack.jwt);
    stack.both_have(&new);
    let after = stack.secrets("JWT_SECRET");
    assert_eq!(after.len(), 1);
    assert_ne!(after, before);
    assert_eq!(
        stack.environment("api", "DB_PASSWORD"),
        [stack.project.get("DB_PASSWORD"), stack.project.get("DB_PASSWORD")]
    );
    // owner and mode of the file are those that the stack file asks for
    let id = &stack.containers("api")[0];
    assert_eq!(docker(&["exec", id, "stat", "-c", "%u:%g %a", "/run/secrets/signing"]).trim(), "1000:0 440");
    assert_eq!(stack.project.read("stack.yml"), text);
    stack.nothing_is_left();

    // a value in the environment, by the same file
    stack.rotate("DB_PASSWORD").ok();
    let password = stack.project.get("DB_PASSWORD");
    stack.both_have(&new);
    assert_eq!(stack.environment("api", "DB_PASSWORD"), [password.as_str(); 2]);
    assert_eq!(stack.secrets("JWT_SECRET"), after);

    // a key that the file does not name is said
    stack.project.pipe(&["set", "OTHER"], "some-other-value").ok();
    let plan = stack.reseal(&["rotate", "OTHER", "--dry-run"]).ok();
    assert!(plan.stdout.contains("the stack files do not name \"OTHER\""), "{}", plan.stdout);

    // a value that was set by hand leaves no docker secret behind either
    stack.project.pipe(&["set", "JWT_SECRET"], "set-by-hand-0123456789").ok();
    stack.reseal(&["deploy"]).ok();
    stack.both_have("set-by-hand-0123456789");
    let by_hand = stack.secrets("JWT_SECRET");
    assert!(by_hand.len() == 1 && by_hand != after, "{by_hand:?}");
}

/// The whole of what compose files do with values, in one: `env_file`, `${KEY}`, and a secret.
#[test]
fn an_env_file_is_seen_by_docker_and_lies_nowhere() {
    if !have("swarm::env_file", &["docker", "image", "swarm", "mounts"]) {
        return;
    }
    let stack = Stack::new("files = [\"stack.yml\"]\nenv-files = [\".env\"]");
    let text = stack
        .project
        .text("stack.yml")
        .replace("    environment:\n", "    env_file: .env\n    environment:\n");
    stack.project.write("stack.yml", text);
    let hard = "ab #cd $ef \"g' \\h";
    stack.project.pipe(&["set", "HARD"], hard).ok();
    stack.reseal(&["deploy"]).ok();
    stack.both_have(&stack.jwt);
    for (key, value) in [("HARD", hard), ("JWT_SECRET", stack.jwt.as_str())] {
        assert_eq!(stack.environment("api", key), [value; 2], "{key}");
    }
    stack.rotate("JWT_SECRET").ok().says("committed");
    let new = stack.project.get("JWT_SECRET");
    stack.both_have(&new);
    assert_eq!(stack.environment("api", "JWT_SECRET"), [new.as_str(); 2]);
    assert_eq!(stack.environment("api", "HARD"), [hard; 2]);
    assert!(!stack.project.exists(".env"));
    for path in stack.project.files() {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(&new), "a value is in {path:?}");
    }
}

#[test]
fn one_task_that_is_ill_on_the_new_value_takes_everything_back() {
    if !have("swarm::files", &["docker", "image", "swarm"]) {
        return;
    }
    let stack = Stack::watched("30s", "60s");
    let secrets = stack.secrets("JWT_SECRET");
    let sealed = stack.project.read(".env.enc");
    stack.pin();
    let reason = "the engine took its update back, because a task failed: service";
    let output = stack.rotate("JWT_SECRET").code(10);
    output
        .says(&format!("{reason} \"{}_api\"", stack.name))
        .says("rolled back; .env.enc and the services are as before");
    assert_eq!(stack.project.read(".env.enc"), sealed);
    stack.both_have(&stack.jwt);
    // the value that never came into force is gone from the engine too
    assert_eq!(stack.secrets("JWT_SECRET"), secrets);
    stack.nothing_is_left();
    stack.reseal(&["status"]).ok();
}

/// In a time too short for its tasks to fail in, the engine may say that the update is completed.
#[test]
fn the_engine_is_not_believed_when_it_says_completed() {
    if !have("swarm::files", &["docker", "image", "swarm"]) {
        return;
    }
    let stack = Stack::watched("1ms", "12s");
    stack.pin();
    stack.rotate("JWT_SECRET").code(10).says("rolled back");
    stack.both_have(&stack.jwt);
}

#[test]
fn a_replaced_secret_that_another_service_uses_is_named_and_goes_later() {
    if !have("swarm::files", &["docker", "image", "swarm"]) {
        return;
    }
    let stack = Stack::running();
    let old = stack.secrets("JWT_SECRET")[0].clone();
    let other = format!("{}-other", stack.name);
    let secret = format!("source={old},target=x");
    docker(&[
        "service",
        "create",
        "--detach",
        "--name",
        &other,
        "--secret",
        &secret,
        "reseal-test:1",
        "sleep",
        "600",
    ]);
    let reason =
        format!("docker secret \"{old}\", a replaced value of \"JWT_SECRET\", is still used by {other}");
    let output = stack.rotate("JWT_SECRET").code(13);
    output.says(&reason).says("the new values of JWT_SECRET are in force; \"tidy\" is left to do");
    stack.both_have(&stack.project.get("JWT_SECRET"));
    stack.reseal(&["resume"]).code(13);
    docker(&["service", "rm", &other]);
    stack.reseal(&["resume"]).ok().says("committed: JWT_SECRET");
    assert_eq!(stack.secrets("JWT_SECRET").len(), 1);
    assert_ne!(stack.secrets("JWT_SECRET")[0], old);
}

#[test]
fn what_cannot_be_deployed_is_refused_before_anything_starts() {
    if !have("swarm::files", &["docker", "image", "swarm"]) {
        return;
    }
    let stack = Stack::new("files = [\"stack.yml\", \"more.yml\"]");
    let refused = |why: &str| {
        stack.reseal(&["deploy"]).code(1).says(why).says("nothing was started");
        stack.rotate("JWT_SECRET").code(1).says(why);
        assert!(stack.secrets("JWT_SECRET").is_empty());
    };
    refused("more.yml\": no such file or folder");
    stack.project.write("more.yml", "secrets:\n  other:\n    environment: OTHER\n");
    refused("there is no key \"OTHER\" in the sealed file");
    stack.project.pipe(&["set", "OTHER", "--allow-empty"], "").ok();
    refused("key \"OTHER\" is empty, and docker takes no empty secret");
    stack.project.write("more.yml", "secrets:\n  other: [\n");
    refused("more.yml\": ");
    stack.project.write("more.yml", "services: {}\n");
    stack.project.remove("docker");
    refused("command \"./docker\" does not exist");
}
