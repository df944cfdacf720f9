//! The real pre-commit, with the hooks that this repository offers.

use super::repo::{Repo, key};
use crate::harness::{Output, have};

/// A repository whose configuration names ours by its path.
fn configured(name: &str) -> Option<(Repo, Repo)> {
    if !have(name, &["git", "pre-commit"]) {
        return None;
    }
    let offered = Repo::new();
    offered.write(".pre-commit-hooks.yaml", std::fs::read(".pre-commit-hooks.yaml").unwrap());
    offered.commits(&["-qm", "hooks"]);
    let repo = Repo::new();
    let (place, rev) = (offered.folder.display(), offered.head());
    let config =
        format!("repos:\n  - repo: {place}\n    rev: {rev}\n    hooks:\n      - id: reseal-scan-system\n");
    repo.write(".pre-commit-config.yaml", config);
    repo.write("kept", "kept\n");
    repo.commits(&["-qm", "first"]);
    Some((repo, offered))
}

/// pre-commit says everything on standard output.
fn runs(repo: &Repo, args: &[&str], code: i32) -> String {
    let words = [&["run", "--verbose", "--color", "never"], args].concat();
    repo.run("pre-commit", &words).code(code).stdout
}

#[test]
fn pre_commit_hands_over_what_it_is_about() {
    let Some((repo, _offered)) = configured("scan::manager::pre_commit_hands_over_what_it_is_about") else {
        return;
    };
    // staged, and cleaned in the work tree, which pre-commit puts aside
    repo.write("a", key(1));
    repo.git(&["add", "a"]).ok();
    repo.write("a", "clean\n");
    assert!(runs(&repo, &[], 1).contains("a:1: "));
    // a secret in the work tree only is none of the commit
    repo.git(&["add", "a"]).ok();
    repo.write("a", key(1));
    assert!(runs(&repo, &[], 0).contains("1 file and 6 bytes read"));
    repo.git(&["commit", "-qnm", "a"]).ok();
    // without a staged change, what a file says on the disk counts too
    assert!(runs(&repo, &["--files", "a"], 1).contains("a:1: "));
    assert!(runs(&repo, &["--all-files"], 1).contains("a:1: "));
    repo.git(&["checkout", "-q", "a"]).ok();
    assert!(runs(&repo, &["--files", "a"], 0).contains("1 file and 6 bytes read"));
    assert!(runs(&repo, &["--all-files"], 0).contains("3 files and"));
    // an untracked file, and a link
    repo.write("untracked", key(2));
    assert!(runs(&repo, &["--files", "untracked"], 1).contains("untracked:1: "));
    std::fs::remove_file(repo.path("untracked")).unwrap();
    std::os::unix::fs::symlink(key(3), repo.path("link")).unwrap();
    repo.git(&["add", "link"]).ok();
    assert!(runs(&repo, &[], 1).contains("link:1: "));
}

#[test]
fn pre_commit_is_about_a_range() {
    let Some((repo, _offered)) = configured("scan::manager::pre_commit_is_about_a_range") else { return };
    repo.write("b", "clean\n");
    repo.commits(&["-qnm", "b"]);
    repo.git(&["checkout", "-qb", "topic"]).ok();
    repo.write("b", key(1));
    repo.commits(&["-qnm", "not clean"]);
    repo.git(&["checkout", "-q", "main"]).ok();
    repo.write("c", "c\n");
    repo.commits(&["-qnm", "c"]);
    // the other commit is not checked out, and nothing is staged
    assert!(runs(&repo, &["--from-ref", "main", "--to-ref", "topic"], 1).contains("b:1: "));
    assert!(runs(&repo, &["--from-ref", "topic", "--to-ref", "main"], 0).contains("1 file and 2 bytes read"));
}

#[test]
fn pre_commits_own_hook_guards_commits() {
    let Some((repo, _offered)) = configured("scan::manager::pre_commits_own_hook_guards_commits") else {
        return;
    };
    repo.run("pre-commit", &["install"]).ok();
    repo.write("a", key(1));
    repo.git(&["add", "-A"]).ok();
    for args in [&["commit", "-qm", "a"][..], &["commit", "-qam", "a"], &["commit", "-qm", "a", "a"]] {
        let Output { stdout, stderr, .. } = repo.git(args).code(1);
        assert!([stdout, stderr].concat().contains("a:1: "));
    }
    repo.write("a", "a\n");
    repo.commits(&["-qm", "a"]);
    // ours is not put over it
    repo.reseal(&["hook", "install"]).ok().says("pre-commit runs the guard already");
}
