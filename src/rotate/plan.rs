//! What will be done, found out without doing anything. A [`Plan`] exists only if every check passed.

use super::carried;
use super::choose::{Ask, Wanted, ending, named, ordered};
use super::consumers;
use super::context::{Brought, World, digest, versions};
use super::files;
use super::masked::{Mirrored, masked, mirrored};
use super::mirror;
use super::overlooked;
use super::request::Request;
use super::secret::{self, Examined};
use super::service;
use super::unfinished::kind_name;
use crate::audit::{Grace, History};
use crate::config::{DeployKind, Policy};
use crate::deploy::{self, Intent};
use crate::disk::{self, Owner, Project};
use crate::error::{Error, Kind, Result};
use crate::sops::{Open, Sealed};

/// A rotation that can be run.
pub struct Plan {
    request: Request,
    brought: Brought,
    /// The file before and after, with every value masked.
    pub before: String,
    /// See `before`.
    pub after: String,
    /// The same of the mirrors.
    pub mirrored: Vec<Mirrored>,
    /// Which services are told, and how.
    pub told: Vec<String>,
    /// What will be started, in words.
    pub deploy: Vec<String>,
    /// What will be looked at, in words.
    pub probes: Vec<String>,
    /// What happens after the commit, in words.
    pub later: Vec<String>,
    /// What the user should know.
    pub remarks: Vec<String>,
}

impl Plan {
    /// What was asked for.
    pub fn request(&self) -> &Request {
        &self.request
    }

    pub(super) fn into_parts(self) -> (Request, Brought) {
        (self.request, self.brought)
    }
}

