//! Values that sops holds as numbers, booleans and times. They are read as sops shows them, and their MAC fits.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{decrypt, on_many, readable};
use crate::harness::{Project, RECIPIENT, have};

const FILE: &str = ".env.enc";

#[test]
fn values_that_sops_set_typed_are_read_as_sops_shows_them() {
    if !have("interop::values_that_sops_set_typed_are_read_as_sops_shows_them", &["sops"]) {
        return;
    }
    let project = Project::sealed("A=1\nOTHER=x\n");
    let values = [
        "5432",
        "true",
        "false",
        "1.5",
        "12345678901",
        "0.00001",
        "-0",
        "1e21",
        "\"text\"",
        "9007199254740993",
    ];
    for (n, value) in values.iter().enumerate() {
        let index = format!("[\"K{n}\"]");
        project.sops(&["set", "--input-type", "dotenv", "--output-type", "dotenv", FILE, &index, value]).ok();
    }
    agree(&project);
    assert_eq!(project.get("K0"), "5432.0");
    assert_eq!(project.get("K1"), "true");
    assert_eq!(project.get("K4"), "1.2345678901E+10");
}

#[test]
fn any_number_is_read_as_sops_shows_it() {
    if !have("interop::any_number_is_read_as_sops_shows_it", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let number = prop_oneof![
        any::<f64>().prop_filter("JSON has no infinity", |n| n.is_finite()),
        (-1e7..1e7f64),
        (-1.0..1.0f64),
        any::<i64>().prop_map(|n| n as f64),
        (-22..22i32).prop_map(|n| 10f64.powi(n)),
    ];
    on_many(8, &vec(number, 100), |numbers| {
        let named = numbers.iter().enumerate().map(|(i, n)| (format!("K{i}"), serde_json::json!(n)));
        let json = serde_json::Value::Object(named.collect());
        seal(&project, "json", &json.to_string());
        let (here, there) = (decrypt(&project, FILE), project.sops_decrypt(FILE));
        prop_assert!(here == there, "here\n{}\nsops\n{}", readable(&here), readable(&there));
        Ok(())
    });
    agree(&project);
}

#[test]
fn the_scalars_of_yaml_are_read_as_sops_shows_them() {
    if !have("interop::the_scalars_of_yaml_are_read_as_sops_shows_them", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let yaml = "int: 42\nneg: -7\nhex: 0x10\nbig: 9223372036854775807\nyes: true\nno: False\nfloat: 1.50\nexp: 1e3\n\
        inf: .inf\nninf: -.inf\nnan: .nan\ndate: 2020-01-02\ntime: 2020-01-02T03:04:05Z\nzone: 2001-12-14T21:59:43-05:00\n\
        fine: 2001-12-14T21:59:43.1234Z\ntext: \"42\"\n# a comment\nmany: \"a\\nb\"\nempty: \"\"\n";
    seal(&project, "yaml", yaml);
    agree(&project);
}

/// Both programs read the same, and still do after a change to another key.
fn agree(project: &Project) {
    let there = project.sops_decrypt(FILE);
    let here = decrypt(project, FILE);
    assert!(here == there, "here\n{}\nsops\n{}", readable(&here), readable(&there));
    project.pipe(&["set", "ANOTHER"], "value").ok();
    let want = [there.as_slice(), b"ANOTHER=value\n"].concat();
    assert_eq!(readable(&project.sops_decrypt(FILE)), readable(&want));
    assert_eq!(readable(&decrypt(project, FILE)), readable(&want));
}

/// Seals a file of another format as an env file.
fn seal(project: &Project, format: &str, text: &str) {
    project.write("input", text);
    let args = ["-e", "--age", RECIPIENT, "--input-type", format, "--output-type", "dotenv", "input"];
    let sealed = project.sops(&args).ok().stdout;
    project.write(FILE, sealed);
}
