//! What will be done, found out without doing anything. A [`Plan`] exists only if every check passed.

use super::context::{World, digest};
use super::request::{Change, FedValue, KeptValue, Request};
use super::unfinished::kind_name;
use crate::audit::History;
use crate::config::{Config, DeployKind, Policy, init_only};
use crate::deploy;
use crate::disk::{self, Owner};
use crate::error::{Error, Kind, Result};
use crate::secret::{SecretName, nearest, url};
use crate::sops::{Open, Sealed};

/// What the user asks for.
#[derive(Default)]
pub struct Ask {
    /// Keys by name.
    pub names: Vec<SecretName>,
    /// Whole groups.
    pub groups: Vec<String>,
    /// Every secret of the policy.
    pub all: bool,
    /// Whether services are told.
    pub deploy: bool,
    /// Cut grace periods short.
    pub emergency: bool,
    /// Why.
    pub reason: Option<String>,
}

/// A rotation that can be run.
pub struct Plan {
    request: Request,
    /// The file before and after, with every value masked.
    pub before: String,
    /// See `before`.
    pub after: String,
    /// What will be started, in words.
    pub deploy: Vec<String>,
    /// What will be looked at, in words.
    pub probes: Vec<String>,
    /// What the user should know.
    pub remarks: Vec<String>,
}

impl Plan {
    /// What was asked for.
    pub fn request(&self) -> &Request {
        &self.request
    }

    pub(super) fn into_request(self) -> Request {
        self.request
    }
}

/// Checks everything that can be checked beforehand.
pub fn plan(world: &World<'_>, history: &History, ask: &Ask) -> Result<Plan> {
    let (project, config) = (world.project, world.config);
    let bytes = disk::read(&project.sealed).map_err(|e| e.hint("make one with `reseal init`"))?;
    let live = digest(&bytes);
    let room = 6 * bytes.len() as u64 + 256 * 1024;
    let opened = Sealed::parse(bytes).and_then(|s| s.open(world.keyring));
    let open = opened.map_err(|e| e.context(format!("{:?}", project.sealed)))?;

    let names = chosen(config, &open, ask)?;
    let now = (world.clock)();
    let mut remarks: Vec<String> = open.warnings().to_vec();
    let mut secrets = Vec::new();
    for name in &names {
        let policy = config.secrets.get(name).cloned().unwrap_or_default();
        changeable(&open, name)?;
        let hidden = init_only(name.as_str());
        if let Some(service) = hidden.filter(|_| policy.init_only.unwrap_or(true)) {
            return Err(untold(name, Some(service)));
        }
        if policy.init_only == Some(true) {
            return Err(untold(name, None));
        }
        secrets.push(change(&open, history, name, &policy, now, ask.emergency)?);
    }

    for change in &secrets {
        let current = open.get(change.name.as_bytes());
        for entry in open.entries() {
            let name = String::from_utf8_lossy(entry.name);
            let fed = change.feeds.iter().any(|f| f.key == name);
            let holds = |v| url::check(entry.value, url::Part::Password, v).is_ok();
            if !fed && name != change.name && current.is_some_and(holds) {
                remarks.push(format!(
                    "\"{name}\" is a URL with the present value of \"{0}\" and keeps it; name it in `feeds` of [secret.{0}]",
                    change.name
                ));
            }
        }
        for fed in change.feeds.iter().filter(|f| f.part == "password") {
            if open.get(fed.key.as_bytes()).is_some_and(url::names_database) {
                remarks.push(format!(
                    "\"{}\" is the URL of a database, which is not told: change the password of \"{}\" there as well",
                    fed.key, change.name
                ));
            }
        }
    }

    writable(world)?;
    if disk::room(&project.root)? < room {
        return Err(Error::failed(format!("there is too little room on the disk of {:?}", project.root))
            .note(format!("a rotation of this file needs {} KiB", room / 1024)));
    }
    let (mut started, mut probes) = (Vec::new(), Vec::new());
    if ask.deploy {
        deploy::preflight(&config.deploy, &world.site)?;
        let entries: Vec<_> = open.entries().map(|e| (e.name, e.value)).collect();
        deploy::carries(&config.deploy, &entries).map_err(|e| e.note("nothing was changed"))?;
        started = in_words(config);
        for probe in &config.probes {
            // a service that is ill already would make the rotation fail for reasons of its own
            deploy::glance(probe, &world.site, config.deploy.project.as_deref()).map_err(|e| {
                e.context("before the rotation").note("nothing was changed").hint(
                    "mend the service first, or use `--no-deploy` to change the file without touching services",
                )
            })?;
            probes.push(format!("{} within {} s", deploy::name(&probe.check), probe.within.as_secs()));
        }
    }
    if started.is_empty() {
        remarks.push("no service is told: what runs keeps the old values until it is redeployed".into());
    }

    let (before, after) = masked(&open, &secrets);
    let mut id = [0u8; 4];
    world.random.borrow_mut().fill_bytes(&mut id);
    let id: String = id.iter().map(|b| format!("{b:02x}")).collect();
    let request = Request {
        rotation: format!("{}-{id}", now.strftime("%Y%m%dT%H%M%SZ")),
        at: now.to_string(),
        file: project.label(),
        live,
        secrets,
        deploy: ask.deploy && (config.deploy.kind != DeployKind::None || !config.probes.is_empty()),
        deploy_kind: kind_name(config.deploy.kind).to_owned(),
        reason: ask.reason.clone(),
    };
    Ok(Plan { request, before, after, deploy: started, probes, remarks })
}

