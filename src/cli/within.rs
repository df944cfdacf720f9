//! `reseal within`: becomes a command that sees what comes on standard input in the place of files. For those parts of
//! reseal that start a program which reads an env file.
#![expect(clippy::disallowed_methods, reason = "standard input is what is shown, and the command gets none")]

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::args::WithinArgs;
use super::report::Report;
use super::{exec, hold};
use crate::disk::Namespace;
use crate::error::{Error, Result};
use crate::secret::SecretValue;

pub(super) fn run(args: &WithinArgs, report: &Report) -> Result<()> {
    let [program, rest @ ..] = args.command.as_slice() else {
        return Err(Error::usage("there is no command to run"));
    };
    let (places, namespace) = prepare(args).map_err(exec::not_started)?;
    let text = SecretValue::read_from(&mut std::io::stdin().lock())
        .map_err(|e| Error::failed(format!("cannot read standard input: {e}")))?;
    places.iter().try_for_each(|place| namespace.cover(place, &text)).map_err(exec::not_started)?;
    drop(text);
    namespace.settle();
    let mut command = Command::new(program);
    exec::become_it(command.args(rest).stdin(Stdio::null()), report)
}

/// Everything that can be done before there is a value in memory.
fn prepare(args: &WithinArgs) -> Result<(Vec<PathBuf>, Namespace)> {
    Ok((hold::places(&args.env_file)?, Namespace::enter()?))
}
