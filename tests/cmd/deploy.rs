//! `reseal deploy`, as far as no engine is needed.

use super::{ENV, Transcript};
use crate::harness::Project;

#[test]
fn what_cannot_be_started_is_refused() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    // no policy, and one that starts nothing
    transcript.run(&["deploy"]).code(2);
    project.write("reseal.toml", "[deploy]\nkind = \"none\"\n");
    transcript.run(&["deploy"]).code(2);
    transcript.run(&["deploy", "--files-only"]).code(2);
    // policies that cannot be
    for policy in [
        "kind = \"swarm\"\n",
        "kind = \"swarm\"\nstack = \"shop\"\nsteps = [[\"up\"]]\n",
        "kind = \"systemd\"\n",
        "kind = \"systemd\"\nunits = [\"shop\"]\nstack = \"shop\"\n",
    ] {
        project.write("reseal.toml", format!("[deploy]\n{policy}"));
        transcript.run(&["deploy"]).code(2);
    }
    project.write("reseal.toml", "[deploy]\nkind = \"wrapper\"\ncommand = [\"./missing\"]\n");
    transcript.run(&["deploy"]).code(1);
    transcript.told("deploy-refused");
}

#[test]
fn it_starts_what_the_policy_names_waits_and_is_recorded() {
    let project = Project::sealed(ENV);
    project.script("up", "#!/bin/sh\necho \"$@\" >>started\n[ ! -e fail ]\n");
    project.write(
        "reseal.toml",
        "[deploy]\nkind = \"wrapper\"\ncommand = [\"./up\"]\n[[probe]]\ncommand = [\"test\", \"-e\", \"started\"]\nwithin = \"2s\"\n",
    );
    let mut transcript = Transcript::of(&project);
    transcript.run(&["deploy", "--reason", "a new machine"]).ok();
    project.write("fail", "");
    transcript.run(&["deploy"]).code(1);
    transcript.run(&["history"]).ok();
    assert_eq!(project.text("started"), "up -d\nup -d\n");
    transcript.told("deploy");
}
