//! What was found, told to people and to programs. None of it holds what was found.

mod github;
mod json;
mod mend;
mod sarif;
mod text;

use super::outcome::Outcome;
use crate::cli::args::ScanFormat;
use crate::cli::report::Report;
use crate::error::Result;

/// A finding as it is told.
pub(super) struct Line {
    /// The path from the top of the repository, or as it was given.
    pub(super) path: String,
    pub(super) commit: Option<String>,
    pub(super) line: usize,
    pub(super) rule: &'static str,
    /// What it is, in a few words.
    pub(super) what: String,
    /// The command that mends it, or what to do where no command does.
    pub(super) mend: String,
}

/// All findings in the form that is wanted.
pub(super) fn tell(outcome: &Outcome<'_>, format: ScanFormat, report: &Report) -> Result<()> {
    let lines: Vec<Line> = outcome
        .findings
        .iter()
        .map(|(item, finding)| Line {
            path: shown(item.path()),
            commit: item.commit.clone(),
            line: finding.line,
            rule: finding.rule,
            what: finding.what.clone(),
            mend: mend::told(item, finding, outcome.staged),
        })
        .collect();
    match format {
        ScanFormat::Text => text::tell(&lines, report),
        ScanFormat::Json => json::tell(&lines, outcome, report),
        ScanFormat::Sarif => sarif::tell(&lines, report),
        ScanFormat::Github => github::tell(&lines, report),
    }
}

/// A path as one line of text.
pub(super) fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    if text.contains(char::is_control) { format!("{text:?}") } else { text.into_owned() }
}
