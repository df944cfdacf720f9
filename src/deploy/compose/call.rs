//! How compose is called: with the values in its environment, without the age key, and with its env files mounted for
//! it alone.
//!
//! Compose reads `${NAME}` from its environment first and from a `.env` in the project folder second, so the values
//! given here win over a stray plaintext file. An `env_file` it reads from a path only: where the policy names such
//! files, this very program is started in between (`within`), which shows the text at those paths to compose and to
//! nobody else. It does not know which values the project needs; it hands over all it is given, or refuses one that no
//! environment can carry before anything is started (I9).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::super::{Values, configured};
use crate::config::DeployConfig;
use crate::dialect;
use crate::error::{Error, Result};
use crate::process::{self, Deadline, Program, Site, ask, withhold_keys};
use crate::secret::SecretValue;

/// How long compose and the engine may take to say that they are there.
pub(super) const ANSWER: Duration = Duration::from_secs(20);

/// What the kernel lets a single variable hold, name and end included, with pages of 4 KiB (MAX_ARG_STRLEN).
pub(super) const LARGEST: usize = 128 * 1024;

/// Compose, ready to be called on values.
pub(super) struct Call<'a> {
    config: &'a DeployConfig,
    site: &'a Site,
    values: Values<'a>,
    program: Program,
    words: Vec<String>,
    /// The text of the env files, where the policy names any.
    text: Option<SecretValue>,
}

impl<'a> Call<'a> {
    pub(super) fn new(config: &'a DeployConfig, site: &'a Site, values: Values<'a>) -> Result<Self> {
        fits_environment(values)?;
        let (program, words) = compose(config, site)?;
        let text = match config.env_files.is_empty() {
            true => None,
            false => Some(env_file(config, values)?),
        };
        Ok(Call { config, site, values, program, words, text })
    }

    /// Calls compose; what it prints goes to standard error. Anything but exit code 0 is an error.
    pub(super) fn run(&self, args: &[&str], deadline: &Deadline) -> Result<()> {
        let prepare = |command: &mut Command| self.prepare(command);
        let words = self.words.iter().map(String::as_str).chain(args.iter().copied());
        let Some(text) = &self.text else {
            let args: Vec<&str> = words.collect();
            return process::run(self.site, &self.program, &args, deadline, &prepare);
        };
        let (between, mut before) = within(self.config, self.site)?;
        before.push(self.program.path.to_string_lossy().into_owned());
        let args: Vec<&str> = before.iter().map(String::as_str).chain(words).collect();
        // in messages it is compose that is meant
        let program = Program { word: self.program.word.clone(), path: between.path };
        process::hand(self.site, &program, &args, text, deadline, &prepare, true)
    }

    /// Asks compose, without any value but those that say what the project is. The answer may hold what stands in the
    /// compose file in plain.
    pub(super) fn ask(&self, args: &[&str], deadline: &Deadline) -> Result<SecretValue> {
        let args: Vec<&str> = self.words.iter().map(String::as_str).chain(args.iter().copied()).collect();
        let (nothing, mut answer) = (SecretValue::new(Vec::new()), Vec::new());
        let own = |name: &[u8]| name.starts_with(b"COMPOSE_");
        let prepare = |command: &mut Command| {
            self.hand_over(command, &own);
            if self.text.is_some() {
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

    fn prepare(&self, command: &mut Command) {
        self.hand_over(command, &|_| true);
    }

    fn hand_over(&self, command: &mut Command, which: &dyn Fn(&[u8]) -> bool) {
        withhold_keys(command, self.site);
        for (name, value) in self.values.iter().filter(|(name, _)| which(name)) {
            // std copies the value into plain memory and frees it with the command. The process's allocator wipes
            // what is freed (zeroizing-alloc), so that the copy does not outlive the call.
            command.env(OsStr::from_bytes(name), OsStr::from_bytes(value.expose()));
        }
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

/// The env files of the policy, from the project's folder.
pub(super) fn env_files(config: &DeployConfig, site: &Site) -> Vec<PathBuf> {
    config.env_files.iter().map(|path| site.root.join(path)).collect()
}

/// The text from which compose reads exactly these values.
pub(super) fn env_file(config: &DeployConfig, values: Values<'_>) -> Result<SecretValue> {
    dialect::render(&config.env_format, values.iter().copied())
}

/// This program and its arguments, up to the command that is to see the env files.
pub(in super::super) fn within(config: &DeployConfig, site: &Site) -> Result<(Program, Vec<String>)> {
    let missing =
        || Error::failed("where this program lies is not known, and it shows the command its env files");
    let reseal = site.var("RESEAL").and_then(|path| path.to_str()).ok_or_else(missing)?;
    let program = process::program(reseal, site)?;
    let mut words = vec!["within".to_owned()];
    for path in env_files(config, site) {
        words.extend(["--env-file".to_owned(), path.to_string_lossy().into_owned()]);
    }
    words.push("--".to_owned());
    Ok((program, words))
}

/// Refuses what the environment would change or cut, and what would keep the child from starting.
pub(in super::super) fn fits_environment(values: Values<'_>) -> Result<()> {
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
