//! Whatever git does with two versions: merge, rebase, cherry-pick, revert, stash; what each side changed is there
//! afterwards, and sops opens it.

use super::repository::{Repository, SAMPLES};
use crate::harness::have;

fn each(test: &str, act: impl Fn(Repository)) {
    if !have(&format!("git::merged::{test}"), &["git", "sops"]) {
        return;
    }
    for sample in &SAMPLES {
        act(Repository::new(sample));
    }
}

/// A branch that changes BETA and adds DELTA, and a main branch that changes GAMMA, adds EPSILON and takes ALPHA away.
fn apart(repository: &Repository) {
    repository.branch("topic", |r| {
        r.set("BETA", "theirs");
        r.set("DELTA", "theirs");
    });
    repository.on_main(|r| {
        r.set("GAMMA", "ours");
        r.set("EPSILON", "ours");
        r.unset("ALPHA");
    });
}

const TOGETHER: [(&str, &str); 4] =
    [("BETA", "theirs"), ("DELTA", "theirs"), ("EPSILON", "ours"), ("GAMMA", "ours")];

#[test]
fn what_both_branches_did_is_there_after_a_merge() {
    each("what_both_branches_did_is_there_after_a_merge", |repository| {
        apart(&repository);
        let before = repository.project.text(repository.sample.file);
        repository.git(&["merge", "-q", "topic"]).ok();
        repository.says(&TOGETHER);
        // what theirs did not touch lies as it lay
        let after = repository.project.text(repository.sample.file);
        let line = |text: &str, key: &str| text.lines().find(|l| l.contains(key)).unwrap().to_owned();
        for key in ["GAMMA", "EPSILON"] {
            assert_eq!(line(&before, key), line(&after, key));
        }
        assert_eq!(repository.git(&["status", "--short"]).ok().stdout, "");
        repository.holds_no_value();
    });
}

#[test]
fn a_rebase_a_cherry_pick_and_a_revert_merge_too() {
    each("a_rebase_a_cherry_pick_and_a_revert_merge_too", |repository| {
        apart(&repository);
        repository.git(&["checkout", "-q", "topic"]).ok();
        repository.git(&["rebase", "-q", "main"]).ok();
        repository.says(&TOGETHER);
        repository.git(&["checkout", "-q", "main"]).ok();
        repository.git(&["cherry-pick", "topic"]).ok();
        repository.says(&TOGETHER);
        // the commit before the last change is undone, the last change stays
        repository.on_main(|r| r.set("ZETA", "later"));
        repository.git(&["revert", "--no-edit", "HEAD~1"]).ok();
        repository.says(&[("BETA", "base"), ("EPSILON", "ours"), ("GAMMA", "ours"), ("ZETA", "later")]);
        repository.holds_no_value();
    });
}

#[test]
fn what_was_stashed_comes_back_beside_what_was_committed() {
    each("what_was_stashed_comes_back_beside_what_was_committed", |repository| {
        repository.set("ALPHA", "stashed");
        repository.git(&["stash", "-q"]).ok();
        repository.on_main(|r| r.set("BETA", "ours"));
        repository.git(&["stash", "pop", "-q"]).ok();
        repository.says(&[("ALPHA", "stashed"), ("BETA", "ours"), ("GAMMA", "base")]);
        repository.holds_no_value();
    });
}

#[test]
fn branches_that_crossed_merge() {
    each("branches_that_crossed_merge", |repository| {
        apart(&repository);
        repository.git(&["branch", "before"]).ok();
        repository.git(&["merge", "-q", "topic"]).ok();
        repository.on_main(|r| r.set("GAMMA", "last"));
        repository.git(&["checkout", "-q", "topic"]).ok();
        repository.git(&["merge", "-q", "before"]).ok();
        repository.set("DELTA", "last");
        repository.commit("on topic");
        repository.git(&["checkout", "-q", "main"]).ok();
        // two common ancestors, of which git makes one first
        repository.git(&["merge", "-q", "topic"]).ok();
        repository.says(&[("BETA", "theirs"), ("DELTA", "last"), ("EPSILON", "ours"), ("GAMMA", "last")]);
    });
}

#[test]
fn branches_that_crossed_in_conflict_ask_about_that_key_only() {
    each("branches_that_crossed_in_conflict_ask_about_that_key_only", |repository| {
        let (file, alpha) = (repository.sample.file, repository.sample.key("ALPHA"));
        repository.branch("topic", |r| {
            r.set("ALPHA", "theirs");
            r.set("BETA", "theirs");
        });
        repository.on_main(|r| r.set("ALPHA", "ours"));
        repository.git(&["branch", "before"]).ok();
        let settle = |other: &str, side: &str| {
            repository.git(&["merge", "-q", other]).code(1);
            repository.project.run(&["merge", "--resolve", file, side, &alpha]).ok();
            repository.commit("settled");
        };
        settle("topic", "--ours");
        repository.on_main(|r| r.set("GAMMA", "ours"));
        repository.git(&["checkout", "-q", "topic"]).ok();
        settle("before", "--ours");
        repository.set("DELTA", "theirs");
        repository.commit("on topic");
        repository.git(&["checkout", "-q", "main"]).ok();
        // each side has settled it in its own way, and the ancestor that git makes of two is in conflict
        repository.git(&["merge", "-q", "topic"]).code(1).says("1 key was changed on both sides");
        repository.project.run(&["merge", "--resolve", file, "--theirs", &alpha]).ok();
        repository.says(&[("ALPHA", "theirs"), ("BETA", "theirs"), ("DELTA", "theirs"), ("GAMMA", "ours")]);
        repository.holds_no_value();
    });
}

#[test]
fn three_branches_at_once_are_refused_whole_or_merged_whole() {
    each("three_branches_at_once_are_refused_whole_or_merged_whole", |repository| {
        repository.branch("one", |r| r.set("ALPHA", "one"));
        repository.branch("two", |r| r.set("BETA", "two"));
        // git asks no driver here: it merges lines, and those of the MAC stand in the way
        let output = repository.git(&["merge", "-q", "one", "two"]);
        assert_ne!(output.code, Some(0));
        repository.git(&["reset", "-q", "--hard"]).ok();
        repository.says(&[("ALPHA", "base"), ("BETA", "base"), ("GAMMA", "base")]);
        repository.git(&["merge", "-q", "one"]).ok();
        repository.git(&["merge", "-q", "two"]).ok();
        repository.says(&[("ALPHA", "one"), ("BETA", "two"), ("GAMMA", "base")]);
    });
}

#[test]
fn a_file_that_one_side_moved_is_merged_where_it_is_now() {
    each("a_file_that_one_side_moved_is_merged_where_it_is_now", |repository| {
        let (file, moved) = (repository.sample.file, format!("deploy/{}", repository.sample.file));
        repository.branch("topic", |r| {
            r.project.write("deploy/x", "");
            r.git(&["mv", file, &moved]).ok();
            r.project.write(".gitattributes", format!("{file} merge=reseal diff=reseal\n"));
        });
        repository.on_main(|r| r.set("ALPHA", "ours"));
        repository.project.write(".gitattributes", format!("{file} merge=reseal diff=reseal\n"));
        repository.commit("the pattern fits both places");
        repository.git(&["merge", "-q", "topic"]).ok();
        let got =
            repository.project.run(&["-f", &moved, "get", "-n", &repository.sample.key("ALPHA")]).ok().stdout;
        assert_eq!(got, super::repository::value("ours"));
        assert!(!repository.project.exists(file));
    });
}
