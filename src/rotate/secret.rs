//! What is checked of one secret before it gets a new value.

use std::path::Path;

use regex::bytes::Regex;

use super::carried;
use super::choose::{Ask, changeable, in_clear};
use super::context::World;
use super::earlier::value_in;
use super::request::Change;
use super::service::{self, Login};
use crate::audit::{Grace, History};
use crate::config::{InitOnly, Policy, init_only, longest};
use crate::disk;
use crate::error::{Error, Result};
use crate::process::{self, Deadline};
use crate::secret::{Origin, SecretName, SecretValue, public_of};
use crate::sops::Open;
use crate::target::Proof;

/// How long a `verify` command may take.
const VERIFIED: std::time::Duration = std::time::Duration::from_secs(60);

/// What was found out of one secret.
pub(super) struct Examined {
    pub(super) change: Change,
    /// Earlier replaced values of it that go.
    pub(super) ends: Vec<Grace>,
    /// The service, as messages call it.
    pub(super) service: Option<String>,
    pub(super) remarks: Vec<String>,
}

/// Everything about the sealed file, the policy and the log. Services are asked by [`ask_service`], last, because that is
/// slow.
pub(super) fn examine(
    world: &World<'_>,
    open: &Open,
    history: &History,
    ask: &Ask,
    name: &SecretName,
    from: Option<&String>,
) -> Result<Examined> {
    let policy = world.config.secrets.get(name).cloned().unwrap_or_default();
    changeable(open, name)?;
    follows_none(world, name, from.is_some())?;
    let current = service::copy(open, name)?;
    if policy.target.is_none() {
        if let Some(known) = init_only(name.as_str()).filter(|_| policy.init_only.unwrap_or(true)) {
            return Err(untold(name, Some(known)));
        }
        if policy.init_only == Some(true) {
            return Err(untold(name, None));
        }
    }
    fits_reader(name, &policy)?;
    for fed in policy.fed() {
        changeable(open, &fed.key)?;
        fed.check(&service::copy(open, &fed.key)?, &current).map_err(|e| {
            e.context(format!("the {} in \"{}\", fed by \"{name}\"", fed.what(), fed.key)).hint(format!(
                "mend it with `reseal set {}`, or take it from the feeds of \"{name}\"",
                fed.key
            ))
        })?;
    }
    let kept = policy.previous.iter().map(|p| &p.key);
    for key in kept.chain(policy.pair.iter().flat_map(|pair| pair.keys())) {
        if !open.encrypts(key) && policy.pair.is_none() {
            return Err(in_clear(open, key));
        }
    }
    if from.is_none() {
        brought(world, ask, name, &policy, &current)?;
    }
    if !policy.migrate.is_empty() {
        process::program(&policy.migrate[0], &world.site)
            .map_err(|e| e.context(format!("`migrate` of [secret.{}]", name.in_policy())))?;
    }
    if policy.previous.as_ref().is_some_and(|p| p.list) && current.expose().contains(&b',') {
        return Err(Error::failed(format!("the value of \"{name}\" holds a comma, which its list cannot"))
            .note("the list of its values before is separated by commas; nothing was changed"));
    }
    let earlier = from.map(|id| value_in(world, id, name)).transpose()?;
    if let Some(earlier) = &earlier {
        carried::demand_again(world.config, name, earlier)?;
    }
    let ends = window(world, history, ask, name, &policy, earlier.as_ref())?;
    let change = Change { name: name.clone(), from: from.cloned(), policy };
    Ok(Examined { change, ends, service: None, remarks: Vec::new() })
}

