//! Sealing in both directions.

use super::{by_sops, seal, seal_by_sops, trees};
use crate::harness::{Project, have};
use crate::interop::on_many;

#[test]
fn what_either_seals_the_other_opens() {
    if !have("yaml::what_either_seals_the_other_opens", &["sops"]) {
        return;
    }
    let project = Project::empty();
    on_many(60, &trees::text(), |plain| {
        seal_by_sops(&project, &plain, "there");
        let want = by_sops(&project, "there");
        project.write("here", seal(&project, &plain).ok().stdout);
        proptest::prop_assert_eq!(by_sops(&project, "here"), want.clone(), "{}", plain);
        let opened = project.run(&["decrypt", "there"]).ok();
        proptest::prop_assert!(!opened.stdout.contains("ENC["), "{}", plain);
        seal_by_sops(&project, &opened.stdout, "again");
        proptest::prop_assert_eq!(by_sops(&project, "again"), want, "{}", plain);
        Ok(())
    });
}

#[test]
fn aliases_are_written_out_as_copies() {
    if !have("yaml::aliases_are_written_out_as_copies", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let plain = "a: &x\n  b: 1\n  c: [1, two]\nd: *x\ne:\n  <<: *x\n  z: 2\nf: &s text\ng: *s\nh: [*s, *x]\ni:\n  - *x\n  - *s\n  - &w [1, {u: v}]\n  - *w\n";
    seal_by_sops(&project, plain, "there");
    project.write("here", seal(&project, plain).ok().stdout);
    assert_eq!(by_sops(&project, "here"), by_sops(&project, "there"));
}

#[test]
fn every_document_holds_the_metadata() {
    if !have("yaml::every_document_holds_the_metadata", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let plain = "# first\na: 1\n---\n---\n# third\nb:\n  c: 2 # inline\n...\n";
    project.write("here", seal(&project, plain).ok().stdout);
    assert_eq!(project.text("here").matches("\nsops:").count(), 3);
    project.pipe(&["-f", "here", "set", "[2].b.c"], "3").ok();
    let args = ["decrypt", "--input-type", "yaml", "--output-type", "yaml", "here"];
    let opened = project.sops(&args).ok().stdout;
    assert!(opened.contains("c: 3") && opened.contains("# third"), "{opened}");
}
