//! The help texts and the version, and usage errors.

use super::Transcript;
use crate::harness::Project;

const COMMANDS: [&str; 28] = [
    "init",
    "get",
    "list",
    "set",
    "unset",
    "encrypt",
    "decrypt",
    "edit",
    "export",
    "diff",
    "exec",
    "verify",
    "rekey",
    "merge",
    "textconv",
    "scan",
    "hook",
    "deploy",
    "backup",
    "rotate",
    "resume",
    "rollback",
    "retire",
    "status",
    "history",
    "doctor",
    "demo",
    "completions",
];

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let project = Project::empty();
    let mut transcript = Transcript::of(&project);
    let help = transcript.run(&["--help"]).ok();
    for command in COMMANDS {
        assert!(help.stdout.contains(&format!("\n  {command} ")), "{command}");
    }
    assert_eq!(help.stdout, project.run(&["-h"]).ok().stdout);
    transcript.told("help");
}

#[test]
fn every_command_has_a_help_of_its_own() {
    let project = Project::empty();
    for command in COMMANDS {
        let mut transcript = Transcript::of(&project);
        transcript.run(&[command, "--help"]).ok();
        if command == "backup" {
            for what in ["list", "create", "restore", "verify", "prune"] {
                transcript.run(&[command, what, "--help"]).ok();
            }
        }
        if command == "hook" {
            transcript.run(&[command, "install", "--help"]).ok();
        }
        transcript.told(&format!("help-{command}"));
    }
}

#[test]
fn the_version_is_data_and_nothing_else() {
    let version = Project::empty().run(&["--version"]).ok();
    assert_eq!(version.stdout, format!("reseal {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(version.stderr, "");
}

#[test]
fn usage_errors_have_our_form_and_say_what_was_probably_meant() {
    let project = Project::empty();
    let mut transcript = Transcript::of(&project);
    for args in [
        &["rotat"][..],
        &["rekei"],
        &["rotate", "--yess"],
        &["get"],
        &["get", "A", "B"],
        &["list", "--quiet", "--verbose"],
        &["list", "--color", "blue"],
        &["backup", "restore"],
        &["exec"],
        &["decrypt", "-o", "plain"],
        &["encrypt", "--encrypted-suffix", "x", "--encrypted-regex", "y"],
        &["-C", "nowhere", "list"],
        &["-c", "nowhere.toml", "list"],
    ] {
        let output = transcript.run(args);
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(output.stderr.starts_with("reseal: error: "), "{args:?}");
    }
    transcript.told("usage");
}

#[test]
fn no_command_at_all_is_a_usage_error_with_the_help() {
    let output = Project::empty().run(&[""; 0]).code(2);
    assert_eq!(output.stdout, "");
    output.says("Usage: reseal").says("rotate");
}
