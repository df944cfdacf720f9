//! To be built.

use super::args::{DeployArgs, Global};
use super::report::Report;
use crate::error::{Error, Result};

pub(super) fn run(_global: &Global, _args: &DeployArgs, _report: &Report) -> Result<()> {
    Err(Error::failed("to be built"))
}
