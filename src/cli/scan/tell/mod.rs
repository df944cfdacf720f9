//! What was found, told to people and to programs. None of it holds what was found.

mod github;
mod json;
mod mend;
mod sarif;
mod text;

use std::collections::HashSet;

pub(super) use mend::{Lies, Mending};

use super::outcome::Outcome;
use crate::cli::args::ScanFormat;
use crate::cli::report::Report;
use crate::error::Result;

/// A finding as it is told.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Line {
    /// The path from the top of the repository, or as it was given.
    pub(super) path: Vec<u8>,
    pub(super) commit: Option<String>,
    pub(super) line: usize,
    pub(super) rule: &'static str,
    /// What it is, in a few words.
    pub(super) what: String,
    /// The command that mends it, or what to do where no command does.
    pub(super) mend: String,
}

/// All findings in the form that is wanted, and how many are told.
pub(super) fn tell(outcome: &Outcome<'_>, format: ScanFormat, report: &Report) -> Result<usize> {
    let lines = lines(outcome);
    match format {
        ScanFormat::Text => text::tell(&lines, report),
        ScanFormat::Json => json::tell(&lines, outcome, report),
        ScanFormat::Sarif => sarif::tell(&lines, outcome, report),
        ScanFormat::Github => github::tell(&lines, report),
    }?;
    Ok(lines.len())
}

/// What is told of the findings: of what looks the same, once.
fn lines(outcome: &Outcome<'_>) -> Vec<Line> {
    let mut told = HashSet::new();
    let lines = outcome.findings.iter().map(|(item, finding)| Line {
        path: item.path().to_vec(),
        commit: item.commit.clone(),
        line: finding.line,
        rule: finding.rule,
        what: finding.what.clone(),
        mend: outcome.mending.told(item, finding),
    });
    lines.filter(|line| told.insert(line.clone())).collect()
}

/// A path as one line of text.
pub(super) fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    // what begins so is a command to the runner of GitHub Actions, wherever it is printed
    let front = if text.starts_with("::") { "./" } else { "" };
    if text.contains(char::is_control) { format!("{text:?}") } else { format!("{front}{text}") }
}
