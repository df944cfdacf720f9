//! After the commit: looks at the services for as long as `[probe.after]` says, and tells who falls ill.
//!
//! The rotation is over by then; nothing is taken back by itself, and a process that is killed here leaves nothing
//! unfinished. Other commands may go on meanwhile.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::context::World;
use super::request::Request;
use crate::audit::{self, Act, Event};
use crate::config::{After, ProbeConfig};
use crate::deploy;
use crate::error::Result;

/// A service that was ill for a while, or is.
#[derive(Debug)]
pub struct Degraded {
    /// The probe.
    pub probe: String,
    /// Why it failed the last time that it did.
    pub why: String,
    /// How many looks failed.
    pub failed: usize,
    /// Of how many.
    pub looks: usize,
    /// Whether the last look passed.
    pub well_again: bool,
}

impl std::fmt::Display for Degraded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Degraded { probe, why, failed, looks, .. } = self;
        write!(
            f,
            "probe {probe} failed {failed} of {looks} times since the commit, the last time with: {why}"
        )?;
        f.write_str(if self.well_again { "; it passes again" } else { "" })
    }
}

/// Writes it into the audit log.
pub fn note_degraded(world: &World<'_>, request: &Request, degraded: &Degraded, at: &str) -> Result<()> {
    let event = Event {
        secrets: request.names().into_iter().map(str::to_owned).collect(),
        rotation: Some(request.rotation.clone()),
        failure: Some(degraded.to_string()),
        ..Event::of(Act::Degraded, request.file.clone(), world.who.clone())
    };
    audit::record(&world.project.audit(), world.project.attributes.owner, &event, at)
}

/// No look gets less time, however often there is one.
const LEAST: Duration = Duration::from_secs(1);

/// Pauses between looks are cut into these, so that Ctrl-C ends them.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the longest window of the policy is; `None`: there is none.
pub fn window(world: &World<'_>) -> Option<Duration> {
    world.config.probes.iter().filter_map(|probe| probe.after).map(|after| after.lasts).max()
}

/// Looks until every window is over, or until the user wants no more. `saw` is told at once who falls ill or is well again.
pub fn watch(world: &World<'_>, saw: &mut dyn FnMut(&str)) -> Vec<Degraded> {
    let started = Instant::now();
    let watched = world.config.probes.iter().filter_map(|probe| Some(Watched::new(probe, probe.after?)));
    let mut watched: Vec<Watched<'_>> = watched.collect();
    while watched.iter().any(|w| w.next <= w.after.lasts) {
        if world.stop.load(Ordering::Relaxed) {
            break;
        }
        for watched in &mut watched {
            if watched.next <= watched.after.lasts && started.elapsed() >= watched.next {
                watched.look(world, saw);
                // a slow look makes the next one later, and no heap of looks
                watched.next = (watched.next + watched.after.every).max(started.elapsed());
            }
        }
        std::thread::sleep(PAUSE);
    }
    watched.into_iter().filter_map(Watched::told).collect()
}

struct Watched<'a> {
    probe: &'a ProbeConfig,
    after: After,
    /// When the next look is due, from the beginning.
    next: Duration,
    looks: usize,
    failed: usize,
    why: String,
    ill: bool,
}

impl<'a> Watched<'a> {
    fn new(probe: &'a ProbeConfig, after: After) -> Self {
        Watched { probe, after, next: after.every, looks: 0, failed: 0, why: String::new(), ill: false }
    }

    fn look(&mut self, world: &World<'_>, saw: &mut dyn FnMut(&str)) {
        let project = world.config.deploy.project.as_deref();
        let limit = self.probe.within.min(self.after.every).max(LEAST);
        let name = deploy::name(&self.probe.check);
        self.looks += 1;
        match deploy::check(&self.probe.check, &world.site, project, limit) {
            Ok(()) if self.ill => saw(&format!("probe {name} passes again")),
            Ok(()) => {}
            Err(error) => {
                self.failed += 1;
                self.why = error.to_string();
                if !self.ill {
                    saw(&format!("probe {name} fails since the commit: {error}"));
                }
                self.ill = true;
                return;
            }
        }
        self.ill = false;
    }

    fn told(self) -> Option<Degraded> {
        (self.failed > 0).then(|| Degraded {
            probe: deploy::name(&self.probe.check),
            why: self.why,
            failed: self.failed,
            looks: self.looks,
            well_again: !self.ill,
        })
    }
}
