//! `reseal rollback`: earlier values, as a rotation of their own, so that the services get them too.

use super::args::{Global, RollbackArgs};
use super::report::Report;
use super::rotation::carry_out;
use super::session::Session;
use crate::error::Result;
use crate::rotate::{self, Ask};
use crate::secret::SecretName;

pub(super) fn run(global: &Global, args: &RollbackArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    let names: Result<Vec<_>> = args.keys.iter().map(|k| SecretName::parse(k)).collect();
    let names = names?;
    carry_out(global, &session, &args.how, "go back to these values now?", report, |world, log| {
        let wanted = rotate::earlier(world, &log.entries, &names, args.to.as_deref())?;
        Ok(Some(Ask::of(wanted, !args.how.no_deploy, args.how.reason.clone())))
    })
}
