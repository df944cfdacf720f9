//! What commits brought: between two of them, and every version on the way.

use super::repo::{Repo, guess, key};
use crate::harness::have;

#[test]
fn a_range_is_what_one_side_brought() {
    if !have("scan::ranges::a_range_is_what_one_side_brought", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    repo.write("settings.py", guess(1));
    repo.git(&["add", "-A"]).ok();
    repo.git(&["commit", "-qnm", "old sins"]).ok();
    repo.git(&["checkout", "-qb", "topic"]).ok();
    repo.write("settings.py", format!("{}{}", guess(1), guess(2)));
    repo.write("went", key(1));
    repo.git(&["add", "-A"]).ok();
    repo.git(&["commit", "-qnm", "one"]).ok();
    repo.git(&["rm", "-q", "went"]).ok();
    repo.git(&["commit", "-qnm", "two"]).ok();
    repo.git(&["checkout", "-q", "main"]).ok();
    repo.write("mine", key(2));
    repo.git(&["add", "-A"]).ok();
    repo.git(&["commit", "-qnm", "main goes on"]).ok();
    // what main brought is not what topic brought; of a guess, only the added line counts
    let output = repo.reseal(&["scan", "--from-ref", "main", "--to-ref", "topic"]).code(3);
    assert!(
        output.stdout.starts_with("settings.py:2: ") && output.stdout.lines().count() == 1,
        "{}",
        output.shown()
    );
    let output = repo.reseal(&["scan", "--from-ref", "topic"]).code(3);
    assert!(
        output.stdout.starts_with("mine:1: ") && output.stdout.lines().count() == 1,
        "{}",
        output.shown()
    );
    // histories without a common commit
    repo.git(&["checkout", "-q", "--orphan", "alone"]).ok();
    repo.git(&["commit", "-qnm", "alone"]).ok();
    repo.reseal(&["scan", "--from-ref", "topic", "--to-ref", "alone"]).code(3);
    for (from, to) in [("main", "nowhere"), ("nowhere", "main"), ("--output=x", "main"), ("a..b", "main")] {
        let output = repo.reseal(&["scan", &format!("--from-ref={from}"), "--to-ref", to]);
        assert!(matches!(output.code, Some(1 | 2)), "{}", output.shown());
    }
    repo.reseal(&["scan", "--from-ref", "main", "--to-ref", "main"]).ok().says("nothing changed");
}

#[test]
fn history_has_every_version_once() {
    if !have("scan::ranges::history_has_every_version_once", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    let commit = |name: &str, content: &str| {
        repo.write(name, content);
        repo.git(&["add", "-A"]).ok();
        repo.git(&["commit", "-qnm", name]).ok();
        repo.head()
    };
    let brought = commit("a", &key(1));
    commit("a", "clean\n");
    commit("copy", &key(1));
    commit("settings.py", &guess(1));
    let again = commit("settings.py", &format!("{}x = 1\n{}", guess(1), guess(2)));
    // a merge that brings something of its own
    repo.git(&["checkout", "-qb", "topic", "HEAD~1"]).ok();
    commit("b", "b\n");
    repo.git(&["checkout", "-q", "main"]).ok();
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "topic"]).ok();
    let merge = commit("b", &key(2));
    let all = repo.reseal(&["scan", "--history", "HEAD"]).code(3).stdout;
    assert_eq!(all.lines().count(), 4, "{all}");
    assert!(all.contains(&format!("{brought}:a:1: ")), "{all}");
    assert!(all.contains(&format!("{again}:settings.py:3: ")), "{all}");
    assert!(all.contains(&format!("{merge}:b:1: ")), "{all}");
    let range = repo.reseal(&["scan", "--history", &format!("{brought}..main")]).code(3).stdout;
    assert!(!range.contains(":a:1: ") && range.contains(&format!("{merge}:b:1: ")), "{range}");
    repo.reseal(&["scan", "--history=--all --not main"]).ok();
    repo.reseal(&["scan", "--history=--output=x"]).code(2);
    repo.reseal(&["scan", "--history", "nowhere"]).code(1).says("see what `git log nowhere` says");
    assert!(!repo.path("x").exists());
    // in a repository without files it goes as well
    repo.git(&["clone", "-q", "--bare", ".", "../bare"]).ok();
    let bare = |args: &[&str]| {
        crate::harness::Output::of(&mut repo.command("../bare", env!("CARGO_BIN_EXE_reseal"), args))
    };
    assert_eq!(bare(&["scan", "--history", "main"]).code(3).stdout, all);
    bare(&["scan", "--staged"]).code(2).says("the repository here is bare");
}
