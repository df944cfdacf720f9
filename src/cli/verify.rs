//! To be built.

use super::args::Global;
use super::args::VerifyArgs;
use super::report::Report;
use crate::error::{Error, Result};

pub(super) fn run(_: &Global, _: &VerifyArgs, _: &Report) -> Result<()> {
    Err(Error::failed("to be built"))
}
