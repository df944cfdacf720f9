//! Files whose readers were changed here, beside real sops: who opens them, and that sops finds nothing left to do.

use crate::harness::{Output, Project, RECIPIENT, have};

use super::recipients::{become_, fixture, public_ssh, recipient};

/// A name that tells sops what it is.
const FILE: &str = "live.env";
const PLAIN: &[u8] = b"# a comment\nA=one\nB=\nC_unencrypted=in clear\nD=two\\nlines\n";

fn sops_opens(project: &Project, who: &str) -> bool {
    become_(project, who);
    let output = project.sops(&["decrypt", FILE]);
    match output.code {
        Some(0) => assert_eq!(output.stdout.as_bytes(), PLAIN, "{who}"),
        code => assert_eq!(code, Some(128), "{who}: {}", output.stderr),
    }
    output.code == Some(0)
}

fn opens_here(project: &Project, who: &str) -> bool {
    become_(project, who);
    let output = project.run(&["-f", FILE, "decrypt"]);
    match output.code {
        Some(0) => assert_eq!(output.stdout.as_bytes(), PLAIN, "{who}"),
        code => assert_eq!(code, Some(12), "{who}: {}", output.stderr),
    }
    output.code == Some(0)
}

/// Both programs open it with exactly these identities.
#[track_caller]
fn is_for(project: &Project, who: &[&str], not: &[&str]) {
    for (people, expected) in [(who, true), (not, false)] {
        for one in people {
            assert_eq!(sops_opens(project, one), expected, "sops as {one}");
            assert_eq!(opens_here(project, one), expected, "reseal as {one}");
        }
    }
}

/// A project whose file was sealed by sops or by this program.
fn sealed_by(sops: bool, recipients: &str) -> Project {
    let project = Project::empty();
    become_(&project, "alice");
    project.write("plain.env", PLAIN);
    let args = ["encrypt", "--age", recipients, "plain.env"];
    let sealed = if sops { project.sops(&args).ok() } else { project.run(&args).ok() };
    project.write(FILE, sealed.stdout);
    project
}

/// sops's own command, with the rule of `.sops.yaml`, says that there is nothing to do, and does nothing.
#[track_caller]
fn sops_has_nothing_to_do(project: &Project) {
    let before = project.read(FILE);
    let output = project.sops(&["updatekeys", "-y", FILE]).ok();
    assert!(output.stderr.contains("already up to date"), "{}", output.stderr);
    assert!(project.read(FILE) == before);
}

fn rekey(project: &Project, who: &str, args: &[&str]) -> Output {
    become_(project, who);
    project.run(&[&["-f", FILE, "rekey"], args].concat()).ok()
}

#[test]
fn who_comes_is_let_in_and_who_goes_is_shut_out_by_both() {
    if !have("interop::who_comes_is_let_in_and_who_goes_is_shut_out_by_both", &["sops"]) {
        return;
    }
    for sops in [true, false] {
        let project = sealed_by(sops, RECIPIENT);
        let (bob, carol) = (recipient("bob"), recipient("carol"));
        rekey(&project, "alice", &["--add", &bob]);
        is_for(&project, &["alice", "bob"], &["carol"]);
        rekey(&project, "bob", &["--add", &carol, "--remove", RECIPIENT]);
        is_for(&project, &["bob", "carol"], &["alice"]);
        rekey(&project, "carol", &["--new-data-key", "--remove", &bob]);
        is_for(&project, &["carol"], &["alice", "bob"]);
        // and what sops does then is none the worse for it
        become_(&project, "carol");
        project.sops(&["rotate", "-i", "--add-age", &bob, FILE]).ok();
        is_for(&project, &["carol", "bob"], &["alice"]);
        become_(&project, "bob");
        project.sops(&["set", FILE, "[\"A\"]", "\"two\""]).ok();
        rekey(&project, "bob", &["--new-data-key"]);
        let text = String::from_utf8(PLAIN.to_vec()).unwrap().replace("A=one", "A=two");
        become_(&project, "carol");
        assert_eq!(decrypt_live(&project), text.as_bytes());
        assert_eq!(project.sops(&["decrypt", FILE]).ok().stdout, text);
    }
}

fn decrypt_live(project: &Project) -> Vec<u8> {
    let output = project.run(&["-f", FILE, "decrypt"]).ok();
    output.stdout.into_bytes()
}

