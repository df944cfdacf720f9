//! `reseal encrypt`: a plaintext env file becomes a sealed one.

use super::{ENV, Transcript, VALUES};
use crate::harness::{Project, RECIPIENT};

#[test]
fn a_file_is_sealed_to_standard_output_or_to_a_new_file() {
    let project = Project::empty();
    project.write(".env", ENV);
    let sealed = project.run(&["encrypt"]).ok();
    assert!(sealed.stdout.contains("sops_mac=ENC[") && sealed.stderr.is_empty());
    sealed.hides(VALUES[0]).hides(VALUES[1]);
    assert!(!project.exists(".reseal"));
    let piped = project.pipe(&["encrypt", "-"], ENV).ok();
    assert!(piped.stdout.contains("\nDB_HOST=ENC["));

    let mut transcript = Transcript::of(&project);
    transcript.run(&["encrypt", ".env", "-o", "sub.enc", "--age", RECIPIENT]).ok();
    transcript.run(&["encrypt", ".env", "-o", "sub.enc"]).code(1);
    transcript.told("encrypt");
    assert_eq!(project.mode("sub.enc"), 0o600);
}

#[test]
fn the_record_lies_beside_the_new_file_wherever_the_command_is_run() {
    let project = Project::empty();
    project.write("deep/.env", ENV);
    project.run(&["-C", "deep", "encrypt", "-o", "../.env.enc"]).ok();
    assert!(!project.exists("deep/.reseal"));
    project.run(&["history"]).ok();
    let history = project.run(&["history", "DB_HOST"]).ok();
    assert!(history.stdout.contains("sealed"), "{}", history.stderr);
}

#[test]
fn what_was_written_by_mistake_is_refused_or_remarked() {
    let project = Project::empty();
    let mut transcript = Transcript::of(&project);
    project.write("good", ENV);
    for (name, text) in [
        ("crlf", "A=correct-horse-battery\r\n"),
        ("bom", "\u{feff}A=correct-horse-battery\n"),
        ("no-equals", "A=1\ncorrect-horse-battery\n"),
        ("two-lines", "A=\"correct-horse-battery\ncorrect-horse-battery\"\n"),
        ("indented", "A=1\n  # correct-horse-battery\n"),
        ("conflict", "<<<<<<< HEAD\nA=correct-horse-battery\n=======\nA=1\n>>>>>>> other\n"),
        ("in-clear", "A_unencrypted=correct-horse-battery\n"),
        ("json", "{\"A\": \"correct-horse-battery\"}\n"),
    ] {
        project.write(name, text);
        let output = transcript.run(&["encrypt", name]).code(1).hides(VALUES[1]);
        assert_eq!(output.stdout, "");
    }
    transcript.run(&["encrypt", "nowhere"]).code(1);
    transcript.run(&["encrypt", "good", "-o", "no/such/folder.enc"]).code(1);
    transcript.run(&["encrypt", "."]).code(1);
    project.write("remarks", "A=1\nexport B=2\n C=3\nA=4\n=5\n");
    transcript.run(&["encrypt", "remarks", "-o", "out.enc"]).ok();
    project.run(&["encrypt", "remarks", "-o", "sealed"]).ok();
    transcript.run(&["encrypt", "sealed"]).code(1);
    transcript.told("encrypt-refused");
}

#[test]
fn recipients_that_cannot_be_used_are_refused() {
    let project = Project::empty();
    project.write(".env", ENV);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["encrypt", "--age", "age1nonsense"]).code(2);
    transcript.run(&["encrypt", "--age", crate::harness::IDENTITY]).code(2).says("error");
    transcript.run(&["encrypt", "--encrypted-regex", "("]);
    project.remove("age.key");
    transcript.run(&["encrypt"]).code(12);
    project.write(".sops.yaml", "creation_rules:\n  - path_regex: prod\n    age: x\n");
    transcript.run(&["encrypt"]).code(2);
    project.write(".sops.yaml", "creation_rules:\n  - agee: x\n");
    transcript.run(&["encrypt"]).code(2);
    project.write(".sops.yaml", "creation_rules:\n  - pgp: x\n");
    transcript.run(&["encrypt"]).code(2);
    transcript.told("encrypt-recipients");
}
