//! What a file is for, told by its path alone: nothing here opens one.
//!
//! `env` knows env files, what is sealed, and copies of both; `endings` all other files; `rehearsal` what belongs to
//! tests. Each answers to names in lower case.

mod endings;
mod env;
mod rehearsal;

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
        let (folders, base) = split(path);
        let cased = String::from_utf8_lossy(base);
        let base = cased.to_lowercase();
        let folders = String::from_utf8_lossy(folders).to_lowercase();
        let kind = env::of(&base, &folders).unwrap_or_else(|| endings::of(&base, &folders));
        let test = rehearsal::is_one(&folders, &base, &cased);
        Name { path: path.to_vec(), kind, test }
    }

    /// The last part of the path, lower case.
    pub fn base(&self) -> String {
        String::from_utf8_lossy(split(&self.path).1).to_lowercase()
    }

    /// The folder, without the slash at its end.
    pub fn folder(&self) -> &[u8] {
        split(&self.path).0
    }

    /// Whether such a file is judged as a whole, however large it is.
    pub fn is_judged_whole(&self) -> bool {
        match self.kind {
            Kind::Env | Kind::Leftover | Kind::Template | Kind::Sealed => true,
            // what sops seals under its own name
            Kind::Config => {
                let base = split(&self.path).1;
                [&b".yaml"[..], b".yml", b".json", b".ini"].iter().any(|end| base.ends_with(end))
            }
            _ => false,
        }
    }
}

/// Whether the last part of a path is that of an env file, of a copy of one, or of a sealed one.
pub fn is_of_env(base: &str) -> bool {
    let base = base.to_lowercase();
    env::mark(&env::bare(&base).0).is_some()
        && matches!(env::of(&base, ""), Some(Kind::Env | Kind::Leftover | Kind::Sealed))
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memrchr(b'/', path) {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (&[], path),
    }
}

/// What stands behind the last dot of a name that does not begin with it.
fn ending(base: &str) -> &str {
    match base.rfind('.') {
        Some(at) if at > 0 => &base[at + 1..],
        _ => "",
    }
}

#[cfg(test)]
mod tests;
