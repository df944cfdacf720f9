//! What the compose files of a folder say: who reads which key, and where. They are read without interpolation, and
//! nothing of a literal that may be a value leaves this file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::names::is_plain;
use super::yaml::{collect, list, published, references, scalar, settled};

/// What the files describe together.
#[derive(Default)]
pub(super) struct Stack {
    pub(super) services: BTreeMap<String, Service>,
    /// The project's secrets: their name, and where they come from.
    pub(super) secrets: BTreeMap<String, Origin>,
}

/// Where a secret of the project comes from.
pub(super) enum Origin {
    File(String),
    Variable(String),
}

/// One service.
#[derive(Default)]
pub(super) struct Service {
    /// The image, without registry and tag.
    pub(super) image: String,
    pub(super) env_files: Vec<String>,
    environment: BTreeMap<String, Option<String>>,
    /// The command, as one text.
    pub(super) command: String,
    /// Every variable that is asked for anywhere in it.
    pub(super) asks: BTreeSet<String>,
    /// Ports of this machine's loopback.
    pub(super) ports: Vec<u16>,
    pub(super) has_health: bool,
    /// Names of secrets that it mounts.
    pub(super) secrets: Vec<String>,
    /// Files of the folder that it mounts.
    pub(super) mounts: Vec<String>,
}

/// Where a service takes a variable from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A key of the env file.
    Key(String),
    /// The compose file itself.
    Literal(String),
}

impl Stack {
    /// Takes one more file in; `false` if it cannot be read.
    pub(super) fn add(&mut self, text: &str) -> bool {
        let Ok(Value::Object(file)) = serde_saphyr::from_str::<Value>(text) else { return false };
        for (name, service) in file.get("services").and_then(Value::as_object).into_iter().flatten() {
            if is_plain(name) {
                self.services.entry(name.clone()).or_default().add(service);
            }
        }
        for (name, secret) in file.get("secrets").and_then(Value::as_object).into_iter().flatten() {
            if !is_plain(name) {
                continue;
            }
            let text = |field: &str| secret.get(field).and_then(Value::as_str).map(str::to_owned);
            if let Some(file) = text("file").filter(|path| is_plain(path)) {
                self.secrets.insert(name.clone(), Origin::File(file));
            } else if let Some(key) = text("environment") {
                self.secrets.insert(name.clone(), Origin::Variable(key));
            }
        }
        true
    }

    /// Where the service takes a variable from: its environment, an env file, or a secret by `_FILE`.
    pub(super) fn source(&self, service: &Service, name: &str, keys: &Keys<'_>) -> Option<Source> {
        match service.environment.get(name) {
            Some(Some(text)) => {
                return Some(match references(text).as_slice() {
                    [] => Source::Literal(text.clone()),
                    [key] => Source::Key((*key).to_owned()),
                    _ => return None,
                });
            }
            Some(None) => return Some(Source::Key(name.to_owned())),
            None => {}
        }
        for end in ["_FILE", "__FILE"] {
            let path = service.environment.get(&format!("{name}{end}")).and_then(Option::as_ref);
            let secret = path.and_then(|path| path.strip_prefix("/run/secrets/"));
            if let Some(secret) = secret {
                return self.key_of(secret, keys).map(Source::Key);
            }
        }
        let in_file = service.env_files.iter().any(|file| file == keys.file) && keys.have(name);
        in_file.then(|| Source::Key(name.to_owned()))
    }

    /// The key whose value a secret of the project holds: told by the secret's name.
    pub(super) fn key_of(&self, secret: &str, keys: &Keys<'_>) -> Option<String> {
        let named = secret.replace('-', "_").to_ascii_uppercase();
        match self.secrets.get(secret)? {
            Origin::Variable(key) => keys.have(key).then(|| key.clone()),
            Origin::File(_) => {
                let end = format!("_{named}");
                let mut longer = keys.names.iter().filter(|key| key.ends_with(&end));
                match (keys.have(&named), longer.next(), longer.next()) {
                    (true, ..) => Some(named),
                    (false, Some(key), None) => Some((*key).to_owned()),
                    _ => None,
                }
            }
        }
    }
}

/// The names of the env file.
pub(super) struct Keys<'a> {
    /// The plaintext's path in the folder.
    pub(super) file: &'a str,
    pub(super) names: Vec<&'a str>,
}

impl Keys<'_> {
    pub(super) fn have(&self, name: &str) -> bool {
        self.names.contains(&name)
    }
}

