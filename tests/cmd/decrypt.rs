//! `reseal decrypt`: the whole file in plain, on standard output only.

use super::{ENV, Transcript};
use crate::harness::{Output, Project};

#[test]
fn the_file_comes_back_as_it_was() {
    let project = Project::sealed(ENV);
    assert_eq!(project.run(&["decrypt"]).ok().stdout, ENV);
    assert_eq!(project.run(&["decrypt", ".env.enc"]).ok().stdout, ENV);
    let json = project.run(&["decrypt", "--json"]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["v"], &json["values"]["DB_HOST"]), (&1.into(), &"db".into()));
    assert!(!project.exists(".reseal"));
}

#[test]
fn a_file_without_a_key_that_fits_is_told_with_every_place_that_was_looked_at() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    project.remove("age.key");
    transcript.run(&["decrypt"]).code(12);
    let bare = project.command(&["decrypt"]).env_remove("SOPS_AGE_KEY_FILE").output().unwrap();
    assert_eq!(Output::from(bare).code, Some(12));
    let mut command = project.command(&["decrypt"]);
    transcript.other("(no key anywhere) reseal decrypt", command.env_remove("SOPS_AGE_KEY_FILE")).code(12);
    project.write("other.key", include_str!("../../fixtures/sops/keys/bob.txt"));
    transcript.run(&["decrypt", "--age-key-file", "other.key"]).code(12);
    project.write("empty.key", "");
    transcript.run(&["decrypt", "--age-key-file", "empty.key"]).code(12);
    project.write("garbage.key", "not-a-key-but-private\n");
    transcript.run(&["decrypt", "--age-key-file", "garbage.key"]).code(12).hides("private");
    transcript.run(&["decrypt", "nowhere.enc"]).code(1);
    transcript.told("decrypt-no-key");
}
