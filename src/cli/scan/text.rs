//! For people and for editors: one finding a line, with the place first and the mend last.

use super::source::Source;
use crate::cli::report::Report;
use crate::disk::quoted;
use crate::error::Result;
use crate::scan::{Mend, Swept};

pub(super) fn tell(source: &Source, swept: &Swept, report: &Report) -> Result<()> {
    for (item, finding) in &swept.findings {
        let item = &source.items[*item];
        let path = shown(item.path());
        let commit = item.commit.as_ref().map_or(String::new(), |commit| format!("{commit}:"));
        let (line, rule, what) = (finding.line, finding.rule, &finding.what);
        report.line(&format!("{commit}{path}:{line}: {rule}: {what}; {}", mend(&finding.mend, &path)))?;
    }
    Ok(())
}

/// A path as one line of text.
fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    if text.contains(char::is_control) { format!("{text:?}") } else { text.into_owned() }
}

/// What mends it, as a command where there is one.
fn mend(mend: &Mend, path: &str) -> String {
    let file = quoted(std::path::Path::new(path));
    match mend {
        Mend::TakeOut => "keep it in the sealed file: `reseal set KEY`".to_owned(),
        Mend::Known { file, key } => format!("{file} has it as {key}: read it from the environment"),
        Mend::Seal => format!("`reseal encrypt {file} -o {file}.enc`"),
        Mend::Drop => format!("`git rm --cached {file}`"),
        Mend::Reseal(words) => format!("`reseal -f {file} {words}`"),
        Mend::Replace => "make a new one: who has read this one has it".to_owned(),
    }
}
