//! `[deploy]` and `[[probe]]`: how new values reach the services, and how it is seen that these are well.

use std::time::Duration;

use super::fields::Fields;
use crate::error::Result;

/// How new values reach the services.
#[derive(Clone, Debug)]
pub struct DeployConfig {
    /// Which way.
    pub kind: DeployKind,
    /// The program and its first arguments; relative paths start at the policy's folder.
    pub command: Vec<String>,
    /// The arguments of each call, in order.
    pub steps: Vec<Vec<String>>,
    /// How long one call may take.
    pub timeout: Duration,
    /// The compose project's name, where the folder's name is not it.
    pub project: Option<String>,
}

/// The ways that this version knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeployKind {
    /// Nothing is started.
    None,
    /// A script of the operator's, which opens the sealed file itself.
    Wrapper,
    /// `docker compose` with the values in its environment.
    Compose,
}

impl Default for DeployConfig {
    fn default() -> Self {
        DeployConfig {
            kind: DeployKind::None,
            command: Vec::new(),
            steps: Vec::new(),
            timeout: Duration::from_secs(120),
            project: None,
        }
    }
}

impl DeployConfig {
    pub(super) fn parse(mut fields: Fields<'_>) -> Result<Self> {
        let mut config = DeployConfig::default();
        let (at, kind) =
            fields.string_at("kind")?.ok_or_else(|| fields.lacks("\"kind\" is missing from [deploy]"))?;
        config.kind = match kind.as_str() {
            "none" => DeployKind::None,
            "wrapper" => DeployKind::Wrapper,
            "compose" => DeployKind::Compose,
            "swarm" | "systemd" => {
                return Err(fields
                    .wrong(at, format!("deploy kind {kind:?} is not supported by this version of reseal")));
            }
            _ => return Err(fields.wrong(at, "\"kind\" is none of wrapper, compose, none")),
        };
        config.command = fields.strings("command")?.unwrap_or_default();
        if config.kind == DeployKind::Wrapper && config.command.is_empty() {
            return Err(fields.lacks("\"command\" is missing: kind \"wrapper\" needs the script to start"));
        }
        config.steps = fields.lists("steps")?.unwrap_or_default();
        if let Some(timeout) = fields.duration("timeout")? {
            config.timeout = timeout;
        }
        config.project = fields.string("project")?;
        fields.finish()?;
        Ok(config)
    }
}

/// One look at whether a service is well.
#[derive(Clone, Debug)]
pub struct ProbeConfig {
    /// What is looked at.
    pub check: Check,
    /// How long it may take to become well.
    pub within: Duration,
}

/// What is looked at.
#[derive(Clone, Debug)]
pub enum Check {
    /// A GET that must answer 2xx or 3xx.
    Http(String),
    /// `host:port` that must accept a connection.
    Tcp(String),
    /// Compose services whose containers must run and, where they say so, be healthy.
    Compose(Vec<String>),
    /// A command that must exit with 0.
    Command(Vec<String>),
}

impl ProbeConfig {
    pub(super) fn parse(mut fields: Fields<'_>) -> Result<Self> {
        let mut checks = Vec::new();
        checks.extend(fields.string("http")?.map(Check::Http));
        checks.extend(fields.string("tcp")?.map(Check::Tcp));
        checks.extend(fields.strings("compose")?.map(Check::Compose));
        checks.extend(fields.strings("command")?.map(Check::Command));
        let within = fields.duration("within")?.unwrap_or(Duration::from_secs(60));
        let check = match (checks.pop(), checks.is_empty()) {
            (Some(check), true) => check,
            _ => return Err(fields.lacks("a probe needs exactly one of http, tcp, compose, command")),
        };
        fields.finish()?;
        Ok(ProbeConfig { check, within })
    }
}
