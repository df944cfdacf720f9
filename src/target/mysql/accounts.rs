//! The accounts of a user name: which there are, whether their password can be set, and the statements that do it.
//!
//! An account is `'user'@'host'`, and one name may have several. It knows what `SHOW CREATE USER` of both servers says;
//! it does not know what the accounts may do (see `grants`).

use super::hash;
use super::link::{Kind, Link};
use super::words::{Word, quoted, words};
use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// An account, as the server describes it.
pub(super) struct Account {
    /// `'user'@'host'`, quoted for statements.
    pub(super) name: String,
    /// The host part, as it is kept.
    pub(super) host: String,
    described: String,
}

/// The accounts of the name, in the order of their hosts.
pub(super) fn accounts(link: &mut Link, user: &str) -> Result<Vec<Account>> {
    // roles live in the same table; MySQL cannot tell them from locked users
    let only_users = if link.kind == Kind::MariaDb { " AND is_role = 'N'" } else { "" };
    let query =
        format!("SELECT Host FROM mysql.user WHERE User = {}{only_users} ORDER BY Host", quoted(user));
    let hosts = link.column(&query).map_err(|failure| failure.told("show the accounts"))?;
    hosts.into_iter().map(|host| describe(link, named(user, &host), host)).collect()
}

/// The account that this connection is logged in to.
pub(super) fn own(link: &mut Link) -> Result<Account> {
    let current = link.value("SELECT CURRENT_USER()")?.unwrap_or_default();
    // a host holds no `@`, a user may
    let (user, host) = current.rsplit_once('@').unwrap_or((&current, ""));
    describe(link, named(user, host), host.to_owned())
}

/// An account's name for statements.
pub(super) fn named(user: &str, host: &str) -> String {
    format!("{}@{}", quoted(user), quoted(host))
}

fn describe(link: &mut Link, name: String, host: String) -> Result<Account> {
    let described = link
        .column(&format!("SHOW CREATE USER {name}"))
        .map_err(|failure| failure.told("describe the account"))?
        .pop()
        .unwrap_or_default();
    Ok(Account { name, host, described })
}

impl Account {
    /// The same account, as it is now.
    pub(super) fn again(link: &mut Link, account: &Account) -> Result<Account> {
        describe(link, account.name.clone(), account.host.clone())
    }

    /// Why its password cannot be set or its login not be tried, if so.
    pub(super) fn unusable(&self, kind: Kind) -> Option<Error> {
        let words = words(&self.described);
        let said = |text: String| Error::failed(format!("account {} {text}", self.name));
        let wanted = match kind {
            Kind::MariaDb => "mysql_native_password",
            Kind::MySql => "caching_sha2_password",
        };
        match plugins(&words).as_slice() {
            // MariaDB says nothing of a native account without a password
            [] if kind == Kind::MariaDb => {}
            [one] if one == wanted => {}
            [other] => {
                return Some(
                    said(format!("logs in by {other}, which this version does not set"))
                        .hint(format!("give it {wanted}, or tell it by a target of kind command")),
                );
            }
            _ => {
                return Some(
                    said("logs in by one of several ways".to_owned())
                        .note("a password set here would take the others away")
                        .hint("use a user that has a password only"),
                );
            }
        }
        let required = words.iter().enumerate().any(|(at, word)| {
            word.is("REQUIRE") && !before(&words, at, "PASSWORD") && !after(&words, at, "NONE")
        });
        if required {
            return Some(
                said("requires TLS, which this version does not speak".to_owned())
                    .hint("tell it by a target of kind command, with the service's own client"),
            );
        }
        let few = |word: &Word<'_>| matches!(word.text, "1" | "2");
        if (0..words.len())
            .any(|at| words[at].is("FAILED_LOGIN_ATTEMPTS") && words.get(at + 1).is_some_and(few))
        {
            return Some(
                said("is blocked after one or two failed logins".to_owned())
                    .note("the proof that an old value is refused is a failed login")
                    .hint("allow three at least: ALTER USER ... FAILED_LOGIN_ATTEMPTS 3"),
            );
        }
        None
    }

    /// Whether nobody can log in.
    pub(super) fn locked(&self) -> bool {
        let words = words(&self.described);
        (0..words.len()).any(|at| words[at].is("ACCOUNT") && after(&words, at, "LOCK"))
    }

