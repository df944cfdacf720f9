//! The one saga: a rotation, told as the list of its steps.
//!
//! [`plan()`] looks and changes nothing; what it gives can be run. [`run`] and [`resume`] are the same road, one from an
//! empty journal, the other from the journal that a crash left. Values never travel between steps: each step opens the
//! ciphertext it needs and drops it, so that the first run and the run after a crash do the same with the same inputs.

mod apply;
mod backup;
mod baseline;
mod carried;
mod choose;
mod consumers;
mod context;
mod earlier;
mod files;
mod masked;
mod migrate;
mod mirror;
mod overlooked;
mod pair;
mod plan;
mod probe;
mod prune;
mod redeploy;
mod request;
mod revoke;
mod sealed;
mod secret;
mod service;
mod stage;
mod swap;
mod tidy;
mod unfinished;
mod watch;

pub use choose::{Ask, Wanted, to_be_brought};
pub use context::{Brought, World, versions};
pub use earlier::earlier;
pub use files::attributes as file_attributes;
pub use mirror::{Drift, drift};
pub use pair::halves;
pub use plan::{Plan, plan};
pub use request::Request;
pub use unfinished::{none_unfinished, peek, unfinished};
pub use watch::{Degraded, note_degraded, watch, window};

use crate::audit::{self, Act, Event, Grace, History, Proof, Proven};
use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::saga::{self, Journal, Log, Next, Note, Outcome, Step, Steps, Watch};
use context::Context;
use unfinished::left;

/// The story. Left: what is done. Right: how it is taken back.
fn steps<'a>(request: &Request) -> Steps<'a, Context<'a>> {
    let mut list: Vec<Box<dyn Step<Context<'a>> + 'a>> = Vec::new();
    let told = || request.secrets.iter().filter(|change| change.policy.target.is_some());
    if request.changes_file() {
        list.push(Box::new(backup::Backup)); //     copy each live ciphertext to previous.enc    keep it
        list.push(Box::new(stage::Stage)); //       make new values, seal them to pending.enc    delete it
        list.push(Box::new(baseline::Baseline)); // note which services are well                 bring them up on what is live
        for change in told() {
            list.push(Box::new(apply::Apply(change.clone()))); // tell a live service, log in    tell it the old value, log in
        }
        for mirror in request.mirrors.iter().map(|mirror| Some(mirror.file.clone())) {
            list.push(Box::new(swap::Swap(mirror))); // replace each mirror with its pending     replace it with its previous
        }
        list.push(Box::new(swap::Swap(None))); //   replace live with pending, the last of all   replace live with previous, first
        if !request.files.is_empty() {
            list.push(Box::new(files::Files)); //   write the files that containers read         write the old values
        }
        list.push(Box::new(redeploy::Redeploy)); // start what the policy names                  nothing: Baseline's undo does it,
        list.push(Box::new(probe::Probe)); //       wait until all is well, look who has what    nothing     after Swap's
    }
    // ── commit: from here only forward; what fails is tried again by `resume` ──
    let commit_at = list.len();
    for change in told().filter(|change| !change.overlaps(request.emergency)) {
        list.push(Box::new(revoke::Revoke(change.clone()))); //   the old value is refused from now on
    }
    for end in request.ends.iter().filter(|end| end.service.is_some()) {
        list.push(Box::new(revoke::End(end.clone()))); //         so is one of an earlier rotation
    }
    for change in request.secrets.iter().filter(|change| !change.policy.migrate.is_empty()) {
        list.push(Box::new(migrate::Migrate(change.clone()))); // bring stored data to the new value
    }
    if request.deploy && request.deploy_kind == "swarm" {
        list.push(Box::new(tidy::Tidy)); //         docker secrets of replaced values go
    }
    list.push(Box::new(prune::Prune)); //           let old backups go
    Steps { list, commit_at }
}

/// How a rotation ended.
pub struct Ended {
    /// What was asked for.
    pub request: Request,
    /// The end.
    pub outcome: Outcome,
    /// Why it did not go through, if it did not.
    pub why: Option<String>,
    /// The name of the step that the outcome names.
    pub step: Option<String>,
    /// Replaced values that still count.
    pub grace: Vec<Grace>,
    /// What logins showed.
    pub proofs: Vec<Proof>,
}

