//! The YAML files among the vectors: opened, sealed again, refused.

use serde_json::Value;

use super::seal;
use crate::harness::{Output, Project};
use crate::vectors::manifest::{read, rows, with_identity};

/// Documents as values, whatever their layout.
fn meaning(text: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(text).unwrap();
    let documents = text.split("\n---\n").filter(|text| !text.trim().is_empty());
    documents.map(|text| serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"))).collect()
}

#[test]
fn yaml_vectors_open_to_what_sops_gives() {
    let project = Project::empty();
    let mut opened = 0;
    for row in rows().iter().filter(|row| row.format == "yaml" && !row.enc.is_empty()) {
        project.write("sealed", read(&row.enc));
        let key = &row.keys[0];
        let output = Output::of(&mut with_identity(&project, key, &["decrypt", "sealed"]));
        if row.kind == "decrypt-fail" {
            output.code(15).says("the MAC does not fit");
            continue;
        }
        let output = output.ok();
        assert_eq!(meaning(output.stdout.as_bytes()), meaning(&read(&row.out)), "{}", row.title());
        let comments = |text: &[u8]| String::from_utf8_lossy(text).matches('#').count();
        assert_eq!(comments(output.stdout.as_bytes()), comments(&read(&row.out)), "{}", row.title());
        opened += 1;
    }
    assert!(opened >= 5, "{opened}");
}

#[test]
fn yaml_that_sops_does_not_seal_is_refused() {
    let project = Project::empty();
    for row in rows().iter().filter(|row| row.format == "yaml" && row.kind == "encrypt-fail") {
        seal(&project, read(&row.plain)).code(1);
    }
}
