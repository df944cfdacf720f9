//! `reseal rotate`
#![expect(clippy::disallowed_methods, reason = "cli reads standard input")]

use std::io::IsTerminal;

use super::args::{Global, RotateArgs};
use super::report::Report;
use super::rotation::carry_out;
use super::session::Session;
use super::set::without_line_end;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::rotate::{self, Ask, Brought, Wanted};
use crate::secret::{SecretName, SecretValue};

pub(super) fn run(global: &Global, args: &RotateArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    let names: Result<Vec<_>> = args.keys.iter().map(|k| SecretName::parse(k)).collect();
    let wanted = Wanted::New { names: names?, groups: args.group.clone(), all: args.all };
    carry_out(global, &session, &args.how, "rotate now?", report, |_, _| {
        let brought = rotate::to_be_brought(&session.config, &wanted)?;
        let brought = if args.how.dry_run { None } else { Some(values(global, &brought)?) };
        Ok(Some(Ask {
            wanted,
            deploy: !args.how.no_deploy,
            emergency: args.emergency,
            reason: args.how.reason.clone(),
            brought,
        }))
    })
}

/// The values that a person brings: typed, or one from a pipe.
fn values(global: &Global, names: &[SecretName]) -> Result<Brought> {
    let mut brought = Brought::new();
    let piped = !std::io::stdin().is_terminal();
    for name in names {
        let value = match (piped, names.len()) {
            (true, 1) => SecretValue::read_from(&mut std::io::stdin().lock())
                .map(|read| Some(without_line_end(&read)).filter(|value| !value.is_empty()))
                .map_err(|e| Error::failed(format!("cannot read standard input: {e}")))?,
            (true, _) => None,
            (false, _) => Terminal::new(global.no_input).value(name.as_str())?,
        };
        let Some(value) = value else {
            let all: Vec<&str> = names.iter().map(SecretName::as_str).collect();
            return Err(Error::usage(format!(
                "{} has `generate = \"prompt\"`, and nobody is there to bring a value",
                all.join(", ")
            ))
            .note("nothing was changed")
            .hint(format!(
                "pipe the value into `reseal rotate {name} --yes`, one secret at a time; rotate the others by name or by group"
            )));
        };
        brought.insert(name.clone(), value);
    }
    Ok(brought)
}
