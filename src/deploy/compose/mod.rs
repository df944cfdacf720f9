//! Starts a compose project whose values reseal itself hands over, so that no wrapper and no plaintext file is needed.
//!
//! Only the services that use a changed key are made anew, and those that live in their network. Which these are is
//! found from compose's own account of the project with names in place of values, so that nothing resolved is ever
//! asked for. They are made anew by force: compose does not notice that a secret with `environment:` has changed
//! (decision 0032). Where compose gives no such account (version 1 does not), it is left to compare for itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Intent, Release, UP, Values, handed};
use crate::config::DeployConfig;
use crate::disk;
use crate::docker;
use crate::error::{Error, Result};
use crate::process::{self, Deadline, Site, ask};
use call::{ANSWER, Call};

mod call;
mod model;

pub(super) use model::Model;

/// What makes services anew, whatever compose knows of them. It starts those first that others of them wait for.
const ANEW: [&str; 4] = ["up", "-d", "--no-deps", "--force-recreate"];

/// An env file of the project that is larger is none.
const LARGEST_FILE: u64 = 1 << 20;

/// Checks that compose is there and, unless a command was configured, that the engine answers; and that the env files
/// can be shown to compose.
pub(super) fn preflight(config: &DeployConfig, site: &Site) -> Result<()> {
    call::compose(config, site)?;
    if !config.env_files.is_empty() {
        handed::can_show(config, site)?;
    }
    // a configured command may drive an engine that has no `docker`; and docker-compose v1 can do without it
    match process::program("docker", site) {
        Ok(docker) if config.command.is_empty() => {
            ask(site, &docker, &["version", "--format", "{{.Server.Version}}"], &Deadline::new(ANSWER))
                .map(drop)
                .map_err(|e| {
                    e.context("the docker engine does not answer").hint("run `docker ps` to see why")
                })
        }
        _ => Ok(()),
    }
}

/// What a redeploy will call, in words.
pub(super) fn intent(config: &DeployConfig, site: &Site, release: &Release<'_>) -> Result<Intent> {
    let command = match config.command.is_empty() {
        true => "docker compose".to_owned(),
        false => config.command.join(" "),
    };
    let said = |words: &[&str]| format!("{command} {}", words.join(" "));
    let call = Call::new(config, site, release.values)?;
    let model = discover(&call, config, site)?;
    accepted(config, site, release.values)?;
    let mut intent = Intent { project: model.as_ref().map(|model| model.name.clone()), ..Intent::default() };
    if !config.steps.is_empty() {
        for step in &config.steps {
            let words: Vec<&str> = step.iter().map(String::as_str).collect();
            intent.lines.push(said(&words));
            if words.contains(&"restart") {
                intent.remarks.push(
                    "`restart` does not read values again: a container keeps those that it was made with"
                        .to_owned(),
                );
            }
        }
        return Ok(intent);
    }
    let Some(changed) = release.changed else {
        intent.lines.push(said(&UP));
        return Ok(intent);
    };
    let Some(model) = model else {
        intent.lines.push(said(&UP));
        intent.remarks.push(
            "this compose does not tell which services use a changed key; it compares for itself".to_owned(),
        );
        return Ok(intent);
    };
    let services = model.users(changed, &real(release.files));
    intent.anew = Some(services.iter().map(|&service| service.to_owned()).collect());
    if services.is_empty() {
        intent
            .remarks
            .push("no service of the compose project uses a changed key: none is started".to_owned());
    } else {
        intent.lines.push(said(&[&ANEW[..], &services].concat()));
        // stopped for a reason, or not there yet: whoever reads the plan knows
        let up = running(&services, &model, site);
        let runs = |service: &str| up.as_ref().is_none_or(|up| up.iter().any(|(name, _)| name == service));
        let down: Vec<&str> = services.iter().copied().filter(|service| !runs(service)).collect();
        if !down.is_empty() {
            intent.remarks.push(format!("what does not run now is started: {}", down.join(", ")));
        }
    }
    Ok(intent)
}

/// Checks that compose takes the project with its values. In silence: what it finds fault with, it quotes.
fn accepted(config: &DeployConfig, site: &Site, values: Values<'_>) -> Result<()> {
    let silent = Site { quiet: true, ..site.clone() };
    Call::new(config, &silent, values)?.run(&["config", "-q"], &Deadline::new(ANSWER)).map_err(|e| {
        e.context("compose does not accept the project")
            .note("nothing was changed")
            .hint("see what `reseal exec -- docker compose config -q` says; it may quote a value")
    })
}

