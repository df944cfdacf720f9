//! Running a command that prints an identity (`SOPS_AGE_KEY_CMD` and its SSH sibling).
//!
//! The line is split as a shell splits words, and the program is started without a shell. It reads nothing, its
//! messages go to the user, and its output goes straight into a [`SecretValue`].
//! The line itself may hold a secret, so messages name the program at most.

use std::io::{ErrorKind, Read};
use std::process::{Child, Command, Stdio};

use super::recipient::looks_secret;
use super::report::Refusal;
use super::source::LIMIT;
use crate::secret::SecretValue;

/// The output of the command; `recipient` is whom the file is for, or `None` when a new file is made.
pub(super) fn output(line: &str, recipient: Option<&str>) -> Result<SecretValue, Refusal> {
    let words =
        shlex::split(line).ok_or_else(|| Refusal::new("the command has a quote that is not closed"))?;
    let (program, arguments) = words.split_first().ok_or_else(|| Refusal::new("the command is empty"))?;
    if looks_secret(program) {
        return Err(Refusal::new("a secret key was given where a command belongs"));
    }
    let shown = program.escape_debug();

    #[allow(clippy::disallowed_methods, reason = "the user names this program to fetch the key")]
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    match recipient {
        Some(text) => command.env("SOPS_AGE_RECIPIENT", text),
        None => command.env_remove("SOPS_AGE_RECIPIENT"),
    };
    let mut child = command.spawn().map_err(|e| match e.kind() {
        ErrorKind::NotFound => Refusal::new(format!("there is no program \"{shown}\"")),
        kind => Refusal::new(format!("cannot start \"{shown}\": {kind}")),
    })?;
    collect(&mut child).map_err(|why| Refusal::new(format!("\"{shown}\" {why}")))
}

fn collect(child: &mut Child) -> Result<SecretValue, String> {
    let read = child.stdout.take().map(|pipe| SecretValue::read_from(&mut pipe.take(LIMIT + 1)));
    let large = matches!(&read, Some(Ok(value)) if value.len() as u64 > LIMIT);
    if large {
        // it may write for ever; that it may be gone already is no matter
        let _ = child.kill();
    }
    let status = child.wait().map_err(|e| format!("was lost: {}", e.kind()))?;
    match read {
        _ if large => Err("prints more than 1 MiB".to_owned()),
        _ if !status.success() => Err(format!("failed ({status})")),
        Some(Ok(value)) => Ok(value),
        Some(Err(e)) => Err(format!("cannot be read: {}", e.kind())),
        None => Err("cannot be read".to_owned()),
    }
}
