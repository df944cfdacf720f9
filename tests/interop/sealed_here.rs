//! Sealed here, opened by sops: the plaintext that went in.

use proptest::prelude::*;

use super::env_file::{Line, env_file, written};
use super::rule::rule;
use super::{decrypt, on_many, readable};
use crate::harness::{Project, RECIPIENT, have};

#[test]
fn what_is_sealed_here_sops_opens_to_the_same_plaintext() {
    if !have("interop::what_is_sealed_here_sops_opens_to_the_same_plaintext", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let sealed = std::cell::Cell::new(0);
    on_many(60, &(env_file(), rule()), |(lines, rule)| {
        let lines: Vec<Line> = lines.into_iter().map(without_carriage_return).collect();
        let plain = written(&lines);
        if plain.starts_with(b"\xef\xbb\xbf") {
            return Err(TestCaseError::reject("a byte order mark is refused on purpose"));
        }
        project.write("plain", &plain);
        let mut args: Vec<String> = ["encrypt", "plain", "--age", RECIPIENT].map(str::to_owned).to_vec();
        args.extend(rule.flags());
        let output = project.command(&args).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(1) {
            // the one refusal: sops would leave every value in plain, and not say so
            prop_assert!(told.contains("would be encrypted"), "{told}");
            rule.seal_by_sops(&project, &plain, "sealed");
            prop_assert_eq!(pairs(&project.read("sealed")), pairs(&plain));
            return Ok(());
        }
        prop_assert_eq!(output.status.code(), Some(0), "{}", told);
        project.write("sealed", &output.stdout);
        let there = project.sops_decrypt("sealed");
        let kept: Vec<Line> = lines.iter().filter(|l| !matches!(l, Line::Blank)).cloned().collect();
        prop_assert!(there == written(&kept), "{rule:?}\nsops\n{}", readable(&there));
        // blank lines are dropped by sops and kept here
        prop_assert!(decrypt(&project, "sealed") == plain, "{rule:?}");
        sealed.set(sealed.get() + 1);
        Ok(())
    });
    assert!(sealed.get() >= 30, "only {} files were sealed", sealed.get());
}

/// A value that ends in CR is refused on purpose.
fn without_carriage_return(line: Line) -> Line {
    match line {
        Line::Pair(key, mut value) => {
            while value.last() == Some(&b'\r') {
                value.pop();
            }
            Line::Pair(key, value)
        }
        other => other,
    }
}

/// The lines that hold a key and its value.
fn pairs(file: &[u8]) -> Vec<String> {
    let lines = file.split(|b| *b == b'\n');
    lines
        .filter(|l| !l.is_empty() && !l.starts_with(b"#") && !l.starts_with(b"sops_"))
        .map(readable)
        .collect()
}
