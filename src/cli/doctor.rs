//! `reseal doctor [--fix]`

use super::args::{DoctorArgs, Global};
use super::identity;
use super::report::{Report, count};
use super::session::Session;
use crate::doctor;
use crate::error::{Error, Kind, Result};

pub(super) fn run(global: &Global, args: &DoctorArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    let sealed = session.sealed()?;
    let project = &session.project;
    let configured = session.config.age_key_file.as_ref().map(|p| project.root.join(p));
    let keys = identity::key_files(global.age_key_file.as_deref(), configured.as_deref());
    let _lock = if args.fix { Some(project.lock()?) } else { None };
    let mut left = Vec::new();
    for finding in doctor::examine(project, &keys)? {
        if args.fix && finding.mend(project)? {
            report.say(&format!("mended: {}: {}", finding.path.display(), finding.what));
        } else {
            left.push(finding);
        }
    }
    // with an identity at hand more can be said, and a damaged file is the worst finding
    let opened = sealed.open(&session.keyring).map_err(|e| session.unreadable(e));
    match &opened {
        Ok(open) => open.warnings().iter().for_each(|w| report.note(w)),
        Err(e) if e.kind() == Kind::NoIdentity => {
            report.note("no identity at hand opens the file; its values were not checked");
        }
        Err(_) => {}
    }
    if report.json {
        let rows: Vec<_> = left
            .iter()
            .map(|f| serde_json::json!({ "path": f.path, "what": f.what, "remedy": f.remedy }))
            .collect();
        report.json(&serde_json::json!({ "v": 1, "findings": rows }))?;
    } else {
        for finding in &left {
            report.line(&format!("{}: {}: {}", finding.path.display(), finding.what, finding.remedy))?;
        }
    }
    if let Some(damage) = opened.err().filter(|e| e.kind() != Kind::NoIdentity) {
        return Err(damage);
    }
    if left.is_empty() {
        report.say("nothing is wrong");
        return Ok(());
    }
    Err(Error::new(Kind::Found, count(left.len(), "finding"))
        .hint("each line ends with the command that mends it; `reseal doctor --fix` does what loses nothing"))
}
