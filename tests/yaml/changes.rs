//! Changing one value: sops opens what comes of it, and every other byte is what it was.

use serde_json::{Value, json};

use super::{by_sops, seal, seal_by_sops};
use crate::harness::{Project, have};

const PLAIN: &str = "# head\n\nkept:   'as it is'  # inline\nlist:\n- one\n# between\n- k: v\n  l: w\n\n\nflow: {a: x, b: [1, 2]}\nempty: {}\nnothing:\ntext: |\n  two\n  lines\n\n# last\n";

#[test]
fn one_value_changes_and_every_other_byte_stays() {
    if !have("yaml::one_value_changes_and_every_other_byte_stays", &["sops"]) {
        return;
    }
    let project = Project::empty();
    project.write("sealed", seal(&project, PLAIN).ok().stdout);
    let before = project.text("sealed");
    project.pipe(&["-f", "sealed", "set", "list[1].k"], "new").ok();
    let after = project.text("sealed");
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let changed: Vec<_> = lines(&before).into_iter().zip(lines(&after)).filter(|(a, b)| a != b).collect();
    assert!(changed.len() <= 3, "{changed:?}");
    let names = ["- k: ", "lastmodified: ", "mac: "];
    assert!(changed.iter().all(|(a, _)| names.iter().any(|name| a.contains(name))), "{changed:?}");
    assert_eq!(by_sops(&project, "sealed")["list"][1], json!({"k": "new", "l": "w"}));
}

#[test]
fn sops_opens_what_every_kind_of_change_leaves() {
    if !have("yaml::sops_opens_what_every_kind_of_change_leaves", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let set: [(&str, &str); 14] = [
        ("kept", "a: b # c"),
        ("new", "v"),
        ("list[2]", "v"),
        ("list[1].new", "v"),
        ("list[2].x[0].y", "v"),
        ("flow.new", "v"),
        ("flow.b[2]", "12"),
        ("flow.b[2].c", "v"),
        ("empty.a.b", "v"),
        ("nothing", "2020-01-01"),
        ("nothing.a", "v"),
        ("text", "other\nlines\n"),
        ("text", " # \u{7}"),
        ("[\"with blank\"][\"yes\"]", "no"),
    ];
    for there in [false, true] {
        if there {
            seal_by_sops(&project, PLAIN, "first");
        } else {
            project.write("first", seal(&project, PLAIN).ok().stdout);
        }
        let before = by_sops(&project, "first");
        for (name, value) in set {
            project.write("sealed", project.read("first"));
            project.pipe(&["-f", "sealed", "set", "--keep-newline", name], value).ok();
            let after = by_sops(&project, "sealed");
            assert!(contains(&after, value), "{name}: {after}");
            let count = |value: &Value| value.as_object().map_or(0, serde_json::Map::len);
            assert!(count(&after) - count(&before) <= 1, "{name}: {after}");
        }
        for name in [
            "kept",
            "list",
            "list[0]",
            "list[1]",
            "list[1].k",
            "flow",
            "flow.a",
            "flow.b",
            "flow.b[1]",
            "empty",
            "nothing",
            "text",
        ] {
            project.write("sealed", project.read("first"));
            project.run(&["-f", "sealed", "unset", name]).ok();
            let after = by_sops(&project, "sealed");
            assert_ne!(after, before, "{name}");
        }
        // the last entry leaves an empty map or list
        project.write("sealed", project.read("first"));
        for name in ["list[1].k", "list[1].l", "flow.b[0]", "flow.b[0]"] {
            project.run(&["-f", "sealed", "unset", name]).ok();
        }
        let after = by_sops(&project, "sealed");
        assert_eq!((&after["list"], &after["flow"]["b"]), (&json!(["one", {}]), &json!([])));
    }
}

fn contains(value: &Value, text: &str) -> bool {
    match value {
        Value::String(s) => s == text,
        Value::Array(all) => all.iter().any(|v| contains(v, text)),
        Value::Object(map) => map.values().any(|v| contains(v, text)),
        _ => false,
    }
}
