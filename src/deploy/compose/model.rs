//! What a compose project is made of, as `docker compose config --no-interpolate --format json` tells it: names of
//! variables in place of their values, `extends`, several files and `include` merged.
//!
//! It says which services use a key, and which of their variables must then hold exactly the file's value. Of the text
//! that it is made from it keeps names only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::dialect::{variable_alone, variables, variables_below};

/// A project.
pub(in super::super) struct Model {
    /// Its name.
    pub(in super::super) name: String,
    /// The services that `up` starts, by name.
    pub(in super::super) services: BTreeMap<String, Service>,
}

/// One service.
#[derive(Default)]
pub(in super::super) struct Service {
    /// Whether it reads an env file with all values.
    all: bool,
    /// Whether it reads an env file of which a variable says where it is, so that it may be one with all values.
    somewhere: bool,
    /// Whether it has a secret or config that compose makes of a variable.
    made: bool,
    /// The names of variables anywhere in its definition, and in what it mounts.
    names: BTreeSet<String>,
    /// Its own variables that hold nothing but the value of a key: the variable, and the key.
    exact: BTreeMap<String, String>,
    /// Its own variables that hold something else.
    other: BTreeSet<String>,
    /// Files and folders of this machine that it mounts.
    mounts: Vec<PathBuf>,
    /// Services with which it is started anew: it lives in their network, or says so.
    follows: Vec<String>,
    /// It is started where one of them is in force; always where there are none.
    profiles: Vec<String>,
    /// Env files that must be there and are not among ours.
    pub(super) foreign: Vec<PathBuf>,
}

impl Model {
    /// Reads the answer. `ours` says of a path whether it is an env file with all values, `read` gives another's text.
    pub(super) fn read(
        answer: &Value,
        ours: &dyn Fn(&Path) -> bool,
        read: &dyn Fn(&Path) -> Option<String>,
    ) -> Option<Model> {
        let name = answer.get("name").and_then(Value::as_str)?.to_owned();
        let services = answer.get("services")?.as_object()?;
        let services = services
            .iter()
            .map(|(name, definition)| (name.clone(), Service::read(definition, answer, ours, read)));
        Some(Model { name, services: services.collect() })
    }

    /// Leaves only the services that `up` starts with these profiles.
    pub(super) fn retain(&mut self, active: &[String]) {
        let in_force = |profile: &String| active.contains(profile) || active.iter().any(|name| name == "*");
        self.services
            .retain(|_, service| service.profiles.is_empty() || service.profiles.iter().any(in_force));
    }

    /// Lets a service use what the variables that it names are made of in a `.env`, as in `URL=pg://app:${PW}@db`.
    pub(super) fn interpolated(&mut self, dot_env: &str) {
        let made: Vec<(&str, BTreeSet<String>)> = dot_env.lines().filter_map(made_of).collect();
        for service in self.services.values_mut() {
            // a line can name only those above it
            for (name, of) in made.iter().rev() {
                if service.names.contains(*name) {
                    service.names.extend(of.iter().cloned());
                }
            }
        }
    }

    /// Gives what is mounted its real path.
    pub(super) fn mounts(&mut self, real: impl Fn(&Path) -> PathBuf) {
        for path in self.services.values_mut().flat_map(|service| &mut service.mounts) {
            *path = real(path);
        }
    }

    /// The services with a secret or config that is made of a variable, and those that must follow them: compose does not
    /// see that the variable has another value.
    pub(super) fn unseen(&self) -> Vec<&str> {
        self.with(&|service| service.made)
    }

    /// The services that use one of the keys, and those that must follow them.
    pub(in super::super) fn consumers(&self, keys: &[String]) -> Vec<&str> {
        self.users(keys, &[])
    }

    /// The same with those that mount one of the files: a container goes on to see the file that it was made with.
    pub(in super::super) fn users(&self, keys: &[String], files: &[PathBuf]) -> Vec<&str> {
        let uses = |service: &Service| {
            service.all
                || service.somewhere
                || keys.iter().any(|key| service.names.contains(key))
                || files.iter().any(|file| service.mounts.contains(file))
        };
        self.with(&uses)
    }

    fn with(&self, uses: &dyn Fn(&Service) -> bool) -> Vec<&str> {
        let used = self.services.iter().filter(|(_, service)| uses(service));
        let mut found: BTreeSet<&str> = used.map(|(name, _)| name.as_str()).collect();
        loop {
            let follows = |service: &Service| service.follows.iter().any(|f| found.contains(f.as_str()));
            let more = self
                .services
                .iter()
                .filter(|(name, service)| !found.contains(name.as_str()) && follows(service));
            let more: Vec<&str> = more.map(|(name, _)| name.as_str()).collect();
            if more.is_empty() {
                return found.into_iter().collect();
            }
            found.extend(more);
        }
    }
}

