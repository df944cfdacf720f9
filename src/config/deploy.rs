//! `[deploy]` and `[[probe]]`: how new values reach the services, and how it is seen that these are well.

use std::path::PathBuf;
use std::time::Duration;

use super::fields::{Fields, duration};
use crate::dialect::{self, Dialect};
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
    /// The env files that the services are configured with: kinds compose and swarm get them rendered in RAM, for the
    /// time of the command and visible to it alone; kind systemd on a runtime path.
    pub env_files: Vec<PathBuf>,
    /// Who reads the env files.
    pub env_format: Vec<Dialect>,
    /// Kind swarm: the stack's name.
    pub stack: Option<String>,
    /// Kind swarm: the stack's files; without any, services are updated one by one.
    pub files: Vec<PathBuf>,
    /// Kind systemd: what is restarted, in order.
    pub units: Vec<String>,
    /// Kind systemd: a folder on a RAM file system that gets one file a key, for `LoadCredential=`.
    pub credentials: Option<PathBuf>,
    /// Containers, by name or `project/service`, that may keep a replaced value.
    pub leave: Vec<String>,
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
    /// Docker Swarm, with values as versioned docker secrets.
    Swarm,
    /// systemd units.
    Systemd,
}

impl Default for DeployConfig {
    fn default() -> Self {
        DeployConfig {
            kind: DeployKind::None,
            command: Vec::new(),
            steps: Vec::new(),
            timeout: Duration::from_secs(120),
            project: None,
            env_files: Vec::new(),
            env_format: Vec::new(),
            stack: None,
            files: Vec::new(),
            units: Vec::new(),
            credentials: None,
            leave: Vec::new(),
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
            "swarm" => DeployKind::Swarm,
            "systemd" => DeployKind::Systemd,
            _ => return Err(fields.wrong(at, "\"kind\" is none of wrapper, compose, swarm, systemd, none")),
        };
        config.command = fields.strings("command")?.unwrap_or_default();
        if config.kind == DeployKind::Wrapper && config.command.is_empty() {
            return Err(fields.lacks("\"command\" is missing: kind \"wrapper\" needs the script to start"));
        }
        if !matches!(config.kind, DeployKind::Swarm | DeployKind::Systemd) {
            config.steps = fields.lists("steps")?.unwrap_or_default();
        }
        if let Some(timeout) = fields.duration("timeout")? {
            config.timeout = timeout;
        }
        config.project = fields.string("project")?;
        config.leave = fields.strings("leave")?.unwrap_or_default();
        config.parse_kind(&mut fields)?;
        fields.finish()?;
        Ok(config)
    }

