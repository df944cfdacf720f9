//! To be built.

use super::args::{DiffArgs, Global};
use super::report::Report;
use crate::error::{Error, Result};

pub(super) fn run(_global: &Global, _args: &DiffArgs, _report: &Report) -> Result<()> {
    Err(Error::failed("to be built"))
}
