//! What `resume` does when the world has changed since the rotation was left: another file is the default, the key is
//! not at hand, the policy is another, the file is gone or somebody else's.

use crate::exit_codes::HeldUp;
use crate::harness::{Output, Project};

/// A rotation of JWT_SECRET, killed while the wrapper ran; the new file is live.
fn left() -> (Project, String) {
    let held = HeldUp::new();
    let project = held.killed();
    let new = project.get("JWT_SECRET");
    (project, new)
}

#[test]
fn it_acts_on_the_file_that_the_rotation_was_about() {
    let (project, new) = left();
    std::fs::copy(project.path(".env.enc"), project.path("prod.env.enc")).unwrap();
    // the default is another file from now on
    let policy = project.text("reseal.toml");
    project.write("reseal.toml", format!("file = \"prod.env.enc\"\n{policy}"));
    let other = project.read("prod.env.enc");
    project.run(&["-f", "prod.env.enc", "resume"]).code(2).says("is one of \".env.enc\"");
    project.run(&["set", "DB_HOST", "--generate", "hex:16"]).code(13);
    project.run(&["status"]).code(13).says("in .env.enc");
    project.run(&["resume", "--back"]).ok().says("rolled back: .env.enc");
    assert_eq!(project.read("prod.env.enc"), other);
    assert_ne!(
        Output::of(&mut project.command(&["-f", ".env.enc", "get", "-n", "JWT_SECRET"])).ok().stdout,
        new
    );
}

#[test]
fn without_a_key_it_waits_instead_of_going_back() {
    let (project, new) = left();
    let mut command = project.command(&["resume"]);
    command.env_remove("SOPS_AGE_KEY_FILE");
    Output::of(&mut command).code(12).says("is not finished");
    project.run(&["resume"]).ok();
    assert_eq!(project.get("JWT_SECRET"), new);
}

#[test]
fn without_its_deploy_command_it_waits_instead_of_going_back() {
    let (project, new) = left();
    std::fs::rename(project.path("up"), project.path("up.away")).unwrap();
    project.run(&["resume"]).code(13).says("is not finished");
    std::fs::rename(project.path("up.away"), project.path("up")).unwrap();
    project.run(&["resume"]).ok();
    assert_eq!(project.get("JWT_SECRET"), new);
}

#[test]
fn a_policy_of_another_kind_is_refused() {
    let (project, _) = left();
    let policy = project.text("reseal.toml");
    project.write("reseal.toml", policy.replace("kind = \"wrapper\"", "kind = \"none\""));
    for args in [&["resume"][..], &["resume", "--back"]] {
        project
            .run(args)
            .code(13)
            .says("of kind \"wrapper\" when the rotation began")
            .says("put the policy back");
    }
    project.write("reseal.toml", policy);
    project.run(&["resume", "--back"]).ok();
}

#[test]
fn a_file_that_is_gone_is_told_with_the_way_out() {
    let (project, new) = left();
    project.remove(".env.enc");
    for args in [&["resume"][..], &["resume", "--back"]] {
        let output = project.run(args).code(14).says("is gone");
        let line = output.stderr.lines().find(|l| l.contains("hint:")).unwrap();
        let command = line.split('`').nth(1).unwrap();
        assert!(command.starts_with("cp -p "), "{command}");
        if args.len() == 2 {
            Output::of(&mut project.around("sh", &["-c", command])).ok();
        }
    }
    project.run(&["resume", "--back"]).ok();
    assert_ne!(project.get("JWT_SECRET"), new);
}

#[test]
fn ciphertexts_without_a_journal_are_kept() {
    let (project, _) = left();
    let journal = project.files().into_iter().find(|p| p.ends_with("journal.jsonl")).unwrap();
    std::fs::remove_file(&journal).unwrap();
    project.run(&["resume"]).code(14).says("is missing");
    assert!(journal.with_file_name("previous.enc").exists());
}

#[test]
fn two_projects_that_share_a_file_exclude_each_other() {
    let held = HeldUp::new();
    let other = Project::empty();
    other.write("reseal.toml", "");
    let shared = held.project.path(".env.enc");
    let args =
        ["-c", "reseal.toml", "-f", shared.to_str().unwrap(), "set", "DB_HOST", "--generate", "hex:16"];
    other.run(&args).code(11);
    // the rotation is left, and still counts for the other project
    let project = held.killed();
    other.run(&args).code(13).says(&format!("-C {}", project.root.display()));
    project.run(&["resume"]).ok();
    other.run(&args).ok();
}

#[test]
fn after_the_commit_nobody_is_told_to_go_back() {
    let (project, _) = left();
    // retiring fails: the backups cannot be listed any more
    std::fs::rename(project.path(".reseal/backups"), project.path("kept")).unwrap();
    project.write(".reseal/backups", "a file");
    let output = project.run(&["resume"]).code(13);
    assert!(!output.stderr.contains("--back"), "{}", output.stderr);
    project.remove(".reseal/backups");
    std::fs::rename(project.path("kept"), project.path(".reseal/backups")).unwrap();
    project.run(&["resume"]).ok();
    project.run(&["resume"]).ok().says("nothing to resume");
}
