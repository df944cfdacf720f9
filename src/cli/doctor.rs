//! `reseal doctor [--fix]`

use super::args::{DoctorArgs, Global};
use super::identity;
use super::report::{Report, count};
use super::session::Session;
use crate::disk;
use crate::doctor::{self, Asked, Finding};
use crate::error::{Error, Kind, Result};
use crate::rotate;

pub(super) fn run(global: &Global, args: &DoctorArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    let sealed = session.sealed()?;
    let project = &session.project;
    let configured = session.config.age_key_file.as_ref().map(|p| project.root.join(p));
    let keys = identity::key_files(global.age_key_file.as_deref(), configured.as_deref());
    let _lock = if args.fix { Some(project.lock()?) } else { None };
    let (mut mended, mut left) = (Vec::new(), Vec::new());
    let mut asked = Vec::new();
    for (name, file) in session.config.secrets.iter().flat_map(|(n, p)| p.files.iter().map(move |f| (n, f))) {
        asked.push(Asked { path: &file.path, attributes: rotate::file_attributes(project, file)? });
        if disk::stat(&project.resolve(&file.path)).is_some() {
            let name = file.key.as_ref().unwrap_or(name);
            report.note(&format!("{} holds {name} in plain, as the policy asks", file.path.display()));
        }
    }
    let owned = session.config.owner.is_some();
    let mirrors: Vec<_> =
        session.config.mirrors().into_iter().map(|file| project.other(file, owned)).collect();
    for finding in doctor::examine(project, &mirrors, &keys, &asked)? {
        if args.fix && finding.mend(project)? {
            report.say(&format!("mended: {}: {}", finding.path.display(), finding.what));
            mended.push(finding);
        } else {
            left.push(finding);
        }
    }
    // with an identity at hand more can be said, and a damaged file is the worst finding
    let opened = sealed.open(&session.keyring);
    let mut notes = Vec::new();
    if let Ok(open) = &opened {
        let (findings, lossy) = doctor::lossy(project, &session.config, open);
        left.extend(findings);
        let drifts = rotate::drift(&session.world(report), open, None).into_iter();
        left.extend(drifts.map(|d| Finding::by_hand(project.resolve(&d.file), d.what, d.remedy)));
        notes = [open.warnings(), &lossy].concat();
    }
    if report.json {
        let rows = |list: &[Finding]| -> Vec<_> {
            list.iter()
                .map(|f| serde_json::json!({ "path": f.path, "what": f.what, "remedy": f.remedy }))
                .collect()
        };
        report.json(&serde_json::json!({ "v": 1, "findings": rows(&left), "mended": rows(&mended) }))?;
    } else {
        for finding in &left {
            report.line(&format!("{}: {}: {}", finding.path.display(), finding.what, finding.remedy))?;
        }
    }
    match opened {
        Ok(_) => notes.iter().for_each(|note| report.note(note)),
        Err(e) if e.kind() == Kind::NoIdentity => {
            report.note("no identity at hand opens the file; its values were not checked");
        }
        // a key file that others can read ends the search for identities, and is a finding already
        Err(e) if e.kind() == Kind::Failed && !left.is_empty() => {
            report.note(&format!("the values were not checked: {e}"));
        }
        Err(e) => return Err(session.unreadable(e)),
    }
    if left.is_empty() {
        report.say("nothing is wrong");
        return Ok(());
    }
    let hint = if args.fix {
        "what is left would lose something: each line ends with the command for it"
    } else {
        "each line ends with the command that mends it; `reseal doctor --fix` does what loses nothing"
    };
    Err(Error::new(Kind::Found, count(left.len(), "finding")).hint(hint))
}
