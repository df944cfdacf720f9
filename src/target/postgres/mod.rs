//! PostgreSQL 10 and later: the password of a role, or of two roles that take turns.
//!
//! The server is told a SCRAM-SHA-256 verifier that is made here, so that no statement, and so no log of the server,
//! holds a password. It is spoken to over the network or a socket, where logins prove something, or through psql in its
//! container (`exec`), where they prove nothing and what it keeps is compared with the value instead.

mod alternating;
mod exec;
mod login;
mod role;
mod session;
#[cfg(test)]
mod tests;
mod verifier;
mod wire;

use std::time::Duration;

use super::place::{self, Place};
use super::{Credential, Proof, Reach, Target};
use crate::config::{Address, Database, TargetConfig, Users};
use crate::error::{Error, Result};
use crate::process::Deadline;
use crate::secret::SecretValue;
use exec::Psql;
use login::{Login, Refusal, Visit, login};
use role::{Facts, ident, literal};
use session::{Failure, Link, Session};

/// The server cuts longer names short.
const LONGEST_NAME: usize = 63;

/// How long ended sessions may take to be gone.
const ENDING: Duration = Duration::from_secs(5);

/// A role, or two, of a server.
pub(super) struct Postgres<'a> {
    config: &'a TargetConfig,
    database: &'a Database,
    reach: Reach<'a>,
    /// The address as it was written.
    at: String,
    /// The roles; the first owns everything.
    first: &'a str,
    second: Option<&'a str>,
}

/// How a login ended, after all databases were tried that may be used.
enum Entry {
    In {
        session: Session,
        asked: bool,
    },
    /// The value is right, but there is no database for it.
    Accepted(Refusal),
    Refused(Refusal),
}

impl<'a> Postgres<'a> {
    pub(super) fn new(config: &'a TargetConfig, database: &'a Database, reach: Reach<'a>) -> Result<Self> {
        let (first, second) = match &config.users {
            Users::Single(user) => (user.as_str(), None),
            Users::Alternating { users: [first, second], .. } => (first.as_str(), Some(second.as_str())),
        };
        let admin = reach.admin.as_ref().map(|admin| admin.user.as_str());
        for name in [Some(first), second, admin, database.database.as_deref()].into_iter().flatten() {
            if name.is_empty() || name.len() > LONGEST_NAME || name.contains('\0') {
                return Err(Error::usage(format!("postgres has no name like {name:?}"))
                    .note(format!("a name has 1 to {LONGEST_NAME} bytes")));
            }
        }
        if second.is_some() && admin.is_none() {
            return Err(Error::usage("two postgres roles that take turns need `admin-user`")
                .note("the second role is made like the first, which a role cannot do for another"));
        }
        Ok(Postgres { config, database, reach, at: database.at.to_string(), first, second })
    }

    fn enter(&self, user: &str, value: Option<&SecretValue>, databases: &[&str]) -> Result<Entry> {
        let place = self.place()?;
        let mut found = None;
        for (i, database) in databases.iter().enumerate() {
            if databases[..i].contains(database) {
                continue;
            }
            let limit = self.config.timeout;
            match login(&Visit { place: &place, at: &self.at, user, value, database, limit })? {
                Login::In { session, asked } => return Ok(Entry::In { session, asked }),
                Login::Out(refusal) if refusal.is_of_the_database() => {
                    found.get_or_insert(Entry::Accepted(refusal));
                }
                Login::Out(refusal) if refusal.is_of_the_rules() => {
                    found.get_or_insert(Entry::Refused(refusal));
                }
                // the value is known to be right already
                Login::Out(_) if matches!(found, Some(Entry::Accepted(_))) => break,
                Login::Out(refusal) => {
                    refusal.refused(&self.at)?;
                    return Ok(Entry::Refused(refusal));
                }
            }
        }
        found.ok_or_else(|| Error::failed("there is no database to log in to"))
    }

    fn place(&self) -> Result<Place> {
        place::find(&self.database.at, &self.reach)
    }

