//! Services as the engine has them, and the exchange of their secrets one by one.
//!
//! A service is concerned if it has a docker secret that was made here for this stack, or, as long as none was, if it
//! belongs to the stack and has a secret that is called like a key: `KEY`, `<stack>_KEY`, or either in lower case.
//! Target, owner and mode of the file in the container stay.

use serde::Deserialize;

use super::super::Release;
use super::engine::Engine;
use super::secrets::{self, Made};
use super::{converge, value};
use crate::error::Result;
use crate::process::Deadline;

/// What is asked of a service: nothing that holds a value.
const ASKED: &str = concat!(
    "{\"id\":{{json .ID}},\"name\":{{json .Spec.Name}},",
    "\"stack\":{{json (index .Spec.Labels \"com.docker.stack.namespace\")}},",
    "\"update\":{{with .UpdateStatus}}{{json .}}{{else}}null{{end}},",
    "\"secrets\":{{with .Spec.TaskTemplate.ContainerSpec}}{{json .Secrets}}{{else}}null{{end}}}"
);

#[derive(Deserialize)]
pub(super) struct Service {
    pub(super) id: String,
    pub(super) name: String,
    stack: Option<String>,
    update: Option<Update>,
    pub(super) secrets: Option<Vec<Used>>,
}

#[derive(Deserialize)]
struct Update {
    #[serde(rename = "State", default)]
    state: String,
}

/// A secret as a service has it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Used {
    #[serde(rename = "SecretName")]
    name: String,
    #[serde(rename = "File")]
    file: Option<Place>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
struct Place {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "UID")]
    uid: String,
    #[serde(rename = "GID")]
    gid: String,
    #[serde(rename = "Mode")]
    mode: u32,
}

impl Service {
    pub(super) fn uses(&self, secret: &str) -> bool {
        self.secrets.iter().flatten().any(|used| used.name == secret)
    }

    /// How the engine's last update of it went; empty where there was none.
    pub(super) fn update(&self) -> &str {
        self.update.as_ref().map_or("", |update| &update.state)
    }

    /// The key that a secret of the service holds a value of.
    fn key<'k>(&self, used: &Used, stack: &str, made: &'k [Made], keys: &[&'k str]) -> Option<&'k str> {
        if let Some(made) = made.iter().find(|made| made.name == used.name) {
            return Some(&made.key);
        }
        if self.stack.as_deref() != Some(stack) {
            return None;
        }
        let called = |key: &str| {
            [key.to_owned(), format!("{stack}_{key}")]
                .iter()
                .any(|name| used.name == *name || used.name == name.to_ascii_lowercase())
        };
        keys.iter().copied().find(|key| called(key))
    }
}

/// All services of the swarm.
pub(super) fn all(engine: &Engine<'_>, deadline: &Deadline) -> Result<Vec<Service>> {
    listed(engine, &["service", "ls", "--quiet"], deadline)
}

/// Those of the stack.
pub(super) fn of_stack(engine: &Engine<'_>, deadline: &Deadline) -> Result<Vec<Service>> {
    let stack = format!("label=com.docker.stack.namespace={}", engine.stack);
    listed(engine, &["service", "ls", "--quiet", "--filter", &stack], deadline)
}

fn listed(engine: &Engine<'_>, list: &[&str], deadline: &Deadline) -> Result<Vec<Service>> {
    engine
        .each(list, &["service", "inspect", "--format", ASKED], deadline)
        .map_err(|e| e.context("cannot ask docker for its services"))
}

/// Gives every service that has a secret of a changed key the present version of it, and waits until it runs on that.
pub(super) fn exchange(engine: &Engine<'_>, release: &Release<'_>, deadline: &Deadline) -> Result<()> {
    let made = secrets::made(engine, deadline)?;
    let keys = keys(release);
    let mut concerned = Vec::new();
    let mut updated = Vec::new();
    for service in all(engine, deadline)? {
        let mut changes: Vec<String> = Vec::new();
        let mut removed: Vec<&str> = Vec::new();
        let mut here = false;
        for used in service.secrets.iter().flatten() {
            let key = service.key(used, engine.stack, &made, &keys).filter(|key| keys.contains(key));
            let Some(key) = key else { continue };
            here = true;
            let name = secrets::present(engine.stack, key, release.versions)?;
            if name == used.name {
                continue;
            }
            secrets::ensure(engine, &made, (&name, key), value(release.values, key)?, deadline)?;
            if !removed.contains(&used.name.as_str()) {
                removed.push(&used.name);
                changes.extend(["--secret-rm".to_owned(), used.name.clone()]);
            }
            changes.extend(["--secret-add".to_owned(), added(&name, used)]);
        }
        // one that stands still in the middle is given a push
        let stuck = here && service.update().ends_with("paused");
        if !changes.is_empty() || stuck {
            let mut args = vec!["service", "update", "--quiet", "--detach=true"];
            args.extend(["--update-failure-action", "rollback"]);
            if changes.is_empty() {
                args.push("--force");
            }
            args.extend(changes.iter().map(String::as_str));
            args.push(&service.id);
            engine.run(&args, deadline).map_err(|e| e.context(format!("service {:?}", service.name)))?;
            updated.push(service.id.clone());
        }
        if here {
            concerned.push(service.id);
        }
    }
    if concerned.is_empty() {
        return Ok(());
    }
    converge::wait(engine, Some((&concerned, &updated)), deadline)
}

/// The keys that may have changed, as text; one that is none names no docker secret.
fn keys<'a>(release: &Release<'a>) -> Vec<&'a str> {
    match release.changed {
        Some(changed) => {
            let there = |key: &&str| release.versions.contains_key(key.as_bytes());
            changed.iter().map(String::as_str).filter(there).collect()
        }
        None => release.versions.keys().filter_map(|key| std::str::from_utf8(key).ok()).collect(),
    }
}