    /// What it may use up: `MAX_QUERIES_PER_HOUR 5` and the like, with zero for what is not limited.
    pub(super) fn limits(&self, kind: Kind) -> String {
        const BOTH: [&str; 4] = [
            "MAX_QUERIES_PER_HOUR",
            "MAX_UPDATES_PER_HOUR",
            "MAX_CONNECTIONS_PER_HOUR",
            "MAX_USER_CONNECTIONS",
        ];
        let words = words(&self.described);
        let more = (kind == Kind::MariaDb).then_some("MAX_STATEMENT_TIME");
        let limit = |name: &str| {
            let at = words.iter().position(|word| word.is(name));
            let number = at.and_then(|at| words.get(at + 1)).map_or("0", |word| word.text);
            format!("{name} {number}")
        };
        BOTH.into_iter().chain(more).map(limit).collect::<Vec<_>>().join(" ")
    }

    /// The roles that MySQL gives it at login, as they stand there; MariaDB says it among the grants.
    pub(super) fn default_roles(&self) -> Option<&str> {
        let words = words(&self.described);
        let role = (0..words.len()).find(|&at| words[at].is("DEFAULT") && after(&words, at, "ROLE"))? + 1;
        let end = words[role..].iter().find(|word| word.is("REQUIRE"))?;
        Some(self.described[words[role].at + "ROLE".len()..end.at].trim())
    }
}

/// How it logs in: one plugin, or several. The words of MariaDB are `IDENTIFIED BY PASSWORD` for a native password and
/// `IDENTIFIED VIA a OR b` for others, those of MySQL `IDENTIFIED WITH 'a'`, and `AND` between factors.
fn plugins(words: &[Word<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = || words.get(at + 1).map(|word| word.text.trim_matches(['\'', '`']).to_owned());
        if word.is("BY") && before(words, at, "IDENTIFIED") {
            found.push("mysql_native_password".to_owned());
        } else if word.is("VIA") || word.is("OR") || (word.is("WITH") && before(words, at, "IDENTIFIED")) {
            found.extend(next());
        }
    }
    found
}