/// Checks everything that can be checked beforehand. The slow is last: services are asked once all else is right.
pub fn plan(world: &World<'_>, history: &History, ask: Ask) -> Result<Plan> {
    let (project, config) = (world.project, world.config);
    let bytes = disk::read(&project.sealed).map_err(|e| e.hint("make one with `reseal init`"))?;
    let live = digest(&bytes);
    let room = 6 * bytes.len() as u64 + 256 * 1024;
    let opened = Sealed::parse(bytes).and_then(|s| s.open(world.keyring));
    let open = opened.map_err(|e| e.context(format!("{:?}", project.sealed)))?;
    let now = (world.clock)();

    let (mut secrets, mut ends) = look(world, &open, history, &ask)?;
    let over = ends.iter().chain(secrets.iter().flat_map(|found| &found.ends));
    let mirrors = mirror::find(world, &open, secrets.iter().map(|found| &found.change))?;
    let files = files::plain(world, &open, secrets.iter().map(|found| &found.change), over)?;
    let room = room + 6 * mirrors.iter().map(|found| found.size).sum::<u64>();
    let mut remarks: Vec<String> = open.warnings().to_vec();
    for found in &mirrors {
        remarks.extend(
            found.open.warnings().iter().map(|warning| format!("{:?}, {warning}", found.mirror.file)),
        );
    }
    for found in &secrets {
        remarks.extend(overlooked::remarks(&open, &mirrors, &found.change));
    }
    let replaced: Vec<_> = secrets.iter().map(|found| &found.change.name).collect();
    remarks.extend(carried::remarks(config, &open, &replaced));
    writable(project)?;
    if disk::room(&project.root)? < room {
        return Err(Error::failed(format!("there is too little room on the disk of {:?}", project.root))
            .note(format!("this rotation needs {} KiB", room / 1024)));
    }
    for found in &mut secrets {
        secret::ask_service(world, &open, &ask, found)?;
        remarks.append(&mut found.remarks);
    }
    let all = ends.iter().chain(secrets.iter().flat_map(|found| &found.ends));
    let retires = matches!(ask.wanted, Wanted::Ended { .. });
    remarks.extend(still_there(world, &open, all, (retires, ask.emergency))?);

    let told: Vec<String> = secrets.iter().filter_map(|found| found.service.clone()).collect();
    let mut later = later(&secrets, &ask);
    later.extend(ends.iter().map(ended));
    for found in &mut secrets {
        ends.append(&mut found.ends);
    }
    let mut request = Request {
        rotation: format!("{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), id(world)),
        at: now.to_string(),
        file: project.label(),
        live,
        secrets: secrets.into_iter().map(|found| found.change).collect(),
        ends,
        files,
        mirrors: mirrors.iter().map(|found| found.mirror.clone()).collect(),
        emergency: ask.emergency,
        deploy: false,
        deploy_kind: kind_name(config.deploy.kind).to_owned(),
        reason: ask.reason,
    };
    let (mut started, mut probes) = (Vec::new(), Vec::new());
    if request.changes_file() && ask.deploy {
        request.deploy = config.deploy.kind != DeployKind::None || !config.probes.is_empty();
        let intent;
        (intent, probes) = can_deploy(world, &open, &request)?;
        started = intent.lines;
        remarks.extend(intent.remarks);
        if config.deploy.kind == DeployKind::Swarm {
            later.push("the docker secrets of the old values are removed".to_owned());
        }
    }
    if request.changes_file() && started.is_empty() {
        let until = "no service is started anew: what runs keeps the old values until it is redeployed";
        remarks.push(match told.is_empty() {
            true => until.to_owned(),
            false => format!("{until}, and cannot log in with them any more"),
        });
    }
    let (before, after) = masked(config, &open, &request);
    let mirrored = mirrors.iter().map(|found| mirrored(&found.mirror, &found.open, &request)).collect();
    let brought = ask.brought.unwrap_or_default();
    Ok(Plan { request, brought, before, after, mirrored, told, deploy: started, probes, later, remarks })
}

/// What gets a new value, and which replaced values go.
fn look(world: &World<'_>, open: &Open, history: &History, ask: &Ask) -> Result<(Vec<Examined>, Vec<Grace>)> {
    let (names, from) = match &ask.wanted {
        Wanted::New { names, groups, all } => (named(world.config, names, groups, *all)?, None),
        Wanted::Earlier { names, from } => (names.clone(), Some(from)),
        Wanted::Ended { names, due } => {
            return Ok((Vec::new(), ending(history, names, *due, (world.clock)())?));
        }
    };
    let names = ordered(world.config, open, names);
    let found: Result<Vec<Examined>> =
        names.iter().map(|name| secret::examine(world, open, history, ask, name, from)).collect();
    Ok((found?, Vec::new()))
}

/// The services that stop to accept a replaced value accept the present one now, and what is known of the replaced one is
/// at hand. After the commit there would be no way back from either. Answers what a person has to do.
fn still_there<'a>(
    world: &World<'_>,
    open: &Open,
    ends: impl Iterator<Item = &'a Grace>,
    (retires, emergency): (bool, bool),
) -> Result<Vec<String>> {
    let mut remarks = Vec::new();
    for end in ends {
        let folder = world.project.grace().join(&end.rotation);
        let mut policies = world.config.secrets.iter().filter(|(name, _)| name.as_str() == end.secret);
        if let Some(key) = &end.key
            && policies.any(|(_, policy)| policy.previous.as_ref().is_some_and(|p| p.list))
            && disk::stat(&folder).is_none()
        {
            remarks.push(format!(
                "what is known of the value of {} before is lost; take it out of {key} with `reseal set {key}`",
                end.secret
            ));
        }
        let Some(service) = &end.service else { continue };
        let by_hand = |e: Error| {
            e.note("nothing was changed").hint(format!(
                "where it can only be taken away by hand, do so, remove {}, then run `reseal retire {}`",
                disk::quoted(&folder),
                end.secret
            ))
        };
        let Some((change, before)) = service::replaced(world, &folder, &end.secret).map_err(by_hand)? else {
            remarks.push(format!(
                "{service}: what is known of the value of {} before is lost; see that it is taken away there",
                end.secret
            ));
            continue;
        };
        let Some(config) = &change.policy.target else { continue };
        let tells = |policy: &Policy| policy.target.as_ref().is_some_and(|t| t.shares_a_user_with(config));
        if !retires && !world.config.secrets.get(&change.name).is_some_and(tells) {
            return Err(Error::failed(format!(
                "{service} still accepts the value before of \"{}\", and would not be told the new one",
                end.secret
            ))
            .note("nothing was changed")
            .hint(format!("run `reseal retire {}` first, or put its target back", end.secret)));
        }
        let target = service::open(world, config, &[open, &before]).map_err(by_hand)?;
        let now = world.config.secrets.get(&change.name);
        let login = service::login_of_now(open, &change, now).map_err(by_hand)?;
        let named = |e: Error| by_hand(e.context(target.name()));
        if !target.test(&login.credential()).map_err(named)? && !emergency {
            return Err(named(Error::failed(format!("it refuses the present value of \"{}\"", end.secret)))
                .hint(format!("store the one that it has with `reseal set {}`", end.secret)));
        }
    }
    Ok(remarks)
}

