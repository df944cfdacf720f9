//! What a command says, or refuses, so that nobody finds out later: URLs that are not fed, plaintext behind a link, whose
//! backup is whose, which project a hint is about.

use std::os::unix::fs::symlink;

use crate::exit_codes::HeldUp;
use crate::harness::Project;

#[test]
fn the_plan_names_a_url_that_holds_the_value_and_is_not_fed() {
    let project = Project::sealed("REDIS_PASSWORD=first-value\nREDIS_URL=redis://:first-value@redis/0\n");
    let plan = project.run(&["rotate", "REDIS_PASSWORD", "--dry-run"]).ok();
    assert!(plan.stdout.contains("\"REDIS_URL\" is a URL with the present value"), "{}", plan.stdout);
    project.write(
        "reseal.toml",
        "[secret.REDIS_PASSWORD]\nfeeds = [{ key = \"REDIS_URL\", part = \"password\" }]\n",
    );
    let plan = project.run(&["rotate", "REDIS_PASSWORD", "--dry-run"]).ok();
    assert!(!plan.stdout.contains("present value"), "{}", plan.stdout);
}

#[test]
fn taking_a_replaced_value_away_ends_its_grace() {
    let project = Project::sealed("JWT_SECRET=first-value\n");
    project
        .write("reseal.toml", "[secret.JWT_SECRET]\nprevious = { key = \"JWT_OLD\", keep-for = \"30m\" }\n");
    project.run(&["rotate", "JWT_SECRET", "-y"]).ok();
    project.run(&["rotate", "JWT_SECRET", "-y"]).code(1).says("counts until");
    project.run(&["unset", "JWT_OLD"]).ok();
    assert!(!project.run(&["status"]).ok().stdout.contains("counts until"));
    project.run(&["rotate", "JWT_SECRET", "-y"]).ok();
}

#[test]
fn projects_that_share_a_backup_folder_keep_their_own() {
    let shared = Project::empty();
    let policy = format!("[backup]\ndir = {:?}\nkeep = 1\n", shared.path("backups"));
    let (a, b) = (Project::sealed("A=first-value\n"), Project::sealed("A=second-value\n"));
    for project in [&a, &b] {
        project.write("reseal.toml", &policy);
        project.run(&["set", "A", "--generate", "uuid"]).ok();
    }
    let list = |p: &Project| p.run(&["backup", "list"]).ok().stdout;
    assert_eq!((list(&a).lines().count(), list(&b).lines().count()), (1, 1));
    assert_ne!(list(&a), list(&b));
    let id = list(&a).split_whitespace().next().unwrap().to_owned();
    b.run(&["backup", "restore", &id, "--yes"]).code(2).says("there is no backup");
    a.run(&["backup", "restore", &id, "--yes"]).ok();
    assert_eq!(a.get("A"), "first-value");
}

#[test]
fn a_plaintext_that_is_a_link_is_not_said_to_be_removed() {
    let project = Project::empty();
    project.write("shared/env", "A=first-value\n");
    symlink("shared/env", project.path(".env")).unwrap();
    project.run(&["init", "--delete-plaintext"]).code(2).says("is a symbolic link");
    assert!(project.exists(".env") && !project.exists(".env.enc"));
}

#[test]
fn hints_are_about_the_project_that_the_command_was_about() {
    let project = HeldUp::new().killed();
    let elsewhere = Project::empty();
    let folder = project.root.to_str().unwrap();
    let hint = format!("`reseal -C {folder} resume`");
    elsewhere.run(&["-C", folder, "set", "DB_HOST", "--generate", "uuid"]).code(13).says(&hint);
    // whoever lost the file meanwhile needs the rotation first
    project.remove(".env.enc");
    elsewhere.run(&["-C", folder, "status"]).code(13).says(&hint);
}
