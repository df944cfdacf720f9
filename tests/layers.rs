//! Who may know whom: reads the `use crate::…` lines and the `crate::…` paths of every file against the table of
//! docs/design.md.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Module, and what it may use. `*` stands for everything.
const TABLE: [(&str, &[&str]); 21] = [
    ("main", &["*"]),
    ("lib", &["*"]),
    ("cli", &["*"]),
    ("fuzzing", &["sops", "keys", "secret"]),
    (
        "rotate",
        &[
            "saga", "target", "deploy", "disk", "sops", "keys", "audit", "config", "dialect", "process",
            "secret", "error",
        ],
    ),
    ("doctor", &["kind", "disk", "sops", "config", "dialect", "secret", "error"]),
    ("scan", &["kind", "sops", "keys", "config", "disk", "process", "secret", "error"]),
    ("audit", &["disk", "error"]),
    ("saga", &["disk", "error"]),
    ("target", &["docker", "process", "config", "secret", "error"]),
    ("deploy", &["docker", "process", "disk", "config", "dialect", "secret", "error"]),
    ("docker", &["process", "error"]),
    ("process", &["secret", "error"]),
    ("sops", &["keys", "secret", "error"]),
    ("config", &["dialect", "secret", "error"]),
    ("dialect", &["secret", "error"]),
    ("keys", &["secret", "error"]),
    ("disk", &["secret", "error"]),
    ("secret", &["error"]),
    ("kind", &[]),
    ("error", &[]),
];

#[test]
fn modules_know_only_what_stands_below_them() {
    let table: BTreeMap<_, _> = TABLE.into_iter().collect();
    let mut wrong = Vec::new();
    for path in sources(Path::new("src")) {
        let module = module(&path);
        let allowed = table.get(module.as_str()).unwrap_or_else(|| panic!("{module} is not in the table"));
        for used in used(&fs::read_to_string(&path).unwrap()) {
            if used != module && !allowed.contains(&"*") && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{path} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_journal_of_the_saga_touches_the_disk() {
    for path in sources(Path::new("src/saga")) {
        let uses = used(&fs::read_to_string(&path).unwrap()).iter().any(|m| m == "disk");
        assert!(!uses || path.ends_with("journal.rs") || path.ends_with("tests.rs"), "{path}");
    }
}

#[test]
fn no_secret_type_can_be_printed_or_copied() {
    let text = fs::read_to_string("src/secret/value.rs").unwrap();
    let at = text.find("pub struct SecretValue").unwrap();
    let before = &text[text[..at].rfind("\n\n").unwrap()..at];
    assert!(!before.contains("derive"), "{before}");
    for ability in ["Debug", "Display", "Clone", "Serialize", "AsRef", "Deref", "Borrow"] {
        assert!(!text.contains(&format!("impl {ability} for SecretValue")), "{ability}");
        assert!(!text.contains(&format!("::{ability} for SecretValue")), "{ability}");
    }
}

#[test]
fn files_stay_small() {
    for path in sources(Path::new("src")) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 600, "{path} has {lines} lines: what are its two ideas?");
    }
}

fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path.to_str().unwrap().to_owned());
        }
    }
    found
}

fn module(path: &str) -> String {
    let below = path.strip_prefix("src/").unwrap();
    below.split('/').next().unwrap().trim_end_matches(".rs").to_owned()
}

/// The modules behind `crate::`, in `use` lines, braces and plain paths.
fn used(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    let mut found = Vec::new();
    for part in code.split("crate::").skip(1) {
        let name: String = part.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
        if !name.is_empty() {
            found.push(name);
        }
    }
    found
}
