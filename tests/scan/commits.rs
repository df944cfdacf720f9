//! What the guard reads at a commit: what the commit brings, in whichever way it is made, and nothing else.

use super::repo::{Repo, guess, key};
use crate::harness::have;

#[test]
fn every_way_to_commit_is_guarded() {
    if !have("scan::commits::every_way_to_commit_is_guarded", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    repo.write("app/key.txt", format!("# a comment\n{}", key(1)));
    repo.write("b", "harmless\n");
    repo.git(&["add", "-A"]).ok();
    let lines = repo.refuses(&[]);
    assert!(lines.contains("app/key.txt:2: "), "{lines}");
    assert!(lines.contains("2 files and "), "{lines}");
    repo.git(&["rm", "-q", "--cached", "app/key.txt"]).ok();
    repo.git(&["commit", "-qm", "b"]).ok();
    // commit -a: the index of the commit is not the one on disk
    repo.write("b", key(2));
    repo.refuses(&["-a"]);
    // commit PATH: neither is this one
    repo.refuses(&["b"]);
    repo.refuses(&["--only", "b"]);
    repo.refuses(&["--include", "b"]);
    // nothing of it was left in the index
    repo.write("c", "c\n");
    repo.git(&["add", "c"]).ok();
    repo.git(&["commit", "-qm", "c", "c"]).ok();
    // amend
    repo.git(&["add", "b"]).ok();
    repo.refuses(&["--amend"]);
    repo.git(&["reset", "-q", "--hard"]).ok();
    repo.git(&["commit", "-q", "--amend", "-m", "other words"]).ok();
    // from a folder below
    repo.write("app/key.txt", key(3));
    repo.git(&["add", "-A"]).ok();
    let output = crate::harness::Output::of(&mut repo.command("app", "git", &["commit", "-qm", "x"]));
    output.code(1).says("app/key.txt:1: ");
}

#[test]
fn the_index_counts_and_not_the_work_tree() {
    if !have("scan::commits::the_index_counts_and_not_the_work_tree", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    // a secret in the work tree only
    repo.write("a", "harmless\n");
    repo.git(&["add", "a"]).ok();
    repo.write("a", key(1));
    repo.write("untracked", key(2));
    repo.git(&["commit", "-qm", "a"]).ok();
    // a secret in the index that the work tree has no more
    repo.git(&["add", "a"]).ok();
    repo.write("a", "harmless\n");
    repo.refuses(&[]);
    repo.git(&["rm", "-q", "--cached", "-f", "a"]).ok();
    repo.git(&["commit", "-qm", "gone"]).ok().says("1 file deleted, and nothing else");
    // what is meant to be added is not there yet
    repo.git(&["add", "--intent-to-add", "untracked"]).ok();
    repo.write("b", "b\n");
    repo.git(&["add", "b"]).ok();
    repo.git(&["commit", "-qm", "b"]).ok().says("1 file and 2 bytes read");
    // an empty file is a file
    repo.write("empty", "");
    repo.git(&["add", "empty"]).ok();
    repo.git(&["commit", "-qm", "empty"]).ok().says("1 file and 0 bytes read");
    repo.git(&["commit", "-q", "--allow-empty", "-m", "none"]).ok().says("nothing is staged");
}

#[test]
fn the_first_commit_and_merges_are_guarded() {
    if !have("scan::commits::the_first_commit_and_merges_are_guarded", &["git"]) {
        return;
    }
    let repo = Repo::new();
    repo.reseal(&["hook", "install"]).ok();
    repo.write("a", key(1));
    repo.git(&["add", "-A"]).ok();
    repo.refuses(&[]);
    repo.write("a", "one\n");
    repo.commits(&["-qm", "first"]);
    repo.git(&["checkout", "-qb", "topic"]).ok();
    repo.write("a", "two\n");
    repo.write("new", "new\n");
    repo.commits(&["-qm", "two"]);
    repo.git(&["checkout", "-q", "main"]).ok();
    repo.write("a", "three\n");
    repo.commits(&["-qm", "three"]);
    repo.git(&["merge", "topic"]).code(1);
    repo.write("a", key(2));
    // in the middle of a conflict the file is what there is
    repo.reseal(&["scan", "--staged"]).code(3);
    repo.git(&["add", "a"]).ok();
    repo.refuses(&[]);
    repo.write("a", "two and three\n");
    repo.git(&["add", "a"]).ok();
    repo.git(&["commit", "-qm", "merged"]).ok().says("2 files and ");
    assert_eq!(repo.git(&["log", "-1", "--format=%p"]).stdout.split_whitespace().count(), 2);
}

#[test]
fn guesses_count_in_added_lines_only() {
    if !have("scan::commits::guesses_count_in_added_lines_only", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    let body: String = (0..40).map(|n| format!("line_{n} = {n}\n")).collect();
    repo.write("app/settings.py", format!("{}{body}", guess(1)));
    repo.git(&["add", "-A"]).ok();
    repo.refuses(&[]);
    repo.git(&["commit", "-qnm", "old sins"]).ok();
    repo.write("app/settings.py", format!("{}{body}debug = True\n", guess(1)));
    repo.git(&["commit", "-qam", "another line"]).ok();
    // moved, and changed elsewhere
    repo.git(&["mv", "app/settings.py", "app/config.py"]).ok();
    repo.write("app/config.py", format!("# moved\n{}{body}debug = True\n", guess(1)));
    repo.git(&["commit", "-qam", "moved"]).ok();
    repo.write("app/config.py", format!("# moved\n{}{body}{}", guess(1), guess(2)));
    let lines = repo.refuses(&["-a"]);
    assert!(lines.contains("app/config.py:43: ") && !lines.contains("app/config.py:2: "), "{lines}");
    // of the file as it is, all count
    let all = repo.reseal(&["scan", "app/config.py"]).code(3).stdout;
    assert_eq!(all.lines().count(), 2, "{all}");
}

#[test]
fn whatever_kind_of_file_it_is() {
    if !have("scan::commits::whatever_kind_of_file_it_is", &["git"]) {
        return;
    }
    let repo = Repo::guarded();
    // in a binary file
    repo.write("blob.bin", [b"\x7fELF\0\0\0\x01", key(1).as_bytes(), b"\0\0"].concat());
    repo.git(&["add", "-A"]).ok();
    assert!(repo.refuses(&[]).contains("blob.bin:"));
    repo.git(&["rm", "-qf", "blob.bin"]).ok();
    // in what a link says
    std::os::unix::fs::symlink(key(2), repo.path("link")).unwrap();
    repo.git(&["add", "-A"]).ok();
    assert!(repo.refuses(&[]).contains("link:"));
    // a file that becomes a link, and back
    repo.git(&["rm", "-qf", "link"]).ok();
    std::os::unix::fs::symlink("README", repo.path("link")).unwrap();
    repo.commits(&["-qm", "a link"]);
    std::fs::remove_file(repo.path("link")).unwrap();
    repo.write("link", key(3));
    repo.refuses(&["-a"]);
    repo.git(&["reset", "-q", "--hard"]).ok();
    // attributes that would show other content than what is stored
    repo.write(".gitattributes", "*.txt filter=hide diff=hide\n");
    for (name, value) in [("filter.hide.smudge", "echo hidden"), ("diff.hide.textconv", "echo hidden")] {
        repo.git(&["config", name, value]).ok();
    }
    repo.write("shown.txt", key(4));
    repo.git(&["add", "-A"]).ok();
    assert!(repo.refuses(&[]).contains("shown.txt:1: "));
    repo.git(&["rm", "-qf", "--cached", "shown.txt"]).ok();
    std::fs::remove_file(repo.path("shown.txt")).unwrap();
    // an object that another is shown in the place of
    repo.write("swapped", key(5));
    repo.git(&["add", "-A"]).ok();
    let id = repo.git(&["rev-parse", ":swapped"]).stdout;
    let other = repo.git(&["rev-parse", "HEAD:README"]).stdout;
    repo.git(&["replace", id.trim(), other.trim()]).ok();
    assert!(repo.refuses(&[]).contains("swapped:1: "));
    repo.git(&["rm", "-qf", "--cached", "swapped"]).ok();
    // a pointer to a large file is a small text
    repo.write(
        "movie.mp4",
        format!(
            "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 1234567890\n",
            "4d7a2146".repeat(8)
        ),
    );
    repo.git(&["add", "movie.mp4"]).ok();
    repo.git(&["commit", "-qm", "pointer"]).ok();
}
