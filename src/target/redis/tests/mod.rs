//! Against real servers.

mod conforms;
mod effects;
mod refusals;

use std::time::Duration;

use super::super::conformance::{AWKWARD, Service as Conformance, conform, value};
use super::super::programs::have;
use super::super::servers::redis::{Options, Redis as Server};
use super::super::{Admin, Credential, Proof, Reach, Target, apply, open, revoke};
use crate::config::{Address, Service, TargetConfig, Users};
use crate::error::{Error, Result};
use crate::process::Site;
use crate::process::testing::Folder;

const OLD: &str = "old-value-0123456789";
const NEW: &str = "new-value-9876543210";
const ADMIN: &str = "the-admins-own-password";
const REQUIREPASS: &str = "requirepass old-value-0123456789\n";
/// Just enough to change the own password and to make that last.
const SELF: &str = "+info +acl|getuser +acl|setuser +config|get +config|rewrite +acl|save +client|kill";

/// A target, and what it borrows.
struct Setup {
    config: TargetConfig,
    site: Site,
    admin: Vec<String>,
    _folder: Folder,
}

impl Setup {
    fn at(at: Address, user: &str) -> Self {
        let folder = Folder::new();
        let config = TargetConfig {
            service: Service::Redis { at, volatile: false },
            users: Users::Single(user.into()),
            admin: None,
            keep_for: Duration::ZERO,
            timeout: Duration::from_secs(5),
        };
        Setup { config, site: folder.site(), admin: Vec::new(), _folder: folder }
    }

    fn of(server: &Server, user: &str) -> Self {
        Setup::at(Address::Tcp { host: "127.0.0.1".into(), port: server.port }, user)
    }

    fn admin(mut self, passwords: &[&str]) -> Self {
        self.admin = passwords.iter().map(|p| (*p).to_owned()).collect();
        self
    }

    fn volatile(mut self) -> Self {
        if let Service::Redis { volatile, .. } = &mut self.config.service {
            *volatile = true;
        }
        self
    }

    fn run<T>(&self, with: impl FnOnce(&dyn Target) -> T) -> T {
        let passwords = self.admin.iter().map(|p| value(p)).collect();
        let admin = (!self.admin.is_empty()).then(|| Admin { user: "admin".into(), passwords });
        let target = open(&self.config, Reach { site: &self.site, project: None, admin }).unwrap();
        with(&*target)
    }

    fn user(&self) -> &str {
        match &self.config.users {
            Users::Single(user) => user,
            Users::Alternating { .. } => unreachable!(),
        }
    }

    fn apply(&self, new: &str, old: &str) -> Result<Proof> {
        let (new, old, nobodys) = (value(new), value(old), value("nobodys-0"));
        let [new, old] = [&new, &old].map(|value| Credential { user: self.user(), value });
        self.run(|target| apply(target, &new, &[new, old], &nobodys))
    }

    fn revoke(&self, old: &str, new: &str) -> Result<Proof> {
        let (new, old, nobodys) = (value(new), value(old), value("nobodys-0"));
        let [new, old] = [&new, &old].map(|value| Credential { user: self.user(), value });
        self.run(|target| revoke(target, &old, &new, &nobodys))
    }

    fn examine(&self, current: &str) -> Result<Vec<String>> {
        let current = value(current);
        self.run(|target| target.examine(&Credential { user: self.user(), value: &current }))
    }

    fn accepts(&self, text: &str) -> bool {
        let value = value(text);
        self.run(|target| target.test(&Credential { user: self.user(), value: &value })).unwrap()
    }

    /// Every awkward value in turn, each the old one of the next; returns the last.
    fn conform(&self, first: &str) -> String {
        let mut old = first.to_owned();
        for new in AWKWARD {
            let (user, next_user) = (self.user(), self.user());
            let service = Conformance { user, value: &old, next_user, provable: true, overlap: true };
            self.run(|target| conform(target, &service, new));
            old = new.to_owned();
        }
        old
    }
}

fn said(error: &Error) -> String {
    format!("{error}\n{}\n{}", error.notes().join("\n"), error.advice().unwrap_or_default())
}

fn user(name: &str, password: &str, rights: &str) -> String {
    format!("user {name} on >{password} ~* {rights}\n")
}
