//! A stack by its files: docker gets them as they are, but for their secrets.
//!
//! A file that has to be changed is written beside the operator's own, because docker takes relative paths from the
//! folder of the first file, and is removed when docker has read it. It holds names, never a value. Values reach docker
//! in its environment, for `${KEY}`, and where the policy names `env-files`, in a file that docker alone sees.

use std::path::{Path, PathBuf};

use super::super::Release;
use super::engine::Engine;
use super::{converge, handed, secrets, text, value};
use crate::config::DeployConfig;
use crate::disk::{self, Attributes, Owner};
use crate::error::{Error, Result};
use crate::process::{Deadline, Site};

/// A stack file as it is.
pub(super) struct File {
    path: PathBuf,
    text: String,
    secrets: Vec<(String, String)>,
}

impl File {
    /// The keys of the sealed file that it has as secrets.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(|(_, key)| key.as_str())
    }

    /// As messages name it.
    pub(super) fn shown(&self) -> String {
        format!("{:?}", self.path)
    }
}

/// The files of the policy.
pub(super) fn read(config: &DeployConfig, site: &Site) -> Result<Vec<File>> {
    let one = |path: &PathBuf| {
        let path = site.root.join(path);
        let named = |e: Error| e.context(format!("{path:?}")).hint("check `files` under [deploy]");
        let bytes = disk::read(&path).map_err(|e| e.hint("check `files` under [deploy] in reseal.toml"))?;
        let text = String::from_utf8(bytes).map_err(|_| named(Error::failed("it is not UTF-8")))?;
        let secrets = text::secrets(&text).map_err(named)?;
        Ok(File { path: path.clone(), text, secrets })
    };
    config.files.iter().map(one).collect()
}

/// Changed keys that the files do not name, and so reach no service.
pub(super) fn remarks(config: &DeployConfig, site: &Site, release: &Release<'_>) -> Result<Vec<String>> {
    if !config.env_files.is_empty() {
        return Ok(Vec::new());
    }
    let files = read(config, site)?;
    let named = |key: &&String| files.iter().any(|file| text::mentions(&file.text, key));
    let unnamed = release.changed.unwrap_or_default().iter().filter(|key| !named(key));
    Ok(unnamed
        .map(|key| format!("the stack files do not name \"{key}\": no service gets its value"))
        .collect())
}

/// Makes the secrets, deploys the stack, waits until it runs.
pub(super) fn deploy(engine: &Engine<'_>, release: &Release<'_>, deadline: &Deadline) -> Result<()> {
    let files = read(engine.config, engine.site)?;
    handed::fits_environment(release.values)?;
    let known = secrets::made(engine, deadline)?;
    for key in files.iter().flat_map(File::keys) {
        let name = secrets::present(engine.stack, key, release.versions)?;
        secrets::ensure(engine, &known, (&name, key), value(release.values, key)?, deadline)?;
    }
    let mut paths = Vec::new();
    let mut written = Written(Vec::new());
    for file in &files {
        let docker = |key: &str| secrets::present(engine.stack, key, release.versions);
        let changed = text::with_secrets(&file.text, docker).map_err(|e| e.context(file.shown()))?;
        paths.push(match changed {
            Some(text) => written.beside(&file.path, &text)?,
            None => file.path.clone(),
        });
    }
    converge::settle(engine)?;
    let done = start(engine, &paths, release, deadline);
    drop(written);
    done?;
    converge::wait(engine, None, deadline)
}

/// Calls docker, by itself or where it sees the env files.
fn start(engine: &Engine<'_>, paths: &[PathBuf], release: &Release<'_>, deadline: &Deadline) -> Result<()> {
    let mut args = vec!["stack", "deploy", "--resolve-image", "changed"];
    for path in paths {
        args.extend(["--compose-file", utf8(path)?]);
    }
    args.push(engine.stack);
    let args = engine.words(&args);
    handed::run((engine.config, engine.site), &engine.docker, &args, release.values, deadline, &|_| {})
}

fn utf8(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| Error::failed(format!("{path:?} is not UTF-8")))
}

/// Files that go again, whatever happens. What a killed process leaves is overwritten by the next, and holds no value.
struct Written(Vec<PathBuf>);

impl Written {
    fn beside(&mut self, path: &Path, text: &str) -> Result<PathBuf> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let path = path.with_file_name(format!(".{name}.reseal"));
        self.0.push(path.clone());
        disk::replace(&path, text.as_bytes(), Attributes { mode: 0o600, owner: Owner::of_this_process() })?;
        Ok(path)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        for path in &self.0 {
            // best effort: it holds no value
            let _ = disk::remove(path);
        }
    }
}
