//! Earlier values come back as a rotation of their own: in the file, in what it feeds, in secret files.

use std::os::unix::fs::MetadataExt;

use crate::harness::Project;

fn project() -> Project {
    let project = Project::sealed(
        "DB_PASSWORD=first-password\nDATABASE_URL=postgres://app:first-password@db/app\nOTHER=x\n",
    );
    project.write(
        "reseal.toml",
        "[secret.DB_PASSWORD]\nfeeds = [{ key = \"DATABASE_URL\", part = \"password\" }]\n\
         files = [{ path = \"secrets/db\", mode = \"0440\" }, { path = \"secrets/url\", key = \"DATABASE_URL\" }]\n\
         [secret.OTHER]\n",
    );
    project.write("secrets/db", "first-password");
    project
}

#[test]
fn the_last_rotation_is_gone_back_on_whole() {
    let project = project();
    project.run(&["rollback", "-y"]).code(2).says("was never rotated");
    project.run(&["rotate", "DB_PASSWORD", "-y"]).ok();
    let second = project.get("DB_PASSWORD");
    assert_eq!(project.text("secrets/db"), second);
    assert!(project.text("secrets/url").contains(&second));
    assert_eq!((project.mode("secrets/db"), project.mode("secrets/url")), (0o440, 0o400));

    let plan = project.run(&["rollback", "-n"]).ok().stdout;
    assert!(plan.contains("as in backup"), "{plan}");
    project.run(&["rollback", "-y", "--reason", "the app cannot log in"]).ok();
    assert_eq!(project.get("DB_PASSWORD"), "first-password");
    assert_eq!(project.get("DATABASE_URL"), "postgres://app:first-password@db/app");
    assert_eq!(project.text("secrets/db"), "first-password");
    // and back again: a rollback is a rotation
    project.run(&["rollback", "-y"]).ok();
    assert_eq!(project.get("DB_PASSWORD"), second);
}

#[test]
fn one_of_many_values_of_a_named_backup() {
    let project = project();
    project.run(&["rotate", "--all", "-y"]).ok();
    let (password, other) = (project.get("DB_PASSWORD"), project.get("OTHER"));
    project.run(&["rotate", "--all", "-y"]).ok();
    let newest = project.get("DB_PASSWORD");
    let ids: Vec<String> = project
        .run(&["backup", "list"])
        .ok()
        .stdout
        .lines()
        .map(|l| l.split_whitespace().next().unwrap().to_owned())
        .collect();
    project.run(&["rollback", "OTHER", "--to", &ids[0], "-y"]).ok();
    assert_eq!((project.get("OTHER"), project.get("DB_PASSWORD")), ("x".into(), newest));
    project.run(&["rollback", "OTHER", "DB_PASSWORD", "--to", &ids[1], "-y"]).ok();
    assert_eq!((project.get("OTHER"), project.get("DB_PASSWORD")), (other, password));
    project.run(&["rollback", "OTHER", "--to", &ids[1], "-y"]).code(1).says("the value that it has now");
    project.run(&["rollback", "OTHER", "--to", "20990101", "-y"]).code(2).says("there is no backup");
    project.run(&["rollback", "NOTHING", "-y"]).code(1).says("is not in the file");
}

#[test]
fn secret_files_go_back_when_the_deployment_fails() {
    let project = project();
    let policy = project.text("reseal.toml");
    project.write("reseal.toml", format!("[deploy]\nkind = \"wrapper\"\ncommand = [\"./up\"]\n{policy}"));
    project.script(
        "up",
        "#!/bin/sh\ncat secrets/db >>seen; echo >>seen\ntest \"$(cat secrets/db)\" = first-password\n",
    );
    project.run(&["rotate", "DB_PASSWORD", "-y"]).code(10);
    assert_eq!(project.text("secrets/db"), "first-password");
    assert!(!project.exists("secrets/url"), "it was not there before");
    let seen = project.text("seen");
    let seen: Vec<&str> = seen.lines().collect();
    assert_eq!((seen.len(), seen[0] == "first-password", seen[1]), (2, false, "first-password"));
}

#[test]
fn a_secret_file_belongs_to_whom_the_container_runs_as() {
    if !crate::harness::have("a_secret_file_belongs_to_whom_the_container_runs_as", &["root"]) {
        return;
    }
    let project = project();
    project.write(
        "reseal.toml",
        "[secret.OTHER]\nfiles = [{ path = \"secrets/other\", mode = \"0400\", owner = \"472:0\" }, { path = \"secrets/db\" }]\n",
    );
    std::os::unix::fs::chown(project.path("secrets/db"), Some(999), Some(998)).unwrap();
    project.run(&["rotate", "OTHER", "-y"]).ok();
    let owner = |name: &str| {
        let stat = project.path(name).metadata().unwrap();
        (stat.uid(), stat.gid())
    };
    assert_eq!((owner("secrets/other"), owner("secrets/db")), ((472, 0), (999, 998)));
    // docker makes a folder where a file to mount is missing
    project.remove("secrets/other");
    std::fs::create_dir(project.path("secrets/other")).unwrap();
    project.run(&["rotate", "OTHER", "-y"]).code(1).says("is not a regular file");
}

