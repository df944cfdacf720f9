//! What a person reads: the messages of each command as snapshots, refusals above all. One file per command.
//!
//! A snapshot is a transcript: the command, its exit code, both streams. Read it as the person would, before accepting
//! it with `INSTA_UPDATE=always`.

mod backup;
mod completions;
mod decrypt;
mod demo;
mod deploy;
mod diff;
mod doctor;
mod edit;
mod encrypt;
mod exec;
mod export;
mod get;
mod help;
mod history;
mod init;
mod json;
mod list;
mod rekey;
mod resume;
pub mod rotate;
mod scan;
mod set;
mod sops_words;
mod status;
mod unset;
mod verify;

use std::process::Command;

use crate::harness::{Output, Project};

/// The env file of most transcripts. Its values can be found in no message by chance.
pub const ENV: &str = "\
# the application
JWT_SECRET=0123456789abcdef0123456789abcdef
APP_DB_PASSWORD=correct-horse-battery
DATABASE_URL=postgres://app:correct-horse-battery@db:5432/app
DB_HOST=db
";

/// Values of [`ENV`] that only commands which print values may show.
pub const VALUES: [&str; 2] = ["0123456789abcdef", "correct-horse-battery"];

/// Commands and their answers, one after the other.
pub struct Transcript<'a> {
    project: &'a Project,
    text: String,
}

impl<'a> Transcript<'a> {
    pub fn of(project: &'a Project) -> Self {
        Transcript { project, text: String::new() }
    }

    /// Runs the program with nothing on standard input.
    pub fn run(&mut self, args: &[&str]) -> Output {
        let line = format!("reseal {}", args.join(" "));
        let output = self.project.run(args);
        self.note(&line, output)
    }

    /// The same, with `input` on standard input.
    pub fn pipe(&mut self, input: &str, args: &[&str]) -> Output {
        let line = format!("printf {input:?} | reseal {}", args.join(" "));
        let output = self.project.pipe(args, input);
        self.note(&line, output)
    }

    /// Another command, shown as `line`.
    pub fn other(&mut self, line: &str, command: &mut Command) -> Output {
        self.note(line, Output::of(command))
    }

    fn note(&mut self, line: &str, output: Output) -> Output {
        self.text += &format!("$ {line}\n{}\n", output.shown());
        output
    }

    /// Compares with the snapshot of that name, in which whatever differs from run to run is masked.
    pub fn told(self, name: &str) {
        let root = regex::escape(&self.project.root.to_string_lossy());
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        for (pattern, mask) in [
            (root.as_str(), "[ROOT]"),
            (r"[^ ]*/reseal-demo-[0-9a-f]{12}", "[DEMO]"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
            (r"\d{4}-\d\d-\d\d\b", "[DATE]"),
            (r"\d{8}T\d{6}(\.\d+)?Z-[0-9a-f]{8}", "[ID]"),
            (r"\d{8}T\d{6}(\.\d+)?Z", "[STAMP]"),
            (r"\b[0-9a-f]{64}\b", "[SHA256]"),
            (r"age1[0-9a-z]{58}", "[RECIPIENT]"),
            (r"process \d+", "process [PID]"),
            (r"(?m)^([+-]\w+) [0-9a-f]{12}\b", "$1 [PRINT]"),
            (r#""fingerprint":"[0-9a-f]{12}""#, r#""fingerprint":"[PRINT]""#),
            (r"(  |\[TIME\] )by \S+", "${1}by [USER]"),
            (r#""host":"[^"]*""#, r#""host":"[HOST]""#),
            (r#""user":"[^"]*""#, r#""user":"[USER]""#),
        ] {
            settings.add_filter(pattern, mask);
        }
        settings.bind(|| insta::assert_snapshot!(name, self.text));
    }
}
