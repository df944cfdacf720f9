//! What can be typed. Help, completions and usage errors come from these definitions.

mod git;
mod scan;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use git::{HookArgs, HookCommand, HookManager, MergeArgs, TextconvArgs};
pub(super) use scan::{ScanArgs, ScanFormat};

/// Rotates the secrets in files encrypted with SOPS or age, so that a crash at any moment loses nothing
#[derive(Parser)]
#[command(name = "reseal", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "\
rotate makes new values; who can open the file stays as it is (rekey is about that, and about the data key).
Identities are found as sops finds them: SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, SOPS_AGE_KEY_CMD,
SOPS_AGE_SSH_PRIVATE_KEY_FILE, ~/.config/sops/age/keys.txt, ~/.ssh/id_ed25519, ~/.ssh/id_rsa.
Exit codes: 0 done, 1 failed, 2 usage, 3 found or due, 10 rolled back, 11 locked, 12 no identity,
13 unfinished, 14 stuck, 15 integrity, 130 interrupted.")]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Args, Clone)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// The sealed file [default: `file` of reseal.toml, else .env.enc]
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// The policy [default: reseal.toml beside the sealed file or above it]
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Act as if started in this folder
    #[arg(short = 'C', long, global = true, value_name = "FOLDER")]
    pub(super) directory: Option<PathBuf>,
    /// A file with age identities, looked at first
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) age_key_file: Option<PathBuf>,
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say more, e.g. which identity opened the file
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// Print for programs: versioned JSON without values (but for commands that print values)
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// When to colour messages
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = false)]
    pub(super) color: When,
    /// Never ask anything
    #[arg(long, global = true)]
    pub(super) no_input: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

// deferred: the arguments of the one command that is called are built, not those of all
#[derive(Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Seal .env into .env.enc, make a key if there is none, propose a reseal.toml
    Init(InitArgs),
    /// Print one value
    Get(GetArgs),
    /// Print the names of all keys
    List,
    /// Give a key a value: from standard input, from a hidden prompt, or generated
    Set(SetArgs),
    /// Take keys away
    Unset(UnsetArgs),
    /// Seal a plaintext file, to standard output or to a file
    Encrypt(EncryptArgs),
    /// Print the whole file in plain
    Decrypt(DecryptArgs),
    /// Change the file in an editor that can write to RAM only
    Edit(EditArgs),
    /// Print the values as a program reads them
    Export(ExportArgs),
    /// What changed between two versions, without any value
    Diff(DiffArgs),
    /// Become a command that has the values in its environment
    Exec(ExecArgs),
    // sops's own words for it
    #[command(hide = true)]
    ExecEnv(ExecEnvArgs),
    #[command(hide = true)]
    ExecFile(ExecFileArgs),
    /// Check what sops does not: structure without a key, all of it with one
    Verify(VerifyArgs),
    /// Who can open the file: add and remove recipients, make a new data key (values are `rotate`'s)
    #[command(visible_alias = "updatekeys")]
    Rekey(RekeyArgs),
    /// Merge two versions of a sealed file key by key, as git's merge driver
    Merge(MergeArgs),
    /// Names and fingerprints of a sealed file, as git's diff shows them
    Textconv(TextconvArgs),
    /// Find secrets where they must not be: staged, in folders, in history
    Scan(ScanArgs),
    /// Make git know sealed files, and keep secrets out of commits
    Hook(HookArgs),
    /// Start the services on what the sealed file holds, and wait until they are well
    Deploy(DeployArgs),
    // starts a command that sees what it gets on standard input in the place of files
    #[command(hide = true)]
    Within(WithinArgs),
    // holds the empty files over which another process lays its own
    #[command(hide = true)]
    Hold(HoldArgs),
    // runs the editor of `edit`, in a namespace of its own
    #[command(hide = true)]
    Desk(DeskArgs),
    /// Encrypted copies of the sealed file
    Backup(BackupArgs),
    /// Make new values, put them in the file, redeploy, prove it, or put everything back
    Rotate(RotateArgs),
    /// Finish an interrupted rotation, or undo it
    Resume(ResumeArgs),
    /// Go back to earlier values, in the file and in the services
    Rollback(RollbackArgs),
    /// Take replaced values away that are still accepted
    Retire(RetireArgs),
    /// Age and due date of each secret, and whether a rotation is unfinished
    Status(StatusArgs),
    /// What was done, by whom, when, and how it ended
    History(HistoryArgs),
    /// Look for what is wrong around the sealed file (`scan --leftovers` looks at the rest of the host)
    Doctor(DoctorArgs),
    /// Play one whole rotation, killed and resumed, in a throw-away project
    Demo,
    /// Print the completions for a shell
    Completions(CompletionsArgs),
}

