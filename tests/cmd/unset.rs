//! `reseal unset KEY…`: all of them or none.

use super::{ENV, Transcript};
use crate::harness::Project;

#[test]
fn keys_are_taken_out_all_or_none() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    let before = project.read(".env.enc");
    transcript.run(&["unset", "DB_HOST", "NOPE"]).code(1);
    transcript.run(&["unset", "DB_HOTS"]).code(1);
    transcript.run(&["unset"]).code(2);
    assert!(project.read(".env.enc") == before);
    transcript.run(&["unset", "DB_HOST", "JWT_SECRET", "DB_HOST"]).ok();
    transcript.run(&["list"]).ok();
    transcript.told("unset");
}
