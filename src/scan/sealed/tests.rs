//! Files that real sops sealed, as they are and as hands changed them.

use crate::scan::kind::Name;
use crate::scan::plain::Rules;
use crate::scan::{Guard, Known, Scanner};

fn found(path: &str, content: &[u8]) -> Vec<(&'static str, usize)> {
    let guard = Guard::new(crate::scan::Words::new(), Rules::default(), Known::default());
    let mut found = Vec::new();
    let name = Name::of(path.as_bytes());
    Scanner::new(&guard).scan(&name, &mut &*content, &mut found).unwrap();
    found.iter().map(|f| (f.rule, f.line)).collect()
}

#[expect(clippy::disallowed_methods, reason = "a test reads the vectors of the tree")]
fn vectors() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir("fixtures/sops/enc").unwrap() {
        let path = entry.unwrap().path();
        all.push((path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()));
    }
    all.sort();
    all
}

/// Vectors that show something in clear, or lack the MAC, and what is said of them.
const WRONG: [(&str, &str); 13] = [
    ("037", "sealed-rule-encrypts-nothing"),
    ("038", "sealed-rule-encrypts-nothing"),
    ("069", "sealed-no-mac"),
    ("070", "sealed-no-mac"),
    ("071", "sealed-no-mac"),
    ("073", "sealed-leaf-in-clear"),
    ("076", "sealed-leaf-in-clear"),
    ("105", "sealed-leaf-in-clear"),
    ("106", ""),
    ("112", "sealed-no-mac"),
    ("083", "sealed-for-nobody"),
    ("086", ""),
    ("115", ""),
];

