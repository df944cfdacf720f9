//! `reseal rekey`: who can open the file, and its data key.

use std::io::Write;
use std::process::Stdio;

use super::{ENV, Transcript, VALUES};
use crate::harness::{IDENTITY, Output, Project, RECIPIENT, have};

const BOB: &str = "age1ug8gxx685awyrgr0lam4rn836a9nryhlke0h4pv2ydve7sw2a5vq0x0ted";
const CAROL: &str = "age1dmkzagf88x8a56et2skfzx5g6knerrevt8728ncxv8n6pm3zephshd09ed";
const SSH: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF/vgVxsSQ0jwRdZAJdGRcgc/6L9RHxpLiA3qAwhBZWw lab@test";

fn rule(recipients: &[&str]) -> String {
    format!("creation_rules:\n  - path_regex: \\.enc$\n    age: {}\n", recipients.join(","))
}

#[test]
fn readers_come_and_go() {
    let project = Project::sealed(ENV);
    let before = project.read(".env.enc");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rekey", "--add", BOB, "--add", SSH, "--reason", "bob is new"]).ok();
    transcript.run(&["rekey", "--add", BOB]).ok();
    transcript.run(&["rekey", "-n", "--remove", BOB]).ok();
    transcript.run(&["updatekeys", "--remove", BOB]).ok();
    let ssh_key = SSH.strip_suffix(" lab@test").unwrap();
    transcript.run(&["rekey", "--remove", ssh_key]).ok();
    assert!(project.read(".env.enc") == before, "what was added and taken away leaves the very bytes");
    transcript.run(&["rekey", "--new-data-key"]).ok();
    transcript.run(&["-q", "rekey", "--add", BOB]).ok();
    transcript.run(&["rekey", "--remove", BOB, "--new-data-key"]).ok();
    transcript.run(&["history"]).ok();
    transcript.run(&["backup", "verify"]).ok();
    transcript.told("rekey");
    assert_eq!(project.run(&["decrypt"]).ok().stdout, ENV);
    assert_eq!(project.run(&["backup", "list"]).ok().stdout.lines().count(), 6, "each change made one");
    assert_eq!(project.mode(".env.enc"), 0o600);
}

#[test]
fn what_cannot_be_is_refused() {
    let project = Project::sealed(ENV);
    let before = project.read(".env.enc");
    let mut transcript = Transcript::of(&project);
    let slip = RECIPIENT.replace("qqjx", "qjqx").replace("8ns", "8sn").replace("f0c", "fc0");
    assert_ne!(slip, RECIPIENT);
    for (args, code) in [
        (&["rekey"][..], 2),
        (&["rekey", "--remove", RECIPIENT], 1),
        (&["rekey", "--remove", BOB], 1),
        (&["rekey", "--remove", &slip], 2),
        (&["rekey", "--remove", "correct-horse-battery"], 2),
        (&["rekey", "--add", "age1nonsense"], 2),
        (&["rekey", "--add", ""], 2),
        (&["rekey", "--add", BOB, "--key-group", "1"], 2),
        (&["rekey", "--key-group", "0"], 2),
        (&["rekey", "--from-config", "--add", BOB], 2),
        (&["rekey", "nowhere.enc"], 1),
        // nobody is there to be asked whether they want to be shut out
        (&["rekey", "--remove", RECIPIENT, "--add", BOB], 2),
    ] {
        transcript.run(args).code(code).hides(VALUES[0]).hides(VALUES[1]);
    }
    for option in ["--add", "--remove"] {
        project.run(&["rekey", option, IDENTITY]).code(2).hides(IDENTITY).says("a secret key was given");
    }
    project.write(".env.enc", before.clone().into_iter().chain(*b"A=1\n").collect::<Vec<_>>());
    transcript.run(&["rekey", "--add", BOB]).code(15);
    project.write(".env.enc", &before);
    project.remove("age.key");
    transcript.run(&["rekey", "--add", BOB]).code(12);
    transcript.told("rekey-refused");
    assert!(project.read(".env.enc") == before);
    assert!(!project.exists(".reseal/backups"));
}