    /// A login as an application makes it: to the database that is named, or to the role's own, or to the usual one
    /// where pg_hba.conf keeps the role from its own.
    fn knock(&self, credential: &Credential<'_>) -> Result<Entry> {
        let named = self.database.database.as_deref();
        let databases: &[&str] = &match named {
            Some(name) => [name, name],
            None => [credential.user, "postgres"],
        };
        self.enter(credential.user, Some(credential.value), databases)
    }

    /// Who changes things, and whether that is the role itself.
    fn teller(&self, user: &str) -> (String, bool) {
        match &self.reach.admin {
            Some(admin) => (admin.user.clone(), false),
            None => (user.to_owned(), true),
        }
    }

    /// A session that may change things: of the admin, or of the role itself with whichever value is in force.
    fn work(&self, user: &str, known: &[Credential<'_>]) -> Result<Box<dyn Link + '_>> {
        let (teller, itself) = self.teller(user);
        let named = self.database.database.as_deref();
        if let (true, Address::Compose { service, .. }) = (self.database.exec, &self.database.at) {
            let (site, project) = (self.reach.site, self.reach.project);
            let database = named.unwrap_or("postgres");
            let who = (teller.as_str(), itself);
            return Ok(Box::new(Psql::new((site, project), service, who, database, self.config.timeout)?));
        }
        // the database does not matter for roles, only that there is one
        let databases = [named.unwrap_or("postgres"), "postgres", &teller, "template1"];
        let mut values: Vec<Option<&SecretValue>> =
            self.reach.admin.iter().flat_map(|admin| &admin.passwords).map(Some).collect();
        // an admin who is told a new value itself
        values.extend(known.iter().filter(|c| c.user == teller).map(|c| Some(c.value)));
        if values.is_empty() {
            values.push(None);
        }
        let mut last = None;
        for value in values {
            match self.enter(&teller, value, &databases)? {
                Entry::In { mut session, .. } => {
                    if itself {
                        session.run("SET ROLE NONE").map_err(Failure::into_error)?;
                    }
                    return Ok(Box::new(session));
                }
                Entry::Accepted(refusal) => {
                    let code = &refusal.code;
                    return Err(Error::failed(format!("role {teller:?} gets no session (SQLSTATE {code})"))
                        .hint("set `database` to one that the role may use"));
                }
                Entry::Refused(refusal) => last = Some(refusal),
            }
        }
        Err(match last {
            Some(refusal) if refusal.is_of_the_role() => cannot_log_in(&teller),
            Some(refusal) if refusal.is_of_the_rules() => no_rule(&teller),
            Some(refusal) if refusal.asked && !itself && self.passwords() == 0 => {
                Error::failed(format!("the admin {teller:?} is asked for a password"))
                    .hint("set `admin-password` to the key that holds it")
            }
            _ if itself => Error::failed(format!("role {teller:?} is refused with every known value")),
            _ => Error::failed(format!("the admin {teller:?} is refused with every known password"))
                .hint("put the password that is in force into the key that `admin-password` names"),
        })
    }

    fn passwords(&self) -> usize {
        self.reach.admin.as_ref().map_or(0, |admin| admin.passwords.len())
    }

    fn look(&self, link: &mut dyn Link) -> Result<Facts> {
        role::look(link, self.first, self.second)
    }

    /// Whatever is known to make a change fail.
    fn check(&self, facts: &Facts, user: &str) -> Result<()> {
        facts.server()?;
        let Some(first) = &facts.first else { return Err(missing(self.first)) };
        if Some(user) != self.second && user != self.first {
            return Err(stranger(user));
        }
        if let Some(second) = self.second {
            alternating::check(facts, [self.first, second])?;
            if let Some(role) = &facts.second {
                role.usable(second)?;
                facts.may_change(role, second)?;
            }
        }
        first.usable(self.first)?;
        facts.may_change(first, self.first)
    }

    /// What the server keeps of a role's password; `None` where it keeps nothing.
    fn kept(link: &mut dyn Link, user: &str) -> Result<Option<String>> {
        let sql = format!("SELECT rolpassword FROM pg_authid WHERE rolname = {}", literal(user));
        let rows = link.run(&sql).map_err(Failure::into_error)?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
    }

    /// Ends the role's other sessions, and waits until they are gone.
    fn end(&self, link: &mut dyn Link, user: &str) -> Result<usize, Failure> {
        let rows = link.run(&format!(
            // not in the condition, which the server may try on every session before it looks at the role
            "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE usename = {} AND pid <> pg_backend_pid()",
            literal(user)
        ))?;
        // numbers, but it is another's word
        let ended: Vec<u32> = rows.iter().filter_map(|row| row.first()?.as_deref()?.parse().ok()).collect();
        let list: Vec<String> = ended.iter().map(u32::to_string).collect();
        let deadline = Deadline::new(ENDING.min(self.config.timeout / 2));
        while !ended.is_empty() {
            let sql = format!("SELECT pid FROM pg_stat_activity WHERE pid IN ({})", list.join(", "));
            if link.run(&sql)?.is_empty() {
                break;
            }
            if deadline.left().is_zero() {
                return Err(Error::failed(format!("sessions of role {user:?} do not end")).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(ended.len())
    }
}

impl Target for Postgres<'_> {
    fn name(&self) -> String {
        match self.second {
            None => format!("postgres role {:?} at {}", self.first, self.at),
            Some(second) => format!("postgres roles {:?} and {second:?} at {}", self.first, self.at),
        }
    }

    fn examine(&self, current: &Credential<'_>) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        if !self.database.exec {
            match self.knock(current)? {
                Entry::In { .. } => {}
                Entry::Accepted(refusal) => lines.push(format!(
                    "role {:?} logs in, but gets no session (SQLSTATE {})",
                    current.user, refusal.code
                )),
                Entry::Refused(refusal) if refusal.is_of_the_role() => {
                    return Err(cannot_log_in(current.user));
                }
                Entry::Refused(refusal) if refusal.is_of_the_rules() => return Err(no_rule(current.user)),
                Entry::Refused(_) if self.reach.admin.is_none() => {
                    return Err(Error::failed(format!(
                        "role {:?} is refused with the present value",
                        current.user
                    ))
                    .hint("set `admin-user`, who can change it without knowing it"));
                }
                Entry::Refused(_) => {
                    lines.push(format!("role {:?} is refused with the present value", current.user));
                }
            }
            for user in self.second.iter().copied().chain([self.first]).filter(|user| *user != current.user) {
                // rules are looked at before roles, so that this says something of a role that is yet to be made
                if let Entry::Refused(refusal) = self.knock(&Credential { user, value: current.value })?
                    && refusal.is_of_the_rules()
                {
                    return Err(no_rule(user));
                }
            }
        }
        let mut link = self.work(current.user, &[*current])?;
        let facts = self.look(link.as_mut())?;
        self.check(&facts, current.user)?;
        lines.extend(facts.remarks());
        if let (Some(second), None) = (self.second, &facts.second) {
            lines.push(format!("role {second:?} will be made, like {:?}", self.first));
        }
        if self.database.exec && !facts.reads {
            lines.push("it cannot be checked what the server keeps: that takes a superuser".to_owned());
        }
        Ok(lines)
    }

    fn test(&self, credential: &Credential<'_>) -> Result<bool> {
        if !self.database.exec {
            return Ok(!matches!(self.knock(credential)?, Entry::Refused(_)));
        }
        // a login inside the container would say nothing; what is kept does
        let mut link = self.work(credential.user, &[*credential])?;
        if !self.look(link.as_mut())?.reads {
            return Err(Error::failed("it cannot be told which value is in force")
                .note("inside the container logins are not checked, and what the server keeps only a superuser sees"));
        }
        let Some(kept) = Self::kept(link.as_mut(), credential.user)? else { return Ok(false) };
        verifier::fits(&kept, credential.user, credential.value)
            .ok_or_else(|| Error::failed("what the server keeps of the password is of an unknown kind"))
    }

    fn proof(&self, user: &str, nobodys: &SecretValue) -> Result<Proof> {
        if self.database.exec {
            return Ok(Proof::Unprovable(
                "it is told inside its container, where logins are not checked".to_owned(),
            ));
        }
        let trusts = "pg_hba.conf trusts connections from here";
        Ok(match self.knock(&Credential { user, value: nobodys })? {
            Entry::Refused(_) => Proof::Proven,
            Entry::In { asked: false, .. } | Entry::Accepted(Refusal { asked: false, .. }) => {
                Proof::Unprovable(trusts.to_owned())
            }
            Entry::In { .. } | Entry::Accepted(_) => Proof::Unprovable("it lets a wrong value in".to_owned()),
        })
    }

    fn set(&self, want: &Credential<'_>, known: &[Credential<'_>]) -> Result<()> {
        let kept = verifier::make(want.value)?;
        let mut all = known.to_vec();
        all.push(*want);
        let mut link = self.work(want.user, &all)?;
        let facts = self.look(link.as_mut())?;
        self.check(&facts, want.user)?;
        let mut sql = "BEGIN; ".to_owned();
        if facts.lazy {
            sql += "SET LOCAL synchronous_commit = local; ";
        }
        if let (Some(second), Some(one)) = (self.second, &facts.first)
            && want.user == second
        {
            sql += &alternating::statements(link.as_mut(), &facts, one, [self.first, second])?;
        }
        sql += &format!("ALTER ROLE {} PASSWORD '{kept}'; COMMIT", ident(want.user));
        link.run(&sql).map_err(|failure| self.changing(failure, want.user))?;
        if facts.reads {
            let now = Self::kept(link.as_mut(), want.user)?;
            if now.and_then(|now| verifier::fits(&now, want.user, want.value)) != Some(true) {
                return Err(Error::failed("it was told the value and does not keep it"));
            }
        }
        Ok(())
    }

    fn retire(&self, old: &Credential<'_>, current: &Credential<'_>) -> Result<()> {
        if old.user == current.user {
            return Ok(());
        }
        let mut link = self.work(old.user, &[*current, *old])?;
        let facts = self.look(link.as_mut())?;
        let there = match old.user {
            user if user == self.first => &facts.first,
            user if Some(user) == self.second => &facts.second,
            user => return Err(stranger(user)),
        };
        if there.is_none() {
            return Ok(());
        }
        let lazy = if facts.lazy { "SET LOCAL synchronous_commit = local; " } else { "" };
        let sql = format!("BEGIN; {lazy}ALTER ROLE {} PASSWORD NULL; COMMIT", ident(old.user));
        link.run(&sql).map_err(|failure| self.changing(failure, old.user)).map(drop)
    }

    fn sessions(&self, old: &Credential<'_>, current: &Credential<'_>) -> Result<Option<usize>> {
        let mut link = self.work(old.user, &[*current, *old])?;
        match self.end(link.as_mut(), old.user) {
            Ok(count) => Ok(Some(count)),
            Err(failure) if failure.is("42501") => {
                // a role may end its own sessions, and those of a role that it was given
                if !self.database.exec
                    && let Entry::In { mut session, .. } = self.knock(current)?
                    && let Ok(count) = self.end(&mut session, old.user)
                {
                    return Ok(Some(count));
                }
                let teller = self.teller(old.user).0;
                Err(Error::failed(format!("role {teller:?} may not end the sessions of {:?}", old.user))
                    .hint(format!("GRANT pg_signal_backend TO {}", ident(&teller))))
            }
            Err(failure) => Err(failure.into_error()),
        }
    }
}

impl Postgres<'_> {
    fn changing(&self, failure: Failure, user: &str) -> Error {
        failure.into_error().context(format!("cannot change role {user:?}"))
    }
}

fn stranger(user: &str) -> Error {
    Error::failed(format!("role {user:?} is none of those that the target names"))
}

fn missing(user: &str) -> Error {
    Error::failed(format!("there is no role {user:?}")).hint(format!("CREATE ROLE {} LOGIN", ident(user)))
}

fn cannot_log_in(user: &str) -> Error {
    Error::failed(format!("role {user:?} may not log in (NOLOGIN)"))
        .hint(format!("ALTER ROLE {} LOGIN", ident(user)))
}

fn no_rule(user: &str) -> Error {
    Error::failed(format!("pg_hba.conf lets role {user:?} not in from here (SQLSTATE 28000)"))
        .note("no line is for this role, database and address, or one rejects them")
        .hint("see the server's log, and set `database` to the one that the role uses")
}
