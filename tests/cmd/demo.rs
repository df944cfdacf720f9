//! `reseal demo`: a whole rotation, told; it needs nothing and leaves nothing.

use crate::harness::Project;

#[test]
fn the_demo_runs_to_its_end_and_cleans_up() {
    let project = Project::empty();
    // its folder is made here, so that what is left would be seen
    let mut command = project.command(&["demo"]);
    let output = crate::harness::Output::of(command.env("TMPDIR", &project.root)).ok();
    for said in ["Killed", "reseal resume", "committed: ", "rolled back", "is removed again"] {
        assert!(output.stdout.contains(said), "{said:?} is not in\n{}", output.stdout);
    }
    assert_eq!(output.stderr, "");
    let left: Vec<_> = project.files().iter().map(|f| f.file_name().unwrap().to_owned()).collect();
    assert_eq!(left, ["age.key"]);
}
