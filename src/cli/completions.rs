//! `reseal completions SHELL`

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs};
use super::report::Report;
use crate::error::Result;

pub(super) fn run(args: &CompletionsArgs, report: &Report) -> Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "reseal", &mut text);
    report.data(&text)
}
