//! To be built.

use super::args::Global;
use super::args::TextconvArgs;
use super::report::Report;
use crate::error::{Error, Result};

pub(super) fn run(_: &Global, _: &TextconvArgs, _: &Report) -> Result<()> {
    Err(Error::failed("to be built"))
}
