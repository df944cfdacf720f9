//! What `init` says is wrong with a script does happen, with the real sed, openssl and sops.

use crate::harness::{Output, Project, RECIPIENT, have};

/// A shell in a project whose `.env` holds two keys, one of which ends like the other.
fn sh(project: &Project, script: &str) -> Output {
    project.write(".env", "DB_PASSWORD=old\nTEST_DB_PASSWORD=other\n");
    Output::of(&mut project.around("sh", &["-c", script]))
}

#[test]
fn sed_does_to_values_what_is_said_of_it() {
    if !have("sed_does_to_values_what_is_said_of_it", &["sed", "openssl"]) {
        return;
    }
    let project = Project::empty();
    // two lines: sed stops, and what it writes to ends empty
    let torn = "N=$(openssl rand -base64 64)\nsed -E \"s|^DB_PASSWORD=.*|DB_PASSWORD=$N|\" .env > new";
    assert_ne!(sh(&project, torn).code, Some(0));
    assert_eq!(project.text("new"), "");
    let whole = torn.replace("64)", "64 | tr -d '\\n')");
    assert_eq!(sh(&project, &whole).code, Some(0));
    // a slash ends the expression
    assert_ne!(sh(&project, "N=a/b\nsed -i \"s/^DB_PASSWORD=.*/DB_PASSWORD=$N/\" .env").code, Some(0));
    // an ampersand is the old line
    assert_eq!(sh(&project, "N='a&b'\nsed -i \"s|^DB_PASSWORD=.*|DB_PASSWORD=$N|\" .env").code, Some(0));
    assert!(project.text(".env").starts_with("DB_PASSWORD=aDB_PASSWORD=oldb\n"));
    // without an anchor the longer name changes too, and the old values stay beside it
    assert_eq!(sh(&project, "sed -i.bak 's/DB_PASSWORD=.*/DB_PASSWORD=new/' .env").code, Some(0));
    assert_eq!(project.text(".env"), "DB_PASSWORD=new\nTEST_DB_PASSWORD=new\n");
    assert!(project.text(".env.bak").contains("other"));
    // a new file is for everybody, and a copy of it too
    assert_eq!(sh(&project, "umask 022\ncat .env > a.env\ncp a.env b.env\ncp .env c.env").code, Some(0));
    assert_eq!(["a.env", "b.env", "c.env"].map(|name| project.mode(name)), [0o644, 0o644, 0o600]);
}

#[test]
fn sops_does_to_files_what_is_said_of_it() {
    if !have("sops_does_to_files_what_is_said_of_it", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let seal = format!("sops encrypt --age {RECIPIENT} .env > .env.enc");
    assert_eq!(sh(&project, &seal).code, Some(0));
    assert_ne!(sh(&project, "sops -d .env.enc").code, Some(0));
    let named = "sops -d --input-type dotenv --output-type dotenv .env.enc";
    assert_eq!(sh(&project, named).ok().stdout, "DB_PASSWORD=old\nTEST_DB_PASSWORD=other\n");
    // it fails, and the sealed file is gone
    assert_ne!(sh(&project, "sops encrypt --age nobody .env > .env.enc").code, Some(0));
    assert_eq!(project.text(".env.enc"), "");
}
