//! `hook install`: where the hook goes, what it leaves alone, and that it is gone after `hook uninstall`.

use super::repo::{Repo, key};
use crate::harness::{Output, have};

const HOOK: &str = ".git/hooks/pre-commit";

#[test]
fn a_hook_that_is_there_runs_first_and_comes_back() {
    if !have("scan::hooks::a_hook_that_is_there_runs_first_and_comes_back", &["git"]) {
        return;
    }
    let repo = Repo::new();
    let theirs = "#!/bin/sh\necho theirs ran >&2\ntest ! -e veto\n";
    repo.script(HOOK, theirs);
    repo.reseal(&["hook", "install"]).ok().says("the hook that was there runs first");
    let ours = repo.text(HOOK);
    repo.reseal(&["hook", "install"]).ok().says("is there already");
    assert_eq!(repo.text(HOOK), ours);
    repo.write("a", "a\n");
    repo.git(&["add", "a"]).ok();
    repo.git(&["commit", "-qm", "a"]).ok().says("theirs ran").says("1 file and 2 bytes read");
    repo.write("b", key(1));
    repo.git(&["add", "b"]).ok();
    assert!(repo.refuses(&[]).contains("theirs ran"));
    repo.git(&["rm", "-q", "--cached", "b"]).ok();
    repo.write("veto", "");
    repo.git(&["add", "veto"]).ok();
    let output = repo.git(&["commit", "-qm", "veto"]).code(1);
    assert!(!output.stderr.contains("read"), "{}", output.stderr);
    // what another program appends stays
    repo.script(HOOK, &format!("{ours}echo appended >&2\n"));
    std::fs::remove_file(repo.path("veto")).unwrap();
    repo.git(&["add", "-A", "."]).ok();
    repo.git(&["rm", "-q", "--cached", "b"]).ok();
    repo.git(&["commit", "-q", "--allow-empty", "-m", "more"]).ok().says("appended");
    repo.script(HOOK, &format!("{}echo appended >&2\n", ours.replace("scan --staged", "scan --staged -q")));
    repo.reseal(&["hook", "install"]).ok().says("is renewed");
    assert_eq!(repo.text(HOOK), format!("{ours}echo appended >&2\n"));
    repo.reseal(&["hook", "uninstall"]).code(1).says("has lines of others");
    repo.script(HOOK, &ours);
    repo.reseal(&["hook", "uninstall"]).ok().says("is the hook that was there before");
    assert_eq!(repo.text(HOOK), theirs);
    assert!(!repo.path(".git/hooks/pre-commit.before-reseal").exists());
    repo.reseal(&["hook", "uninstall"]).ok().says("there is no guard");
    assert_eq!(repo.text(HOOK), theirs);
    std::fs::remove_file(repo.path(HOOK)).unwrap();
    repo.reseal(&["hook", "install"]).ok();
    repo.reseal(&["hook", "uninstall"]).ok().says("is gone");
    assert!(!repo.path(HOOK).exists());
}

#[test]
fn without_the_program_nothing_is_committed() {
    if !have("scan::hooks::without_the_program_nothing_is_committed", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    let place = env!("CARGO_BIN_EXE_reseal");
    assert!(repo.text(HOOK).contains(place));
    repo.script(HOOK, &repo.text(HOOK).replace(place, "/nowhere/reseal"));
    repo.write("a", "a\n");
    repo.git(&["add", "a"]).ok();
    // by its name
    repo.git(&["commit", "-qm", "a"]).ok();
    repo.write("a", "b\n");
    let mut command = repo.command("", "git", &["commit", "-qam", "b"]);
    let output = Output::of(command.env("PATH", std::env::var_os("PATH").unwrap()));
    output.code(1).says("reseal is not found").says("hint: install reseal");
}

#[test]
fn the_hooks_are_where_git_looks_for_them() {
    if !have("scan::hooks::the_hooks_are_where_git_looks_for_them", &["git"]) {
        return;
    }
    // a folder of the repository's own
    let repo = Repo::new();
    repo.git(&["config", "core.hooksPath", "tools/hooks"]).ok();
    repo.write("sub/x", "x\n");
    Output::of(&mut repo.command("sub", env!("CARGO_BIN_EXE_reseal"), &["hook", "install"])).ok();
    assert!(repo.path("tools/hooks/pre-commit").exists() && !repo.path(HOOK).exists());
    repo.commits(&["-qm", "first"]);
    repo.write("a", key(1));
    repo.git(&["add", "-A"]).ok();
    repo.refuses(&[]);
    repo.git(&["reset", "-q", "--hard"]).ok();

    // a folder of everybody
    let repo = Repo::new();
    repo.git(&["config", "--global", "core.hooksPath", "/nowhere/hooks"]).ok();
    repo.reseal(&["hook", "install"]).code(1).says("core.hooksPath of the global configuration");
    repo.git(&["config", "--local", "core.hooksPath", ".git/hooks"]).ok();
    repo.reseal(&["hook", "install"]).ok();
    assert!(repo.path(HOOK).exists());

    // a linked work tree has the hooks of all, and an index of its own
    let repo = Repo::guarded();
    repo.git(&["worktree", "add", "-q", "../linked"]).ok();
    let linked = |program: &str, args: &[&str]| Output::of(&mut repo.command("../linked", program, args));
    linked(env!("CARGO_BIN_EXE_reseal"), &["hook", "install"]).ok().says("is there already");
    repo.write("../linked/sub/a", key(1));
    linked("git", &["add", "-A"]).ok();
    linked("git", &["commit", "-qm", "a"]).code(1).says("sub/a:1: ");
    linked("git", &["commit", "-qam", "a"]).code(1).says("sub/a:1: ");
    linked("git", &["commit", "-qm", "a", "sub"]).code(1).says("sub/a:1: ");
    repo.reseal(&["scan", "--staged"]).ok().says("nothing is staged");

    // a submodule has hooks of its own
    let inner = Repo::guarded();
    let url = inner.folder.to_str().unwrap();
    repo.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "inner"]).ok();
    repo.git(&["commit", "-qm", "submodule"]).ok().says("1 file and");
    let inner = |program: &str, args: &[&str]| Output::of(&mut repo.command("inner", program, args));
    inner(env!("CARGO_BIN_EXE_reseal"), &["hook", "install"]).ok();
    assert!(repo.path(".git/modules/inner/hooks/pre-commit").exists());
    for (name, value) in [("user.name", "nobody"), ("user.email", "nobody@example.com")] {
        inner("git", &["config", name, value]).ok();
    }
    repo.write("inner/a", key(1));
    inner("git", &["add", "-A"]).ok();
    inner("git", &["commit", "-qm", "a"]).code(1).says("a:1: ");
    inner("git", &["commit", "-qnm", "a"]).ok();
    repo.git(&["commit", "-qam", "moved on"]).ok().says("nothing is staged");
}

