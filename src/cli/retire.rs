//! `reseal retire`: takes replaced values away whose time is over, or which are named.

use super::args::{Global, RetireArgs};
use super::report::Report;
use super::rotation::{Manner, carry_out};
use super::session::{self, Session};
use crate::audit::History;
use crate::error::{Error, Result};
use crate::rotate::{Ask, Brought, Wanted};
use crate::secret::SecretName;

pub(super) fn run(global: &Global, args: &RetireArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    let names: Result<Vec<_>> = args.keys.iter().map(|k| SecretName::parse(k)).collect();
    let names = names?;
    if names.is_empty() && !args.due {
        return Err(Error::usage("nothing to retire: no key is named")
            .hint("name the keys, or say `--due` for all whose time is over"));
    }
    let manner = Manner { dry_run: args.dry_run, yes: args.yes, question: "take them away now?" };
    carry_out(global, &session, &manner, report, |_, log| {
        let history = History::of(&log.entries, &session.project.label());
        let now = session::timestamp();
        let over = history
            .graces()
            .any(|g| g.is_over(now) && (names.is_empty() || names.iter().any(|n| n.as_str() == g.secret)));
        if args.due && !over {
            if report.json {
                report.json(&serde_json::json!({ "v": 1, "rotation": null, "outcome": "nothing-due" }))?;
            }
            report.say("no replaced value is due");
            return Ok(None);
        }
        let wanted = Wanted::Ended { names, due: args.due };
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
