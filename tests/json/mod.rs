//! JSON files: the real sops beside this program on trees made up at random, every place where something can come or
//! go, and text that is no JSON.

mod changes;
mod numbers;
mod refused;
mod tree;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use crate::harness::{Project, RECIPIENT, have};
use crate::interop::on_many;
use tree::{Layout, Node, json, layout, written};

const FILE: &str = "file.enc.json";

/// Seals a text by this program.
fn seal(project: &Project, text: &str) {
    project.write("plain.json", text);
    let sealed = project.run(&["encrypt", "plain.json", "--age", RECIPIENT]).ok().stdout;
    project.write(FILE, sealed);
}

fn seal_by_sops(project: &Project, text: &str) {
    project.write("plain.json", text);
    let sealed = project.sops(&["encrypt", "--age", RECIPIENT, "plain.json"]).ok().stdout;
    project.write(FILE, sealed);
}

/// The file in plain, by this program.
fn here(project: &Project) -> String {
    project.run(&["decrypt", FILE]).ok().stdout
}

/// The same, by sops.
fn there(project: &Project) -> String {
    project.sops(&["decrypt", FILE]).ok().stdout
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn what_is_sealed_here_comes_back_byte_for_byte_and_sops_reads_it() {
    if !have("json::what_is_sealed_here_comes_back_byte_for_byte_and_sops_reads_it", &["sops"]) {
        return;
    }
    let project = Project::empty();
    on_many(60, &(json(), layout()), |(node, layout)| {
        let text = written(&node, layout);
        seal(&project, &text);
        prop_assert_eq!(here(&project), format!("{text}\n"));
        prop_assert_eq!(value(&there(&project)), value(&text));
        Ok(())
    });
}

#[test]
fn what_sops_seals_is_read_here_as_sops_reads_it() {
    if !have("json::what_sops_seals_is_read_here_as_sops_reads_it", &["sops"]) {
        return;
    }
    let project = Project::empty();
    on_many(60, &(json(), layout()), |(node, layout)| {
        seal_by_sops(&project, &written(&node, layout));
        let (here, there) = (here(&project), there(&project));
        // Go writes these as escapes, and here they stand as they are
        let there =
            ["<", ">", "&", "\u{2028}", "\u{2029}", "\u{8}", "\u{c}"].iter().fold(there, |text, char| {
                let code = format!("\\u{:04x}", u32::from(char.chars().next().unwrap()));
                if char.chars().all(char::is_control) { text } else { unescaped(&text, &code, char) }
            });
        prop_assert_eq!(
            here.replace("\\u0008", "\\b").replace("\\u000c", "\\f"),
            there.replace("\\u0008", "\\b").replace("\\u000c", "\\f")
        );
        Ok(())
    });
}

/// Replaces an escape, where its backslash is not itself escaped.
fn unescaped(text: &str, code: &str, char: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(code) {
        let before = rest[..at].bytes().rev().take_while(|b| *b == b'\\').count();
        out.push_str(&rest[..at]);
        out.push_str(if before % 2 == 0 { char } else { code });
        rest = &rest[at + code.len()..];
    }
    out + rest
}

#[test]
fn changes_in_turn_by_both_programs_are_read_by_both() {
    if !have("json::changes_in_turn_by_both_programs_are_read_by_both", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let changes = vec((any::<usize>(), 0..4u8, any::<bool>(), "[ -~ä\n]{1,12}"), 1..6);
    on_many(25, &(json(), layout(), changes), |(node, layout, changes)| {
        seal(&project, &written(&node, layout));
        let mut model = value(&written(&node, layout));
        for (n, what, by_sops, text) in changes {
            let places = tree::places(&model);
            let (way, is_leaf) = places[n % places.len()].clone();
            let (way, change) = match what {
                0 | 1 if is_leaf => (way, Some(text)),
                2 if !way.is_empty() => (way, None),
                _ => match tree::new_below(&model, &way, n) {
                    Some(way) => (way, Some(text)),
                    None => continue,
                },
            };
            let index = tree::index(&way);
            let before = project.read(FILE);
            match (&change, by_sops) {
                // a null and what is empty are of no kind here, and sops has a text in their place too
                (Some(text), true) => {
                    let text = Value::from(text.clone()).to_string();
                    project.sops(&["set", FILE, &index, &text]).ok();
                }
                (Some(text), false) => {
                    project.pipe(&["-f", FILE, "set", "--keep-newline", &index], text).ok();
                    tree::only_these_differ(&before, &project.read(FILE), &model, &way);
                }
                (None, true) => {
                    project.sops(&["unset", FILE, &index]).ok();
                }
                (None, false) => {
                    project.run(&["-f", FILE, "unset", &index]).ok();
                }
            }
            tree::apply(&mut model, &way, change.map(Value::from));
            let (here, there) = (value(&here(&project)), value(&there(&project)));
            // a text that is a number can become one in the place of a number
            prop_assert_eq!(tree::texts(&here), tree::texts(&model), "{} by sops: {}", index, by_sops);
            prop_assert_eq!(here, there);
        }
        Ok(())
    });
}

#[test]
fn a_file_of_any_layout_stays_laid_out_as_it_is() {
    let project = Project::empty();
    for layout in Layout::ALL {
        let node = Node::Map(vec![
            ("a".into(), Node::Text("x".into())),
            ("m".into(), Node::Map(vec![("k".into(), Node::Text("y".into()))])),
            ("l".into(), Node::List(vec![Node::Int(1), Node::Int(2)])),
        ]);
        let text = written(&node, layout);
        seal(&project, &text);
        let sealed = String::from_utf8(project.read(FILE)).unwrap();
        let head = sealed.find("\"sops\"").unwrap();
        assert_eq!(sealed[..head].matches('\n').count() > 1, text.contains('\n'), "{sealed}");
        project.pipe(&["-f", FILE, "set", "m.z"], "new").ok();
        project.pipe(&["-f", FILE, "set", "l[2]"], "new").ok();
        project.pipe(&["-f", FILE, "set", "n.o.p"], "new").ok();
        for name in ["m.z", "l[2]", "n"] {
            project.run(&["-f", FILE, "unset", name]).ok();
        }
        assert_eq!(here(&project), format!("{text}\n"));
    }
}