/// The names that are meant, each once, in the order of the file.
fn chosen(config: &Config, open: &Open, ask: &Ask) -> Result<Vec<SecretName>> {
    let mut wanted = ask.names.clone();
    for group in &ask.groups {
        let members = config.secrets.iter().filter(|(_, p)| p.group.as_ref() == Some(group));
        let before = wanted.len();
        wanted.extend(members.map(|(name, _)| name.clone()));
        if wanted.len() == before {
            let mut groups: Vec<&str> = config.secrets.values().filter_map(|p| p.group.as_deref()).collect();
            groups.sort_unstable();
            groups.dedup();
            let error = Error::usage(format!("no secret of the policy is in group {group:?}"));
            return Err(if groups.is_empty() {
                error.hint("give secrets a `group` in reseal.toml")
            } else {
                error.hint(format!("there are: {}", groups.join(", ")))
            });
        }
    }
    if ask.all {
        wanted.extend(config.secrets.keys().cloned());
    }
    if wanted.is_empty() {
        let error = Error::usage("nothing to rotate: no key is named");
        return Err(if config.secrets.is_empty() {
            error.hint("name the keys, e.g. `reseal rotate JWT_SECRET`, or describe them in reseal.toml")
        } else {
            error.hint("name the keys, or say `--all` for all secrets of the policy")
        });
    }
    let place = |name: &SecretName| open.entries().position(|e| e.name == name.as_bytes());
    wanted.sort_by_key(|name| (place(name), name.clone()));
    wanted.dedup();
    Ok(wanted)
}

/// The key must be there once, and lie encrypted.
fn changeable(open: &Open, name: &SecretName) -> Result<()> {
    match open.places(name.as_bytes()).as_slice() {
        [] => {
            let names = open.entries().filter_map(|e| std::str::from_utf8(e.name).ok());
            let error = Error::failed(format!("key \"{name}\" is not in the file"));
            Err(match nearest(names, name.as_str()) {
                Some(near) => error.hint(format!("did you mean {near:?}?")),
                None => error.hint(format!("make it with `reseal set {name} --generate alnum:32`")),
            })
        }
        [_] if !open.encrypts(name) => Err(Error::failed(format!(
            "key \"{name}\" would lie in the file unencrypted: its rule is {}",
            open.rule()
        ))),
        [_] => Ok(()),
        lines => {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            Err(Error::failed(format!("key \"{name}\" stands on lines {}", lines.join(" and ")))
                .note("programs see the last one")
                .hint(format!("leave one with `reseal set {name}`")))
        }
    }
}

fn untold(name: &SecretName, service: Option<&str>) -> Error {
    let service = service.unwrap_or("the service");
    Error::failed(format!("{service} reads \"{name}\" only when it is first set up"))
        .note("a new value in the file would lock the application out; nothing was changed")
        .hint(format!(
            "change it in the service, then store it with `reseal set {name}`; where it is read at every start, say `init-only = false` under [secret.{name}]"
        ))
}

