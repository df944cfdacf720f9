//! To be built.

use super::args::Global;
use super::args::{ExecEnvArgs, ExecFileArgs};
use super::report::Report;
use crate::error::{Error, Result};

pub(super) fn exec_env(_: &Global, _: &ExecEnvArgs, _: &Report) -> Result<()> {
    Err(Error::failed("to be built"))
}

pub(super) fn exec_file(_: &Global, _: &ExecFileArgs, _: &Report) -> Result<()> {
    Err(Error::failed("to be built"))
}
