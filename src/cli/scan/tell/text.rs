//! For people, and for editors that jump to a place: `path:line: rule: what: mend`.

use super::{Line, shown};
use crate::cli::report::Report;
use crate::error::Result;

pub(super) fn tell(lines: &[Line], report: &Report) -> Result<()> {
    for Line { path, commit, line, rule, what, mend } in lines {
        let commit = commit.as_ref().map_or(String::new(), |commit| format!("{commit}:"));
        let what = if what.is_empty() { String::new() } else { format!("{what}: ") };
        let path = shown(path);
        report.line(&format!("{commit}{path}:{line}: {rule}: {what}{mend}"))?;
    }
    Ok(())
}
