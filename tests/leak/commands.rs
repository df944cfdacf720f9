//! Every command on its good path, in each manner of speaking.

use std::collections::BTreeSet;

use super::watched::Watched;
use crate::harness::{Output, have};

/// The deploy command opens the file by itself, as a wrapper does, and keeps a checksum only.
const UP: &str =
    "#!/bin/sh\nexec \"$RESEAL\" exec -- sh -c 'printf %s \"$JWT_SECRET$DATABASE_URL\" | cksum >running'\n";

/// Somebody else's public key.
const OTHER: &str = "age1ug8gxx685awyrgr0lam4rn836a9nryhlke0h4pv2ydve7sw2a5vq0x0ted";

const POLICY: &str = r#"
[deploy]
kind = "wrapper"
command = ["./up"]
[[probe]]
command = ["test", "-s", "running"]
[secret.JWT_SECRET]
generate = "base64url:64"
every = "90d"
previous = { key = "JWT_SECRET_PREVIOUS", keep-for = "1s" }
[secret.DB_PASSWORD]
generate = "alnum:32"
feeds = [
    { key = "DATABASE_URL", part = "password" },
    { file = "copy.enc", key = "DATABASE_URL", part = "password" },
    { file = "copy.enc", key = "DB_PASSWORD" },
]
"#;

#[test]
fn no_command_leaves_a_value_behind() {
    every_command(&[]);
}

#[test]
fn no_command_leaves_a_value_behind_when_it_says_more() {
    every_command(&["-v"]);
}

#[test]
fn no_command_leaves_a_value_behind_in_json() {
    every_command(&["--json"]);
}

/// What is found is said by name and place.
fn scanned(w: &Watched, manner: &[&str], value: &str) {
    w.plant(
        "notes",
        &format!(
            "first\nJWT_SECRET={value}\nhex={}\n",
            value.bytes().map(|b| format!("{b:02x}")).collect::<String>()
        ),
    );
    let found = w.silent(&[manner, &["scan", "notes"]].concat()).code(3);
    assert!(found.stdout.contains("JWT_SECRET"), "{}", found.stdout);
    for form in ["text", "json", "sarif", "github"] {
        w.silent(&[manner, &["scan", "--format", form, "notes"]].concat()).code(3);
    }
    // what is accepted is written down, and found again
    w.silent(&[manner, &["scan", "--update-baseline", "notes"]].concat()).ok();
    assert!(w.project.text(".reseal-baseline").contains("known-value notes "));
    w.silent(&[manner, &["scan", "notes"]].concat()).ok();
    w.project.remove(".reseal-baseline");
    w.project.remove("notes");
    w.plant(".bash_history", &format!("export JWT_SECRET={value}\n"));
    let mut left = w.command(&[manner, &["scan", "--leftovers"]].concat());
    // no engine is asked here
    left.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let found = w.watch(left, &[manner, &["scan", "--leftovers"]].concat()).code(3);
    assert!(found.stdout.contains("bash_history"), "{}", found.stdout);
    w.project.remove(".bash_history");
    if have("leak::commands: a hook", &["git"]) {
        hooked(w, manner, value);
    }
}

/// A commit that the hook refuses; neither git nor the hook keeps what it has read.
fn hooked(w: &Watched, manner: &[&str], value: &str) {
    let git = |args: &[&str]| Output::of(&mut w.project.around("git", args));
    w.plant("notes", &format!("{value}\n"));
    git(&["init", "-q"]).ok();
    w.silent(&[manner, &["hook", "install"]].concat()).ok();
    // its blob is zlib's, which is no form that is looked for
    git(&["add", "notes"]).ok();
    let refused = git(&["-c", "user.name=n", "-c", "user.email=n@example.com", "commit", "-qm", "x"]).code(1);
    assert!(refused.stderr.contains("known-value"), "{}", refused.shown());
    assert!(!refused.stderr.contains(value) && !refused.stdout.contains(value));
    w.silent(&[manner, &["scan", "--staged"]].concat()).code(3);
    w.silent(&[manner, &["hook", "uninstall"]].concat()).ok();
    std::fs::remove_dir_all(w.project.path(".git")).unwrap();
    w.project.remove("notes");
}

