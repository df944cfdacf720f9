//! Users of MySQL and MariaDB; which of the two it is, the server says.
//!
//! An application logs in with a name; which account that is, `'app'@'%'` or `'app'@'10.%'`, depends on where it comes
//! from. So `user` is the name alone, and all accounts of that name get the value: there is no way to leave one out. A
//! user who changes the password themselves, without CREATE USER, reaches only the account they are logged in to.
//!
//! No statement holds a value: the servers take hashes, which are made here (`hash`). That is why MySQL wants somebody
//! with CREATE USER: from anybody else it takes the value in clear only, over a connection that is not encrypted.
//!
//! MySQL has two passwords a user: setting one keeps the other, until it is taken away. MariaDB has one. Where two users
//! take turns, the idle one is made when it is first needed, for the same hosts, and gets the rights, roles and limits
//! of the first each time it is set; the old one ends with a password that nobody has, and locked. What the first owns
//! by other means, as the definer of a view, stays its own.
//!
//! On a primary all of it replicates. Not known here: who else has sessions, and whether the application's own host
//! finds another account than ours does.

mod accounts;
mod grants;
mod hash;
mod link;
#[cfg(test)]
mod tests;
mod words;

use accounts::{Account, Besides, accounts, own};
use link::{Answer, Failure, Kind, Link, Login};
use words::quoted;

use super::place::{Place, find};
use super::{Credential, Reach, Target};
use crate::config::{Database, TargetConfig, Users};
use crate::error::{Error, Result};

/// A user of a server, or two who take turns.
pub(super) struct Mysql<'a> {
    config: &'a TargetConfig,
    database: &'a Database,
    reach: Reach<'a>,
}

/// Somebody who changes passwords.
struct Actor {
    link: Link,
    /// Whether they may change those of others, and with a hash.
    privileged: bool,
}

impl<'a> Mysql<'a> {
    pub(super) fn new(config: &'a TargetConfig, database: &'a Database, reach: Reach<'a>) -> Self {
        Mysql { config, database, reach }
    }

    fn try_login(&self, login: Login<'_>) -> Result<Answer> {
        Link::open(&self.place()?, login, self.config.timeout, &self.database.at.to_string())
    }

    /// A fresh login; none where it is refused.
    fn login(&self, login: Login<'_>) -> Result<Option<Link>> {
        match self.try_login(login)? {
            Answer::In(link) => Ok(Some(link)),
            Answer::Refused => Ok(None),
            Answer::OtherWay => Err(self.other_way(login.user)),
        }
    }

    fn other_way(&self, user: &str) -> Error {
        let at = &self.database.at;
        Error::failed(format!("{at} wants another way of logging {user:?} in than this client has"))
            .note("it has mysql_native_password and caching_sha2_password")
    }

    fn place(&self) -> Result<Place> {
        if self.database.exec {
            return Err(Error::usage("`via = \"exec\"` is not supported for MySQL and MariaDB")
                .note("from inside the container a login goes through the server's socket and proves nothing")
                .hint("leave `via` out: the container is reached by its address"));
        }
        find(&self.database.at, &self.reach)
    }

