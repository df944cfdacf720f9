//! `scripts/docker-compose-sops.sh` in the hands of others: found without a policy, and called by cron.

use std::process::{Command, Stdio};

use super::stack::Version::Two;
use super::stack::{Kind, Stack, until};
use crate::harness::{Output, Project, have};

const ENV: &str = "JWT_SECRET=old-and-known\n";

#[test]
fn without_a_policy_it_is_found_named_in_the_plan_and_used() {
    if !have("compose::wrapper", &["docker", "compose", "image", "sops"]) {
        return;
    }
    let stack = Stack::new(Two, ENV);
    stack.up();
    let plan = stack.reseal(&["rotate", "JWT_SECRET", "--dry-run"]).ok().stdout;
    assert!(plan.lines().any(|l| l == "  run ./scripts/docker-compose-sops.sh up -d"), "{plan}");
    assert_eq!(stack.seen("api", "JWT_SECRET"), stack.old, "a plan changes nothing");

    let output = stack.rotate("JWT_SECRET").ok().says("run ./scripts/docker-compose-sops.sh up -d");
    output.says("redeploy  done");
    let new = stack.sealed("JWT_SECRET");
    assert_ne!(new, stack.old);
    for service in ["api", "web"] {
        assert_eq!(stack.seen(service, "JWT_SECRET"), new);
    }
}

#[test]
fn it_works_as_cron_calls_it() {
    if !have("compose::wrapper", &["docker", "compose", "image", "sops"]) {
        return;
    }
    let stack = Stack::running(Two, Kind::Wrapper, ENV);
    let home = stack.project.path("home");
    stack.project.write("home/.config/sops/age/keys.txt", stack.project.read("age.key"));
    // no terminal, another folder, and of the environment only what cron gives
    let cron = |args: &[&str]| {
        let mut command = Command::new("setsid");
        command.args(["--wait", "sh"]).arg(stack.project.path("scripts/docker-compose-sops.sh"));
        command.args(args).current_dir("/").env_clear().env("PATH", "/usr/bin:/bin").env("HOME", &home);
        command.env("RESEAL", env!("CARGO_BIN_EXE_reseal")).stdin(Stdio::null());
        Output::of(&mut command)
    };
    let listed = cron(&["ps", "--format", "{{.Service}} {{.State}}"]).ok().stdout;
    let mut listed: Vec<&str> = listed.lines().collect();
    listed.sort_unstable();
    assert_eq!(listed, ["api running", "web running"]);
    // compose's own exit code comes through
    let container = stack.container("api");
    assert_eq!(cron(&["exec", "-T", "api", "sh", "-c", "printf %s \"$JWT_SECRET\""]).ok().stdout, stack.old);
    cron(&["exec", "-T", "api", "sh", "-c", "exit 42"]).code(42);
    // up with the same values changes nothing
    cron(&["up", "-d"]).ok();
    assert_eq!(stack.container("api"), container);
}

#[test]
fn without_reseal_or_compose_it_says_which_is_missing() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/docker-compose-sops.sh");
    let run = |name: &str, value: &str| {
        let mut command = Command::new("sh");
        command.args([script, "ps"]).env_clear().env("PATH", "/usr/bin:/bin").env("RESEAL", "/bin/true");
        Output::of(command.env(name, value).stdin(Stdio::null())).code(127)
    };
    run("RESEAL", "reseal-is-not-here").says("error: \"reseal-is-not-here\" is not found: install reseal");
    run("COMPOSE", "no-such-compose --ansi never").says("\"no-such-compose --ansi never\" is not found");
}

/// Stands for compose, and says what it sees.
const SHOW: &str = "#!/bin/sh\nfor f in .env other.env; do\n  [ -s $f ] && printf '%s ' \"$f\"\ndone\necho \"[$JWT_SECRET]\"\n";

#[test]
fn an_env_file_is_shown_where_one_is_asked_for() {
    if !have("compose::wrapper", &["mounts"]) {
        return;
    }
    let project = Project::sealed(ENV);
    let script = "scripts/docker-compose-sops.sh";
    project.script(script, include_str!("../../scripts/docker-compose-sops.sh"));
    project.script("show", SHOW);
    let shown = |options: &[(&str, &str)]| {
        let mut command = project.around(format!("./{script}"), &["up"]);
        command.env("RESEAL", env!("CARGO_BIN_EXE_reseal")).env("COMPOSE", "./show");
        Output::of(command.envs(options.iter().copied())).ok().stdout.trim().to_owned()
    };
    project.write("compose.yaml", "services: {}\n");
    assert_eq!(shown(&[]), "[old-and-known]");
    assert_eq!(shown(&[("ENV_FILE", "other.env")]), "other.env [old-and-known]");
    project.write("more.yml", "services: { api: { env_file: .env } }\n");
    assert_eq!(shown(&[("COMPOSE_FILE", "compose.yaml:more.yml")]), ".env [old-and-known]");
    project.write("compose.yaml", project.text("more.yml"));
    assert_eq!(shown(&[]), ".env [old-and-known]");
    assert_eq!(shown(&[("ENV_FILE", "")]), "[old-and-known]");
    until("no mount point is left", || !project.exists(".env") && !project.exists("other.env"));
}
