//! One conversation with the server: who is logged in, a command, and what a refusal may be told of.
//!
//! The library connects and speaks the protocol; the login is a command like any other, because the library's own one
//! also names the library to the server, hides which refusal it was, and tries again without the user.

use std::time::Duration;

use ::redis::{Client, Cmd, Connection, ConnectionAddr, IntoConnectionInfo, Pipeline, RedisError, Value};

use crate::error::{Error, Result};
use crate::secret::SecretValue;
use crate::target::place::Place;

const RIGHTS: &str = concat!(
    "name an admin-user in the target, or allow whoever sets the password: ",
    "+info +acl|getuser +acl|setuser +acl|dryrun +config|get, and +config|rewrite or +acl|save"
);

/// A connection.
pub(super) struct Link {
    connection: Connection,
    at: String,
}

/// Why a command failed.
pub(super) enum Failure {
    /// The server refused it. The text may hold values: it is looked into and never shown.
    Refused {
        /// The first word, e.g. `NOPERM`.
        code: String,
        /// The rest.
        text: String,
    },
    /// There is no answer.
    Lost(Error),
}

impl Link {
    /// Connects and logs nobody in. `at` is the place in the policy's words.
    pub(super) fn open(place: &Place, at: &str, timeout: Duration) -> Result<Self> {
        let addresses = match place {
            Place::Network(all) => {
                all.iter().map(|a| ConnectionAddr::Tcp(a.ip().to_string(), a.port())).collect()
            }
            Place::Socket(path) => vec![ConnectionAddr::Unix(path.clone())],
        };
        let silent = || match place {
            Place::Network(_) => Error::failed(format!("nobody answers at {at}")),
            Place::Socket(_) => Error::failed(format!("nobody answers at {at}"))
                .note("nothing listens there, or this user may not write to the socket"),
        };
        for address in addresses {
            let Ok(info) = address.into_connection_info() else { continue };
            // else the library tells its name, which a restricted user may not
            let bare = info.redis_settings().clone().set_skip_set_lib_name();
            let Ok(client) = Client::open(info.set_redis_settings(bare)) else { continue };
            let Ok(connection) = client.get_connection_with_timeout(timeout) else { continue };
            connection.set_read_timeout(Some(timeout)).map_err(|_| silent())?;
            connection.set_write_timeout(Some(timeout)).map_err(|_| silent())?;
            return Ok(Link { connection, at: at.to_owned() });
        }
        Err(silent())
    }

    /// Whether the login is accepted.
    pub(super) fn login(&mut self, user: &str, value: &[u8]) -> Result<bool> {
        self.ask(&[b"AUTH", user.as_bytes(), value]).map(|_| true).or_else(refused)
    }

    /// Sends a command.
    pub(super) fn ask(&mut self, words: &[&[u8]]) -> Result<Value, Failure> {
        command(words).query(&mut self.connection).map_err(|e| failure(&e, &self.at))
    }

    /// Sends commands that are carried out together or not at all.
    pub(super) fn together(&mut self, commands: &[&[&[u8]]]) -> Result<(), Failure> {
        // whoever may change a password need not be allowed a transaction
        if let [one] = commands {
            return self.ask(one).map(drop);
        }
        let mut pipeline = Pipeline::new();
        pipeline.atomic();
        for words in commands {
            pipeline.add_command(command(words)).ignore();
        }
        pipeline.query::<()>(&mut self.connection).map_err(|e| failure(&e, &self.at))
    }

    /// One setting of the server.
    pub(super) fn setting(&mut self, name: &str) -> Result<SecretValue, Failure> {
        let answer = list(self.ask(&[b"CONFIG", b"GET", name.as_bytes()])?);
        Ok(SecretValue::new(answer.into_iter().nth(1).and_then(bytes).unwrap_or_default()))
    }

    /// A section of `INFO`, line by line.
    pub(super) fn info(&mut self, section: &str) -> Result<Info, Failure> {
        let answer = match self.ask(&[b"INFO", section.as_bytes()])? {
            Value::VerbatimString { text, .. } => text,
            other => String::from_utf8_lossy(&bytes(other).unwrap_or_default()).into_owned(),
        };
        Ok(Info(answer))
    }
}

fn command(words: &[&[u8]]) -> Cmd {
    let mut command = Cmd::new();
    for word in words {
        command.arg(*word);
    }
    command
}

