//! `reseal scan`: what is to be looked at, the look, and what is told of it.
//!
//! It fails closed: what could not be read is an error beside the findings, and how much was read is always said.

mod source;
mod text;
mod vault;

use super::args::{Global, ScanArgs};
use super::report::{Report, count};
use crate::error::{Error, Kind, Result};
use crate::scan::{Guard, Rules, Spoken, Swept, sweep};
use source::Source;

pub(super) fn run(global: &Global, args: &ScanArgs, report: &Report) -> Result<()> {
    let source = Source::of(args)?;
    let (known, notes) = vault::gather(global, source.repository.as_ref(), &Spoken::default())?;
    notes.iter().for_each(|note| report.note(note));
    let guard = Guard::new(Rules::default(), known);
    let swept = sweep(&guard, &source.items, source.repository.as_ref());
    text::tell(&source, &swept, report)?;
    source.check(&swept)?;
    end(&source, swept, report)
}

fn end(source: &Source, swept: Swept, report: &Report) -> Result<()> {
    let read = format!("{} and {} read", count(swept.files, "file"), count(swept.bytes as usize, "byte"));
    for (item, error) in &swept.failures {
        let path = String::from_utf8_lossy(source.items[*item].path());
        report.note(&format!("{path}: {error}"));
    }
    if !swept.failures.is_empty() {
        let unread = count(swept.failures.len(), "file");
        return Err(Error::failed(format!("{unread} could not be looked at")).note(read));
    }
    if let Some(note) = &source.note {
        report.note(note);
    }
    if swept.findings.is_empty() {
        report.say(&format!("nothing found: {read}"));
        return Ok(());
    }
    Err(Error::new(Kind::Found, count(swept.findings.len(), "finding"))
        .note(read)
        .hint("each line ends with what mends it"))
}
