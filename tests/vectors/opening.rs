//! `decrypt` on every sealed vector: the bytes that sops gives, or a refusal that shows nothing of the file.

use super::expected::{Expected, opening};
use super::manifest::{Row, read, rows, with_identity};
use crate::harness::{Output, Project};

/// The plaintext of the file from which most damaged vectors were made.
const TAMPER_BASE: &str = "plain/062-tamper-base.env";

#[test]
fn sealed_files_open_to_the_bytes_that_sops_gives_or_are_refused_with_a_reason() {
    let project = Project::empty();
    let mut opened = 0;
    let mut refused = 0;
    for row in rows() {
        if row.kind == "encrypt-fail" {
            assert!(row.enc.is_empty() && !row.plain.is_empty(), "{}", row.title());
            continue;
        }
        // under a name that says nothing: what a file is is told by its content, and no message repeats a vector's name
        project.write("sealed", read(&row.enc));
        assert!(!row.keys.is_empty(), "{} names no identity", row.title());
        for key in &row.keys {
            let output = with_identity(&project, key, &["decrypt", "sealed"]).output().unwrap();
            let title = format!("{}, key {key}", row.title());
            match opening(&row) {
                Expected::Same => {
                    let told = String::from_utf8_lossy(&output.stderr);
                    assert_eq!(output.status.code(), Some(0), "{title}: {told}");
                    assert!(same(&row, &output.stdout), "{title}: other bytes than sops gives");
                    opened += 1;
                }
                Expected::Refused(code, words) => {
                    assert!(output.stdout.is_empty(), "{title}: refused, and yet something is printed");
                    let output = Output::from(output);
                    assert_eq!(output.code, Some(code), "{title}: {}", output.stderr);
                    assert!(output.stderr.contains(words), "{title}: not {words:?}: {}", output.stderr);
                    shows_nothing(&title, &output.stderr, &read(&row.enc));
                    refused += 1;
                }
            }
        }
    }
    assert!(opened >= 78 && opened + refused >= 111, "{opened} opened, {refused} refused");
}

/// The bytes that sops gives; JSON and YAML in the layout of the sealed file, which sops does not keep.
fn same(row: &Row, printed: &[u8]) -> bool {
    let want = read_out(row);
    match row.format.as_str() {
        "json" => {
            let value = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
            value(printed) == value(&want)
        }
        "yaml" => {
            let text = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap();
            let values = |text: &str| serde_saphyr::from_multiple::<serde_json::Value>(text).unwrap();
            let comments = |text: &str| text.matches('#').count();
            let (printed, want) = (text(printed), text(&want));
            values(&printed) == values(&want) && comments(&printed) == comments(&want)
        }
        _ => printed == want,
    }
}

/// What sops printed; blank lines never reach a sealed file of sops.
fn read_out(row: &Row) -> Vec<u8> {
    assert!(!row.out.is_empty(), "{} has no expected output", row.title());
    read(&row.out)
}

/// Neither a value of the plaintext, nor a line of the sealed file that is no pair, nor the text of one that is.
fn shows_nothing(title: &str, stderr: &str, sealed: &[u8]) {
    let words: Vec<&str> = stderr.split(|c: char| !c.is_alphanumeric()).collect();
    let base = String::from_utf8(read(TAMPER_BASE)).unwrap();
    for value in base.lines().filter_map(|l| l.split_once('=')).map(|(_, v)| v).filter(|v| !v.is_empty()) {
        assert!(!words.contains(&value), "{title}: {value:?} is shown: {stderr}");
    }
    for line in String::from_utf8_lossy(sealed).lines() {
        let content = match line.split_once('=') {
            // recipients are public, and a message may say whose identity is wanted
            Some((key, _)) if key.ends_with("recipient") => continue,
            Some((_, value)) => value.trim(),
            None => line.trim(),
        };
        // one or two characters, or a number, would be found in any message
        if content.len() > 3 {
            assert!(!stderr.contains(content), "{title}: {content:?} is shown: {stderr}");
        }
    }
}
