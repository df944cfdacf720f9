//! The command line: the only part that knows arguments, the environment, the terminal and the streams.
//!
//! [`run`] is the whole life of the process: parse, do, print, code. One `match`, one thin file per command.

mod args;
mod backup;
mod change;
mod completions;
mod container;
mod decrypt;
mod demo;
mod deploy;
mod desk;
mod diff;
mod doctor;
mod edit;
mod encrypt;
mod exec;
mod export;
mod get;
mod git;
mod hardening;
mod history;
mod hold;
mod hook;
mod identity;
mod init;
mod list;
mod merge;
mod progress;
mod rekey;
mod report;
mod resume;
mod retire;
mod rollback;
mod rotate;
mod rotation;
mod scan;
mod session;
mod set;
mod sops_words;
mod sops_yaml;
mod status;
mod terminal;
mod textconv;
mod unset;
mod verify;
mod within;

use std::ffi::OsString;

use clap::error::{ContextKind, ErrorKind};
use clap::{CommandFactory, FromArgMatches};

use crate::error::{Error, Kind, Result};
use args::{Cli, Command};
use report::Report;

pub use hardening::harden;

/// Runs the program and gives its exit code.
pub fn run(args: impl Iterator<Item = OsString>) -> u8 {
    let args: Vec<OsString> = args.collect();
    let cli = match parse(&args) {
        Ok(cli) => cli,
        Err(error) => {
            return usage(&error, takes_keys(&args));
        }
    };
    let report = Report::new(&cli.global);
    match act(cli, &report) {
        Ok(()) => 0,
        Err(error) => {
            report.error(&error);
            error.kind().exit_code()
        }
    }
}

fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let mut definitions = Cli::command();
    let matches = definitions.try_get_matches_from_mut(args)?;
    // taking the definitions down again costs as much as putting them up, and the process ends soon
    std::mem::forget(definitions);
    Cli::from_arg_matches(&matches)
}

fn act(cli: Cli, report: &Report) -> Result<()> {
    let Cli { global, command } = cli;
    if let Command::Completions(args) = command {
        return completions::run(&args, report);
    }
    if let Command::Demo = command {
        return demo::run(report);
    }
    session::enter(&global)?;
    if command.waits() {
        hardening::lock_memory();
    }
    match command {
        Command::Init(args) => init::run(&global, &args, report),
        Command::Get(args) => get::run(&global, &args, report),
        Command::List => list::run(&global, report),
        Command::Set(args) => set::run(&global, &args, report),
        Command::Unset(args) => unset::run(&global, &args, report),
        Command::Encrypt(args) => encrypt::run(&global, &args, report),
        Command::Decrypt(args) => decrypt::run(&global, &args, report),
        Command::Edit(args) => edit::run(&global, &args, report),
        Command::Export(args) => export::run(&global, &args, report),
        Command::Diff(args) => diff::run(&global, &args, report),
        Command::Exec(args) => exec::run(&global, &args, report),
        Command::ExecEnv(args) => sops_words::exec_env(&global, &args, report),
        Command::ExecFile(args) => sops_words::exec_file(&global, &args, report),
        Command::Verify(args) => verify::run(&global, &args, report),
        Command::Rekey(args) => rekey::run(&global, &args, report),
        Command::Merge(args) => merge::run(&global, &args, report),
        Command::Textconv(args) => textconv::run(&global, &args, report),
        Command::Scan(args) => scan::run(&global, &args, report),
        Command::Hook(args) => hook::run(&global, &args, report),
        Command::Deploy(args) => deploy::run(&global, &args, report),
        Command::Within(args) => within::run(&args, report),
        Command::Hold(args) => hold::run(&args),
        Command::Desk(args) => desk::run(&args),
        Command::Backup(args) => backup::run(&global, args.what, report),
        Command::Rotate(args) => rotate::run(&global, &args, report),
        Command::Resume(args) => resume::run(&global, &args, report),
        Command::Rollback(args) => rollback::run(&global, &args, report),
        Command::Retire(args) => retire::run(&global, &args, report),
        Command::Status(args) => status::run(&global, &args, report),
        Command::History(args) => history::run(&global, &args, report),
        Command::Doctor(args) => doctor::run(&global, &args, report),
        Command::Demo | Command::Completions(_) => unreachable!("handled above"),
    }
}

/// Ends the process with a code that is not one of our own; for `exec`, whose code belongs to its command.
#[expect(clippy::exit, reason = "exec passes codes through that no Error has")]
fn leave(code: i32) -> ! {
    std::process::exit(code)
}

/// The commands beside whose keys somebody may write a value.
const TAKE_KEYS: [&str; 5] = ["set", "get", "unset", "list", "history"];

/// The command that was called, if it is one of those; `backup list` is none.
fn takes_keys(args: &[OsString]) -> Option<&'static str> {
    let called = args.iter().skip(1).filter_map(|arg| arg.to_str());
    let known = |arg| TAKE_KEYS.into_iter().chain(["backup"]).find(|name| *name == arg);
    called.into_iter().find_map(known).filter(|name| *name != "backup")
}

/// Help and version are data; anything else is a usage error in our own form. Only the first lines of clap's text are
/// kept: they name the argument, and the rest is a usage summary that `--help` prints better. With a command that
/// takes keys an argument that resembles nothing known may be a value, and is not repeated.
fn usage(error: &clap::Error, takes_keys: Option<&str>) -> u8 {
    let plain = Report::plain();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            plain.data(error.render().to_string().as_bytes()).map_or(1, |()| 0)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            plain.text(&error.render().to_string());
            2
        }
        _ => {
            let text = error.render().to_string();
            let mut parts = text.split("\n\n");
            let first = parts.next().unwrap_or_default().trim_start_matches("error: ").trim();
            let mut message = first.lines().map(str::trim).collect::<Vec<_>>().join(" ");
            let tips = text.lines().filter_map(|l| l.trim().strip_prefix("tip: "));
            // an option that does not exist was hardly meant as a value
            let mut tip = tips.into_iter().find(|tip| !tip.starts_with("to pass "));
            let help = takes_keys.map(|command| format!("see `reseal {command} --help`"));
            if let Some(help) = &help
                && error.kind() == ErrorKind::UnknownArgument
                && error.get(ContextKind::SuggestedArg).is_none()
            {
                message =
                    "an argument is not known; it is not repeated, because it may be a value".to_owned();
                tip = Some(help);
            }
            plain.error(&Error::new(Kind::Usage, message).hint(tip.unwrap_or("see `reseal --help`")));
            2
        }
    }
}
