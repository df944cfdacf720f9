//! `reseal list`: names lie in clear, so no identity is needed, but for a whole age file.

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
    if sealed.is_whole() {
        // an age file shows nothing before it is opened
        let open = session.opened(sealed, report)?;
        let keys = open.entries().map(|e| (e.name, true)).collect();
        return tell(&session, report, None, &open.recipients().collect::<Vec<_>>(), keys);
    }
    let keys = sealed.names().map(|name| (name, report.json && sealed.lies_encrypted(name))).collect();
    tell(&session, report, Some(sealed.modified()), &sealed.recipients().collect::<Vec<_>>(), keys)
}

fn tell(
    session: &Session,
    report: &Report,
    modified: Option<&str>,
    recipients: &[&str],
    keys: Vec<(&[u8], bool)>,
) -> Result<()> {
    if report.json {
        let key = |(name, encrypted): &(&[u8], bool)| serde_json::json!({ "key": String::from_utf8_lossy(name), "encrypted": encrypted });
        return report.json(&serde_json::json!({
            "v": 1,
            "file": session.project.label(),
            "modified": modified,
            "recipients": recipients,
            "keys": keys.iter().map(key).collect::<Vec<_>>(),
        }));
    }
    let mut text = Vec::new();
    for (name, _) in keys {
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
