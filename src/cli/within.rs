//! To be built.

use super::args::WithinArgs;
use super::report::Report;
use crate::error::{Error, Result};

pub(super) fn run(_args: &WithinArgs, _report: &Report) -> Result<()> {
    Err(Error::failed("to be built"))
}
