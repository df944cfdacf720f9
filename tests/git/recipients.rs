//! Who can open the file changed on one branch, and values on the other.

use super::repository::{Repository, SAMPLES, Sample};
use crate::harness::{Output, RECIPIENT, have};

const PROGRAMS: [&str; 3] = ["git", "sops", "age"];

/// A key file, and its recipient.
fn person(repository: &Repository, name: &str) -> String {
    let path = repository.project.path(name);
    let made = Output::of(repository.project.around("age-keygen", &["-o"]).arg(&path)).ok();
    made.stderr.split_whitespace().last().unwrap().to_owned()
}

/// Makes these the recipients, as `sops updatekeys` does: with the same data key.
fn recipients(repository: &Repository, all: &[&str]) {
    let rule = format!("creation_rules:\n  - age: {}\n", all.join(","));
    repository.project.write(".sops.yaml", rule);
    let args = ["updatekeys", "-y", "--input-type", repository.sample.kind, repository.sample.file];
    repository.project.sops(&args).ok();
    repository.project.remove(".sops.yaml");
}

/// A new data key, by sops.
fn new_key(repository: &Repository, more: &[&str]) {
    let kind = repository.sample.kind;
    let types = ["rotate", "-i", "--input-type", kind, "--output-type", kind];
    repository.project.sops(&[&types[..], more, &[repository.sample.file]].concat()).ok();
}

fn opens(repository: &Repository, key: &str) -> bool {
    let mut command =
        repository.project.command(&["-f", repository.sample.file, "get", &repository.sample.key("ALPHA")]);
    command.env("SOPS_AGE_KEY_FILE", repository.project.path(key));
    command.output().unwrap().status.success()
}

fn stanzas(repository: &Repository) -> usize {
    repository.project.text(repository.sample.file).matches("AGE ENCRYPTED FILE-----").count() / 2
}

fn each(test: &str, act: impl Fn(Repository, &'static Sample)) {
    if have(&format!("git::recipients::{test}"), &PROGRAMS) {
        SAMPLES.iter().for_each(|sample| act(Repository::new(sample), sample));
    }
}

#[test]
fn who_was_added_on_one_side_opens_what_the_other_changed() {
    each("who_was_added_on_one_side_opens_what_the_other_changed", |repository, _| {
        let (bob, carol) = (person(&repository, "bob.key"), person(&repository, "carol.key"));
        repository.branch("topic", |r| recipients(r, &[RECIPIENT, &bob]));
        repository.on_main(|r| {
            recipients(r, &[RECIPIENT, &carol]);
            r.set("ALPHA", "ours");
        });
        repository.git(&["merge", "-q", "topic"]).ok();
        assert!(opens(&repository, "bob.key") && opens(&repository, "carol.key"));
        assert_eq!(stanzas(&repository), 3);
        repository.says(&[("ALPHA", "ours"), ("BETA", "base"), ("GAMMA", "base")]);
        // and who was taken away on one side does not
        repository.branch("away", |r| recipients(r, &[RECIPIENT, &bob]));
        repository.on_main(|r| r.set("BETA", "ours"));
        repository.git(&["merge", "-q", "away"]).ok();
        assert!(opens(&repository, "bob.key") && !opens(&repository, "carol.key"));
        repository.holds_no_value();
    });
}

#[test]
fn a_new_data_key_of_either_side_is_the_key_of_the_result() {
    each("a_new_data_key_of_either_side_is_the_key_of_the_result", |repository, sample| {
        let bob = person(&repository, "bob.key");
        repository.branch("topic", |r| {
            new_key(r, &[]);
            r.set("BETA", "theirs");
        });
        repository.on_main(|r| {
            recipients(r, &[RECIPIENT, &bob]);
            r.set("ALPHA", "ours");
        });
        repository.git(&["merge", "-q", "topic"]).ok();
        assert!(opens(&repository, "bob.key"), "the new key was wrapped for who came on the other side");
        repository.says(&[("ALPHA", "ours"), ("BETA", "theirs"), ("GAMMA", "base")]);
        // theirs's tokens are taken over, because theirs has the key
        let theirs = repository.git(&["show", &format!("topic:{}", sample.file)]).ok().stdout;
        let merged = repository.project.text(sample.file);
        let line = |text: &str, key: &str| text.lines().find(|l| l.contains(key)).unwrap().to_owned();
        assert_eq!(line(&theirs, "GAMMA"), line(&merged, "GAMMA"));
        assert_ne!(line(&theirs, "ALPHA"), line(&merged, "ALPHA"));
        // now ours has the new key, and theirs the values
        repository.branch("back", |r| r.set("GAMMA", "back"));
        repository.on_main(|r| new_key(r, &[]));
        repository.git(&["merge", "-q", "back"]).ok();
        repository.says(&[("ALPHA", "ours"), ("BETA", "theirs"), ("GAMMA", "back")]);
        assert!(opens(&repository, "bob.key"));
        repository.holds_no_value();
    });
}

#[test]
fn who_was_taken_away_knows_no_data_key_of_the_result() {
    each("who_was_taken_away_knows_no_data_key_of_the_result", |repository, sample| {
        let (bob, carol) = (person(&repository, "bob.key"), person(&repository, "carol.key"));
        repository.on_main(|r| recipients(r, &[RECIPIENT, &bob, &carol]));
        // each side takes another one away, and makes a new data key, which the other's still gets
        repository.branch("topic", |r| new_key(r, &["--rm-age", &bob]));
        repository.on_main(|r| new_key(r, &["--rm-age", &carol]));
        repository.git(&["merge", "-q", "topic"]).ok();
        repository.says(&[("ALPHA", "base"), ("BETA", "base"), ("GAMMA", "base")]);
        assert!(!opens(&repository, "bob.key") && !opens(&repository, "carol.key"));
        // not with the key that they know from before either: no token is the one of either side
        let merged = repository.project.text(sample.file);
        for side in ["HEAD^1", "HEAD^2"] {
            let text = repository.git(&["show", &format!("{side}:{}", sample.file)]).ok().stdout;
            let token = text.lines().find(|l| l.contains("GAMMA")).unwrap();
            assert!(!merged.contains(token), "{side}");
        }
    });
}

#[test]
fn an_ancestor_from_before_this_key_is_no_hindrance() {
    each("an_ancestor_from_before_this_key_is_no_hindrance", |repository, _| {
        let bob = person(&repository, "bob.key");
        repository.branch("topic", |r| {
            recipients(r, &[RECIPIENT, &bob]);
            r.set("BETA", "theirs");
        });
        repository.on_main(|r| {
            recipients(r, &[RECIPIENT, &bob]);
            r.set("ALPHA", "ours");
        });
        let mut merge = repository.project.around("git", &["merge", "-q", "topic"]);
        Output::of(merge.env("SOPS_AGE_KEY_FILE", repository.project.path("bob.key"))).ok();
        repository.says(&[("ALPHA", "ours"), ("BETA", "theirs"), ("GAMMA", "base")]);
    });
}
