//! One connection to the server: opening it, what its errors mean, and asking it.
//!
//! It knows the protocol and the error codes; it does not know what is asked, nor why. A refused login is an answer,
//! everything else that is not a login is an error. The client never sends a value in clear over the network: it
//! answers a challenge, or encrypts with the key that the server shows (`caching_sha2_password` on its first login);
//! `mysql_clear_password` and the old hash of MySQL 4 are refused, and no local file is ever handed out.

use std::io::ErrorKind;
use std::time::Duration;

use mysql::prelude::Queryable;
use mysql::{Conn, DriverError, OptsBuilder, Row, Value};

use super::super::place::Place;
use super::words::quoted;
use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// MariaDB.
    MariaDb,
    /// MySQL, and what is built from it.
    MySql,
}

/// Who logs in, and into what.
#[derive(Clone, Copy)]
pub(super) struct Login<'a> {
    /// The user.
    pub(super) user: &'a str,
    /// Their value; none for a user who has none.
    pub(super) value: Option<&'a SecretValue>,
    /// The database that is opened with the login.
    pub(super) database: Option<&'a str>,
}

/// What a login came to.
pub(super) enum Answer {
    /// It is accepted.
    In(Link),
    /// It is refused.
    Refused,
    /// The server wants a way of logging in that this client has not. MySQL says so of half of the users that there are
    /// not, so that nobody learns which there are.
    OtherWay,
}

/// An open connection.
pub(super) struct Link {
    conn: Conn,
    /// Whose server it is; known once [`Link::settle`] is through.
    pub(super) kind: Kind,
}

/// The account has the right value and is not let in, or is told that the value is wrong.
const REFUSED: [u16; 4] = [
    1045, // access denied
    1698, // access denied, to a user without a password
    3118, // MySQL: the account is locked
    4151, // MariaDB: the account is locked
];

impl Link {
    /// A fresh login. `at` is the place's name for messages.
    pub(super) fn open(place: &Place, login: Login<'_>, timeout: Duration, at: &str) -> Result<Answer> {
        // a timeout of zero is no timeout to the system
        let timeout = timeout.max(Duration::from_millis(1));
        let text = login.value.map(SecretValue::expose_str);
        if text == Some(None) {
            return Err(Error::failed("the value is not UTF-8 text, which this client needs"));
        }
        let options = || {
            OptsBuilder::new()
                .user(Some(login.user))
                .pass(text.flatten())
                .db_name(login.database)
                // else the client would ask the server where its socket is, and go there instead
                .prefer_socket(false)
                // else it would ask the server, and a user with an expired password may ask nothing
                .max_allowed_packet(Some(4 << 20))
                .tcp_connect_timeout(Some(timeout))
                .read_timeout(Some(timeout))
                .write_timeout(Some(timeout))
        };
        let tried = match place {
            Place::Socket(path) => {
                let path = path.to_str().ok_or_else(|| Error::usage("the socket's path is not UTF-8"))?;
                Conn::new(options().socket(Some(path)))
            }
            Place::Network(addresses) => {
                let mut tried = Err(mysql::Error::DriverError(DriverError::ConnectTimeout));
                for address in addresses {
                    let to = options().ip_or_hostname(Some(address.ip().to_string()));
                    tried = Conn::new(to.tcp_port(address.port()));
                    if !matches!(&tried, Err(mysql::Error::DriverError(e)) if is_absence(e)) {
                        break;
                    }
                }
                tried
            }
        };
        match tried {
            Ok(conn) => Ok(Answer::In(Link { conn, kind: Kind::MySql })),
            Err(mysql::Error::MySqlError(e)) if REFUSED.contains(&e.code) => Ok(Answer::Refused),
            Err(mysql::Error::DriverError(
                DriverError::UnknownAuthPlugin(_)
                | DriverError::CleartextPluginDisabled
                | DriverError::OldMysqlPasswordDisabled,
            )) => Ok(Answer::OtherWay),
            Err(error) => Err(unopened(&error, login, timeout, at)),
        }
    }

