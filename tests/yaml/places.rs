//! Places in a file as a user names them: elements of lists, other documents, keys that are no names of variables.

use serde_json::json;

use super::{by_sops, seal};
use crate::harness::{Output, Project, RECIPIENT, have};

fn given(project: &Project, plain: &str) {
    let sealed = seal(project, plain).ok().stdout;
    project.write("sealed", sealed);
}

fn edited(project: &Project, editor: &str) -> Output {
    project.script("ed", &format!("#!/bin/sh\n{editor}\n"));
    Output::of(project.command(&["-f", "sealed", "edit"]).env("EDITOR", "./ed"))
}

#[test]
fn elements_go_by_the_numbers_that_they_had() {
    if !have("yaml::elements_go_by_the_numbers_that_they_had", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let plain = "l: [a, b, c]\nm:\n- x: 1\n  y: 2\n- z\n";
    let rest = |names: &[&str]| {
        given(&project, plain);
        project.run(&[&["-f", "sealed", "unset"], names].concat()).ok();
        by_sops(&project, "sealed")
    };
    assert_eq!(rest(&["l[0]", "l[1]"])["l"], json!(["c"]));
    assert_eq!(rest(&["l[2]", "l[0]"])["l"], json!(["b"]));
    assert_eq!(rest(&["l[0]", "l[1]", "l[2]"])["l"], json!([]));
    // what goes with another one is there all the same
    assert_eq!(rest(&["m[0].x", "m[0]"])["m"], json!(["z"]));
    assert_eq!(rest(&["m", "m[0].x"]), json!({"l": ["a", "b", "c"]}));
    given(&project, plain);
    let before = project.text("sealed");
    project.run(&["-f", "sealed", "unset", "l[0]", "l[3]"]).code(1).says("\"l[3]\" is not in the file");
    assert_eq!(project.text("sealed"), before);
}

#[test]
fn no_document_takes_what_would_be_its_metadata() {
    let project = Project::empty();
    given(&project, "a: 1\n---\nb: 2\n");
    let before = project.text("sealed");
    for name in ["sops", "sops.x", "[1].sops", "[1].sops.x"] {
        project.pipe(&["-f", "sealed", "set", name], "s3cr3t").code(2).says("reserved").hides("s3cr3t");
    }
    project.run(&["-f", "sealed", "unset", "[1]"]).code(1).says("is not in the file");
    assert_eq!(project.text("sealed"), before);
}

#[test]
fn a_comment_does_not_outlive_its_map_as_ciphertext() {
    if !have("yaml::a_comment_does_not_outlive_its_map_as_ciphertext", &["sops"]) {
        return;
    }
    let project = Project::empty();
    project.write("plain.yaml", "kind: Secret\ndata:\n  # s3cr3t\n  a: b\n  # s3cr3t too\n  c: d\nlast: 1\n");
    let sealed = project.run(&["encrypt", "plain.yaml", "--encrypted-regex", "^data$", "--age", RECIPIENT]);
    project.write("sealed", sealed.ok().stdout);
    project.run(&["-f", "sealed", "unset", "data.a", "data.c"]).ok();
    assert_eq!(project.run(&["decrypt", "sealed"]).ok().stdout, "kind: Secret\ndata: {}\nlast: 1\n");
    assert_eq!(by_sops(&project, "sealed"), json!({"kind": "Secret", "data": {}, "last": 1}));
}

#[test]
fn what_is_edited_below_long_names_is_told() {
    let project = Project::empty();
    given(&project, "stringData:\n  serviceAccounts: null\n");
    edited(&project, "sed -i 's/null/[a, {b: c}]/' $1")
        .ok()
        .says("stringData.serviceAccounts[0], stringData.serviceAccounts[1].b are set");
    project
        .run(&["-f", "sealed", "get", "stringData.serviceAccounts[7]"])
        .code(1)
        .says("stringData.serviceAccounts[7]");
}

#[test]
fn an_environment_gets_the_keys_at_the_top_as_they_are() {
    let project = Project::empty();
    given(&project, "a.b: one\nA: two\n\"with blank\": three\n");
    let shown = project.run(&["-f", "sealed", "exec", "--pristine", "--", "env"]).ok().stdout;
    for line in ["a.b=one\n", "A=two\n", "with blank=three\n"] {
        assert!(shown.contains(line), "{shown}");
    }
    given(&project, "A: two\nb: {c: three}\n");
    project.run(&["-f", "sealed", "export"]).code(1).says("\"b.c\" stands in a map or list");
    assert!(project.run(&["-f", "sealed", "export", "A"]).ok().stdout.contains("two"));
}

#[test]
fn what_is_empty_stays_a_list_in_other_formats() {
    let project = Project::empty();
    given(&project, "l: []\nm: {}\nb: &x []\nc: [a]\n");
    let json: serde_json::Value = {
        let text = project.run(&["decrypt", "--output-type", "json", "sealed"]).ok().stdout;
        serde_json::from_str(&text).unwrap()
    };
    assert_eq!(json, json!({"l": [], "m": {}, "b": [], "c": ["a"]}));
}

#[test]
fn a_number_keeps_all_its_digits_or_is_refused() {
    let project = Project::empty();
    given(&project, "a: 1\nl: [x]\n");
    let set = |value: &str| project.pipe(&["-f", "sealed", "set", "[\"a\"]", "--value-stdin"], value);
    for (value, want) in
        [("2", "2\n"), ("0.25", "0.25\n"), ("1.50", "1.5\n"), ("9007199254740993", "9007199254740993\n")]
    {
        set(value).ok();
        assert_eq!(project.run(&["-f", "sealed", "get", "a"]).ok().stdout, want);
    }
    for value in ["123456789012345678901234567890", "0.12345678901234567891"] {
        set(value).code(2).says("more digits").hides("123456");
    }
    let added = project.pipe(&["-f", "sealed", "set", "l[1]"], "y").ok();
    assert!(!added.stderr.contains("slip"), "{}", added.stderr);
}