/// Whether the service can be told, found out without telling it: it accepts the present value, and whoever changes it
/// may.
pub(super) fn ask_service(world: &World<'_>, open: &Open, ask: &Ask, found: &mut Examined) -> Result<()> {
    let Change { name, policy, .. } = &found.change;
    let Some(config) = &policy.target else { return Ok(()) };
    for key in config.needs() {
        changeable(open, key)?;
    }
    let login = Login::of(open, name, policy)?;
    let target = service::open(world, config, &[open])?;
    let service = target.name();
    let named = |e: Error| e.context(&service).note("nothing was changed");
    let current = login.credential();
    found
        .remarks
        .extend(target.examine(&current).map_err(named)?.into_iter().map(|r| format!("{service}: {r}")));
    match target.proof(current.user, &service::nobodys(world)).map_err(named)? {
        Proof::Unprovable(why) => {
            found.remarks.push(format!("{service}: {why}, so that no login proves the change"));
        }
        Proof::Proven if target.test(&current).map_err(named)? => {}
        Proof::Proven if ask.emergency && config.admin.is_some() => {
            found
                .remarks
                .push(format!("{service}: it refuses the present value of \"{name}\" and is set anew"));
        }
        Proof::Proven => {
            let error = named(Error::failed(format!("it refuses the present value of \"{name}\"")));
            return Err(error.hint(format!(
                "store the one that it has with `reseal set {name}`{}",
                if config.admin.is_some() { ", or set it anew with `--emergency`" } else { "" }
            )));
        }
    }
    found.service = Some(service);
    Ok(())
}

/// Replaced values that still count: what is over goes; what is not forbids to replace another, unless all go.
fn window(
    world: &World<'_>,
    history: &History,
    ask: &Ask,
    name: &SecretName,
    policy: &Policy,
    earlier: Option<&SecretValue>,
) -> Result<Vec<Grace>> {
    let now = (world.clock)();
    let list = policy.previous.as_ref().is_some_and(|p| p.list);
    let mut ends = Vec::new();
    for grace in history.age(name.as_str()).grace {
        let issued = grace.key.is_none() && grace.service.is_none();
        // a list has room for one more, and whoever issued a value takes it away; but one that comes back is no old one
        let stays = issued || list && grace.key.is_some() && !grace.is_over(now) && !ask.emergency;
        if stays {
            if let Some(value) = earlier
                && is_of(world, &grace, name, value)?
            {
                ends.push(grace);
            }
            continue;
        }
        if grace.is_over(now) || ask.emergency || earlier.is_some() {
            ends.push(grace);
            continue;
        }
        let until = grace.until.clone().unwrap_or_default();
        let drops = match (&grace.key, &grace.service) {
            (Some(key), _) => format!("another rotation would drop it from \"{key}\" too early"),
            (None, service) => {
                format!("it is still accepted: {}", service.as_deref().unwrap_or("its service"))
            }
        };
        return Err(Error::failed(format!(
            "the value before the present one of \"{name}\" counts until {until}"
        ))
        .note(drops)
        .hint("wait until then, or use `--emergency` to drop it now"));
    }
    Ok(ends)
}

/// Whether the replaced value is this one.
fn is_of(world: &World<'_>, grace: &Grace, name: &SecretName, value: &SecretValue) -> Result<bool> {
    let known = service::replaced(world, &world.project.grace().join(&grace.rotation), &grace.secret)?;
    Ok(known.is_some_and(|(_, before)| before.get(name.as_bytes()).is_some_and(|old| old.same_as(value))))
}

