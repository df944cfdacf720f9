//! Which live services keep a password of the env file, and as what target. A target is proven where a compose file
//! shows the service, its user and the key; anything else is a guess, and stays a comment until somebody agrees.

use super::compose::{Keys, Service, Source, Stack};
use super::names::is_plain;
use crate::secret::SecretValue;
use crate::secret::url::{self, Part};

/// The servers that a compose file can be seen to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Engine {
    Postgres,
    Mysql,
    Redis,
    Grafana,
    /// This version speaks to none of these.
    Other(&'static str),
}

impl Engine {
    pub(super) fn of(service: &Service) -> Option<Engine> {
        Some(match service.image.trim_start_matches("bitnami/") {
            "postgres" | "postgresql" | "postgis" | "pgvector" | "timescaledb" | "timescaledb-ha" => {
                Engine::Postgres
            }
            "mysql" | "mysql-server" | "mariadb" | "percona" | "percona-server" => Engine::Mysql,
            "redis" | "valkey" | "redis-stack" | "redis-stack-server" => Engine::Redis,
            "grafana" | "grafana-oss" | "grafana-enterprise" => Engine::Grafana,
            "mongo" | "mongodb" => Engine::Other("mongo"),
            "rabbitmq" => Engine::Other("rabbitmq"),
            "minio" => Engine::Other("minio"),
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Engine::Postgres => "postgres",
            Engine::Mysql => "mysql",
            Engine::Redis => "redis",
            Engine::Grafana => "grafana",
            Engine::Other(name) => name,
        }
    }

    /// The engine that a URL speaks to.
    pub(super) fn of_url(url: &SecretValue) -> Option<Engine> {
        const KNOWN: [(&str, Engine); 7] = [
            ("postgres", Engine::Postgres),
            ("mysql", Engine::Mysql),
            ("mariadb", Engine::Mysql),
            ("redis://", Engine::Redis),
            ("rediss://", Engine::Redis),
            ("valkey://", Engine::Redis),
            ("mongodb", Engine::Other("mongo")),
        ];
        KNOWN.iter().find(|(start, _)| url.expose().starts_with(start.as_bytes())).map(|(_, kind)| *kind)
    }
}

/// A service that keeps the value of a key.
pub(super) struct Keeper {
    pub(super) key: String,
    pub(super) service: String,
    pub(super) engine: Engine,
    /// Empty where it is not known.
    pub(super) user: String,
    /// What stands between the braces of `target = { … }`.
    pub(super) target: Option<String>,
    /// Whether the service reads the key at its first start only.
    pub(super) first_start: bool,
}

/// Every key that a service of the compose files is seen to keep.
pub(super) fn keepers(stack: &Stack, keys: &Keys<'_>, value: &dyn Fn(&str) -> Option<String>) -> Vec<Keeper> {
    // password, user, user where none is named, database
    const VARIABLES: [(Engine, &str, &str, &str, &str); 9] = [
        (Engine::Postgres, "POSTGRES_PASSWORD", "POSTGRES_USER", "postgres", "POSTGRES_DB"),
        (Engine::Postgres, "POSTGRESQL_PASSWORD", "POSTGRESQL_USERNAME", "postgres", "POSTGRESQL_DATABASE"),
        (Engine::Mysql, "MYSQL_ROOT_PASSWORD", "", "root", ""),
        (Engine::Mysql, "MYSQL_PASSWORD", "MYSQL_USER", "", "MYSQL_DATABASE"),
        (Engine::Mysql, "MARIADB_ROOT_PASSWORD", "", "root", ""),
        (Engine::Mysql, "MARIADB_PASSWORD", "MARIADB_USER", "", "MARIADB_DATABASE"),
        (Engine::Grafana, "GF_SECURITY_ADMIN_PASSWORD", "GF_SECURITY_ADMIN_USER", "admin", ""),
        (Engine::Other("mongo"), "MONGO_INITDB_ROOT_PASSWORD", "", "", ""),
        (Engine::Other("rabbitmq"), "RABBITMQ_DEFAULT_PASS", "", "", ""),
    ];
    let mut found: Vec<Keeper> = Vec::new();
    for (name, service) in &stack.services {
        let Some(engine) = Engine::of(service) else { continue };
        // a name that may stand in the policy; one that is asked for and not found is not guessed
        let named = |variable: &str| match stack.source(service, variable, keys) {
            Some(Source::Literal(text)) => Some(Some(text).filter(|t| is_plain(t))),
            Some(Source::Key(key)) => Some(value(&key).filter(|t| is_plain(t))),
            None => None,
        };
        for (_, password, user, usual, database) in VARIABLES.iter().filter(|v| v.0 == engine) {
            let Some(Source::Key(key)) = stack.source(service, password, keys) else { continue };
            let user = named(user).unwrap_or_else(|| Some((*usual).to_owned()).filter(|u| !u.is_empty()));
            let database = named(database).unwrap_or(user.clone().filter(|_| engine == Engine::Postgres));
            let target = match (engine, &user) {
                (Engine::Grafana, Some(user)) => service.ports.first().map(|port| {
                    let at = format!("http://127.0.0.1:{port}");
                    format!("grafana = {{ at = {at:?}, user = {user:?} }}")
                }),
                (Engine::Postgres | Engine::Mysql, Some(user)) => {
                    Some(at_service(engine, name, user, database))
                }
                _ => None,
            };
            let user = user.unwrap_or_default();
            let service = name.clone();
            found.push(Keeper { key, service, engine, user, target, first_start: true });
        }
        if engine == Engine::Redis {
            // compose puts `${KEY}` in; `$$KEY` is left to a shell in the container, which has its environment
            let by_command = service.command.split_once("requirepass").and_then(|(_, rest)| {
                let ends = |c: char| matches!(c, ' ' | '"' | '\'' | '\\');
                let word = rest.trim_start_matches(|c| ends(c) || c == '=').split(ends).next()?;
                match word.strip_prefix("$$") {
                    None => super::yaml::references(word).first().map(|key| (*key).to_owned()),
                    Some(inner) => match stack.source(service, inner.trim_matches(['{', '}']), keys)? {
                        Source::Key(key) => Some(key),
                        Source::Literal(_) => None,
                    },
                }
            });
            let bitnami = service.image.starts_with("bitnami/").then_some("REDIS_PASSWORD");
            let by_image = bitnami.and_then(|variable| stack.source(service, variable, keys));
            let key = by_command.or(match by_image {
                Some(Source::Key(key)) => Some(key),
                _ => None,
            });
            let target = format!("redis = {{ at = {:?}, volatile = true }}", format!("compose:{name}"));
            found.extend(key.map(|key| Keeper {
                key,
                service: name.clone(),
                engine,
                user: "default".into(),
                target: Some(target),
                first_start: false,
            }));
        }
    }
    // a key that two services keep would need two targets
    let twice = |key: &str, all: &[Keeper]| all.iter().filter(|k| k.key == key).count() > 1;
    for i in 0..found.len() {
        if twice(&found[i].key, &found) {
            found[i].target = None;
        }
    }
    found.retain(|keeper| keys.have(&keeper.key));
    found
}

/// What a URL says of the server that it leads to.
pub(super) struct Lead {
    pub(super) engine: Engine,
    pub(super) target: String,
    /// Whether a compose file has that server.
    pub(super) proven: bool,
    pub(super) user: String,
    pub(super) host: String,
}

/// The server that a URL leads to; `None` where host or user are not told in plain.
pub(super) fn lead(url: &SecretValue, stack: &Stack) -> Option<Lead> {
    let engine = Engine::of_url(url).filter(|engine| !matches!(engine, Engine::Other(_)))?;
    let part = |part: Part| -> Option<String> {
        let found = url::extract(url, part).ok().flatten()?;
        found.expose_str().filter(|text| is_plain(text)).map(str::to_owned)
    };
    let host = part(Part::Host)?;
    let user = part(Part::User).or_else(|| (engine == Engine::Redis).then(|| "default".to_owned()))?;
    let database = part(Part::Path).filter(|_| engine != Engine::Redis);
    let service = stack.services.get(&host);
    let proven = service.is_some_and(|service| Engine::of(service) == Some(engine));
    let target = if service.is_none() && (host == "localhost" || host.starts_with("127.")) {
        format!("{} = {{ at = {host:?}, user = {user:?} }}", engine.name())
    } else {
        at_service(engine, &host, &user, database)
    };
    Some(Lead { engine, target, proven, user, host })
}

fn at_service(engine: Engine, service: &str, user: &str, database: Option<String>) -> String {
    let kind = engine.name();
    let at = format!("compose:{service}");
    // logging in needs a database of the user's name, unless another is named
    match database.filter(|database| engine == Engine::Postgres && database != user) {
        Some(database) => format!("{kind} = {{ at = {at:?}, user = {user:?}, database = {database:?} }}"),
        None => format!("{kind} = {{ at = {at:?}, user = {user:?} }}"),
    }
}
