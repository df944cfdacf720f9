//! INI files: the real sops beside this program on files made up at random, every place where something can come or
//! go, and text about which readers guess.

mod changes;
mod file;
mod refused;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::harness::{Project, RECIPIENT, have};
use crate::interop::on_many;
use file::{Section, ini, values, written};

const FILE: &str = "file.enc.ini";

fn seal(project: &Project, text: &str) {
    project.write("plain.ini", text);
    let sealed = project.run(&["encrypt", "plain.ini", "--age", RECIPIENT]).ok().stdout;
    project.write(FILE, sealed);
}

fn seal_by_sops(project: &Project, text: &str) {
    project.write("plain.ini", text);
    let sealed = project.sops(&["encrypt", "--age", RECIPIENT, "plain.ini"]).ok().stdout;
    project.write(FILE, sealed);
}

fn here(project: &Project) -> String {
    project.run(&["decrypt", FILE]).ok().stdout
}

fn there(project: &Project) -> String {
    project.sops(&["decrypt", FILE]).ok().stdout
}

/// What sops makes of a text of its own or of ours: sealed by it and given back as JSON, values and order.
fn as_sops_reads(project: &Project, text: &str) -> String {
    project.write("read.ini", text);
    let sealed = project.sops(&["encrypt", "--age", RECIPIENT, "read.ini"]).ok().stdout;
    project.write("read.enc.ini", sealed);
    project.sops(&["decrypt", "--output-type", "json", "read.enc.ini"]).ok().stdout
}

/// The sealed file's values as JSON, by sops.
fn values_there(project: &Project) -> String {
    project.sops(&["decrypt", "--output-type", "json", FILE]).ok().stdout
}

#[test]
fn what_is_sealed_here_sops_reads_as_it_reads_the_plain_text() {
    if !have("ini::what_is_sealed_here_sops_reads_as_it_reads_the_plain_text", &["sops"]) {
        return;
    }
    let project = Project::empty();
    on_many(60, &ini(), |sections| {
        let text = written(&sections);
        seal(&project, &text);
        let want = as_sops_reads(&project, &text);
        prop_assert_eq!(values_there(&project), want.clone());
        // and in plain again it still says the same, to sops and here
        let plain = here(&project);
        prop_assert_eq!(as_sops_reads(&project, &plain), want);
        for (name, value) in values(&sections) {
            prop_assert_eq!(project.run(&["-f", FILE, "get", "-n", &name]).ok().stdout, value);
        }
        Ok(())
    });
}

#[test]
fn what_sops_seals_is_read_here_as_sops_reads_it() {
    if !have("ini::what_sops_seals_is_read_here_as_sops_reads_it", &["sops"]) {
        return;
    }
    let project = Project::empty();
    on_many(60, &ini(), |sections| {
        let text = written(&sections);
        seal_by_sops(&project, &text);
        // sops writes back values in clear in a form that it then reads differently
        let before = values_there(&project);
        prop_assert_eq!(as_sops_reads(&project, &here(&project)), before);
        for (name, value) in values(&sections) {
            prop_assert_eq!(project.run(&["-f", FILE, "get", "-n", &name]).ok().stdout, value);
        }
        Ok(())
    });
}

#[test]
fn changes_in_turn_by_both_programs_are_read_by_both() {
    if !have("ini::changes_in_turn_by_both_programs_are_read_by_both", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let changes = vec((any::<usize>(), 0..4u8, any::<bool>(), file::value()), 1..6);
    on_many(25, &(ini(), changes), |(sections, changes): (Vec<Section>, _)| {
        seal(&project, &written(&sections));
        let mut model = values(&sections);
        for (n, what, by_sops, text) in changes {
            let there = model.get(n % model.len().max(1)).cloned();
            let (name, change) = match (what, there) {
                (0 | 1, Some((name, _))) => (name, Some(text)),
                (2, Some((name, _))) => (name, None),
                (_, Some((name, _))) => {
                    let section = name.split(']').next().unwrap().to_owned();
                    (format!("{section}][\"new{n}\"]"), Some(text))
                }
                (_, None) => (format!("[\"fresh\"][\"new{n}\"]"), Some(text)),
            };
            let before = project.read(FILE);
            // its command line knows no keys with brackets
            let by_sops = by_sops && name.matches(['[', ']']).count() == 4;
            match (&change, by_sops) {
                (Some(text), true) => {
                    let text = serde_json::Value::from(text.as_str()).to_string();
                    let output = project.sops(&["set", FILE, &name, &text]);
                    // it sets nothing in a section that is not there
                    if output.code != Some(0) {
                        continue;
                    }
                }
                (Some(text), false) => {
                    project.pipe(&["-f", FILE, "set", "--keep-newline", "--allow-empty", &name], text).ok();
                    if model.iter().any(|(there, _)| *there == name) {
                        only_a_few_lines_differ(&before, &project.read(FILE));
                    }
                }
                (None, true) => {
                    project.sops(&["unset", FILE, &name]).ok();
                }
                (None, false) => {
                    project.run(&["-f", FILE, "unset", &name]).ok();
                }
            }
            match (model.iter().position(|(there, _)| *there == name), change) {
                (Some(at), Some(text)) => model[at].1 = text,
                (None, Some(text)) => model.push((name, text)),
                (Some(at), None) => {
                    model.remove(at);
                }
                (None, None) => {}
            }
            for (name, value) in &model {
                prop_assert_eq!(&project.run(&["-f", FILE, "get", "-n", name]).ok().stdout, value);
            }
            let json: serde_json::Value = serde_json::from_str(&values_there(&project)).unwrap();
            let count: usize = json.as_object().unwrap().values().map(|s| s.as_object().unwrap().len()).sum();
            prop_assert_eq!(count, model.len());
        }
        Ok(())
    });
}

/// A value, the time and the MAC; what is sealed is one line.
fn only_a_few_lines_differ(before: &[u8], after: &[u8]) {
    let text = |file: &[u8]| String::from_utf8(file.to_vec()).unwrap();
    let (before, after) = (text(before), text(after));
    let in_clear = before.contains("_unencrypted ") || before.contains("_unencrypted=");
    if !in_clear {
        assert_eq!(before.lines().count(), after.lines().count());
        let differ = before.lines().zip(after.lines()).filter(|(a, b)| a != b).count();
        assert!(differ <= 3, "{before}\n{after}");
    }
}
