//! To be built.

use super::args::Global;
use super::args::RekeyArgs;
use super::report::Report;
use crate::error::{Error, Result};

pub(super) fn run(_: &Global, _: &RekeyArgs, _: &Report) -> Result<()> {
    Err(Error::failed("to be built"))
}
