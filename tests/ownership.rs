//! Owners and modes: root keeps what belongs to others theirs, everything of ours is closed, and `doctor` finds and
//! mends what is not.

use std::os::unix::fs::{MetadataExt, chown, symlink};

use crate::cmd::ENV;
use crate::cmd::rotate::deployed;
use crate::harness::{Project, have};

const OTHER: (u32, u32) = (12345, 12346);

fn owner(project: &Project, name: &str) -> (u32, u32) {
    let m = std::fs::metadata(project.path(name)).unwrap();
    (m.uid(), m.gid())
}

fn give(project: &Project, name: &str, (uid, gid): (u32, u32)) {
    chown(project.path(name), Some(uid), Some(gid)).unwrap();
}

/// Everything below `.reseal`, with `.reseal` itself.
fn own(project: &Project) -> Vec<String> {
    let mut found = vec![".reseal".to_owned()];
    let mut at = 0;
    while at < found.len() {
        let name = found[at].clone();
        if project.path(&name).is_dir() {
            let entries = std::fs::read_dir(project.path(&name)).unwrap();
            found.extend(entries.map(|e| format!("{name}/{}", e.unwrap().file_name().to_string_lossy())));
        }
        at += 1;
    }
    found
}

/// Files 0600, folders 0700, all of this owner.
#[track_caller]
fn closed(project: &Project, wanted: (u32, u32)) {
    for name in own(project) {
        let mode = if project.path(&name).is_dir() { 0o700 } else { 0o600 };
        assert_eq!(project.mode(&name), mode, "{name}");
        assert_eq!(owner(project, &name), wanted, "{name}");
    }
}

fn me(project: &Project) -> (u32, u32) {
    owner(project, "age.key")
}

#[test]
fn everything_of_ours_is_closed_whatever_the_umask() {
    let project = deployed();
    let script = "umask 000; \"$0\" set DB_HOST --generate uuid && \"$0\" rotate JWT_SECRET -y && \"$0\" backup create";
    let mut command = project.around("sh", &["-c", script, env!("CARGO_BIN_EXE_reseal")]);
    crate::harness::Output::of(&mut command).ok();
    assert_eq!(project.mode(".env.enc"), 0o600);
    assert!(own(&project).iter().any(|n| n.starts_with(".reseal/backups/")));
    closed(&project, me(&project));
}

#[test]
fn an_unfinished_rotation_is_closed_too() {
    let project = deployed();
    project.script("up", "#!/bin/sh\nexit 1\n");
    project.run(&["rotate", "JWT_SECRET", "-y"]).code(14);
    let own_files = own(&project);
    for name in ["journal.jsonl", "previous.enc"] {
        assert!(own_files.iter().any(|n| n.ends_with(name)), "{name} is not in {own_files:?}");
    }
    closed(&project, me(&project));
}

#[test]
fn a_mode_that_is_too_open_is_reset_by_the_next_change() {
    let project = Project::sealed(ENV);
    project.chmod(".env.enc", 0o644);
    project.pipe(&["set", "DB_HOST"], "web").ok();
    assert_eq!(project.mode(".env.enc"), 0o600);
    project.chmod(".env.enc", 0o666);
    project.run(&["rotate", "JWT_SECRET", "-y"]).ok();
    assert_eq!(project.mode(".env.enc"), 0o600);
}

#[test]
fn the_mode_of_the_policy_is_that_of_the_sealed_file_alone() {
    let project = Project::sealed(ENV);
    project.write("reseal.toml", "mode = \"0640\"\n");
    project.run(&["doctor"]).code(3).hides("reseal.toml");
    project.pipe(&["set", "DB_HOST"], "web").ok();
    assert_eq!(project.mode(".env.enc"), 0o640);
    closed(&project, me(&project));
    project.run(&["doctor"]).ok();
}

