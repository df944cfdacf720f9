//! `reseal retire`: takes replaced values away whose time is over, or which are named.

use super::args::{Global, RetireArgs};
use super::report::Report;
use super::rotation::carry_out;
use super::session::{self, Session};
use crate::audit::History;
use crate::error::{Error, Result};
use crate::rotate::{Ask, Wanted};
use crate::secret::SecretName;

pub(super) fn run(global: &Global, args: &RetireArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    let names: Result<Vec<_>> = args.keys.iter().map(|k| SecretName::parse(k)).collect();
    let names = names?;
    if names.is_empty() && !args.due {
        return Err(Error::usage("nothing to retire: no key is named")
            .hint("name the keys, or say `--due` for all whose time is over"));
    }
    carry_out(global, &session, &args.how, "take them away now?", report, |_, log| {
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
        Ok(Some(Ask::of(wanted, !args.how.no_deploy, args.how.reason.clone())))
    })
}
