//! Text that is no JSON, or that two readers would understand differently: refused with the line, in bounded time, and
//! without showing any of it.

use std::time::{Duration, Instant};

use super::{FILE, seal};
use crate::harness::{Project, RECIPIENT};

fn refused(text: &[u8], line: usize, words: &str) {
    let project = Project::empty();
    project.write("plain.json", text);
    let start = Instant::now();
    let output = project.run(&["encrypt", "plain.json", "--age", RECIPIENT]);
    let said = output.code(1).says(&format!("line {line}: ")).says(words).hides("hidden-word");
    assert!(said.stdout.is_empty());
    assert!(start.elapsed() < Duration::from_secs(20), "{words}");
}

#[test]
fn text_that_is_no_json_is_refused_with_its_line() {
    for (text, line, words) in [
        (&b"[\"hidden-word\"]"[..], 1, "starts with a brace"),
        (b"\"hidden-word\"", 1, "starts with a brace"),
        (b"", 1, "starts with a brace"),
        (b"{\"a\": \"hidden-word\"", 1, "ends in the middle"),
        (b"{\"a\": \"hidden-word", 1, "not closed"),
        (b"{\"a\"", 1, "colon"),
        (b"{\"a\":", 1, "ends in the middle"),
        (b"{\"a\": \"hidden-word\",\n}", 2, "a comma too many"),
        (b"{\"a\": [1,\n]}", 2, "a comma too many"),
        (b"{\"a\": [,1]}", 1, "a comma too many"),
        (b"{,\"a\":1}", 1, "a comma too many"),
        (b"{\"a\": \"hidden-word\"\n \"b\": 1}", 2, "a comma is missing"),
        (b"{\"a\": [1}\n", 1, "another kind of bracket"),
        (b"{\"a\": 1}\n{\"b\": \"hidden-word\"}", 2, "behind the end"),
        (b"{\"a\": 1} // hidden-word", 1, "behind the end"),
        (b"{\"a\": hidden-word}", 1, "no value that JSON knows"),
        (b"{\"a\": 01}", 1, "no value that JSON knows"),
        (b"{\"a\": +1}", 1, "no value that JSON knows"),
        (b"{\"a\": .5}", 1, "no value that JSON knows"),
        (b"{\"a\": NaN}", 1, "no value that JSON knows"),
        (b"{\"a\": True}", 1, "no value that JSON knows"),
        (b"{'a': 1}", 1, "a key in quotes"),
        (b"{a: 1}", 1, "a key in quotes"),
        (b"{\"a\": 'hidden-word'}", 1, "no value that JSON knows"),
        (b"{\"a\":\n\"hidden-word\\x\"}", 2, "backslash"),
        (b"{\"a\":\n\"\\u12g4hidden-word\"}", 2, "four digits"),
        (b"{\"a\": \"\\ud800hidden-word\"}", 1, "four digits"),
        (b"{\"a\": \"\\udc00\\ud800\"}", 1, "four digits"),
        (b"{\"a\": \"\\ud800\\u0041\"}", 1, "four digits"),
        (b"{\"a\": \"hidden-word\nx\"}", 1, "control character"),
        (b"{\"a\": \"\t\"}", 1, "control character"),
        (b"{\"a\":\n \"\xff\"}", 2, "not UTF-8"),
        (b"{\"\xc3\": 1}", 1, "not UTF-8"),
        (b"{\"a\": \"\xed\xa0\x80\"}", 1, "not UTF-8"),
        (b"{\"a\": 1, \"sops\": \"hidden-word\"}", 1, "reserved"),
        (b"{\"a\": 1,\n/* hidden-word */ \"b\": 2}", 2, "a key in quotes"),
    ] {
        refused(text, line, words);
    }
}

#[test]
fn deep_and_long_texts_end_soon() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth)).into_bytes();
    refused(&nested(100_000), 1, "deep in each other");
    refused(&nested(256), 1, "deep in each other");
    refused(&b"{\"a\":".repeat(1_000_000), 1, "deep in each other");
    // a long key above many values
    let values = "1,".repeat(100_000);
    let long = format!("{{\"{}\": [{values}1]}}", "k".repeat(50_000));
    refused(long.as_bytes(), 1, "long keys");
    // an unclosed text of 30 MB
    let mut open = b"{\"a\": \"".to_vec();
    open.resize(30 << 20, b'x');
    refused(&open, 1, "not closed");
}

#[test]
fn what_lies_deep_enough_is_sealed() {
    let project = Project::empty();
    let text = format!("{{\"a\":{}\"x\"{}}}", "[".repeat(255), "]".repeat(255));
    seal(&project, &text);
    assert_eq!(super::here(&project), format!("{text}\n"));
}

#[test]
fn damaged_metadata_is_refused() {
    let project = Project::empty();
    seal(&project, r#"{"a":"x"}"#);
    let sealed = String::from_utf8(project.read(FILE)).unwrap();
    for (from, to, words) in [
        ("\"mac\":", "\"mac\":\"\",\"mac\":", "twice"),
        ("\"sops\":", "\"sops\":{},\"sops\":", "twice"),
        ("\"lastmodified\":", "\"lastmodifiedx\":", "lastmodified"),
        ("\"age\":[", "\"age\":[[[[[[[[[[[[[[[[[[[[", "too deep"),
        ("\"age\":[", "\"age\":[,", "no value that JSON knows"),
    ] {
        let damaged = sealed.replacen(from, to, 1);
        assert_ne!(damaged, sealed, "{from}");
        project.write(FILE, damaged);
        project.run(&["decrypt", FILE]).code(1).says(words);
    }
    for cut in (0..sealed.len() - 2).step_by(7) {
        project.write(FILE, &sealed[..cut]);
        assert_ne!(project.run(&["decrypt", FILE]).code, Some(0), "{cut}");
    }
}