#[test]
fn hooks_of_managers_are_left_to_them() {
    if !have("scan::hooks::hooks_of_managers_are_left_to_them", &["git"]) {
        return;
    }
    let line = "reseal scan --staged";
    for (manager, hooks, text, file) in [
        (
            "pre-commit",
            ".git/hooks",
            "#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n",
            ".pre-commit-config.yaml",
        ),
        ("lefthook", ".git/hooks", "#!/bin/sh\ncall_lefthook run \"pre-commit\" \"$@\"\n", "lefthook.yml"),
        ("husky", ".husky/_", "#!/usr/bin/env sh\n. \"${0%/*}/h\"\n", ".husky/pre-commit"),
    ] {
        let repo = Repo::new();
        if hooks != ".git/hooks" {
            repo.git(&["config", "core.hooksPath", hooks]).ok();
        }
        repo.script(&format!("{hooks}/pre-commit"), text);
        let output =
            repo.reseal(&["hook", "install"]).code(1).says(&format!("written by {manager}")).says(file);
        assert!(output.stdout.contains(line), "{}", output.stdout);
        assert_eq!(output.stdout, repo.reseal(&["hook", "install", "--print", manager]).ok().stdout);
        assert_eq!(repo.text(&format!("{hooks}/pre-commit")), text);
        repo.write(file, output.stdout);
        repo.reseal(&["hook", "install"]).ok().says("runs the guard already");
    }
}

#[test]
fn what_is_pushed_is_looked_at_too() {
    if !have("scan::hooks::what_is_pushed_is_looked_at_too", &["git"]) {
        return;
    }
    let repo = Repo::new();
    // it reads what git says, too
    repo.script(".git/hooks/pre-push", "#!/bin/sh\nread -r local _; echo \"theirs saw $local\" >&2\n");
    repo.reseal(&["hook", "install", "--pre-push"]).ok();
    repo.git(&["init", "-q", "--bare", "../remote"]).ok();
    repo.git(&["remote", "add", "origin", "../remote"]).ok();
    repo.write("a", "a\n");
    repo.commits(&["-qm", "a"]);
    repo.git(&["push", "-q", "origin", "main"]).ok().says("theirs saw refs/heads/main").says("1 file and");
    repo.write("a", key(1));
    repo.git(&["commit", "-qanm", "b"]).ok();
    repo.write("a", "c\n");
    repo.git(&["commit", "-qanm", "c"]).ok();
    let bad = repo.git(&["rev-parse", "HEAD~1"]).stdout;
    // the last commit has it no more, and yet it would be there for all
    let output = repo.git(&["push", "-q", "origin", "main", "HEAD:other"]).code(1);
    assert!(output.stdout.contains(&format!("{}:a:1: ", bad.trim())), "{}", output.shown());
    repo.git(&["push", "-q", "-n", "--no-verify", "origin", "main"]).ok();
    repo.git(&["reset", "-q", "--hard", "HEAD~2"]).ok();
    repo.git(&["push", "-q", "origin", "main:second"]).ok();
    repo.git(&["push", "-q", "origin", ":second"]).ok();
    repo.reseal(&["hook", "uninstall"]).ok();
    assert!(repo.text(".git/hooks/pre-push").contains("theirs saw"));
}
