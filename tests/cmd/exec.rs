//! `reseal exec -- CMD`: becomes the command; its own words come only when that does not work.

use super::{ENV, Transcript};
use crate::harness::Project;

#[test]
fn the_command_gets_the_values_and_not_the_key() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["exec", "--", "sh", "-c", "echo $DB_HOST; echo ${SOPS_AGE_KEY_FILE-no key}"]).ok();
    transcript.run(&["exec", "sh", "-c", "echo $DB_HOST >&2"]).ok();
    transcript
        .run(&["exec", "--pristine", "--", "sh", "-c", "echo ${SOPS_DISABLE_VERSION_CHECK-unset}"])
        .ok();
    transcript.told("exec");
}

#[test]
fn a_command_that_cannot_be_started_is_told_as_a_shell_does() {
    let project = Project::sealed(ENV);
    project.write("plain", "text");
    project.script("missing-interpreter", "#!/no/such/interpreter\n");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["exec", "--", "no-such-program"]).code(127);
    transcript.run(&["exec", "--", "./plain"]).code(126);
    transcript.run(&["exec", "--", "./missing-interpreter"]).code(127);
    transcript.run(&["exec", "--", "."]).code(126);
    transcript.run(&["exec"]).code(2);
    transcript.run(&["exec", "--pristin", "--", "true"]).code(2);
    transcript.told("exec-refused");
}

#[test]
fn nothing_is_started_when_the_file_does_not_open() {
    let project = Project::sealed(ENV);
    project.remove("age.key");
    project.run(&["exec", "--", "touch", "started"]).code(12);
    assert!(!project.exists("started"));
}

#[test]
fn a_place_where_no_file_can_be_shown_is_refused() {
    let project = Project::sealed(ENV);
    std::fs::create_dir(project.path("folder")).unwrap();
    std::os::unix::fs::symlink("nowhere", project.path("link")).unwrap();
    let mut transcript = Transcript::of(&project);
    for path in ["folder", "link", "/dev/null", "no-such-folder/.env"] {
        transcript.run(&["exec", "--env-file", path, "--", "touch", "started"]).code(1);
    }
    transcript.run(&["exec", "--env-file", "..", "--", "touch", "started"]).code(2);
    transcript.run(&["exec", "--env-file", ".env.enc", "--", "touch", "started"]).code(2);
    transcript.run(&["exec", "--env-file", ".env", "--env-format", "toml", "--", "touch", "started"]).code(2);
    transcript.run(&["exec", "--env-format", "shell", "--", "touch", "started"]).code(2);
    assert!(!project.exists("started") && !project.exists("nowhere"));
    transcript.told("exec-env-file");
}
