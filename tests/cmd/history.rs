//! `reseal history [KEY]`: what was done, by whom, how it ended.

use super::rotate::deployed;
use super::{ENV, Transcript, VALUES};
use crate::harness::Project;

#[test]
fn every_change_leaves_a_line_and_no_value() {
    let project = deployed();
    project.run(&["set", "DB_HOST", "--generate", "uuid", "--reason", "moved"]).ok();
    project.run(&["rotate", "JWT_SECRET", "-y"]).ok();
    project.script("up", "#!/bin/sh\n[ -e tried ] && exit 0\n: >tried\nexit 3\n");
    project.run(&["rotate", "APP_DB_PASSWORD", "-y"]).code(10);
    project.run(&["unset", "DB_HOST"]).ok();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["history"]).ok();
    transcript.run(&["history", "DB_HOST"]).ok();
    transcript.run(&["history", "DB_HOTS"]).ok();
    let json = transcript.run(&["history", "APP_DB_PASSWORD", "--json"]).ok();
    assert!(serde_json::from_str::<serde_json::Value>(&json.stdout).is_ok());
    json.hides(VALUES[1]);
    transcript.told("history");
}

#[test]
fn a_log_that_somebody_changed_is_not_believed() {
    let project = Project::sealed(ENV);
    project.pipe(&["set", "DB_HOST"], "web").ok();
    project.pipe(&["set", "DB_HOST"], "db").ok();
    let log = project.text(".reseal/audit.jsonl").replacen("DB_HOST", "DB_HOTS", 1);
    project.write(".reseal/audit.jsonl", log);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["history"]).code(15);
    transcript.run(&["history", "--json"]).code(15);
    transcript.run(&["status"]).ok();
    transcript.told("history-changed");
}

#[test]
fn with_nothing_recorded_it_says_so() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["history"]).ok();
    project.remove(".env.enc");
    transcript.run(&["history"]).code(1);
    transcript.told("history-nothing");
}
