//! A mirror that no longer holds what the main file holds is named, by `doctor` and by `status`.

use super::{APP, OLD, WORKER, project};
use crate::cmd::Transcript;
use crate::harness::Output;

#[test]
fn drift_is_told_with_the_command_that_mends_it_and_without_a_value() {
    let project = project();
    project.run(&["doctor"]).ok();
    project.run(&["status", "--check"]).ok();
    project.pipe(&["-f", WORKER, "set", "DB_PASSWORD"], "drifted-by-hand").ok();
    project.run(&["-f", APP, "unset", "auth.jwt_secret"]).ok();
    project.pipe(&["-f", APP, "set", "db.url"], "postgres://app:drifted-by-hand@db/app").ok();
    project.chmod(APP, 0o644);
    let mut transcript = Transcript::of(&project);
    for args in [&["doctor"][..], &["status"], &["status", "--json"]] {
        transcript.run(args).hides("drifted-by-hand").hides(OLD);
    }
    transcript.run(&["status", "--check"]).code(3);
    project.remove(WORKER);
    transcript.run(&["doctor", "--fix"]).code(3);
    transcript.told("mirror-drift");
}

#[test]
fn each_command_mends_what_its_line_says() {
    let project = project();
    project.run(&["-f", APP, "unset", "auth.jwt_secret"]).ok();
    project.pipe(&["set", "DB_PASSWORD"], "set-by-hand").ok();
    let found = project.run(&["doctor"]).code(3).stdout;
    let piped: Vec<&str> = found
        .lines()
        .filter_map(|line| line.rsplit_once(": "))
        .map(|(_, remedy)| remedy)
        .filter(|r| r.contains('|'))
        .collect();
    assert_eq!(piped.len(), 2, "{found}");
    for command in piped {
        let command = command.replace("reseal ", concat!(env!("CARGO_BIN_EXE_reseal"), " "));
        Output::of(&mut project.around("sh", &["-c", &command])).ok();
    }
    let left = project.run(&["doctor"]).code(3).stdout;
    assert_eq!(left.lines().count(), 1, "{left}");
    assert!(left.contains("\"db.url\" does not hold the present password of DB_PASSWORD"), "{left}");
}

#[test]
fn without_a_key_status_says_that_it_compared_nothing() {
    let project = project();
    project.pipe(&["-f", WORKER, "set", "DB_PASSWORD"], "drifted-by-hand").ok();
    project.remove("age.key");
    project.run(&["status", "--check"]).ok().says("the mirrors were not compared");
    let json = project.run(&["status", "--json"]).ok().stdout;
    assert!(json.contains("\"drift\":null"), "{json}");
}

#[test]
fn plaintext_beside_a_mirror_is_found_too() {
    let project = project();
    project.write("config/.env.bak", format!("DB_PASSWORD={OLD}\n"));
    let found = project.run(&["doctor"]).code(3).hides(OLD).stdout;
    assert!(found.contains("config/.env.bak: holds 1 value in plain"), "{found}");
}

#[test]
fn a_mirror_itself_has_no_drift() {
    let project = project();
    project.run(&["-f", WORKER, "status", "--check"]).ok();
    project.run(&["-f", WORKER, "doctor"]).ok();
}
