//! What a program answered, with panics that show all of it.

use std::process::Command;

/// Exit code and both streams, as text.
pub struct Output {
    /// `None`: ended by a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<std::process::Output> for Output {
    fn from(output: std::process::Output) -> Self {
        Output {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Output {
    pub fn of(command: &mut Command) -> Self {
        let program = command.get_program().to_owned();
        command.output().unwrap_or_else(|e| panic!("cannot start {program:?}: {e}")).into()
    }

    /// It ended with 0.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.code(0)
    }

    /// It ended with this code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard error holds this.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in stderr:\n{}", self.stderr);
        self
    }

    /// Neither stream holds this.
    #[track_caller]
    pub fn hides(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text) && !self.stdout.contains(text), "{text:?} is shown");
        self
    }

    /// Code and streams in one text, for snapshots.
    pub fn shown(&self) -> String {
        let code = self.code.map_or("signal".to_owned(), |c| c.to_string());
        format!("exit {code}\n--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr)
    }
}
