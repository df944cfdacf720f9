//! `hook install --git`: what is written, and that twice is once.

use super::repository::{Repository, SAMPLES};
use crate::harness::{Output, Project, have};

fn git(project: &Project, args: &[&str]) -> Output {
    Output::of(&mut project.around("git", args))
}

#[test]
fn attributes_and_configuration_are_written_once() {
    if !have("git::install::attributes_and_configuration_are_written_once", &["git"]) {
        return;
    }
    let repository = Repository::new(&SAMPLES[0]);
    let project = &repository.project;
    let first = project.text(".gitattributes");
    assert_eq!(first, format!("/{} merge=reseal diff=reseal\n", SAMPLES[0].file));
    let config = project.text(".git/config");
    project.run(&["hook", "install", "--git"]).ok().says("already");
    assert_eq!((project.text(".gitattributes"), project.text(".git/config")), (first, config));
    // what is there stays, also without an end of its last line
    project.write(".gitattributes", "*.png binary");
    project.write("sub/x", "");
    project.run(&["-C", "sub", "hook", "install", "--git", "--pattern", "*.env.enc"]).ok();
    project.run(&["hook", "install", "--git", "--pattern", "*.env.enc", "--pattern", "a b.enc"]).ok();
    assert_eq!(
        project.text(".gitattributes"),
        "*.png binary\n*.env.enc merge=reseal diff=reseal\n\"a b.enc\" merge=reseal diff=reseal\n"
    );
    assert!(!project.exists("sub/.gitattributes"));
    for (path, want) in [("deep/x.env.enc", "reseal"), ("a b.enc", "reseal"), ("x.env", "unspecified")] {
        let answer = git(project, &["check-attr", "merge", "--", path]).ok().stdout;
        assert!(answer.ends_with(&format!("merge: {want}\n")), "{answer}");
    }
    // a pattern of one's own that covers the file is enough
    project.write(".gitattributes", "*.enc merge=reseal diff=reseal\n");
    let output = project.run(&["hook", "install", "--git", "--json"]).ok().stdout;
    let output: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(output["added"], serde_json::json!([]));
    assert_eq!(output["config"]["diff.reseal.cachetextconv"], "false");
}

#[test]
fn a_worktree_and_a_path_that_is_a_pattern_are_served() {
    if !have("git::install::a_worktree_and_a_path_that_is_a_pattern_are_served", &["git"]) {
        return;
    }
    let repository = Repository::new(&SAMPLES[0]);
    let project = &repository.project;
    repository.git(&["worktree", "add", "-q", "other"]).ok();
    let odd = "other/it's [1]/x y.enc";
    project.write(odd, project.read(SAMPLES[0].file));
    git(project, &["-C", "other", "add", "-A"]).ok();
    project.run(&["-C", "other", "hook", "install", "--git"]).ok();
    let answer = git(project, &["-C", "other", "check-attr", "diff", "--", "it's [1]/x y.enc"]).ok().stdout;
    assert!(answer.ends_with("diff: reseal\n"), "{answer}");
    let answer = git(project, &["-C", "other", "check-attr", "diff", "--", "it's 1/x y.enc"]).ok().stdout;
    assert!(answer.ends_with("diff: unspecified\n"), "{answer}");
    // the driver is told that path, quotes and all
    git(project, &["-C", "other", "add", "-A"]).ok();
    git(project, &["-C", "other", "commit", "-qm", "odd"]).ok();
    git(project, &["-C", "other", "checkout", "-qb", "topic"]).ok();
    project.pipe(&["-f", odd, "set", "ALPHA"], "canary-of-theirs").ok();
    git(project, &["-C", "other", "commit", "-qam", "theirs"]).ok();
    git(project, &["-C", "other", "checkout", "-q", "-"]).ok();
    project.pipe(&["-f", odd, "set", "ALPHA"], "canary-of-ours").ok();
    git(project, &["-C", "other", "commit", "-qam", "ours"]).ok();
    git(project, &["-C", "other", "merge", "topic"]).code(1).says("ALPHA").says("--resolve");
    project.run(&["merge", "--resolve", odd, "--theirs", "ALPHA"]).ok();
    let got = project.run(&["-f", odd, "get", "-n", "ALPHA"]).ok().stdout;
    assert_eq!(got, "canary-of-theirs");
}

#[test]
fn what_cannot_be_installed_is_refused() {
    if !have("git::install::what_cannot_be_installed_is_refused", &["git"]) {
        return;
    }
    let project = Project::sealed("A=1\n");
    project.run(&["hook", "install"]).code(1).says("is not in a git repository");
    project.run(&["hook", "install", "--git"]).code(1).says("is not in a git repository").says("git init");
    assert!(!project.exists(".gitattributes"));
    git(&project, &["init", "-q"]).ok();
    project.run(&["hook", "install", "--git", "--pattern", "!x"]).code(2);
    assert!(!project.exists(".gitattributes"));
    // a sealed file that is not tracked yet is that of the project
    project.run(&["hook", "install", "--git"]).ok();
    assert_eq!(project.text(".gitattributes"), "/.env.enc merge=reseal diff=reseal\n");
    let empty = Project::empty();
    git(&empty, &["init", "-q"]).ok();
    empty.run(&["hook", "install", "--git"]).code(1).says("no sealed file").says("--pattern");
    git(&empty, &["init", "-q", "--bare", "bare"]).ok();
    empty.run(&["-C", "bare", "hook", "install", "--git"]).code(1).says("is not in a git repository");
}
