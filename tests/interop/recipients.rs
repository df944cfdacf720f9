//! Who can open a file: several recipients, shares of a key, recipients that only sops can ask, and real age.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::decrypt;
use super::rule::Rule;
use crate::harness::{Output, Project, RECIPIENT, have};

const FILE: &str = ".env.enc";

pub fn fixture(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sops").join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"))
}

/// The public half, from the comment that age-keygen writes.
pub fn recipient(name: &str) -> String {
    let file = fixture(&format!("keys/{name}.txt"));
    let line = file.lines().find_map(|l| l.strip_prefix("# public key: "));
    line.expect("a comment with the public key").to_owned()
}

pub fn public_ssh(name: &str) -> String {
    fixture(&format!("keys/{name}.pub")).trim().to_owned()
}

/// Makes `name` the project's identity; both programs find it.
pub fn become_(project: &Project, name: &str) {
    project.write("age.key", fixture(&format!("keys/{name}.txt")));
}

#[test]
fn each_of_several_recipients_opens_what_either_program_sealed_and_changed() {
    if !have("interop::each_of_several_recipients_opens_what_either_program_sealed_and_changed", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let all = format!("{RECIPIENT},{}", recipient("bob"));
    project.write("plain.env", "A=1\n");
    let here = project.run(&["encrypt", "plain.env", "--age", &all]).ok().stdout;
    let there = project.sops(&["encrypt", "--age", &all, "plain.env"]).ok().stdout;
    for sealed in [here, there] {
        project.write(FILE, sealed);
        for name in ["alice", "bob"] {
            become_(&project, name);
            assert_eq!(decrypt(&project, FILE), b"A=1\n", "{name}");
            assert_eq!(project.sops_decrypt(FILE), b"A=1\n", "{name}");
        }
        become_(&project, "carol");
        project.run(&["decrypt"]).code(12);
        become_(&project, "bob");
        project.pipe(&["set", "A"], "2").ok();
        become_(&project, "alice");
        assert_eq!(project.sops_decrypt(FILE), b"A=2\n");
    }
}

#[test]
fn more_than_ten_recipients_are_read_by_both() {
    if !have("interop::more_than_ten_recipients_are_read_by_both", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let mut all = vec![recipient("bob"); 11];
    all.push(RECIPIENT.to_owned());
    project.write("plain.env", "A=1\n");
    project.run(&["encrypt", "plain.env", "--age", &all.join(","), "-o", FILE]).ok();
    assert_eq!(project.sops_decrypt(FILE), b"A=1\n");
    project
        .sops(&["set", "--input-type", "dotenv", "--output-type", "dotenv", FILE, "[\"A\"]", "\"2\""])
        .ok();
    assert_eq!(decrypt(&project, FILE), b"A=2\n");
}

#[test]
fn a_shared_key_is_put_together_and_survives_a_change() {
    if !have("interop::a_shared_key_is_put_together_and_survives_a_change", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let groups: Vec<String> =
        ["alice", "bob", "carol"].iter().map(|n| format!("      - age: [{}]\n", recipient(n))).collect();
    let rule = format!("creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n{}", groups.concat());
    project.write(".sops.yaml", rule);
    project.write("plain.env", "A=1\nB=2\n");
    project.write(FILE, project.sops(&["encrypt", "plain.env"]).ok().stdout);
    project.remove(".sops.yaml");
    assert!(project.text(FILE).contains("sops_shamir_threshold=2"));
    for pair in ["alice+bob", "bob+carol"] {
        become_(&project, pair);
        assert_eq!(decrypt(&project, FILE), b"A=1\nB=2\n", "{pair}");
    }
    let before = metadata(&project);
    project.pipe(&["set", "A"], "3").ok();
    assert_eq!(metadata(&project), before);
    assert_eq!(project.sops_decrypt(FILE), b"A=3\nB=2\n");
    become_(&project, "carol");
    project.run(&["decrypt"]).code(12).says("2 of 3");
}

#[test]
fn recipients_that_only_sops_can_ask_survive_a_change_byte_for_byte() {
    let test = "interop::recipients_that_only_sops_can_ask_survive_a_change_byte_for_byte";
    if !have(test, &["sops"]) {
        return;
    }
    let project = Project::empty();
    project.write(FILE, fixture("enc/107-foreign-recipients.enc.env"));
    let before = metadata(&project);
    assert!(before.iter().any(|l| l.starts_with("sops_azure_kv")) && before.len() > 20);
    let plain = project.sops_decrypt(FILE);
    assert_eq!(decrypt(&project, FILE), plain);
    project.pipe(&["set", "FOO"], "z").ok();
    project.pipe(&["set", "NEW"], "n").ok();
    project.run(&["unset", "BAZ"]).ok();
    assert_eq!(metadata(&project), before);
    let plain = String::from_utf8(plain).unwrap();
    let want = plain.replace("FOO=bar\n", "FOO=z\n").replace("BAZ=qux\n", "") + "NEW=n\n";
    assert_eq!(String::from_utf8(project.sops_decrypt(FILE)).unwrap(), want);
}

/// The metadata lines that no change of a value touches, in order.
fn metadata(project: &Project) -> Vec<String> {
    let text = project.text(FILE);
    let changes = |l: &str| l.starts_with("sops_lastmodified=") || l.starts_with("sops_mac=");
    text.lines().filter(|l| l.starts_with("sops_") && !changes(l)).map(str::to_owned).collect()
}

#[test]
fn real_age_opens_the_data_key_for_each_kind_of_recipient() {
    if !have("interop::real_age_opens_the_data_key_for_each_kind_of_recipient", &["age"]) {
        return;
    }
    let project = Project::empty();
    project.write("plain.env", "A=1\n");
    let kinds = [RECIPIENT.to_owned(), recipient("bob"), public_ssh("ssh_ed25519"), public_ssh("ssh_rsa")];
    let mut args = vec!["encrypt", "plain.env", "-o", FILE];
    for kind in &kinds {
        args.extend(["--age", kind]);
    }
    project.run(&args).ok();
    let mut found = Vec::new();
    for (n, identity) in ["alice.txt", "bob.txt", "ssh_ed25519", "ssh_rsa"].iter().enumerate() {
        project.write("identity", fixture(&format!("keys/{identity}")));
        project.write("wrapped", armor(&project, n));
        let mut age: Command = project.around("age", &["-d", "-i", "identity", "wrapped"]);
        let output = age.output().unwrap();
        assert!(output.status.success(), "{identity}: {}", Output::from(output).stderr);
        found.push(output.stdout);
    }
    assert_eq!(found[0].len(), 32);
    assert!(found.iter().all(|key| *key == found[0]), "one data key, wrapped for everybody");
}

/// The wrapped key of a recipient, as the age file that it is.
fn armor(project: &Project, n: usize) -> String {
    let field = format!("sops_age__list_{n}__map_enc=");
    let text = project.text(FILE);
    text.lines().find_map(|l| l.strip_prefix(&field)).unwrap().replace("\\n", "\n")
}

#[test]
fn each_kind_of_recipient_is_opened_by_sops_with_its_own_identity_alone() {
    if !have("interop::each_kind_of_recipient_is_opened_by_sops_with_its_own_identity_alone", &["sops"]) {
        return;
    }
    for name in ["ssh_ed25519", "ssh_rsa"] {
        let project = Project::empty();
        project.write("ssh", fixture(&format!("keys/{name}")));
        project.write("plain.env", "A=1\n");
        project.run(&["encrypt", "plain.env", "--age", &public_ssh(name), "-o", FILE]).ok();
        let args = ["decrypt", "--input-type", "dotenv", "--output-type", "dotenv", FILE];
        let mut sops = project.around("sops", &args);
        sops.env_remove("SOPS_AGE_KEY_FILE").env("SOPS_AGE_SSH_PRIVATE_KEY_FILE", project.path("ssh"));
        assert_eq!(Output::of(&mut sops).ok().stdout, "A=1\n", "{name}");
        let mut set = project.command(&["set", "A", "--generate", "alnum:32"]);
        set.env_remove("SOPS_AGE_KEY_FILE").env("SOPS_AGE_SSH_PRIVATE_KEY_FILE", project.path("ssh"));
        Output::of(&mut set).ok();
        assert_eq!(Output::of(&mut sops).ok().stdout.len(), "A=".len() + 32 + 1, "{name}");
    }
    // the rule of a file sealed by sops for one kind is kept when this program adds a key
    let project = Project::empty();
    Rule { field: "encrypted_suffix", text: "_PASSWORD", mac_only_encrypted: true }.seal_by_sops(
        &project,
        b"A=1\nB_PASSWORD=2\n",
        FILE,
    );
    project.pipe(&["set", "C"], "3").ok().says("unencrypted");
    project.pipe(&["set", "D_PASSWORD"], "4").ok();
    let text = project.text(FILE);
    assert!(text.contains("\nC=3\n") && text.contains("\nD_PASSWORD=ENC["), "{text}");
    assert_eq!(project.sops_decrypt(FILE), b"A=1\nB_PASSWORD=2\nC=3\nD_PASSWORD=4\n");
}
