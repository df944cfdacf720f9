//! What is wrong with a mirror is told before anything happens, with the command that mends it.

use super::{APP, OLD, WORKER, project, seal};
use crate::cmd::Transcript;
use crate::harness::Project;

/// Another key, whose identity nobody here has.
const STRANGER: &str = "age1ug8gxx685awyrgr0lam4rn836a9nryhlke0h4pv2ydve7sw2a5vq0x0ted";

/// A sealed file outside of every project.
const ELSEWHERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mutation/sealed.env");

/// A project with one mirror, as wrong as `spoil` makes it.
fn spoiled(spoil: impl FnOnce(&Project)) -> Project {
    let project = Project::sealed("TOKEN=first-token\n");
    project
        .write("reseal.toml", "[secret.TOKEN]\nfeeds = [{ file = \"config/app\", key = \"auth.token\" }]\n");
    seal(&project, "config/app", "auth.token=first-token\nDUP=1\nDUP=2\nauth.note_unencrypted=first-token\n");
    spoil(&project);
    project
}

fn policy(project: &Project, feed: &str) {
    project.write("reseal.toml", format!("[secret.TOKEN]\nfeeds = [{{ {feed} }}]\n"));
}

#[test]
fn each_fault_of_a_mirror_is_refused_with_the_way_out() {
    type Spoil = fn(&Project);
    let faults: &[(&str, Spoil)] = &[
        ("absent", |p| p.remove("config/app")),
        ("not sealed", |p| p.write("config/app", "auth.token=first-token\n")),
        ("another value", |p| seal(p, "config/app", "auth.token=other\n")),
        ("no such key", |p| seal(p, "config/app", "auth.tokn=first-token\n")),
        ("no URL", |p| policy(p, "file = \"config/app\", key = \"auth.token\", part = \"password\"")),
        ("a key that stands twice", |p| policy(p, "file = \"config/app\", key = \"DUP\"")),
        ("in clear", |p| policy(p, "file = \"config/app\", key = \"auth.note_unencrypted\"")),
        ("damaged", |p| p.write("config/app", p.text("config/app").replace("auth.token=", "auth.tokem="))),
        ("outside", |p| {
            p.remove("config/app");
            std::os::unix::fs::symlink(ELSEWHERE, p.path("config/app")).unwrap();
        }),
        ("a link to nowhere", |p| {
            p.remove("config/app");
            std::os::unix::fs::symlink("gone", p.path("config/app")).unwrap();
        }),
        ("the file itself", |p| {
            p.remove("config/app");
            std::os::unix::fs::symlink("../.env.enc", p.path("config/app")).unwrap();
        }),
        ("of another project", |p| p.write("config/reseal.toml", "")),
        ("ours", |p| {
            p.run(&["backup", "create"]).ok();
            let backup =
                p.files().into_iter().find(|path| path.to_string_lossy().contains("backups")).unwrap();
            let backup = backup.strip_prefix(&p.root).unwrap().to_str().unwrap().to_owned();
            p.remove("config/app");
            std::os::unix::fs::symlink(format!("../{backup}"), p.path("config/app")).unwrap();
        }),
        ("lexically outside", |p| policy(p, "file = \"../app\", key = \"auth.token\"")),
        ("lexically the file itself", |p| policy(p, "file = \"./.env.enc\", key = \"auth.token\"")),
    ];
    let mut told = String::new();
    for (fault, spoil) in faults {
        let project = spoiled(spoil);
        let (main, before) = (project.read(".env.enc"), project.files());
        let output = project.run(&["rotate", "TOKEN", "--yes"]).hides("first-token");
        assert!(matches!(output.code, Some(1 | 2 | 15)), "{fault}: {}", output.shown());
        assert!(project.read(".env.enc") == main && !project.exists(".reseal/rotations"), "{fault}");
        let lock = project.path(".reseal/lock");
        let files: Vec<_> = project.files().into_iter().filter(|path| *path != lock).collect();
        assert!(files == before.into_iter().filter(|path| *path != lock).collect::<Vec<_>>(), "{fault}");
        let stderr = output.stderr.replace(&project.root.to_string_lossy().into_owned(), "[ROOT]");
        let stderr = stderr.replace(ELSEWHERE, "[ELSEWHERE]");
        told += &format!("{fault}: exit {}\n{stderr}\n", output.code.unwrap());
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"\d{8}T\d{6}(\.\d+)?Z-[0-9a-f]{8}", "[ID]");
    settings.bind(|| insta::assert_snapshot!("mirror-faults", told));
}

#[test]
fn what_the_hint_says_mends_it() {
    let project = spoiled(|p| seal(p, "config/app", "other=x\n"));
    for _ in 0..2 {
        let output = project.run(&["rotate", "TOKEN", "--yes"]).code(1);
        let hint = output.stderr.lines().find(|line| line.contains("hint:")).unwrap();
        let command =
            hint.split('`').nth(1).unwrap().replace("reseal ", concat!(env!("CARGO_BIN_EXE_reseal"), " "));
        crate::harness::Output::of(&mut project.around("sh", &["-c", &command])).ok();
        project.run(&["rotate", "TOKEN", "--yes"]).ok();
        // and once more where it holds another value
        project.pipe(&["-f", "config/app", "set", "auth.token"], "drifted").ok();
    }
}

#[test]
fn a_mirror_that_nobody_here_opens_is_refused() {
    let project = spoiled(|_| {});
    project.write("plain", "auth.token=first-token\n");
    let args = ["encrypt", "plain", "--age", STRANGER];
    let sealed = project.run(&args).ok().stdout;
    project.write("config/app", sealed);
    let main = project.read(".env.enc");
    project.run(&["rotate", "TOKEN", "--yes"]).code(12).says("mirror \"config/app\" of \"TOKEN\"");
    assert!(project.read(".env.enc") == main);
    project.run(&["doctor"]).code(3);
}

#[test]
fn one_file_has_one_name() {
    let project = project();
    std::os::unix::fs::symlink(WORKER, project.path("twin")).unwrap();
    let policy = project.text("reseal.toml");
    let twin = policy.replace("key = \"PGPASSWORD\" }", "file = \"twin\", key = \"DB_PASSWORD\" }");
    project.write("reseal.toml", twin);
    project.run(&["rotate", "DB_PASSWORD", "-n"]).code(2).says("the same file as");
}

#[test]
fn a_fed_key_is_not_rotated_by_itself_through_its_mirror() {
    let project = project();
    let before = project.read(APP);
    for (file, key) in [(APP, "auth.jwt_secret"), (WORKER, "DB_PASSWORD"), (APP, "db.url")] {
        project.run(&["-f", file, "rotate", key, "--yes"]).code(1).says("has no value of its own");
    }
    assert!(project.read(APP) == before);
}

#[test]
fn a_plaintext_file_is_no_mirror_and_the_other_way_round() {
    let project = project();
    project
        .write("reseal.toml", project.text("reseal.toml") + &format!("files = [{{ path = {WORKER:?} }}]\n"));
    project.run(&["rotate", "JWT_SECRET", "--yes"]).code(2).says("is one that reseal itself needs");
}

#[test]
fn refusals_are_told_without_a_value() {
    let project = project();
    project.pipe(&["-f", WORKER, "set", "DB_PASSWORD"], "drifted-by-hand").ok();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rotate", "DB_PASSWORD", "-n"]).code(1).hides(OLD).hides("drifted");
    transcript.run(&["rotate", "DB_PASSWORD", "-n", "--emergency"]).code(1).hides(OLD).hides("drifted");
    transcript.told("mirror-refused");
}
