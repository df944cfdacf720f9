//! For programs: one object, as docs/formats.md has it.

use super::Line;
use crate::cli::report::Report;
use crate::cli::scan::outcome::Outcome;
use crate::error::Result;

pub(super) fn tell(lines: &[Line], outcome: &Outcome<'_>, report: &Report) -> Result<()> {
    let findings: Vec<_> = lines
        .iter()
        .map(|l| {
            serde_json::json!({
                "path": String::from_utf8_lossy(&l.path), "commit": l.commit, "line": l.line, "rule": l.rule, "what": l.what, "mend": l.mend,
            })
        })
        .collect();
    let failures: Vec<_> = outcome
        .failures
        .iter()
        .map(|(item, error)| serde_json::json!({ "path": String::from_utf8_lossy(item.path()), "error": error.to_string() }))
        .collect();
    report.json(&serde_json::json!({
        "v": 1,
        "files": outcome.files,
        "bytes": outcome.bytes,
        "findings": findings,
        "accepted": outcome.accepted,
        "excluded": outcome.excluded,
        "stale": outcome.stale.iter().map(crate::scan::Stale::told).collect::<Vec<_>>(),
        "failures": failures,
        "notes": outcome.notes,
    }))
}
