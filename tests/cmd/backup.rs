//! `reseal backup …`: copies that count only once they were opened.

use super::{ENV, Transcript};
use crate::harness::Project;

#[test]
fn backups_are_listed_opened_and_put_back() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["backup", "list"]).ok();
    let id = transcript.run(&["backup", "create"]).ok().stdout;
    transcript.run(&["backup", "list"]).ok();
    transcript.run(&["backup", "verify"]).ok();
    let first = project.read(".env.enc");
    project.pipe(&["set", "DB_HOST"], "web").ok();
    transcript.run(&["backup", "restore", id.trim()]).code(2);
    transcript
        .other(
            "reseal backup restore [ID] --reason 'wrong host' -y",
            &mut project.command(&["backup", "restore", id.trim(), "--reason", "wrong host", "-y"]),
        )
        .ok();
    assert!(project.read(".env.enc") == first);
    transcript.told("backup");
    assert_eq!(project.get("DB_HOST"), "db");
}

#[test]
fn json_is_json_in_every_backup_command() {
    let project = Project::sealed(ENV);
    for what in ["create", "list", "verify", "prune"] {
        let output = project.run(&["backup", what, "--json"]).ok();
        let json: serde_json::Value = serde_json::from_str(&output.stdout).expect(what);
        assert_eq!(json["v"], 1, "{what}");
    }
}

#[test]
fn old_backups_go_as_the_policy_says_and_the_newest_stays() {
    let project = Project::sealed(ENV);
    for value in ["a", "b", "c", "d"] {
        project.pipe(&["set", "DB_HOST"], value).ok();
    }
    let all = project.run(&["backup", "list"]).ok().stdout;
    project.write("reseal.toml", "[backup]\nkeep = 1\n");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["backup", "prune"]).ok();
    transcript.run(&["backup", "prune"]).ok();
    transcript.told("backup-prune");
    assert_eq!(project.run(&["backup", "list"]).ok().stdout, format!("{}\n", all.lines().last().unwrap()));
}

#[test]
fn what_cannot_be_restored_is_refused() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["backup", "restore", "nope", "-y"]).code(2);
    project.pipe(&["set", "DB_HOST"], "web").ok();
    project.pipe(&["set", "DB_HOST"], "other").ok();
    let before = project.read(".env.enc");
    let year = project.run(&["backup", "list"]).ok().stdout[..4].to_owned();
    assert!(project.run(&["backup", "restore", &year, "-y"]).code(2).stderr.contains("fits 2 backups"));

    // one backup damaged, one sealed for another
    let all = project.run(&["backup", "list"]).ok().stdout;
    let path = all.lines().next().unwrap().split("  ").nth(1).unwrap();
    let id = all.split("  ").next().unwrap().to_owned();
    let mut bytes = std::fs::read(path).unwrap();
    bytes[40] ^= 1;
    std::fs::write(path, bytes).unwrap();
    transcript
        .other("reseal backup restore [ID] -y", &mut project.command(&["backup", "restore", &id, "-y"]))
        .code(15);
    transcript.run(&["backup", "verify"]).code(3);
    project.remove("age.key");
    transcript.run(&["backup", "verify"]).code(3);
    std::fs::remove_file(path).unwrap();
    transcript.run(&["backup", "verify"]).code(12);
    transcript.run(&["backup", "create"]).code(12);
    transcript.told("backup-refused");
    assert!(project.read(".env.enc") == before);
}

#[test]
fn in_the_wrong_folder_no_backup_is_no_comfort() {
    let project = Project::empty();
    let mut transcript = Transcript::of(&project);
    for what in ["list", "create", "verify", "prune"] {
        transcript.run(&["backup", what]).code(1);
    }
    transcript.run(&["backup", "restore", "x", "-y"]).code(1);
    transcript.told("backup-nowhere");
    assert!(!project.exists(".reseal"));
}

#[test]
fn a_sealed_file_that_is_gone_comes_back_from_a_backup() {
    let project = Project::sealed(ENV);
    project.run(&["backup", "create"]).ok();
    project.remove(".env.enc");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["get", "DB_HOST"]).code(1);
    transcript.run(&["backup", "restore", "2", "-y"]).ok();
    transcript.run(&["get", "DB_HOST"]).ok();
    // what a redirect that failed leaves
    project.write(".env.enc", "");
    transcript.run(&["get", "DB_HOST"]).code(1);
    transcript.run(&["backup", "restore", "2", "-y"]).ok();
    transcript.run(&["get", "DB_HOST"]).ok();
    transcript.told("backup-restore");
}