impl Service {
    fn add(&mut self, text: &Value) {
        if let Some(image) = text.get("image").and_then(Value::as_str).and_then(settled) {
            let last = image.rsplit('/').next().unwrap_or_default();
            let bare = last.split(['@', ':']).next().unwrap_or_default();
            let vendor = if image.contains("bitnami") { "bitnami/" } else { "" };
            self.image = format!("{vendor}{bare}");
        }
        for file in list(text.get("env_file")) {
            let path = file.as_str().or_else(|| file.get("path").and_then(Value::as_str));
            self.env_files.extend(path.map(|p| p.trim_start_matches("./").to_owned()));
        }
        match text.get("environment") {
            Some(Value::Object(map)) => {
                self.environment.extend(map.iter().map(|(name, value)| (name.clone(), scalar(value))));
            }
            other => self.environment.extend(list(other).iter().filter_map(Value::as_str).map(|line| {
                line.split_once('=')
                    .map_or((line.to_owned(), None), |(n, v)| (n.to_owned(), Some(v.to_owned())))
            })),
        }
        let named = |(name, value): (&String, &Option<String>)| value.is_none().then(|| name.clone());
        self.asks.extend(self.environment.iter().filter_map(named));
        collect(text, &mut self.asks);
        let words = list(text.get("command"));
        if !words.is_empty() {
            self.command = words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
        }
        self.ports.extend(list(text.get("ports")).iter().filter_map(published));
        if let Some(health) = text.get("healthcheck") {
            let off = health.get("disable").and_then(Value::as_bool).unwrap_or(false);
            let test = list(health.get("test"));
            self.has_health = !off && !test.is_empty() && test[0].as_str() != Some("NONE");
        }
        for secret in list(text.get("secrets")) {
            let name = secret.as_str().or_else(|| secret.get("source").and_then(Value::as_str));
            self.secrets.extend(name.map(str::to_owned));
        }
        for mount in list(text.get("volumes")) {
            let path = mount.as_str().and_then(|m| m.split(':').next());
            let path = path.or_else(|| mount.get("source").and_then(Value::as_str));
            self.mounts.extend(path.and_then(|p| p.strip_prefix("./")).map(str::to_owned));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
services:
  db:
    image: registry.example:5000/library/postgres:${PG:-16}
    environment: {POSTGRES_PASSWORD: '${DB_PASSWORD:?}', POSTGRES_USER: shop, N: 1}
    healthcheck: {test: [CMD, pg_isready]}
  web:
    image: ${IMAGE}
    env_file: [./.env, {path: other.env, required: false}]
    environment: [TOKEN, A=b$$c]
    ports: ['127.0.0.1:${PORT:-8000}:80', '10.0.0.1:81:81', 82, {target: 1, published: '83'}]
    secrets: [one, {source: two}]
    volumes: ['./.env:/app/.env:ro', 'data:/data']
secrets:
  one: {file: ./secrets/api_token.txt}
  two: {environment: DB_PASSWORD}
";

    #[test]
    fn a_file_is_read_as_compose_would() {
        let mut stack = Stack::default();
        assert!(stack.add(FILE) && stack.add("services: {web: {healthcheck: {disable: true}}}"));
        assert!(!stack.add("services: [") && !stack.add("x"));
        let (db, web) = (&stack.services["db"], &stack.services["web"]);
        assert_eq!((db.image.as_str(), db.has_health, web.has_health), ("postgres", true, false));
        assert_eq!((web.image.as_str(), web.ports.as_slice()), ("", &[8000, 83][..]));
        assert_eq!(web.env_files, [".env", "other.env"]);
        assert!(web.asks.contains("TOKEN") && db.asks.contains("DB_PASSWORD") && web.mounts == [".env"]);
        let keys = Keys { file: ".env", names: vec!["DB_PASSWORD", "ONE", "SENT"] };
        let source = |service, name| stack.source(service, name, &keys);
        assert_eq!(source(db, "POSTGRES_PASSWORD"), Some(Source::Key("DB_PASSWORD".into())));
        assert_eq!(source(db, "POSTGRES_USER"), Some(Source::Literal("shop".into())));
        assert_eq!(source(web, "SENT"), Some(Source::Key("SENT".into())));
        assert_eq!((source(db, "SENT"), source(web, "ABSENT")), (None, None));
        assert_eq!(stack.key_of("two", &keys), Some("DB_PASSWORD".into()));
        assert_eq!(stack.key_of("one", &keys), Some("ONE".into()));
    }
}