/// Runs a plan to its end. The project's lock must be held.
pub fn run(world: &World<'_>, plan: Plan, watch: &mut impl Watch) -> Result<Ended> {
    let (request, brought) = plan.into_parts();
    disk::sweep(&world.project.rotations());
    disk::sweep(&world.project.grace());
    let folder = world.project.rotations().join(&request.rotation);
    let _beside = sealed::lock(world, &request, &folder)?;
    let steps = steps(&request);
    let owner = world.project.attributes.owner;
    let value = serde_json::to_value(&request).map_err(|e| Error::failed(e.to_string()))?;
    let journal = folder.join("journal.jsonl");
    let begun = disk::make_folder(&folder, owner)
        .and_then(|()| Journal::begin(&journal, owner, steps.names(), steps.commit_at, value, watch.now()))
        .and_then(|journal| note(world, &request, &Told::started(), watch).map(|()| journal));
    match begun {
        Ok(journal) => carry_on(world, request, brought, journal, watch),
        Err(error) => {
            // nothing has been announced, so nothing can have happened
            let _ = disk::discard_folder(&folder);
            Err(error)
        }
    }
}

/// Carries an unfinished rotation on, or back. `None`: there is none. The project's lock must be held.
pub fn resume(world: &World<'_>, back: bool, watch: &mut impl Watch) -> Result<Option<Ended>> {
    disk::sweep(&world.project.rotations());
    disk::sweep(&world.project.grace());
    let Some(rotation) = unfinished(world.project)? else { return Ok(None) };
    let folder = world.project.rotations().join(&rotation);
    let Some(mut journal) = unfinished::journal(world.project, &folder)? else { return Ok(None) };
    let request = unfinished::request(journal.header().request.clone())?;
    let _beside = sealed::lock(world, &request, &folder)?;
    let steps = steps(&request);
    if journal.header().steps != steps.names() || journal.header().commit_at != steps.commit_at {
        return Err(Error::new(Kind::Stuck, "the rotation was begun by another version of reseal")
            .note(format!("its steps are {}", journal.header().steps.join(", ")))
            .hint("resume it with that version"));
    }
    let begun = |step: &str| journal.events().contains(&saga::Event::Started(steps.place(step)));
    unfinished::may_go_on(world, &request, &journal, back, begun)?;
    note(world, &request, &Told::started(), watch).map_err(|e| left(e, &request, false))?;
    saga::retry(&steps, &mut journal, watch)
        .map_err(|e| left(e, &request, journal.progress().committed()))?;
    if back && !matches!(journal.progress().next(), Next::End(_)) {
        if journal.progress().committed() {
            return Err(Error::failed(
                "the rotation is committed; it cannot be taken back, only followed by another",
            )
            .hint("run `reseal resume` to finish it"));
        }
        saga::turn_back(&steps, &mut journal, watch).map_err(|e| left(e, &request, false))?;
    }
    carry_on(world, request, Brought::new(), journal, watch).map(Some)
}

fn carry_on(
    world: &World<'_>,
    request: Request,
    brought: Brought,
    mut journal: Journal,
    watch: &mut impl Watch,
) -> Result<Ended> {
    let steps = steps(&request);
    let folder = world.project.rotations().join(&request.rotation);
    let redeployed = journal.events().contains(&saga::Event::Started(steps.place("redeploy")));
    let cx = Context::new(world, request, brought, folder, redeployed);
    let outcome = saga::drive(&steps, &cx, &mut journal, watch);
    let committed = journal.progress().committed();
    let outcome = outcome.map_err(|e| left(e, &cx.request, committed))?;
    if matches!(outcome, Outcome::Open(_)) && watch.interrupted() {
        let why = journal.progress().why().unwrap_or_default().to_owned();
        return Err(left(Error::new(Kind::Interrupted, why), &cx.request, committed));
    }
    let step = match outcome {
        Outcome::Open(i) | Outcome::Stuck(i) => steps.list.get(i).map(|s| s.name()),
        Outcome::Committed | Outcome::RolledBack => None,
    };
    let why = journal.progress().why().map(str::to_owned);
    let why =
        why.or_else(|| journal.progress().unwinding().then(|| "it was taken back on request".to_owned()));
    let mut told = Told {
        act: match outcome {
            Outcome::Committed if cx.request.secrets.is_empty() => Act::Retired,
            Outcome::Committed => Act::Committed,
            Outcome::RolledBack => Act::RolledBack,
            Outcome::Stuck(_) => Act::Stuck,
            Outcome::Open(_) => Act::Started,
        },
        failure: why.clone().filter(|_| outcome != Outcome::Committed),
        ..Told::started()
    };
    let Context { request, folder, .. } = cx;
    if outcome == Outcome::Committed {
        let now = watch.now().parse().unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        told.grace = request.grace(now, |change| service_name(world, change));
        told.ended.clone_from(&request.ends);
        told.proofs = proofs(&request, &steps, journal.events());
    }
    if !matches!(outcome, Outcome::Open(_)) {
        note(world, &request, &told, watch).map_err(|e| left(e, &request, committed))?;
    }
    if matches!(outcome, Outcome::Committed | Outcome::RolledBack) {
        // a value that a key of the file holds needs no other memory
        let list = |grace: &Grace| {
            let change = request.secrets.iter().find(|change| change.name.as_str() == grace.secret);
            change.and_then(|change| change.policy.previous.as_ref()).is_some_and(|p| p.list)
        };
        let remember = told.grace.iter().any(|grace| grace.key.is_none() || list(grace));
        clear(world, &request, &folder, remember).map_err(|e| left(e, &request, committed))?;
    }
    Ok(Ended { request, outcome, why, step, grace: told.grace, proofs: told.proofs })
}