/// Whether services can be started anew, and are well now; what will be started, and looked at.
fn can_deploy(world: &World<'_>, open: &Open, request: &Request) -> Result<(Intent, Vec<String>)> {
    let config = world.config;
    deploy::preflight(&config.deploy, &world.site)?;
    let entries: Vec<_> = open.entries().map(|e| (e.name, e.value)).collect();
    deploy::carries(&config.deploy, &world.site, &entries).map_err(|e| e.note("nothing was changed"))?;
    let mut probes = Vec::new();
    for probe in &config.probes {
        // a service that is ill already would make the rotation fail for reasons of its own
        deploy::glance(probe, &world.site, config.deploy.project.as_deref()).map_err(|e| {
            e.context("before the rotation")
                .note("nothing was changed")
                .hint("mend the service first, or use `--no-deploy`, which starts none anew")
        })?;
        let watched = probe.after.map(|after| format!(", watched for {} s more", after.lasts.as_secs()));
        let watched = watched.unwrap_or_default();
        probes.push(format!("{} within {} s{watched}", deploy::name(&probe.check), probe.within.as_secs()));
    }
    let (versions, changed, files) = (versions(open), request.keys(), request.written(world.project));
    let release =
        deploy::Release { values: &entries, versions: &versions, changed: Some(&changed), files: &files };
    let mut intent = deploy::intent(&config.deploy, &world.site, &release)?;
    let kept = consumers::would_keep(world, open, request, &intent)?;
    intent.remarks.extend(kept);
    Ok((intent, probes))
}

/// What follows the commit, in words.
fn later(secrets: &[Examined], ask: &Ask) -> Vec<String> {
    let mut lines = Vec::new();
    for found in secrets {
        let (name, policy) = (&found.change.name, &found.change.policy);
        match &policy.target {
            Some(target) if found.change.overlaps(ask.emergency) => lines.push(format!(
                "the old value of {name} is accepted for {} s more",
                target.keep_for.as_secs()
            )),
            Some(_) if ask.emergency => lines.push(format!(
                "the old value of {name} is refused, its sessions end where the service can end them"
            )),
            Some(_) => lines.push(format!("the old value of {name} is refused")),
            None => {}
        }
        lines.extend(found.ends.iter().filter(|end| end.service.is_some()).map(ended));
        if let Some(word) = policy.migrate.first() {
            lines.push(format!("migrate the data of {name} with {word}"));
        }
    }
    lines
}

fn ended(end: &Grace) -> String {
    match (&end.key, &end.service) {
        (Some(key), _) => format!("the value of {} before goes from {key}", end.secret),
        (None, Some(service)) => format!("{service}: a value of {} before is refused", end.secret),
        (None, None) => format!("the value of {} before was revoked by whoever issued it", end.secret),
    }
}

fn id(world: &World<'_>) -> String {
    let mut id = [0u8; 4];
    world.random.borrow_mut().fill_bytes(&mut id);
    id.iter().map(|b| format!("{b:02x}")).collect()
}

/// The sealed file can be exchanged, and will have the owner that it shall have.
pub(super) fn writable(project: &Project) -> Result<()> {
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