    /// Logs in as the admin, or as the user with whichever value is in force.
    fn actor(&self, known: &[Credential<'_>]) -> Result<Actor> {
        let mut link = self.anybody(known)?;
        link.settle(self.config.timeout)?;
        let privileged = self.reach.admin.is_some() || may(&mut link, "CREATE USER")?;
        if !privileged && link.kind == Kind::MySql {
            return Err(Error::failed("MySQL takes a hash only from somebody with CREATE USER")
                .note("without one the new value would travel in clear")
                .hint("name an admin by \"admin-user\" and \"admin-password\""));
        }
        Ok(Actor { link, privileged })
    }

    fn anybody(&self, known: &[Credential<'_>]) -> Result<Link> {
        let at = &self.database.at;
        let Some(admin) = &self.reach.admin else {
            for Credential { user, value } in known {
                if let Some(link) = self.login(Login { user, value: Some(value), database: None })? {
                    return Ok(link);
                }
            }
            let user = known.first().map_or("", |one| one.user);
            return Err(Error::failed(format!("{at} refuses user {user:?} with every value that is known"))
                .hint("name an admin by \"admin-user\" and \"admin-password\""));
        };
        let without = admin.passwords.is_empty().then_some(None);
        for value in admin.passwords.iter().map(Some).chain(without) {
            if let Some(link) = self.login(Login { user: &admin.user, value, database: None })? {
                return Ok(link);
            }
        }
        Err(Error::failed(format!("{at} refuses the admin {:?}", admin.user))
            .hint("see \"admin-user\" and the value that \"admin-password\" names"))
    }

    /// The accounts of a user that this actor reaches, each fit for a new password.
    fn usable(&self, actor: &mut Actor, user: &str) -> Result<Vec<Account>> {
        let found =
            if actor.privileged { accounts(&mut actor.link, user)? } else { vec![own(&mut actor.link)?] };
        match found.iter().find_map(|account| account.unusable(actor.link.kind)) {
            Some(error) => Err(error),
            None => Ok(found),
        }
    }

    /// The same, where there must be one.
    fn existing(&self, actor: &mut Actor, user: &str) -> Result<Vec<Account>> {
        let found = self.usable(actor, user)?;
        if found.is_empty() {
            return Err(Error::failed(format!("there is no user {user:?}"))
                .hint(format!("run CREATE USER {} on the server", accounts::named(user, "%"))));
        }
        Ok(found)
    }

    /// The second user's accounts as they are, for the hosts of the first. One more would get the password and no
    /// rights that are known here.
    fn second(&self, actor: &mut Actor, users: &[String; 2], first: &[Account]) -> Result<Vec<Account>> {
        let found = self.usable(actor, &users[1])?;
        match found.iter().find(|two| !first.iter().any(|one| one.host == two.host)) {
            None => Ok(found),
            Some(odd) => {
                Err(Error::failed(format!("{:?} has no account for the host of {}", users[0], odd.name))
                    .note("two users who take turns have the same hosts")
                    .hint(format!("run DROP USER {}, or create one for {:?}", odd.name, users[0])))
            }
        }
    }

    /// Makes the second user what the first is.
    fn level(&self, actor: &mut Actor, users: &[String; 2]) -> Result<()> {
        let first = self.existing(actor, &users[0])?;
        let present = self.second(actor, users, &first)?;
        for one in &first {
            if !present.iter().any(|two| two.host == one.host) {
                accounts::create_shut(&mut actor.link, &users[1], &one.host)?;
            }
        }
        for (one, two) in first.iter().zip(&accounts(&mut actor.link, &users[1])?) {
            grants::mirror(&mut actor.link, one, two)?;
        }
        Ok(())
    }

    /// What would make a change fail, or make it undone.
    fn state(&self, link: &mut Link) -> Result<Vec<String>> {
        for variable in ["read_only", "super_read_only"] {
            if link.is_on(variable)? {
                return Err(Error::failed(format!("the server is read-only ({variable} is on)"))
                    .note("a replica gets its users from its primary")
                    .hint("name the primary in \"at\""));
            }
        }
        if link.is_on("skip_grant_tables")? {
            return Err(Error::failed("the server runs without its grant tables, and lets everybody in")
                .hint("start it without skip-grant-tables"));
        }
        let strict = "SELECT COUNT(*) FROM information_schema.plugins \
            WHERE plugin_type = 'PASSWORD VALIDATION' AND plugin_status = 'ACTIVE'";
        if link.is_on("strict_password_validation")? && link.value(strict)?.is_some_and(|count| count != "0")
        {
            return Err(Error::failed("the server has rules for passwords, and so takes no hash")
                .hint("run SET GLOBAL strict_password_validation = OFF; the values are random"));
        }
        let attempts = link.variable("max_password_errors")?.and_then(|number| number.parse::<u64>().ok());
        if attempts.is_some_and(|number| number < 3) {
            return Err(Error::failed("the server blocks a user after one or two failed logins")
                .note("the proof that an old value is refused is a failed login")
                .hint("run SET GLOBAL max_password_errors = 3, or more"));
        }
        let status =
            if link.kind == Kind::MariaDb { "SHOW ALL SLAVES STATUS" } else { "SHOW REPLICA STATUS" };
        match link.rows(status) {
            Ok(rows) if !rows.is_empty() => {
                Ok(vec!["the server is a replica: a change made here does not reach its primary".to_owned()])
            }
            // whoever may not see it is not told
            _ => Ok(Vec::new()),
        }
    }
}

impl Target for Mysql<'_> {
    fn name(&self) -> String {
        match &self.config.users {
            Users::Single(user) => format!("mysql user {user:?} at {}", self.database.at),
            Users::Alternating { users: [one, two], .. } => {
                format!("mysql users {one:?} and {two:?} at {}", self.database.at)
            }
        }
    }

    fn examine(&self, current: &Credential<'_>) -> Result<Vec<String>> {
        if matches!(self.config.users, Users::Alternating { .. }) && self.reach.admin.is_none() {
            return Err(Error::usage(
                "two users who take turns need an admin who gives them the same rights",
            )
            .hint("name one by \"admin-user\" and \"admin-password\""));
        }
        if let (Users::Alternating { users, .. }, Some(admin)) = (&self.config.users, &self.reach.admin)
            && users.contains(&admin.user)
        {
            return Err(Error::usage(format!("the admin {:?} is one of the two users", admin.user))
                .note("whoever is not in use is locked"));
        }
        let mut actor = self.actor(&[*current])?;
        let mut lines = self.state(&mut actor.link)?;
        let role = actor.link.value("SELECT CURRENT_ROLE()")?;
        // what a role allows is not looked for
        if actor.privileged && role.is_none_or(|role| role == "NONE") && !may(&mut actor.link, "CREATE USER")?
        {
            let user = self.reach.admin.as_ref().map_or(current.user, |admin| &admin.user);
            return Err(Error::failed(format!("{user:?} may not change users"))
                .hint(format!("run GRANT CREATE USER ON *.* TO {}", own(&mut actor.link)?.name)));
        }
        let found = match &self.config.users {
            Users::Single(user) => {
                if !self.config.keep_for.is_zero() && actor.link.kind == Kind::MariaDb {
                    return Err(Error::usage(
                        "\"keep-for\" needs two passwords, and MariaDB has one for a user",
                    )
                    .hint("use `users = [\"…\", \"…\"]`, two users who take turns"));
                }
                self.existing(&mut actor, user)?
            }
            Users::Alternating { users, .. } => {
                let first = self.existing(&mut actor, &users[0])?;
                for account in &first {
                    grants::understood(&mut actor.link, account)?;
                }
                let second = self.second(&mut actor, users, &first)?;
                if second.len() < first.len() {
                    lines.push(format!("user {:?} is made with the rights of {:?}", users[1], users[0]));
                }
                if current.user == users[1] { second } else { first }
            }
        };
        if let Some(locked) = found.iter().find(|account| account.locked()) {
            return Err(Error::failed(format!("account {} is locked", locked.name)));
        }
        if found.len() > 1 {
            let hosts: Vec<&str> = found.iter().map(|account| account.host.as_str()).collect();
            lines.push(format!(
                "{:?} has accounts for {}; all get the value",
                current.user,
                hosts.join(", ")
            ));
        }
        if !actor.privileged {
            lines.push(format!("only account {} changes: its user sees no other", found[0].name));
        }
        if !self.test(current)? {
            let error = Error::failed(format!("the present value of {:?} is refused", current.user))
                .note(format!("or its accounts are not for this host, but for {}", hosts(&found)));
            // an account for a nearer host goes before one for the right user
            let anonymous = actor.privileged && !accounts(&mut actor.link, "")?.is_empty();
            // an admin sets it anew without knowing it
            if !anonymous && self.reach.admin.is_some() {
                return Ok(lines);
            }
            return Err(if anonymous {
                error
                    .note("the server has accounts without a name, which may take the login over")
                    .hint("see SELECT Host FROM mysql.user WHERE User = '', and DROP USER ''@'...'")
            } else {
                error
            });
        }
        Ok(lines)
    }

    fn test(&self, credential: &Credential<'_>) -> Result<bool> {
        let database = self.database.database.as_deref();
        let login = Login { user: credential.user, value: Some(credential.value), database };
        match self.try_login(login)? {
            Answer::In(_) => Ok(true),
            Answer::Refused => Ok(false),
            // only an admin can see that there is no such user
            Answer::OtherWay if self.reach.admin.is_some() => {
                let found = accounts(&mut self.actor(&[])?.link, credential.user)?;
                if found.is_empty() { Ok(false) } else { Err(self.other_way(credential.user)) }
            }
            Answer::OtherWay => Err(self.other_way(credential.user)),
        }
    }

    fn set(&self, want: &Credential<'_>, known: &[Credential<'_>]) -> Result<()> {
        let mut actor = self.actor(known)?;
        let mut besides = Besides::Nothing;
        match &self.config.users {
            Users::Alternating { users, .. } => {
                if want.user == users[1] {
                    self.level(&mut actor, users)?;
                }
                besides = Besides::Unlock;
            }
            Users::Single(_) if actor.link.kind == Kind::MySql => {
                // once more would keep the value beside itself, and lose the old one
                if self.test(want)? {
                    return Ok(());
                }
                besides = Besides::Retain;
            }
            Users::Single(_) => {}
        }
        let found = self.existing(&mut actor, want.user)?;
        if !actor.privileged {
            let own = format!("SET PASSWORD = '{}'", hash::native(want.value));
            return actor.link.run("take the new password", &own);
        }
        accounts::set_password(&mut actor.link, &found, want.value, besides)
    }

