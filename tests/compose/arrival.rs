//! A rotation is done when the containers have the new value, in every way that a value can get there.

use super::stack::Version::{One, Two};
use super::stack::{Kind, Stack, Version};
use crate::harness::have;

const ENV: &str = "# the shop\nJWT_SECRET=old-and-known\nSMTP_HOST=mail.example\n";

#[test]
fn through_the_wrapper_with_compose_v2() {
    if !have("compose::arrival", &["docker", "compose", "image", "sops"]) {
        return;
    }
    the_new_value_arrives(Two, Kind::Wrapper);
}

#[test]
fn through_the_wrapper_with_compose_v1() {
    if !have("compose::arrival", &["docker", "compose-v1", "image", "sops"]) {
        return;
    }
    the_new_value_arrives(One, Kind::Wrapper);
}

#[test]
fn from_reseal_itself_with_compose_v2() {
    if !have("compose::arrival", &["docker", "compose", "image", "sops"]) {
        return;
    }
    the_new_value_arrives(Two, Kind::Compose);
}

#[test]
fn from_reseal_itself_with_compose_v1() {
    if !have("compose::arrival", &["docker", "compose-v1", "image", "sops"]) {
        return;
    }
    the_new_value_arrives(One, Kind::Compose);
}

fn the_new_value_arrives(version: Version, kind: Kind) {
    let stack = Stack::running(version, kind, ENV);
    assert_eq!(stack.seen("api", "JWT_SECRET"), stack.old);
    // left behind by someone; compose reads it, but what reseal gives wins
    stack.project.write(".env", "JWT_SECRET=stray\nSMTP_HOST=stray\n");
    let before = [stack.container("api"), stack.container("web")];

    let output = stack.rotate("JWT_SECRET").ok().says("redeploy  done").says("probe     done");

    let new = stack.sealed("JWT_SECRET");
    assert_ne!(new, stack.old);
    output.hides(&new).hides(&stack.old);
    for service in ["api", "web"] {
        assert_eq!(stack.seen(service, "JWT_SECRET"), new);
        assert_eq!(stack.seen(service, "SMTP_HOST"), "mail.example");
        assert!(!before.contains(&stack.container(service)), "{service} was not made anew");
    }
    // and nothing that leads to the key
    assert_eq!(stack.environment("api").names(), ["HOME", "HOSTNAME", "JWT_SECRET", "PATH", "SMTP_HOST"]);
    assert_eq!(stack.project.mode(".env.enc"), 0o600);
    stack.reseal(&["status"]).ok();
}
