//! `reseal verify`: each rule finds what it is for, where it stands, and nothing else; the worst of several codes counts.
//!
//! What the vectors of sops show is in `vectors/verifying`; here files are changed that this program sealed.

use super::{ENV, Transcript, VALUES};
use crate::harness::{Output, Project, RECIPIENT};

/// Key `bob` of the vectors.
const BOB: &str = "age1ug8gxx685awyrgr0lam4rn836a9nryhlke0h4pv2ydve7sw2a5vq0x0ted";

/// Line and rule of each finding of `.env.enc`, and the code.
fn findings(project: &Project, args: &[&str]) -> (Vec<(u64, String)>, i32) {
    let output = project.run(&[&["verify", "--json"], args].concat());
    for value in VALUES {
        assert!(!output.stdout.contains(value) && !output.stderr.contains(value), "a value is shown");
    }
    let json: serde_json::Value = serde_json::from_str(&output.stdout).expect(&output.stdout);
    assert_eq!(json["v"], 1);
    let one = |f: &serde_json::Value| (f["line"].as_u64().unwrap(), f["rule"].as_str().unwrap().to_owned());
    let found = json["files"][0]["findings"].as_array().unwrap().iter().map(one).collect();
    (found, output.code.unwrap())
}

/// Asserts what is found without a key in a sealed file that was changed.
#[track_caller]
fn found(change: impl FnOnce(&str) -> String, want: &[(u64, &str)]) {
    let project = Project::sealed(ENV);
    let text = project.text(".env.enc");
    let changed = change(&text);
    assert_ne!(text, changed, "nothing was changed");
    project.write(".env.enc", changed);
    let (got, code) = findings(&project, &["--no-key"]);
    let got: Vec<(u64, &str)> = got.iter().map(|(line, rule)| (*line, rule.as_str())).collect();
    assert_eq!(got, want);
    assert_eq!(code, 3);
}

/// The bytes between two marks on the line of a key.
fn part<'a>(text: &'a str, key: &str, from: &str, to: &str) -> &'a str {
    let line = text.lines().find(|line| line.starts_with(&format!("{key}="))).unwrap();
    let start = line.find(from).unwrap() + from.len();
    let end = line[start..].find(to).unwrap();
    &line[start..start + end]
}

#[test]
fn a_sound_file_has_no_finding() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    transcript.run(&["verify"]).ok();
    transcript.run(&["verify", "--json", ".env.enc"]).ok();
    transcript.run(&["verify", "--no-key"]).ok();
    project.remove("age.key");
    transcript.run(&["verify"]).code(12);
    transcript.run(&["verify", "--no-key"]).ok();
    transcript.told("verify");
}

#[test]
fn findings_say_where_and_what_mends_them() {
    let project = Project::sealed("A=one-two-three\nEMPTY=\nB=four-five-six\nexport C=seven-eight\n");
    let text = project.text(".env.enc");
    project.write(
        ".env.enc",
        text.replace(",type:str]\nEMPTY", ",type:int]junk\nEMPTY")
            .replace("sops_version", "sops_new=1\nsops_version"),
    );
    let mut transcript = Transcript::of(&project);
    transcript.run(&["verify", "--no-key"]).code(3);
    transcript.run(&["verify", "--no-key", "--json"]).code(3);
    project.remove("age.key");
    transcript.run(&["verify"]).code(12).says("no identity at hand");
    transcript.told("verify-findings");
}

#[test]
fn what_mends_a_finding_does() {
    let project = Project::sealed("A=one-two-three\nEMPTY=\nB=four-five-six\nB=four-five-seven\n");
    let text = project.text(".env.enc");
    project.write(".env.enc", text.replace(",type:str]\nEMPTY", ",type:str] junk\nEMPTY").trim_end());
    let (got, code) = findings(&project, &[]);
    let rules: Vec<&str> = got.iter().map(|(_, rule)| rule.as_str()).collect();
    assert_eq!((rules, code), (vec!["text-trailing", "value-empty", "key-twice", "line-unended"], 3));
    project.pipe(&["-f", ".env.enc", "set", "A"], "another-value").ok();
    project.pipe(&["-f", ".env.enc", "set", "B"], "another-value").ok();
    project.run(&["-f", ".env.enc", "unset", "EMPTY"]).ok();
    let (got, code) = findings(&project, &[]);
    assert_eq!((got, code), (Vec::new(), 0));
}

