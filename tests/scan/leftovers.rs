//! What a host keeps: histories, copies, temporary files, containers of a real engine.

use super::repo::guess;
use crate::harness::{Output, Project, have};

const VALUE: &str = "vT4nQ8xW2zKp6LmR9sJc3HdY";

/// A project whose home it is, too, with a folder for temporary files of its own.
fn project() -> Project {
    let project = Project::sealed(&format!("API_TOKEN={VALUE}\n"));
    std::fs::create_dir(project.path("tmp")).unwrap();
    project
}

fn leftovers(project: &Project, more: &[&str]) -> Output {
    let mut command = project.command(&[&["scan", "--leftovers"], more].concat());
    command.env("TMPDIR", project.path("tmp"));
    // no engine, but for the test that has one
    if std::env::var_os("DOCKER_HOST").is_none() {
        command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    }
    Output::of(&mut command)
}

#[test]
fn what_was_typed_is_taken_out_line_by_line() {
    if !have("scan::leftovers::what_was_typed_is_taken_out_line_by_line", &["sed"]) {
        return;
    }
    let project = project();
    let typed = format!("ls\nexport T={VALUE}\ncd\n{}caf\u{e9} {VALUE}\n", guess(1));
    // a byte that is no text in front of a value
    let typed: Vec<u8> = typed.chars().map(|c| c as u8).collect();
    project.write(".bash_history", typed);
    let found = leftovers(&project, &["--json"]).code(3);
    assert!(!found.stdout.contains(VALUE));
    let told: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
    let mends: Vec<&str> = told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["path"].as_str().unwrap().ends_with("/.bash_history"))
        .map(|f| f["mend"].as_str().unwrap().trim_matches('`'))
        .collect();
    assert_eq!(mends.len(), 3, "{}", found.stdout);
    for mend in mends {
        Output::of(&mut project.around("sh", &["-c", mend])).ok();
    }
    assert_eq!(project.read(".bash_history"), b"ls\n\ncd\n\n\n");
    let after = leftovers(&project, &[]);
    assert!(!after.stdout.contains("bash_history"), "{}", after.shown());
}

#[test]
fn copies_are_shredded_and_what_nobody_has_sealed_is_sealed_first() {
    if !have("scan::leftovers::copies_are_shredded_and_what_nobody_has_sealed_is_sealed_first", &["shred"]) {
        return;
    }
    let project = project();
    project.write("tmp/it's", format!("{VALUE}\n"));
    project.write("tmp/guess.py", guess(1));
    project.write(".env.bak", format!("API_TOKEN={VALUE}\n"));
    project.write("other/.env", format!("OTHER_PASSWORD={VALUE}x\n"));
    std::os::unix::fs::symlink("loop", project.path("tmp/loop")).unwrap();
    let found = leftovers(&project, &[]).code(3);
    assert!(!found.stdout.contains("guess.py"), "{}", found.shown());
    for line in found.stdout.lines().filter(|line| line.contains("other/.env:0")) {
        assert!(line.contains("reseal encrypt ") && line.contains(" && shred -u "), "{line}");
    }
    let commands: std::collections::BTreeSet<&str> =
        found.stdout.lines().filter_map(|line| line.split('`').nth(1)).collect();
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_reseal")).parent().unwrap();
    for mend in commands {
        let mut sh = project.around("sh", &["-c", mend]);
        let path = std::env::var("PATH").unwrap_or_default();
        Output::of(sh.env("PATH", format!("{}:{path}", folder.display()))).ok();
    }
    for gone in ["tmp/it's", ".env.bak", "other/.env"] {
        assert!(!project.exists(gone), "{gone}");
    }
    assert!(project.text("other/.env.enc").contains("OTHER_PASSWORD=ENC["));
}

#[test]
fn containers_are_asked_for_their_environment_and_both_outputs() {
    if !have("scan::leftovers::containers_are_asked_for_their_environment_and_both_outputs", &["docker"]) {
        return;
    }
    let project = project();
    let name = |what: &str| format!("reseal-left-{}-{what}", std::process::id());
    let docker = |args: &[&str]| {
        let mut command = project.around("docker", args);
        if let Some(host) = std::env::var_os("DOCKER_HOST") {
            command.env("DOCKER_HOST", host);
        }
        Output::of(&mut command)
    };
    let secret = format!("T={VALUE}");
    let (stopped, running, logs) = (name("stopped"), name("running"), name("logs"));
    let image = "reseal-test:1";
    docker(&["run", "--net=none", "--name", &stopped, "-e", &secret, image, "sh", "-c", ":"]).ok();
    docker(&["run", "-d", "--net=none", "--name", &running, "-e", &secret, image, "sleep", "60"]).ok();
    docker(&["run", "--net=none", "--name", &logs, image, "sh", "-c", &format!("echo {VALUE} >&2")]).ok();
    let mut scan = project.command(&["scan", "--leftovers"]);
    scan.env("TMPDIR", project.path("tmp"));
    if let Some(host) = std::env::var_os("DOCKER_HOST") {
        scan.env("DOCKER_HOST", host);
    }
    let found = Output::of(&mut scan);
    docker(&["rm", "-f", &stopped, &running, &logs]);
    let found = found.code(3);
    assert!(!found.stdout.contains(VALUE) && !found.stderr.contains(VALUE));
    assert!(
        found.stdout.contains(&format!("docker:{stopped}/environment:1: known-value: ")),
        "{}",
        found.shown()
    );
    assert!(found.stdout.contains(&format!("`docker rm {stopped}`")), "{}", found.shown());
    assert!(found.stdout.contains(&format!("docker:{logs}/logs:1: known-value: ")), "{}", found.shown());
    assert!(found.stdout.contains("`reseal -f .env.enc rotate API_TOKEN`"), "{}", found.shown());
    // a container that runs has the values of today, because that is how they are handed over
    assert!(!found.stdout.contains(&running), "{}", found.shown());
}
