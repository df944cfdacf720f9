//! A rotation with mirrors that was left, and what others did to the files meanwhile.

use super::{APP, OLD, WORKER, all, deployed, seal, value};
use crate::exit_codes::until;
use crate::harness::{Output, Project};

/// Killed while the wrapper ran; every file is the new one.
fn left() -> Project {
    let project = deployed();
    project.script(
        "up",
        "#!/bin/sh\n[ -e slow ] && echo $$ >pid.tmp && mv pid.tmp pid\nwhile [ -e slow ]; do sleep 0.02; done\n",
    );
    project.write("slow", "");
    let mut rotation = project.command(&["rotate", "--all", "--yes", "-q"]).spawn().unwrap();
    until("the wrapper is running", || project.exists("pid"));
    rotation.kill().unwrap();
    rotation.wait().unwrap();
    project.remove("slow");
    project
}

fn folder(project: &Project) -> std::path::PathBuf {
    std::fs::read_dir(project.path(".reseal/rotations")).unwrap().next().unwrap().unwrap().path()
}

/// Follows each command of the last hint, as a person would type it.
fn follow(project: &Project, output: &Output) {
    let hint = output.stderr.lines().rfind(|line| line.starts_with("reseal: hint:")).unwrap();
    for command in hint.split('`').skip(1).step_by(2) {
        let command = command.replace("reseal ", concat!(env!("CARGO_BIN_EXE_reseal"), " "));
        Output::of(&mut project.around("sh", &["-c", &command])).ok();
    }
}

#[test]
fn both_versions_of_every_file_lie_beside_the_journal() {
    let project = left();
    let names =
        ["previous.enc", "previous-1.enc", "previous-2.enc", "pending.enc", "pending-1.enc", "pending-2.enc"];
    for name in names {
        let path = folder(&project).join(name);
        assert_eq!(project.mode(path.to_str().unwrap()), 0o600, "{name}");
    }
    let journal = std::fs::read_to_string(folder(&project).join("journal.jsonl")).unwrap();
    let header: serde_json::Value = serde_json::from_str(journal.lines().next().unwrap()).unwrap();
    let files: Vec<_> = header["open"]["request"]["mirrors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["file"].as_str().unwrap())
        .collect();
    assert_eq!(files, [APP, WORKER]);
    let steps = header["open"]["steps"].to_string();
    assert!(
        steps.contains("\"swap:config/app.env.enc\",\"swap:worker.env.enc\",\"swap\",\"redeploy\""),
        "{steps}"
    );
    project.run(&["status"]).code(13).says("swap:config/app.env.enc, swap:worker.env.enc, swap");
    project.run(&["resume"]).ok();
}

#[test]
fn resume_goes_forward_or_back_with_every_file() {
    let project = left();
    project.run(&["resume"]).ok();
    assert_ne!(project.get("DB_PASSWORD"), OLD);
    assert_eq!(value(&project, WORKER, "DB_PASSWORD"), project.get("DB_PASSWORD"));
    let project = left();
    project
        .run(&["resume", "--back"])
        .ok()
        .says(".env.enc, config/app.env.enc, worker.env.enc are as before");
    for file in [".env.enc", WORKER] {
        assert_eq!(value(&project, file, "DB_PASSWORD"), OLD);
    }
    assert_eq!(value(&project, APP, "auth.jwt_secret"), "first-token");
}

#[test]
fn a_mirror_that_somebody_else_changed_is_refused_and_the_printed_way_out_works() {
    let project = left();
    seal(&project, APP, "auth.jwt_secret=by-another-hand\n");
    let (edit, before) = (project.read(APP), all(&project));
    project
        .run(&["resume"])
        .code(14)
        .says("config/app.env.enc\" was changed by someone else")
        .says("previous-1.enc");
    let output = project.run(&["resume", "--back"]).code(14);
    assert!(all(&project) == before, "something was changed all the same");
    follow(&project, &output);
    assert_eq!(value(&project, APP, "auth.jwt_secret"), "first-token");
    assert_eq!(value(&project, WORKER, "DB_PASSWORD"), OLD);
    assert!(project.read("config/app.env.enc.mine") == edit, "the change is lost");
    project.run(&["resume"]).ok().says("nothing to resume");
}

#[test]
fn a_mirror_that_is_gone_is_told_with_the_way_out() {
    let project = left();
    project.remove(WORKER);
    let output = project.run(&["resume"]).code(14).says("is gone");
    follow(&project, &output);
    assert_eq!(value(&project, WORKER, "DB_PASSWORD"), OLD);
    assert_eq!(project.get("DB_PASSWORD"), OLD);
}

#[test]
fn a_mirror_whose_undo_fails_is_stuck_with_the_names_of_its_versions() {
    let project = deployed();
    // another hand changes a mirror while the wrapper runs, which then fails
    seal(&project, "edit", "auth.jwt_secret=by-another-hand\n");
    project.script("up", &format!("#!/bin/sh\n[ -e edit ] || exit 0\nmv edit {APP}\nexit 1\n"));
    let output = project.run(&["rotate", "--all", "--yes"]).code(14);
    let output = output.says("step \"swap:config/app.env.enc\" could not be taken back");
    let output = output.says("previous-1.enc is the file config/app.env.enc before the rotation");
    let output = output.says("each of .env.enc, config/app.env.enc, worker.env.enc is whole");
    drop(output);
    // what stands behind it in the order was taken back already
    assert_eq!(
        (project.get("DB_PASSWORD"), value(&project, WORKER, "DB_PASSWORD")),
        (OLD.into(), OLD.into())
    );
    std::fs::copy(folder(&project).join("previous-1.enc"), project.path(APP)).unwrap();
    project.run(&["resume"]).code(10);
    assert_eq!(value(&project, APP, "auth.jwt_secret"), "first-token");
}

#[test]
fn without_a_key_for_a_mirror_it_waits_instead_of_going_back() {
    let project = left();
    let mut command = project.command(&["resume"]);
    command.env_remove("SOPS_AGE_KEY_FILE");
    Output::of(&mut command).code(12).says("each of .env.enc, config/app.env.enc, worker.env.enc is whole");
    project.run(&["resume"]).ok();
    assert_eq!(value(&project, APP, "auth.jwt_secret"), project.get("JWT_SECRET"));
}

#[test]
fn where_a_mirror_lies_in_a_folder_with_a_lock_of_its_own_that_one_is_taken_too() {
    // with the policy under another name, a hand change of the mirror knows of no project but its folder
    let project = deployed();
    std::fs::rename(project.path("reseal.toml"), project.path("prod.toml")).unwrap();
    let set = ["-f", APP, "set", "level", "--generate", "hex:32"];
    project.run(&set).ok();
    assert!(project.exists("config/.reseal/lock"));
    project.script("up", "#!/bin/sh\n: >there\nwhile [ -e slow ]; do sleep 0.02; done\n");
    project.write("slow", "");
    let rotate = ["-c", "prod.toml", "rotate", "JWT_SECRET", "--yes", "-q"];
    let mut rotation = project.command(&rotate).spawn().unwrap();
    until("the wrapper is running", || project.exists("there"));
    project.run(&set).code(11);
    project.remove("slow");
    assert!(rotation.wait().unwrap().success());
    project.run(&set).ok();
    assert_eq!(value(&project, APP, "auth.jwt_secret"), project.get("JWT_SECRET"));
}
