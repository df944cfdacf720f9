//! What excuses a finding, and who may say so: accepted findings, comments, the policy, in real commits.

use super::repo::{Repo, guess};
use crate::harness::have;

/// Two passwords on one line.
fn pair(first: &str, second: &str) -> String {
    format!("a = {{\"password\": \"{first}\", \"password\": \"{second}\"}}\n")
}

const ONE: &str = "hG7kW3bN9pXe5TzV1rMq8CyU";
const TWO: &str = "aJ6uE2yQ4fLw8ZsK0nBv7DiO";
const THREE: &str = "cP9oI5tR3mUx7YhN1gFk4WqA";

#[test]
fn what_is_accepted_passes_and_what_is_new_does_not() {
    if !have("scan::baseline::what_is_accepted_passes_and_what_is_new_does_not", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    repo.write("a b.py", format!("# one\n{}", guess(1)));
    repo.write("pair.py", pair(ONE, TWO));
    repo.reseal(&["scan", "--update-baseline"]).ok().says(".reseal-baseline: 0 before, 3 now");
    let text = repo.text(".reseal-baseline");
    assert!(text.contains("\ngeneric-secret a%20b.py ") && !text.contains(ONE), "{text}");
    // it counts once it is committed
    repo.git(&["add", "-A"]).ok();
    let refused = repo.refuses(&[]);
    assert!(
        refused.contains(".reseal-baseline changes; until it is committed, that of HEAD counts"),
        "{refused}"
    );
    repo.git(&["commit", "-qm", "first the list", ".reseal-baseline"]).ok();
    repo.git(&["commit", "-qm", "then the rest"]).ok();
    repo.reseal(&["scan"]).ok().says(".reseal-baseline accepts 3 findings");
    // lines move
    repo.write("a b.py", format!("# one\n\n\n{}", guess(1)));
    repo.commits(&["-qm", "moved"]);
    // another value on the line of an accepted one
    repo.write("pair.py", pair(ONE, THREE));
    let found = repo.reseal(&["scan"]).code(3);
    assert_eq!(found.stdout.lines().count(), 1, "{}", found.shown());
    assert!(found.stdout.starts_with("pair.py:1: generic-secret: "), "{}", found.shown());
}

#[test]
fn what_is_gone_is_said_and_taken_out() {
    if !have("scan::baseline::what_is_gone_is_said_and_taken_out", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    repo.reseal(&["scan", "--prune"]).ok().says("nothing to change");
    assert!(!repo.path(".reseal-baseline").exists());
    repo.write("a.py", guess(1));
    repo.write("b.py", guess(2));
    repo.reseal(&["scan", "--update-baseline"]).ok();
    let both = repo.text(".reseal-baseline");
    repo.reseal(&["scan", "--update-baseline"]).ok().says("nothing to change, 2 findings accepted");
    assert_eq!(repo.text(".reseal-baseline"), both, "the key stays");
    repo.write("a.py", "nothing\n");
    repo.reseal(&["scan"]).ok().says("nothing is left of generic-secret in a.py: `reseal scan --prune`");
    repo.reseal(&["scan", "b.py"]).ok().hides("nothing is left");
    repo.reseal(&["scan", "--prune", "b.py"]).code(2);
    repo.reseal(&["scan", "--prune"]).ok().says("2 before, 1 now");
    repo.reseal(&["scan"]).ok().hides("nothing is left");
    repo.write(".reseal-baseline", format!("{both}=======\n"));
    repo.reseal(&["scan"]).code(1).says(".reseal-baseline, line 5: it is no entry");
}

#[test]
fn a_commit_cannot_excuse_itself() {
    if !have("scan::baseline::a_commit_cannot_excuse_itself", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    repo.write("vectors/a.py", guess(1));
    repo.write("reseal.toml", "[scan]\nexclude = [\"vectors\"]\n");
    repo.git(&["add", "-A"]).ok();
    let refused = repo.refuses(&[]);
    assert!(refused.contains("vectors/a.py:1: generic-secret: "), "{refused}");
    assert!(refused.contains("what reseal.toml says of scans changes"), "{refused}");
    repo.git(&["commit", "-qm", "first the policy", "reseal.toml"]).ok();
    repo.git(&["commit", "-qm", "then the rest"]).ok();
    repo.reseal(&["scan"]).ok().says("scan.exclude leaves out 1 finding");
}

#[test]
fn a_comment_excuses_a_guess_and_nothing_else() {
    if !have("scan::baseline::a_comment_excuses_a_guess_and_nothing_else", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    repo.write("a.py", guess(1).replace('\n', "  # reseal:allow\n"));
    repo.write("b.py", format!("# reseal:allow-next-line\n{}", guess(2)));
    repo.commits(&["-qm", "guesses"]);
    repo.write("d.py", format!("# reseal:allow-next-line\n{}", super::repo::key(2)));
    repo.git(&["add", "-A"]).ok();
    let refused = repo.refuses(&[]);
    assert!(refused.contains("d.py:2: "), "{refused}");
}

#[test]
fn two_branches_that_each_accepted_something_are_joined_by_git() {
    if !have("scan::baseline::two_branches_that_each_accepted_something_are_joined_by_git", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    let accepted = |name: &str, n: u8| {
        repo.write(name, guess(n));
        repo.reseal(&["scan", "--update-baseline"]).ok();
        repo.git(&["add", "-A"]).ok();
        repo.git(&["commit", "-qnm", name]).ok();
    };
    repo.write(".gitattributes", ".reseal-baseline merge=union\n");
    accepted("a.py", 1);
    repo.git(&["checkout", "-qb", "other"]).ok();
    accepted("b.py", 2);
    repo.git(&["checkout", "-q", "-"]).ok();
    accepted("c.py", 3);
    repo.git(&["merge", "-q", "--no-edit", "other"]).ok();
    repo.reseal(&["scan"]).ok().says(".reseal-baseline accepts 3 findings");
}
