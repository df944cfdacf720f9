//! `reseal rotate`: the plan, the refusals, and the ways it ends.

use super::{ENV, Transcript, VALUES};
use crate::harness::Project;

pub const POLICY: &str = r#"
[deploy]
kind = "wrapper"
command = ["./up"]

[[probe]]
command = ["./healthy"]
within = "1s"

[secret.JWT_SECRET]
generate = "base64url:64"
every = "90d"
group = "tokens"
previous = { key = "JWT_SECRET_PREVIOUS", keep-for = "30m" }

[secret.APP_DB_PASSWORD]
generate = "alnum:32"
feeds = [{ key = "DATABASE_URL", part = "password" }]
"#;

/// A project with a wrapper and a probe, both well.
pub fn deployed() -> Project {
    let project = Project::sealed(ENV);
    project.write("reseal.toml", POLICY);
    project.script("up", "#!/bin/sh\nexit 0\n");
    project.script("healthy", "#!/bin/sh\nexit 0\n");
    project
}

#[test]
fn the_plan_shows_what_will_change_and_no_value() {
    let project = deployed();
    let before = project.files();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rotate", "JWT_SECRET", "--dry-run"]).ok();
    transcript.run(&["rotate", "--all", "-n"]).ok();
    transcript.run(&["rotate", "--group", "tokens", "-n", "--no-deploy"]).ok();
    transcript.run(&["rotate", "DB_HOST", "-n", "--reason", "why not"]).ok();
    transcript.run(&["rotate", "--all", "-n", "--json"]).ok();
    for value in VALUES {
        project.run(&["rotate", "--all", "-n"]).ok().hides(value);
        project.run(&["rotate", "--all", "-n", "--json"]).ok().hides(value);
    }
    assert!(project.files() == before, "a plan leaves nothing");
    transcript.told("rotate-plan");
}

#[test]
fn a_rotation_is_told_step_by_step() {
    let project = deployed();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rotate", "JWT_SECRET", "--yes", "--reason", "routine"]).ok();
    transcript.run(&["rotate", "APP_DB_PASSWORD", "--yes", "--json"]).ok();
    transcript.run(&["rotate", "DB_HOST", "--yes", "--quiet", "--no-deploy"]).ok();
    transcript.told("rotate");
    let password = project.get("APP_DB_PASSWORD");
    assert_eq!(project.get("DATABASE_URL"), format!("postgres://app:{password}@db:5432/app"));
    assert_eq!(project.get("JWT_SECRET_PREVIOUS"), "0123456789abcdef0123456789abcdef");
}

#[test]
fn nobody_is_asked_where_nobody_sits() {
    let project = deployed();
    let before = project.read(".env.enc");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rotate", "JWT_SECRET"]).code(2);
    transcript.pipe("y\n", &["rotate", "JWT_SECRET"]).code(2);
    transcript.told("rotate-nobody");
    assert!(project.read(".env.enc") == before);
}

#[test]
fn what_cannot_be_rotated_is_refused_before_anything_happens() {
    let project = Project::sealed(
        "POSTGRES_PASSWORD=correct-horse-battery\nDUP=1\nDUP=2\nNOTE_unencrypted=x\nURL=postgres://app:other@db/app\nPASSWORD=correct-horse-battery\n",
    );
    let mut transcript = Transcript::of(&project);
    let before = project.read(".env.enc");
    transcript.run(&["rotate", "-y"]).code(2);
    transcript.run(&["rotate", "--all", "-y"]).code(2);
    transcript.run(&["rotate", "PASWORD", "-y"]).code(1);
    transcript.run(&["rotate", "SOMETHING", "-y"]).code(1);
    transcript.run(&["rotate", "--group", "nope", "-y"]).code(2);
    transcript.run(&["rotate", "POSTGRES_PASSWORD", "-y"]).code(1);
    transcript.run(&["rotate", "DUP", "-y"]).code(1);
    transcript.run(&["rotate", "NOTE_unencrypted", "-y"]).code(1);
    transcript.run(&["rotate", "PASSWORD=x", "-y"]).code(2);
    project.write("reseal.toml", "[secret.PASSWORD]\nfeeds = [{ key = \"URL\", part = \"password\" }]\n");
    transcript.run(&["rotate", "PASSWORD", "-y"]).code(1).hides(VALUES[1]);
    transcript.told("rotate-refused");
    assert!(project.read(".env.enc") == before);
}

#[test]
fn a_wrapper_or_a_probe_that_cannot_work_stops_it_before_anything_happens() {
    let project = deployed();
    let before = project.read(".env.enc");
    let mut transcript = Transcript::of(&project);
    project.chmod("up", 0o644);
    transcript.run(&["rotate", "JWT_SECRET", "-y"]).code(1);
    project.remove("up");
    transcript.run(&["rotate", "JWT_SECRET", "-y"]).code(1);
    project.script("up", "#!/bin/sh\n");
    project.write("reseal.toml", POLICY.replace("command = [\"./healthy\"]", "tcp = \"127.0.0.1:1\""));
    transcript.run(&["rotate", "JWT_SECRET", "-y"]).code(1);
    transcript.told("rotate-preflight");
    assert!(project.read(".env.enc") == before);
    assert!(!project.exists(".reseal/rotations") && !project.exists(".reseal/backups"));
}

