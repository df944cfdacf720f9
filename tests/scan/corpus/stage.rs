//! The corpus on disk: a git repository with a sealed file of its own, the identity beside it and outside of it, and
//! programs that look at it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Corpus;
use super::score::Place;
use crate::harness::{IDENTITY, RECIPIENT};

/// The sealed file whose values leak into others, and a backup of it with the values before.
const SEALED: [(&str, bool); 2] =
    [("deploy/secrets/prod.enc.env", false), ("deploy/secrets/backups/prod.20250101_120000.enc.env", true)];

/// A folder with the corpus in `repo`, removed with this unless it was asked for.
pub struct Stage {
    root: PathBuf,
    kept: bool,
}

impl Stage {
    pub fn new(corpus: &Corpus) -> Self {
        let asked = std::env::var_os("RESEAL_CORPUS_FOLDER");
        let kept = asked.is_some();
        let own = || std::env::temp_dir().join(format!("reseal-corpus-{}", std::process::id()));
        let root = asked.map_or_else(own, PathBuf::from);
        let _ = fs::remove_dir_all(root.join("repo"));
        fs::create_dir_all(root.join("repo")).unwrap();
        let stage = Stage { root: fs::canonicalize(root).unwrap(), kept };
        stage.write(corpus);
        stage
    }

    fn repo(&self) -> PathBuf {
        self.root.join("repo")
    }

    fn write(&self, corpus: &Corpus) {
        let put = |path: &Path, bytes: &[u8]| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        let mut labels = String::new();
        for file in &corpus.files {
            put(&self.repo().join(&file.path), &file.bytes);
            for label in &file.labels {
                labels += &format!("{}\t{}\t{}\t{}\n", file.path, label.first, label.last, label.kind);
            }
        }
        put(&self.root.join("labels.tsv"), labels.as_bytes());
        let key = self.root.join("age.key");
        put(&key, format!("{IDENTITY}\n").as_bytes());
        // an identity that others can read is not used
        fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
        for (name, before) in SEALED {
            put(&self.root.join("plain.env"), corpus.vault.env(before).as_bytes());
            let (plain, out) = (self.root.join("plain.env"), self.repo().join(name));
            fs::create_dir_all(out.parent().unwrap()).unwrap();
            let mut seal = self.reseal();
            seal.args(["encrypt", "--age", RECIPIENT, "-o"]).arg(&out).arg(&plain);
            let done = seal.output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            fs::remove_file(plain).unwrap();
            // its record of who sealed what is no part of the corpus
            let _ = fs::remove_dir_all(out.parent().unwrap().join(".reseal"));
        }
        for words in [&["init", "-q"][..], &["add", "-A", "-f"]] {
            assert!(Command::new("git").current_dir(self.repo()).args(words).status().unwrap().success());
        }
    }

    /// The program in the repository, with the identity and nothing else of the machine.
    fn reseal(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reseal"));
        command.current_dir(self.repo()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", &self.root).env("SOPS_AGE_KEY_FILE", self.root.join("age.key"));
        command
    }

    /// What the guard finds.
    pub fn guard(&self) -> BTreeSet<Place> {
        let done = self.reseal().args(["scan", "--json", "."]).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(3), "{said}");
        self.findings_of(&done.stdout)
    }

    /// The places in a report: this program's JSON, or a list of objects with a path and a line, as others write it.
    pub fn findings_of(&self, json: &[u8]) -> BTreeSet<Place> {
        let report: serde_json::Value = serde_json::from_slice(json).unwrap();
        let list = report.get("findings").unwrap_or(&report).as_array().unwrap();
        let of =
            |finding: &serde_json::Value, names: &[&str]| names.iter().find_map(|n| finding.get(*n).cloned());
        let place = |finding: &serde_json::Value| {
            let path = of(finding, &["path", "File", "file", "filename"]).unwrap();
            let line = of(finding, &["line", "StartLine", "line_number"]).unwrap();
            let path = Path::new(path.as_str().unwrap());
            let path = path.strip_prefix(self.repo()).unwrap_or(path);
            let path = path.strip_prefix(".").unwrap_or(path);
            (path.to_str().unwrap().to_owned(), line.as_u64().unwrap() as usize)
        };
        list.iter().map(place).collect()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}
