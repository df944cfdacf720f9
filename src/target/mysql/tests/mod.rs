//! The target against real servers: MariaDB, and MySQL where the machine has it.

mod alternating;
mod mysql;
mod refusals;
mod single;

use std::time::Duration;

use super::super::conformance::{Service, conform, value};
use super::super::programs::have;
use super::super::servers::mariadb::{MYSQLD, Server};
use super::super::{Admin, Credential, Proof, Reach, Target, apply, open, revoke};
use crate::config::{Address, AdminConfig, Database, TargetConfig, Users};
use crate::error::Error;
use crate::process::Site;
use crate::process::testing::Folder;

/// Makes an admin with the password `admin-value`, and the user `app` with `old-value` for TCP and for the socket.
const SET_UP: &str = "CREATE USER adm@'%' IDENTIFIED BY 'admin-value'; GRANT ALL ON *.* TO adm@'%' WITH GRANT OPTION;
    CREATE USER adm@localhost IDENTIFIED BY 'admin-value'; GRANT ALL ON *.* TO adm@localhost WITH GRANT OPTION;
    CREATE USER app@'%' IDENTIFIED BY 'old-value'; CREATE USER app@localhost IDENTIFIED BY 'old-value';
    CREATE DATABASE shop; CREATE TABLE shop.t (a INT, `b, on` INT); GRANT SELECT, INSERT ON shop.* TO app@'%', app@localhost;";

/// What the target is to be opened with.
struct Case {
    config: TargetConfig,
    admin: Option<Vec<&'static str>>,
    folder: Folder,
}

impl Case {
    fn tcp(server: &Server) -> Self {
        Case::at(Address::Tcp { host: "127.0.0.1".into(), port: server.port })
    }

    fn socket(server: &Server) -> Self {
        Case::at(Address::Socket(server.socket.clone()))
    }

    fn at(at: Address) -> Self {
        let config = TargetConfig {
            service: crate::config::Service::Mysql(Database { at, database: None, exec: false }),
            users: Users::Single("app".into()),
            admin: None,
            keep_for: Duration::ZERO,
            timeout: Duration::from_secs(10),
        };
        Case { config, admin: None, folder: Folder::new() }
    }

    /// With an admin who has the right password among others.
    fn admin(self) -> Self {
        self.admin_with(&["wrong", "admin-value"])
    }

    fn admin_with(mut self, passwords: &[&'static str]) -> Self {
        self.config.admin = Some(AdminConfig { user: "adm".into(), password: None });
        self.admin = Some(passwords.to_vec());
        self
    }

    fn user(mut self, user: &str) -> Self {
        self.config.users = Users::Single(user.into());
        self
    }

    fn users(mut self, one: &str, two: &str) -> Self {
        self.config.users = Users::Alternating { users: [one.into(), two.into()], key: None };
        self
    }

    fn service(mut self, change: impl FnOnce(&mut Database)) -> Self {
        if let crate::config::Service::Mysql(database) = &mut self.config.service {
            change(database);
        }
        self
    }

    fn keep_for(mut self) -> Self {
        self.config.keep_for = Duration::from_secs(60);
        self
    }

    fn with<T>(&self, run: impl FnOnce(&dyn Target) -> T) -> T {
        let site: Site = self.folder.site();
        let admin = self.admin.as_ref().map(|passwords| Admin {
            user: "adm".into(),
            passwords: passwords.iter().map(|text| value(text)).collect(),
        });
        let target = open(&self.config, Reach { site: &site, project: None, admin }).unwrap();
        run(&*target)
    }

    fn test(&self, user: &str, text: &str) -> crate::error::Result<bool> {
        let value = value(text);
        self.with(|target| target.test(&Credential { user, value: &value }))
    }

    fn examine(&self, user: &str, text: &str) -> crate::error::Result<Vec<String>> {
        let value = value(text);
        self.with(|target| target.examine(&Credential { user, value: &value }))
    }

    /// Sets, with the old value known.
    fn apply(&self, user: &str, new: &str, old: (&str, &str)) -> crate::error::Result<Proof> {
        let (new, old_value, nobodys) = (value(new), value(old.1), value("nobodys"));
        let want = Credential { user, value: &new };
        let old = Credential { user: old.0, value: &old_value };
        self.with(|target| apply(target, &want, &[want, old], &nobodys))
    }

    fn revoke(&self, old: (&str, &str), new: (&str, &str)) -> crate::error::Result<Proof> {
        let (old_value, new_value, nobodys) = (value(old.1), value(new.1), value("nobodys"));
        let old = Credential { user: old.0, value: &old_value };
        let new = Credential { user: new.0, value: &new_value };
        self.with(|target| revoke(target, &old, &new, &nobodys))
    }

    fn sessions(&self, old: &str, current: (&str, &str)) -> usize {
        let (old_value, new_value) = (value("whatever"), value(current.1));
        let old = Credential { user: old, value: &old_value };
        let current = Credential { user: current.0, value: &new_value };
        self.with(|target| target.sessions(&old, &current)).unwrap().unwrap()
    }
}

/// An open session of a client that is not ours to change.
fn session(server: &Server, user: &str, text: &str) -> ::mysql::Conn {
    let options = ::mysql::OptsBuilder::new().ip_or_hostname(Some("127.0.0.1")).tcp_port(server.port);
    ::mysql::Conn::new(options.prefer_socket(false).user(Some(user)).pass(Some(text))).unwrap()
}

/// All that an error shows.
fn all(error: &Error) -> String {
    format!("{error}\n{}\n{}", error.notes().join("\n"), error.advice().unwrap_or_default())
}

/// No file of the server holds the value, in any of the forms that it could have been written in.
#[expect(clippy::disallowed_methods, reason = "the test reads the files of the server that it started")]
fn nowhere(server: &Server, texts: &[&str]) {
    use base64::Engine as _;
    let mut wanted = Vec::new();
    for text in texts {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        wanted.extend([text.as_bytes().to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()]);
        wanted.push(base64::engine::general_purpose::STANDARD.encode(text).into_bytes());
        // as it would stand in a string literal
        wanted.push(super::quoted(text).trim_matches('\'').as_bytes().to_vec());
    }
    let mut folders = vec![server.folder.0.clone()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(content) = std::fs::read(&path) {
                files += 1;
                let found = wanted.iter().position(|w| memchr::memmem::find(&content, w).is_some());
                assert_eq!(found, None, "{}", path.display());
            }
        }
    }
    assert!(files > 20, "{files}");
}
