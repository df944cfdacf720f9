//! `reseal get KEY`

use super::args::{GetArgs, Global};
use super::list::not_there;
use super::report::Report;
use super::session::Session;
use crate::error::{Error, Result};
use crate::secret::{SecretName, SecretValue, plain_name};
use crate::sops::{Format, Open};

pub(super) fn run(global: &Global, args: &GetArgs, report: &Report) -> Result<()> {
    // no key of a file holds "="; what follows it may be a value, and nothing of it is repeated
    if args.key.contains('=') {
        SecretName::parse(&args.key)?;
    }
    let session = Session::new(global)?;
    let open = session.open(report)?;
    let key = plain_name(&args.key);
    let value = one(&open, &key)?;
    if report.json {
        let text = String::from_utf8_lossy(value.expose());
        return report.json(&serde_json::json!({ "v": 1, "key": key, "value": text }));
    }
    // a whole file ends as it ends
    let end: &[u8] = if args.no_newline || open.format() == Format::Binary { b"" } else { b"\n" };
    report.data(SecretValue::concat(&[value.expose(), end]).expose())
}

/// The value of a key that stands in the file once, or everywhere with the same value.
fn one<'a>(open: &'a Open, key: &str) -> Result<&'a SecretValue> {
    let mut found = open.all(key.as_bytes());
    let first = found.next().ok_or_else(|| not_there(open, key))?;
    if found.any(|other| !other.same_as(first)) {
        return Err(Error::failed(format!(
            "key {key:?} stands in the file more than once, with different values"
        ))
        .note("programs see the last one")
        .hint(format!("leave one with `reseal set {key}`")));
    }
    Ok(first)
}
