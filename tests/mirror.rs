//! Mirrors: other sealed files of the project, in which secrets feed keys. They change with the main file, or not at all.

mod drift;
mod left;
mod refused;
mod trees;

use std::os::unix::fs::MetadataExt;

use crate::cmd::Transcript;
use crate::harness::{Output, Project, have};

pub const OLD: &str = "first-password-of-all";
pub const APP: &str = "config/app.env.enc";
pub const WORKER: &str = "worker.env.enc";

const POLICY: &str = r#"
[secret.DB_PASSWORD]
feeds = [
    { key = "DATABASE_URL", part = "password" },
    { key = "PGPASSWORD" },
    { file = "config/app.env.enc", key = "db.url", part = "password" },
    { file = "worker.env.enc", key = "DB_PASSWORD" },
]

[secret.JWT_SECRET]
previous = { key = "JWT_SECRET_PREVIOUS", keep-for = "30m" }
feeds = [{ file = "./config/app.env.enc", key = "auth.jwt_secret" }]
"#;

const DEPLOY: &str = r#"
[deploy]
kind = "wrapper"
command = ["./up"]
[[probe]]
command = ["./healthy"]
within = "1s"
"#;

/// A main file, two mirrors, and a policy for both.
pub fn project() -> Project {
    let project = Project::sealed(&format!(
        "DB_PASSWORD={OLD}\nDATABASE_URL=postgres://app:{OLD}@db/app\nPGPASSWORD={OLD}\nJWT_SECRET=first-token\nOTHER=x\n"
    ));
    seal(
        &project,
        APP,
        &format!("# the app\nauth.jwt_secret=first-token\ndb.url=postgres://app:{OLD}@db/app\nlevel=debug\n"),
    );
    seal(&project, WORKER, &format!("DB_PASSWORD={OLD}\n"));
    project.write("reseal.toml", POLICY);
    project
}

/// Seals a text as another file of the project.
pub fn seal(project: &Project, name: &str, text: &str) {
    project.write("plain", text);
    let sealed = project.run(&["encrypt", "plain"]).ok().stdout;
    project.write(name, sealed);
    project.remove("plain");
}

/// The same with services, which a wrapper starts and a probe looks at.
pub fn deployed() -> Project {
    let project = project();
    project.write("reseal.toml", format!("{DEPLOY}{POLICY}"));
    project.script("up", "#!/bin/sh\nexit 0\n");
    project.script("healthy", "#!/bin/sh\nexit 0\n");
    project
}

/// A value of one of the files.
pub fn value(project: &Project, file: &str, key: &str) -> String {
    project.run(&["-f", file, "get", "-n", key]).ok().stdout
}

/// The three files as they are.
pub fn all(project: &Project) -> [Vec<u8>; 3] {
    [".env.enc", APP, WORKER].map(|name| project.read(name))
}

