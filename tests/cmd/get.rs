//! `reseal get KEY`: one value on standard output, and no word of it anywhere else.

use super::{ENV, Transcript, VALUES};
use crate::harness::Project;

#[test]
fn one_value_is_data() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    assert_eq!(transcript.run(&["get", "DB_HOST"]).ok().stdout, "db\n");
    assert_eq!(transcript.run(&["get", "-n", "DB_HOST"]).ok().stdout, "db");
    transcript.run(&["get", "DB_HOST", "--json"]).ok();
    transcript.run(&["get", "DB_HOST", "--verbose"]).ok();
    transcript.run(&["get", "DB_HOST", "--quiet"]).ok();
    transcript.told("get");
}

#[test]
fn a_key_that_is_not_there_is_told_with_the_one_that_was_meant() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    for key in ["DB_HOTS", "db_host", "SOMETHING_ELSE", ""] {
        let output = transcript.run(&["get", key]).code(1);
        assert_eq!(output.stdout, "");
    }
    transcript.run(&["get", "NOPE", "--json"]).code(1);
    transcript.told("get-refused");
}

#[test]
fn a_key_with_two_values_is_refused_and_one_with_the_same_twice_is_not() {
    let project = Project::sealed("A=correct-horse-battery\nA=other\nB=same\nB=same\n");
    let mut transcript = Transcript::of(&project);
    for value in VALUES {
        transcript.run(&["get", "A"]).code(1).hides(value).hides("other");
    }
    transcript.run(&["get", "B"]).ok();
    transcript.told("get-duplicate");
}

#[test]
fn without_a_sealed_file_the_way_to_one_is_told() {
    let project = Project::empty();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["get", "A"]).code(1);
    transcript.run(&["-f", "elsewhere.enc", "get", "A"]).code(1);
    project.write("file", "A=correct-horse-battery\n");
    transcript.run(&["-f", "file", "get", "A"]).code(1).hides(VALUES[1]);
    assert!(!project.exists(".reseal"));
    transcript.told("get-no-file");
}

#[test]
fn a_value_beside_a_key_is_not_repeated() {
    let project = Project::sealed(ENV);
    let secret = "a-value-that-nobody-may-see";
    let (pair, long) = (format!("DB_HOST={secret}"), "q8Zk3mVb0xYt7LrW2nPd");
    for args in [
        &["get", "DB_HOST", secret][..],
        &["get", &pair],
        &["list", secret],
        &["history", "DB_HOST", secret],
        &["history", &pair],
        &["unset", &pair],
        &["unset", "DB_HOST", "--", &pair],
    ] {
        let output = project.run(args);
        assert_eq!(output.code, Some(2), "{args:?}: {}", output.stderr);
        output.hides(secret);
    }
    for dashes in ["--", "-"] {
        for command in ["get", "list", "history", "unset"] {
            project.run(&[command, &format!("{dashes}{secret}")]).code(2).hides(secret);
        }
    }
    project.run(&["get", long]).code(1).hides(long);
    project.run(&["unset", "DB_HOST", long]).code(1).hides(long).says("nothing was changed");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["get", "DB_HOST", "VALUE"]).code(2);
    transcript.run(&["history", "DB_HOST=VALUE"]).code(2);
    transcript.run(&["backup", "list", "all"]).code(2);
    transcript.told("get-argv");
}
