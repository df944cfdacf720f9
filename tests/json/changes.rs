//! Every place where a value can come or go, in every layout; the real sops opens each result.

use super::{FILE, here, seal, there, value};
use crate::harness::{Project, have};

/// Makes a change to a sealed text, and compares what both programs read with a text.
fn after(text: &str, args: &[&str], want: &str) {
    let project = Project::empty();
    seal(&project, text);
    let line = [&["-f", FILE], args].concat();
    if args[0] == "set" {
        project.pipe(&line, "N").ok()
    } else {
        project.run(&line).ok()
    };
    assert_eq!(here(&project), format!("{want}\n"), "{text} {args:?}");
    assert_eq!(value(&there(&project)), value(want), "{text} {args:?}");
}

#[test]
fn what_comes_is_laid_out_as_what_stands_beside_it() {
    if !have("json::changes::what_comes_is_laid_out_as_what_stands_beside_it", &["sops"]) {
        return;
    }
    for (text, name, want) in [
        (r#"{"a":"x"}"#, "b", r#"{"a":"x","b":"N"}"#),
        (r#"{"a": "x", "c": 1}"#, "b", r#"{"a": "x", "c": 1, "b": "N"}"#),
        (r#"{ "a" : "x" }"#, "b", r#"{ "a" : "x", "b": "N" }"#),
        ("{\n\t\"a\": \"x\"\n}", "b", "{\n\t\"a\": \"x\",\n\t\"b\": \"N\"\n}"),
        ("{\n  \"a\": \"x\"\n}", "b.c", "{\n  \"a\": \"x\",\n  \"b\": {\n    \"c\": \"N\"\n  }\n}"),
        (
            "{\n  \"a\": \"x\"\n}",
            "b[0].c",
            "{\n  \"a\": \"x\",\n  \"b\": [\n    {\n      \"c\": \"N\"\n    }\n  ]\n}",
        ),
        (r#"{"a":"x","m":{}}"#, "m.k", r#"{"a":"x","m":{"k":"N"}}"#),
        (r#"{"a":"x","m":{ }}"#, "m.k", r#"{"a":"x","m":{"k":"N"}}"#),
        (r#"{"a":"x","l":[]}"#, "l[0]", r#"{"a":"x","l":["N"]}"#),
        (r#"{"a":"x","l":[1]}"#, "l[1]", r#"{"a":"x","l":[1,"N"]}"#),
        (r#"{"a": "x", "l": [1, 2]}"#, "l[2]", r#"{"a": "x", "l": [1, 2, "N"]}"#),
        (r#"{"a":"x","l":[[]]}"#, "l[0][0]", r#"{"a":"x","l":[["N"]]}"#),
        (r#"{"a":"x","l":[{"k":1}]}"#, "l[0].z", r#"{"a":"x","l":[{"k":1,"z":"N"}]}"#),
        (r#"{"a":"x","n":null}"#, "n", r#"{"a":"x","n":"N"}"#),
        (r#"{"a":"x","n":null}"#, "n.k", r#"{"a":"x","n":{"k":"N"}}"#),
        (
            "{\n  \"n\": null,\n  \"a\": \"x\"\n}",
            "n.k",
            "{\n  \"n\": {\n    \"k\": \"N\"\n  },\n  \"a\": \"x\"\n}",
        ),
        (
            "{\n  \"m\": {},\n  \"a\": \"x\"\n}",
            "m.k",
            "{\n  \"m\": {\n    \"k\": \"N\"\n  },\n  \"a\": \"x\"\n}",
        ),
        (
            "{\n  \"l\": [1, 2],\n  \"a\": \"x\"\n}",
            "l[2].k",
            "{\n  \"l\": [1, 2, {\"k\": \"N\"}],\n  \"a\": \"x\"\n}",
        ),
        ("{\"a\":\"x\",\n\"b\":1}", "c", "{\"a\":\"x\",\n\"b\":1,\n\"c\":\"N\"}"),
        (r#"{"a":"x"}"#, r#"["q\"\\ü"]"#, r#"{"a":"x","q\"\\ü":"N"}"#),
        (r#"{"a":"x","k":1,"k":2,"z":3}"#, "k", r#"{"a":"x","k":"N","z":3}"#),
        (r#"{"a":"\u0041"}"#, "a", r#"{"a":"N"}"#),
        (r#"{"\u0061":"x"}"#, "a", r#"{"\u0061":"N"}"#),
    ] {
        after(text, &["set", name], want);
    }
}

#[test]
fn what_goes_takes_one_comma_with_it() {
    if !have("json::changes::what_goes_takes_one_comma_with_it", &["sops"]) {
        return;
    }
    for (text, names, want) in [
        (r#"{"a":"x","b":1}"#, &["b"][..], r#"{"a":"x"}"#),
        (r#"{"a":"x","b":1}"#, &["a"], r#"{"b":1}"#),
        (r#"{"a":"x","b":1,"c":2}"#, &["b"], r#"{"a":"x","c":2}"#),
        (r#"{"a": "x", "b": 1, "c": 2}"#, &["a", "c"], r#"{"b": 1}"#),
        ("{\n\t\"a\": \"x\",\n\t\"b\": 1\n}", &["b"], "{\n\t\"a\": \"x\"\n}"),
        ("{\n\t\"a\": \"x\",\n\t\"b\": 1\n}", &["a"], "{\n\t\"b\": 1\n}"),
        (r#"{"a":"x","m":{"k":1}}"#, &["m.k"], r#"{"a":"x","m":{}}"#),
        (r#"{"a":"x","m":{"k":1}}"#, &["m"], r#"{"a":"x"}"#),
        (r#"{"a":"x","m":{}}"#, &["m"], r#"{"a":"x"}"#),
        (r#"{"a":"x","n":null}"#, &["n"], r#"{"a":"x"}"#),
        (r#"{"a":"x","l":[1,2,3]}"#, &["l[1]"], r#"{"a":"x","l":[1,3]}"#),
        (r#"{"a":"x","l":[1]}"#, &["l[0]"], r#"{"a":"x","l":[]}"#),
        (r#"{"a":"x","k":1,"b":2,"k":3}"#, &["k"], r#"{"a":"x","b":2}"#),
        (r#"{"a":"x","k":1,"k":2,"k":3}"#, &["k"], r#"{"a":"x"}"#),
        (r#"{"a":"x","m":{"k":{"d":{"e":1}}},"z":[]}"#, &["m", "z"], r#"{"a":"x"}"#),
    ] {
        after(text, &[&["unset"], names].concat(), want);
    }
}

#[test]
fn a_null_becomes_a_value_that_is_encrypted() {
    let project = Project::empty();
    seal(&project, r#"{"a":"x","n":null,"e":{},"n_unencrypted":null}"#);
    for name in ["n", "e", "n_unencrypted"] {
        project.pipe(&["-f", FILE, "set", name], "open-text").ok();
    }
    let sealed = String::from_utf8(project.read(FILE)).unwrap();
    assert_eq!(sealed.matches("open-text").count(), 1);
    assert_eq!(here(&project).matches("open-text").count(), 3);
}

#[test]
fn what_cannot_stand_where_it_is_asked_for_is_refused() {
    let project = Project::empty();
    seal(&project, r#"{"a":"x","l":[1],"m":{"k":1}}"#);
    let before = project.read(FILE);
    for name in ["l[3]", "l.k", "m[0]", "a.b", "sops.x", "new[2]", "l[0].k"] {
        let output = project.pipe(&["-f", FILE, "set", name], "hidden-value");
        assert_ne!(output.code, Some(0), "{name}");
        output.hides("hidden-value").says("nothing was changed");
    }
    assert!(project.read(FILE) == before);
}

#[test]
fn metadata_stands_where_it_stood() {
    if !have("json::changes::metadata_stands_where_it_stood", &["sops"]) {
        return;
    }
    let project = Project::empty();
    seal(&project, r#"{"a":"x","b":"y"}"#);
    let sealed = String::from_utf8(project.read(FILE)).unwrap();
    let at = sealed.find(",\"sops\"").unwrap();
    let (values, metadata) = (&sealed[1..at], sealed[at + 1..].trim_end().strip_suffix('}').unwrap());
    for moved in [format!("{{{metadata},{values}}}\n"), format!("{{ {metadata} , {values}}}\n")] {
        project.write(FILE, moved);
        assert_eq!(value(&here(&project)), value(r#"{"a":"x","b":"y"}"#));
        project.pipe(&["-f", FILE, "set", "c"], "z").ok();
        assert_eq!(value(&here(&project)), value(r#"{"a":"x","b":"y","c":"z"}"#));
        assert_eq!(value(&there(&project)), value(r#"{"a":"x","b":"y","c":"z"}"#));
    }
    for name in ["a", "b", "c"] {
        project.run(&["-f", FILE, "unset", name]).ok();
    }
    assert_eq!(value(&here(&project)), value("{}"));
    project.pipe(&["-f", FILE, "set", "d"], "z").ok();
    assert_eq!(value(&there(&project)), value(r#"{"d":"z"}"#));
}
