//! The one saga: a rotation, told as the list of its steps.
//!
//! [`plan()`] looks and changes nothing; what it gives can be run. [`run`] and [`resume`] are the same road, one from an
//! empty journal, the other from the journal that a crash left. Values never travel between steps: each step opens the
//! ciphertext it needs and drops it, so that the first run and the run after a crash do the same with the same inputs.

mod backup;
mod baseline;
mod context;
mod plan;
mod probe;
mod redeploy;
mod request;
mod retire;
mod stage;
mod swap;
mod unfinished;

pub use context::World;
pub use plan::{Ask, Plan, plan};
pub use request::Request;
pub use unfinished::{none_unfinished, peek, unfinished};

use crate::audit::{self, Act, Event, Grace};
use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::saga::{self, Journal, Log, Next, Outcome, Steps, Watch};
use context::Context;
use unfinished::left;

/// The story. Left: what is done. Right: how it is taken back.
fn steps<'a>() -> Steps<'a, Context<'a>> {
    Steps {
        list: vec![
            Box::new(backup::Backup),     // copy the live ciphertext to previous.enc    keep it
            Box::new(stage::Stage),       // make new values, seal them to pending.enc   delete it
            Box::new(baseline::Baseline), // note which services are well                bring them up on what is live
            Box::new(swap::Swap), // replace live with pending                   replace live with previous
            Box::new(redeploy::Redeploy), // start what the policy names                 nothing: Baseline's undo does it,
            Box::new(probe::Probe), // wait until the services are well            nothing     after Swap's
            // ── commit: from here only forward ──
            Box::new(retire::Retire), //     let old backups go                          tried again by `resume`
        ],
        commit_at: 6,
    }
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
    /// Replaced values that are still to be accepted.
    pub grace: Vec<Grace>,
}

/// Runs a plan to its end. The project's lock must be held.
pub fn run(world: &World<'_>, plan: Plan, watch: &mut impl Watch) -> Result<Ended> {
    let request = plan.into_request();
    disk::sweep(&world.project.rotations());
    let folder = world.project.rotations().join(&request.rotation);
    let steps = steps();
    let owner = world.project.attributes.owner;
    let value = serde_json::to_value(&request).map_err(|e| Error::failed(e.to_string()))?;
    let journal = folder.join("journal.jsonl");
    let begun = disk::make_folder(&folder, owner)
        .and_then(|()| Journal::begin(&journal, owner, steps.names(), steps.commit_at, value, watch.now()))
        .and_then(|journal| note(world, &request, Act::Started, None, Vec::new(), watch).map(|()| journal));
    match begun {
        Ok(journal) => carry_on(world, request, journal, watch),
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
    let Some(rotation) = unfinished(world.project)? else { return Ok(None) };
    let folder = world.project.rotations().join(&rotation);
    let Some(mut journal) = unfinished::journal(world.project, &folder)? else { return Ok(None) };
    let steps = steps();
    if journal.header().steps != steps.names() || journal.header().commit_at != steps.commit_at {
        return Err(Error::new(Kind::Stuck, "the rotation was begun by another version of reseal")
            .note(format!("its steps are {}", journal.header().steps.join(", ")))
            .hint("resume it with that version"));
    }
    let request = unfinished::request(journal.header().request.clone())?;
    let begun = |step: &str| journal.events().contains(&saga::Event::Started(steps.place(step)));
    unfinished::may_go_on(world, &request, &journal, back, begun)?;
    note(world, &request, Act::Started, None, Vec::new(), watch).map_err(|e| left(e, &request, false))?;
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
    carry_on(world, request, journal, watch).map(Some)
}

fn carry_on(
    world: &World<'_>,
    request: Request,
    mut journal: Journal,
    watch: &mut impl Watch,
) -> Result<Ended> {
    let steps = steps();
    let folder = world.project.rotations().join(&request.rotation);
    let redeployed = journal.events().contains(&saga::Event::Started(steps.place("redeploy")));
    let cx = Context::new(world, request, folder, redeployed);
    let outcome = saga::drive(&steps, &cx, &mut journal, watch);
    let committed = journal.progress().committed();
    let outcome = outcome.map_err(|e| left(e, &cx.request, committed))?;
    let step = match outcome {
        Outcome::Open(i) | Outcome::Stuck(i) => steps.list.get(i).map(|s| s.name()),
        Outcome::Committed | Outcome::RolledBack => None,
    };
    let why = journal.progress().why().map(str::to_owned);
    let why =
        why.or_else(|| journal.progress().unwinding().then(|| "it was taken back on request".to_owned()));
    let grace = if outcome == Outcome::Committed { cx.request.grace(watch) } else { Vec::new() };
    let act = match outcome {
        Outcome::Committed => Some(Act::Committed),
        Outcome::RolledBack => Some(Act::RolledBack),
        Outcome::Stuck(_) => Some(Act::Stuck),
        Outcome::Open(_) => None,
    };
    let Context { request, folder, .. } = cx;
    if let Some(act) = act {
        let failure = why.clone().filter(|_| act != Act::Committed);
        note(world, &request, act, failure, grace.clone(), watch)
            .map_err(|e| left(e, &request, committed))?;
    }
    if matches!(outcome, Outcome::Committed | Outcome::RolledBack) {
        disk::discard_folder(&folder).map_err(|e| left(e, &request, committed))?;
    }
    Ok(Ended { request, outcome, why, step, grace })
}

/// A crash can fall between the log and what follows it; the event is then found and not written again.
fn note(
    world: &World<'_>,
    request: &Request,
    act: Act,
    failure: Option<String>,
    grace: Vec<Grace>,
    watch: &impl Watch,
) -> Result<()> {
    let path = world.project.audit();
    let known = audit::read(&path)?.entries;
    let mine = |e: &&audit::Entry| e.event.rotation.as_deref() == Some(&request.rotation);
    if known.iter().rev().find(mine).is_some_and(|e| e.event.act == act)
        || act == Act::Started && known.iter().any(|e| mine(&e))
    {
        return Ok(());
    }
    let event = Event {
        act,
        file: world.project.label(),
        secrets: request.secrets.iter().map(|s| s.name.clone()).collect(),
        rotation: Some(request.rotation.clone()),
        reason: request.reason.clone(),
        failure,
        grace,
        who: world.who.clone(),
    };
    audit::record(&path, world.project.attributes.owner, &event, &watch.now())
}