#[test]
fn root_keeps_a_file_its_owners() {
    if !have("root_keeps_a_file_its_owners", &["root"]) {
        return;
    }
    let project = deployed();
    give(&project, ".env.enc", OTHER);
    project.chmod(".env.enc", 0o644);
    project.pipe(&["set", "DB_HOST"], "web").ok();
    project.run(&["rotate", "JWT_SECRET", "-y"]).ok();
    project.run(&["backup", "create"]).ok();
    assert_eq!(owner(&project, ".env.enc"), OTHER);
    assert_eq!(project.mode(".env.enc"), 0o600);
    closed(&project, OTHER);
    // also when it is put back, and when a rotation goes back
    let id = project.run(&["backup", "list"]).ok().stdout.split("  ").next().unwrap().to_owned();
    project.run(&["backup", "restore", &id, "-y"]).ok();
    project.script("up", "#!/bin/sh\n[ -e tried ] && exit 0\n: >tried\nexit 3\n");
    project.run(&["rotate", "APP_DB_PASSWORD", "-y"]).code(10);
    assert_eq!(owner(&project, ".env.enc"), OTHER);
    closed(&project, OTHER);
    project.run(&["doctor"]).ok();
}

#[test]
fn root_keeps_the_target_of_a_link_its_owners() {
    if !have("root_keeps_the_target_of_a_link", &["root"]) {
        return;
    }
    let project = Project::sealed(ENV);
    std::fs::create_dir(project.path("real")).unwrap();
    std::fs::rename(project.path(".env.enc"), project.path("real/env")).unwrap();
    symlink("real/env", project.path(".env.enc")).unwrap();
    give(&project, "real/env", OTHER);
    project.pipe(&["set", "DB_HOST"], "web").ok();
    assert_eq!(owner(&project, "real/env"), OTHER);
    closed(&project, OTHER);
}

#[test]
fn root_is_led_nowhere_by_links_of_others() {
    if !have("root_is_led_nowhere_by_links_of_others", &["root"]) {
        return;
    }
    let project = Project::sealed(ENV);
    give(&project, ".env.enc", OTHER);
    project.run(&["backup", "create"]).ok();
    project.write("precious", "of root\n");
    project.chmod("precious", 0o640);
    let precious = project.path("precious");
    let lay = |name: &str| {
        symlink(&precious, project.path(name)).unwrap();
        std::os::unix::fs::lchown(project.path(name), Some(OTHER.0), Some(OTHER.1)).unwrap();
    };
    // doctor neither mends nor enters a link
    std::fs::create_dir(project.path("folder")).unwrap();
    project.write("folder/file", "of root\n");
    project.chmod("folder/file", 0o644);
    symlink(project.path("folder"), project.path(".reseal/rotations")).unwrap();
    lay(".reseal/trap");
    project.run(&["doctor"]).ok();
    project.run(&["doctor", "--fix"]).ok();
    assert_eq!((project.mode("folder/file"), owner(&project, "folder/file")), (0o644, (0, 0)));
    project.remove(".reseal/rotations");
    // our own files are links never
    for name in [".reseal/lock", ".reseal/audit.jsonl"] {
        let kept = project.exists(name).then(|| project.read(name));
        let _ = std::fs::remove_file(project.path(name));
        lay(name);
        project.pipe(&["set", "DB_HOST"], name).code(1).says("is a symbolic link");
        project.remove(name);
        if let Some(bytes) = kept {
            project.write(name, bytes);
        }
    }
    // the sealed file may be a link, if its maker owns the target too
    std::fs::rename(project.path(".env.enc"), project.path("sealed")).unwrap();
    symlink("sealed", project.path(".env.enc")).unwrap();
    std::os::unix::fs::lchown(project.path(".env.enc"), Some(OTHER.0), Some(OTHER.1)).unwrap();
    project.pipe(&["set", "DB_HOST"], "web").ok();
    give(&project, "sealed", (0, 0));
    project.chmod("sealed", 0o640);
    project.pipe(&["set", "DB_HOST"], "other").code(1).says("symbolic link of another user");
    project.run(&["doctor", "--fix"]).code(1).says("symbolic link of another user");
    assert_eq!((project.mode("sealed"), project.mode("precious")), (0o640, 0o640));
    assert_eq!((project.text("precious"), owner(&project, "precious")), ("of root\n".to_owned(), (0, 0)));
}

#[test]
fn the_owner_of_the_policy_is_set_and_an_unknown_one_refused() {
    if !have("the_owner_of_the_policy", &["root"]) {
        return;
    }
    let project = Project::sealed(ENV);
    project.write("reseal.toml", "owner = \"12345:12346\"\nmode = \"0640\"\n");
    project.run(&["rotate", "JWT_SECRET", "-y"]).ok();
    assert_eq!(owner(&project, ".env.enc"), OTHER);
    assert_eq!(project.mode(".env.enc"), 0o640);
    closed(&project, OTHER);
    project.write("reseal.toml", "owner = \"no-such-user\"\n");
    project.pipe(&["set", "DB_HOST"], "web").code(2).says("there is no user \"no-such-user\"");
    project.write("reseal.toml", "owner = \"root:no-such-group\"\n");
    project.pipe(&["set", "DB_HOST"], "web").code(2).says("there is no group \"no-such-group\"");
}

