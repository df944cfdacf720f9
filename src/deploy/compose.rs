//! Starts a compose project whose values reseal itself hands over, so that no wrapper and no plaintext file is needed.
//!
//! Compose reads `${NAME}` from its environment first and from a `.env` in the project folder second, so the values
//! given here win over a stray plaintext file. The age key stays here: compose has no use for it, and what compose
//! does not have no container can get by mistake. It does not know which values the project needs; it hands over all
//! it is given, or refuses one that no environment can carry before anything is started (I9).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::{Release, Values, configured};
use crate::config::DeployConfig;
use crate::error::{Error, Result};
use crate::process::{self, Deadline, Program, Site, ask, withhold_keys};

/// How long compose and the engine may take to say that they are there.
const ANSWER: Duration = Duration::from_secs(20);

/// What the kernel lets a single variable hold, name and end included, with pages of 4 KiB (MAX_ARG_STRLEN).
const LARGEST: usize = 128 * 1024;

/// Checks that compose is there and, unless a command was configured, that the engine answers.
pub(super) fn preflight(config: &DeployConfig, site: &Site) -> Result<()> {
    compose(config, site)?;
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

/// Calls compose with the values in its environment, once for each step.
pub(super) fn redeploy(config: &DeployConfig, site: &Site, release: &Release<'_>) -> Result<()> {
    let values = release.values;
    fits_environment(values)?;
    let (program, words) = compose(config, site)?;
    super::run_steps(config, site, &program, &words, &|command| {
        withhold_keys(command, site);
        if let Some(project) = &config.project {
            command.env("COMPOSE_PROJECT_NAME", project);
        }
        for (name, value) in values {
            // std copies the value into plain memory and frees it with the command. The process's allocator wipes
            // what is freed (zeroizing-alloc), so that the copy does not outlive the call.
            command.env(OsStr::from_bytes(name), OsStr::from_bytes(value.expose()));
        }
    })
}

/// The program and its fixed arguments: what the policy names, else the plugin, else version 1.
fn compose(config: &DeployConfig, site: &Site) -> Result<(Program, Vec<String>)> {
    if let Some((word, rest)) = config.command.split_first() {
        return configured(word, site).map(|program| (program, rest.to_vec()));
    }
    if let Ok(docker) = process::program("docker", site)
        && ask(site, &docker, &["compose", "version"], &Deadline::new(ANSWER)).is_ok()
    {
        return Ok((docker, vec!["compose".to_owned()]));
    }
    process::program("docker-compose", site).map(|program| (program, Vec::new())).map_err(|_| {
        Error::failed("neither `docker compose` nor `docker-compose` is there")
            .hint("install the compose plugin, or name the command under [deploy] in reseal.toml")
    })
}

/// Refuses what the environment would change or cut, and what would keep the child from starting.
pub(super) fn fits_environment(values: Values<'_>) -> Result<()> {
    for (name, value) in values {
        let shown = String::from_utf8_lossy(name);
        if name.is_empty() || name.contains(&b'=') || name.contains(&0) {
            return Err(Error::failed(format!(
                "key {shown:?} cannot be the name of an environment variable"
            )));
        }
        if value.expose().contains(&0) {
            return Err(Error::failed(format!(
                "key {shown:?} holds a NUL byte, which no environment variable can"
            )));
        }
        if name.len() + value.len() + 2 > LARGEST {
            return Err(Error::failed(format!("key {shown:?} is too large for an environment variable"))
                .hint("one environment variable holds 128 KiB at most"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Folder, deploy, release};
    use super::super::{carries, preflight, redeploy};
    use super::*;
    use crate::config::DeployKind;
    use crate::secret::SecretValue;

    #[test]
    fn compose_gets_the_values_and_no_age_key() {
        let folder = Folder::new();
        let mut site = folder.site();
        site.env.push(("NEW".into(), "stale".into()));
        for name in ["SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_CMD", "SOPS_AGE_SSH_PRIVATE_KEY_FILE"]
        {
            site.env.push((name.into(), "k".into()));
        }
        site.env.push(("SOPS_AGE_RECIPIENTS".into(), "r".into()));
        let mut config = deploy(DeployKind::Compose, &["sh", "-c", "env >seen; printf %s \"$NEW\" >new"]);
        config.project = Some("shop".to_owned());
        let value = SecretValue::new(b"a $b 'c' \"d\" \xff".to_vec());
        redeploy(&config, &site, &release(&[(b"NEW", &value)])).unwrap();
        assert_eq!(folder.bytes("new"), value.expose());
        let seen = String::from_utf8_lossy(&folder.bytes("seen")).into_owned();
        assert!(!seen.contains("SOPS_AGE_KEY") && !seen.contains("SOPS_AGE_SSH"), "{seen}");
        for line in ["SOPS_AGE_RECIPIENTS=r", "SITE=yes", "COMPOSE_PROJECT_NAME=shop"] {
            assert!(seen.lines().any(|l| l == line), "{line} in {seen}");
        }
    }

    #[test]
    fn what_no_environment_can_carry_is_refused_before_anything_starts() {
        let folder = Folder::new();
        let config = deploy(DeployKind::Compose, &["sh", "-c", "echo >ran"]);
        let fine = SecretValue::new(b"v".to_vec());
        let nul = SecretValue::new(b"s3cret\0".to_vec());
        let large = SecretValue::new(b"s3cret".repeat(LARGEST / 6));
        for (name, value) in [(&b"A=B"[..], &fine), (b"", &fine), (b"A", &nul), (b"A", &large)] {
            let error = redeploy(&config, &folder.site(), &release(&[(name, value)])).unwrap_err();
            assert!(!error.to_string().contains("s3cret"));
            // the same is known before anything is begun
            assert!(carries(&config, &folder.site(), &[(name, value)]).is_err());
        }
        assert!(!folder.has("ran"));
    }

    #[test]
    fn the_largest_value_that_passes_does_start_something() {
        let folder = Folder::new();
        let config = deploy(DeployKind::Compose, &["sh", "-c", "echo >ran"]);
        let value = SecretValue::new(vec![b'x'; LARGEST - "A=".len() - 1]);
        redeploy(&config, &folder.site(), &release(&[(b"A", &value)])).unwrap();
        assert!(folder.has("ran"));
    }

    #[test]
    fn a_path_among_the_values_does_not_decide_what_runs() {
        let folder = Folder::new();
        let config = deploy(DeployKind::Compose, &["sh", "-c", "echo \"$PATH\" >ran"]);
        let path = SecretValue::new(b"/nowhere".to_vec());
        redeploy(&config, &folder.site(), &release(&[(b"PATH", &path)])).unwrap();
        assert_eq!(folder.read("ran"), "/nowhere\n");
    }

    #[test]
    fn the_plugin_comes_first_then_version_one_then_advice() {
        let folder = Folder::new();
        let mut site = folder.site();
        site.env = vec![("PATH".into(), folder.root.clone().into())];
        let config = deploy(DeployKind::Compose, &[]);
        let error = preflight(&config, &site).unwrap_err();
        assert_eq!(error.to_string(), "neither `docker compose` nor `docker-compose` is there");
        // stands for a docker without the plugin, whose `compose version` fails
        folder.link("docker", "/bin/false");
        folder.link("docker-compose", "/bin/true");
        assert_eq!(compose(&config, &site).ok().unwrap().0.word, "docker-compose");
        let error = preflight(&config, &site).unwrap_err();
        assert!(
            error.to_string().starts_with("the docker engine does not answer: \"docker\" ended with"),
            "{error}"
        );
        folder.remove("docker");
        folder.link("docker", "/bin/true");
        let (program, words) = compose(&config, &site).ok().unwrap();
        assert_eq!((program.word.as_str(), words), ("docker", vec!["compose".to_owned()]));
        preflight(&config, &site).unwrap();
    }
}
