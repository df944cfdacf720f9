//! `target = { … }` of a secret: the live service that keeps the credential, and who may change it there.
//!
//! What is read here also stands in the journal of a rotation, so that this one can be carried on though the policy has
//! changed since. It holds names, never a value: `admin-password` is the name of a key of the sealed file.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fields::Fields;
use crate::error::Result;
use crate::secret::SecretName;

/// A live service that is told a new value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TargetConfig {
    /// Which one, and where.
    pub service: Service,
    /// Whose credential it is.
    pub users: Users,
    /// Who changes it; without one the user does it, with the value that is in force.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub admin: Option<AdminConfig>,
    /// How long the replaced credential is still accepted after the commit.
    #[serde(with = "seconds")]
    pub keep_for: Duration,
    /// How long one conversation with the service may take; after a redeploy it may take three times as long to answer.
    #[serde(with = "seconds")]
    pub timeout: Duration,
}

/// The services that this version speaks to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// PostgreSQL 10 or later.
    Postgres(Database),
    /// MySQL or MariaDB; which, the server says.
    Mysql(Database),
    /// Redis 6 or later, or Valkey.
    Redis {
        /// Where it listens.
        at: Address,
        /// Whether a change that a restart would lose is accepted.
        volatile: bool,
    },
    /// A user of Grafana.
    Grafana {
        /// The address of its web page.
        at: String,
    },
    /// Anything with an HTTP interface.
    Http(Box<HttpConfig>),
    /// A program that knows the four verbs.
    Command {
        /// The program and its first arguments.
        run: Vec<String>,
    },
}

/// A database server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Database {
    /// Where it listens.
    pub at: Address,
    /// The database to log in to; the user's own where none is named.
    pub database: Option<String>,
    /// Whether it is told by its own client inside the container. Such a login proves nothing.
    pub exec: bool,
}

/// Where a service listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Address {
    /// `host:port`
    Tcp {
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
    },
    /// A socket in the file system; for Postgres the folder that holds it.
    Socket(PathBuf),
    /// `compose:SERVICE[:PORT]`: the container of that service, by its address in the container network.
    Compose {
        /// The service.
        service: String,
        /// The port inside the network.
        port: u16,
    },
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Address::Tcp { host, port } => write!(f, "{host}:{port}"),
            Address::Socket(path) => write!(f, "{}", path.display()),
            Address::Compose { service, .. } => write!(f, "compose:{service}"),
        }
    }
}

/// Whose credential it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Users {
    /// One user, whose password changes.
    Single(String),
    /// Two users who take turns: the idle one gets the new password.
    Alternating {
        /// Their names; the first is the one whose rights both have.
        users: [String; 2],
        /// The key that holds the name of the one in use; without it, the URLs that the secret feeds do.
        key: Option<SecretName>,
    },
}

/// Who changes the credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AdminConfig {
    /// The name.
    pub user: String,
    /// The key of the sealed file that holds the password; none where the service lets this user in without.
    pub password: Option<SecretName>,
}

/// The requests of a service with an HTTP interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HttpConfig {
    /// Passes with 2xx if the login is accepted, with 401 or 403 if not.
    pub test: HttpCall,
    /// Sets the new value.
    pub set: HttpCall,
    /// Takes the old value away; without it, setting a new one did.
    pub retire: Option<HttpCall>,
    /// Ends open sessions.
    pub sessions: Option<HttpCall>,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HttpCall {
    /// GET, PUT, POST, PATCH or DELETE.
    pub method: String,
    /// Where to; holds no value.
    pub url: String,
    /// Whose login goes with it.
    pub login: HttpLogin,
    /// A JSON body in which `{user}`, `{new}` and `{old}` stand for the values.
    pub json: Option<String>,
}

/// The login of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HttpLogin {
    /// None.
    Nobody,
    /// The user with the value in question, as HTTP basic authentication.
    User,
    /// The value in question as a bearer token.
    Bearer,
    /// The admin.
    Admin,
}

