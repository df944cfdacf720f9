//! What git calls, and what makes it call that.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Args)]
pub(in crate::cli) struct MergeArgs {
    /// The common ancestor, as git's %O
    #[arg(required_unless_present = "resolve")]
    pub(in crate::cli) base: Option<PathBuf>,
    /// Our version, as git's %A; the result is written there
    #[arg(required_unless_present = "resolve")]
    pub(in crate::cli) ours: Option<PathBuf>,
    /// Their version, as git's %B
    #[arg(required_unless_present = "resolve")]
    pub(in crate::cli) theirs: Option<PathBuf>,
    /// The path of the file in the repository, as git's %P
    pub(in crate::cli) path: Option<PathBuf>,
    /// The size of conflict marks, as git's %L
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub(in crate::cli) marker_size: usize,
    /// Merge the three versions of this file that git keeps while it is in conflict
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base", "ours", "theirs", "path"])]
    pub(in crate::cli) resolve: Option<PathBuf>,
    /// Take our version of this key; may be repeated
    #[arg(long = "ours", value_name = "KEY", requires = "resolve")]
    pub(in crate::cli) take_ours: Vec<String>,
    /// Take their version of this key; may be repeated
    #[arg(long = "theirs", value_name = "KEY", requires = "resolve")]
    pub(in crate::cli) take_theirs: Vec<String>,
}

#[derive(Args)]
pub(in crate::cli) struct TextconvArgs {
    /// The sealed file
    pub(in crate::cli) input: PathBuf,
}

#[derive(Args)]
pub(in crate::cli) struct HookArgs {
    #[command(subcommand)]
    pub(in crate::cli) what: HookCommand,
}

#[derive(Subcommand)]
pub(in crate::cli) enum HookCommand {
    /// Guard the commits of this clone: `reseal scan --staged` runs before each
    Install {
        /// The merge and diff drivers for sealed files instead: attributes and configuration
        #[arg(long, conflicts_with_all = ["pre_push", "print"])]
        git: bool,
        /// Which files are sealed; may be repeated [default: the sealed files that the repository tracks]
        #[arg(long, value_name = "PATTERN", requires = "git")]
        pattern: Vec<String>,
        /// Look at what is pushed, too
        #[arg(long)]
        pre_push: bool,
        /// Print the lines for a manager of hooks, and change nothing
        #[arg(long, value_name = "MANAGER", conflicts_with = "pre_push")]
        print: Option<HookManager>,
    },
    /// Take the guard away; hooks that were there before come back
    Uninstall,
}

/// A program that brings hooks of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum HookManager {
    PreCommit,
    Lefthook,
    Husky,
}