    /// Finds out whose server it is and makes the session ours: how names and strings are quoted, and that no statement
    /// waits for longer than somebody waits for its answer.
    pub(super) fn settle(&mut self, timeout: Duration) -> Result<()> {
        let version = self.value("SELECT VERSION()")?.unwrap_or_default();
        let (kind, least, mode) = if version.contains("MariaDB") {
            // an account is locked in MariaDB 10.4.2 and later only
            (Kind::MariaDb, (10, 4, 2), "NO_AUTO_CREATE_USER")
        } else {
            // dual passwords since 8.0.14, hashes in hexadecimal since 8.0.17
            (Kind::MySql, (8, 0, 17), "")
        };
        self.kind = kind;
        let (major, minor, patch) = least;
        if number(&version) < least {
            let name = if kind == Kind::MariaDb { "MariaDB" } else { "MySQL" };
            return Err(Error::failed(format!("the server is older than {name} {major}.{minor}.{patch}"))
                .hint("tell it by a target of kind command, with the service's own client"));
        }
        let wait = (timeout.as_secs() / 2).max(1);
        // MariaDB does not hold a change of a user against the time for locks, and MySQL has no other
        let (limit, more) = match kind {
            Kind::MariaDb => ("max_statement_time", ""),
            // hashes may hold any byte otherwise
            Kind::MySql => ("lock_wait_timeout", ", SESSION print_identified_with_as_hex = ON"),
        };
        let mode = quoted(mode);
        let ours = format!(
            "SET SESSION sql_mode = {mode}, SESSION sql_quote_show_create = 1, SESSION {limit} = {wait}{more}"
        );
        self.run("prepare the session", &ours)
    }

    /// A statement without rows; `doing` stands in messages in its place.
    pub(super) fn run(&mut self, doing: &str, statement: &str) -> Result<()> {
        self.try_run(statement).map_err(|failure| failure.told(doing))
    }

    /// The same, for whom the code matters.
    pub(super) fn try_run(&mut self, statement: &str) -> Result<(), Failure> {
        self.conn.query_drop(statement).map_err(|e| Failure::of(&e))
    }

