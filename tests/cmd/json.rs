//! `--json`: what stands on standard output is one object with a version, or nothing, whatever happens; and no value
//! stands in it but in the answers of `get` and `decrypt`.

use super::VALUES;
use super::rotate::deployed;
use crate::harness::Project;

#[track_caller]
fn answer(project: &Project, args: &[&str], prints: bool) {
    let output = project.run(&[&["--json"], args].concat());
    assert_eq!(!output.stdout.is_empty(), prints, "{args:?}\n{}\n{}", output.stdout, output.stderr);
    if prints {
        let json: serde_json::Value = serde_json::from_str(&output.stdout).expect(&output.stdout);
        assert_eq!(json["v"], 1, "{args:?}");
    }
    for value in VALUES.iter().filter(|_| !matches!(args[0], "get" | "decrypt")) {
        assert!(!output.stdout.contains(value) && !output.stderr.contains(value), "{args:?} shows a value");
    }
}

#[test]
fn every_command_answers_with_one_object_or_nothing() {
    let project = deployed();
    project.write(".env", super::ENV);
    for (args, prints) in [
        (&["list"][..], true),
        (&["get", "JWT_SECRET"], true),
        (&["decrypt"], true),
        (&["status"], true),
        (&["history"], true),
        (&["doctor"], true),
        (&["verify"], true),
        (&["resume"], true),
        (&["rotate", "--all", "--dry-run"], true),
        (&["rotate", "JWT_SECRET", "--yes"], true),
        (&["set", "DB_HOST", "--generate", "uuid"], false),
        (&["unset", "DB_HOST"], false),
        (&["rekey", "--new-data-key"], true),
        (&["rekey", "--new-data-key", "--dry-run"], true),
        (&["backup", "create"], true),
        (&["backup", "list"], true),
        (&["backup", "verify"], true),
        (&["backup", "prune"], true),
        (&["doctor", "--fix"], true),
        (&["status", "--check"], true),
        (&["resume", "--back"], true),
        // refusals are told on standard error only
        (&["get", "NOPE"], false),
        (&["rotate", "NOPE", "--yes"], false),
        (&["rotate", "JWT_SECRET"], false),
        (&["backup", "restore", "nope", "--yes"], false),
        (&["rekey"], false),
        (&["init"], false),
    ] {
        answer(&project, args, prints);
    }
    // and the other ways in which a rotation can end
    project.script("up", "#!/bin/sh\nexit 1\n");
    answer(&project, &["rotate", "APP_DB_PASSWORD", "--yes"], true);
    answer(&project, &["status"], true);
    project.script("up", "#!/bin/sh\n");
    answer(&project, &["resume", "--back"], true);
}
