//! Waits until services run as they were asked to: the engine does not say that an update has come to nothing, it has
//! to be asked.
//!
//! A service is there if the engine has no update under way, as many tasks run as shall, each with the service's secrets,
//! and no other task runs on. The engine takes an update up a moment after it was given, so a service must be found there
//! several times. Its own word is not enough: it forgets that an update is under way when the same is asked for again, and
//! counts a task that it is stopping as running.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use serde::Deserialize;

use super::engine::{ANSWER, Engine};
use super::services::{self, Service, Used};
use crate::error::{Error, Result};
use crate::process::Deadline;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(300);

/// How many looks in a row must find all well.
const TIMES: u32 = 3;

/// What is asked of a task: nothing that holds a value.
const ASKED: &str = concat!(
    "{\"service\":{{json .ServiceID}},\"node\":{{json .NodeID}},",
    "\"shall\":{{json .DesiredState}},\"state\":{{json .Status.State}},",
    "\"secrets\":{{with .Spec.ContainerSpec}}{{json .Secrets}}{{else}}null{{end}}}"
);

#[derive(Deserialize)]
struct Task {
    service: String,
    node: Option<String>,
    shall: String,
    state: String,
    secrets: Option<Vec<Used>>,
}

/// Waits for the services of the stack, all of which were updated, or for some, of which some were.
pub(super) fn wait(
    engine: &Engine<'_>,
    some: Option<(&[String], &[String])>,
    deadline: &Deadline,
) -> Result<()> {
    let mut well = 0;
    let mut waits_for = String::new();
    while well < TIMES {
        if deadline.left().is_zero() {
            let limit = engine.config.timeout;
            return Err(Error::failed(format!("{waits_for} after {limit:?}"))
                .hint(format!("see `docker stack ps --no-trunc {}`", engine.stack)));
        }
        sleep(PAUSE.min(deadline.left()));
        // a question has a time of its own, so that the end of all time is told in words of the service
        let deadline = &Deadline::new(ANSWER);
        let services = match some {
            None => services::of_stack(engine, deadline)?,
            Some((ids, _)) => {
                let mut all = services::all(engine, deadline)?;
                all.retain(|service| ids.contains(&service.id));
                all
            }
        };
        let updated = |s: &Service| some.is_none_or(|(_, updated)| updated.contains(&s.id));
        for service in &services {
            taken_back(service, updated(service))?;
        }
        match lacking(engine, &services, deadline)? {
            None => well += 1,
            Some(lack) => (well, waits_for) = (0, lack),
        }
    }
    Ok(())
}

/// An update that the engine gave up is a failure, if it was ours.
fn taken_back(service: &Service, ours: bool) -> Result<()> {
    let what = match service.update() {
        "rollback_started" | "rollback_completed" if ours => "took its update back, because a task failed",
        "paused" => "paused its update, because a task failed",
        "rollback_paused" => "could not take its update back",
        _ => return Ok(()),
    };
    Err(Error::failed(format!("the engine {what}: service {:?}", service.name))
        .hint(format!("see why with `docker service ps --no-trunc {}`", service.name)))
}

/// Before something is asked for: waits for the end of an update that is under way already, however it ends. The engine
/// would forget that it is, if what is asked for is the same. It is asked for anyway once half of the time is over.
pub(super) fn settle(engine: &Engine<'_>) -> Result<()> {
    let deadline = Deadline::new(engine.config.timeout / 2);
    while services::of_stack(engine, &Deadline::new(ANSWER))?.iter().any(under_way) {
        if deadline.left().is_zero() {
            break;
        }
        sleep(PAUSE);
    }
    Ok(())
}

fn under_way(service: &Service) -> bool {
    matches!(service.update(), "updating" | "rollback_started")
}

/// The first service that is not there yet, in words.
fn lacking(engine: &Engine<'_>, services: &[Service], deadline: &Deadline) -> Result<Option<String>> {
    if services.is_empty() {
        return Ok(None);
    }
    let counts = counts(engine, deadline)?;
    let tasks = tasks(engine, services, deadline)?;
    for service in services {
        let name = &service.name;
        if under_way(service) {
            return Ok(Some(format!("service {name:?} was still being updated")));
        }
        let count = counts.iter().find(|(id, _)| service.id.starts_with(*id)).map_or("", |(_, count)| count);
        let job = count.contains("completed");
        let mine = || tasks.iter().filter(|task| task.service == service.id);
        let runs = |task: &&Task| task.shall == "running" && task.state == "running";
        let shall = count.split('/').nth(1).and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        if !complete(count) || !job && Some(mine().filter(runs).count()) != shall {
            return Ok(Some(format!("service {name:?} had {count} of its tasks running")));
        }
        if !job && mine().filter(runs).any(|task| task.secrets != service.secrets) {
            return Ok(Some(format!("service {name:?} still had a task on other secrets")));
        }
        let old = |task: &&Task| task.shall != "running" && task.is_there();
        if !job && mine().any(|task| old(&task) && !gone_with_its_node(engine, task, deadline)) {
            return Ok(Some(format!("service {name:?} still had a task that was to end")));
        }
    }
    Ok(None)
}

impl Task {
    /// Whether it may have a container.
    fn is_there(&self) -> bool {
        !matches!(&*self.state, "complete" | "shutdown" | "failed" | "rejected" | "remove" | "orphaned")
    }
}

/// Whether nothing can be known of a task, since its node does not answer.
fn gone_with_its_node(engine: &Engine<'_>, task: &Task, deadline: &Deadline) -> bool {
    let Some(node) = task.node.as_deref().filter(|node| !node.is_empty()) else { return false };
    let state = engine.ask(&["node", "inspect", "--format", "{{.Status.State}}", node], deadline);
    state.is_ok_and(|state| state.trim() != "ready")
}

/// How many tasks of each service run, by the beginning of its id.
fn counts(engine: &Engine<'_>, deadline: &Deadline) -> Result<BTreeMap<String, String>> {
    let listed = engine
        .ask(&["service", "ls", "--format", "{{.ID}}\t{{.Replicas}}"], deadline)
        .map_err(|e| e.context("cannot ask docker for its services"))?;
    let lines = listed.lines().filter_map(|line| line.split_once('\t'));
    Ok(lines.map(|(id, count)| (id.to_owned(), count.to_owned())).collect())
}

/// `2/2`, or of a job `0/1 (1/1 completed)`.
fn complete(count: &str) -> bool {
    let same = |text: &str| {
        let count = text.split_whitespace().next().and_then(|word| word.split_once('/'));
        count.is_some_and(|(is, shall)| is == shall)
    };
    match count.split_once('(') {
        Some((_, rest)) if rest.contains("completed") => same(rest),
        _ => same(count),
    }
}

/// The tasks that the engine knows of, past ones too.
fn tasks(engine: &Engine<'_>, services: &[Service], deadline: &Deadline) -> Result<Vec<Task>> {
    let mut list = vec!["service", "ps", "--quiet", "--no-trunc"];
    list.extend(services.iter().map(|service| service.id.as_str()));
    engine
        .each(&list, &["inspect", "--type", "task", "--format", ASKED], deadline)
        .map_err(|e| e.context("cannot ask docker for its tasks"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_complete_if_as_many_run_as_shall() {
        for (count, is) in [
            ("2/2", true),
            ("0/0", true),
            ("1/2", false),
            ("3/2", false),
            ("2/2 (max 1 per node)", true),
            ("0/1 (1/1 completed)", true),
            ("1/1 (0/1 completed)", false),
            ("", false),
        ] {
            assert_eq!(complete(count), is, "{count}");
        }
    }
}
