//! The live services that keep a credential themselves: how each is told a new one, and how it is known that it worked.
//!
//! A service is a [`Target`] of four verbs: [`test`](Target::test) a login, [`set`](Target::set) a credential,
//! [`retire`](Target::retire) an old one, end its [`sessions`](Target::sessions). A target's own word is not believed:
//! [`apply`] and [`revoke`] are the only callers of `set` and `retire`, and they try fresh logins after them (I8). Where
//! the service lets a wrong value pass too, a login proves nothing, and [`Proof`] says so.
//!
//! It knows where a service is and how it is spoken to; it does not know what a rotation is, nor where values lie.
//! Everything may run twice, and after a crash in the middle of itself: what is in force is found out by trying (I5).
//! No message holds a value, and none repeats what a service said, except for its error codes.

mod command;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod example_tests;
#[cfg(test)]
mod fake;
mod grafana;
mod http;
mod mysql;
mod place;
mod postgres;
mod redis;
// the harness of tests/, so that a server is started in one way only
#[cfg(test)]
#[path = "../../tests/harness/programs.rs"]
mod programs;
#[cfg(test)]
#[path = "../../tests/harness/servers/mod.rs"]
mod servers;
mod web;

use crate::config::{Service, TargetConfig};
use crate::error::{Error, Result};
use crate::process::Site;
use crate::secret::SecretValue;

/// A user and the value that logs them in.
#[derive(Clone, Copy)]
pub struct Credential<'a> {
    /// The user; empty where the service has none.
    pub user: &'a str,
    /// The value.
    pub value: &'a SecretValue,
}

/// Who may change credentials, with every value that may be in force.
pub struct Admin {
    /// The user.
    pub user: String,
    /// The likeliest first; none where the service lets this user in without.
    pub passwords: Vec<SecretValue>,
}

/// What a target needs besides its configuration.
pub struct Reach<'a> {
    /// Where and with what children run.
    pub site: &'a Site,
    /// The compose project's name, where the folder's name is not it.
    pub project: Option<&'a str>,
    /// Who changes the credential; without one the user does, with a known value.
    pub admin: Option<Admin>,
}

/// Whether a login says anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A wrong value is refused, so that an accepted one is the right one.
    Proven,
    /// Logins say nothing here; why.
    Unprovable(String),
}

/// A live service that keeps a credential.
pub trait Target {
    /// For messages, e.g. `postgres role "app" at compose:db`.
    fn name(&self) -> String;

    /// Looks and changes nothing. An error is whatever would make [`Target::set`] fail and can be known beforehand; the
    /// lines are what the user should know, such as a change that a restart would lose.
    fn examine(&self, current: &Credential<'_>) -> Result<Vec<String>>;

    /// A fresh login: whether it is accepted. An error if neither is known, as when nobody answers.
    fn test(&self, credential: &Credential<'_>) -> Result<bool>;

    /// Whether [`Target::test`] tells anything: a value that nobody has must be refused.
    fn proof(&self, user: &str, nobodys: &SecretValue) -> Result<Proof> {
        if self.test(&Credential { user, value: nobodys })? {
            return Ok(Proof::Unprovable("it lets a wrong value in".to_owned()));
        }
        Ok(Proof::Proven)
    }

    /// Makes `want` the user's credential, whichever of `known` is in force now, and durable in the service. Where the
    /// service accepts several, the others stay. `want` may be in force already.
    fn set(&self, want: &Credential<'_>, known: &[Credential<'_>]) -> Result<()>;

    /// Takes `old` away, so that only `current` is accepted. Nothing is to be done where setting did it.
    fn retire(&self, old: &Credential<'_>, current: &Credential<'_>) -> Result<()>;

    /// Ends the sessions that were opened with `old`, and says how many; `None` where the service cannot.
    fn sessions(&self, old: &Credential<'_>, current: &Credential<'_>) -> Result<Option<usize>>;
}

/// Makes `want` accepted, and proves it. `nobodys` is a value that has never been used.
pub fn apply(
    target: &dyn Target,
    want: &Credential<'_>,
    known: &[Credential<'_>],
    nobodys: &SecretValue,
) -> Result<Proof> {
    let named = |e: Error| e.context(target.name());
    target.set(want, known).map_err(named)?;
    // after, because a user may have had to be made first
    let proof = target.proof(want.user, nobodys).map_err(named)?;
    if proof == Proof::Proven && !target.test(want).map_err(named)? {
        return Err(named(Error::failed("it was told the value and does not accept it")));
    }
    Ok(proof)
}

/// Takes `old` away, and proves it, and that `current` is still accepted.
pub fn revoke(
    target: &dyn Target,
    old: &Credential<'_>,
    current: &Credential<'_>,
    nobodys: &SecretValue,
) -> Result<Proof> {
    let named = |e: Error| e.context(target.name());
    if old.user == current.user && old.value.same_as(current.value) {
        return Ok(Proof::Proven);
    }
    let proof = target.proof(current.user, nobodys).map_err(named)?;
    target.retire(old, current).map_err(named)?;
    if proof == Proof::Proven {
        if !target.test(current).map_err(named)? {
            return Err(named(Error::failed(
                "it refuses the present value since the old one was taken away",
            )));
        }
        if target.test(old).map_err(named)? {
            return Err(named(Error::failed("it still accepts the old value")));
        }
    }
    Ok(proof)
}

/// The target of a configuration.
pub fn open<'a>(config: &'a TargetConfig, reach: Reach<'a>) -> Result<Box<dyn Target + 'a>> {
    match &config.service {
        Service::Redis { .. } => Ok(Box::new(redis::Redis::new(config, reach)?)),
        Service::Postgres(database) => Ok(Box::new(postgres::Postgres::new(config, database, reach)?)),
        Service::Command { run } => Ok(Box::new(command::Command::new(config, run, reach))),
        Service::Http(calls) => Ok(Box::new(http::Http::new(config, calls, reach))),
        Service::Grafana { at } => Ok(Box::new(grafana::Grafana::new(config, at, reach))),
        Service::Mysql(database) => Ok(Box::new(mysql::Mysql::new(config, database, reach))),
    }
}
