//! For code hosts: SARIF 2.1.0 (OASIS). A finding of a file as a whole has no region.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Line;
use crate::cli::report::Report;
use crate::cli::scan::outcome::Outcome;
use crate::error::{Error, Result};

pub(super) fn tell(lines: &[Line], outcome: &Outcome<'_>, report: &Report) -> Result<()> {
    let unread = outcome.failures.iter().map(|(item, error)| notification(item.path(), error));
    report.json(&log(lines, &unread.collect::<Vec<_>>()))
}

/// That a file was not looked at: a log with such a thing is no clean bill.
fn notification(path: &[u8], error: &Error) -> Value {
    json!({
        "level": "error",
        "message": { "text": error.to_string() },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(path) } } }],
    })
}

fn log(lines: &[Line], unread: &[Value]) -> Value {
    let rules: BTreeSet<&str> = lines.iter().map(|line| line.rule).collect();
    let rules: Vec<Value> = rules.into_iter().map(|rule| json!({ "id": rule })).collect();
    let results: Vec<Value> = lines.iter().map(result).collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "reseal", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules,
            } },
            "invocations": [{
                "executionSuccessful": unread.is_empty(), "toolExecutionNotifications": unread,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(line: &Line) -> Value {
    let mut place = json!({ "artifactLocation": { "uri": uri(&line.path) } });
    if line.line > 0 {
        place["region"] = json!({ "startLine": line.line });
    }
    let what = if line.what.is_empty() { line.rule } else { &line.what };
    let mut result = json!({
        "ruleId": line.rule,
        "level": "error",
        "message": { "text": format!("{what}: {}", line.mend) },
        "locations": [{ "physicalLocation": place }],
    });
    if let Some(commit) = &line.commit {
        result["properties"] = json!({ "commit": commit });
    }
    result
}

/// A path as a relative reference: RFC 3986.
fn uri(path: &[u8]) -> String {
    let mut out = String::new();
    for b in path {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                out.push(char::from(*b));
            }
            _ => out += &format!("%{b:02X}"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_references_and_whole_files_have_no_region() {
        let line = |path: &str, line| Line {
            path: path.as_bytes().to_vec(),
            commit: None,
            line,
            rule: "plaintext-env",
            what: String::new(),
            mend: "`x`".to_owned(),
        };
        let log = log(&[line("a b/ü.env", 0), line("b.py", 3)], &[]);
        let places = |i: usize| log["runs"][0]["results"][i]["locations"][0]["physicalLocation"].clone();
        assert_eq!(places(0), json!({ "artifactLocation": { "uri": "a%20b/%C3%BC.env" } }));
        assert_eq!(places(1)["region"], json!({ "startLine": 3 }));
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"], json!([{ "id": "plaintext-env" }]));
    }
}