#[test]
fn whoever_takes_itself_out_is_told_and_must_mean_it() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rekey", "--remove", RECIPIENT, "--add", BOB, "-n"]).ok();
    transcript.run(&["rekey", "--remove", RECIPIENT, "--add", BOB, "--yes"]).ok();
    transcript.run(&["get", "DB_HOST"]).code(12);
    transcript.told("rekey-locked-out");
}

#[test]
fn the_readers_of_a_rule_are_shown_and_asked_for() {
    let project = Project::sealed(ENV);
    project.write(".sops.yaml", rule(&[RECIPIENT, BOB]));
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rekey"]).code(2);
    transcript.run(&["rekey", "--dry-run"]).ok();
    transcript.run(&["rekey", "--yes"]).ok();
    transcript.run(&["rekey"]).ok();
    project.write(".sops.yaml", rule(&[BOB, RECIPIENT, RECIPIENT]));
    transcript.run(&["rekey", "--from-config"]).ok();
    project.write(".sops.yaml", "creation_rules:\n  - path_regex: prod\n    age: x\n");
    transcript.run(&["rekey"]).code(2);
    project.write(".sops.yaml", "creation_rules:\n  - pgp: FBC7\n");
    transcript.run(&["rekey"]).code(2);
    project.write(".sops.yaml", "creation_rules:\n  - path_regex: '('\n    age: x\n");
    transcript.run(&["rekey"]).code(2);
    project.write(".sops.yaml", "creation_rules:\n  - age: age1nonsense\n");
    transcript.run(&["rekey", "-y"]).code(2);
    project.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n    pgp: FBC7\n"));
    transcript.run(&["rekey", "-y", "--new-data-key", "--from-config"]).ok();
    transcript.told("rekey-config");
    assert_eq!(project.run(&["decrypt"]).ok().stdout, ENV);
}

#[test]
fn groups_are_changed_one_by_one() {
    let project = Project::sealed(ENV);
    let groups = |names: &[&str], threshold: usize| {
        let list: String = names.iter().map(|n| format!("      - age: [{n}]\n")).collect();
        format!("creation_rules:\n  - shamir_threshold: {threshold}\n    key_groups:\n{list}")
    };
    project.write("age.key", format!("{IDENTITY}\n{}", identity("bob")));
    project.write(".sops.yaml", groups(&[RECIPIENT, BOB], 2));
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rekey", "-y"]).ok();
    transcript.run(&["rekey", "--add", CAROL]).code(2);
    transcript.run(&["rekey", "--add", CAROL, "--key-group", "1"]).ok();
    transcript.run(&["rekey", "--remove", RECIPIENT]).code(1);
    transcript.run(&["rekey", "--remove", CAROL]).ok();
    transcript.run(&["rekey", "--new-data-key"]).ok();
    project.write(".sops.yaml", groups(&[RECIPIENT, BOB, CAROL], 2));
    transcript.run(&["rekey", "-y"]).ok();
    transcript.run(&["rekey"]).ok();
    for threshold in [1, 4] {
        project.write(".sops.yaml", groups(&[RECIPIENT, BOB, CAROL], threshold));
        transcript.run(&["rekey", "-y"]).code(2);
    }
    project.write(".sops.yaml", rule(&[RECIPIENT]));
    transcript.run(&["rekey", "-y"]).ok();
    transcript.told("rekey-groups");
    assert_eq!(project.run(&["decrypt"]).ok().stdout, ENV);
}

