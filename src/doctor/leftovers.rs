//! Plaintext that was left lying: env files, and what editors, `cp` and `sed -i` make of them. Told by name and judged
//! by content, so that sealed files and mere examples pass.

use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::Result;
use crate::sops::Sealed;

/// A file that holds values in plain.
pub(super) struct Leftover {
    pub(super) path: PathBuf,
    pub(super) what: String,
}

/// Files beside the sealed one. Larger ones than this are no env files.
const LARGEST: u64 = 1024 * 1024;

/// In the project's folder, and in those of its sealed files where they are others.
pub(super) fn find(root: &Path, sealed: &[&Path]) -> Result<Vec<Leftover>> {
    let mut folders = vec![root];
    for folder in sealed.iter().filter_map(|file| file.parent()) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let mut found = Vec::new();
    for folder in folders {
        found.extend(look(folder, sealed)?);
    }
    Ok(found)
}

fn look(folder: &Path, sealed: &[&Path]) -> Result<Vec<Leftover>> {
    let mut found = Vec::new();
    for name in disk::names(folder)? {
        let path = folder.join(&name);
        let fits = !sealed.contains(&path.as_path()) && is_env_name(&name);
        let Some(stat) = disk::stat(&path).filter(|s| fits && s.is_file && s.size <= LARGEST) else {
            continue;
        };
        // one that we may not read is told too: somebody else's plaintext is still plaintext
        let values = match disk::read_secret(&path) {
            Ok(text) if Sealed::is_sealed(text.expose()) => continue,
            Ok(text) => values(text.expose()),
            Err(_) => 1,
        };
        if values > 0 {
            let who = if stat.open_to_others() { ", and others can read it" } else { "" };
            let s = if values == 1 { "" } else { "s" };
            found.push(Leftover {
                path,
                what: format!("holds {values} value{s} in plain (mode {:04o}){who}", stat.mode),
            });
        }
    }
    Ok(found)
}

/// What follows the name in a copy: of editors, of `cp` and `sed -i`, of patches.
const COPIES: [&str; 13] =
    ["bak", "backup", "orig", "old", "save", "saved", "copy", "tmp", "swp", "swo", "swn", "rej", "local"];

/// `.env`, `.env.local`, `prod.env`, and copies of them; not templates, and not programs that have to do with such
/// files, as `.envrc` and `config.env.js`.
fn is_env_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.trim_end_matches('~').trim_matches('#');
    let template = ["example", "sample", "template", "dist", "schema"];
    stem.match_indices(".env").any(|(at, mark)| {
        // vim puts a dot before the name of what it edits
        let whole = stem[..at].chars().all(|c| c == '.');
        is_end(&stem[at + mark.len()..], whole)
    }) && !template.iter().any(|word| lower.split(['.', '-', '_']).any(|part| part == *word))
        && !lower.ends_with(".reseal-tmp")
}

/// Whether `.env` can be followed by that; of a name that begins with `.env`, any ending makes an env file.
fn is_end(end: &str, whole: bool) -> bool {
    let Some(first) = end.chars().next() else { return true };
    let copy = |part: &str| COPIES.contains(&part) || part.starts_with(|c: char| c.is_ascii_digit());
    match first {
        '.' => whole || end[1..].split('.').any(copy),
        _ => "-_~ ".contains(first) || first.is_ascii_digit(),
    }
}

/// How many lines give a key a value.
fn values(text: &[u8]) -> usize {
    text.split(|b| *b == b'\n')
        .filter(|line| !line.trim_ascii_start().starts_with(b"#"))
        .filter(|line| {
            line.iter()
                .position(|b| *b == b'=')
                .is_some_and(|at| at > 0 && !line[at + 1..].trim_ascii().is_empty())
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_env_files_and_their_copies_are_known() {
        for name in [
            ".env",
            ".env.bak",
            ".env.backup.20250101_120000",
            ".env~",
            ".env.local",
            "prod.env",
            ".env.swp",
            ".env.orig",
            "..env.swp",
            ".prod.env.swp",
            "prod.env.bak",
            "prod.env.20250101",
            ".env-old",
            ".env.~1~",
            "#.env#",
            ".ENV",
        ] {
            assert!(is_env_name(name), "{name}");
        }
        for name in [
            ".env.example",
            ".env.sample",
            "environment",
            "README.md",
            ".env.template",
            "reseal.toml",
            ".envrc",
            "config.env.js",
            "environment.ts",
            "app.environment.ts",
            ".environment",
            "vite-env.d.ts",
            ".env.enc.reseal-tmp",
        ] {
            assert!(!is_env_name(name), "{name}");
        }
    }

    #[test]
    fn only_lines_with_a_value_count() {
        assert_eq!(values(b"# A=1\nA=\nB=2\n=x\nC\n"), 1);
    }
}