impl TargetConfig {
    /// The one key of `target` says which service.
    pub(super) fn parse(mut target: Fields<'_>) -> Result<Self> {
        const KNOWN: [&str; 7] = ["postgres", "mysql", "mariadb", "redis", "grafana", "http", "command"];
        let mut found = None;
        for kind in KNOWN {
            if let Some(table) = target.table(kind)? {
                if found.is_some() {
                    return Err(target.lacks("a target is one service"));
                }
                found = Some((kind, table));
            }
        }
        let Some((kind, mut fields)) = found else {
            let error = target.lacks(format!("target needs one of {}", KNOWN.join(", ")));
            target.finish()?;
            return Err(error);
        };
        target.finish()?;
        let keep_for = fields.duration("keep-for")?.unwrap_or(Duration::ZERO);
        let timeout = fields.duration("timeout")?.unwrap_or(Duration::from_secs(10));
        let admin = admin(&mut fields)?;
        let service = match kind {
            "postgres" => Service::Postgres(Database::parse(&mut fields, 5432)?),
            "mysql" | "mariadb" => Service::Mysql(Database::parse(&mut fields, 3306)?),
            "redis" => Service::Redis {
                at: address(&mut fields, 6379)?,
                volatile: fields.boolean("volatile")?.unwrap_or(false),
            },
            "grafana" => Service::Grafana { at: url(&mut fields, "at")? },
            "http" => Service::Http(Box::new(HttpConfig::parse(&mut fields)?)),
            _ => Service::Command {
                run: fields.strings("run")?.ok_or_else(|| fields.lacks("\"run\" is missing: the program"))?,
            },
        };
        let users = users(&mut fields, kind)?;
        if let (Service::Http(http), None) = (&service, &admin)
            && http.calls().any(|call| call.login == HttpLogin::Admin)
        {
            return Err(fields.lacks("\"admin-user\" is missing: a request has login \"admin\""));
        }
        if !keep_for.is_zero() && !overlaps(&service, &users) {
            return Err(fields
                .lacks("\"keep-for\" needs a service that accepts two credentials at a time")
                .hint("use `users = [\"…\", \"…\"]`, two users who take turns"));
        }
        fields.finish()?;
        Ok(TargetConfig { service, users, admin, keep_for, timeout })
    }

    /// Whether two users take turns.
    pub fn alternates(&self) -> bool {
        matches!(self.users, Users::Alternating { .. })
    }

    /// Whether both may change the password of one and the same user.
    pub fn shares_a_user_with(&self, other: &TargetConfig) -> bool {
        let same = match (&self.service, &other.service) {
            (Service::Postgres(one), Service::Postgres(two)) | (Service::Mysql(one), Service::Mysql(two)) => {
                one.at == two.at
            }
            (Service::Redis { at: one, .. }, Service::Redis { at: two, .. }) => one == two,
            (one, two) => one == two,
        };
        same && self.users.names().iter().any(|user| other.users.names().contains(user))
    }

    /// The keys of the sealed file that it needs besides the secret itself.
    pub fn needs(&self) -> impl Iterator<Item = &SecretName> {
        self.admin.iter().filter_map(|admin| admin.password.as_ref())
    }
}

impl Users {
    /// All of them.
    fn names(&self) -> &[String] {
        match self {
            Users::Single(user) => std::slice::from_ref(user),
            Users::Alternating { users, .. } => users,
        }
    }
}

/// Whether old and new credential can both be accepted for a while.
fn overlaps(service: &Service, users: &Users) -> bool {
    match service {
        // dual passwords where the server has them; if not, examining it says so
        Service::Redis { .. } | Service::Command { .. } | Service::Mysql(_) => true,
        Service::Http(http) => http.retire.is_some(),
        Service::Postgres(_) | Service::Grafana { .. } => matches!(users, Users::Alternating { .. }),
    }
}

impl Database {
    fn parse(fields: &mut Fields<'_>, port: u16) -> Result<Self> {
        let at = address(fields, port)?;
        let database = fields.string("database")?;
        let exec = match fields.string_at("via")? {
            None => false,
            Some((_, way)) if way == "network" => false,
            Some((_, way)) if way == "exec" && matches!(at, Address::Compose { .. }) => true,
            Some((at, way)) if way == "exec" => {
                return Err(
                    fields.wrong(at, "\"via\" can be \"exec\" only where \"at\" is \"compose:SERVICE\"")
                );
            }
            Some((at, _)) => return Err(fields.wrong(at, "\"via\" is none of network, exec")),
        };
        Ok(Database { at, database, exec })
    }
}

impl HttpConfig {
    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        let mut call = |name: &'static str, login: HttpLogin| -> Result<Option<HttpCall>> {
            fields.table(name)?.map(|table| HttpCall::parse(table, login)).transpose()
        };
        let test = call("test", HttpLogin::User)?;
        let set = call("set", HttpLogin::Admin)?;
        let retire = call("retire", HttpLogin::Admin)?;
        let sessions = call("sessions", HttpLogin::Admin)?;
        let (Some(test), Some(set)) = (test, set) else {
            return Err(fields.lacks("a target of kind http needs \"test\" and \"set\""));
        };
        Ok(HttpConfig { test, set, retire, sessions })
    }

    fn calls(&self) -> impl Iterator<Item = &HttpCall> {
        [Some(&self.test), Some(&self.set), self.retire.as_ref(), self.sessions.as_ref()]
            .into_iter()
            .flatten()
    }
}

