//! Sealed by sops, opened here: the same bytes as sops's own decrypt.

use proptest::prelude::*;

use super::env_file::{env_file, written};
use super::rule::rule;
use super::{decrypt, on_many, readable};
use crate::harness::{Project, have};

#[test]
fn what_sops_seals_opens_here_to_what_sops_gives() {
    if !have("interop::what_sops_seals_opens_here_to_what_sops_gives", &["sops"]) {
        return;
    }
    let project = Project::empty();
    on_many(60, &(env_file(), rule()), |(lines, rule)| {
        rule.seal_by_sops(&project, &written(&lines), "sealed");
        let there = project.sops_decrypt("sealed");
        let here = decrypt(&project, "sealed");
        prop_assert!(here == there, "{rule:?}\nhere\n{}\nsops\n{}", readable(&here), readable(&there));
        Ok(())
    });
}
