//! `reseal doctor [--fix]`: what is wrong, where, and the command that mends it.

use super::{ENV, Transcript, VALUES};
use crate::harness::Project;

#[test]
fn a_sound_project_has_no_finding() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["doctor"]).ok();
    transcript.run(&["doctor", "--json"]).ok();
    project.remove("age.key");
    transcript.run(&["doctor"]).ok();
    transcript.told("doctor");
}

#[test]
fn findings_name_the_command_that_mends_them() {
    let project = Project::sealed(ENV);
    project.run(&["backup", "create"]).ok();
    project.write(".git/HEAD", "ref: refs/heads/main\n");
    project.write(".gitignore", ".env\n.reseal/\n");
    project.write(".env", ENV);
    project.write(".env.bak", "A=correct-horse-battery\n");
    project.chmod(".env", 0o644);
    project.chmod(".env.enc", 0o644);
    project.chmod("age.key", 0o640);
    project.chmod(".reseal", 0o755);
    project.chmod(".reseal/lock", 0o666);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["doctor"]).code(3).hides(VALUES[0]).hides(VALUES[1]);
    let json = transcript.run(&["doctor", "--json"]).code(3);
    assert!(serde_json::from_str::<serde_json::Value>(&json.stdout).is_ok());
    transcript.run(&["doctor", "--fix"]).code(3);
    project.remove(".env");
    project.remove(".env.bak");
    transcript.run(&["doctor"]).ok();
    transcript.told("doctor-findings");
}

#[test]
fn a_damaged_file_is_the_worst_finding_and_hides_no_other() {
    let project = Project::sealed(ENV);
    let damaged = project.text(".env.enc").replacen("JWT_SECRET=", "JWT_SECRT=", 1);
    project.write(".env.enc", damaged);
    project.chmod(".env.enc", 0o644);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["doctor"]).code(15);
    transcript.told("doctor-damaged");
}