fn identity(name: &str) -> String {
    let path = format!("{}/fixtures/sops/keys/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn several_files_are_done_one_after_the_other() {
    let project = Project::sealed(ENV);
    project.write("deep/other.enc", project.read(".env.enc"));
    let mut transcript = Transcript::of(&project);
    let json = transcript.run(&["--json", "rekey", ".env.enc", "deep/other.enc", "--add", BOB]).ok();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["files"][1]["changes"][0]["added"][0], BOB);
    transcript.run(&["rekey", "deep/other.enc", ".env.enc", "nowhere", "--remove", BOB]).code(1);
    transcript.told("rekey-several");
    assert!(project.exists(".reseal/backups") && project.exists("deep/.reseal/backups"));
    assert!(!project.text(".env.enc").contains(BOB) && !project.text("deep/other.enc").contains(BOB));
}

#[test]
fn the_rule_is_the_one_above_the_file_unless_another_is_named() {
    let project = Project::sealed(ENV);
    project.write("deep/er/other.enc", project.read(".env.enc"));
    // sops would begin where the command is run
    project.write(".sops.yaml", rule(&[RECIPIENT]));
    project.write(
        "deep/.sops.yaml",
        format!("creation_rules:\n  - path_regex: ^er/\\w+[.]enc$\n    age: {RECIPIENT},{BOB}\n"),
    );
    project.run(&["rekey", "-y", "deep/er/other.enc"]).ok();
    assert!(project.text("deep/er/other.enc").contains(BOB));
    let mut named = project.command(&["rekey", "-y"]);
    named.env("SOPS_CONFIG", "deep/.sops.yaml");
    Output::of(&mut named).code(2).says("no creation rule fits");
    project.write(
        "deep/.sops.yaml",
        format!(
            "creation_rules:\n  - path_regex: ^{}/[.]env\n    age: {RECIPIENT},{CAROL}\n",
            project.root.display()
        ),
    );
    Output::of(&mut named).ok();
    assert!(project.text(".env.enc").contains(CAROL));
}

#[test]
fn an_unfinished_rotation_stands_in_the_way() {
    let project = super::rotate::deployed();
    project.script("up", "#!/bin/sh\nexit 1\n");
    project.run(&["rotate", "APP_DB_PASSWORD", "--yes"]).code(14);
    project.run(&["rekey", "--add", BOB]).code(13).says("is not finished");
}

/// The program on a terminal, with this typed.
fn typed(project: &Project, args: &str, line: &str) -> Output {
    let command = format!("{} {args}", env!("CARGO_BIN_EXE_reseal"));
    let mut script = project.around("script", &["-qec", &command, "/dev/null"]);
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = script.spawn().unwrap();
    child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
    Output::from(child.wait_with_output().unwrap())
}

#[test]
fn on_a_terminal_a_rule_and_a_locked_door_are_asked_about() {
    if !have("cmd::rekey::on_a_terminal_a_rule_and_a_locked_door_are_asked_about", &["script"]) {
        return;
    }
    let project = Project::sealed(ENV);
    let before = project.read(".env.enc");
    project.write(".sops.yaml", rule(&[RECIPIENT, BOB]));
    for answer in ["n\n", "\n"] {
        let output = typed(&project, "rekey", answer);
        assert!(output.stdout.contains("seal .env.enc for these readers? [y/N]"), "{}", output.stdout);
        assert!(output.code == Some(1) && project.read(".env.enc") == before, "{}", output.stdout);
    }
    let args = format!("rekey --remove {RECIPIENT} --add {BOB}");
    let output = typed(&project, &args, "n\n");
    assert!(output.stdout.contains("so that you cannot open it any more? [y/N]"), "{}", output.stdout);
    assert!(output.code == Some(1) && project.read(".env.enc") == before);
    // who was named outright is not asked about
    assert_eq!(typed(&project, &format!("rekey --add {CAROL}"), "").code, Some(0));
    assert_eq!(typed(&project, "rekey", "y\n").code, Some(0));
    let text = project.text(".env.enc");
    assert!(text.contains(BOB) && !text.contains(CAROL));
}
