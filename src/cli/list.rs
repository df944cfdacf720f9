//! `reseal list`: names lie in clear, so no identity is needed.

use super::args::Global;
use super::report::Report;
use super::session::Session;
use crate::error::{Error, Result};
use crate::secret::looks_like_a_value;
use crate::secret::nearest;
use crate::sops::Open;

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

/// The error for a key that is not there, with the one that was probably meant. What looks like a value is not repeated.
pub(super) fn not_there(open: &Open, key: &str) -> Error {
    if looks_like_a_value(key.as_bytes()) {
        return Error::failed("the key is not in the file; it is not repeated, because it may be a value")
            .hint("see `reseal list`");
    }
    let names = open.entries().filter_map(|e| std::str::from_utf8(e.name).ok());
    let error = Error::failed(format!("key {key:?} is not in the file"));
    match nearest(names, key) {
        Some(near) => error.hint(format!("did you mean {near:?}?")),
        None => error.hint("see `reseal list`"),
    }
}
