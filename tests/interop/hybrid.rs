//! Post-quantum keys, as sops and a current age have them.

use std::fs;

use super::decrypt;
use crate::harness::{Output, Project, RECIPIENT, have};

const FILE: &str = ".env.enc";
const FIXTURE: &str = include_str!("../../fixtures/sops/keys/pq.txt");

fn recipient(key_file: &str) -> String {
    key_file.lines().find_map(|l| l.strip_prefix("# public key: ")).unwrap().to_owned()
}

/// The key of the fixtures is the only one at hand, for either program.
fn with_hybrid_key() -> (Project, String) {
    let project = Project::empty();
    project.write("age.key", FIXTURE);
    (project, recipient(FIXTURE))
}

#[test]
fn what_sops_seals_for_a_post_quantum_key_is_opened_and_changed_here() {
    if !have("interop::what_sops_seals_for_a_post_quantum_key_is_opened_and_changed_here", &["sops"]) {
        return;
    }
    let (project, hybrid) = with_hybrid_key();
    project.write("plain.env", "A=1\n");
    for whom in [hybrid.clone(), format!("{RECIPIENT},{hybrid}")] {
        let sealed = project.sops(&["encrypt", "--age", &whom, "plain.env"]).ok().stdout;
        project.write(FILE, sealed);
        assert_eq!(decrypt(&project, FILE), b"A=1\n");
        project.pipe(&["set", "A"], "2").ok();
        project.run(&["set", "B", "--generate", "alnum:32"]).ok();
        assert_eq!(project.sops_decrypt(FILE), decrypt(&project, FILE));
        assert!(project.get("B").len() == 32 && project.get("A") == "2");
    }
}

#[test]
fn what_is_sealed_here_for_a_post_quantum_key_sops_opens() {
    if !have("interop::what_is_sealed_here_for_a_post_quantum_key_sops_opens", &["sops"]) {
        return;
    }
    let (project, hybrid) = with_hybrid_key();
    project.write("plain.env", "A=1\n");
    // in a sops file each recipient has an age file of its own, so that kinds may be mixed
    for whom in [hybrid.clone(), format!("{hybrid},{RECIPIENT}"), format!("{RECIPIENT},{hybrid}")] {
        project.write(FILE, project.run(&["encrypt", "plain.env", "--age", &whom]).ok().stdout);
        assert!(project.text(FILE).contains(&format!("_recipient={hybrid}\n")));
        assert_eq!(project.sops_decrypt(FILE), b"A=1\n");
        project
            .sops(&["set", "--input-type", "dotenv", "--output-type", "dotenv", FILE, "[\"A\"]", "\"2\""])
            .ok();
        assert_eq!(decrypt(&project, FILE), b"A=2\n");
    }
    // another post-quantum key opens nothing
    let stranger = Project::empty();
    stranger.remove("age.key");
    stranger.write(".env", "A=1\n");
    stranger.run(&["init", "--post-quantum", "--yes"]).ok();
    stranger.write(FILE, project.run(&["encrypt", "plain.env", "--age", &hybrid]).ok().stdout);
    stranger.run(&["decrypt"]).code(12).says("1 identity, which does not fit");
}

#[test]
fn init_makes_a_post_quantum_key_where_it_is_asked_for() {
    if !have("interop::init_makes_a_post_quantum_key_where_it_is_asked_for", &["sops"]) {
        return;
    }
    let project = Project::empty();
    project.write(".env", "A=1\n");
    project.run(&["init", "--post-quantum", "--yes"]).code(2).says("there is one already");
    assert!(!project.exists(FILE) && !project.exists("reseal.toml"));

    project.remove("age.key");
    project.run(&["init", "--post-quantum", "--yes"]).ok();
    let key = project.text("age.key");
    assert_eq!(project.mode("age.key"), 0o600);
    let lines: Vec<&str> = key.lines().collect();
    assert!(lines[0].starts_with("# created: 2") && lines[1].starts_with("# public key: age1pq1"));
    assert!(lines[2].starts_with("AGE-SECRET-KEY-PQ-1") && lines.len() == 3);
    assert!(project.text(FILE).contains(&recipient(&key)));
    assert_eq!(project.sops_decrypt(FILE), b"A=1\n");
    project.pipe(&["set", "A"], "2").ok();
    assert_eq!(project.sops_decrypt(FILE), b"A=2\n");
    // a sealed file needs no key, only a policy
    project.remove("reseal.toml");
    project.run(&["init", "--post-quantum", "--yes"]).code(2).says("there is one already");
    assert!(!project.exists("reseal.toml"));
}

#[test]
fn the_data_key_goes_both_ways_between_here_and_a_current_age() {
    let test = "interop::the_data_key_goes_both_ways_between_here_and_a_current_age";
    if !have(test, &["age-current", "age-keygen-current"]) {
        return;
    }
    let project = Project::empty();
    project.remove("age.key");
    Output::of(&mut project.around("age-keygen-current", &["-pq", "-o", "age.key"])).ok();
    let own = recipient(&project.text("age.key"));
    project.write("plain.env", "A=1\n");
    project.run(&["encrypt", "plain.env", "--age", &own, "-o", FILE]).ok();
    assert_eq!(decrypt(&project, FILE), b"A=1\n");

    let field = "sops_age__list_0__map_enc=";
    let text = project.text(FILE);
    let enc = text.lines().find_map(|l| l.strip_prefix(field)).unwrap();
    project.write("wrapped", enc.replace("\\n", "\n"));
    let opened =
        project.around("age-current", &["-d", "-i", "age.key", "-o", "key", "wrapped"]).output().unwrap();
    assert!(opened.status.success(), "{}", Output::from(opened).stderr);
    assert_eq!(project.read("key").len(), 32);
    // wrapped anew by age, the same data key opens the same file
    Output::of(&mut project.around("age-current", &["-a", "-r", &own, "-o", "again", "key"])).ok();
    fs::remove_file(project.path("key")).unwrap();
    let again = project.text("again").replace('\n', "\\n");
    project.write(FILE, text.replace(enc, &again));
    assert_eq!(decrypt(&project, FILE), b"A=1\n");
}
