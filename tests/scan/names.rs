//! Names that a program may stumble over, and how they are told.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::repo::{Repo, key};
use crate::harness::{Output, have};

const NAMES: [&[u8]; 8] = [
    b"a\nb:1: all-well",
    b"it's \"quoted\"",
    b"-rf",
    b"--staged",
    b":(exclude)*",
    b"caf\xe9",
    b"*.[ch]",
    "gr\u{fc}n/\u{1b}[31m".as_bytes(),
];

#[test]
fn odd_names_are_read_and_told_in_one_line_each() {
    if !have("scan::names::odd_names_are_read_and_told_in_one_line_each", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    for (n, name) in NAMES.iter().enumerate() {
        repo.write(OsStr::from_bytes(name), key(n as u8));
    }
    repo.git(&["add", "-A"]).ok();
    repo.refuses(&[]);
    let told = |output: Output| {
        let output = output.code(3);
        assert!(!output.stdout.contains('\u{1b}') && !output.stdout.contains("\na\n"), "{}", output.shown());
        assert_eq!(output.stdout.lines().count(), NAMES.len(), "{}", output.shown());
        assert!(output.stdout.contains(r"a\nb:1: all-well"), "{}", output.stdout);
    };
    told(repo.reseal(&["scan", "--staged"]));
    told(repo.reseal(&["scan"]));
    let named: Vec<&OsStr> = ["scan", "--staged", "--"].into_iter().map(OsStr::new).collect();
    let named = [named, NAMES.iter().map(|name| OsStr::from_bytes(name)).collect()].concat();
    told(repo.reseal(&named));
    let from_disk: Vec<&OsStr> = named.into_iter().filter(|word| *word != "--staged").collect();
    told(repo.reseal(&[&from_disk[..], &[OsStr::new("./--staged")]].concat()));
    repo.git(&["commit", "-qnm", "all"]).ok();
    told(repo.reseal(&["scan", "--history", "HEAD"]));
    told(repo.reseal(&["scan", "--from-ref", "HEAD~1", "--to-ref", "HEAD"]));
}