impl HttpCall {
    fn parse(mut fields: Fields<'_>, login: HttpLogin) -> Result<Self> {
        let mut found = Vec::new();
        for method in ["get", "put", "post", "patch", "delete"] {
            if let Some((at, to)) = fields.string_at(method)? {
                found.push((method.to_ascii_uppercase(), web_address(&fields, at, &to)?));
            }
        }
        let (method, url) = match (found.pop(), found.is_empty()) {
            (Some(one), true) => one,
            _ => return Err(fields.lacks("a request needs exactly one of get, put, post, patch, delete")),
        };
        let login = match fields.string_at("login")? {
            None => login,
            Some((at, text)) => match text.as_str() {
                "none" => HttpLogin::Nobody,
                "user" => HttpLogin::User,
                "bearer" => HttpLogin::Bearer,
                "admin" => HttpLogin::Admin,
                _ => return Err(fields.wrong(at, "\"login\" is none of user, bearer, admin, none")),
            },
        };
        let json = fields.string_at("json")?;
        if let Some((at, text)) = &json
            && serde_json::from_str::<serde_json::Value>(text).is_err()
        {
            return Err(fields.wrong(*at, "\"json\" is no JSON"));
        }
        fields.finish()?;
        Ok(HttpCall { method, url, login, json: json.map(|(_, text)| text) })
    }
}

fn admin(fields: &mut Fields<'_>) -> Result<Option<AdminConfig>> {
    let user = fields.string("admin-user")?;
    let password = match fields.string_at("admin-password")? {
        None => None,
        Some((at, text)) => {
            let name = SecretName::parse(&text).map_err(|e| fields.wrong(at, e))?;
            Some((at, name))
        }
    };
    match (user, password) {
        (None, None) => Ok(None),
        (None, Some((at, _))) => Err(fields.wrong(at, "\"admin-password\" needs \"admin-user\"")),
        (Some(user), password) => Ok(Some(AdminConfig { user, password: password.map(|(_, name)| name) })),
    }
}

fn users(fields: &mut Fields<'_>, kind: &str) -> Result<Users> {
    let single = fields.string("user")?;
    let two = fields.strings("users")?;
    let key = match fields.string_at("user-key")? {
        None => None,
        Some((at, text)) => Some((at, SecretName::parse(&text).map_err(|e| fields.wrong(at, e))?)),
    };
    let both = matches!(kind, "postgres" | "mysql" | "mariadb");
    match (single, two, key) {
        (Some(_), Some(_), _) => Err(fields.lacks("a target has \"user\" or \"users\", not both")),
        (None, Some(_), _) if !both => Err(fields
            .lacks(format!("a target of kind {kind} has one \"user\": two taking turns are for databases"))),
        (None, Some(users), key) => match <[String; 2]>::try_from(users) {
            Ok(users) if users[0] != users[1] => {
                Ok(Users::Alternating { users, key: key.map(|(_, name)| name) })
            }
            _ => Err(fields.lacks("\"users\" names two different users")),
        },
        (_, None, Some((at, _))) => Err(fields.wrong(at, "\"user-key\" needs \"users\"")),
        (Some(user), None, None) => Ok(Users::Single(user)),
        // whoever runs these knows the user
        (None, None, None) if matches!(kind, "command" | "http") => Ok(Users::Single(String::new())),
        (None, None, None) if kind == "redis" => Ok(Users::Single("default".into())),
        (None, None, None) if kind == "grafana" => Ok(Users::Single("admin".into())),
        (None, None, None) => Err(fields.lacks("\"user\" is missing: whose password it is")),
    }
}

fn address(fields: &mut Fields<'_>, port: u16) -> Result<Address> {
    let (at, text) =
        fields.string_at("at")?.ok_or_else(|| fields.lacks("\"at\" is missing: where it listens"))?;
    let wrong =
        || fields.wrong(at, "\"at\" is none of \"host:port\", \"compose:SERVICE\", \"/path/of/a/socket\"");
    if text.starts_with('/') {
        return Ok(Address::Socket(text.into()));
    }
    if let Some(rest) = text.strip_prefix("compose:") {
        let (service, port) = match rest.split_once(':') {
            Some((service, number)) => (service, number.parse().map_err(|_| wrong())?),
            None => (rest, port),
        };
        if service.is_empty() || port == 0 {
            return Err(wrong());
        }
        return Ok(Address::Compose { service: service.to_owned(), port });
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, number)) => (host, number.parse().map_err(|_| wrong())?),
        None => (text.as_str(), port),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() || port == 0 || host.contains(['/', '@', ' ']) {
        return Err(wrong());
    }
    Ok(Address::Tcp { host: host.to_owned(), port })
}

