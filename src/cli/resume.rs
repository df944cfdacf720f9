//! `reseal resume [--back]`

use super::args::{Global, ResumeArgs};
use super::report::Report;
use super::rotate::{Progress, told};
use super::session::Session;
use crate::disk;
use crate::error::Result;
use crate::rotate;
use crate::saga::Outcome;

pub(super) fn run(global: &Global, args: &ResumeArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    if disk::stat(&session.project.state()).is_none() {
        report.say("there is nothing to resume");
        return Ok(());
    }
    let _lock = session.project.lock()?;
    let world = session.world(report);
    let mut progress = Progress::new(report)?;
    match rotate::resume(&world, args.back, &mut progress)? {
        None => {
            report.say("there is nothing to resume");
            Ok(())
        }
        // going back was what was asked for, and so it is no failure
        Some(ended) if args.back && ended.outcome == Outcome::RolledBack => {
            report.say(&format!("rolled back: {} is as before", session.project.label()));
            Ok(())
        }
        Some(ended) => told(&session, &ended, report),
    }
}
