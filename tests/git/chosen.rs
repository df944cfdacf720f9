//! A key that both sides changed: the file holds both, sealed, no program reads it, and a person chooses.

use super::repository::{KEYS, Repository, SAMPLES, Sample};
use crate::harness::have;

/// Both changed ALPHA and BETA, theirs took GAMMA away that ours changed, and each added a key.
fn at_odds(sample: &'static Sample) -> Repository {
    let repository = Repository::new(sample);
    repository.branch("topic", |r| {
        r.set("ALPHA", "theirs");
        r.set("BETA", "theirs");
        r.unset("GAMMA");
        r.set("DELTA", "theirs");
        r.set("BOTH", "same");
    });
    repository.on_main(|r| {
        r.set("ALPHA", "ours");
        r.set("BETA", "ours");
        r.set("GAMMA", "ours");
        r.set("EPSILON", "ours");
        r.set("BOTH", "same");
    });
    repository
}

#[test]
fn both_versions_stand_sealed_until_a_side_is_chosen() {
    if !have("git::chosen::both_versions_stand_sealed_until_a_side_is_chosen", &["git", "sops"]) {
        return;
    }
    for sample in &SAMPLES {
        let repository = at_odds(sample);
        let (project, file) = (&repository.project, sample.file);
        let keys = KEYS.map(|key| sample.key(key));
        let [alpha, beta, gamma] = keys.each_ref().map(|key| &**key);
        let delta = &*sample.key("DELTA");
        let output = repository.git(&["merge", "topic"]).code(1);
        output
            .says(&format!("3 keys were changed on both sides in different ways: {}", keys.join(", ")))
            .hides("Kanarien");
        let text = project.text(file);
        for key in ["ALPHA", "BETA"] {
            assert_eq!(text.lines().filter(|l| l.contains(key)).count(), 2, "{text}");
        }
        for key in ["DELTA", "EPSILON", "BOTH", "GAMMA"] {
            assert_eq!(text.lines().filter(|l| l.contains(key)).count(), 1, "{text}");
        }
        assert!(repository.git(&["status", "--short"]).ok().stdout.contains(&format!("UU {file}")));
        // nobody takes it for a file that is whole
        for args in [&["list"][..], &["decrypt"], &["get", alpha], &["set", delta, "-g", "hex:16"]] {
            let output = project.run(&[&["-f", file], args].concat());
            output.code(1).says("is a conflict marker").says("reseal merge --resolve");
        }
        let sops = ["decrypt", "--input-type", sample.kind, "--output-type", sample.kind, file];
        assert_ne!(project.sops(&sops).code, Some(0));
        repository.holds_no_value();

        let resolve = ["merge", "--resolve", file];
        project
            .run(&[&resolve[..], &["--ours", delta]].concat())
            .code(2)
            .says(&format!("a side is chosen for: {alpha}"));
        project.run(&[&resolve[..], &["--ours", alpha, "--theirs", alpha]].concat()).code(2);
        // some are chosen: the others stay in conflict
        project.run(&[&resolve[..], &["--ours", alpha]].concat()).code(1).says("2 keys were");
        let all = ["--ours", alpha, "--theirs", beta, "--theirs", gamma];
        project.run(&[&resolve[..], &all].concat()).ok().says("now run `git add");
        repository.says(&[
            ("ALPHA", "ours"),
            ("BETA", "theirs"),
            ("BOTH", "same"),
            ("DELTA", "theirs"),
            ("EPSILON", "ours"),
        ]);
        repository.commit("merged");
        assert_eq!(repository.git(&["log", "--format=%p", "-1"]).ok().stdout.split_whitespace().count(), 2);
        project.run(&[&resolve[..], &["--ours", alpha]].concat()).code(1).says("git has no conflict");
        repository.holds_no_value();
    }
}

#[test]
fn a_rebase_stops_and_goes_on_after_the_choice() {
    if !have("git::chosen::a_rebase_stops_and_goes_on_after_the_choice", &["git", "sops"]) {
        return;
    }
    for sample in &SAMPLES {
        let repository = at_odds(sample);
        repository.git(&["checkout", "-q", "topic"]).ok();
        repository.git(&["rebase", "main"]).code(1);
        // git calls what the branch is put upon "ours"
        let mut args = vec!["merge", "--resolve", sample.file];
        let keys = KEYS.map(|key| sample.key(key));
        args.extend(keys.iter().flat_map(|key| ["--theirs", key]));
        repository.project.run(&args).ok();
        repository.git(&["add", sample.file]).ok();
        repository.git(&["rebase", "--continue"]).ok();
        repository.says(&[
            ("ALPHA", "theirs"),
            ("BETA", "theirs"),
            ("BOTH", "same"),
            ("DELTA", "theirs"),
            ("EPSILON", "ours"),
        ]);
    }
}

#[test]
fn without_a_key_ours_stays_and_the_merge_is_made_up_for() {
    if !have("git::chosen::without_a_key_ours_stays_and_the_merge_is_made_up_for", &["git", "sops"]) {
        return;
    }
    for sample in &SAMPLES {
        let repository = Repository::new(sample);
        let (project, file) = (&repository.project, sample.file);
        repository.branch("topic", |r| r.set("BETA", "theirs"));
        repository.on_main(|r| r.set("ALPHA", "ours"));
        let before = project.read(file);
        let key = project.read("age.key");
        project.remove("age.key");
        repository.git(&["merge", "topic"]).code(1).says("our version stays as it is").says("--resolve");
        assert_eq!(project.read(file), before);
        assert!(repository.git(&["status", "--short"]).ok().stdout.contains(&format!("UU {file}")));
        project.write("age.key", key);
        project.run(&["merge", "--resolve", file]).ok();
        repository.says(&[("ALPHA", "ours"), ("BETA", "theirs"), ("GAMMA", "base")]);
    }
}

#[test]
fn a_file_that_one_side_took_away_is_left_to_git() {
    if !have("git::chosen::a_file_that_one_side_took_away_is_left_to_git", &["git"]) {
        return;
    }
    for sample in &SAMPLES {
        let repository = Repository::new(sample);
        repository.branch("topic", |r| {
            r.git(&["rm", "-q", sample.file]).ok();
        });
        repository.on_main(|r| r.set("ALPHA", "ours"));
        repository.git(&["merge", "topic"]).code(1);
        let output = repository.project.run(&["merge", "--resolve", sample.file]);
        output.code(1).says("one side has taken").says("git add");
    }
}
