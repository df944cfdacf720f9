//! `reseal status [--check]`: ages and due dates, without a key.

use super::rotate::{POLICY, deployed};
use super::{ENV, Transcript};
use crate::harness::Project;

#[test]
fn ages_and_due_dates_need_no_key() {
    let project = Project::sealed(ENV);
    project.write("reseal.toml", POLICY);
    project.remove("age.key");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["status"]).ok();
    transcript.run(&["status", "--check"]).ok();
    transcript.run(&["status", "--json"]).ok();
    transcript.told("status");
}

#[test]
fn a_rotation_and_its_grace_period_are_seen() {
    let project = deployed();
    project.run(&["rotate", "JWT_SECRET", "-y"]).ok();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["status"]).ok();
    transcript.told("status-grace");
}

#[test]
fn what_is_overdue_is_found_by_check_only() {
    let project = Project::sealed(ENV);
    project.write("reseal.toml", "[secret.JWT_SECRET]\nevery = \"1s\"\n");
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let mut transcript = Transcript::of(&project);
    transcript.run(&["status"]).ok();
    transcript.run(&["status", "--check"]).code(3);
    transcript.run(&["status", "--check", "--json"]).code(3);
    transcript.told("status-overdue");
}

#[test]
fn before_anything_the_way_to_a_sealed_file_is_told() {
    let project = Project::empty();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["status"]).code(1);
    transcript.told("status-nowhere");
}
