//! Numbers: whole ones are kept whole, others as far as a float goes, and what would change is refused.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::{FILE, here, seal, seal_by_sops, there, value};
use crate::harness::{Project, RECIPIENT, have};
use crate::interop::on_many;

#[test]
fn whole_numbers_keep_their_digits_and_the_real_sops_reads_them() {
    if !have("json::numbers::whole_numbers_keep_their_digits_and_the_real_sops_reads_them", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let text = r#"{"a":9007199254740993,"b":-9223372036854775808,"c":9223372036854775807,"d":0,"e_unencrypted":9007199254740992}"#;
    seal(&project, text);
    assert_eq!(here(&project), format!("{text}\n"));
    // sops 3.11 reads a number that is marked as whole with all its digits
    assert_eq!(value(&there(&project)), value(text));
    project.pipe(&["-f", FILE, "set", "a"], "9007199254740995").ok();
    project.pipe(&["-f", FILE, "set", "d"], "1.5").ok();
    project.pipe(&["-f", FILE, "set", "c"], "no number").ok();
    let text = text
        .replace("0993", "0995")
        .replace("\"d\":0", "\"d\":1.5")
        .replace("9223372036854775807", "\"no number\"");
    assert_eq!(here(&project), format!("{text}\n"));
    assert_eq!(value(&there(&project)), value(&text));
}

#[test]
fn any_number_that_sops_sealed_is_shown_as_sops_shows_it() {
    if !have("json::numbers::any_number_that_sops_sealed_is_shown_as_sops_shows_it", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let number = prop_oneof![
        any::<f64>().prop_filter("JSON has no infinity", |n| n.is_finite()),
        -1e7..1e7f64,
        -1.0..1.0f64,
        any::<i64>().prop_map(|n| n as f64),
        (-30..30i32).prop_map(|n| 10f64.powi(n)),
    ];
    on_many(10, &vec((number, any::<bool>()), 60), |numbers| {
        let entries = numbers.iter().enumerate().map(|(n, (number, clear))| {
            let name = if *clear { format!("k{n}_unencrypted") } else { format!("k{n}") };
            (name, serde_json::json!(number))
        });
        let text = serde_json::Value::Object(entries.collect()).to_string();
        seal_by_sops(&project, &text);
        prop_assert_eq!(here(&project), there(&project));
        // another value changes, and these are still what they were
        project.pipe(&["-f", FILE, "set", "new"], "x").ok();
        prop_assert_eq!(value(&here(&project)), value(&there(&project)));
        // the same numbers sealed here, where they are not too long for it
        project.write("plain.json", &text);
        let output = project.run(&["encrypt", "plain.json", "--age", RECIPIENT]);
        if output.code == Some(0) {
            project.write(FILE, output.stdout);
            prop_assert_eq!(value(&there(&project)), value(&text));
        } else if !output.stderr.contains("put it in quotes") {
            return Err(TestCaseError::fail(output.stderr));
        }
        Ok(())
    });
}

#[test]
fn numbers_that_would_change_are_refused() {
    let project = Project::empty();
    for (text, line) in [
        ("{\"a\": \"x\",\n \"n\": 9223372036854775808}", 2),
        ("{\"n\": 0.10000000000000000555}", 1),
        ("{\"n\": [1,\n\n 1e-400]}", 3),
        ("{\"a\": \"x\", \"n_unencrypted\": 9007199254740993}", 1),
    ] {
        project.write("plain.json", text);
        let output = project.run(&["encrypt", "plain.json", "--age", RECIPIENT]);
        output
            .code(1)
            .says(&format!("line {line}"))
            .says("in quotes")
            .hides("9223372036854775808")
            .hides("0.1000");
    }
    for text in [r#"{"a": 1e400}"#, r#"{"a": -1e999}"#] {
        project.write("plain.json", text);
        project
            .run(&["encrypt", "plain.json", "--age", RECIPIENT])
            .code(1)
            .says("line 1: a number is too large");
    }
    seal(&project, r#"{"a":"x","n_unencrypted":1}"#);
    project.pipe(&["-f", FILE, "set", "n_unencrypted"], "9007199254740993").code(1).says("in quotes");
}

#[test]
fn numbers_that_nobody_touched_in_an_editor_keep_their_ciphertext() {
    if !have(
        "json::numbers::numbers_that_nobody_touched_in_an_editor_keep_their_ciphertext",
        &["sops", "sed"],
    ) {
        return;
    }
    let project = Project::empty();
    seal_by_sops(&project, r#"{"a":1,"b":2.5,"c":true,"d":"text"}"#);
    let before = String::from_utf8(project.read(FILE)).unwrap();
    let mut edit = project.command(&["-f", FILE, "edit"]);
    let output = edit.env("EDITOR", "sed -i s/text/other/").output().unwrap();
    if !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("namespace") {
        return;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let after = String::from_utf8(project.read(FILE)).unwrap();
    let differ = before.lines().zip(after.lines()).filter(|(a, b)| a != b).count();
    assert_eq!(differ, 3, "{after}");
    assert_eq!(value(&there(&project)), value(r#"{"a":1,"b":2.5,"c":true,"d":"other"}"#));
}