/// The same place in the container for another secret.
fn added(name: &str, used: &Used) -> String {
    match &used.file {
        Some(Place { name: target, uid, gid, mode }) => {
            format!("source={name},target={target},uid={uid},gid={gid},mode={mode:04o}")
        }
        None => format!("source={name}"),
    }
}

/// Keys whose change reaches no service, and secrets that are not ours to remove.
pub(super) fn remarks(engine: &Engine<'_>, release: &Release<'_>) -> Result<Vec<String>> {
    let deadline = Deadline::new(engine.config.timeout);
    let made = secrets::made(engine, &deadline)?;
    let services = all(engine, &deadline)?;
    let mut remarks = Vec::new();
    for key in keys(release) {
        let one = [key];
        let mut users = services.iter().flat_map(|s| s.secrets.iter().flatten().map(move |used| (s, used)));
        let Some((service, used)) =
            users.find(|(service, used)| service.key(used, engine.stack, &made, &one) == Some(key))
        else {
            remarks
                .push(format!("no service has a docker secret of \"{key}\": what runs keeps its old value"));
            continue;
        };
        if !made.iter().any(|made| made.name == used.name) {
            remarks.push(format!(
                "docker secret {:?}, which {:?} has of \"{key}\", was not made here and stays; remove it with `docker secret rm {}`",
                used.name, service.name, used.name
            ));
        }
    }
    Ok(remarks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(stack: &str) -> Service {
        let line = format!(
            "{{\"id\":\"1\",\"name\":\"s\",\"stack\":\"{stack}\",\"update\":null,\"secrets\":[{{\"File\":{{\"Name\":\"jwt\",\"UID\":\"1000\",\"GID\":\"0\",\"Mode\":256}},\"SecretID\":\"x\",\"SecretName\":\"shop_jwt\"}}]}}"
        );
        serde_json::from_str(&line).unwrap()
    }

    fn key_of(service: &Service, made: &[Made]) -> Option<String> {
        let used = &service.secrets.as_ref().unwrap()[0];
        service.key(used, "shop", made, &["JWT", "OTHER"]).map(str::to_owned)
    }

    #[test]
    fn a_secret_that_was_made_here_is_known_in_every_service() {
        let made = [Made { name: "shop_jwt".to_owned(), key: "OTHER".to_owned() }];
        assert_eq!(key_of(&service("elsewhere"), &made).as_deref(), Some("OTHER"));
    }

    #[test]
    fn one_that_is_called_like_a_key_is_known_in_the_stack_only() {
        assert_eq!(key_of(&service("shop"), &[]).as_deref(), Some("JWT"));
        assert_eq!(key_of(&service("elsewhere"), &[]), None);
    }

    #[test]
    fn the_file_in_the_container_stays_as_it_is() {
        let service = service("shop");
        let used = &service.secrets.as_ref().unwrap()[0];
        assert_eq!(added("new", used), "source=new,target=jwt,uid=1000,gid=0,mode=0400");
    }
}
