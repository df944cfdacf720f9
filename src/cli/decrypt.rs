//! `reseal decrypt`: to standard output only. A plaintext file on the disk is what this program exists to avoid.

use super::args::{DecryptArgs, Global};
use super::report::Report;
use super::session::Session;
use crate::error::Result;

pub(super) fn run(global: &Global, args: &DecryptArgs, report: &Report) -> Result<()> {
    let session = Session::about(global, args.input.as_deref().or(global.file.as_deref()))?;
    let open = session.open(report)?;
    if report.json {
        let values: serde_json::Map<String, serde_json::Value> = open
            .entries()
            .map(|e| {
                (
                    String::from_utf8_lossy(e.name).into_owned(),
                    String::from_utf8_lossy(e.value.expose()).into(),
                )
            })
            .collect();
        return report.json(&serde_json::json!({ "v": 1, "values": values }));
    }
    report.data(open.plain()?.expose())
}