fn change(
    open: &Open,
    history: &History,
    name: &SecretName,
    policy: &Policy,
    now: jiff::Timestamp,
    emergency: bool,
) -> Result<Change> {
    let current = open
        .get(name.as_bytes())
        .ok_or_else(|| Error::failed(format!("key \"{name}\" is not in the file")))?;
    let mut feeds = Vec::new();
    for fed in &policy.feeds {
        changeable(open, &fed.key)?;
        let value = open
            .get(fed.key.as_bytes())
            .ok_or_else(|| Error::failed(format!("key \"{}\" is not in the file", fed.key)))?;
        url::check(value, fed.part, current).map_err(|e| {
            e.context(format!("the {} in \"{}\", fed by \"{name}\"", fed.part.as_str(), fed.key)).hint(
                format!("mend it with `reseal set {}`, or take it from the feeds of \"{name}\"", fed.key),
            )
        })?;
        feeds.push(FedValue { key: fed.key.to_string(), part: fed.part.as_str().into() });
    }
    let previous = match &policy.previous {
        None => None,
        Some(kept) => {
            if !open.encrypts(&kept.key) {
                return Err(Error::failed(format!(
                    "key \"{}\" would lie in the file unencrypted: its rule is {}",
                    kept.key,
                    open.rule()
                )));
            }
            let grace = history.age(name.as_str()).grace;
            let running = grace.filter(|g| g.until.parse::<jiff::Timestamp>().is_ok_and(|t| t > now));
            if let Some(grace) = running.filter(|_| !emergency) {
                return Err(Error::failed(format!(
                    "the value before the present one of \"{name}\" counts until {}",
                    grace.until
                ))
                .note(format!("another rotation would drop it from \"{}\" too early", grace.key))
                .hint("wait until then, or use `--emergency` to drop it now"));
            }
            Some(KeptValue { key: kept.key.to_string(), keep_for: kept.keep_for.as_secs() })
        }
    };
    Ok(Change { name: name.to_string(), generate: policy.generate.to_string(), previous, feeds })
}

/// The sealed file can be exchanged, and will have the owner that it shall have.
fn writable(world: &World<'_>) -> Result<()> {
    let project = world.project;
    disk::replaceable(&project.sealed)?;
    let me = Owner::of_this_process();
    if me.uid != 0 && me.uid != project.attributes.owner.uid {
        return Err(Error::new(
            Kind::Failed,
            format!("{:?} belongs to {}", project.sealed, project.attributes.owner),
        )
        .hint("run as root or as that user, so that the owner stays what it is"));
    }
    Ok(())
}

fn in_words(config: &Config) -> Vec<String> {
    let command = match (config.deploy.kind, config.deploy.command.is_empty()) {
        (DeployKind::None, _) => return Vec::new(),
        (_, true) => "docker compose".to_owned(),
        _ => config.deploy.command.join(" "),
    };
    if config.deploy.steps.is_empty() {
        return vec![format!("{command} up -d")];
    }
    config.deploy.steps.iter().map(|step| format!("{command} {}", step.join(" "))).collect()
}

/// The keys that change, before and after, with every value masked by its length or its origin.
fn masked(open: &Open, secrets: &[Change]) -> (String, String) {
    let (mut before, mut after) = (String::new(), String::new());
    let mut added = String::new();
    for entry in open.entries() {
        let name = String::from_utf8_lossy(entry.name);
        let old = format!("{name}=<{} characters>\n", entry.value.len());
        before.push_str(&old);
        let as_self = secrets.iter().find(|s| s.name == name);
        let as_previous = secrets.iter().find(|s| s.previous.as_ref().is_some_and(|p| p.key == name));
        let parts: Vec<&str> = secrets
            .iter()
            .flat_map(|s| s.feeds.iter().filter(|f| f.key == name).map(|f| f.part.as_str()))
            .collect();
        match (as_self, as_previous) {
            (Some(s), _) => after.push_str(&format!("{name}=<new, {}>\n", s.generate)),
            (_, Some(s)) => after.push_str(&format!("{name}=<{} before>\n", s.name)),
            _ if !parts.is_empty() => after.push_str(&format!("{name}=<{} new>\n", parts.join(", "))),
            _ => after.push_str(&old),
        }
    }
    for secret in secrets {
        if let Some(previous) = &secret.previous
            && open.get(previous.key.as_bytes()).is_none()
        {
            added.push_str(&format!("{}=<{} before>\n", previous.key, secret.name));
        }
    }
    (before, after + &added)
}
