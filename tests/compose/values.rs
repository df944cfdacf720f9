//! I9: the container sees the value that was set. The process environment carries every byte but NUL, so no way through
//! it may change anything, whatever a shell, compose or an env file would make of the value.

use super::stack::Version::{One, Two};
use super::stack::{Kind, Stack, Version};
use crate::harness::have;

/// What some reader of env files, some shell or compose itself would change.
const HARD: [(&str, &str); 14] = [
    ("DOLLAR", "a$b ${HOME} $$ $(id) $"),
    ("BCRYPT", "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"),
    ("QUOTES", "it's \"quoted\" 'twice' \\\" '"),
    ("WRAPPED", "\"all of it\""),
    ("COMMENT", "before #after # and after"),
    ("SPACES", "  two on each side\t "),
    ("BACKSLASH", "\\t \\\\ \\x41 \\"),
    // not a line feed, though the dotenv form of sops has no other way to write one
    ("BACKSLASH_N", "C:\\temp\\new"),
    // a line feed in the middle arrives as one, and not as the two characters that stand for it in the file
    ("LINES", "-----BEGIN-----\none\n\ntwo\n-----END-----"),
    ("UNICODE", "ünï→😀\u{a0}é"),
    ("EQUALS", "=a==b="),
    ("SHELL", "`id`; rm -rf * & | > < ! %s ~ [a-z]?"),
    ("TEMPLATE", "{{.Names}} ENC[AES256_GCM,data:] - : @file"),
    ("CR", "carriage\rreturn"),
];

#[test]
fn through_the_wrapper_with_compose_v2() {
    if !have("compose::values", &["docker", "compose", "image", "sops"]) {
        return;
    }
    arrive_unchanged(Two, Kind::Wrapper);
}

#[test]
fn through_the_wrapper_with_compose_v1() {
    if !have("compose::values", &["docker", "compose-v1", "image", "sops"]) {
        return;
    }
    arrive_unchanged(One, Kind::Wrapper);
}

#[test]
fn from_reseal_itself_with_compose_v2() {
    if !have("compose::values", &["docker", "compose", "image", "sops"]) {
        return;
    }
    arrive_unchanged(Two, Kind::Compose);
}

#[test]
fn from_reseal_itself_with_compose_v1() {
    if !have("compose::values", &["docker", "compose-v1", "image", "sops"]) {
        return;
    }
    arrive_unchanged(One, Kind::Compose);
}

fn arrive_unchanged(version: Version, kind: Kind) {
    let mut env = "JWT_SECRET=old-and-known\n".to_owned();
    for (key, _) in HARD {
        env += &format!("{key}=x\n");
    }
    let stack = Stack::running(version, kind, &env);
    for (key, value) in HARD {
        stack.project.pipe(&["set", key], value).ok();
    }

    stack.rotate("JWT_SECRET").ok();

    for service in ["api", "web"] {
        let environment = stack.environment(service);
        for (key, value) in HARD {
            assert_eq!(environment.value(key), value, "{key}");
        }
        assert_eq!(environment.value("JWT_SECRET"), stack.sealed("JWT_SECRET"));
    }
}
