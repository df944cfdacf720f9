//! `reseal decrypt`: to standard output only. A plaintext file on the disk is what this program exists to avoid.
#![expect(clippy::disallowed_methods, reason = "cli reads standard input")]

use std::io::Read;
use std::path::Path;

use super::args::{DecryptArgs, Global, TypeArgs};
use super::container::format_of_word;
use super::report::Report;
use super::session::Session;
use crate::error::{Error, Result};
use crate::sops::{Format, Sealed};

pub(super) fn run(global: &Global, args: &DecryptArgs, report: &Report) -> Result<()> {
    let piped = args.input.as_deref() == Some(Path::new("-"));
    let named = args.input.as_deref().filter(|_| !piped);
    let session = Session::about(global, named.or(global.file.as_deref()))?;
    let bytes = if piped {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        read.map_err(|e| Error::failed(format!("cannot read standard input: {e}")))?;
        Some(bytes)
    } else {
        None
    };
    let input = input_type(&args.types)?;
    let open = match (bytes, input) {
        (None, None) => session.open(report)?,
        (None, Some(_)) => session.opened(session.sealed_as(input)?, report)?,
        (Some(bytes), Some(format)) => session.opened(Sealed::parse_as(bytes, format)?, report)?,
        (Some(bytes), None) => session.opened(Sealed::parse(bytes)?, report)?,
    };
    let format = output_type(&args.types)?;
    if let Some(name) = &args.extract {
        return report.data(open.written_as(format.unwrap_or(open.format()), Some(name))?.expose());
    }
    if report.json {
        return report.json(&serde_json::json!({ "v": 1, "values": open.values()? }));
    }
    match format {
        Some(format) if format != open.format() => report.data(open.written_as(format, None)?.expose()),
        _ => report.data(open.plain()?.expose()),
    }
}

/// What the input is said to be. Its content tells as well, so that this is seldom needed.
pub(super) fn input_type(args: &TypeArgs) -> Result<Option<Format>> {
    args.input_type.as_deref().map(format_of_word).transpose()
}

fn output_type(args: &TypeArgs) -> Result<Option<Format>> {
    args.output_type.as_deref().map(format_of_word).transpose()
}
