//! `reseal completions SHELL`: made from the same definitions as the help.

use super::Transcript;
use crate::harness::{Output, Project};

#[test]
fn completions_mention_every_command() {
    let project = Project::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = project.run(&["completions", shell]).ok();
        assert_eq!(output.stderr, "");
        for command in ["init", "get", "rotate", "resume", "restore", "doctor", "completions"] {
            assert!(output.stdout.contains(command), "{shell} lacks {command}");
        }
    }
}

#[test]
fn bash_can_read_its_completions() {
    let project = Project::empty();
    project.write("completions", project.run(&["completions", "bash"]).ok().stdout);
    Output::of(&mut project.around("bash", &["-n", "completions"])).ok();
}

#[test]
fn an_unknown_shell_is_refused_with_the_known_ones() {
    let project = Project::empty();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["completions", "tcsh"]).code(2);
    transcript.run(&["completions"]).code(2);
    transcript.told("completions-refused");
}
