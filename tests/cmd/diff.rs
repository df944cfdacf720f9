//! `reseal diff`: names and fingerprints of what changed, who did it and when; never a value.

use std::process::Command;

use super::rotate::{POLICY, deployed};
use super::{ENV, Transcript, VALUES};
use crate::harness::{Output, Project, have};

/// The id of the newest backup.
fn newest(project: &Project) -> String {
    let listed = project.run(&["backup", "list"]).ok().stdout;
    listed.lines().last().unwrap().split(' ').next().unwrap().to_owned()
}

#[test]
fn what_changed_is_told_with_who_and_when() {
    let project = deployed();
    project.run(&["backup", "create"]).ok();
    let first = newest(&project);
    // sealing again within the same second could not be told from the file before
    std::thread::sleep(std::time::Duration::from_millis(1100));
    project.run(&["rotate", "APP_DB_PASSWORD", "-y", "--reason", "routine"]).ok();
    project.pipe(&["set", "NEW"], "n3w-and-l0ng").ok();
    let second = newest(&project);
    project.run(&["unset", "DB_HOST"]).ok();
    let mut transcript = Transcript::of(&project);
    let all = transcript.run(&["diff", &first]).ok();
    transcript.run(&["diff", &first, &second]).ok();
    transcript.run(&["diff", "live"]).ok();
    transcript.run(&["diff", &first, "live", "--exit-code"]).code(3);
    transcript.run(&["diff", "live", "live", "--exit-code"]).ok();
    let json = transcript.run(&["diff", &first, "--json"]).ok();
    assert!(serde_json::from_str::<serde_json::Value>(&json.stdout).unwrap()["changes"].is_array());
    transcript.run(&["diff", "nowhere"]).code(2);
    transcript.run(&["diff"]).code(2);
    transcript.told("diff");
    // the key that follows a secret changed with it, at the same moment and for the same reason
    for key in ["+APP_DB_PASSWORD ", "+DATABASE_URL "] {
        let line = all.stdout.lines().find(|l| l.starts_with(key)).unwrap();
        assert!(line.contains("  committed ") && line.ends_with("reason: routine"), "{line}");
    }
    for value in VALUES.into_iter().chain(["n3w-and-l0ng"]) {
        assert!(!all.stdout.contains(value) && !json.stdout.contains(value));
    }
    assert!(!all.stdout.contains("JWT_SECRET"), "unchanged: {}", all.stdout);
}

#[test]
fn a_version_may_be_a_file_or_come_from_a_pipe() {
    let project = Project::sealed(ENV);
    project.write("before", project.read(".env.enc"));
    project.pipe(&["set", "DB_HOST"], "web").ok();
    let by_file = project.run(&["diff", "before"]).ok().stdout;
    let lines: Vec<&str> = by_file.lines().map(|l| l.split(' ').next().unwrap()).collect();
    assert_eq!(lines, ["---", "+++", "-DB_HOST", "+DB_HOST"], "{by_file}");
    // the same value has the same fingerprint, in whatever order they are compared
    let back = project.pipe(&["diff", "live", "-"], project.read("before")).ok().stdout;
    let fingerprint = |text: &str, start: &str| {
        let line = text.lines().find(|l| l.starts_with(start)).unwrap();
        line.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(fingerprint(&by_file, "+DB_HOST"), fingerprint(&back, "-DB_HOST"));
    let stranger = Project::empty();
    stranger.write("age.key", "");
    stranger.write(".env.enc", project.read(".env.enc"));
    stranger.run(&["diff", "live"]).code(12);
}

#[test]
fn a_version_that_does_not_open_is_named_and_no_other() {
    let project = Project::sealed(ENV);
    project.pipe(&["set", "DB_HOST"], "other").ok();
    project.write("old.enc", project.text(".env.enc").replace('\n', "\r\n"));
    let output = project.run(&["diff", "old.enc", "live"]);
    assert!(output.stderr.starts_with("reseal: error: version \"old.enc\": \""), "{}", output.stderr);
    assert!(
        !output.stderr.contains(".env.enc") && !output.stderr.contains("backups of it"),
        "{}",
        output.stderr
    );
}

#[test]
fn git_diff_shows_names_and_fingerprints() {
    if !have("git_diff_shows_names_and_fingerprints", &["git"]) {
        return;
    }
    let project = Project::sealed(ENV);
    project.write("reseal.toml", POLICY.replace("./up", "true").replace("./healthy", "true"));
    let git = |args: &[&str]| {
        let mut command: Command = project.around("git", &["-c", "user.name=t", "-c", "user.email=t@t"]);
        Output::of(command.args(args)).ok().stdout
    };
    git(&["init", "-q"]);
    git(&["config", "diff.reseal.command", &format!("{} diff", env!("CARGO_BIN_EXE_reseal"))]);
    project.write(".gitattributes", "*.enc diff=reseal\n");
    git(&["add", ".env.enc", ".gitattributes", "reseal.toml"]);
    git(&["commit", "-qm", "one"]);
    project.pipe(&["set", "JWT_SECRET"], "fedcba9876543210-and-more").ok();
    let shown = git(&["diff"]);
    assert!(shown.contains("\n-JWT_SECRET ") && shown.contains("\n+JWT_SECRET "), "{shown}");
    assert!(!shown.contains("fedcba") && !shown.contains("sops_mac"), "{shown}");
    git(&["commit", "-qam", "two"]);
    // a commit that adds or removes the file has one side only
    let log = git(&["log", "-p", "--ext-diff", "--", ".env.enc"]);
    assert!(log.contains("+DB_HOST ") && log.contains("--- /dev/null"), "{log}");
    git(&["mv", ".env.enc", "prod.enc"]);
    assert!(git(&["diff", "--cached", "-M"]).lines().all(|l| !l.contains("ENC[")));
}
