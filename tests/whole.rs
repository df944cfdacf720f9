//! Whole age files: every command works on them as on a SOPS file, and the real age reads what comes out.

use crate::cmd::Transcript;
use crate::harness::{IDENTITY, Output, Project, RECIPIENT, have};

const ENV: &str = "# the application\nJWT_SECRET=0123456789abcdef0123456789abcdef\nPORT=5432\n\nEMPTY=\n";
/// A second reader; throw-away.
const OTHER: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

fn sealed(format: &str) -> Project {
    let project = Project::empty();
    project.write(".env", ENV);
    project.run(&["init", "--format", format, "-y", "--delete-plaintext"]).ok();
    project
}

/// What the real age reads.
fn age(project: &Project, name: &str) -> String {
    Output::of(&mut project.around("age", &["-d", "-i", "age.key", name])).ok().stdout
}

#[test]
fn a_project_of_one_age_file_is_made_changed_and_rotated() {
    if !have("whole::a_project_of_one_age_file", &["age"]) {
        return;
    }
    for (format, start) in [("age", &b"-----BEGIN AGE"[..]), ("age-binary", b"age-encryption.org/v1")] {
        let project = sealed(format);
        assert!(!project.exists(".env") && project.mode(".env.age") == 0o600);
        assert!(project.read(".env.age").starts_with(start));
        assert_eq!(age(&project, ".env.age"), ENV);
        let policy = project.text("reseal.toml");
        assert!(policy.contains("file = \".env.age\"") && policy.contains(RECIPIENT), "{policy}");

        project.pipe(&["set", "ADDED"], "one\ntwo").ok();
        project.run(&["unset", "EMPTY"]).ok();
        let before = project.get("JWT_SECRET");
        project.run(&["rotate", "JWT_SECRET", "-y"]).ok();
        let after = project.get("JWT_SECRET");
        assert_ne!(before, after);
        let want = format!("# the application\nJWT_SECRET={after}\nPORT=5432\n\nADDED=one\\ntwo\n");
        assert_eq!(age(&project, ".env.age"), want);
        assert!(project.read(".env.age").starts_with(start), "the form of the file stays");
        project.run(&["rollback", "-y"]).ok();
        assert_eq!(project.get("JWT_SECRET"), before);
        project.run(&["backup", "verify"]).ok();
        for file in project.files() {
            let bytes = std::fs::read(&file).unwrap();
            let found = bytes.windows(before.len()).any(|w| w == before.as_bytes());
            assert!(!found, "{file:?} holds a value in plain");
        }
    }
}

#[test]
fn what_age_sealed_opens_and_is_sealed_for_the_same_one() {
    if !have("whole::what_age_sealed", &["age"]) {
        return;
    }
    let project = Project::empty();
    project.write(".env", ENV);
    for armor in [&["-a"][..], &[]] {
        let args = [armor, &["-r", RECIPIENT, "-o", ".env.age", ".env"]].concat();
        Output::of(&mut project.around("age", &args)).ok();
        assert_eq!(project.get("PORT"), "5432");
        project.pipe(&["set", "PORT"], "5433").ok();
        assert_eq!(age(&project, ".env.age"), ENV.replace("5432", "5433"));
    }
}

#[test]
fn other_kinds_of_plaintext_lie_in_age_files_too() {
    if !have("whole::other_kinds", &["age"]) {
        return;
    }
    let project = Project::empty();
    for (name, text) in [
        ("a.yaml", "# kept\ndb:\n  password: secret-one\n"),
        ("a.json", "{\n  \"db\": { \"password\": \"secret-one\" }\n}\n"),
        ("a.ini", "[db]\npassword = secret-one\n"),
    ] {
        project.write(name, text);
        let sealed = format!("{name}.age");
        project.run(&["encrypt", name, "-o", &sealed]).ok();
        assert_eq!(age(&project, &sealed), text);
        assert_eq!(project.run(&["-f", &sealed, "get", "-n", "db.password"]).ok().stdout, "secret-one");
        project.pipe(&["-f", &sealed, "set", "db.password"], "secret-two").ok();
        assert_eq!(age(&project, &sealed), text.replace("secret-one", "secret-two"));
    }
    let key = b"\x30\x82\x00\xff\n=\x01";
    project.write("key.der", key);
    project.run(&["encrypt", "--input-type", "binary", "key.der", "-o", "key.der.age"]).ok();
    let opened = project.command(&["-f", "key.der.age", "decrypt"]).output().unwrap();
    assert_eq!(opened.stdout, key);
}

