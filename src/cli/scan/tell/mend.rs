//! What mends a finding where it is: in the index, in a folder, in history, on this host. What is printed can be run as
//! it stands, in the folder in which the look was taken.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::disk::{self, quoted};
use crate::scan::{Finding, Item, Mend};

/// Where what was looked at lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::cli::scan) enum Lies {
    /// In git: the index, commits.
    InGit,
    /// On the disk.
    OnDisk,
    /// Where nobody keeps anything on purpose.
    LeftOver,
}

/// What commands depend on.
pub(in crate::cli::scan) struct Mending {
    pub(in crate::cli::scan) lies: Lies,
    /// The current folder.
    pub(in crate::cli::scan) here: PathBuf,
    /// The top of the repository, where there is one with files.
    pub(in crate::cli::scan) top: Option<PathBuf>,
    /// What git tracks, from the top.
    pub(in crate::cli::scan) tracked: HashSet<Vec<u8>>,
}

/// Rules about files that are to be sealed under the name that they have.
const IN_PLACE: [&str; 2] = ["not-sealed", "must-be-sealed"];

impl Mending {
    /// The one command, or what to do where no command does it.
    pub(in crate::cli::scan) fn told(&self, item: &Item, finding: &Finding) -> String {
        let known = matches!(finding.mend, Mend::Known { .. });
        if item.commit.is_some() || known && self.lies == Lies::LeftOver {
            return self.in_history(&finding.mend);
        }
        let path = self.of_item(item);
        let file = word(&path);
        match &finding.mend {
            Mend::TakeOut => {
                format!("`reseal set {}`, and read it from the environment here", key(&finding.what))
            }
            Mend::Known { file: sealed, key, .. } => {
                let sealed = word(&self.sealed(sealed));
                format!("read {key} from the environment here: `reseal -f {sealed} exec -- COMMAND`")
            }
            Mend::Seal if IN_PLACE.contains(&finding.rule) => {
                let new = word(&with_ending(&path, ".new"));
                let add = match self.lies {
                    Lies::InGit => format!(" && {} add {file}", git(&path)),
                    _ => String::new(),
                };
                format!("`reseal encrypt {file} -o {new} && mv {new} {file}{add}`")
            }
            Mend::Seal => self.seal(item, &path),
            Mend::Drop => format!("`{}`", self.leave(item, &path)),
            Mend::Do(words) => words.clone(),
            Mend::Run(command) => format!("`{command}`"),
            Mend::Reseal(words) => format!("`reseal -f {file} {words}`"),
        }
    }

    /// Seals a copy, and leaves the file out.
    fn seal(&self, item: &Item, path: &Path) -> String {
        let leave = self.leave(item, path);
        let is_there = |path: &Path| disk::lstat(&self.here.join(path)).is_some();
        let sealed = sealed_name(path);
        // in git nothing is lost: the file stays where it is
        if self.lies == Lies::InGit && (is_there(&sealed) || !is_there(path)) {
            return format!("`{leave}`");
        }
        let others = (2..100).map(|n| sealed_name(&with_ending(path, &format!(".{n}"))));
        let sealed = std::iter::once(sealed).chain(others).find(|name| !is_there(name));
        let sealed = sealed.unwrap_or_else(|| with_ending(path, ".sealed"));
        format!("`reseal encrypt {} -o {} && {leave}`", word(path), word(&sealed))
    }

    /// Takes the file away from where it must not be.
    fn leave(&self, item: &Item, path: &Path) -> String {
        let file = word(path);
        match self.lies {
            // also where the file was changed since, which git would ask about
            Lies::InGit => format!("{} rm --cached -f {file}", git(path)),
            Lies::OnDisk if self.tracked.contains(&item.name.path) => format!("{} rm -f {file}", git(path)),
            Lies::OnDisk => format!("rm {file}"),
            Lies::LeftOver => format!("shred -u {file}"),
        }
    }

    /// What was committed is known to whoever has the repository, and what was logged to whoever reads logs: only another
    /// value helps.
    fn in_history(&self, mend: &Mend) -> String {
        match mend {
            Mend::Known { file, key, .. } => {
                format!("`reseal -f {} rotate {}`", word(&self.sealed(file)), quoted(Path::new(key)))
            }
            _ => "make a new one: whoever has the history has this one".to_owned(),
        }
    }

    /// The path of an item as the current folder has it.
    fn of_item(&self, item: &Item) -> PathBuf {
        let path = Path::new(OsStr::from_bytes(item.path()));
        if item.given.is_some() { path.to_path_buf() } else { self.near(path) }
    }

    /// A path from the top, from here. What lies elsewhere has its own already.
    fn near(&self, path: &Path) -> PathBuf {
        match &self.top {
            Some(top) if path.components().all(|part| matches!(part, Component::Normal(_))) => {
                relative(&top.join(path), &self.here)
            }
            _ => path.to_path_buf(),
        }
    }

    /// A sealed file by its name from the top of the repository.
    fn sealed(&self, label: &str) -> PathBuf {
        self.near(Path::new(label))
    }
}

/// How git is called: it would read some names as patterns.
fn git(path: &Path) -> &'static str {
    let path = path.as_os_str().as_bytes();
    let literal = path.iter().any(|b| b"*?[\\".contains(b)) || path.starts_with(b":");
    if literal { "git --literal-pathspecs" } else { "git" }
}

/// A path as another folder has it.
fn relative(path: &Path, from: &Path) -> PathBuf {
    let same = path.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(same).map(|_| Component::ParentDir);
    up.chain(path.components().skip(same)).collect()
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A path of any bytes as a shell takes it for an argument, in one line that no terminal minds.
fn word(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let front = if bytes.starts_with(b"-") { "./" } else { "" };
    match path.to_str() {
        Some(text) if !text.contains(char::is_control) => format!("{front}{}", quoted(path)),
        _ => format!("$'{front}{}'", bytes.escape_ascii()),
    }
}

/// A name under which the value may be kept.
fn key(what: &str) -> String {
    let fits = !what.is_empty() && what.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let key = if fits { what.to_ascii_uppercase() } else { String::new() };
    if key.starts_with(|c: char| c.is_ascii_alphabetic()) { key } else { "KEY".to_owned() }
}

/// `.env` becomes `.env.enc`, `secrets.yaml` becomes `secrets.enc.yaml`, as sops names them.
fn sealed_name(path: &Path) -> PathBuf {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    match ending {
        "yaml" | "yml" | "json" | "ini" => path.with_extension(format!("enc.{ending}")),
        _ => with_ending(path, ".enc"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_names_are_such_as_the_commands_take() {
        assert_eq!(key("apiKey"), "APIKEY");
        assert_eq!(key("known of x"), "KEY");
        assert_eq!(key("1x"), "KEY");
        assert_eq!(sealed_name(Path::new("a/.env")), Path::new("a/.env.enc"));
        assert_eq!(sealed_name(Path::new("a/s.yaml")), Path::new("a/s.enc.yaml"));
        assert_eq!(relative(Path::new("/r/a/b"), Path::new("/r/a")), Path::new("b"));
        assert_eq!(relative(Path::new("/r/a/b"), Path::new("/r/c/d")), Path::new("../../a/b"));
        assert_eq!(word(Path::new("a b")), "'a b'");
        assert_eq!(word(Path::new("-rf")), "./-rf");
        assert_eq!(word(Path::new(OsStr::from_bytes(b"-a\n'\xe9"))), r"$'./-a\n\'\xe9'");
    }
}