#[test]
fn texts_are_held_against_what_sops_writes() {
    let key = "APP_DB_PASSWORD";
    found(|text| text.replacen(part(text, key, ",tag:", ","), "AAAA", 1), &[(3, "text-form")]);
    found(|text| text.replacen(part(text, key, ",iv:", ","), "AAAAAAAAAAAAAAAA", 1), &[(3, "iv-length")]);
    // the last letter before the padding holds four bits that nobody reads
    let respelt = |text: &str| {
        let tag = part(text, key, ",tag:", "==");
        let last = match tag.as_bytes()[21] {
            b'A' => 'B',
            b'Q' => 'R',
            b'g' => 'h',
            b'w' => 'x',
            other => panic!("{other}"),
        };
        text.replacen(tag, &format!("{}{last}", &tag[..21]), 1)
    };
    found(respelt, &[(3, "base64-odd")]);
    let reused =
        |text: &str| text.replacen(part(text, key, ",iv:", ","), part(text, "JWT_SECRET", ",iv:", ","), 1);
    found(reused, &[(3, "iv-reused")]);
    let of_the_mac =
        |text: &str| text.replacen(part(text, key, ",iv:", ","), part(text, "sops_mac", ",iv:", ","), 1);
    found(of_the_mac, &[(9, "iv-reused")]);
    found(|text| text.replacen(",type:comment]", ",type:str]", 1), &[(1, "type-odd")]);
    found(|text| text.replacen("DB_HOST=", "DB_HOST_unencrypted=", 1), &[(5, "sealed-in-clear")]);
    found(
        |text| text.replacen("sops_mac=ENC[AES256_GCM,data:", "sops_mac=ENC[AES256_GCM,data:AAAA", 1),
        &[(9, "mac-form")],
    );
}

#[test]
fn an_iv_that_sops_used_for_an_equal_value_again_is_none() {
    let project = Project::sealed("A=one\nA=one\n");
    let text = project.text(".env.enc");
    let lines: Vec<&str> = text.lines().collect();
    project.write(".env.enc", text.replacen(lines[1], lines[0], 1));
    let (got, code) = findings(&project, &[]);
    assert_eq!((got, code), (vec![(2, "key-twice".to_owned())], 3));
}

#[test]
fn metadata_is_held_against_what_sops_writes() {
    let insert =
        |line: &'static str| move |text: &str| text.replacen("sops_mac=", &format!("{line}\nsops_mac="), 1);
    found(insert("sops_mac_only_encrypted=True"), &[(9, "mac-scope")]);
    found(insert("sops_age__list_0__map_note=x"), &[(9, "metadata-unknown")]);
    found(insert("sops_encrypted_regex=^A$"), &[(9, "rules-several")]);
    let modified =
        |to: &'static str| move |text: &str| text.replacen(part(text, "sops_lastmodified", "=", "Z"), to, 1);
    found(modified("2999-01-01T00:00:00"), &[(8, "time-future")]);
    found(modified("2026-01-01T00:00:00.5"), &[(8, "time-odd")]);
    found(modified("2026-01-01 00:00:00"), &[(8, "time-odd")]);
    found(|text| text.replacen("sops_version=3", "sops_version=v3", 1), &[(11, "version-odd")]);
    found(
        |text| text.replacen("sops_mac=", "sops_mac=\nOLD_unencrypted=", 1),
        &[(6, "metadata-place"), (9, "mac-missing"), (10, "sealed-in-clear")],
    );
}

#[test]
fn recipients_are_held_against_what_is_wrapped_for_them() {
    let differs = |text: &str| {
        let pq = String::from_utf8(crate::vectors::fixture("enc/028-post-quantum.enc.env")).unwrap();
        let pq =
            pq.lines().find_map(|l| l.strip_prefix("sops_age__list_0__map_recipient=")).unwrap().to_owned();
        text.replacen(RECIPIENT, &pq, 1)
    };
    found(differs, &[(7, "recipient-differs")]);
    found(|text| text.replacen(RECIPIENT, &RECIPIENT[..60], 1), &[(7, "recipient-odd")]);
    found(|text| text.replacen("-----END AGE", "AAAA-----END AGE", 1), &[(6, "stanza-damaged")]);
    let grouped = |threshold: &'static str| {
        move |text: &str| {
            let own = text.replace("sops_age__", "sops_key_groups__list_0__map_age__");
            let more: String = own
                .lines()
                .filter(|l| l.starts_with("sops_key_groups__"))
                .map(|l| l.replacen("list_0__", "list_1__", 1).replacen(RECIPIENT, BOB, 1) + "\n")
                .collect();
            own.replacen("sops_lastmodified", &format!("{more}{threshold}sops_lastmodified"), 1)
        }
    };
    found(grouped(""), &[(6, "threshold-odd")]);
    found(grouped("sops_shamir_threshold=1\n"), &[(10, "threshold-odd")]);
    found(grouped("sops_shamir_threshold=3\n"), &[(10, "threshold-odd")]);
    let same = |text: &str| grouped("sops_shamir_threshold=2\n")(text).replace(BOB, RECIPIENT);
    found(same, &[(9, "recipient-twice")]);
    let both = |text: &str| {
        let line =
            format!("sops_key_groups__list_0__map_age__list_0__map_recipient={BOB}\nsops_lastmodified");
        text.replacen("sops_lastmodified", &line, 1)
    };
    found(both, &[(8, "groups-ignored")]);
}

