//! How a program gets the values: in its environment, and where the policy names `env-files`, as files in RAM that it
//! alone sees.
//!
//! Such a file is read from a path only, so this very program is started in between (`within`), gets the text on its
//! standard input, shows it at those paths to the program and to nobody else, and becomes the program. What no
//! environment can carry, or no text, is refused before anything is started (I9). The age key stays here: what a program
//! does not have no container can get by mistake.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::Values;
use crate::config::DeployConfig;
use crate::dialect;
use crate::error::{Error, Result};
use crate::process::{self, Deadline, Prepare, Program, Site, withhold_keys};
use crate::secret::SecretValue;

/// What the kernel lets a single variable hold, name and end included, with pages of 4 KiB (MAX_ARG_STRLEN).
pub(super) const LARGEST: usize = 128 * 1024;

/// How long it may take to show nothing to a command that does nothing.
const ANSWER: Duration = Duration::from_secs(20);

/// Runs a program on the values to its end; what it prints goes to standard error. Anything but exit code 0 is an error.
pub(super) fn run(
    (config, site): (&DeployConfig, &Site),
    program: &Program,
    args: &[&str],
    values: Values<'_>,
    deadline: &Deadline,
    more: Prepare<'_>,
) -> Result<()> {
    let prepare = |command: &mut Command| {
        environment(command, site, values.iter().copied());
        more(command);
    };
    if config.env_files.is_empty() {
        return process::run(site, program, args, deadline, &prepare);
    }
    let text = dialect::render(&config.env_format, values.iter().copied())?;
    let (between, mut before) = within(config, site)?;
    let path = program.path.to_str();
    before.push(path.ok_or_else(|| Error::failed(format!("{:?} is not UTF-8", program.path)))?.to_owned());
    let args: Vec<&str> = before.iter().map(String::as_str).chain(args.iter().copied()).collect();
    // in messages it is the program that is meant
    let program = Program { word: program.word.clone(), path: between.path };
    process::hand(site, &program, &args, &text, deadline, &prepare, true)
}

/// Gives a child the values, and no age key.
pub(super) fn environment<'a>(
    command: &mut Command,
    site: &Site,
    values: impl Iterator<Item = (&'a [u8], &'a SecretValue)>,
) {
    withhold_keys(command, site);
    for (name, value) in values {
        // std copies the value into plain memory and frees it with the command. The process's allocator wipes what is
        // freed (zeroizing-alloc), so that the copy does not outlive the call.
        command.env(OsStr::from_bytes(name), OsStr::from_bytes(value.expose()));
    }
}

/// The env files of the policy, from the project's folder.
pub(super) fn env_files(config: &DeployConfig, site: &Site) -> Vec<PathBuf> {
    config.env_files.iter().map(|path| site.root.join(path)).collect()
}

/// Whether the env files could be shown: shows nothing at their paths to a command that does nothing.
pub(super) fn can_show(config: &DeployConfig, site: &Site) -> Result<()> {
    let (program, mut words) = within(config, site)?;
    words.push("true".to_owned());
    let args: Vec<&str> = words.iter().map(String::as_str).collect();
    let nothing = SecretValue::new(Vec::new());
    match process::tell(site, &program, &args, &nothing, &Deadline::new(ANSWER), &|_| {}, None)? {
        0 => Ok(()),
        _ => Err(Error::failed("the files of `env-files` cannot be shown to the command")
            .note("nothing was changed")
            .hint("see what `reseal exec --env-file .env -- true` says here")),
    }
}

/// This program and its arguments, up to the command that is to see the env files.
fn within(config: &DeployConfig, site: &Site) -> Result<(Program, Vec<String>)> {
    let missing =
        || Error::failed("where this program lies is not known, and it shows the command its env files");
    let reseal = site.var("RESEAL").and_then(|path| path.to_str()).ok_or_else(missing)?;
    let program = process::program(reseal, site)?;
    let mut words = vec!["within".to_owned()];
    for path in env_files(config, site) {
        words.extend(["--env-file".to_owned(), path.to_string_lossy().into_owned()]);
    }
    words.push("--".to_owned());
    Ok((program, words))
}

/// Refuses what the environment would change or cut, and what would keep the child from starting.
pub(super) fn fits_environment(values: Values<'_>) -> Result<()> {
    for (name, value) in values {
        let shown = String::from_utf8_lossy(name);
        if name.is_empty() || name.contains(&b'=') || name.contains(&0) {
            return Err(Error::failed(format!(
                "key {shown:?} cannot be the name of an environment variable"
            )));
        }
        if value.expose().contains(&0) {
            return Err(Error::failed(format!(
                "key {shown:?} holds a NUL byte, which no environment variable can"
            )));
        }
        if name.len() + value.len() + 2 > LARGEST {
            return Err(Error::failed(format!("key {shown:?} is too large for an environment variable"))
                .hint("one environment variable holds 128 KiB at most"));
        }
    }
    Ok(())
}