/// What the server says of itself.
pub(super) struct Info(String);

impl Info {
    #[cfg(test)]
    pub(super) fn of(text: &str) -> Self {
        Info(text.to_owned())
    }

    /// One field; empty where there is none.
    pub(super) fn field(&self, name: &str) -> &str {
        let mut fields = self.0.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(n, _)| *n == name).map_or("", |(_, value)| value.trim())
    }
}

impl Failure {
    /// For messages; `doing` is a command or what it is for.
    pub(super) fn error(self, doing: &str) -> Error {
        match self {
            Failure::Lost(error) => error,
            Failure::Refused { code, .. } => match code.as_str() {
                "NOPERM" => Error::failed(format!("{doing} is not permitted")).hint(RIGHTS),
                "LOADING" => Error::failed("it is still loading its data").hint("try again in a moment"),
                // a code is a word of the server's own, not of a user
                code if code.bytes().all(|b| b.is_ascii_uppercase()) && code.len() < 16 => {
                    Error::failed(format!("it answered {doing} with {code}"))
                }
                _ => Error::failed(format!("it answered {doing} with an error")),
            },
        }
    }
}

/// Whether a login that failed was refused, or cannot be told of.
fn refused(failure: Failure) -> Result<bool> {
    let Failure::Refused { code, text } = &failure else { return Err(failure.error("a login")) };
    match code.as_str() {
        "WRONGPASS" => Ok(false),
        "DENIED" => Err(Error::failed("it lets in nobody from here")
            .note("while the default user has no password, its protected mode takes local connections only")),
        _ if text.contains("wrong number of arguments") => Err(too_old()),
        _ if text.contains("max number of clients") => {
            Err(Error::failed("it takes no more connections").hint("see `CONFIG GET maxclients`"))
        }
        _ => Err(failure.error("a login")),
    }
}

/// Redis 5 has one password and no users.
pub(super) fn too_old() -> Error {
    Error::failed("it is older than Redis 6 and has no users").hint("tell it by a target of kind command")
}

fn failure(error: &RedisError, at: &str) -> Failure {
    // of commands that belong together, the first that was refused says why
    if let Some(refused) = error.clone().into_server_errors().as_deref().and_then(|all| all.first()) {
        let (code, text) = (refused.1.code().to_owned(), refused.1.details().unwrap_or_default().to_owned());
        return Failure::Refused { code, text };
    }
    match error.code() {
        Some(code) if !error.is_io_error() => {
            Failure::Refused { code: code.to_owned(), text: error.detail().unwrap_or_default().to_owned() }
        }
        _ if error.is_timeout() => Failure::Lost(Error::failed(format!("{at} does not answer in time"))),
        _ if error.is_io_error() => Failure::Lost(Error::failed(format!("{at} ended the conversation"))),
        _ => Failure::Lost(Error::failed(format!("what answers at {at} does not speak as Redis does"))),
    }
}

/// The elements of an answer.
pub(super) fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(all) | Value::Set(all) => all,
        Value::Map(all) => all.into_iter().flat_map(|(key, value)| [key, value]).collect(),
        _ => Vec::new(),
    }
}

/// The bytes of an answer.
pub(super) fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.into_bytes()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(answer: &str) -> Result<bool> {
        let (code, text) = answer.split_once(' ').unwrap();
        refused(Failure::Refused { code: code.into(), text: text.into() })
    }

    #[test]
    fn only_a_wrong_password_is_a_refusal() {
        assert!(!login("WRONGPASS invalid username-password pair or user is disabled.").unwrap());
        for (answer, wants) in [
            ("DENIED Redis is running in protected mode because …", "it lets in nobody from here"),
            ("ERR wrong number of arguments for 'auth' command", "it is older than Redis 6"),
            ("ERR max number of clients reached", "it takes no more connections"),
            ("LOADING Redis is loading the dataset in memory", "it is still loading its data"),
            ("MASTERDOWN Link with MASTER is down", "it answered a login with MASTERDOWN"),
            ("ERR secret-value", "it answered a login with ERR"),
            ("secret-value is wrong", "it answered a login with an error"),
        ] {
            assert!(login(answer).unwrap_err().to_string().starts_with(wants), "{answer}");
        }
    }
}
