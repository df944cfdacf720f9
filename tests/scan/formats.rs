//! What is told of findings, in every form, and that each printed command mends what it is printed for.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::repo::{Repo, guess};
use crate::harness::have;

const VALUE: &str = "vT4nQ8xW2zKp6LmR9sJc3HdY";

/// Names that shells, git, terminals and code hosts would take for something else.
fn names() -> Vec<&'static [u8]> {
    vec![
        b"it's.env",
        b"-n.env",
        b"*.env",
        b":(top)x.env",
        b"%41 b$(touch no).env",
        b"a,b:c\ne.env",
        b"\xe9\x1b[31m.env",
        b"::error::x.env",
    ]
}

/// The commands between the grave accents of JSON's `mend`, for findings of whole files.
fn commands(json: &str) -> Vec<String> {
    let told: serde_json::Value = serde_json::from_str(json).unwrap();
    let whole = told["findings"].as_array().unwrap().iter().filter(|finding| finding["line"] == 0);
    let mends = whole.map(|finding| finding["mend"].as_str().unwrap().to_owned());
    mends.map(|mend| mend.strip_prefix('`').unwrap().strip_suffix('`').unwrap().to_owned()).collect()
}

#[test]
fn commands_mend_what_they_are_printed_for() {
    if !have("scan::formats::commands_mend_what_they_are_printed_for", &["git", "bash"]) {
        return;
    }
    let repo = Repo::guarded();
    for name in names() {
        repo.write(OsStr::from_bytes(name), format!("API_PASSWORD={VALUE}\n"));
    }
    repo.write("deep/er/.env", format!("API_PASSWORD={VALUE}\n"));
    repo.write("deep/.env.bak", format!("API_PASSWORD={VALUE}\n"));
    repo.git(&["add", "-A", "-f"]).ok();
    // staged is another version than the one on disk, which git would ask about
    repo.write("deep/.env.bak", format!("# more\nAPI_PASSWORD={VALUE}\n"));
    let found =
        repo.run(env!("CARGO_BIN_EXE_reseal"), &["-C", "deep/er", "scan", "--staged", "--json"]).code(3);
    let mends = commands(&found.stdout);
    assert_eq!(mends.len(), names().len() + 2, "{}", found.stdout);
    for mend in mends {
        crate::harness::Output::of(&mut repo.command("deep/er", "bash", &["-c", &mend])).ok();
    }
    assert!(!repo.path("no").exists());
    repo.reseal(&["scan", "--staged"]).ok();
    // and of what lies in the folder, tracked or not
    repo.git(&["add", "-f", "deep/.env.bak"]).ok();
    let found = repo.reseal(&["scan", "--json"]).code(3);
    for mend in commands(&found.stdout) {
        repo.run("bash", &["-c", &mend]).ok();
    }
    repo.reseal(&["scan"]).ok();
}

#[test]
fn what_is_to_be_sealed_under_its_name_is_sealed_there() {
    if !have("scan::formats::what_is_to_be_sealed_under_its_name_is_sealed_there", &["git", "bash"]) {
        return;
    }
    let repo = Repo::guarded();
    repo.write("prod.enc.yaml", format!("db:\n  password: {VALUE}\n"));
    repo.git(&["add", "-A"]).ok();
    let found = repo.reseal(&["scan", "--staged", "--json"]).code(3);
    for mend in commands(&found.stdout) {
        repo.run("bash", &["-c", &mend]).ok();
    }
    repo.reseal(&["scan", "--staged"]).ok();
    assert!(repo.text("prod.enc.yaml").contains("ENC[AES256_GCM"));
}

#[test]
fn a_known_value_is_told_with_a_command_that_works_in_a_subfolder() {
    if !have("scan::formats::a_known_value_is_told_with_a_command_that_works_in_a_subfolder", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    repo.write("plain", format!("API_TOKEN={VALUE}\n"));
    repo.reseal(&["encrypt", "plain", "-o", ".env.enc"]).ok();
    std::fs::remove_file(repo.path("plain")).unwrap();
    repo.write("deep/a.md", format!("one\n`{VALUE}`\n"));
    repo.git(&["add", "-A"]).ok();
    let found = repo.run(env!("CARGO_BIN_EXE_reseal"), &["-C", "deep", "scan", "--staged"]).code(3);
    let line = "deep/a.md:2: known-value: API_TOKEN of .env.enc: read API_TOKEN from the environment here: `reseal -f ../.env.enc exec -- COMMAND`\n";
    assert!(found.stdout.contains(line), "{}", found.shown());
}

#[test]
fn every_form_has_the_paths_as_they_are() {
    if !have("scan::formats::every_form_has_the_paths_as_they_are", &["git"]) {
        return;
    }
    let repo = Repo::new();
    repo.write("a,b:c\ne.py", guess(1));
    repo.write("::error::x.py", guess(2));
    repo.git(&["add", "-A"]).ok();
    let form = |form: &str| repo.reseal(&["scan", "--staged", "--format", form]).code(3).stdout;
    let text = form("text");
    assert!(text.starts_with("./::error::x.py:1: generic-secret: "), "{text}");
    assert!(text.contains("\n\"a,b:c\\ne.py\":1: generic-secret: "), "{text}");
    let github = form("github");
    assert!(github.contains("::error file=a%2Cb%3Ac%0Ae.py,line=1,title=generic-secret::"), "{github}");
    let sarif: serde_json::Value = serde_json::from_str(&form("sarif")).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let uri =
        |i: usize| run["results"][i]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert_eq!([uri(0), uri(1)], ["%3A%3Aerror%3A%3Ax.py", "a%2Cb%3Ac%0Ae.py"]);
    let json: serde_json::Value = serde_json::from_str(&form("json")).unwrap();
    assert_eq!(json["findings"][1]["path"], "a,b:c\ne.py");
    // what was not looked at is no clean bill in any form
    repo.git(&["rm", "-q", "--cached", "-f", "-r", "."]).ok();
    let unread = repo.reseal(&["scan", "--format", "sarif", "nowhere"]).code(1);
    let sarif: serde_json::Value = serde_json::from_str(&unread.stdout).unwrap();
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false, "{}", unread.stdout);
}

#[test]
fn no_program_of_the_configuration_is_started() {
    if !have("scan::formats::no_program_of_the_configuration_is_started", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    repo.write("a.py", guess(1));
    repo.git(&["add", "-A"]).ok();
    for name in ["core.fsmonitor", "diff.external", "diff.x.textconv", "core.pager"] {
        repo.git(&["config", name, "touch started; cat"]).ok();
    }
    repo.write(".gitattributes", "* diff=x\n");
    for args in [&["scan", "--staged"][..], &["scan"], &["scan", "--history", "HEAD"], &["scan", "a.py"]] {
        repo.reseal(args);
    }
    assert!(!repo.path("started").exists());
}
