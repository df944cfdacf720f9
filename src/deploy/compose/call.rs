//! How compose is called: with the values in its environment, without the age key, and with its env files in RAM.
//!
//! Compose reads `${NAME}` from its environment first and from a `.env` in the project folder second, so the values
//! given here win over a stray plaintext file. Which values the project needs is not known here: it gets all.

use std::process::Command;
use std::time::Duration;

use super::super::{Values, configured, handed};
use crate::config::DeployConfig;
use crate::error::{Error, Result};
use crate::process::{self, Deadline, Program, Site, ask};
use crate::secret::SecretValue;

/// How long compose and the engine may take to say that they are there.
pub(super) const ANSWER: Duration = Duration::from_secs(20);

/// Compose, ready to be called on values.
pub(super) struct Call<'a> {
    config: &'a DeployConfig,
    site: &'a Site,
    values: Values<'a>,
    program: Program,
    words: Vec<String>,
}

impl<'a> Call<'a> {
    pub(super) fn new(config: &'a DeployConfig, site: &'a Site, values: Values<'a>) -> Result<Self> {
        handed::fits_environment(values)?;
        let (program, words) = compose(config, site)?;
        Ok(Call { config, site, values, program, words })
    }

    /// Calls compose; what it prints goes to standard error. Anything but exit code 0 is an error.
    pub(super) fn run(&self, args: &[&str], deadline: &Deadline) -> Result<()> {
        let args: Vec<&str> = self.words.iter().map(String::as_str).chain(args.iter().copied()).collect();
        let project = |command: &mut Command| self.name(command);
        handed::run((self.config, self.site), &self.program, &args, self.values, deadline, &project)
    }

    /// Asks compose, without any value but those that say what the project is. The answer may hold what stands in the
    /// compose file in plain.
    pub(super) fn ask(&self, args: &[&str], deadline: &Deadline) -> Result<SecretValue> {
        let args: Vec<&str> = self.words.iter().map(String::as_str).chain(args.iter().copied()).collect();
        let (nothing, mut answer) = (SecretValue::new(Vec::new()), Vec::new());
        let own = |name: &[u8]| name.starts_with(b"COMPOSE_");
        let prepare = |command: &mut Command| {
            handed::environment(
                command,
                self.site,
                self.values.iter().copied().filter(|(name, _)| own(name)),
            );
            self.name(command);
            if !self.config.env_files.is_empty() {
                // what it names is not there
                command.env_remove("COMPOSE_ENV_FILES");
            }
        };
        match process::tell(self.site, &self.program, &args, &nothing, deadline, &prepare, Some(&mut answer))?
        {
            0 => Ok(SecretValue::new(answer)),
            code => Err(Error::failed(format!("{:?} ended with exit code {code}", self.program.word))),
        }
    }

    /// The profiles that are in force: of the environment, of a `.env`, and of the command's options.
    pub(super) fn profiles(&self, dot_env: Option<&str>) -> Vec<String> {
        const NAME: &str = "COMPOSE_PROFILES";
        let sealed = self.values.iter().find(|(name, _)| *name == NAME.as_bytes());
        let sealed = sealed.and_then(|(_, value)| value.expose_str());
        let mut lines = dot_env.unwrap_or_default().lines();
        let filed = lines.find_map(|line| line.trim().strip_prefix(NAME)?.trim_start().strip_prefix('='));
        let named = sealed.or_else(|| self.site.var(NAME).and_then(|value| value.to_str())).or(filed);
        let named = named.unwrap_or_default().split(',').map(|name| name.trim().trim_matches(['"', '\'']));
        let mut profiles: Vec<String> = named.map(str::to_owned).collect();
        for (index, word) in self.words.iter().enumerate() {
            match word.strip_prefix("--profile") {
                Some("") => profiles.extend(self.words.get(index + 1).cloned()),
                Some(rest) => profiles.extend(rest.strip_prefix('=').map(str::to_owned)),
                None => {}
            }
        }
        profiles
    }

    /// What the policy calls the project wins.
    fn name(&self, command: &mut Command) {
        if let Some(project) = &self.config.project {
            command.env("COMPOSE_PROJECT_NAME", project);
        }
    }
}

/// The program and its fixed arguments: what the policy names, else the plugin, else version 1.
pub(super) fn compose(config: &DeployConfig, site: &Site) -> Result<(Program, Vec<String>)> {
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
