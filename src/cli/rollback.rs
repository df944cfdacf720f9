//! `reseal rollback`: earlier values, as a rotation of their own, so that the services get them too.

use super::args::{Global, RollbackArgs};
use super::report::Report;
use super::rotation::{Manner, carry_out};
use super::session::Session;
use crate::error::Result;
use crate::rotate::{self, Ask, Brought};
use crate::secret::SecretName;

pub(super) fn run(global: &Global, args: &RollbackArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    let names: Result<Vec<_>> = args.keys.iter().map(|k| SecretName::parse(k)).collect();
    let names = names?;
    let manner = Manner { dry_run: args.dry_run, yes: args.yes, question: "go back to these values now?" };
    carry_out(global, &session, &manner, report, |world, log| {
        let wanted = rotate::earlier(world, &log.entries, &names, args.to.as_deref())?;
        let brought = Some(Brought::new());
        Ok(Some(Ask {
            wanted,
            deploy: !args.no_deploy,
            emergency: false,
            reason: args.reason.clone(),
            brought,
        }))
    })
}