impl Command {
    /// Whether the command may hold values while it waits for something.
    pub(super) fn waits(&self) -> bool {
        matches!(
            self,
            Command::Init(_)
                | Command::Set(_)
                | Command::Encrypt(_)
                | Command::Decrypt(_)
                | Command::Edit(_)
                | Command::Desk(_)
                | Command::Deploy(_)
                | Command::Backup(_)
                | Command::Rotate(_)
                | Command::Resume(_)
                | Command::Rollback(_)
                | Command::Retire(_)
                | Command::Rekey(_)
                | Command::Merge(_)
        )
    }
}

#[derive(Args)]
pub(super) struct InitArgs {
    /// The plaintext file to seal
    #[arg(default_value = ".env", value_name = "ENV-FILE")]
    pub(super) env: PathBuf,
    /// Who can open the file: an age or SSH public key; may be repeated
    #[arg(short, long, value_name = "RECIPIENT")]
    pub(super) age: Vec<String>,
    /// What the sealed file becomes: sops, age (one whole age file, as text) or age-binary [default: sops]
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<String>,
    /// Remove the plaintext once the sealed file has been opened again
    #[arg(long)]
    pub(super) delete_plaintext: bool,
    /// A script that rotates secrets by sed; what it changes is proposed, and what is wrong with it is said
    #[arg(long, value_name = "FILE")]
    pub(super) script: Vec<PathBuf>,
    /// Where a key has to be made, make one that quantum computers do not break
    #[arg(long, hide = true, conflicts_with = "age")]
    pub(super) post_quantum: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Print what is understood and what would be proposed, and write nothing
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
}

#[derive(Args)]
pub(super) struct GetArgs {
    /// The key
    pub(super) key: String,
    /// Print no line feed after the value
    #[arg(short = 'n', long)]
    pub(super) no_newline: bool,
}

#[derive(Args, Clone)]
pub(super) struct SetArgs {
    /// The key
    pub(super) key: String,
    /// Where a value would be seen by every process of the machine
    #[arg(hide = true, num_args = 0.., allow_hyphen_values = true)]
    pub(super) value: Vec<OsString>,
    /// Make the value: hex:N base64:N base64url:N (bytes), alnum:N password:N digits:N (characters), words:N, uuid, fernet
    #[arg(short, long, value_name = "SPEC", conflicts_with = "value_file")]
    pub(super) generate: Option<String>,
    /// Read the value from a file
    #[arg(long, value_name = "FILE")]
    pub(super) value_file: Option<PathBuf>,
    /// Read the value from standard input, as a JSON value where the key is in the form ["KEY"], as sops has it
    #[arg(long, conflicts_with_all = ["value_file", "generate"])]
    pub(super) value_stdin: bool,
    /// Change nothing if the value is there already; that is always so here
    #[arg(long, hide = true)]
    pub(super) idempotent: bool,
    /// Keep the line feed at the end of what is read
    #[arg(long)]
    pub(super) keep_newline: bool,
    /// Take an empty value for what it is
    #[arg(long)]
    pub(super) allow_empty: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

#[derive(Args)]
pub(super) struct UnsetArgs {
    /// The keys
    #[arg(required = true)]
    pub(super) keys: Vec<String>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

#[derive(Args)]
pub(super) struct EncryptArgs {
    /// The plaintext file; - for standard input
    #[arg(default_value = ".env", value_name = "FILE")]
    pub(super) input: PathBuf,
    /// Write to this file, which must not exist, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Who can open the file: an age or SSH public key; may be repeated [default: SOPS_AGE_RECIPIENTS, .sops.yaml, your own]
    #[arg(short, long, value_name = "RECIPIENT")]
    pub(super) age: Vec<String>,
    #[command(flatten)]
    pub(super) rule: RuleArgs,
    /// Let the MAC cover encrypted values only
    #[arg(long)]
    pub(super) mac_only_encrypted: bool,
    #[command(flatten)]
    pub(super) types: TypeArgs,
}

// as sops has them
#[derive(Args)]
pub(super) struct TypeArgs {
    /// What the input is: dotenv, yaml, json, ini, binary [default: what its content or its name says]
    #[arg(long, value_name = "FORMAT")]
    pub(super) input_type: Option<String>,
    /// What to write; encrypt also knows age and age-binary, one whole age file [default: as the input]
    #[arg(long, value_name = "FORMAT")]
    pub(super) output_type: Option<String>,
    /// Treat the input as if it had this name
    #[arg(long, value_name = "NAME")]
    pub(super) filename_override: Option<PathBuf>,
}

#[derive(Args)]
#[group(multiple = false)]
pub(super) struct RuleArgs {
    /// Leave keys with this ending in clear [default: _unencrypted]
    #[arg(long, value_name = "TEXT")]
    pub(super) unencrypted_suffix: Option<String>,
    /// Encrypt only keys with this ending
    #[arg(long, value_name = "TEXT")]
    pub(super) encrypted_suffix: Option<String>,
    /// Leave keys that match in clear
    #[arg(long, value_name = "REGEX")]
    pub(super) unencrypted_regex: Option<String>,
    /// Encrypt only keys that match
    #[arg(long, value_name = "REGEX")]
    pub(super) encrypted_regex: Option<String>,
    /// Leave keys in clear that stand under a comment that matches
    #[arg(long, value_name = "REGEX")]
    pub(super) unencrypted_comment_regex: Option<String>,
    /// Encrypt only keys that stand under a comment that matches
    #[arg(long, value_name = "REGEX")]
    pub(super) encrypted_comment_regex: Option<String>,
}

#[derive(Args)]
pub(super) struct DecryptArgs {
    /// The sealed file [default: as --file]; - for standard input
    #[arg(value_name = "FILE")]
    pub(super) input: Option<PathBuf>,
    // no comment for documentation, which would see a link in the brackets
    #[arg(
        long,
        value_name = "NAME",
        help = "Print one value or one part: database.password or [\"database\"][\"password\"]"
    )]
    pub(super) extract: Option<String>,
    #[command(flatten)]
    pub(super) types: TypeArgs,
}

