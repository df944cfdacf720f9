//! Redis 6 or later, and Valkey: a password of an ACL user. The user `default` is whom `requirepass` speaks of.
//!
//! A user may have several passwords, so that the new one is accepted beside the old until that is taken away. The
//! server is told hashes only; a value itself travels in a login, which the server redacts wherever it shows commands.
//!
//! A change is made to last by the server itself (see [`keep`]). Whether it can is tried before anything is changed, so
//! that an error leaves the server as it was. It does not know replicas, clusters or sentinels beyond naming them: each
//! of their servers keeps users of its own.

mod account;
mod examine;
mod keep;
mod link;
#[cfg(test)]
mod tests;

use std::time::Duration;

use ::redis::Value;

use self::account::{Account, Hash};
use self::keep::Keeping;
use self::link::Link;
use super::{Credential, Reach, Target, place};
use crate::config::{Address, Service, TargetConfig, Users};
use crate::error::{Error, Result};

/// The user that `requirepass` speaks of.
const DEFAULT: &str = "default";

const UNCHANGED: &str = "nothing was changed";

/// A user of a Redis server.
pub(super) struct Redis<'a> {
    at: &'a Address,
    user: &'a str,
    volatile: bool,
    timeout: Duration,
    reach: Reach<'a>,
}

impl<'a> Redis<'a> {
    pub(super) fn new(config: &'a TargetConfig, reach: Reach<'a>) -> Result<Self> {
        match (&config.service, &config.users) {
            (Service::Redis { at, volatile }, Users::Single(user)) => {
                Ok(Redis { at, user, volatile: *volatile, timeout: config.timeout, reach })
            }
            _ => Err(Error::usage("a target of kind redis has one user")),
        }
    }

    /// A connection that nobody is logged in on.
    fn connect(&self) -> Result<Link> {
        Link::open(&place::find(self.at, &self.reach)?, &self.at.to_string(), self.timeout)
    }

    /// A connection of who may change passwords: the admin, or else the user with one of these values.
    fn act<'c>(&self, values: impl Iterator<Item = &'c Credential<'c>>) -> Result<Link> {
        // a connection stays as it is when a login fails
        let mut link = self.connect()?;
        let Some(admin) = &self.reach.admin else {
            for credential in values {
                if link.login(self.user, credential.value.expose())? {
                    return Ok(link);
                }
            }
            return Err(Error::failed(format!("no known password of user {:?} is accepted", self.user))
                .hint("name an admin-user in the target, who may set it"));
        };
        // a user without a password is let in with any
        if admin.passwords.is_empty() && link.login(&admin.user, b"")? {
            return Ok(link);
        }
        for password in &admin.passwords {
            if link.login(&admin.user, password.expose())? {
                return Ok(link);
            }
        }
        Err(Error::failed(format!("no known password of the admin {:?} is accepted", admin.user)))
    }

    /// Sends the commands and makes the change last; where that fails, the rule puts the user back.
    fn change(&self, link: &mut Link, keeping: Keeping, commands: &[&[&[u8]]], back: &[u8]) -> Result<()> {
        link.together(commands).map_err(|f| f.error("the change"))?;
        let Err(error) = keeping.keep(link) else { return Ok(()) };
        Err(match link.ask(&[b"ACL", b"SETUSER", self.user.as_bytes(), back]) {
            Ok(_) => error.note(UNCHANGED),
            Err(_) => error.note("the change was made, and is lost when it is restarted"),
        })
    }

    /// Whether `requirepass` still holds the value in clear.
    fn shows(&self, link: &mut Link, old: &Credential<'_>) -> bool {
        // where that may not be asked, it may not be shown either
        self.user == DEFAULT && link.setting("requirepass").is_ok_and(|value| value.same_as(old.value))
    }
}

impl Target for Redis<'_> {
    fn name(&self) -> String {
        format!("redis user {:?} at {}", self.user, self.at)
    }

    fn examine(&self, current: &Credential<'_>) -> Result<Vec<String>> {
        examine::examine(self, current)
    }

    fn test(&self, credential: &Credential<'_>) -> Result<bool> {
        self.connect()?.login(credential.user, credential.value.expose())
    }

    fn set(&self, want: &Credential<'_>, known: &[Credential<'_>]) -> Result<()> {
        let mut link = self.act(std::iter::once(want).chain(known))?;
        let account = Account::read(&mut link, self.user)?;
        let keeping = Keeping::find(&mut link, self.volatile)?;
        let tried = keeping.keep(&mut link);
        if account.has(want.value) && !account.open {
            // what has it alone was never told another: the files that cannot be written now have it alone too
            let alone = !known.iter().any(|c| !c.value.same_as(want.value) && account.has(c.value));
            return if alone { Ok(()) } else { tried };
        }
        tried.map_err(|e| e.note(UNCHANGED))?;
        let hash = Hash::of(want.value);
        let add = hash.rule(b'#');
        self.change(
            &mut link,
            keeping,
            &[&[b"ACL", b"SETUSER", self.user.as_bytes(), &add]],
            &hash.rule(b'!'),
        )
    }

    fn retire(&self, old: &Credential<'_>, current: &Credential<'_>) -> Result<()> {
        let mut link = self.act([current, old].into_iter())?;
        let account = Account::read(&mut link, self.user)?;
        if !account.has(current.value) {
            return Err(Error::failed("it does not know the present value, so the old one is left"));
        }
        let keeping = Keeping::find(&mut link, self.volatile)?;
        let tried = keeping.keep(&mut link);
        let shows = self.shows(&mut link, old);
        if !shows && !account.has(old.value) {
            // as in `set`: had it been taken away here, the files could be written
            return Ok(());
        }
        tried.map_err(|e| e.note(UNCHANGED))?;
        let (user, hash) = (self.user.as_bytes(), Hash::of(old.value));
        let (add, remove) = (hash.rule(b'#'), hash.rule(b'!'));
        if !shows {
            return self.change(&mut link, keeping, &[&[b"ACL", b"SETUSER", user, &remove]], &add);
        }
        // emptying requirepass lets everybody in until a password is told: nobody may come between
        let stay: Vec<Vec<u8>> =
            account.hashes.iter().filter(|h| **h != hash).map(|h| h.rule(b'#')).collect();
        let mut rules: Vec<&[u8]> = vec![b"ACL", b"SETUSER", user, b"resetpass"];
        rules.extend(stay.iter().map(Vec::as_slice));
        self.change(&mut link, keeping, &[&[b"CONFIG", b"SET", b"requirepass", b""], &rules], &add)
    }

    fn sessions(&self, old: &Credential<'_>, current: &Credential<'_>) -> Result<Option<usize>> {
        let mut link = self.act([current, old].into_iter())?;
        // it does not know which password a session was opened with: all of the user end, but this one
        match link.ask(&[b"CLIENT", b"KILL", b"USER", self.user.as_bytes(), b"SKIPME", b"yes"]) {
            Ok(Value::Int(n)) => Ok(usize::try_from(n).ok()),
            Ok(_) => Ok(None),
            Err(failure) => Err(failure.error("CLIENT KILL").hint("allow it to whoever sets the password")),
        }
    }
}