#[test]
fn sops_finds_nothing_to_do_after_the_rule_was_followed_here() {
    if !have("interop::sops_finds_nothing_to_do_after_the_rule_was_followed_here", &["sops"]) {
        return;
    }
    for sops in [true, false] {
        let project = sealed_by(sops, &format!("{RECIPIENT},{},{RECIPIENT}", recipient("carol")));
        let before = project.text(FILE);
        let list = format!("{}, {RECIPIENT},\n      {}", recipient("bob"), public_ssh("ssh_ed25519"));
        project.write(
            ".sops.yaml",
            format!("creation_rules:\n  - path_regex: live\n    age: >-\n      {list}\n"),
        );
        rekey(&project, "alice", &["-y"]).says("+ ssh-ed25519");
        sops_has_nothing_to_do(&project);
        is_for(&project, &["alice", "bob"], &["carol"]);
        let now = project.text(FILE);
        let values =
            |text: &str| text.lines().filter(|l| !l.starts_with("sops_age")).collect::<Vec<_>>().join("\n");
        assert_eq!(values(&now), values(&before), "values, time and MAC are those of before");
        rekey(&project, "bob", &["--from-config"]).says("up to date already");
        // what sops does by its own command needs nothing here
        project.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
        become_(&project, "bob");
        project.sops(&["updatekeys", "-y", FILE]).ok();
        rekey(&project, "alice", &[]).says("up to date already");
        is_for(&project, &["alice"], &["bob", "carol"]);
    }
}

fn groups(members: &[&[String]], threshold: usize) -> String {
    let list = members.iter().map(|m| format!("      - age: [{}]\n", m.join(", "))).collect::<String>();
    format!("creation_rules:\n  - shamir_threshold: {threshold}\n    key_groups:\n{list}")
}

#[test]
fn a_key_shared_here_is_put_together_by_sops_from_exactly_as_many_groups() {
    if !have("interop::a_key_shared_here_is_put_together_by_sops_from_exactly_as_many_groups", &["sops"]) {
        return;
    }
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|n| vec![recipient(n)]);
    for (threshold, of_two) in [(2, true), (3, false)] {
        let project = Project::empty();
        project.write("plain.env", PLAIN);
        project.write(".sops.yaml", groups(&[&alice, &bob, &carol], threshold));
        project.write(FILE, project.run(&["encrypt", "plain.env"]).ok().stdout);
        let there = project.sops(&["encrypt", "plain.env"]).ok().stdout;
        assert_eq!(layout(&project.text(FILE)), layout(&there), "laid out as sops does it");
        sops_has_nothing_to_do(&project);
        let pairs = ["alice+bob", "bob+carol"];
        if of_two {
            is_for(&project, &pairs, &["alice", "bob", "carol"]);
        } else {
            is_for(&project, &[], &["alice+bob", "bob+carol", "carol"]);
        }
        // with all of them at hand
        all_at_hand(&project);
        assert_eq!(project.sops(&["decrypt", FILE]).ok().stdout.as_bytes(), PLAIN);
        assert_eq!(decrypt_live(&project), PLAIN);
    }
}

fn all_at_hand(project: &Project) {
    let all = ["alice", "bob", "carol"].map(|n| fixture(&format!("keys/{n}.txt"))).concat();
    project.write("age.key", all);
}

/// The names of the metadata lines, in order.
fn layout(file: &str) -> Vec<String> {
    let lines = file.lines().filter(|l| l.starts_with("sops_"));
    lines.map(|l| l.split('=').next().unwrap().to_owned()).collect()
}