impl Service {
    fn read(
        definition: &Value,
        whole: &Value,
        ours: &dyn Fn(&Path) -> bool,
        read: &dyn Fn(&Path) -> Option<String>,
    ) -> Service {
        let mut service = Service::default();
        variables_below(definition, &mut service.names);
        service.environment(definition.get("environment"));
        for (path, required) in env_files(definition.get("env_file")) {
            service.all = ours(&path) || service.all;
            if ours(&path) {
                continue;
            }
            if path.to_string_lossy().contains('$') {
                service.somewhere = true;
                continue;
            }
            match read(&path) {
                Some(text) => service.env_file(&text),
                None if required => service.foreign.push(path),
                None => {}
            }
        }
        for kind in ["secrets", "configs", "networks", "volumes"] {
            for used in used(definition.get(kind)) {
                if kind == "volumes" {
                    service.mounts.push(PathBuf::from(&used));
                }
                let Some(used) = whole.get(kind).and_then(|all| all.get(&used)) else { continue };
                variables_below(used, &mut service.names);
                let variable = used.get("environment").and_then(Value::as_str);
                service.mounts.extend(used.get("file").and_then(Value::as_str).map(PathBuf::from));
                service.names.extend(variable.map(str::to_owned));
                service.made |= variable.is_some() || used.get("content").is_some();
            }
        }
        let profiles = definition.get("profiles").and_then(Value::as_array);
        let profiles = profiles.into_iter().flatten().filter_map(Value::as_str);
        service.profiles.extend(profiles.map(str::to_owned));
        let needs = definition.get("depends_on").and_then(Value::as_object);
        let with = |need: &Value| need.get("restart").and_then(Value::as_bool) == Some(true);
        let needs = needs.into_iter().flatten().filter(|(_, need)| with(need));
        service.follows.extend(needs.map(|(name, _)| name.clone()));
        for kind in ["network_mode", "ipc", "pid"] {
            let mode = definition.get(kind).and_then(Value::as_str);
            service.follows.extend(mode.and_then(|mode| mode.strip_prefix("service:")).map(str::to_owned));
        }
        service
    }

    /// The variables: a list of `NAME` and `NAME=VALUE`, or a map.
    fn environment(&mut self, environment: Option<&Value>) {
        match environment {
            Some(Value::Array(all)) => {
                for entry in all.iter().filter_map(Value::as_str) {
                    match entry.split_once('=') {
                        Some((name, value)) => self.variable(name, Some(value)),
                        None => self.variable(entry, None),
                    }
                }
            }
            Some(Value::Object(all)) => {
                for (name, value) in all {
                    match value {
                        Value::Null => self.variable(name, None),
                        value => self.variable(name, Some(value.as_str().unwrap_or_default())),
                    }
                }
            }
            _ => {}
        }
    }

    fn variable(&mut self, name: &str, value: Option<&str>) {
        match value {
            None => {
                self.names.insert(name.to_owned());
                self.exact.insert(name.to_owned(), name.to_owned());
            }
            Some(value) => match variable_alone(value) {
                Some(key) => {
                    self.exact.insert(name.to_owned(), key.to_owned());
                }
                None => {
                    self.other.insert(name.to_owned());
                }
            },
        }
    }

    /// An env file that somebody keeps in plain. It may name keys too; what it sets may hide what ours has.
    fn env_file(&mut self, text: &str) {
        for line in text.lines().map(str::trim) {
            self.names.extend(variables(line).into_iter().map(str::to_owned));
            let name = line.split('=').next().unwrap_or_default();
            let name = name.strip_prefix("export ").unwrap_or(name).trim();
            if !line.contains('=') {
                self.names.insert(name.to_owned());
            }
            if !self.exact.contains_key(name) {
                self.other.insert(name.to_owned());
            }
        }
    }

    /// The variables that must hold exactly the value of a key, of these: the variable, and the key.
    pub(in super::super) fn exact<'a>(&'a self, keys: &'a [&'a str]) -> Vec<(&'a str, &'a str)> {
        let own = self.exact.iter().map(|(name, key)| (name.as_str(), key.as_str()));
        let own = own.filter(|(_, key)| keys.contains(key));
        let free = |key: &&str| !self.exact.contains_key(*key) && !self.other.contains(*key);
        let filed = keys.iter().copied().filter(free).filter(|_| self.all).map(|key| (key, key));
        own.chain(filed).collect()
    }
}

/// The variable of a line `NAME=…`, and those that its value names.
fn made_of(line: &str) -> Option<(&str, BTreeSet<String>)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let names = variables(value).into_iter().map(str::to_owned).collect();
    Some((name.strip_prefix("export ").unwrap_or(name).trim(), names))
}

/// A path, a list of paths, or of `{path, required}`.
fn env_files(value: Option<&Value>) -> Vec<(PathBuf, bool)> {
    let entries = match value {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let entry = |entry: &Value| match entry {
        Value::String(path) => Some((PathBuf::from(path), true)),
        Value::Object(map) => {
            let required = map.get("required").and_then(Value::as_bool).unwrap_or(true);
            map.get("path").and_then(Value::as_str).map(|path| (PathBuf::from(path), required))
        }
        _ => None,
    };
    entries.into_iter().filter_map(entry).collect()
}

/// The names of the top-level things that a service uses.
fn used(value: Option<&Value>) -> Vec<String> {
    let source = |map: &Map<String, Value>| map.get("source").and_then(Value::as_str).map(str::to_owned);
    match value {
        Some(Value::Array(all)) => {
            let name = |entry: &Value| match entry {
                // a volume in short form ends its source with a colon
                Value::String(text) => text.split(':').next().map(str::to_owned),
                Value::Object(map) => source(map),
                _ => None,
            };
            all.iter().filter_map(name).collect()
        }
        Some(Value::Object(all)) => all.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