/// Calls compose with the values in its environment: for the services that use a changed key, or once for each step. Where
/// it is not known what has changed, compose compares, and what it cannot compare is made anew.
pub(super) fn redeploy(config: &DeployConfig, site: &Site, release: &Release<'_>) -> Result<()> {
    let call = Call::new(config, site, release.values)?;
    let deadline = Deadline::new(config.timeout);
    let model = if config.steps.is_empty() { discover(&call, config, site)? } else { None };
    let Some(model) = model else { return super::each_step(config, |args| call.run(args, &deadline)) };
    let Some(changed) = release.changed else { return all(&call, &model, site, &deadline) };
    let services = model.users(changed, &real(release.files));
    match services.is_empty() {
        true => Ok(()),
        false => call.run(&[&ANEW[..], &services].concat(), &deadline),
    }
}

/// Lets compose compare, and makes those services anew of which it does not see that they have an old value.
fn all(call: &Call<'_>, model: &Model, site: &Site, deadline: &Deadline) -> Result<()> {
    let unseen = model.unseen();
    let before = running(&unseen, model, site).unwrap_or_default();
    call.run(&UP, deadline)?;
    let after = running(&unseen, model, site).unwrap_or_default();
    // what compose has just made, or started, is made already
    let stayed = after.into_iter().filter(|container| before.contains(container)).map(|(service, _)| service);
    let stayed: BTreeSet<String> = stayed.collect();
    if stayed.is_empty() {
        return Ok(());
    }
    let stayed: Vec<&str> = stayed.iter().map(String::as_str).collect();
    call.run(&[&ANEW[..], &stayed].concat(), deadline)
}

/// The running containers of some services, as pairs of service and id; `None` where docker does not tell.
fn running(services: &[&str], model: &Model, site: &Site) -> Option<Vec<(String, String)>> {
    if services.is_empty() {
        return Some(Vec::new());
    }
    let mut all = docker::all(site, Some(&model.name), &Deadline::new(ANSWER)).ok()?;
    all.retain(|container| container.runs && services.contains(&container.service.as_str()));
    Some(all.into_iter().map(|container| (container.service, container.id)).collect())
}

/// Paths as the file system knows them.
fn real(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths.iter().map(|path| disk::real(path)).collect()
}

/// What the project is made of, where compose tells it.
pub(super) fn model(config: &DeployConfig, site: &Site, values: Values<'_>) -> Result<Option<Model>> {
    discover(&Call::new(config, site, values)?, config, site)
}

/// Asks compose what the project is made of, and leaves the services that it would start; `None` where it does not tell.
fn discover(call: &Call<'_>, config: &DeployConfig, site: &Site) -> Result<Option<Model>> {
    let question = ["config", "--no-interpolate", "--format", "json"];
    let Ok(answer) = call.ask(&question, &Deadline::new(ANSWER)) else { return Ok(None) };
    let Ok(answer) = serde_json::from_slice(answer.expose()) else { return Ok(None) };
    let files = real(&handed::env_files(config, site));
    let ours = |path: &Path| files.contains(&disk::real(&site.root.join(path)));
    let read = |path: &Path| text(&site.root.join(path));
    let Some(mut model) = Model::read(&answer, &ours, &read) else { return Ok(None) };
    let dot_env = site.root.join(".env");
    let dot_env = if ours(&dot_env) { None } else { text(&dot_env) };
    model.retain(&call.profiles(dot_env.as_deref()));
    model.interpolated(dot_env.as_deref().unwrap_or_default());
    model.mounts(|path| disk::real(&site.root.join(path)));
    match missing_file(&model) {
        None => Ok(Some(model)),
        Some(error) => Err(error),
    }
}

/// Compose would fail on an env file that is not there, and not say what to do about it.
fn missing_file(model: &Model) -> Option<Error> {
    let mut all = model.services.iter().flat_map(|(name, s)| s.foreign.iter().map(move |path| (name, path)));
    let (name, path) = all.find(|(_, path)| disk::stat(path).is_none())?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    Some(
        Error::failed(format!("service {name:?} reads the env file {path:?}, which is not there"))
            .note("nothing was started")
            .hint(format!("set `env-files = [\"{file}\"]` under [deploy] in reseal.toml, if it shall hold the values of the sealed file")),
    )
}

/// The text of an env file that lies there in plain.
fn text(path: &Path) -> Option<String> {
    disk::stat(path).filter(|stat| stat.is_file && stat.size <= LARGEST_FILE)?;
    disk::read_if_there(path).ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok())
}

#[cfg(test)]
mod tests;
