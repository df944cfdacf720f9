//! Plaintext that was left lying: env files, and what editors, `cp` and `sed -i` make of them. Told by name and judged
//! by content, so that sealed files and mere examples pass.

use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::Result;
use crate::kind::is_of_env;
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
        let fits = !sealed.contains(&path.as_path()) && is_of_env(&name);
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
            assert!(is_of_env(name), "{name}");
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
        ] {
            assert!(!is_of_env(name), "{name}");
        }
    }

    #[test]
    fn only_lines_with_a_value_count() {
        assert_eq!(values(b"# A=1\nA=\nB=2\n=x\nC\n"), 1);
    }
}
