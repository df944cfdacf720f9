//! `reseal exec -- CMD`: becomes the command. No parent stays behind that holds values, and the command gets neither
//! the age key nor a way to it.
#![expect(clippy::disallowed_methods, reason = "exec is what this command is")]

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::args::{ExecArgs, Global};
use super::hardening;
use super::report::Report;
use super::session::Session;
use crate::disk;
use crate::error::{Error, Result};
use crate::process::is_key_variable;

pub(super) fn run(global: &Global, args: &ExecArgs, report: &Report) -> Result<()> {
    let [program, rest @ ..] = args.command.as_slice() else {
        return Err(Error::usage("there is no command to run"));
    };
    if program.as_bytes().starts_with(b"-") {
        return Err(Error::usage(format!("exec has no option {program:?}")).hint("see `reseal exec --help`"));
    }
    let session = Session::new(global)?;
    let open = session.open(report)?;
    let mut command = Command::new(program);
    command.args(rest);
    if args.pristine {
        command.env_clear();
        for name in ["PATH", "HOME", "TERM"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
    } else {
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_key_variable(name)) {
            command.env_remove(name);
        }
    }
    for entry in open.entries() {
        if entry.name.is_empty() {
            continue;
        }
        if entry.name.contains(&0) || entry.value.expose().contains(&0) {
            let name = String::from_utf8_lossy(entry.name);
            return Err(Error::failed(format!("key {name:?} holds a NUL, which no environment can carry")));
        }
        command.env(OsStr::from_bytes(entry.name), OsStr::from_bytes(entry.value.expose()));
    }
    hardening::relax();
    let mut error = command.exec();
    // where a folder of PATH may not be looked into, the system does not say "not found"; a shell does
    if error.kind() == ErrorKind::PermissionDenied && !somewhere(program) {
        error = ErrorKind::NotFound.into();
    }
    // as a shell does: 127 not found, 126 found but not to be run
    let (code, hint) = match error.kind() {
        ErrorKind::NotFound => (127, "is it installed, and in PATH?"),
        ErrorKind::PermissionDenied => (126, "is it a program, and may it be executed?"),
        ErrorKind::ArgumentListTooLong => (126, "one environment variable holds 128 KiB at most"),
        _ => (126, "is it a program, or a script that starts with #! and an interpreter?"),
    };
    report.error(&disk::failed("run", Path::new(program), &error).hint(hint));
    super::leave(code)
}

/// Whether there is a file of that name at all.
fn somewhere(program: &OsStr) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    program.as_bytes().contains(&b'/')
        || std::env::split_paths(&path).any(|folder| disk::stat(&folder.join(program)).is_some())
}
