//! What git shows of a sealed file: names, and whether a value is another; with a key and without one, sealed or not.

use super::repository::{CANARY, Repository, SAMPLES};
use crate::harness::have;

#[test]
fn a_diff_and_a_log_show_names_and_fingerprints() {
    if !have("git::shown::a_diff_and_a_log_show_names_and_fingerprints", &["git"]) {
        return;
    }
    for sample in &SAMPLES {
        let repository = Repository::new(sample);
        repository.on_main(|r| r.set("ALPHA", "second"));
        repository.on_main(|r| r.set("ALPHA", "base"));
        repository.set("NEW", "first");
        let diff = repository.git(&["diff"]).ok().hides(CANARY).hides("ENC[").stdout;
        assert!(diff.lines().any(|l| l.starts_with(&format!("+{} ", sample.key("NEW")))), "{diff}");
        assert_eq!(diff.lines().filter(|l| l.starts_with('+') && !l.starts_with("+++")).count(), 1, "{diff}");
        let log =
            repository.git(&["log", "-p", "-2", "--", sample.file]).ok().hides(CANARY).hides("ENC[").stdout;
        let of = |sign: &str| -> Vec<String> {
            let start = format!("{sign}{} ", sample.key("ALPHA"));
            log.lines().filter_map(|l| l.strip_prefix(&start)).map(str::to_owned).collect()
        };
        // newest first: the value that came back is seen to be the one that was
        assert_eq!((of("+")[0].clone(), of("-")[0].clone()), (of("-")[1].clone(), of("+")[1].clone()));
        assert_ne!(of("+")[0], of("-")[0]);
        // a file that says the same is the same, though it was sealed anew
        repository.git(&["checkout", "-q", sample.file]).ok();
        repository.set("ALPHA", "third");
        repository.set("ALPHA", "base");
        assert!(!repository.git(&["diff"]).ok().stdout.contains("ALPHA"));
        repository.holds_no_value();
    }
}

#[test]
fn without_a_key_names_and_hashes_of_ciphertext_are_shown() {
    if !have("git::shown::without_a_key_names_and_hashes_of_ciphertext_are_shown", &["git"]) {
        return;
    }
    for sample in &SAMPLES {
        let repository = Repository::new(sample);
        repository.set("ALPHA", "second");
        repository.project.remove("age.key");
        let diff = repository.git(&["diff"]).ok().hides(CANARY).hides("ENC[").stdout;
        assert!(diff.lines().any(|l| l.starts_with(&format!("+{} sealed ", sample.key("ALPHA")))), "{diff}");
        assert!(diff.lines().any(|l| l.starts_with(&format!(" {} sealed ", sample.key("BETA")))), "{diff}");
    }
}

#[test]
fn a_file_that_is_not_sealed_shows_nothing_either() {
    if !have("git::shown::a_file_that_is_not_sealed_shows_nothing_either", &["git"]) {
        return;
    }
    let repository = Repository::new(&SAMPLES[0]);
    let (project, file) = (&repository.project, SAMPLES[0].file);
    project.write(file, format!("ALPHA={CANARY}\n# {CANARY}\n{}=x\n", "q8Zk3mVb0xYt7LrW2nPd"));
    let diff = repository.git(&["diff"]).ok().hides(CANARY).hides("q8Zk3mVb0xYt7LrW2nPd").stdout;
    assert!(diff.contains("+ALPHA in clear") && diff.contains("(not sealed: "), "{diff}");
    for odd in [
        &b"\xff\xfe\x00"[..],
        b"",
        b"{",
        b"sops_mac=x\n",
        b"<<<<<<< ours\n=======\n>>>>>>> theirs\nsops_x=1\n",
    ] {
        project.write(file, odd);
        repository.git(&["diff"]).ok();
    }
}