#[test]
fn nobody_loses_a_file_by_a_policy_that_forgot_him() {
    if !have("whole::nobody_loses_a_file", &["age"]) {
        return;
    }
    let project = Project::empty();
    project.write(".env", ENV);
    let two = ["-r", RECIPIENT, "-r", OTHER, "-o", ".env.age", ".env"];
    Output::of(&mut project.around("age", &two)).ok();
    project.remove(".env");
    let before = project.read(".env.age");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["get", "PORT"]).ok();
    transcript.pipe("5433", &["set", "PORT"]);
    project.write("reseal.toml", format!("file = \".env.age\"\nrecipients = [\"{RECIPIENT}\"]\n"));
    transcript.pipe("5433", &["set", "PORT"]);
    assert_eq!(project.read(".env.age"), before);
    project
        .write("reseal.toml", format!("file = \".env.age\"\nrecipients = [\"{RECIPIENT}\", \"{OTHER}\"]\n"));
    transcript.pipe("5433", &["set", "PORT"]).ok();
    project.write("reseal.toml", format!("file = \".env.age\"\nrecipients = [\"{}\"]\n", &RECIPIENT[..40]));
    transcript.run(&["get", "PORT"]);
    project.write("reseal.toml", "file = \".env.age\"\n");
    let mut broken = project.read(".env.age");
    let last = broken.len() - 1;
    broken[last] ^= 1;
    project.write(".env.age", broken);
    transcript.run(&["get", "PORT"]);
    project.write("age.key", format!("{}\n", IDENTITY.replace("1VQD", "1VQE")));
    transcript.run(&["list"]);
    transcript.told("whole-age");
}

#[test]
fn rekey_seals_an_age_file_for_those_whom_the_policy_names() {
    if !have("whole::rekey", &["age"]) {
        return;
    }
    let project = sealed("age");
    project
        .write("other.key", "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["rekey", "--add", OTHER]);
    transcript.run(&["rekey"]).ok();
    let policy = project.text("reseal.toml");
    let both = format!("recipients = [\"{RECIPIENT}\", \"{OTHER}\"]\n");
    let lines = policy.lines().filter(|line| !line.starts_with("recipients"));
    project.write("reseal.toml", both + &lines.collect::<Vec<_>>().join("\n"));
    transcript.pipe("5433", &["set", "PORT"]);
    transcript.run(&["rekey", "--dry-run", "--json"]).ok();
    transcript.run(&["rekey", "--reason", "a second pair of eyes"]).ok();
    transcript.pipe("5433", &["set", "PORT"]).ok();
    transcript.run(&["history"]).ok();
    for key in ["age.key", "other.key"] {
        let opened = Output::of(&mut project.around("age", &["-d", "-i", key, ".env.age"])).ok();
        assert_eq!(opened.stdout, ENV.replace("5432", "5433"));
    }
    transcript.told("whole-age-rekey");
}

#[test]
fn bytes_that_nobody_names_come_back_as_they_were() {
    let project = Project::empty();
    let bytes = b"0.\x02\x01\0\xff=ze4\x8d";
    project.write("key.der", bytes);
    project.run(&["encrypt", "key.der", "--age", RECIPIENT, "-o", "key.der.age"]).ok();
    let output = project.command(&["decrypt", "key.der.age"]).output().unwrap();
    assert!(output.status.success() && output.stdout == bytes);
}
