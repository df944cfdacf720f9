//! `reseal set KEY`: values come from a pipe, a file or a generator, never from the command line.

use super::{ENV, Transcript};
use crate::harness::Project;

const SECRET: &str = "a-value-that-nobody-may-see";

#[test]
fn a_value_comes_from_a_pipe_a_file_or_a_generator() {
    let project = Project::sealed(ENV);
    project.write("value", format!("{SECRET}\n"));
    let mut transcript = Transcript::of(&project);
    transcript.pipe("web\n", &["set", "DB_HOST"]).ok();
    transcript.pipe("web", &["set", "DB_HOST"]).ok();
    transcript.run(&["set", "DB_HOST", "--value-file", "value"]).ok().hides(SECRET);
    transcript.run(&["set", "JWT_SECRET", "--generate", "hex:32", "--reason", "leaked"]).ok();
    transcript.pipe("", &["set", "DB_HOST", "--allow-empty"]).ok();
    transcript.pipe("one\ntwo\n", &["set", "DB_HOST"]).ok();
    transcript.pipe("x\n", &["--verbose", "set", "DB_HOST"]).ok();
    transcript.pipe("y\n", &["--quiet", "set", "DB_HOST"]).ok();
    transcript.told("set");
    assert_eq!(project.get("JWT_SECRET").len(), 64);
}

#[test]
fn a_new_key_that_looks_like_a_slip_is_remarked() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    transcript.pipe("x", &["set", "JWT_SECRT"]).ok();
    transcript.pipe("x", &["set", "db_host"]).ok();
    transcript.pipe("x", &["set", "DB_PORT"]).ok();
    transcript.told("set-new");
}

#[test]
fn a_value_on_the_command_line_is_refused_and_never_repeated() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    let pair = format!("DB_HOST={SECRET}");
    for args in [
        &["set", "DB_HOST", SECRET][..],
        &["set", &pair],
        &["set", "DB_HOST", "--", SECRET],
        &["set", "DB_HOST", "-", SECRET],
        &["set", &format!("--{SECRET}")],
        &["set", "DB_HOST", &format!("--{SECRET}")],
        &["set", "DB_HOST", "--generate", "uuid", SECRET],
    ] {
        let output = project.run(args);
        assert_eq!(output.code, Some(2), "{args:?}: {}", output.stderr);
        output.hides(SECRET);
    }
    // the transcript shows what was typed, so it must not be the secret
    transcript.run(&["set", "DB_HOST", "VALUE"]).code(2);
    transcript.run(&["set", "DB_HOST=VALUE"]).code(2);
    transcript.told("set-argv");
}

#[test]
fn values_and_names_that_no_program_could_use_are_refused() {
    let project = Project::sealed(ENV);
    let before = project.read(".env.enc");
    let mut transcript = Transcript::of(&project);
    transcript.pipe("", &["set", "DB_HOST"]).code(1);
    transcript.pipe("\n", &["set", "DB_HOST"]).code(1);
    transcript.pipe("a\0b", &["set", "DB_HOST"]).code(1);
    transcript.run(&["set", "DB_HOST", "--value-file", "nowhere"]).code(1);
    transcript.run(&["set", "DB_HOST", "--value-file", "."]).code(1);
    transcript.pipe("x", &["set", "sops_mac"]).code(2);
    transcript.pipe("x", &["set", "#KEY"]).code(2);
    transcript.pipe("x", &["set", " KEY"]).code(2);
    transcript.pipe("x", &["set", ""]).code(2);
    transcript.told("set-refused");
    assert!(project.read(".env.enc") == before);
    assert!(!project.exists(".reseal/backups"));
}

#[test]
fn generators_that_do_not_exist_or_are_too_weak_are_refused() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    for spec in [
        "hex:4",
        "hexx:32",
        "hex",
        "hex:0",
        "hex:99999",
        "alnum:8",
        "digits:6",
        "prompt",
        "rsa:1024",
        "ec",
        "",
    ] {
        transcript.run(&["set", "DB_HOST", "--generate", spec]).code(2);
    }
    transcript.run(&["set", "DB_HOST", "--generate", "uuid", "--value-file", "x"]).code(2);
    transcript.told("set-generate");
}

#[test]
fn a_key_that_lies_in_clear_by_rule_is_told() {
    let project = Project::sealed("A=x\nNOTE_unencrypted=hello\n");
    let mut transcript = Transcript::of(&project);
    transcript.pipe("there", &["set", "NOTE_unencrypted"]).ok();
    transcript.told("set-in-clear");
}