#[test]
fn groups_that_were_changed_here_are_still_groups_to_sops() {
    if !have("interop::groups_that_were_changed_here_are_still_groups_to_sops", &["sops"]) {
        return;
    }
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|n| vec![recipient(n)]);
    let project = Project::empty();
    project.write("plain.env", PLAIN);
    project.write(".sops.yaml", groups(&[&alice, &bob], 2));
    project.write(FILE, project.sops(&["encrypt", "plain.env"]).ok().stdout);
    is_for(&project, &["alice+bob"], &["alice", "bob+carol"]);
    // carol gets the share of alice's group from alice
    rekey(&project, "alice+bob", &["--key-group", "0", "--add", &carol[0]]);
    project.write(".sops.yaml", groups(&[&[&alice[..], &carol[..]].concat(), &bob], 2));
    sops_has_nothing_to_do(&project);
    is_for(&project, &["alice+bob", "bob+carol"], &["alice", "carol"]);
    rekey(&project, "bob+carol", &["--new-data-key"]);
    sops_has_nothing_to_do(&project);
    is_for(&project, &["alice+bob", "bob+carol"], &["alice", "carol"]);
    // three groups of which two are needed, and back to one
    project.write(".sops.yaml", groups(&[&alice, &bob, &carol], 2));
    rekey(&project, "alice+bob", &["-y"]);
    sops_has_nothing_to_do(&project);
    is_for(&project, &["alice+bob", "bob+carol"], &["alice", "bob", "carol"]);
    all_at_hand(&project);
    project.sops(&["rotate", "-i", FILE]).ok();
    is_for(&project, &["alice+bob", "bob+carol"], &["alice"]);
    project.write(".sops.yaml", format!("creation_rules:\n  - age: {}\n", carol[0]));
    rekey(&project, "bob+carol", &["-y"]);
    sops_has_nothing_to_do(&project);
    is_for(&project, &["carol"], &["alice", "bob", "alice+bob"]);
}

#[test]
fn recipients_that_only_sops_can_ask_stay_byte_for_byte() {
    if !have("interop::recipients_that_only_sops_can_ask_stay_byte_for_byte", &["sops"]) {
        return;
    }
    let project = Project::empty();
    project.write(FILE, fixture("enc/107-foreign-recipients.enc.env"));
    become_(&project, "alice");
    let before = project.text(FILE);
    let plain = project.sops(&["decrypt", FILE]).ok().stdout;
    rekey(&project, "alice", &["--add", &recipient("bob")]);
    let after = project.text(FILE);
    let added: Vec<&str> = after.lines().filter(|l| !before.lines().any(|b| b == *l)).collect();
    assert_eq!(added.len(), 2, "{added:?}");
    assert!(before.lines().all(|l| after.lines().any(|a| a == l)));
    for who in ["alice", "bob"] {
        become_(&project, who);
        assert_eq!(project.sops(&["decrypt", FILE]).ok().stdout, plain);
    }
    let refused = project.run(&["-f", FILE, "rekey", "--new-data-key"]).code(1);
    refused.says("azure_kv").says("sops rotate");
    assert_eq!(project.text(FILE), after);
    rekey(&project, "bob", &["--remove", &recipient("bob"), "-y"]);
    assert_eq!(project.text(FILE), before);
}