#[test]
fn no_sealed_file_yields_a_finding_unless_it_shows_something() {
    let mut wrong = Vec::new();
    for (file, content) in vectors() {
        let wants = WRONG.iter().find(|(id, _)| file.starts_with(id)).map_or("", |(_, rule)| rule);
        for name in [file.as_str(), ".env.enc", ".env", "app.yaml", "x"] {
            let rules: Vec<_> = found(name, &content).into_iter().map(|(rule, _)| rule).collect();
            let fits = if wants.is_empty() {
                rules.is_empty()
            } else {
                rules.contains(&wants) && rules.iter().all(|r| *r == wants)
            };
            if !fits {
                wrong.push(format!("{file} as {name}: {rules:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn vector(start: &str) -> String {
    let (_, content) = vectors().into_iter().find(|(name, _)| name.starts_with(start)).unwrap();
    String::from_utf8(content).unwrap()
}

const SECRET: &str = "hY7kQ2mXv9Lp4RtZ8wBn";

#[test]
fn what_was_added_by_hand_is_found_on_its_line() {
    let env = format!("NEW_PASSWORD={SECRET}\n{}", vector("001"));
    assert_eq!(found(".env.enc", env.as_bytes()), [("sealed-leaf-in-clear", 1)]);
    let yaml = format!("new: {{password: \"{SECRET}\"}}\n{}", vector("043"));
    assert_eq!(found("s.enc.yaml", yaml.as_bytes()), [("sealed-leaf-in-clear", 1)]);
    let json = vector("046").replacen('{', "{\"n\": 12345,", 1);
    assert_eq!(found("s.enc.json", json.as_bytes()), [("sealed-leaf-in-clear", 1)]);
    let ini = vector("048").replacen("]\n", &format!("]\nnew = {SECRET}\n"), 1);
    assert_eq!(found("s.enc.ini", ini.as_bytes()).len(), 1);
    let many = vector("044");
    let many = many.replacen("---\n", &format!("---\nnew: {SECRET}\n"), 1);
    assert_eq!(found("s.yaml", many.as_bytes()).len(), 1);
}

#[test]
fn null_and_empty_values_are_never_sealed() {
    let yaml = format!("a: null\nb: \"\"\nc: {{}}\nd: []\n{}", vector("043"));
    assert_eq!(found("s.enc.yaml", yaml.as_bytes()), []);
}

#[test]
fn a_comment_is_found_if_it_holds_a_secret() {
    let base = vector("043");
    for comment in
        ["rotate it each month, see the wiki", "password: ask the team", "NOTE: https://example.com/a/b"]
    {
        assert_eq!(found("s.enc.yaml", format!("# {comment}\n{base}").as_bytes()), [], "{comment}");
    }
    for comment in
        [format!("old password: {SECRET}"), format!("DB_PASSWORD={SECRET}"), format!("was ({SECRET}) before")]
    {
        let all = found("s.enc.yaml", format!("# x\n# {comment}\n{base}").as_bytes());
        assert_eq!(all, [("sealed-comment-in-clear", 2)], "{comment}");
        let env = format!("#{comment}\n{}", vector("001"));
        assert_eq!(found(".env.enc", env.as_bytes()), [("sealed-comment-in-clear", 1)], "{comment}");
    }
}

#[test]
fn under_a_rule_that_names_what_is_sealed_a_new_secret_is_found() {
    let env = format!("SMTP_PASSWORD={SECRET}\nSMTP_HOST=mail.internal\n{}", vector("030"));
    assert_eq!(found(".env.enc", env.as_bytes()), [("sealed-rule-misses-secret", 1)]);
    // and under one that names what is not, it was meant
    let env = format!("SMTP_PASSWORD_unencrypted=mail-relay\n{}", vector("001"));
    assert_eq!(found(".env.enc", env.as_bytes()), []);
}

#[test]
fn a_body_that_was_opened_in_place_is_found() {
    let sealed = vector("001");
    let metadata: String =
        sealed.lines().filter(|l| l.starts_with("sops_")).map(|l| format!("{l}\n")).collect();
    let env = format!("DB_PASSWORD={SECRET}\nPORT=3000\n{metadata}");
    assert_eq!(found(".env.enc", env.as_bytes()), [("sealed-leaf-in-clear", 1), ("sealed-leaf-in-clear", 2)]);
}

#[test]
fn what_is_left_of_a_sealed_file_is_read_by_lines() {
    let sealed = vector("001");
    let body: String = sealed.lines().filter(|l| !l.starts_with("sops_")).map(|l| format!("{l}\n")).collect();
    for name in [".env.enc", ".env", "x.conf", "vars"] {
        let torn = format!("{body}NEW_PASSWORD={SECRET}\n");
        let line = torn.lines().count();
        assert_eq!(found(name, torn.as_bytes()), [("sealed-leaf-in-clear", line)], "{name}");
        assert_eq!(found(name, body.as_bytes()), [("sealed-no-metadata", 0)], "{name}");
    }
    let tree = vector("043");
    let body = tree.split("sops:\n").next().unwrap();
    assert_eq!(found("s.enc.yaml", body.as_bytes()), [("sealed-no-metadata", 0)]);
    let torn = format!("new_password: {SECRET}\n{body}");
    assert_eq!(found("s.enc.yaml", torn.as_bytes()), [("sealed-leaf-in-clear", 1)]);
    let for_nobody: String =
        sealed.lines().filter(|l| !l.starts_with("sops_age")).map(|l| format!("{l}\n")).collect();
    assert_eq!(found(".env.enc", for_nobody.as_bytes()), [("sealed-for-nobody", 0)]);
    let marked = format!("<<<<<<< HEAD\nA_PASSWORD={SECRET}\n=======\n>>>>>>> x\n{sealed}");
    assert_eq!(found(".env.enc", marked.as_bytes()), [("sealed-leaf-in-clear", 2)]);
    let no_mac: String =
        sealed.lines().filter(|l| !l.starts_with("sops_mac=")).map(|l| format!("{l}\n")).collect();
    assert_eq!(found(".env.enc", no_mac.as_bytes()), [("sealed-no-mac", 0)]);
}

#[test]
fn what_only_mentions_sops_is_not_judged() {
    for (name, text) in [
        (
            "README.md",
            "sops_mac=x\nsops_version=3\nsops_lastmodified=x\nA=ENC[AES256_GCM,data:x]\npassword: hunter2hunter2\n",
        ),
        ("values.yaml", "sops:\n  enabled: true\n  image: x\n"),
        ("ci.yaml", "run: sops -d x\n"),
        ("t.py", "sops:\nA=ENC[AES256_GCM,x]\n"),
        (".env", "PORT=8080\nMODE=x\nA=ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\n"),
    ] {
        assert_eq!(found(name, text.as_bytes()), [], "{name}");
    }
}
