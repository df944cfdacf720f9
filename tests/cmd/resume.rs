//! `reseal resume [--back]` where there is little to resume; after crashes it is tested elsewhere.

use super::{ENV, Transcript};
use crate::harness::Project;

#[test]
fn with_nothing_to_resume_it_says_so_and_makes_nothing() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["resume"]).ok();
    transcript.run(&["resume", "--back", "--json"]).ok();
    assert!(!project.exists(".reseal"));
    project.run(&["rotate", "JWT_SECRET", "-y"]).ok();
    transcript.run(&["resume"]).ok();
    transcript.told("resume-nothing");
}

#[test]
fn in_the_wrong_folder_it_gives_no_false_comfort() {
    let project = Project::empty();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["resume"]).code(1);
    transcript.told("resume-nowhere");
    assert!(!project.exists(".reseal"));
}