fn url(fields: &mut Fields<'_>, key: &'static str) -> Result<String> {
    let (at, text) = fields.string_at(key)?.ok_or_else(|| fields.lacks(format!("{key:?} is missing")))?;
    web_address(fields, at, &text)
}

/// An address that carries no login: this file holds no secret.
fn web_address(fields: &Fields<'_>, at: usize, text: &str) -> Result<String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
        return Err(fields.wrong(at, "an address starts with \"http://\" or \"https://\""));
    };
    if rest.split('/').next().unwrap_or_default().contains('@') {
        return Err(fields.wrong(at, "the address holds a login; this file holds no secret"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(time.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn target(text: &str) -> Result<TargetConfig> {
        let config = Config::parse(&format!("[secret.P]\ntarget = {{ {text} }}"))?;
        Ok(config.secrets.into_values().next().and_then(|p| p.target).unwrap())
    }

    #[test]
    fn each_kind_is_read_and_survives_the_journal() {
        for text in [
            "postgres = { at = \"compose:db\", user = \"app\", admin-user = \"postgres\", admin-password = \"ADMIN\" }",
            "postgres = { at = \"/run/postgresql\", users = [\"a\", \"b\"], user-key = \"DB_USER\", keep-for = \"5m\" }",
            "postgres = { at = \"compose:db\", via = \"exec\", user = \"app\", database = \"app\" }",
            "mariadb = { at = \"127.0.0.1:3307\", user = \"app\" }",
            "redis = { at = \"compose:redis:6380\" }",
            "grafana = { at = \"http://127.0.0.1:3000/\" }",
            "command = { run = [\"./scripts/rabbit\"], user = \"app\", keep-for = \"1h\" }",
            "http = { user = \"u\", test = { get = \"http://127.0.0.1/me\" }, set = { put = \"http://127.0.0.1/u\", login = \"user\", json = '{\"p\": \"{new}\"}' } }",
        ] {
            let read = target(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            let written = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<TargetConfig>(&written).unwrap(), read, "{written}");
        }
        let at = |text: &str| match target(text).unwrap().service {
            Service::Redis { at, .. } => at,
            other => panic!("{other:?}"),
        };
        assert_eq!(at("redis = { at = \"[::1]:1\" }"), Address::Tcp { host: "::1".into(), port: 1 });
        assert_eq!(
            at("redis = { at = \"compose:r\" }"),
            Address::Compose { service: "r".into(), port: 6379 }
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (text, wants) in [
            ("postgers = { }", "did you mean \"postgres\"?"),
            ("", "target needs one of"),
            ("postgres = { user = \"a\" }", "\"at\" is missing"),
            ("postgres = { at = \"db:x\", user = \"a\" }", "\"at\" is none of"),
            ("postgres = { at = \"db\" }", "\"user\" is missing"),
            ("postgres = { at = \"db\", user = \"a\", via = \"exec\" }", "only where \"at\" is"),
            ("postgres = { at = \"db\", user = \"a\", keep-for = \"1h\" }", "two credentials at a time"),
            ("postgres = { at = \"db\", users = [\"a\", \"a\"] }", "two different users"),
            ("postgres = { at = \"db\", user = \"a\", admin-password = \"A\" }", "needs \"admin-user\""),
            ("redis = { at = \"db\", users = [\"a\", \"b\"] }", "two taking turns are for databases"),
            ("redis = { at = \"db\" }, grafana = { at = \"http://h\" }", "a target is one service"),
            ("grafana = { at = \"http://u:p@h\" }", "holds a login"),
            ("http = { test = { get = \"http://h\" } }", "needs \"test\" and \"set\""),
            (
                "http = { test = { get = \"http://h\" }, set = { put = \"http://h\" } }",
                "\"admin-user\" is missing",
            ),
            ("command = { }", "\"run\" is missing"),
        ] {
            let error = target(text).err().unwrap_or_else(|| panic!("{text} is taken"));
            assert!(error.to_string().contains(wants), "{text}: {error}");
        }
    }
}