fn before(words: &[Word<'_>], at: usize, keyword: &str) -> bool {
    at > 0 && words[at - 1].is(keyword)
}

fn after(words: &[Word<'_>], at: usize, keyword: &str) -> bool {
    words.get(at + 1).is_some_and(|word| word.is(keyword))
}

/// What goes with the password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Besides {
    /// Nothing: a lock stays as it is.
    Nothing,
    /// MySQL keeps the present password as a second one.
    Retain,
    /// The account can be logged in to.
    Unlock,
}

/// Gives all the accounts the password, in one statement: MySQL changes all or none.
pub(super) fn set_password(
    link: &mut Link,
    accounts: &[Account],
    value: &SecretValue,
    besides: Besides,
) -> Result<()> {
    let clause = identified(link, value)?;
    let retain = if besides == Besides::Retain { " RETAIN CURRENT PASSWORD" } else { "" };
    // the clause belongs to the one account before it
    let each: Vec<String> = accounts.iter().map(|a| format!("{} {clause}{retain}", a.name)).collect();
    let unlock = if besides == Besides::Unlock { " ACCOUNT UNLOCK" } else { "" };
    link.run("take the new password", &format!("ALTER USER {}{unlock}", each.join(", ")))
}

/// Leaves the accounts without a password that anybody has, and locked; setting one again unlocks them.
pub(super) fn shut(link: &mut Link, accounts: &[Account]) -> Result<()> {
    let clause = of_nobody(link.kind);
    let each: Vec<String> = accounts.iter().map(|a| format!("{} {clause}", a.name)).collect();
    link.run("shut the old user out", &format!("ALTER USER {} ACCOUNT LOCK", each.join(", ")))?;
    discard(link, accounts)
}

/// Takes the second password away, where the server has such.
pub(super) fn discard(link: &mut Link, accounts: &[Account]) -> Result<()> {
    if link.kind == Kind::MySql {
        let each: Vec<String> = accounts.iter().map(|a| format!("{} DISCARD OLD PASSWORD", a.name)).collect();
        link.run("take the old password away", &format!("ALTER USER {}", each.join(", ")))?;
    }
    Ok(())
}

/// Makes an account that nobody can log in to yet.
pub(super) fn create_shut(link: &mut Link, user: &str, host: &str) -> Result<()> {
    let statement =
        format!("CREATE USER IF NOT EXISTS {} {} ACCOUNT LOCK", named(user, host), of_nobody(link.kind));
    link.run("make the second user", &statement)
}

fn identified(link: &mut Link, value: &SecretValue) -> Result<String> {
    Ok(match link.kind {
        Kind::MariaDb => format!("IDENTIFIED BY PASSWORD '{}'", hash::native(value)),
        Kind::MySql => {
            let salt = link.value("SELECT HEX(RANDOM_BYTES(20))")?.unwrap_or_default();
            format!("IDENTIFIED WITH caching_sha2_password AS '{}'", hash::caching(value, &bytes(&salt)?))
        }
    })
}

fn of_nobody(kind: Kind) -> String {
    match kind {
        Kind::MariaDb => format!("IDENTIFIED BY PASSWORD '{}'", hash::NATIVE_OF_NOBODY),
        Kind::MySql => format!("IDENTIFIED WITH caching_sha2_password AS '{}'", hash::CACHING_OF_NOBODY),
    }
}

/// Twenty bytes from their hexadecimal.
fn bytes(text: &str) -> Result<[u8; 20]> {
    let mut bytes = [0; 20];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = text
            .get(2 * at..2 * at + 2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .ok_or_else(|| Error::failed("the server gave no random bytes"))?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(described: &str) -> Account {
        Account { name: "'a'@'%'".into(), host: "%".into(), described: described.into() }
    }

    #[test]
    fn what_the_servers_say_of_an_account_is_understood() {
        const NATIVE: &str = "CREATE USER `a`@`%` IDENTIFIED BY PASSWORD '*D821'";
        let mariadb = |text: &str| account(text).unusable(Kind::MariaDb).map(|e| e.to_string());
        assert_eq!(mariadb(NATIVE), None);
        assert_eq!(mariadb("CREATE USER `root`@`localhost`"), None);
        assert_eq!(mariadb("CREATE USER `a`@`%` IDENTIFIED VIA mysql_native_password USING 'invalid'"), None);
        for (tail, wants) in [
            ("IDENTIFIED VIA unix_socket", "logs in by unix_socket"),
            ("IDENTIFIED VIA ed25519 USING 'x' ACCOUNT LOCK", "logs in by ed25519"),
            ("IDENTIFIED VIA mysql_native_password USING 'x' OR unix_socket", "one of several ways"),
            ("IDENTIFIED BY PASSWORD '*D8' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 7", "requires TLS"),
            ("IDENTIFIED BY PASSWORD '*D8' REQUIRE SUBJECT 'NONE'", "requires TLS"),
        ] {
            let said = mariadb(&format!("CREATE USER `a`@`%` {tail}")).unwrap_or_default();
            assert!(said.contains(wants), "{tail}: {said}");
        }
        const CACHING: &str = "CREATE USER `a`@`%` IDENTIFIED WITH 'caching_sha2_password' AS 0x24 DEFAULT ROLE `r, x`@`%`,`s`@`%` \
            REQUIRE NONE WITH MAX_QUERIES_PER_HOUR 5 PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK PASSWORD REQUIRE CURRENT DEFAULT";
        let mysql = |text: &str| account(text).unusable(Kind::MySql).map(|e| e.to_string());
        assert_eq!(mysql(CACHING), None);
        assert_eq!(mysql(&format!("{CACHING} ATTRIBUTE '{{\"comment\": \"REQUIRE SSL\"}}'")), None);
        for (tail, wants) in [
            ("IDENTIFIED WITH 'sha256_password' AS 'x' REQUIRE NONE", "logs in by sha256_password"),
            (
                "IDENTIFIED WITH 'mysql_native_password' AS '*D8' REQUIRE NONE",
                "logs in by mysql_native_password",
            ),
            (
                "IDENTIFIED WITH 'caching_sha2_password' AS 0x24 AND IDENTIFIED WITH 'webauthn' REQUIRE NONE",
                "several ways",
            ),
            ("IDENTIFIED WITH 'caching_sha2_password' REQUIRE X509", "requires TLS"),
            ("IDENTIFIED WITH 'caching_sha2_password' REQUIRE NONE FAILED_LOGIN_ATTEMPTS 2", "failed logins"),
        ] {
            let said = mysql(&format!("CREATE USER `a`@`%` {tail}")).unwrap_or_default();
            assert!(said.contains(wants), "{tail}: {said}");
        }
        assert_eq!(account(CACHING).default_roles(), Some("`r, x`@`%`,`s`@`%`"));
        assert!(account(NATIVE).default_roles().is_none());
        assert!(!account(CACHING).locked() && account(&format!("{NATIVE} ACCOUNT LOCK")).locked());
        let limits = account(CACHING).limits(Kind::MySql);
        assert!(limits.starts_with("MAX_QUERIES_PER_HOUR 5 MAX_UPDATES_PER_HOUR 0 "), "{limits}");
        let limits = account("… WITH MAX_STATEMENT_TIME 1.500000").limits(Kind::MariaDb);
        assert!(limits.ends_with("MAX_USER_CONNECTIONS 0 MAX_STATEMENT_TIME 1.500000"), "{limits}");
    }
}
