//! `reseal exec -- CMD`: becomes the command. No parent stays behind that holds values, and the command gets neither
//! the age key nor a way to it.
//!
//! With `--env-file` it lives in a mount namespace of its own, which is entered before the sealed file is opened.
#![expect(clippy::disallowed_methods, reason = "exec is what this command is")]

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::args::{ExecArgs, Global};
use super::report::Report;
use super::session::Session;
use super::{hardening, hold};
use crate::dialect::{self, Dialect};
use crate::disk::{self, Namespace};
use crate::error::{Error, Result};
use crate::process::is_key_variable;
use crate::sops::Open;

pub(super) fn run(global: &Global, args: &ExecArgs, report: &Report) -> Result<()> {
    let [program, rest @ ..] = args.command.as_slice() else {
        return Err(Error::usage("there is no command to run"));
    };
    if program.as_bytes().starts_with(b"-") {
        return Err(Error::usage(format!("exec has no option {program:?}")).hint("see `reseal exec --help`"));
    }
    let session = Session::new(global)?;
    let shown = if args.env_file.is_empty() {
        None
    } else {
        Some(Shown::prepare(args, &session).map_err(not_started)?)
    };
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
    for entry in open.variables(|_| true)? {
        if entry.name.is_empty() {
            continue;
        }
        if entry.name.contains(&0) || entry.value.expose().contains(&0) {
            let name = String::from_utf8_lossy(entry.name);
            return Err(Error::failed(format!("key {name:?} holds a NUL, which no environment can carry")));
        }
        command.env(OsStr::from_bytes(entry.name), OsStr::from_bytes(entry.value.expose()));
    }
    if let Some(shown) = shown {
        shown.show(&open).map_err(not_started)?;
    }
    drop(open);
    become_it(&mut command, report)
}

/// The files that the command, and nobody else, shall see.
struct Shown {
    readers: &'static [Dialect],
    places: Vec<PathBuf>,
    namespace: Namespace,
}

impl Shown {
    /// Everything that can be done before there is a value in memory.
    fn prepare(args: &ExecArgs, session: &Session) -> Result<Self> {
        let format = &args.env_format;
        let readers = Dialect::named(format).ok_or_else(|| {
            Error::usage(format!("there is no format {format:?}")).hint(format!("one of: {}", dialect::NAMES))
        })?;
        let sealed = disk::real(&session.project.sealed);
        if let Some(path) = args.env_file.iter().find(|path| disk::real(path) == sealed) {
            return Err(Error::usage(format!("{path:?} is the sealed file itself"))
                .hint("name the file that the command reads, e.g. `--env-file .env`"));
        }
        let places = hold::places(&args.env_file)?;
        Ok(Shown { readers, places, namespace: Namespace::enter()? })
    }

    fn show(self, open: &Open) -> Result<()> {
        let variables = open.variables(|_| true)?;
        let entries = variables.iter().filter(|e| !e.name.is_empty()).map(|e| (e.name, e.value));
        let text = dialect::render(self.readers, entries)?;
        self.places.iter().try_for_each(|place| self.namespace.cover(place, &text))?;
        self.namespace.settle();
        Ok(())
    }
}

pub(super) fn not_started(error: Error) -> Error {
    error.note("nothing was started")
}

/// Becomes the command. What comes back is how that failed, with a code of its own.
pub(super) fn become_it(command: &mut Command, report: &Report) -> ! {
    hardening::relax();
    let mut error = command.exec();
    let program = command.get_program();
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
