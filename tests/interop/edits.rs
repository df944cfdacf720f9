//! Changes to a sealed file, by this program and by sops in turn: only what was asked for changes, and both read it.

use proptest::collection::vec;
use proptest::prelude::*;

use super::env_file::{Line, env_file, plain_name, text_value, written};
use super::rule::{Rule, rule};
use super::{decrypt, on_many, readable};
use crate::harness::{Project, have};

const FILE: &str = ".env.enc";

#[derive(Clone, Debug)]
enum Edit {
    /// Another value for a key that is there; the number chooses which.
    Change(usize, String),
    Add(String, String),
    Remove(usize),
}

/// An edit, and whether sops makes it.
fn edit() -> impl Strategy<Value = (Edit, bool)> {
    let edit = prop_oneof![
        3 => (any::<usize>(), text_value()).prop_map(|(n, value)| Edit::Change(n, value)),
        2 => (plain_name(), text_value()).prop_map(|(name, value)| Edit::Add(name, value)),
        1 => any::<usize>().prop_map(Edit::Remove),
    ];
    (edit, any::<bool>())
}

/// Names that both command lines can carry, none twice.
fn named_file() -> impl Strategy<Value = Vec<Line>> {
    env_file().prop_map(without_duplicates)
}

fn without_duplicates(lines: Vec<Line>) -> Vec<Line> {
    let mut seen: Vec<Vec<u8>> = Vec::new();
    lines
        .into_iter()
        .filter(|l| match l {
            Line::Pair(key, _) => {
                let fit = can_be_named(key) && !seen.contains(key);
                seen.push(key.clone());
                fit
            }
            Line::Comment(_) => true,
            Line::Blank => false,
        })
        .collect()
}

fn can_be_named(key: &[u8]) -> bool {
    std::str::from_utf8(key).is_ok_and(|k| {
        !k.is_empty()
            && k.trim() == k
            && !k.starts_with('-')
            && !k.chars().any(char::is_control)
            && !k.contains(['"', '\\', '[', ']'])
    })
}

#[test]
fn edits_in_turn_change_only_what_was_asked_for() {
    if !have("interop::edits_in_turn_change_only_what_was_asked_for", &["sops"]) {
        return;
    }
    let edits = vec(edit(), 1..6);
    on_many(30, &(named_file(), rule(), edits), |(lines, rule, edits)| {
        let project = Project::empty();
        rule.seal_by_sops(&project, &written(&lines), FILE);
        let mut model = lines;
        for (edit, by_sops) in edits {
            let Some((name, value)) = concrete(&edit, &model) else { continue };
            let before = project.read(FILE);
            if by_sops {
                change_by_sops(&project, &name, value.as_deref());
            } else if !change_here(&project, &name, value.as_deref()) {
                // refused before anything was touched
                prop_assert!(project.read(FILE) == before);
                continue;
            } else if !rule.reads_comments() {
                let (was, is) = (others(&before, &name), others(&project.read(FILE), &name));
                prop_assert!(was == is, "{edit:?} {rule:?}\n{was:#?}\n{is:#?}");
            }
            apply(&mut model, &name, value.as_deref());
            let want = written(&model);
            let there = project.sops_decrypt(FILE);
            prop_assert!(
                there == want,
                "{edit:?} {rule:?}\nsops\n{}\nwant\n{}",
                readable(&there),
                readable(&want)
            );
            let here = decrypt(&project, FILE);
            prop_assert!(
                here == want,
                "{edit:?} {rule:?}\nhere\n{}\nwant\n{}",
                readable(&here),
                readable(&want)
            );
        }
        Ok(())
    });
}

/// The key that an edit is about, and its new value. `None`: the file has no key to edit.
fn concrete(edit: &Edit, model: &[Line]) -> Option<(String, Option<String>)> {
    let names: Vec<String> = model
        .iter()
        .filter_map(|l| match l {
            Line::Pair(key, _) => Some(String::from_utf8(key.clone()).unwrap()),
            _ => None,
        })
        .collect();
    match edit {
        Edit::Change(n, value) => Some((names.get(n % names.len().max(1))?.clone(), Some(value.clone()))),
        Edit::Add(name, value) => Some((name.clone(), Some(value.clone()))),
        Edit::Remove(n) => Some((names.get(n % names.len().max(1))?.clone(), None)),
    }
}

/// What the file must hold afterwards.
fn apply(model: &mut Vec<Line>, name: &str, value: Option<&str>) {
    let is_it = |l: &Line| matches!(l, Line::Pair(key, _) if key == name.as_bytes());
    let Some(value) = value else { return model.retain(|l| !is_it(l)) };
    let line = Line::Pair(name.into(), value.replace('\n', "\\n").into());
    match model.iter().position(is_it) {
        Some(at) => model[at] = line,
        None => model.push(line),
    }
}