    fn retire(&self, old: &Credential<'_>, current: &Credential<'_>) -> Result<()> {
        if old.user != current.user {
            let mut actor = self.actor(&[*current])?;
            let found = accounts(&mut actor.link, old.user)?;
            return if found.is_empty() { Ok(()) } else { accounts::shut(&mut actor.link, &found) };
        }
        let mut actor = self.actor(&[*current, *old])?;
        if actor.link.kind == Kind::MariaDb {
            return Ok(());
        }
        // whichever of the two was the second one: the first is made the present one, and the second goes
        let found = self.existing(&mut actor, current.user)?;
        accounts::set_password(&mut actor.link, &found, current.value, Besides::Nothing)?;
        accounts::discard(&mut actor.link, &found)
    }

    fn sessions(&self, old: &Credential<'_>, current: &Credential<'_>) -> Result<Option<usize>> {
        let mut actor = self.actor(&[*current])?;
        let link = &mut actor.link;
        let role = link.value("SELECT CURRENT_ROLE()")?;
        let own_only = own(link)?.name.starts_with(&format!("{}@", quoted(old.user)));
        if !own_only && role.is_none_or(|role| role == "NONE") && !may(link, "PROCESS")? {
            return Ok(None);
        }
        let query = "SELECT id, user FROM information_schema.processlist WHERE id <> CONNECTION_ID()";
        let mut ended = 0;
        for row in link.rows(query).map_err(|failure| failure.told("show its sessions"))? {
            let [Some(id), Some(user)] = row.as_slice() else { continue };
            // here, because the server would take "App" for "app"
            if user != old.user {
                continue;
            }
            match link.try_run(&format!("KILL {id}")) {
                Ok(()) => ended += 1,
                // it went by itself
                Err(Failure(Some(1094))) => {}
                Err(failure) => return Err(failure.told("end a session")),
            }
        }
        Ok(Some(ended))
    }
}

/// Whether whoever is logged in has a right on everything, by themselves.
fn may(link: &mut Link, right: &str) -> Result<bool> {
    let current = link.value("SELECT CURRENT_USER()")?.unwrap_or_default();
    let (user, host) = current.rsplit_once('@').unwrap_or((&current, ""));
    // as it stands there: nothing in it is escaped, and an admin sees those of others too
    let grantee = format!("'{user}'@'{host}'");
    let query = format!(
        "SELECT grantee FROM information_schema.user_privileges WHERE privilege_type = {}",
        quoted(right)
    );
    let found = link.column(&query).map_err(|failure| failure.told("show who may do what"))?;
    Ok(found.contains(&grantee))
}

fn hosts(accounts: &[Account]) -> String {
    let hosts: Vec<&str> = accounts.iter().map(|account| account.host.as_str()).collect();
    hosts.join(", ")
}
