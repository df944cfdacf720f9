//! With a terminal `init` asks. The terminal is one of `script`, so that what is asked is what a person is asked.

use std::io::Write;
use std::process::Stdio;

use super::project;
use crate::harness::{Output, Project, have};

/// The program on a terminal, with these lines typed.
fn typed(project: &Project, args: &str, lines: &str) -> Output {
    let command = format!("{} {args}", env!("CARGO_BIN_EXE_reseal"));
    let mut script = project.around("script", &["-qec", &command, "/dev/null"]);
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = script.spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    Output::from(child.wait_with_output().unwrap())
}

const ENV: &str = "JWT_SECRET=placeholder\nDB_PASSWORD=hunter2hunter2\nDATABASE_URL=postgres://app:hunter2hunter2@far.example/app\n";

#[test]
fn each_step_is_asked_for_and_a_doubtful_target_too() {
    if !have("each_step_is_asked_for_and_a_doubtful_target_too", &["script"]) {
        return;
    }
    let project = Project::empty();
    project.write(".env", ENV);
    // no at the first step changes nothing
    let output = typed(&project, "init", "n\nn\n");
    assert!(output.stdout.contains("not confirmed"), "{}", output.stdout);
    assert_eq!(
        (output.code, project.exists(".env.enc"), project.exists("reseal.toml")),
        (Some(1), false, false)
    );
    // neither does the end of the input
    assert_eq!(typed(&project, "init", "n\n").code, Some(1));
    assert!(!project.exists(".env.enc"));
    // the target yes, and the defaults: sealed, written, not removed
    let output = typed(&project, "init", "y\n\n\n\n");
    assert_eq!(output.code, Some(0), "{}", output.stdout);
    for asked in [
        "DB_PASSWORD is the password of \"app\" at \"far.example\": tell it there when it changes? [y/N]",
        "seal 3 keys of .env in .env.enc? [Y/n]",
        "write reseal.toml? [Y/n]",
        "remove .env? [y/N]",
    ] {
        assert!(output.stdout.contains(asked), "{asked}\n{}", output.stdout);
    }
    let policy = project.text("reseal.toml");
    assert!(policy.lines().any(|line| line == "[secret.DB_PASSWORD]"), "{policy}");
    assert!(project.exists(".env"));
    assert!(!output.stdout.contains("hunter2"));
    project.run(&["status"]).ok();
}

#[test]
fn a_policy_may_be_refused_and_the_plaintext_removed() {
    if !have("a_policy_may_be_refused_and_the_plaintext_removed", &["script"]) {
        return;
    }
    let project = Project::empty();
    project.write(".env", ENV);
    assert_eq!(typed(&project, "init", "n\ny\nn\ny\n").code, Some(0));
    assert!(project.exists(".env.enc") && !project.exists("reseal.toml") && !project.exists(".env"));
    // a second time only the policy is left to do
    let output = typed(&project, "init", "n\ny\n");
    assert_eq!(output.code, Some(0), "{}", output.stdout);
    assert!(project.text("reseal.toml").contains("# [secret.DB_PASSWORD]"));
}

#[test]
fn who_says_yes_beforehand_is_not_asked() {
    if !have("who_says_yes_beforehand_is_not_asked", &["script"]) {
        return;
    }
    for args in ["init --yes", "--no-input init", "init --dry-run"] {
        let project = project("sed-with-backup");
        let output = typed(&project, args, "");
        assert_eq!(output.code, Some(0), "{args}: {}", output.stdout);
        assert!(!output.stdout.contains("[y/N]") && !output.stdout.contains("[Y/n]"), "{}", output.stdout);
        assert_eq!(project.exists(".env.enc"), !args.contains("dry"));
        assert!(project.exists(".env"));
    }
}
