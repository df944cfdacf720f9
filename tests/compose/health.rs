//! What services that are not well mean for a rotation: before it, nothing is begun; after it, everything is put back.

use super::stack::Version::{One, Two};
use super::stack::{Kind, Stack, Version, docker};
use crate::harness::have;

const ENV: &str = "JWT_SECRET=old-and-known\n";

#[test]
fn a_service_that_falls_ill_gets_the_old_value_back_through_the_wrapper() {
    if !have("compose::health", &["docker", "compose", "image", "sops"]) {
        return;
    }
    falls_ill(Two, Kind::Wrapper, "kind = \"wrapper\"\ncommand = [\"./scripts/docker-compose-sops.sh\"]");
}

#[test]
fn a_service_that_falls_ill_gets_the_old_value_back_from_reseal_itself() {
    if !have("compose::health", &["docker", "compose-v1", "image", "sops"]) {
        return;
    }
    falls_ill(One, Kind::Compose, "kind = \"compose\"\ncommand = [\"docker-compose\"]");
}

fn falls_ill(version: Version, kind: Kind, deploy: &str) {
    let stack = Stack::running(version, kind, ENV);
    stack.policy(deploy, "3s");
    stack.pin();
    let before = (stack.project.read(".env.enc"), stack.container("api"));

    let output = stack.rotate("JWT_SECRET").code(10);

    output.says("is unhealthy").says("rolled back; .env.enc and the services are as before");
    assert_eq!(stack.project.read(".env.enc"), before.0);
    for service in ["api", "web"] {
        assert_eq!(stack.seen(service, "JWT_SECRET"), stack.old);
    }
    assert_ne!(stack.container("api"), before.1, "it never ran on a new value, so this test shows nothing");
    assert_eq!(stack.containers(None).len(), 2);
    let health = ["inspect", "--format", "{{.State.Health.Status}}", &stack.container("api")];
    assert_eq!(docker(&health).trim(), "healthy");
    // the way is free for the next one
    stack.reseal(&["status"]).ok();
    stack.project.remove("pin/expected");
    stack.rotate("JWT_SECRET").ok();
    assert_eq!(stack.seen("api", "JWT_SECRET"), stack.sealed("JWT_SECRET"));
}

#[test]
fn with_a_service_that_does_not_run_nothing_is_begun() {
    if !have("compose::health", &["docker", "compose", "image", "sops"]) {
        return;
    }
    let stack = Stack::running(Two, Kind::Wrapper, ENV);
    let before = (stack.project.read(".env.enc"), stack.container("api"));
    let refused = |reason: &str| {
        stack.rotate("JWT_SECRET").code(1).says(reason).says("nothing was changed").says("--no-deploy");
        assert_eq!(stack.project.read(".env.enc"), before.0);
        assert_eq!(stack.container("api"), before.1);
        for name in ["audit.jsonl", "backups", "rotations"] {
            assert!(!stack.project.exists(&format!(".reseal/{name}")), "{name}");
        }
    };
    docker(&["stop", &stack.container("web")]);
    refused("service \"web\": container");
    docker(&["rm", &stack.container("web")]);
    refused("service \"web\" has no container");

    // the file alone can be changed; what runs is left alone
    stack.reseal(&["rotate", "JWT_SECRET", "--yes", "--no-deploy"]).ok().says("keeps the old values");
    assert_ne!(stack.sealed("JWT_SECRET"), stack.old);
    assert_eq!(stack.seen("api", "JWT_SECRET"), stack.old);
    assert_eq!(stack.container("api"), before.1);
    assert!(stack.containers(Some("web")).is_empty());
}