#[test]
fn a_password_that_its_reader_would_cut_is_not_made() {
    let project = Project::sealed("VNC_PASSWORD=12345678\n");
    project.run(&["rotate", "VNC_PASSWORD", "-y"]).code(1).says("first 8 characters").says("entropy-floor");
    project.write("reseal.toml", "[secret.VNC_PASSWORD]\ngenerate = \"password:8\"\nentropy-floor = 40\n");
    project.run(&["rotate", "VNC_PASSWORD", "-y"]).ok();
    assert_eq!(project.get("VNC_PASSWORD").len(), 8);
}

#[test]
fn doctor_names_the_plaintext_that_the_policy_asks_for() {
    let project = project();
    project.write(".git/HEAD", "ref: refs/heads/main\n");
    project.write(".gitignore", ".env*\n.reseal/\n");
    project.chmod("secrets/db", 0o644);
    let found = project.run(&["doctor"]).code(3).says("secrets/db holds DB_PASSWORD in plain");
    assert!(found.stdout.contains("secrets/db: has mode 0644, not 0440"), "{}", found.stdout);
    assert!(found.stdout.contains("secrets/db is not ignored"), "{}", found.stdout);
    project.run(&["doctor", "--fix"]).ok();
    assert_eq!(project.mode("secrets/db"), 0o440);
    assert!(project.text(".gitignore").contains("secrets/db\nsecrets/url\n"));
    project.write(".gitignore", ".env*\n.reseal/\nsecrets/\n");
    project.run(&["doctor"]).ok();
}

#[test]
fn a_secret_file_gets_its_mode_back_too() {
    let project = Project::sealed("A=first-a\n");
    project.write(
        "reseal.toml",
        "[deploy]\nkind = \"wrapper\"\ncommand = [\"./up\"]\n[secret.A]\nfiles = [{ path = \"secrets/a\" }]\n",
    );
    project.write("secrets/a", "first-a");
    project.chmod("secrets/a", 0o644);
    // a container that runs as somebody else reads it
    project.script("up", "#!/bin/sh\ntest \"$(stat -c %a secrets/a)\" = 644\n");
    project.run(&["rotate", "A", "-y"]).code(10);
    assert_eq!((project.mode("secrets/a"), project.text("secrets/a").as_str()), (0o644, "first-a"));
}

#[test]
fn a_secret_file_is_none_that_reseal_needs() {
    let project = Project::sealed("A=first-a\n");
    project.write("age.toml", "");
    std::os::unix::fs::symlink("../.env.enc", project.path("link")).unwrap();
    std::os::unix::fs::symlink(project.path(".env.enc"), project.path("sealed")).unwrap();
    for path in ["./.env.enc", "reseal.toml", "sealed", ".reseal/lock", ".reseal/backups/x", "age.key"] {
        project.write(
            "reseal.toml",
            format!("age-key-file = \"age.key\"\n[secret.A]\nfiles = [{{ path = \"{path}\" }}]\n"),
        );
        let before = project.read(".env.enc");
        project.run(&["rotate", "A", "-y"]).code(2).says("is one that reseal itself needs");
        assert!(before == project.read(".env.enc"), "{path}");
    }
    project.write("reseal.toml", "[secret.A]\nfiles = [{ path = \"link\" }]\n");
    project.run(&["rotate", "A", "-y"]).code(1).says("leads nowhere");
}

#[test]
fn a_secret_file_whose_key_is_missing_is_told_before() {
    let project = Project::sealed("A=first-a\n");
    project.write("reseal.toml", "[secret.A]\nfiles = [{ path = \"a\", key = \"NOPE\" }]\n");
    project.write("a", "x");
    project.run(&["rotate", "A", "-y"]).code(1).says("holds \"NOPE\", which is not in the file");
    project.run(&["resume"]).ok().says("there is nothing to resume");
}

#[test]
fn secret_files_follow_every_key_that_changes() {
    let project = Project::sealed("HOST=db\nDATABASE_URL=postgres://app:first-password@db/app\n");
    project.run(&["set", "JWT", "--generate", "ed25519"]).ok();
    project.write(
        "reseal.toml",
        "[secret.JWT]\ngenerate = \"ed25519\"\npair = { public = \"PUB\", jwks = \"JWKS\" }\n\
         previous = { public = \"OLD\", keep-for = \"1h\" }\n\
         files = [{ path = \"jwks\", key = \"JWKS\" }, { path = \"old\", key = \"OLD\" }, { path = \"url\", key = \"DATABASE_URL\" }]\n\
         [secret.HOST]\nfeeds = [{ key = \"DATABASE_URL\", part = \"host\" }]\n",
    );
    let keys = |project: &Project| project.text("jwks").matches("\"kid\"").count();
    project.run(&["rotate", "JWT", "-y"]).ok();
    assert_eq!((keys(&project), project.text("old").is_empty()), (2, false));
    // what is taken away is taken away from the files too
    project.run(&["retire", "JWT", "-y"]).ok().says("files     done");
    assert_eq!((keys(&project), project.exists("old")), (1, false));
    project.run(&["rotate", "JWT", "-y", "--emergency"]).ok();
    assert_eq!((keys(&project), project.exists("old")), (1, false));
    // a part of a value that is another secret's file
    project.run(&["rotate", "HOST", "-y"]).ok();
    assert_eq!(project.text("url"), project.get("DATABASE_URL"));
}