#[derive(Args)]
pub(super) struct EditArgs {
    /// The sealed file [default: as --file]
    #[arg(value_name = "FILE")]
    pub(super) input: Option<PathBuf>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

#[derive(Args)]
pub(super) struct ExportArgs {
    /// Who is to read it: dotenv, compose, compose-v1, compose-v2, docker, shell, systemd, dotenvy, python-dotenv, node-dotenv, json, yaml
    #[arg(long, value_name = "FORMAT", default_value = "dotenv")]
    pub(super) format: String,
    /// Only these keys
    #[arg(value_name = "KEY")]
    pub(super) keys: Vec<String>,
}

#[derive(Args)]
pub(super) struct DiffArgs {
    /// The versions: a file, the id of a backup, or `live`; or what git gives an external diff
    #[arg(value_name = "VERSION", num_args = 1..=9)]
    pub(super) versions: Vec<OsString>,
    /// Exit with 3 when they differ
    #[arg(long)]
    pub(super) exit_code: bool,
}

#[derive(Args)]
pub(super) struct DeployArgs {
    /// Write the files that systemd units read, and start nothing: for a unit that is started before them
    #[arg(long)]
    pub(super) files_only: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

#[derive(Args)]
pub(super) struct WithinArgs {
    /// Where the command sees the file; may be repeated
    #[arg(long, value_name = "PATH", required = true)]
    pub(super) env_file: Vec<PathBuf>,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

#[derive(Args)]
pub(super) struct HoldArgs {
    /// The second of two starts, after which nobody is its parent
    #[arg(long)]
    pub(super) apart: bool,
    /// The files
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
}

#[derive(Args)]
pub(super) struct DeskArgs {
    /// What the file is called that the editor sees
    #[arg(value_name = "NAME")]
    pub(super) name: PathBuf,
    /// The editor and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "EDITOR")]
    pub(super) editor: Vec<OsString>,
}

#[derive(Args)]
pub(super) struct ExecArgs {
    /// Give the command nothing of this environment but PATH, HOME and TERM
    #[arg(long)]
    pub(super) pristine: bool,
    /// Let the command, and nobody else, see the values as an env file at this path; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(super) env_file: Vec<PathBuf>,
    /// Who reads that file: compose, compose-v1, compose-v2, docker, shell, systemd, dotenvy, python-dotenv, node-dotenv
    #[arg(long, value_name = "FORMAT", default_value = "compose", requires = "env_file")]
    pub(super) env_format: String,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

#[derive(Args)]
pub(super) struct ExecEnvArgs {
    /// Give the command nothing of this environment but PATH, HOME and TERM
    #[arg(long)]
    pub(super) pristine: bool,
    /// The sealed file
    pub(super) input: PathBuf,
    /// The command line, for the shell
    pub(super) command: String,
}

#[derive(Args)]
pub(super) struct ExecFileArgs {
    /// What the file is called that the command sees
    #[arg(long, value_name = "NAME")]
    pub(super) filename: Option<OsString>,
    /// A plain file in place of a pipe; either way it lies in RAM, and only the command sees it
    #[arg(long)]
    pub(super) no_fifo: bool,
    /// What the sealed file is: dotenv, yaml, json, ini, binary [default: what its content says]
    #[arg(long, value_name = "FORMAT")]
    pub(super) input_type: Option<String>,
    /// What the command gets
    #[arg(long, value_name = "FORMAT")]
    pub(super) output_type: Option<String>,
    /// The sealed file
    pub(super) input: PathBuf,
    /// The command line, for the shell; {} is the path of the file
    pub(super) command: String,
}

#[derive(Args)]
pub(super) struct VerifyArgs {
    /// The sealed files [default: as --file]
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Look at the structure only, though a key is there
    #[arg(long)]
    pub(super) no_key: bool,
}

#[derive(Args)]
pub(super) struct RekeyArgs {
    /// The sealed files [default: as --file]
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Let this recipient open the file too; may be repeated
    #[arg(long, value_name = "RECIPIENT")]
    pub(super) add: Vec<String>,
    /// Wrap the data key for this recipient no more; may be repeated
    #[arg(long, value_name = "RECIPIENT")]
    pub(super) remove: Vec<String>,
    /// The group of the recipients, where the key is shared among groups; counted from 0
    #[arg(long, value_name = "N")]
    pub(super) key_group: Option<usize>,
    /// Encrypt every value with a new data key
    #[arg(long)]
    pub(super) new_data_key: bool,
    /// Make the recipients those of `.sops.yaml`, also where others are named
    #[arg(long, conflicts_with_all = ["add", "remove"])]
    pub(super) from_config: bool,
    /// Print what would change and write nothing
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub(super) yes: bool,
}

#[derive(Args)]
pub(super) struct BackupArgs {
    #[command(subcommand)]
    pub(super) what: BackupCommand,
}

#[derive(Subcommand)]
pub(super) enum BackupCommand {
    /// Print all backups of the sealed file, oldest first
    List,
    /// Make one now
    Create,
    /// Put a backup in the place of the sealed file, after a backup of that
    Restore {
        /// The id, or a part of it that fits one backup only
        id: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Open every backup
    Verify,
    /// Remove the backups that the policy does not keep
    Prune,
}

// how a rotation of any kind is carried out; three slashes would make this the help of each command
#[derive(Args)]
pub(super) struct HowArgs {
    /// Print the plan and change nothing
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// Start no service anew; those that have a target are told all the same
    #[arg(long)]
    pub(super) no_deploy: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub(super) yes: bool,
}

#[derive(Args)]
pub(super) struct RotateArgs {
    /// The keys
    #[arg(value_name = "KEY")]
    pub(super) keys: Vec<String>,
    /// All secrets of a group; may be repeated
    #[arg(long, value_name = "GROUP")]
    pub(super) group: Vec<String>,
    /// All secrets of the policy
    #[arg(long)]
    pub(super) all: bool,
    /// Leave no replaced value to count, and end the sessions that it opened
    #[arg(long)]
    pub(super) emergency: bool,
    #[command(flatten)]
    pub(super) how: HowArgs,
}

#[derive(Args)]
pub(super) struct RollbackArgs {
    /// The keys [default: those of the last rotation]
    #[arg(value_name = "KEY")]
    pub(super) keys: Vec<String>,
    /// The backup whose values are meant [default: the newest one in which one of them was another]
    #[arg(long, value_name = "ID")]
    pub(super) to: Option<String>,
    #[command(flatten)]
    pub(super) how: HowArgs,
}

#[derive(Args)]
pub(super) struct RetireArgs {
    /// The secrets whose replaced values end now, whatever their time
    #[arg(value_name = "KEY")]
    pub(super) keys: Vec<String>,
    /// Every replaced value whose time is over
    #[arg(long)]
    pub(super) due: bool,
    #[command(flatten)]
    pub(super) how: HowArgs,
}

#[derive(Args)]
pub(super) struct ResumeArgs {
    /// Undo the rotation instead of finishing it
    #[arg(long)]
    pub(super) back: bool,
}

#[derive(Args)]
pub(super) struct StatusArgs {
    /// Exit with 3 when a secret is due
    #[arg(long)]
    pub(super) check: bool,
}

#[derive(Args)]
pub(super) struct HistoryArgs {
    /// Only what concerns this key
    #[arg(value_name = "KEY")]
    pub(super) key: Option<String>,
}

#[derive(Args)]
pub(super) struct DoctorArgs {
    /// Mend what can be mended without losing anything
    #[arg(long)]
    pub(super) fix: bool,
}

#[derive(Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}
