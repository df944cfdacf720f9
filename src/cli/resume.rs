//! `reseal resume [--back]`

use super::args::{Global, ResumeArgs};
use super::progress::Progress;
use super::report::Report;
use super::rotation::told;
use super::session::Session;
use crate::disk;
use crate::error::{Kind, Result};
use crate::rotate;

pub(super) fn run(global: &Global, args: &ResumeArgs, report: &Report) -> Result<()> {
    let mut session = Session::new(global)?;
    // what was left says itself which file it is about
    if global.file.is_none()
        && let Some(file) = left_file(&session)?
    {
        session.turn_to(&file)?;
    }
    if disk::stat(&session.project.state()).is_none() {
        // in the wrong folder, "nothing to resume" would be a false comfort
        if disk::stat(&session.project.sealed).is_none() {
            return Err(session.absent());
        }
        return nothing(report);
    }
    let lock = session.project.lock()?;
    let world = session.world(report);
    let mut progress = Progress::new(report, &world.stop)?;
    match rotate::resume(&world, args.back, &mut progress)? {
        None => nothing(report),
        Some(ended) => match told(&session, &world, &ended, lock, report) {
            // going back was what was asked for, and so it is no failure
            Err(error) if args.back && error.kind() == Kind::RolledBack => {
                let files = ended.request.sealed_files();
                let are = if files.len() == 1 { "is" } else { "are" };
                report.say(&format!("rolled back: {} {are} as before", files.join(", ")));
                Ok(())
            }
            told => told,
        },
    }
}

/// The sealed file of the rotation that was left.
pub(super) fn left_file(session: &Session) -> Result<Option<String>> {
    let Some(rotation) = rotate::unfinished(&session.project)? else { return Ok(None) };
    Ok(rotate::peek(&session.project, &rotation)?.map(|(request, ..)| request.file))
}

fn nothing(report: &Report) -> Result<()> {
    if report.json {
        report.json(&serde_json::json!({ "v": 1, "rotation": null, "outcome": "nothing-to-resume" }))?;
    }
    report.say("there is nothing to resume");
    Ok(())
}
