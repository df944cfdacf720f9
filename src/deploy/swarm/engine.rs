//! How docker is called: which program, in whose stack, and with which environment. What is asked for never holds a
//! value: the specification of a service has its environment in it, so single fields are asked for (I3).

use std::process::Command;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::config::DeployConfig;
use crate::error::{Error, Result};
use crate::process::{self, Deadline, Program, Site, withhold_keys};
use crate::secret::SecretValue;

/// How long the engine may take to answer.
pub(super) const ANSWER: Duration = Duration::from_secs(20);

/// How often a question about several things is asked.
const TRIES: u32 = 10;

/// The engine of a swarm, as the policy names it.
pub(super) struct Engine<'a> {
    pub(super) config: &'a DeployConfig,
    pub(super) site: &'a Site,
    /// The stack.
    pub(super) stack: &'a str,
    pub(super) docker: Program,
}

impl<'a> Engine<'a> {
    pub(super) fn new(config: &'a DeployConfig, site: &'a Site) -> Result<Self> {
        let docker = match config.command.first() {
            Some(word) => super::super::configured(word, site)?,
            None => process::program("docker", site)?,
        };
        let stack = config.stack.as_deref().unwrap_or_default();
        Ok(Engine { config, site, stack, docker })
    }

    /// Arguments behind the words of the policy.
    pub(super) fn words<'w>(&'w self, args: &[&'w str]) -> Vec<&'w str> {
        self.config.command.iter().skip(1).map(String::as_str).chain(args.iter().copied()).collect()
    }

    pub(super) fn ask(&self, args: &[&str], deadline: &Deadline) -> Result<String> {
        process::ask(self.site, &self.docker, &self.words(args), deadline)
    }

    /// What `about` says of each of the things that `list` gives the ids of, a line of JSON each. One that goes in between
    /// makes docker fail, so it is asked again.
    pub(super) fn each<T: DeserializeOwned>(
        &self,
        list: &[&str],
        about: &[&str],
        deadline: &Deadline,
    ) -> Result<Vec<T>> {
        let mut tries = 0;
        let answer = loop {
            let ids = self.ask(list, deadline)?;
            if ids.trim().is_empty() {
                return Ok(Vec::new());
            }
            let args: Vec<&str> = about.iter().copied().chain(ids.lines()).collect();
            tries += 1;
            match self.ask(&args, deadline) {
                Err(_) if tries < TRIES && !deadline.left().is_zero() => {}
                answer => break answer?,
            }
        };
        let parsed: Result<Vec<T>, _> = answer.lines().map(serde_json::from_str).collect();
        parsed.map_err(|_| Error::failed("docker's answer is not understood"))
    }

    pub(super) fn run(&self, args: &[&str], deadline: &Deadline) -> Result<()> {
        process::run(self.site, &self.docker, &self.words(args), deadline, &|command| self.bare(command))
    }

    /// Hands a value over on standard input.
    pub(super) fn hand(&self, args: &[&str], value: &SecretValue, deadline: &Deadline) -> Result<()> {
        let bare = |command: &mut Command| self.bare(command);
        process::hand(self.site, &self.docker, &self.words(args), value, deadline, &bare, false)
    }

    fn bare(&self, command: &mut Command) {
        withhold_keys(command, self.site);
    }

    /// Whether the engine can deploy services: it answers, and manages a swarm.
    pub(super) fn manages(&self) -> Result<()> {
        let args = ["info", "--format", "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}"];
        let answer = self.ask(&args, &Deadline::new(ANSWER)).map_err(|e| {
            e.context("the docker engine does not answer").hint("run `docker info` to see why")
        })?;
        match answer.trim() {
            "active true" => Ok(()),
            state if state.starts_with("active") => Err(Error::failed(
                "this node is a worker of its swarm, and only a manager can deploy services",
            )
            .hint("run reseal on a manager, or name one: `command = [\"docker\", \"--host\", …]` under [deploy]")),
            _ => Err(Error::failed("the docker engine is in no swarm").hint("run `docker swarm init`")),
        }
    }
}