#[test]
fn a_wrapped_key_of_another_file_is_found() {
    let project = Project::sealed(ENV);
    let stale = project.text(".env.enc");
    // one more for the same key, so that it opens: that of another file
    let other = Project::sealed(ENV).text(".env.enc");
    let line = other.lines().find(|l| l.starts_with("sops_age__list_0__map_enc")).unwrap();
    let lines = format!(
        "{}\nsops_age__list_1__map_recipient={BOB}\nsops_lastmodified",
        line.replacen("list_0", "list_1", 1)
    );
    project.write(".env.enc", stale.replacen("sops_lastmodified", &lines, 1));
    assert_eq!(findings(&project, &[]), (vec![(8, "stanza-differs".to_owned())], 3));
    // the first one counts for whoever opens the file
    let swapped = project
        .text(".env.enc")
        .replace("list_0", "list_x")
        .replace("list_1", "list_0")
        .replace("list_x", "list_1");
    project.write(".env.enc", swapped);
    let want = vec![(2, "integrity".to_owned()), (8, "stanza-differs".to_owned())];
    assert_eq!(findings(&project, &[]), (want, 15));
}

#[test]
fn a_key_shows_more() {
    let project = Project::empty();
    project.write("reseal.toml", "consumers = [\"docker\"]\n");
    project.write(
        "plain",
        "# a comment\nDB_PASSWORD=correct-horse-battery\nCOPY_unencrypted=correct-horse-battery\nTWO=a\\nb\n",
    );
    project.run(&["encrypt", "plain", "-o", ".env.enc"]).ok();
    let text = project.text(".env.enc");
    let comment = Project::sealed("# a comment\n").text(".env.enc");
    let comment = comment.lines().next().unwrap();
    project.write(".env.enc", text.replacen(text.lines().next().unwrap(), comment, 1));
    let want = [(1, "comment-forged"), (3, "value-known"), (4, "value-lossy")];
    let want: Vec<(u64, String)> = want.iter().map(|(line, rule)| (*line, (*rule).to_owned())).collect();
    assert_eq!(findings(&project, &[]), (want, 3));
    assert_eq!(findings(&project, &["--no-key"]), (Vec::new(), 0));
}

#[test]
fn secrets_that_an_expression_forgot_are_found() {
    let project = Project::empty();
    project.write("plain", "A_PASSWORD=x-y-z-one\nAPI_TOKEN=forgotten\nTOKEN_TTL=3600\nUSE_TOKEN=true\nURL=postgres://u:pass@h/d\nMONKEY=x\nPUBLIC_KEY=abcdefgh\n");
    project.run(&["encrypt", "plain", "-o", ".env.enc", "--encrypted-regex", "^A_"]).ok();
    let (got, code) = findings(&project, &[]);
    let want = vec![(2, "secret-in-clear".to_owned()), (5, "secret-in-clear".to_owned())];
    assert_eq!((got, code), (want, 3));
}

#[test]
fn all_files_are_looked_at_and_the_worst_code_counts() {
    let project = Project::sealed(ENV);
    let text = project.text(".env.enc");
    project.write("found", text.replacen("sops_version", "sops_new=1\nsops_version", 1));
    project.write("foreign", crate::vectors::fixture("enc/085-t-wrong-key.enc.env"));
    project.write("torn", format!("{text}torn\n"));
    project.write("changed", text.replacen("JWT_SECRET=", "JWT_SECRT=", 1));
    project.write("plain", ENV);
    let code = |files: &[&str]| {
        let output: Output = project.run(&[&["verify"], files].concat());
        assert!(files.iter().all(|f| *f == ".env.enc"
            || output.stdout.contains(&format!("{f}:"))
            || output.stderr.contains(f)));
        output.hides(VALUES[0]).hides(VALUES[1]).code.unwrap()
    };
    assert_eq!(code(&[".env.enc"]), 0);
    assert_eq!(code(&[".env.enc", "plain"]), 3);
    assert_eq!(code(&["found", ".env.enc"]), 3);
    assert_eq!(code(&["torn", "found", ".env.enc"]), 1);
    assert_eq!(code(&["missing", "found"]), 1);
    assert_eq!(code(&["changed", "torn", "found", "missing"]), 15);
    assert_eq!(code(&["found", "torn", "changed"]), 15);
    project.write("age.key", crate::vectors::fixture("keys/bob.txt"));
    assert_eq!(code(&["found", "plain"]), 12);
    assert_eq!(code(&["foreign", "found"]), 12);
    assert_eq!(code(&["found", "torn"]), 1);
}
