//! The one error of the crate: what failed, the state of the world now, and the command that helps.
//!
//! Messages follow one form: lower case, no full stop, paths and names quoted, file and line and key but never
//! content. [`Kind`] is what the caller does next, and carries the exit code (`docs/exit-codes.md`).

use std::fmt;

/// What the user does next about an error; the exit code follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// It failed and nothing was changed.
    Failed,
    /// The command line or the configuration asks for something that does not exist.
    Usage,
    /// A check found something, or something is due.
    Found,
    /// A rotation failed and everything was put back.
    RolledBack,
    /// Another process holds the lock.
    Locked,
    /// No identity at hand opens the file.
    NoIdentity,
    /// An earlier rotation is not finished.
    Unfinished,
    /// A rotation can go neither forward nor back; a person must act.
    Stuck,
    /// A MAC or an authentication tag does not fit: the file was changed by someone without the key.
    Integrity,
    /// The user interrupted the command.
    Interrupted,
}

impl Kind {
    /// The process exit code, as `docs/exit-codes.md` lists them.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::Found => 3,
            Kind::RolledBack => 10,
            Kind::Locked => 11,
            Kind::NoIdentity => 12,
            Kind::Unfinished => 13,
            Kind::Stuck => 14,
            Kind::Integrity => 15,
            Kind::Interrupted => 130,
        }
    }
}

/// The error of every operation in this crate. It never carries the content of a file.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    notes: Vec<String>,
    hint: Option<String>,
}

impl Error {
    /// An error of the given kind; `message` says what failed, in lower case, without a full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), notes: Vec::new(), hint: None }
    }

    /// The common case: it failed and nothing was changed.
    pub fn failed(message: impl Into<String>) -> Self {
        Error::new(Kind::Failed, message)
    }

    /// The command line or the configuration is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(Kind::Usage, message)
    }

    /// Adds a line on the state of the world now.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Names the command that helps.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Puts what was being done before the message: `"cannot read …: <message>"`.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// The same error as another kind, where a caller knows more of the state of the world.
    #[must_use]
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// What the caller does next.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The state of the world, line by line.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The command that helps, if one does.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// The result of every fallible operation in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