/// The folder of an ended rotation goes, unless it says what a replaced value was that still counts; and so do those of
/// earlier ones whose last value has ended.
fn clear(world: &World<'_>, request: &Request, folder: &std::path::Path, keep: bool) -> Result<()> {
    let project = world.project;
    if !request.ends.is_empty() {
        let log = audit::read(&project.audit())?.entries;
        let history = History::of(&log, &request.file);
        let open: Vec<&str> = history.graces().map(|grace| grace.rotation.as_str()).collect();
        for end in request.ends.iter().filter(|end| !open.contains(&end.rotation.as_str())) {
            if !end.rotation.is_empty() {
                disk::discard_folder(&project.grace().join(&end.rotation))?;
            }
        }
    }
    if keep {
        disk::remove(&folder.join("deploying"))?;
        return disk::move_folder(folder, &project.grace().join(&request.rotation), project.attributes.owner);
    }
    disk::discard_folder(folder)
}

/// The service of a secret, as messages call it.
fn service_name(world: &World<'_>, change: &request::Change) -> String {
    let target = change.policy.target.as_ref().map(|config| service::open(world, config, &[]));
    target.and_then(Result::ok).map_or_else(|| "the service".to_owned(), |target| target.name())
}

/// What the journal says of logins.
fn proofs(request: &Request, steps: &Steps<'_, Context<'_>>, events: &[saga::Event]) -> Vec<Proof> {
    let mut proofs = Vec::new();
    let verbs = [("apply", Proven::Login), ("revoke", Proven::Revocation)];
    let new = request.secrets.iter().map(|change| change.name.as_str());
    let new = new.flat_map(|name| verbs.map(|(verb, of)| (format!("{verb}:{name}"), name, of)));
    let ends = request.ends.iter().map(|end| (revoke::name(end), end.secret.as_str(), Proven::Revocation));
    for (step, secret, of) in new.chain(ends) {
        let place = steps.place(&step);
        let note = events.iter().rev().find_map(|event| match event {
            saga::Event::Succeeded(i, note) if *i == place => Some(note),
            _ => None,
        });
        let unprovable = match note {
            Some(Note::Proven) => None,
            Some(Note::Unproven(why)) => Some(why.clone()),
            _ => continue,
        };
        let proof = Proof { secret: secret.to_owned(), of, unprovable };
        // a value of now and one of before may have been taken away together
        if !proofs.contains(&proof) {
            proofs.push(proof);
        }
    }
    proofs
}

/// What the audit log gets of a rotation.
struct Told {
    act: Act,
    failure: Option<String>,
    grace: Vec<Grace>,
    ended: Vec<Grace>,
    proofs: Vec<Proof>,
}

impl Told {
    fn started() -> Self {
        Told { act: Act::Started, failure: None, grace: Vec::new(), ended: Vec::new(), proofs: Vec::new() }
    }
}

/// A crash can fall between the log and what follows it; the event is then found and not written again.
fn note(world: &World<'_>, request: &Request, told: &Told, watch: &impl Watch) -> Result<()> {
    let path = world.project.audit();
    let known = audit::read(&path)?.entries;
    let mine = |e: &&audit::Entry| e.event.rotation.as_deref() == Some(&request.rotation);
    if known.iter().rev().find(mine).is_some_and(|e| e.event.act == told.act)
        || told.act == Act::Started && known.iter().any(|e| mine(&e))
    {
        return Ok(());
    }
    let event = Event {
        act: told.act.clone(),
        file: world.project.label(),
        mirrors: request.sealed_files().split_off(1),
        secrets: request.names().into_iter().map(str::to_owned).collect(),
        rotation: Some(request.rotation.clone()),
        reason: request.reason.clone(),
        failure: told.failure.clone(),
        grace: told.grace.clone(),
        ended: told.ended.clone(),
        proofs: told.proofs.clone(),
        who: world.who.clone(),
    };
    audit::record(&path, world.project.attributes.owner, &event, &watch.now())
}
