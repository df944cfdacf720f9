//! `verify` on every sealed file of the vectors: its code, and the rules that find something.

use super::manifest::{Row, read, rows, with_identity};
use crate::harness::{Output, Project};

const SOUND: i32 = 0;
const FOUND: i32 = 3;
const UNREADABLE: i32 = 1;
const INTEGRITY: i32 = 15;

/// Rows in which something is wrong. `value-empty` is true of many: sops seals empty values and authenticates none.
const EXPECTED: &[(&str, i32, &[&str])] = &[
    ("001", FOUND, &["value-empty"]),
    // keys with blanks around them
    ("009", FOUND, &["key-odd"]),
    ("010", FOUND, &["key-odd"]),
    ("011", FOUND, &["value-odd"]),
    ("012", FOUND, &["byte-order-mark", "key-odd"]),
    ("015", FOUND, &["key-twice"]),
    // a NUL
    ("017", FOUND, &["value-odd"]),
    ("018", FOUND, &["key-odd"]),
    ("024", FOUND, &["recipient-twice"]),
    ("031", FOUND, &["value-empty"]),
    ("032", FOUND, &["secret-in-clear"]),
    ("033", FOUND, &["value-empty"]),
    ("035", FOUND, &["secret-in-clear"]),
    ("036", FOUND, &["value-empty"]),
    ("037", FOUND, &["rule-empty"]),
    ("038", FOUND, &["rule-broken"]),
    // one share of two
    ("041", 12, &[]),
    // nulls, and what is empty in trees
    ("043", FOUND, &["value-empty"]),
    ("046", FOUND, &["value-empty"]),
    ("048", FOUND, &["value-empty"]),
    ("062", FOUND, &["value-empty"]),
    ("063", INTEGRITY, &["integrity", "value-empty"]),
    ("064", INTEGRITY, &["integrity", "value-empty"]),
    ("065", INTEGRITY, &["integrity", "value-empty"]),
    ("066", INTEGRITY, &["integrity", "value-empty"]),
    ("067", INTEGRITY, &["integrity", "value-empty"]),
    ("068", INTEGRITY, &["integrity", "value-empty"]),
    ("069", INTEGRITY, &["integrity", "mac-missing", "value-empty"]),
    ("070", INTEGRITY, &["integrity", "mac-missing", "value-empty"]),
    ("071", INTEGRITY, &["integrity", "mac-missing", "value-empty"]),
    ("072", INTEGRITY, &["integrity", "value-empty"]),
    ("073", INTEGRITY, &["integrity", "value-empty", "value-in-clear"]),
    ("074", INTEGRITY, &["integrity", "value-empty"]),
    ("075", INTEGRITY, &["integrity", "value-empty"]),
    ("076", INTEGRITY, &["integrity", "value-empty", "value-in-clear"]),
    ("077", INTEGRITY, &["integrity", "value-empty"]),
    ("078", FOUND, &["rules-several"]),
    ("079", INTEGRITY, &["integrity", "type-odd", "value-empty"]),
    ("080", INTEGRITY, &["integrity", "type-odd", "value-empty"]),
    ("081", FOUND, &["version-odd"]),
    ("082", FOUND, &["time-odd"]),
    ("083", FOUND, &["metadata-damaged"]),
    ("084", FOUND, &["crlf", "time-odd", "version-odd"]),
    // sound but for the identity, which is another's
    ("085", 12, &["value-empty"]),
    ("086", FOUND, &["not-sealed"]),
    ("087", UNREADABLE, &["unreadable"]),
    ("089", FOUND, &["value-empty"]),
    ("090", FOUND, &["value-empty"]),
    ("091", FOUND, &["value-empty"]),
    ("092", FOUND, &["value-empty"]),
    ("093", FOUND, &["comment-in-clear", "value-empty"]),
    ("094", FOUND, &["type-odd", "value-empty"]),
    ("095", FOUND, &["text-trailing", "value-empty"]),
    ("096", FOUND, &["metadata-place", "value-empty"]),
    ("097", FOUND, &["metadata-unknown", "value-empty"]),
    ("098", FOUND, &["value-empty"]),
    ("099", FOUND, &["value-empty"]),
    ("100", FOUND, &["value-empty"]),
    ("101", FOUND, &["value-empty"]),
    ("102", FOUND, &["value-empty"]),
    ("103", FOUND, &["value-empty"]),
    // a number that sops was told to set
    ("104", FOUND, &["type-odd", "value-empty"]),
    ("105", INTEGRITY, &["integrity", "value-empty", "value-in-clear"]),
    ("106", INTEGRITY, &["integrity", "value-empty"]),
    ("107", FOUND, &["value-empty"]),
    ("108", FOUND, &["value-empty"]),
    ("109", INTEGRITY, &["integrity", "value-empty"]),
    ("110", FOUND, &["value-empty"]),
    ("111", INTEGRITY, &["integrity", "value-empty"]),
    ("112", INTEGRITY, &["integrity", "mac-missing", "value-empty"]),
    ("113", FOUND, &["not-sealed"]),
    ("114", INTEGRITY, &["integrity", "value-empty"]),
    ("115", FOUND, &["comment-in-clear", "value-empty"]),
];

/// What was done to these is in no byte of the file, nor in any key: an empty value taken away, a value in clear
/// renamed, two of them shifted, a comment taken away.
const UNSEEN: [&str; 4] = ["088", "090", "091", "092"];

#[test]
fn every_vector_has_the_findings_that_are_true_of_it() {
    let project = Project::empty();
    let mut wrong = Vec::new();
    let mut looked = 0;
    for row in rows().into_iter().filter(|row| !row.enc.is_empty()) {
        let listed = EXPECTED.iter().find(|(id, ..)| *id == row.id);
        let (code, rules) = listed.map_or((SOUND, [].as_slice()), |(_, code, rules)| (*code, rules));
        for key in &row.keys {
            let (got, mut found) = verify(&project, &row, key);
            // the file that the damaged ones were made from has one empty value, and nothing else
            let is_base = got == FOUND && found == ["value-empty"];
            let is_damaged = row.enc.contains("-t-") || row.enc.contains("-u-");
            if is_damaged && (is_base || got == SOUND) != UNSEEN.contains(&row.id.as_str()) {
                wrong.push(format!("{}: whether it is found is not as it is written", row.title()));
            }
            found.dedup();
            if got != code || found != rules {
                wrong.push(format!("{}, key {key}: {got} {found:?}", row.title()));
            }
            looked += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(looked >= 90, "{looked} looked at");
}

/// The code and the rules that found something, in the order of the alphabet.
fn verify(project: &Project, row: &Row, key: &str) -> (i32, Vec<String>) {
    project.write("sealed", read(&row.enc));
    let output = Output::from(with_identity(project, key, &["verify", "--json", "sealed"]).output().unwrap());
    let json: serde_json::Value = serde_json::from_str(&output.stdout).expect(&output.stdout);
    let findings = json["files"][0]["findings"].as_array().unwrap();
    let mut rules: Vec<String> =
        findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect();
    rules.sort();
    (output.code.unwrap(), rules)
}