    /// What only some kinds have; another has it as an unknown key.
    fn parse_kind(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let readers: &[Dialect] = match self.kind {
            DeployKind::None | DeployKind::Wrapper => return Ok(()),
            DeployKind::Compose => &[Dialect::ComposeV1, Dialect::ComposeV2],
            DeployKind::Swarm => &[Dialect::Docker],
            DeployKind::Systemd => &[Dialect::Systemd],
        };
        let paths =
            |list: Option<Vec<String>>| list.unwrap_or_default().into_iter().map(PathBuf::from).collect();
        self.env_files = paths(fields.strings("env-files")?);
        self.env_format = match fields.string_at("env-format")? {
            None => readers.to_vec(),
            Some((at, name)) => Dialect::named(&name)
                .ok_or_else(|| fields.wrong(at, format!("\"env-format\" is none of {}", dialect::NAMES)))?
                .to_vec(),
        };
        match self.kind {
            DeployKind::Swarm => {
                self.stack = match fields.string_at("stack")? {
                    Some((at, name)) if !is_stack(&name) => {
                        return Err(
                            fields.wrong(at, "\"stack\" is no name of a stack: letters, digits, - and _")
                        );
                    }
                    stack => stack.map(|(_, name)| name),
                };
                self.files = paths(fields.strings("files")?);
                if self.stack.is_none() {
                    return Err(fields.lacks("\"stack\" is missing: kind \"swarm\" needs the stack's name"));
                }
            }
            DeployKind::Systemd => {
                self.units = fields.strings("units")?.unwrap_or_default();
                self.credentials = fields.string("credentials")?.map(PathBuf::from);
                if self.units.is_empty() {
                    return Err(fields.lacks("\"units\" is missing: kind \"systemd\" needs what to restart"));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// One look at whether a service is well.
#[derive(Clone, Debug)]
pub struct ProbeConfig {
    /// What is looked at.
    pub check: Check,
    /// How long it may take to become well.
    pub within: Duration,
    /// How long it is looked at after the commit.
    pub after: Option<After>,
}

/// `[probe.after]`: a window after the commit, in which a service that falls ill is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// How long.
    pub lasts: Duration,
    /// How often.
    pub every: Duration,
}

/// What is looked at.
#[derive(Clone, Debug)]
pub enum Check {
    /// A page that must be answered as it shall.
    Http(Page),
    /// `host:port` that must accept a connection.
    Tcp(String),
    /// Compose services whose containers must run and, where they say so, be healthy.
    Compose(Vec<String>),
    /// A command that must exit with 0.
    Command(Vec<String>),
}

/// What a GET of a page must give.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its address.
    pub url: String,
    /// The status; `None`: any of 200 to 399.
    pub status: Option<u16>,
    /// A regular expression that its body must match somewhere.
    pub body: Option<String>,
    /// How long any one answer may take.
    pub latency: Option<Duration>,
    /// How many times it is asked for in one look; every answer counts.
    pub requests: u64,
}

impl ProbeConfig {
    pub(super) fn parse(mut fields: Fields<'_>) -> Result<Self> {
        let mut checks = Vec::new();
        if let Some(url) = fields.string("http")? {
            checks.push(Check::Http(Page::parse(url, &mut fields)?));
        }
        checks.extend(fields.string("tcp")?.map(Check::Tcp));
        checks.extend(fields.strings("compose")?.map(Check::Compose));
        checks.extend(fields.strings("command")?.map(Check::Command));
        let within = fields.duration("within")?.unwrap_or(Duration::from_secs(60));
        let after = fields.table("after")?.map(After::parse).transpose()?;
        let check = match (checks.pop(), checks.is_empty()) {
            (Some(check), true) => check,
            _ => return Err(fields.lacks("a probe needs exactly one of http, tcp, compose, command")),
        };
        fields.finish()?;
        Ok(ProbeConfig { check, within, after })
    }
}

impl After {
    fn parse(mut fields: Fields<'_>) -> Result<Self> {
        let lasts = fields.duration("for")?.ok_or_else(|| fields.lacks("\"for\" is missing from after"))?;
        let every = fields.duration("every")?.unwrap_or(Duration::from_secs(10));
        fields.finish()?;
        Ok(After { lasts, every })
    }
}

impl Page {
    fn parse(url: String, fields: &mut Fields<'_>) -> Result<Self> {
        let status = fields.number("status", 100, 599)?.and_then(|status| u16::try_from(status).ok());
        let body = fields.string_at("body")?;
        if let Some((at, text)) = &body
            && regex::bytes::Regex::new(text).is_err()
        {
            return Err(fields.wrong(*at, "\"body\" is no regular expression"));
        }
        let latency = match fields.string_at("latency")? {
            None => None,
            Some((at, text)) => Some(milliseconds(&text).or_else(|| duration(&text)).ok_or_else(|| {
                fields.wrong(at, "\"latency\" is no time span such as \"300ms\" or \"2s\"")
            })?),
        };
        let requests = fields.number("requests", 1, 1000)?.unwrap_or(1) as u64;
        Ok(Page { url, status, body: body.map(|(_, text)| text), latency, requests })
    }
}

/// What docker takes as one, and never for an option.
fn is_stack(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn milliseconds(text: &str) -> Option<Duration> {
    let number: u64 = text.strip_suffix("ms")?.parse().ok()?;
    (number > 0).then(|| Duration::from_millis(number))
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn a_stack_is_no_option() {
        let parsed = |name: &str| Config::parse(&format!("[deploy]\nkind = \"swarm\"\nstack = \"{name}\"\n"));
        assert!(parsed("shop-2_b").is_ok());
        for name in ["--help", "-", "", "a b", "caf\u{e9}"] {
            assert!(parsed(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_probe_says_what_it_wants_and_for_how_long() {
        let config = Config::parse(
            "[[probe]]\nhttp = \"http://h/\"\nstatus = 204\nbody = \"o+k\"\nlatency = \"300ms\"\nrequests = 20\n\
             [probe.after]\nfor = \"10m\"\n[[probe]]\ntcp = \"db:1\"\nafter = { for = \"1m\", every = \"2s\" }",
        )
        .unwrap();
        let Check::Http(page) = &config.probes[0].check else { panic!("not a page") };
        assert_eq!((page.status, page.requests), (Some(204), 20));
        assert_eq!(page.latency, Some(Duration::from_millis(300)));
        let window = |seconds, every| {
            Some(After { lasts: Duration::from_secs(seconds), every: Duration::from_secs(every) })
        };
        assert_eq!(config.probes[0].after, window(600, 10));
        assert_eq!(config.probes[1].after, window(60, 2));
    }

    #[test]
    fn what_a_probe_cannot_want_is_named() {
        for (line, wants) in [
            ("status = 99", "\"status\""),
            ("body = \"(\"", "\"body\" is no regular expression"),
            ("latency = \"fast\"", "\"latency\" is no time span"),
            ("latency = \"0ms\"", "\"latency\" is no time span"),
            ("after = { every = \"1s\" }", "\"for\" is missing"),
            ("requests = 0", "\"requests\""),
        ] {
            let error = Config::parse(&format!("[[probe]]\nhttp = \"http://h/\"\n{line}")).unwrap_err();
            assert!(error.to_string().contains(wants), "{line}: {error}");
        }
        // these belong to a page only
        assert!(Config::parse("[[probe]]\ntcp = \"db:1\"\nstatus = 200").is_err());
    }
}
