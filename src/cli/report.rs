//! All output. Data goes to standard output, everything else to standard error; `error:`, `note:` and `hint:` lines
//! have one form. Data is written straight to the descriptor, so that no buffer keeps a copy of a value.
#![expect(clippy::disallowed_methods, reason = "the one home of the streams")]

use std::io::{IsTerminal, Write};

use anstyle::{AnsiColor, Style};

use super::args::{Global, When};
use crate::error::{Error, Result};

/// `1 key`, `2 keys`.
pub(super) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Where output goes and how much of it is wanted.
pub(super) struct Report {
    quiet: bool,
    verbose: bool,
    pub(super) json: bool,
    color: bool,
    /// The options that say which project is meant, as they were given, for the commands that hints name.
    project: String,
}

impl Report {
    pub(super) fn new(global: &Global) -> Self {
        let color = match global.color {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            }
        };
        Report {
            quiet: global.quiet,
            verbose: global.verbose,
            json: global.json,
            color,
            project: project(global),
        }
    }

    /// Before the arguments are known.
    pub(super) fn plain() -> Self {
        Report { quiet: false, verbose: false, json: false, color: false, project: String::new() }
    }

    /// Writes data to standard output. A reader that has gone away is no error.
    pub(super) fn data(&self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(rustix::stdio::stdout(), bytes) {
                Ok(n) => bytes = &bytes[n..],
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::PIPE) => return Ok(()),
                Err(e) => return Err(Error::failed(format!("cannot write to standard output: {e}"))),
            }
        }
        Ok(())
    }

    /// A line of data.
    pub(super) fn line(&self, line: &str) -> Result<()> {
        self.data(format!("{line}\n").as_bytes())
    }

    /// A JSON document as data.
    pub(super) fn json(&self, value: &serde_json::Value) -> Result<()> {
        self.line(&value.to_string())
    }

    /// Text for people, as it is.
    pub(super) fn text(&self, text: &str) {
        // nowhere to complain when standard error is gone
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    /// A line for people, unless they want quiet.
    pub(super) fn say(&self, line: &str) {
        if !self.quiet {
            self.text(&format!("{line}\n"));
        }
    }

    /// A line for people who want more.
    pub(super) fn detail(&self, line: &str) {
        if self.verbose {
            self.text(&format!("reseal: {line}\n"));
        }
    }

    /// The state of the world, unless quiet is wanted.
    pub(super) fn note(&self, note: &str) {
        if !self.quiet {
            self.labelled("note", AnsiColor::Cyan, note);
        }
    }

    /// An error with all that belongs to it.
    pub(super) fn error(&self, error: &Error) {
        self.labelled("error", AnsiColor::Red, &error.to_string());
        for note in error.notes() {
            self.labelled("note", AnsiColor::Cyan, note);
        }
        if let Some(hint) = error.advice() {
            self.labelled("hint", AnsiColor::Green, &self.runnable(hint));
        }
    }

    /// A hint whose commands are about the project that this command was about.
    pub(super) fn runnable(&self, hint: &str) -> String {
        // these name their file themselves
        let named = |rest: &str| {
            ["-f ", "-C ", "init", "encrypt", "merge "].iter().any(|start| rest.starts_with(start))
        };
        let mut out = String::new();
        for (i, part) in hint.split("`reseal ").enumerate() {
            if i > 0 {
                out += "`reseal";
                out += if named(part) { "" } else { &self.project };
                out += " ";
            }
            out += part;
        }
        out
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// `text` in the colour, where colours are wanted.
    pub(super) fn painted(&self, color: AnsiColor, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let style = Style::new().fg_color(Some(color.into()));
        format!("{style}{text}{style:#}")
    }

    fn labelled(&self, label: &str, color: AnsiColor, text: &str) {
        let label = self.painted(color, &format!("{label}:"));
        self.text(&format!("reseal: {label} {text}\n"));
    }
}

/// `-C`, `--config` and `-f` as they were given.
fn project(global: &Global) -> String {
    let options = [("-C", &global.directory), ("--config", &global.config), ("-f", &global.file)];
    let given = options.iter().filter_map(|(name, path)| Some((name, path.as_ref()?)));
    given.map(|(name, path)| format!(" {name} {}", crate::disk::quoted(path))).collect()
}
