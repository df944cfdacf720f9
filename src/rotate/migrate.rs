//! Migrate: after the commit, a command of the operator's brings stored data from the old value to the new one.
//!
//! From here there is only forward: data that is half migrated needs both values, and both stay until the command has
//! ended with 0. It may be killed and is then started again, so it must be repeatable. What it prints is its progress.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::context::Context;
use super::request::Change;
use super::service::copy;
use crate::error::{Error, Result};
use crate::process::{self, Deadline, withhold_keys};
use crate::saga::{Note, Step};

/// Work on much data is long; a person may interrupt it at any time.
const LONGEST: Duration = Duration::from_secs(7 * 86_400);

pub(super) struct Migrate(pub(super) Change);

impl Step<Context<'_>> for Migrate {
    fn name(&self) -> String {
        format!("migrate:{}", self.0.name)
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let world = cx.world;
        let Some((word, rest)) = self.0.policy.migrate.split_first() else { return Ok(Note::Skipped) };
        let program = process::program(word, &world.site)?;
        let args: Vec<&str> = rest.iter().map(String::as_str).collect();
        let (new, old) = (world.open(&cx.pending())?, world.open(&cx.previous())?);
        let (fresh, replaced) = (copy(&new, &self.0.name)?, copy(&old, &self.0.name)?);
        let deadline = Deadline::or_when(LONGEST, &world.stop);
        process::run(&world.site, &program, &args, &deadline, &|command| {
            withhold_keys(command, &world.site);
            for entry in new.entries() {
                command.env(OsStr::from_bytes(entry.name), OsStr::from_bytes(entry.value.expose()));
            }
            command.env("OLD", OsStr::from_bytes(replaced.expose()));
            command.env("NEW", OsStr::from_bytes(fresh.expose()));
        })
        .map_err(|e: Error| {
            e.context("the data is not all migrated yet; both values still count").hint("run `reseal resume`")
        })?;
        Ok(Note::Nothing)
    }

    fn undo(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}