#[test]
fn a_deployment_that_fails_is_taken_back() {
    let project = deployed();
    let before = project.read(".env.enc");
    project
        .script("up", "#!/bin/sh\n[ -e tried ] && exit 0\n: >tried\necho the wrapper speaks >&2\nexit 3\n");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rotate", "JWT_SECRET", "-y"]).code(10);
    project.remove("tried");
    transcript.run(&["rotate", "JWT_SECRET", "-y", "--json", "-q"]).code(10);
    transcript.told("rotate-rolled-back");
    assert!(project.read(".env.enc") == before);
}

#[test]
fn a_deployment_that_fails_both_ways_is_stuck_and_says_what_to_do() {
    let project = deployed();
    let before = project.read(".env.enc");
    project.script("up", "#!/bin/sh\nexit 3\n");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rotate", "JWT_SECRET", "-y"]).code(14);
    transcript.run(&["resume"]).code(14);
    transcript.run(&["status"]).code(13);
    project.script("up", "#!/bin/sh\n");
    transcript.run(&["resume"]).code(10);
    transcript.run(&["resume"]).ok();
    transcript.told("rotate-stuck");
    assert!(project.read(".env.enc") == before);
}

#[test]
fn a_grace_period_is_not_cut_short_by_the_next_rotation() {
    let project = deployed();
    project.run(&["rotate", "JWT_SECRET", "-y"]).ok();
    let first = project.get("JWT_SECRET_PREVIOUS");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rotate", "JWT_SECRET", "-y"]).code(1);
    assert_eq!(project.get("JWT_SECRET_PREVIOUS"), first);
    transcript.run(&["rotate", "JWT_SECRET", "-y", "--emergency", "--reason", "leaked"]).ok();
    transcript.told("rotate-grace");
}

#[test]
fn a_service_that_falls_ill_after_the_commit_is_told_of() {
    let project = deployed();
    let policy =
        POLICY.replace("within = \"1s\"", "within = \"1s\"\nafter = { for = \"3s\", every = \"1s\" }");
    project.write("reseal.toml", &policy);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rotate", "JWT_SECRET", "--yes"]).ok();
    // well until the commit, ill at the first look after it, well at the third
    let ill = "#!/bin/sh\necho x >>looks; n=$(wc -l <looks); [ $n -eq 1 ] || [ $n -ge 4 ]\n";
    project.script("healthy", ill);
    transcript.run(&["rotate", "APP_DB_PASSWORD", "--yes"]).code(3);
    project.remove("looks");
    let told = transcript.run(&["rotate", "DB_HOST", "--yes", "--quiet", "--json"]).code(3);
    let told: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["outcome"], "committed");
    assert!(told["degraded"][0].as_str().unwrap().contains("failed 2 of 3 times"), "{told}");
    transcript.run(&["history", "DB_HOST"]).ok();
    transcript.told("rotate-degraded");
    project.run(&["status"]).ok();
    // without a redeploy there is nothing to watch
    project.remove("looks");
    project.run(&["rotate", "DB_HOST", "--yes", "--no-deploy"]).ok();
    assert!(!project.exists("looks"));
}

#[test]
fn a_secret_of_a_tree_follows_its_policy_however_it_is_named() {
    let project = Project::empty();
    project.write(
        "plain.yaml",
        "servers:\n- key: first-of-them\n- key: second-of-them\n\"a.b\": third-of-them\n",
    );
    let sealed = project.run(&["encrypt", "plain.yaml", "--age", crate::harness::RECIPIENT]).ok().stdout;
    project.write("secrets.yaml", sealed);
    project.remove("plain.yaml");
    project.write(
        "reseal.toml",
        "file = \"secrets.yaml\"\n\
        [secret.\"servers[0].key\"]\ngenerate = \"hex:32\"\n\
        [secret.'[\"servers\"][1][\"key\"]']\ngenerate = \"hex:32\"\n\
        [secret.'[\"a.b\"]']\ngenerate = \"hex:32\"\n",
    );
    for (named, key) in [
        ("[\"servers\"][0][\"key\"]", "servers[0].key"),
        ("servers[1].key", "servers[1].key"),
        ("[\"a.b\"]", "[\"a.b\"]"),
    ] {
        project.run(&["rotate", "--yes", named]).ok().says(&format!("committed: {key} in"));
        let value = project.get(key);
        assert!(
            value.trim_end().len() == 64 && value.trim_end().bytes().all(|b| b.is_ascii_hexdigit()),
            "{key}"
        );
        assert!(project.run(&["history", named]).ok().stdout.contains("committed"));
    }
}

#[test]
fn a_tree_gets_a_policy_of_its_own() {
    let project = Project::empty();
    project.write(
        "plain.yaml",
        "database:\n  host: db\n  password: Zq83hdkKwpq7Lm2x\nlist:\n- api_token: Zq83hdkKwpq7Lm2y\n",
    );
    let sealed = project.run(&["encrypt", "plain.yaml", "--age", crate::harness::RECIPIENT]).ok().stdout;
    project.write("secrets.yaml", sealed);
    project.remove("plain.yaml");
    project.run(&["-f", "secrets.yaml", "init", "--yes"]).ok();
    let policy = project.text("reseal.toml");
    assert!(policy.contains("[secret.\"database.password\"]\n"), "{policy}");
    assert!(policy.contains("[secret.\"list[0].api_token\"]\n"), "{policy}");
    assert!(!policy.contains("database.host"), "{policy}");
    project.run(&["rotate", "--yes", "database.password"]).ok();
}