fn change_by_sops(project: &Project, name: &str, value: Option<&str>) {
    let index = format!("[{}]", serde_json::json!(name));
    let types = ["--input-type", "dotenv", "--output-type", "dotenv"];
    let (command, text) = match value {
        Some(value) => ("set", Some(serde_json::json!(value).to_string())),
        None => ("unset", None),
    };
    let mut args = vec![command];
    args.extend(types);
    args.extend([FILE, &index]);
    args.extend(text.as_deref());
    project.sops(&args).ok();
}

/// Whether it was done; a refusal must say what it is about.
fn change_here(project: &Project, name: &str, value: Option<&str>) -> bool {
    let output = match value {
        Some(value) => project.pipe(&["set", name, "--keep-newline"], value),
        None => project.run(&["unset", name]),
    };
    if output.code == Some(1) && ["backslash", "in clear"].iter().any(|why| output.stderr.contains(why)) {
        return false;
    }
    output.ok();
    true
}

/// Every line but the key's own, the time and the MAC.
fn others(sealed: &[u8], name: &str) -> Vec<String> {
    let own = [name, "sops_lastmodified", "sops_mac"].map(|n| format!("{n}=").into_bytes());
    let lines = sealed.split(|b| *b == b'\n');
    lines.filter(|l| !own.iter().any(|o| l.starts_with(o))).map(readable).collect()
}

#[test]
fn duplicates_become_one_and_sops_agrees() {
    if !have("interop::duplicates_become_one_and_sops_agrees", &["sops"]) {
        return;
    }
    let project = Project::empty();
    Rule::USUAL.seal_by_sops(&project, b"A=1\nB=x\nA=2\n# end\nB=x\nA=1\n", FILE);
    let before = project.read(FILE);
    project.pipe(&["set", "A"], "3").ok();
    assert_eq!(others(&before, "A"), others(&project.read(FILE), "A"));
    assert_eq!(project.sops_decrypt(FILE), b"A=3\nB=x\n# end\nB=x\n");
    project.run(&["unset", "B"]).ok();
    assert_eq!(project.sops_decrypt(FILE), b"A=3\n# end\n");
}

#[test]
fn the_same_value_again_changes_no_byte() {
    if !have("interop::the_same_value_again_changes_no_byte", &["sops"]) {
        return;
    }
    let project = Project::empty();
    Rule::USUAL.seal_by_sops(&project, b"A=1\nB=\n", FILE);
    let before = project.read(FILE);
    project.pipe(&["set", "A"], "1").ok();
    project.pipe(&["set", "B", "--allow-empty"], "").ok();
    assert!(project.read(FILE) == before);
}

#[test]
fn a_refused_change_changes_no_byte() {
    if !have("interop::a_refused_change_changes_no_byte", &["sops"]) {
        return;
    }
    let project = Project::empty();
    Rule::USUAL.seal_by_sops(&project, b"A=1\nX_unencrypted=2\n", FILE);
    let before = project.read(FILE);
    for name in ["A=B", "#c", "sops_x", ""] {
        project.pipe(&["set", name], "v").code(2);
    }
    project.pipe(&["set", "A"], "").code(1);
    project.pipe(&["set", "A"], "a\0b").code(1);
    project.run(&["unset", "C"]).code(1);
    assert!(project.read(FILE) == before);
}

/// An encrypted value holds a backslash before an n as it is; in a line in clear it means a line feed.
#[test]
fn a_backslash_before_an_n_survives_encrypted_and_is_refused_in_clear() {
    if !have("interop::a_backslash_before_an_n_survives_encrypted_and_is_refused_in_clear", &["sops"]) {
        return;
    }
    let project = Project::empty();
    Rule::USUAL.seal_by_sops(&project, b"A=1\nX_unencrypted=2\n", FILE);
    project.pipe(&["set", "A"], r"C:\new").ok();
    assert_eq!(project.get("A"), r"C:\new");
    let before = project.read(FILE);
    for name in ["X_unencrypted", "Y_unencrypted"] {
        project.pipe(&["set", name], r"C:\new").code(1).says("backslash").hides("new");
    }
    assert!(project.read(FILE) == before);
    assert_eq!(project.sops_decrypt(FILE), b"A=C:\\new\nX_unencrypted=2\n");
}

/// Without the key between them, the comment would reach the key below it.
#[test]
fn a_change_that_would_lay_another_value_in_clear_is_refused() {
    if !have("interop::a_change_that_would_lay_another_value_in_clear_is_refused", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let rule = Rule { field: "unencrypted_comment_regex", text: "keep:", mac_only_encrypted: false };
    rule.seal_by_sops(&project, b"# keep:\nOPEN=1\nSECRET=hidden-value\n", FILE);
    let before = project.read(FILE);
    project.run(&["unset", "OPEN"]).code(1).says("SECRET").says("in clear").hides("hidden-value");
    assert!(project.read(FILE) == before);
    project.run(&["unset", "SECRET"]).ok();
    assert_eq!(project.sops_decrypt(FILE), b"# keep:\nOPEN=1\n");
}