fn audit(project: &Project) -> Vec<serde_json::Value> {
    project.text(".reseal/audit.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn one_rotation_writes_every_file_that_holds_the_value() {
    let project = project();
    let kept = project.text(APP).lines().find(|line| line.starts_with("level=")).unwrap().to_owned();
    let before = all(&project);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rotate", "--all", "--yes"]).ok().hides(OLD);
    transcript.told("mirror");

    let (password, token) = (project.get("DB_PASSWORD"), project.get("JWT_SECRET"));
    assert_ne!(password, OLD);
    assert_eq!(project.get("PGPASSWORD"), password);
    assert_eq!(project.get("DATABASE_URL"), format!("postgres://app:{password}@db/app"));
    assert_eq!(value(&project, APP, "db.url"), format!("postgres://app:{password}@db/app"));
    assert_eq!(value(&project, APP, "auth.jwt_secret"), token);
    assert_eq!(value(&project, WORKER, "DB_PASSWORD"), password);
    assert!(project.text(APP).lines().any(|line| line == kept), "what nobody feeds keeps its bytes");
    if have("mirror: a second opinion", &["sops"]) {
        let plain = String::from_utf8(project.sops_decrypt(APP)).unwrap();
        assert!(plain.contains(&format!("auth.jwt_secret={token}\n")));
    }
    for entry in audit(&project) {
        assert_eq!(entry["file"], ".env.enc");
        assert_eq!(entry["mirrors"], serde_json::json!([APP, WORKER]));
    }
    project.run(&["-f", APP, "history"]).ok();

    // each has a backup of its own, which is the file as it was
    for (file, bytes) in [".env.enc", APP, WORKER].into_iter().zip(before) {
        let listed = project.run(&["-f", file, "backup", "list"]).ok().stdout;
        let id = listed.split_whitespace().next().unwrap();
        assert_eq!(listed.lines().count(), 1, "{listed}");
        project.run(&["-f", file, "backup", "restore", id, "--yes"]).ok();
        assert!(project.read(file) == bytes, "{file}");
    }
}

#[test]
fn a_plan_lists_the_files_and_leaves_nothing() {
    let project = deployed();
    // what is fed by nobody is remarked on
    project.pipe(&["-f", WORKER, "set", "COPY"], OLD).ok();
    project.pipe(&["-f", APP, "set", "other.url"], format!("postgres://app:{OLD}@db/app")).ok();
    let before = project.files();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rotate", "DB_PASSWORD", "-n"]).ok().hides(OLD);
    transcript.run(&["rotate", "JWT_SECRET", "-n", "--json"]).ok().hides("first-token");
    transcript.told("mirror-plan");
    assert!(project.files() == before);
}

#[test]
fn a_secret_without_mirrors_writes_no_word_of_them() {
    let project = project();
    let policy = project.text("reseal.toml") + "[secret.OTHER]\n";
    project.write("reseal.toml", policy);
    let before = all(&project);
    project.run(&["rotate", "OTHER", "--yes"]).ok();
    let after = all(&project);
    assert!(before[0] != after[0] && before[1..] == after[1..]);
    assert!(!project.text(".reseal/audit.jsonl").contains("mirrors"));
    let plan = project.run(&["rotate", "OTHER", "-n", "--json"]).ok().stdout;
    assert!(!plan.contains("\"mirrors\""), "{plan}");
}

#[test]
fn where_the_services_stay_ill_every_file_is_as_before() {
    let project = deployed();
    // the services are well on the old values only
    project.write("old", project.read(WORKER));
    project.script("healthy", &format!("#!/bin/sh\nexec cmp -s old {WORKER}\n"));
    let before = all(&project);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rotate", "--all", "--yes"]).code(10).hides(OLD);
    transcript.told("mirror-rolled-back");
    assert!(all(&project) == before);
    project.run(&["resume"]).ok().says("nothing to resume");
}

#[test]
fn a_rollback_brings_the_mirrors_back_too() {
    let project = project();
    project.run(&["rotate", "--all", "--yes"]).ok();
    let second = project.get("DB_PASSWORD");
    project.run(&["rollback", "--yes"]).ok();
    for (file, key) in [(".env.enc", "DB_PASSWORD"), (WORKER, "DB_PASSWORD")] {
        assert_eq!(value(&project, file, key), OLD, "{file}");
    }
    assert_eq!(value(&project, APP, "db.url"), format!("postgres://app:{OLD}@db/app"));
    assert_eq!(value(&project, APP, "auth.jwt_secret"), "first-token");
    // a rollback is a rotation, and can be gone back on; of one secret alone, the other mirror stays
    let app = project.read(APP);
    project.write(
        "reseal.toml",
        project.text("reseal.toml").replace(
            "config/app.env.enc\", key = \"db.url\", part = \"password\" }",
            "worker.env.enc\", key = \"URL\" }",
        ),
    );
    project.pipe(&["-f", WORKER, "set", "URL"], OLD).ok();
    project.run(&["rollback", "DB_PASSWORD", "--yes"]).ok();
    assert_eq!(value(&project, WORKER, "DB_PASSWORD"), second);
    assert_eq!(value(&project, WORKER, "URL"), second);
    assert!(project.read(APP) == app);
}

#[test]
fn a_mirror_keeps_its_owner_and_its_link_and_is_closed() {
    let project = project();
    std::fs::create_dir(project.path("real")).unwrap();
    std::fs::rename(project.path(WORKER), project.path("real/worker")).unwrap();
    std::os::unix::fs::symlink("real/worker", project.path(WORKER)).unwrap();
    project.chmod("real/worker", 0o644);
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let owner = if root { 65_534 } else { std::fs::metadata(project.path(WORKER)).unwrap().uid() };
    std::os::unix::fs::chown(project.path("real/worker"), Some(owner), Some(owner)).unwrap();
    project.run(&["rotate", "DB_PASSWORD", "--yes"]).ok();
    assert!(project.path(WORKER).symlink_metadata().unwrap().is_symlink());
    let meta = std::fs::metadata(project.path("real/worker")).unwrap();
    assert_eq!((meta.mode() & 0o7777, meta.uid()), (0o600, owner));
    assert_eq!(value(&project, WORKER, "DB_PASSWORD"), project.get("DB_PASSWORD"));
    // what is ours belongs to whom the main file belongs
    let main = std::fs::metadata(project.path(".env.enc")).unwrap().uid();
    for path in project.files().iter().filter(|path| path.to_string_lossy().contains("/.reseal/")) {
        assert_eq!(std::fs::metadata(path).unwrap().uid(), main, "{path:?}");
    }
}

#[test]
fn old_backups_of_each_file_go() {
    let project = project();
    project.write("reseal.toml", format!("[backup]\nkeep = 2\n{POLICY}"));
    for _ in 0..3 {
        project.run(&["rotate", "DB_PASSWORD", "--yes"]).ok();
    }
    for file in [".env.enc", APP, WORKER] {
        assert_eq!(project.run(&["-f", file, "backup", "list"]).ok().stdout.lines().count(), 2, "{file}");
    }
}

#[test]
fn while_a_rotation_runs_or_is_left_no_hand_changes_a_mirror() {
    let project = deployed();
    project.script(
        "up",
        "#!/bin/sh\necho $$ >pid.tmp && mv pid.tmp pid\nwhile [ -e slow ]; do sleep 0.02; done\n",
    );
    project.write("slow", "");
    let mut rotation = project.command(&["rotate", "JWT_SECRET", "--yes"]).spawn().unwrap();
    crate::exit_codes::until("the wrapper is running", || project.exists("pid"));
    let by_hand = || Output::of(&mut project.command(&["-f", APP, "set", "level", "--generate", "hex:32"]));
    by_hand().code(11);
    rotation.kill().unwrap();
    rotation.wait().unwrap();
    project.remove("slow");
    let app = project.read(APP);
    by_hand().code(13).says("is not finished");
    project.run(&["-f", APP, "resume"]).code(2).says("is one of \".env.enc\"");
    assert!(project.read(APP) == app);
    project.run(&["resume"]).ok();
    by_hand().ok();
    assert_eq!(value(&project, APP, "auth.jwt_secret"), project.get("JWT_SECRET"));
}

#[test]
fn retiring_an_old_value_leaves_the_mirrors_alone() {
    let project = project();
    project.run(&["rotate", "JWT_SECRET", "--yes"]).ok();
    let before = all(&project);
    project.run(&["retire", "JWT_SECRET", "--yes"]).ok();
    let after = all(&project);
    assert!(before[0] != after[0] && before[1..] == after[1..]);
    project.run(&["doctor"]).ok();
}

#[test]
fn a_key_pair_feeds_its_private_half() {
    let project = project();
    let policy = format!(
        "[secret.SIGNING]\ngenerate = \"ed25519\"\npair = {{ public = \"SIGNING_PUBLIC\" }}\n\
         feeds = [{{ file = {APP:?}, key = \"signing.key\" }}]\n"
    );
    project.run(&["set", "SIGNING", "--generate", "ed25519"]).ok();
    project.write("reseal.toml", policy);
    project.pipe(&["set", "SIGNING"], project.get("SIGNING")).ok();
    let key = project.run(&["get", "SIGNING"]).ok().stdout;
    project.pipe(&["-f", APP, "set", "signing.key"], &key).ok();
    project.run(&["rotate", "SIGNING", "--yes"]).ok();
    assert!(project.get("SIGNING").contains("PRIVATE KEY"));
    assert_ne!(project.run(&["get", "SIGNING"]).ok().stdout, key);
    assert_eq!(value(&project, APP, "signing.key"), project.get("SIGNING"));
}