fn every_command(manner: &[&str]) {
    let w = Watched::empty();
    let (jwt, other, password) = (w.canary(), w.canary(), w.canary());
    // what stands in a URL must be allowed there
    let password = &password[..24];
    w.project.script("up", UP);
    w.project.write("reseal.toml", POLICY);
    w.plant(
        ".env",
        &format!(
            "JWT_SECRET={jwt}\n# a comment\nOTHER={other}\nDB_PASSWORD={password}\n\
             DATABASE_URL=postgres://app:{password}@db/app\n"
        ),
    );
    let with = |args: &[&'static str]| [args, manner].concat();
    let silent = |args: &[&'static str]| w.silent(&with(args));

    silent(&["encrypt", ".env"]).ok();
    silent(&["encrypt", ".env", "-o", "copy.enc"]).ok();
    silent(&["init"]).ok();
    w.project.remove(".env.enc");
    silent(&["init", "--delete-plaintext"]).ok();
    assert!(!w.project.exists(".env"));
    w.project.write("running", "yes");

    silent(&["list"]).ok();
    w.prints(&jwt, &with(&["get", "JWT_SECRET"]));
    w.prints(&other, &with(&["decrypt"]));
    w.prints(&other, &[manner, &["exec", "--", "printenv", "OTHER"]].concat());
    w.silent(&[manner, &["exec", "--", "true"]].concat()).ok();
    w.silent(&[manner, &["exec", "--env-file", ".env", "--", "test", "-s", ".env"]].concat()).ok();

    let set = w.canary();
    w.silent_with(&with(&["set", "OTHER", "--reason", "a test"]), &set).ok();
    w.prints(&set, &with(&["get", "OTHER"]));
    w.silent_with(&with(&["set", "OTHER"]), &set).ok().says("has that value already");
    w.plant("value", &w.canary());
    silent(&["set", "LATER", "--value-file", "value"]).ok();
    silent(&["set", "MADE", "--generate", "alnum:40"]).ok();
    w.expect(".env.enc", "MADE");
    silent(&["unset", "LATER"]).ok();
    // an editor that keeps copies wherever it may
    w.project.script(
        "ed",
        "#!/bin/sh\ncp $1 ~; cp $1 $1~; cp $1 /var/tmp; cp $1 .; sed -i 's/^MADE=./MADE=x/' $1\n",
    );
    let mut edit = w.command(&with(&["edit"]));
    edit.env("EDITOR", "./ed");
    w.watch(edit, &with(&["edit"])).ok();
    w.run.borrow_mut().insert("edit".to_owned());
    w.expect(".env.enc", "MADE");

    silent(&["verify", "copy.enc"]).ok();
    silent(&["verify", "--no-key", "copy.enc", ".env.enc"]).ok();
    silent(&["textconv", "copy.enc"]).ok();
    merged(&w, manner);

    silent(&["rekey", "--add", OTHER, "--reason", "a test"]).ok();
    silent(&["rekey", "--dry-run", "--remove", OTHER]).ok();
    silent(&["rekey", "--remove", OTHER, "--new-data-key"]).ok();
    silent(&["rekey", "--from-config"]).code(2);
    w.prints(&jwt, &with(&["get", "JWT_SECRET"]));

    w.prints(&jwt, &with(&["export", "--format", "docker"]));
    silent(&["deploy"]).ok();
    silent(&["diff", "copy.enc"]).ok();

    silent(&["rotate", "--all", "--dry-run"]).ok();
    silent(&["rotate", "--all", "--yes"]).ok();
    for key in ["JWT_SECRET", "DB_PASSWORD"] {
        w.expect(".env.enc", key);
    }
    assert!(w.project.get("DATABASE_URL").contains(&w.project.get("DB_PASSWORD")));
    assert_eq!(w.project.get("JWT_SECRET_PREVIOUS"), jwt);
    silent(&["resume"]).ok();
    silent(&["resume", "--back"]).ok();
    silent(&["rollback", "--dry-run"]).ok();
    silent(&["rollback", "JWT_SECRET", "--yes"]).ok();
    w.expect(".env.enc", "JWT_SECRET");
    assert_eq!(w.project.get("JWT_SECRET"), jwt);
    silent(&["retire", "JWT_SECRET", "--yes"]).ok();
    silent(&["retire", "--due"]).ok();

    silent(&["backup", "list"]).ok();
    silent(&["backup", "verify"]).ok();
    let made = silent(&["backup", "create"]).ok().stdout;
    let json = serde_json::from_str::<serde_json::Value>(&made);
    let id = json.map_or_else(|_| made.trim().to_owned(), |made| made["id"].as_str().unwrap().to_owned());
    w.silent(&[&["backup", "restore", &id, "--yes"], manner].concat()).ok();
    silent(&["backup", "prune"]).ok();
    scanned(&w, manner, &jwt);
    silent(&["status"]).ok();
    silent(&["status", "--check"]).ok();
    silent(&["history"]).ok();
    silent(&["history", "JWT_SECRET"]).ok();
    silent(&["doctor"]);
    silent(&["doctor", "--fix"]);

    for name in ["audit.jsonl", "lock"] {
        assert!(w.project.exists(&format!(".reseal/{name}")), "{name} was not there to be searched");
    }
    assert!(w.project.files().iter().any(|f| f.parent().unwrap().ends_with(".reseal/backups")));
    let run = w.run.borrow();
    assert_eq!(
        &all_commands(&w),
        &*run,
        "a command of the help that this test does not know, or one too many"
    );
}

/// Three versions of a file, which two sides changed: first each another key, then the same one.
fn merged(w: &Watched, manner: &[&str]) {
    let with = |args: &[&'static str]| [args, manner].concat();
    for name in ["base.enc", "ours.enc", "theirs.enc"] {
        w.project.write(name, w.project.read("copy.enc"));
    }
    w.silent_with(&with(&["set", "-f", "ours.enc", "OURS"]), &w.canary()).ok();
    w.silent_with(&with(&["set", "-f", "theirs.enc", "THEIRS"]), &w.canary()).ok();
    let merge = with(&["merge", "base.enc", "ours.enc", "theirs.enc", "deploy/of git.enc"]);
    w.silent(&merge).ok();
    w.project.write("theirs.enc", w.project.read("copy.enc"));
    w.silent_with(&with(&["set", "-f", "theirs.enc", "OURS"]), &w.canary()).ok();
    w.silent(&merge).code(1).says("changed on both sides");
    assert!(w.project.text("ours.enc").contains(">>>>>>> theirs"));
    w.silent(&with(&["verify", "ours.enc"])).code(1);
    w.silent(&with(&["textconv", "ours.enc"]));
    w.silent(&with(&["merge", "--resolve", "ours.enc"])).code(1);
    let git = have("leak::commands: git's hooks", &["git"]);
    if git {
        Output::of(&mut w.project.around("git", &["init", "-q"])).ok();
    }
    let install = w.silent(&with(&["hook", "install", "--git"]));
    install.code(if git { 0 } else { 1 });
    for name in ["base.enc", "ours.enc", "theirs.enc"] {
        w.project.remove(name);
    }
}

/// Every command of the help, but those that know no file of the user's.
fn all_commands(w: &Watched) -> BTreeSet<String> {
    let listed = |args: &[&str]| {
        let help = Output::of(&mut w.command(args)).ok().stdout;
        let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap().to_owned();
        let names = list.lines().filter_map(|l| l.strip_prefix("  ")?.split(' ').next().map(str::to_owned));
        names.filter(|name| !name.is_empty()).collect::<Vec<_>>()
    };
    let mut all: BTreeSet<String> = listed(&["--help"]).into_iter().collect();
    for name in ["backup", "demo", "completions"] {
        assert!(all.remove(name), "{name}");
    }
    all.extend(listed(&["backup", "--help"]).into_iter().map(|name| format!("backup {name}")));
    all
}
