//! What a file is for, told by its name.

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `.env`, `.env.production`, `prod.env`.
    Env,
    /// A copy of an env file, or of one in plain: `.env.bak`, `.env.backup.20250101`, `secrets.dec.yaml`.
    Leftover,
    /// `.env.example`: meant to be read by all, if its values are none.
    Template,
    /// The name says that it is sealed: `.env.enc`, `secrets.sops.yaml`, `backup.age`.
    Sealed,
    /// YAML, TOML, INI, properties, XML, shell scripts: values need no quotes.
    Config,
    /// A programming language: values stand in quotes.
    Source,
    /// Prose.
    Doc,
    /// Written by a program: lock files, minified code, vendored trees.
    Made,
    /// Anything else.
    Other,
}

/// The name of a file, and what follows from it.
pub struct Name {
    /// Its path from the top, as git has it.
    pub path: Vec<u8>,
    pub kind: Kind,
    /// Whether it belongs to tests, examples or fixtures: guesses count less there.
    pub test: bool,
}

impl Name {
    /// What a path says.
    pub fn of(path: &[u8]) -> Self {
        Name { path: path.to_vec(), kind: Kind::Other, test: false }
    }

    /// The last part of the path, lower case.
    pub fn base(&self) -> String {
        let base = self.path.rsplit(|b| *b == b'/').next().unwrap_or_default();
        String::from_utf8_lossy(base).to_lowercase()
    }

    /// Whether such a file is judged as a whole, however large it is.
    pub(super) fn is_judged_whole(&self) -> bool {
        matches!(self.kind, Kind::Env | Kind::Leftover | Kind::Template | Kind::Sealed | Kind::Config)
    }
}
