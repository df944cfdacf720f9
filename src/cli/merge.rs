//! To be built.

use super::args::Global;
use super::args::MergeArgs;
use super::report::Report;
use crate::error::{Error, Result};

pub(super) fn run(_: &Global, _: &MergeArgs, _: &Report) -> Result<()> {
    Err(Error::failed("to be built"))
}
