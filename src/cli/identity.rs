//! Where identities are looked for, in order: what was named outright, then the places that sops knows.
//!
//! sops reads all of them at once and tries in random order; here the order is fixed and a later source is not even
//! loaded once an earlier one opens the file, so that it can be said which one did.
#![expect(clippy::disallowed_methods, reason = "cli reads the environment")]

use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::{Error, Kind};
use crate::keys::{Form, Source};
use crate::secret::SecretValue;

/// All sources: `--age-key-file`, `age-key-file` of the policy, then as sops.
pub(super) fn sources(flag: Option<&Path>, configured: Option<&Path>) -> Vec<Source> {
    let mut sources = Vec::new();
    if let Some(path) = flag {
        sources.push(named("--age-key-file", path.into(), Form::Identities));
    }
    if let Some(path) = variable_path("RESEAL_AGE_KEY_FILE") {
        sources.push(named("RESEAL_AGE_KEY_FILE", path, Form::Identities));
    }
    if let Some(path) = configured {
        sources.push(named("age-key-file of reseal.toml", path.into(), Form::Identities));
    }
    if let Some(path) = variable_path("SOPS_AGE_SSH_PRIVATE_KEY_FILE") {
        sources.push(named("SOPS_AGE_SSH_PRIVATE_KEY_FILE", path, Form::Ssh));
    }
    if let Some(line) = variable("SOPS_AGE_SSH_PRIVATE_KEY_CMD") {
        sources.push(Source::command("SOPS_AGE_SSH_PRIVATE_KEY_CMD", Form::Ssh, line));
    }
    if variable("SOPS_AGE_KEY").is_some() {
        let read = || Ok(variable("SOPS_AGE_KEY").map(|text| SecretValue::new(text.into_bytes())));
        sources.push(Source::reading("SOPS_AGE_KEY", Form::Identities, read));
    }
    if let Some(path) = variable_path("SOPS_AGE_KEY_FILE") {
        sources.push(named("SOPS_AGE_KEY_FILE", path, Form::Identities));
    }
    if let Some(line) = variable("SOPS_AGE_KEY_CMD") {
        sources.push(Source::command("SOPS_AGE_KEY_CMD", Form::Identities, line));
    }
    if let Some(path) = default_key_file() {
        sources.push(default(path, Form::Identities));
    }
    if let Some(home) = variable_path("HOME") {
        sources.push(default(home.join(".ssh/id_ed25519"), Form::Ssh));
        sources.push(default(home.join(".ssh/id_rsa"), Form::Ssh));
    }
    sources
}

/// Where sops keeps its keys: `$XDG_CONFIG_HOME/sops/age/keys.txt`, else below `~/.config`.
fn default_key_file() -> Option<PathBuf> {
    let folder = variable_path("XDG_CONFIG_HOME")
        .filter(|p| p.is_absolute())
        .or_else(|| variable_path("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("sops/age/keys.txt"))
}

/// Where a new key is made that sops finds as well.
pub(super) fn new_key_file() -> Option<PathBuf> {
    variable_path("SOPS_AGE_KEY_FILE").or_else(default_key_file)
}

/// Key files that were named or lie in the default place, for `doctor`.
pub(super) fn key_files(flag: Option<&Path>, configured: Option<&Path>) -> Vec<PathBuf> {
    let named = [flag.map(Path::to_path_buf), configured.map(Path::to_path_buf)];
    let variables = ["SOPS_AGE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_FILE"].map(variable_path);
    named.into_iter().chain(variables).chain([default_key_file()]).flatten().collect()
}

/// A file that somebody named: that it is not there is worth telling.
fn named(what: &str, path: PathBuf, form: Form) -> Source {
    Source::reading(format!("{what} {path:?}"), form, move || match disk::read_key(&path) {
        Ok(None) => Err(Error::new(Kind::NoIdentity, "no such file")),
        other => other,
    })
}

fn default(path: PathBuf, form: Form) -> Source {
    Source::reading(format!("{path:?}"), form, move || disk::read_key(&path))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.trim().is_empty())
}

fn variable_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from)
}
