//! Folders, files and standard input, and where the repository is.

use super::repo::{Repo, key};
use crate::harness::{Output, have};

#[test]
fn a_folder_is_what_git_would_track_unless_it_is_named() {
    if !have("scan::trees::a_folder_is_what_git_would_track_unless_it_is_named", &["git"]) {
        return;
    }
    let repo = Repo::new();
    repo.write(".gitignore", "ignored\n");
    for (n, name) in ["tracked", "changed", "gone", "ignored", "untracked", "sub/other"].iter().enumerate() {
        let content = if *name == "changed" { "clean\n".to_owned() } else { key(n as u8) };
        repo.write(name, content);
    }
    repo.git(&["add", "tracked", "changed", "gone", ".gitignore"]).ok();
    repo.git(&["commit", "-qm", "all"]).ok();
    repo.write("changed", key(9));
    std::fs::remove_file(repo.path("gone")).unwrap();
    repo.git(&["init", "-q", "nested"]).ok();
    repo.write("nested/x", key(10));
    let names = |output: Output| {
        let mut names: Vec<String> =
            output.code(3).stdout.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let tracked = ["changed", "gone", "sub/other", "tracked", "untracked"];
    assert_eq!(names(repo.reseal(&["scan"])), tracked);
    let below = |args: &[&str]| Output::of(&mut repo.command("sub", env!("CARGO_BIN_EXE_reseal"), args));
    assert_eq!(names(below(&["scan"])), tracked);
    let named = ["changed", "ignored", "nested/x", "sub/other", "tracked", "untracked"];
    assert_eq!(names(repo.reseal(&["scan", "."])), named);
    assert_eq!(names(below(&["scan", "other", "../changed"])), ["../changed", "other"]);
    assert_eq!(names(below(&["scan", "--staged", "../tracked"])), ["tracked"]);
    assert_eq!(names(below(&["scan", "--staged", ".."])), ["changed", "gone", "tracked"]);
    // what is not there is no pass
    let output = repo.reseal(&["scan", "tracked", "nowhere"]).code(1).says("nowhere: it is not there");
    assert!(output.stdout.starts_with("tracked:1: "));
    assert!(repo.project.pipe(&["scan", "--stdin"], key(1)).code(3).stdout.starts_with("<stdin>:1: "));
    assert!(repo.project.pipe(&["scan", "-"], "x\n").ok().stderr.contains("1 file and 2 bytes read"));
    // outside of every repository
    let outside = |args: &[&str]| repo.project.run(args);
    assert!(names(outside(&["scan", "r/tracked"])) == ["r/tracked"]);
    outside(&["scan", "--staged"]).code(2).says("is in no git repository");
}

#[test]
fn the_environment_says_where_the_repository_is() {
    if !have("scan::trees::the_environment_says_where_the_repository_is", &["git"]) {
        return;
    }
    let repo = Repo::new();
    repo.write("sub/a", key(1));
    repo.git(&["add", "-A"]).ok();
    let elsewhere = |env: &[(&str, &str)]| {
        let mut command = repo.project.command(&["scan", "--staged"]);
        command.current_dir(std::env::temp_dir()).envs(env.iter().copied());
        Output::of(&mut command)
    };
    let (git, top) = (repo.path(".git"), repo.folder.to_str().unwrap().to_owned());
    let git = git.to_str().unwrap();
    let place = [("GIT_DIR", git), ("GIT_WORK_TREE", &top)];
    assert!(elsewhere(&place).code(3).stdout.starts_with("sub/a:1: "));
    // an index that is empty
    let index = repo.path("other-index");
    assert!(
        elsewhere(&[place[0], place[1], ("GIT_INDEX_FILE", index.to_str().unwrap())]).ok().stdout.is_empty()
    );
    elsewhere(&[("GIT_DIR", "/nowhere")]).code(1).says("git does not open the repository here");
    // settings that would change what git answers
    for (name, value) in [
        ("diff.relative", "true"),
        ("diff.external", "false"),
        ("diff.noprefix", "true"),
        ("core.quotePath", "true"),
    ] {
        repo.git(&["config", name, value]).ok();
    }
    let mut command = repo.command("sub", env!("CARGO_BIN_EXE_reseal"), &["scan", "--staged"]);
    command.envs([("GIT_LITERAL_PATHSPECS", "1"), ("GIT_EXTERNAL_DIFF", "false"), ("GIT_TRACE", "1")]);
    assert!(Output::of(&mut command).code(3).stdout.starts_with("sub/a:1: "));
    // a repository that another user owns
    if have("scan::trees::the_environment_says_where_the_repository_is", &["root"]) {
        std::os::unix::fs::chown(repo.path(".git"), Some(65534), Some(65534)).unwrap();
        std::os::unix::fs::chown(&repo.folder, Some(65534), Some(65534)).unwrap();
        repo.reseal(&["scan", "--staged"]).code(1).says("safe.directory");
        repo.reseal(&["scan"]).code(1);
    }
}
