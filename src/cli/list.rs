//! `reseal list`: names lie in clear, so no identity is needed.

use super::args::Global;
use super::report::Report;
use super::session::Session;
use crate::error::Result;

pub(super) fn run(global: &Global, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    let sealed = session.sealed()?;
    if report.json {
        let keys: Vec<_> = sealed
            .names()
            .map(|n| serde_json::json!({ "key": String::from_utf8_lossy(n), "encrypted": sealed.lies_encrypted(n) }))
            .collect();
        return report.json(&serde_json::json!({
            "v": 1,
            "file": session.project.label(),
            "modified": sealed.modified(),
            "recipients": sealed.recipients().collect::<Vec<_>>(),
            "keys": keys,
        }));
    }
    let mut text = Vec::new();
    for name in sealed.names() {
        text.extend_from_slice(name);
        text.push(b'\n');
    }
    report.data(&text)
}

/// The name that was probably meant.
pub(super) fn nearest<'a>(names: impl Iterator<Item = &'a str>, meant: &str) -> Option<&'a str> {
    names
        .map(|name| (strsim::jaro_winkler(&name.to_ascii_uppercase(), &meant.to_ascii_uppercase()), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