#[test]
fn doctor_finds_and_mends_modes_owners_keys_and_ignore_rules() {
    let project = Project::sealed(ENV);
    project.run(&["backup", "create"]).ok();
    project.write(".git/HEAD", "ref: refs/heads/main\n");
    project.chmod(".env.enc", 0o666);
    project.chmod("age.key", 0o644);
    project.chmod(".reseal/backups", 0o755);
    project.chmod(".reseal/lock", 0o644);
    let root = have("doctor_finds_owners", &["root"]);
    if root {
        give(&project, ".reseal/lock", OTHER);
    }
    let found = project.run(&["doctor"]).code(3).stdout;
    for part in
        [".env.enc: has mode 0666", "age.key: the key", ".reseal/backups: has mode", ".reseal/lock: has mode"]
    {
        assert!(found.contains(part), "{part} is not in\n{found}");
    }
    assert_eq!(found.contains(".reseal/lock: belongs to 12345:12346"), root, "{found}");
    assert_eq!(found.matches("is not ignored").count(), 5, "{found}");
    project.run(&["doctor", "--fix"]).ok();
    project.run(&["doctor"]).ok();
    assert_eq!(project.mode("age.key"), 0o600);
    assert_eq!(project.mode(".env.enc"), 0o600);
    closed(&project, me(&project));
    assert!(project.text(".gitignore").contains(".env.backup.*\n"));
    project.run(&["get", "DB_HOST"]).ok();
}

#[test]
fn each_remedy_of_doctor_is_a_command_that_mends() {
    let project = Project::sealed(ENV);
    project.run(&["backup", "create"]).ok();
    project.write(".git/HEAD", "ref: refs/heads/main\n");
    project.write(".env", ENV);
    project.chmod(".env.enc", 0o644);
    project.chmod("age.key", 0o644);
    project.chmod(".reseal", 0o777);
    let json = project.run(&["doctor", "--json"]).code(3).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    for finding in json["findings"].as_array().unwrap() {
        let remedy = finding["remedy"].as_str().unwrap();
        crate::harness::Output::of(&mut project.around("sh", &["-c", remedy])).ok();
    }
    project.run(&["doctor"]).ok();
}

#[test]
fn doctor_finds_plaintext_and_never_removes_it() {
    let project = Project::sealed(ENV);
    let plain = [".env", ".env.bak", ".env.backup.20250101", ".env~", "prod.env"];
    for name in plain {
        project.write(name, ENV);
    }
    for name in [".env.example", ".env.template", ".env.sample"] {
        project.write(name, "JWT_SECRET=change-me\n");
    }
    project.write(".env.prod.enc", project.text(".env.enc"));
    project.write(".env.empty", "# nothing\nA=\n");
    for args in [&["doctor"][..], &["doctor", "--fix"]] {
        let output = project.run(args).code(3);
        assert_eq!(output.stdout.lines().count(), plain.len(), "{}", output.stdout);
        for name in plain {
            let line =
                format!("{}: holds 4 values in plain (mode 0600): shred -u ", project.path(name).display());
            assert!(output.stdout.contains(&line), "{line} is not in\n{}", output.stdout);
        }
        output.hides("correct-horse");
    }
    for name in plain {
        assert_eq!(project.text(name), ENV);
        project.remove(name);
    }
    project.run(&["doctor"]).ok();
}

#[test]
fn doctor_looks_beside_the_sealed_file_too() {
    let project = Project::sealed(ENV);
    project.write("deploy/prod.env.enc", project.read(".env.enc"));
    project.write("reseal.toml", "file = \"deploy/prod.env.enc\"\n");
    project.write("deploy/prod.env", ENV);
    project.write("deploy/config.env.js", "x = 1\n");
    let output = project.run(&["doctor"]).code(3);
    let line = format!("{}: holds 4 values", project.path("deploy/prod.env").display());
    assert!(output.stdout.lines().count() == 1 && output.stdout.contains(&line), "{}", output.stdout);
}