    /// The first column of every row, as text.
    pub(super) fn column(&mut self, query: &str) -> Result<Vec<String>, Failure> {
        Ok(self.rows(query)?.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    /// Every row, as text; nothing where the value is null.
    pub(super) fn rows(&mut self, query: &str) -> Result<Vec<Vec<Option<String>>>, Failure> {
        let rows: Vec<Row> = self.conn.query(query).map_err(|e| Failure::of(&e))?;
        Ok(rows.into_iter().map(|row| (0..row.len()).map(|at| text(row.as_ref(at))).collect()).collect())
    }

    /// The one value of a question.
    pub(super) fn value(&mut self, query: &str) -> Result<Option<String>> {
        let mut found = self.column(query).map_err(|failure| failure.told("answer a question"))?;
        Ok(found.pop())
    }

    /// A server variable; none where this server has no such variable.
    pub(super) fn variable(&mut self, name: &str) -> Result<Option<String>> {
        let query = format!("SHOW GLOBAL VARIABLES WHERE Variable_name = {}", quoted(name));
        let mut rows = self.rows(&query).map_err(|failure| failure.told("show its variables"))?;
        Ok(rows.pop().and_then(|mut row| row.pop()).flatten())
    }

    /// Whether a variable is on, in any of its ways.
    pub(super) fn is_on(&mut self, name: &str) -> Result<bool> {
        Ok(self.variable(name)?.is_some_and(|value| !matches!(value.as_str(), "OFF" | "0" | "")))
    }
}

/// Why a statement failed: the server's code, or none where the connection broke. Its words are dropped: they may quote
/// the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failure(pub(super) Option<u16>);

impl Failure {
    fn of(error: &mysql::Error) -> Self {
        match error {
            mysql::Error::MySqlError(e) => Failure(Some(e.code)),
            _ => Failure(None),
        }
    }

    /// As an error; `doing` completes "the server does not ...".
    pub(super) fn told(self, doing: &str) -> Error {
        let Failure(Some(code)) = self else {
            return Error::failed(format!("the connection broke before the server could {doing}"));
        };
        let error = Error::failed(format!("the server does not {doing} (error {code})"));
        match code {
            1044 | 1142 | 1227 | 1370 => error
                .note("whoever logged in has not the right to")
                .hint("name an admin who has CREATE USER and may read the database mysql"),
            1205 | 1969 => error.note("something holds a lock on the users, perhaps a backup"),
            1290 => error
                .note("an option of the server forbids it: read-only, or started without its grant tables"),
            1819 => error.note("the server's own rules for passwords forbid it"),
            _ => error,
        }
    }
}

/// Whether nobody was there at all.
fn is_absence(error: &DriverError) -> bool {
    matches!(error, DriverError::ConnectTimeout | DriverError::CouldNotConnect(_))
}

/// How the connection broke, if it did.
fn broken(error: &mysql::Error) -> Option<ErrorKind> {
    match error {
        mysql::Error::IoError(e) => Some(e.kind()),
        // its type has no name here
        mysql::Error::CodecError(e) => {
            std::error::Error::source(e)?.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
        }
        _ => None,
    }
}

fn unopened(error: &mysql::Error, login: Login<'_>, timeout: Duration, at: &str) -> Error {
    let nobody = || Error::failed(format!("nobody answers at {at}"));
    if let Some(kind) = broken(error) {
        return match kind {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                Error::failed(format!("{at} takes the connection and does not answer within {timeout:?}"))
            }
            _ => Error::failed(format!("{at} breaks the connection off")),
        };
    }
    match error {
        mysql::Error::DriverError(e) if is_absence(e) => match e {
            DriverError::CouldNotConnect(Some((_, _, kind))) => {
                nobody().note(format!("the system says: {kind}"))
            }
            _ => nobody(),
        },
        mysql::Error::MySqlError(e) => refused_otherwise(e.code, login, at),
        _ => Error::failed(format!("what answers at {at} is no MySQL server")),
    }
}

/// What a server says to somebody whom it does not tell whether the value is right, or who has the right one.
fn refused_otherwise(code: u16, login: Login<'_>, at: &str) -> Error {
    let user = login.user;
    let error = |text: String| Error::failed(format!("{text} (error {code})"));
    match code {
        // both only after the value was found to be right
        1044 | 1049 => {
            error(format!("{user:?} may not open the database {:?}", login.database.unwrap_or_default()))
                .hint("correct \"database\", or leave it out: a login needs none")
        }
        1040 => error(format!("{at} has too many connections")),
        1203 | 1226 => error(format!("{user:?} has used up the connections or queries that it may have")),
        1129 => error(format!("{at} blocks this host after failed connections"))
            .hint("run FLUSH HOSTS on the server"),
        1130 => {
            error(format!("{at} takes no connection from this host")).note("the value was not even looked at")
        }
        1820 | 1862 => {
            error(format!("the password of {user:?} has expired")).note("the value itself is right")
        }
        3159 => error(format!("{at} wants TLS, which this version does not speak"))
            .hint("use the server's socket, as `at = \"/path/of/the/socket\"`"),
        3955 | 4150 => error(format!("{user:?} is blocked after failed logins")),
        1524 => error(format!("{at} lacks the plugin that logs {user:?} in")),
        _ => error(format!("{at} does not log {user:?} in")),
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        other => Some(other.as_sql(true)),
    }
}

/// The three numbers that a version begins with; what is missing counts as zero.
fn number(version: &str) -> (u32, u32, u32) {
    let mut parts = version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        assert_eq!(number("10.11.19-MariaDB-0+deb12u1"), (10, 11, 19));
        assert_eq!(number("9.7.4-2"), (9, 7, 4));
        assert_eq!(number("8.0"), (8, 0, 0));
        assert_eq!(number(""), (0, 0, 0));
    }
}
