//! Against real servers. One is shared by the checks of a test, since starting it takes most of the time.
#![expect(clippy::disallowed_methods, reason = "tests start programs and set files up")]

mod container;
mod trouble;
mod turns;
mod ways;

use std::time::Duration;

use super::*;
use crate::config::{AdminConfig, Service};
use crate::process::Site;
use crate::target::conformance::{AWKWARD, Service as Known, conform, value};
use crate::target::programs::have;
use crate::target::servers::postgres::Postgres as Server;
use crate::target::{apply, open, revoke};

const PROGRAMS: [&str; 3] = ["initdb", "postgres", "psql"];
const ADMIN: &str = "admin-password-0";

/// Databases by which pg_hba.conf tells methods apart.
const RULES: [&str; 7] = [
    "host trusting all 127.0.0.1/32 trust",
    "host hashed all 127.0.0.1/32 md5",
    "host clear all 127.0.0.1/32 password",
    "host forbidden all 127.0.0.1/32 reject",
    "host all unlisted 127.0.0.1/32 reject",
    "host all all 127.0.0.1/32 scram-sha-256",
    "local all all scram-sha-256",
];

/// What a test says of its target.
#[derive(Clone)]
struct Wanted {
    at: Address,
    users: Vec<String>,
    admin: Option<(String, Vec<String>)>,
    database: Option<String>,
    exec: bool,
    timeout: u64,
}

fn wanted(server: &Server, users: &[&str]) -> Wanted {
    Wanted {
        at: Address::Tcp { host: "127.0.0.1".into(), port: server.port },
        users: users.iter().map(|&user| user.to_owned()).collect(),
        admin: Some(("boss".into(), vec![ADMIN.into()])),
        database: None,
        exec: false,
        timeout: 10,
    }
}

impl Wanted {
    fn alone(mut self) -> Self {
        self.admin = None;
        self
    }

    fn admin(mut self, user: &str, passwords: &[&str]) -> Self {
        self.admin = Some((user.into(), passwords.iter().map(|&p| p.to_owned()).collect()));
        self
    }

    fn database(mut self, name: &str) -> Self {
        self.database = Some(name.into());
        self
    }

    fn with<R>(&self, run: impl FnOnce(&dyn Target) -> R) -> R {
        self.at_site(&site(), run)
    }

    fn at_site<R>(&self, site: &Site, run: impl FnOnce(&dyn Target) -> R) -> R {
        self.opened(site, |target| run(target.unwrap().as_ref()))
    }

    fn opened<R>(&self, site: &Site, run: impl FnOnce(Result<Box<dyn Target + '_>>) -> R) -> R {
        let users = match self.users.as_slice() {
            [one] => Users::Single(one.clone()),
            [one, two] => Users::Alternating { users: [one.clone(), two.clone()], key: None },
            other => panic!("{} users", other.len()),
        };
        let config = TargetConfig {
            service: Service::Postgres(Database {
                at: self.at.clone(),
                database: self.database.clone(),
                exec: self.exec,
            }),
            users,
            admin: self.admin.as_ref().map(|(user, _)| AdminConfig { user: user.clone(), password: None }),
            keep_for: Duration::ZERO,
            timeout: Duration::from_secs(self.timeout),
        };
        let admin = self.admin.as_ref().map(|(user, passwords)| crate::target::Admin {
            user: user.clone(),
            passwords: passwords.iter().map(|p| value(p)).collect(),
        });
        run(open(&config, Reach { site, project: None, admin }))
    }

    /// The error of looking.
    fn trouble(&self, user: &str, old: &str) -> Error {
        let old = value(old);
        self.with(|target| target.examine(&Credential { user, value: &old })).unwrap_err()
    }

    /// What looking says, besides that the servers here run with fsync off.
    fn lines(&self, user: &str, old: &str) -> Vec<String> {
        let old = value(old);
        let mut lines = self.with(|target| target.examine(&Credential { user, value: &old })).unwrap();
        let fsync = lines.iter().position(|line| line.contains("fsync is off")).unwrap();
        lines.remove(fsync);
        lines
    }

    fn set(&self, user: &str, new: &str, known: &[&str]) -> Result<()> {
        let (new, known): (_, Vec<_>) = (value(new), known.iter().map(|&k| value(k)).collect());
        let known: Vec<_> = known.iter().map(|value| Credential { user, value }).collect();
        self.with(|target| target.set(&Credential { user, value: &new }, &known))
    }

    fn test(&self, user: &str, text: &str) -> Result<bool> {
        let text = value(text);
        self.with(|target| target.test(&Credential { user, value: &text }))
    }

    fn proof(&self, user: &str) -> Result<Proof> {
        self.with(|target| target.proof(user, &value("nobody-has-this-value-0")))
    }
}

fn site() -> Site {
    let path = std::env::var_os("PATH").unwrap();
    Site { root: std::env::temp_dir(), env: vec![("PATH".into(), path)], quiet: true }
}

/// A server with the rules above, the admin `boss`, and the databases.
fn server(settings: &[&str]) -> Server {
    let server = Server::start(&RULES, settings);
    for database in ["trusting", "hashed", "clear", "forbidden"] {
        server.sql(&format!("CREATE DATABASE {database}"));
    }
    server.sql(&format!("CREATE ROLE boss SUPERUSER LOGIN PASSWORD '{ADMIN}'"));
    server
}

fn role(server: &Server, name: &str, password: &str, more: &str) {
    server.sql(&format!("CREATE ROLE {} LOGIN PASSWORD {} {more}", ident(name), literal(password)));
}

fn says(error: &Error, wants: &str) {
    let all = format!("{error} | {} | {}", error.notes().join(" | "), error.advice().unwrap_or_default());
    assert!(all.contains(wants), "{all}");
}
