//! What the guard looks at, and how it tells.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Args)]
pub(in crate::cli) struct ScanArgs {
    /// Files and folders [default: what git tracks or would track]
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// What the next commit would hold, from the index; with PATHs, these as the index has them
    #[arg(long, conflicts_with_all = ["from_ref", "history", "stdin"])]
    pub(in crate::cli) staged: bool,
    /// What changed since this commit; with --to-ref
    #[arg(long, value_name = "COMMIT", conflicts_with_all = ["history", "stdin"])]
    pub(in crate::cli) from_ref: Option<String>,
    /// The commit that is looked at [default: HEAD]
    #[arg(long, value_name = "COMMIT", requires = "from_ref")]
    pub(in crate::cli) to_ref: Option<String>,
    /// Every version of every file in a range of commits, e.g. main..topic; HEAD or --all for all
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true, conflicts_with = "stdin")]
    pub(in crate::cli) history: Option<String>,
    /// Standard input
    #[arg(long, conflicts_with = "paths")]
    pub(in crate::cli) stdin: bool,
    /// What this host keeps of values: shell histories, editors' swap files, temporary folders, containers, logs
    #[arg(long, conflicts_with_all = ["paths", "staged", "from_ref", "history", "stdin"])]
    pub(in crate::cli) leftovers: bool,
    /// Accept everything that is found, in .reseal-baseline; each entry is of one value at one path
    #[arg(long, conflicts_with_all = ["history", "from_ref", "stdin", "format", "leftovers"])]
    pub(in crate::cli) update_baseline: bool,
    /// Take what is of nothing any more out of .reseal-baseline
    #[arg(long, conflicts_with_all = ["update_baseline", "staged", "history", "from_ref", "stdin", "format", "paths", "leftovers"])]
    pub(in crate::cli) prune: bool,
    /// How to tell [default: text; json with --json]
    #[arg(long, value_name = "FORMAT")]
    pub(in crate::cli) format: Option<ScanFormat>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ScanFormat {
    Text,
    Json,
    Sarif,
    Github,
}