#[test]
fn a_rule_is_found_for_a_new_file_as_sops_finds_it() {
    if !have("interop::a_rule_is_found_for_a_new_file_as_sops_finds_it", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let bob = recipient("bob");
    for (number, (text, args)) in [
        (format!("creation_rules:\n  - path_regex: ^deep/er/[a-z]+\\.env$\n    age: {bob}\n"), &[][..]),
        (format!("creation_rules:\n  - path_regex: ^[^/]+$\n    age: {bob}\n"), &[]),
        (format!("creation_rules:\n  - path_regex: \\d\n    age: {RECIPIENT}\n  - age: [{bob}]\n"), &[]),
        (format!("creation_rules:\n  - path_regex: ''\n    age: {bob}\n    pgp: ''\n    kms: []\n"), &[]),
        (format!("stores: {{json: {{indent: 2}}}}\ndestination_rules: []\ncreation_rules:\n  - age: {bob}\n    encrypted_regex: ^A\n"), &[]),
        ("stores: {json: {indent: 2}}\n".to_owned(), &["--age", RECIPIENT]),
        (format!("creation_rules:\n  - age: {bob}\n    encrypted_suffix: A\n"), &["--age", RECIPIENT]),
        (format!("creation_rules:\n  - pgp: F\n    unencrypted_regex: ^D\n    age: {bob}\n"), &["--age", RECIPIENT]),
        (format!("creation_rules:\n  - path_regex: prod\n    age: {bob}\n"), &["--age", RECIPIENT]),
        (format!("creation_rules:\n  - path_regex: (?!x)\n    age: {bob}\n"), &[]),
        (groups(&[&[bob.clone(), bob.clone()], &[format!("{RECIPIENT},{bob}")]], 2), &[]),
        (format!("creation_rules:\n  - key_groups:\n      - age: [{bob}]\n        merge: [{{age: [{RECIPIENT}]}}]\n    age: {RECIPIENT}\n"), &[]),
        (groups(&[std::slice::from_ref(&bob), &[RECIPIENT.to_owned()]], 1), &[]),
        (groups(&[std::slice::from_ref(&bob), &[RECIPIENT.to_owned()]], 3), &[]),
    ]
    .into_iter()
    .enumerate()
    {
        project.write(".sops.yaml", &text);
        project.write("deep/er/some.env", PLAIN);
        for file in ["deep/er/some.env", "some.env"] {
            project.write(file, PLAIN);
            let args = [&["encrypt"], args, &[file]].concat();
            let there = project.sops(&args);
            let here = project.run(&args);
            assert_eq!(here.code == Some(0), there.code == Some(0), "{number}, {file}\n{text}{}\n{}", here.stderr, there.stderr);
            assert_eq!(outline(&here.stdout), outline(&there.stdout), "{number}, {file}\n{text}");
        }
    }
}

/// What does not differ between two sealings: keys, what lies in clear, recipients, rule.
fn outline(file: &str) -> Vec<String> {
    let random = ["_enc=", "sops_mac=", "sops_lastmodified="];
    let line = |l: &str| match l.split_once("ENC[") {
        Some((key, _)) => key.to_owned(),
        None if random.iter().any(|r| l.contains(r)) => l.split('=').next().unwrap().to_owned(),
        None => l.to_owned(),
    };
    file.lines().map(line).collect()
}

/// Every kind of file that sops makes, each in its own layout.
#[test]
fn each_kind_of_file_is_rekeyed_and_sops_agrees() {
    if !have("interop::each_kind_of_file_is_rekeyed_and_sops_agrees", &["sops"]) {
        return;
    }
    let carol = recipient("carol");
    let everybody = ["alice", "bob", "carol"].map(|n| vec![recipient(n)]);
    for (vector, file, group) in [
        ("001-basic.enc.env", "live.env", None::<&str>),
        ("043-types.enc.yaml", "live.yaml", None),
        ("044-multidoc.enc.yaml", "live.yaml", None),
        ("045-yaml-regex.enc.yaml", "live.yaml", None),
        ("042-shamir-yaml.enc.yaml", "live.yaml", Some("1")),
        ("046-types.enc.json", "live.json", None),
        ("048-sections.enc.ini", "live.ini", None),
        ("049-text.enc.bin", "live.bin", None),
    ] {
        let project = Project::empty();
        all_at_hand(&project);
        let before = fixture(&format!("enc/{vector}"));
        project.write(file, &before);
        let plain = project.sops(&["decrypt", file]).ok().stdout;
        let rekey = |args: &[&str]| project.run(&[&["rekey", file], args].concat()).ok();
        let in_group: Vec<&str> = group.iter().flat_map(|group| ["--key-group", group]).collect();

        rekey(&[&["--add", &carol], &in_group[..]].concat());
        let with = project.text(file);
        assert!(with.contains(&carol), "{vector}");
        assert_eq!(project.sops(&["decrypt", file]).ok().stdout, plain, "{vector}: added");
        let mut rest = with.lines();
        let json = |l: &str| l.trim() == "},";
        assert!(before.lines().all(|l| json(l) || rest.any(|r| r == l)), "{vector}: only lines came");
        rekey(&[&["--remove", &carol], &in_group[..]].concat());
        assert_eq!(project.text(file), before, "{vector}: back to the very bytes");

        rekey(&["--new-data-key"]);
        assert_eq!(project.sops(&["decrypt", file]).ok().stdout, plain, "{vector}: new data key");
        assert_ne!(project.text(file), before);
        project.write(".sops.yaml", groups(&[&everybody[0], &everybody[1], &everybody[2]], 2));
        rekey(&["-y"]);
        let shared = project.read(file);
        assert!(
            project.sops(&["updatekeys", "-y", file]).ok().stderr.contains("already up to date"),
            "{vector}"
        );
        assert!(project.read(file) == shared);
        for (who, code) in [("bob+carol", 0), ("alice+bob", 0), ("carol", 128)] {
            become_(&project, who);
            let output = project.sops(&["decrypt", file]).code(code);
            assert!(code != 0 || output.stdout == plain, "{vector} as {who}");
        }
    }
}