/// A value that a person brings: it is there, looks right, and works.
fn brought(
    world: &World<'_>,
    ask: &Ask,
    name: &SecretName,
    policy: &Policy,
    current: &SecretValue,
) -> Result<()> {
    let Some(brought) = ask.brought.as_ref().filter(|_| policy.generate == Origin::Brought) else {
        return Ok(());
    };
    let Some(value) = brought.get(name) else {
        return Err(
            Error::failed(format!("no new value was brought for \"{name}\"")).note("nothing was changed")
        );
    };
    let refused = |why: String| Err(Error::failed(why).note("nothing was stored"));
    if value.is_empty() {
        return refused(format!("the value brought for \"{name}\" is empty"));
    }
    if value.same_as(current) {
        return refused(format!("the value brought for \"{name}\" is the present one"));
    }
    if policy.pair.is_some() {
        public_of(value)
            .map_err(|e| e.context(format!("the value brought for \"{name}\"")).note("nothing was stored"))?;
    }
    if value.expose().contains(&0) {
        return refused(format!(
            "the value brought for \"{name}\" holds a NUL, which no environment can carry"
        ));
    }
    carried::demand(world, name, value)?;
    if let Some(pattern) = &policy.matches {
        let whole = Regex::new(&format!("^(?:{pattern})$"));
        if !whole.is_ok_and(|regex| regex.is_match(value.expose())) {
            return refused(format!("the value brought for \"{name}\" does not look like `matches` says"));
        }
    }
    let Some((word, rest)) = policy.verify.split_first() else { return Ok(()) };
    let program = process::program(word, &world.site)?;
    let args: Vec<&str> = rest.iter().map(String::as_str).collect();
    let line = SecretValue::concat(&[value.expose(), b"\n"]);
    let prepare = |command: &mut std::process::Command| process::withhold_keys(command, &world.site);
    match process::tell(&world.site, &program, &args, &line, &Deadline::new(VERIFIED), &prepare, None)? {
        0 => Ok(()),
        code => refused(format!("`verify` ended with exit code {code} for the value brought for \"{name}\"")),
    }
}

/// A key that another secret writes has no value of its own: a new one, or an old one, would part it from that secret.
fn follows_none(world: &World<'_>, name: &SecretName, earlier: bool) -> Result<()> {
    // in a mirror, its keys are those that are fed there
    let here = |file: &Path| disk::real(&world.project.resolve(file)) == disk::real(&world.project.sealed);
    let mirrored = |policy: &Policy| policy.mirrored().any(|(file, feed)| feed.key == *name && here(file));
    let mut owners = world
        .config
        .secrets
        .iter()
        .filter(|(_, policy)| policy.follows().any(|key| key == name) || mirrored(policy));
    let Some((owner, policy)) = owners.next() else {
        return Ok(());
    };
    let verb = if earlier { "rollback" } else { "rotate" };
    let whose =
        if mirrored(policy) { format!(" of mirror {:?}", world.project.label()) } else { String::new() };
    Err(Error::failed(format!("\"{name}\"{whose} follows \"{owner}\" and has no value of its own"))
        .note("nothing was changed")
        .hint(format!("run `reseal {verb} {owner}`")))
}

/// Known readers that take only the first characters of a value.
fn fits_reader(name: &SecretName, policy: &Policy) -> Result<()> {
    let (Origin::Made(spec), Some((reader, most))) = (&policy.generate, longest(name.as_str())) else {
        return Ok(());
    };
    let length = spec.longest();
    if length <= most {
        return Ok(());
    }
    Err(Error::failed(format!(
        "{reader} takes the first {most} characters of \"{name}\" only, and {spec} makes {length}"
    ))
    .note("two different values could be the same password; nothing was changed")
    .hint(format!(
        "say `generate = \"password:{most}\"` and `entropy-floor = 40` under [secret.{}]",
        name.in_policy()
    )))
}

fn untold(name: &SecretName, known: Option<InitOnly>) -> Error {
    let service = known.map_or("the service", |known| known.service);
    let error = Error::failed(format!("{service} reads \"{name}\" only when it is first set up"))
        .note("a new value in the file would lock the application out; nothing was changed");
    match known.and_then(|known| known.target) {
        Some(target) => error.hint(format!(
            "say who is to be told under [secret.{}]: target = {{ {target} }}; where it is read at every start, `init-only = false`",
            name.in_policy()
        )),
        None => {
            let password = ["PASS", "TOKEN", "SECRET", "KEY"].iter().any(|word| name.as_str().contains(word));
            let target = if password { ", or write a target of kind command" } else { "" };
            error.hint(format!(
                "change it in the service, then store it with `reseal set {name}`{target}; where it is read at every start, say `init-only = false` under [secret.{}]",
                name.in_policy()
            ))
        }
    }
}
