//! The files that real sops made (`fixtures/sops`), each against what this program makes of it.
//!
//! The manifest's rows are the tests: a row of an unknown kind, a refusal without a reason in `expected`, or a file
//! that no row names fails here. Nothing in this folder needs sops.

mod example;
mod expected;
pub mod manifest;
mod opening;
mod sealing;
mod verifying;

use std::collections::BTreeSet;
use std::fs;

use manifest::{FIXTURES, rows};

/// A file of the vectors.
pub fn fixture(path: &str) -> Vec<u8> {
    manifest::read(path)
}

#[test]
fn every_file_of_the_vectors_belongs_to_a_row() {
    let mut named = BTreeSet::new();
    for row in rows() {
        for path in [&row.plain, &row.enc, &row.out] {
            if !path.is_empty() {
                assert!(fs::metadata(format!("{FIXTURES}/{path}")).is_ok(), "row {} names {path}", row.id);
                named.insert(path.clone());
            }
        }
        let config =
            row.plain.rsplit_once('.').map_or(String::new(), |(stem, _)| format!("{stem}.sops.yaml"));
        if row.options.contains(".sops.yaml") {
            assert!(fs::metadata(format!("{FIXTURES}/{config}")).is_ok(), "row {} needs {config}", row.id);
            named.insert(config);
        }
    }
    for folder in ["plain", "enc", "out"] {
        for entry in fs::read_dir(format!("{FIXTURES}/{folder}")).unwrap() {
            let path = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(named.contains(&path), "no row names {path}");
        }
    }
}

#[test]
fn the_rows_are_numbered_without_gap() {
    let ids: Vec<String> = rows().into_iter().map(|r| r.id).collect();
    let want: Vec<String> = (1..=ids.len()).map(|n| format!("{n:03}")).collect();
    assert_eq!(ids, want);
    assert!(ids.len() >= 115, "rows were lost: {}", ids.len());
}
