//! Starts other programs, and nothing outlives its deadline.
//!
//! It knows where children run and with which environment, how a program is found, and how it is stopped with all its
//! descendants. It does not know what the programs are for. Values reach a child on its standard input or in its
//! environment, never in its arguments (I3), and no message quotes an argument or what a child printed.

mod find;
mod run;
#[cfg(test)]
pub(crate) mod testing;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;

pub(crate) use find::{Program, program};
pub(crate) use run::{Deadline, Prepare, ask, converse, hand, overhear, run, tell};

/// Where and with what children run.
#[derive(Clone)]
pub struct Site {
    /// The project folder: the children's working folder, and the base of relative commands.
    pub root: PathBuf,
    /// The whole environment of the children; nothing of this process's own environment is inherited beside it.
    pub env: Vec<(OsString, OsString)>,
    /// Whether what the children print is dropped.
    pub quiet: bool,
}

impl Site {
    /// The value of a variable of the children's environment; an empty one counts as none, as in compose.
    pub(crate) fn var(&self, name: &str) -> Option<&OsString> {
        // the last one wins, as it does in `Command::envs`
        self.env
            .iter()
            .rev()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value)
            .filter(|value| !value.is_empty())
    }
}

/// What a child gets only if it opens the sealed file itself.
const KEYS: [&str; 3] = ["SOPS_AGE_KEY", "SOPS_AGE_SSH", "RESEAL_AGE_KEY"];

/// Whether a variable is an age key, or leads to one.
pub fn is_key_variable(name: &OsStr) -> bool {
    KEYS.iter().any(|key| name.as_bytes().starts_with(key.as_bytes()))
}

/// Takes every variable that holds or names an age key away from the child.
pub(crate) fn withhold_keys(command: &mut Command, site: &Site) {
    for (name, _) in &site.env {
        if is_key_variable(name) {
            command.env_remove(name);
        }
    }
}
