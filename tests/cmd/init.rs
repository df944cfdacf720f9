//! `reseal init`: what a new user meets first.

use std::process::Stdio;

use super::{ENV, Transcript, VALUES};
use crate::harness::{Output, Project};

/// A project of somebody who has no key yet.
fn newcomer() -> Project {
    let project = Project::empty();
    project.remove("age.key");
    project
}

/// The program without the key that the harness hands in.
fn init(project: &Project, transcript: &mut Transcript<'_>, args: &[&str]) -> crate::harness::Output {
    let line = format!("reseal {}", args.join(" "));
    transcript.other(&line, project.command(args).env_remove("SOPS_AGE_KEY_FILE"))
}

#[test]
fn a_newcomer_gets_a_key_a_sealed_file_a_policy_and_ignore_rules() {
    let project = newcomer();
    project.write(".env", ENV);
    project.write(".git/HEAD", "ref: refs/heads/main\n");
    project.write(".gitignore", "target\n.env");
    project.write("compose.yaml", "services: {}\n");
    let mut transcript = Transcript::of(&project);
    init(&project, &mut transcript, &["init"]).ok().hides(VALUES[0]).hides(VALUES[1]);
    init(&project, &mut transcript, &["status"]).ok();
    init(&project, &mut transcript, &["rotate", "--all", "--dry-run", "--no-deploy"]).ok();
    init(&project, &mut transcript, &["init"]).code(1);
    transcript.told("init");

    let mut policy = Transcript::of(&project);
    policy
        .other("cat reseal.toml .gitignore", &mut project.around("cat", &["reseal.toml", ".gitignore"]))
        .ok();
    policy.told("init-policy");
    assert_eq!(project.mode(".config/sops/age/keys.txt"), 0o600);
    assert_eq!(project.mode(".config/sops/age"), 0o700);
    assert_eq!(project.mode(".env.enc"), 0o600);
    assert_eq!(project.text(".env"), ENV);
}

#[test]
fn mistakes_in_the_env_file_are_told_and_nothing_is_made() {
    let project = Project::empty();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["init"]).code(1);
    project.write(".env", "A=1\ncorrect-horse-battery\n");
    transcript.run(&["init"]).code(1).hides(VALUES[1]);
    project.write(".env", "A=correct-horse-battery\r\n");
    transcript.run(&["init"]).code(1).hides(VALUES[1]);
    project.write("sealed", project.pipe(&["encrypt", "-"], ENV).ok().stdout);
    transcript.run(&["init", "sealed"]).code(1);
    transcript.run(&["init", "."]).code(1);
    transcript.told("init-refused");
    assert!(!project.exists(".env.enc") && !project.exists("reseal.toml"));
}

#[test]
fn a_rule_that_encrypts_nothing_seals_nothing_and_removes_nothing() {
    let project = Project::empty();
    project.write(".env", ENV);
    project.write(".sops.yaml", "creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["init", "--delete-plaintext"]).code(1).hides(VALUES[1]);
    transcript.told("init-in-clear");
    assert_eq!(project.text(".env"), ENV);
    assert!(!project.exists(".env.enc") && !project.exists("reseal.toml"));
}

#[test]
fn the_plaintext_goes_only_when_somebody_at_hand_has_opened_what_replaces_it() {
    let project = Project::empty();
    project.write(".env", ENV);
    let bob = "age1ze4ldmcyq5hsquxrsm0gh5lc4c8nqe2euzkqa09p5z6ehd4jqe0s2qkxau";
    let bob = include_str!("../../fixtures/sops/keys/bob.txt")
        .lines()
        .find_map(|l| l.strip_prefix("# public key: "))
        .unwrap_or(bob);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["init", "--age", bob, "--delete-plaintext"]).code(12);
    assert_eq!(project.text(".env"), ENV);
    project.remove(".env.enc");
    transcript.run(&["init", "--delete-plaintext"]).ok();
    assert!(!project.exists(".env"));
    transcript.told("init-delete");
}

#[test]
fn what_fails_beside_the_sealed_file_is_remarked() {
    let project = Project::empty();
    project.write(".env", ENV);
    project.write(".git/HEAD", "ref: refs/heads/main\n");
    project.write(".gitignore/x", "");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["init"]).ok();
    transcript.told("init-no-ignore");
    assert_eq!(project.get("DB_HOST"), "db");
}

#[test]
fn a_part_of_a_value_is_remarked_and_gets_into_no_other_file() {
    let project = Project::empty();
    let part = "q8Zk3mTOKENVb0xYt7LrW2nPd";
    project.write(".env", format!("A=x\n{part}==\nB=y\n"));
    let output = project.run(&["init"]).ok().hides(part);
    output.says("line 2: the key looks like a part of a value").says("sealed 3 keys");
    for name in ["reseal.toml", ".reseal/audit.jsonl"] {
        assert!(!project.text(name).contains(part), "{name}");
    }
    project.run(&["encrypt", "-o", "other.enc"]).ok().hides(part);
    assert!(!project.text(".reseal/audit.jsonl").contains(part));
}

#[test]
fn of_inits_at_once_no_key_is_lost() {
    for _ in 0..10 {
        let projects = [(); 4].map(|()| newcomer());
        let home = &projects[0].root;
        let children: Vec<_> = projects
            .iter()
            .map(|project| {
                project.write(".env", ENV);
                let mut command = project.command(&["init"]);
                command.env_remove("SOPS_AGE_KEY_FILE").env("HOME", home);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for child in children {
            Output::from(child.wait_with_output().unwrap()).ok();
        }
        // each file opens with the one key that stayed
        for project in &projects {
            let mut get = project.command(&["get", "DB_HOST"]);
            Output::of(get.env_remove("SOPS_AGE_KEY_FILE").env("HOME", home)).ok();
        }
        let keys = std::fs::read_dir(home.join(".config/sops/age")).unwrap();
        assert_eq!(keys.count(), 1, "a temporary file was left");
    }
}
