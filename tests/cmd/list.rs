//! `reseal list`: names, for everybody.

use super::{ENV, Transcript, VALUES};
use crate::harness::Project;

#[test]
fn names_are_shown_in_order_and_need_no_key() {
    let project = Project::sealed(ENV);
    project.remove("age.key");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["list"]).ok();
    transcript.run(&["list", "--json"]).ok().hides(VALUES[0]).hides(VALUES[1]);
    transcript.told("list");
}

#[test]
fn it_works_from_a_folder_below_the_policy() {
    let project = Project::sealed(ENV);
    project.write("reseal.toml", "file = \".env.enc\"\n");
    project.write("deep/er/x", "");
    let here = project.run(&["list"]).ok().stdout;
    assert_eq!(project.run(&["-C", "deep/er", "list"]).ok().stdout, here);
    assert_eq!(project.run(&["-C", "deep", "-f", "../.env.enc", "list"]).ok().stdout, here);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let project = Project::sealed(ENV);
    let script = "\"$0\" list | true; echo ${PIPESTATUS[0]}";
    let mut command = project.around("bash", &["-c", script, env!("CARGO_BIN_EXE_reseal")]);
    assert_eq!(crate::harness::Output::of(&mut command).ok().stdout, "0\n");
}
