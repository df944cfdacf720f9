//! One conversation with the server: who is logged in, a command, and what a refusal may be told of.
//!
//! The library writes and reads the protocol; the connection is our own. The library's own one gives up when a signal
//! comes while it waits, which may be in the middle of a change; it hides why a login was refused, tries it again
//! without the user, and names itself to the server, which a restricted user may not.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use ::redis::{Cmd, Parser, RedisError, Value};

use crate::error::{Error, Result};
use crate::secret::SecretValue;
use crate::target::place::Place;

const RIGHTS: &str = concat!(
    "name an admin-user in the target, or allow whoever sets the password: ",
    "+info +acl|getuser +acl|setuser +acl|dryrun +config|get, and +config|rewrite or +acl|save"
);

/// A connection.
pub(super) struct Link {
    stream: Stream,
    parser: Parser,
    timeout: Duration,
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
        let silent = || match place {
            Place::Network(_) => Error::failed(format!("nobody answers at {at}")),
            Place::Socket(_) => Error::failed(format!("nobody answers at {at}"))
                .note("nothing listens there, or this user may not write to the socket"),
        };
        let stream = match place {
            Place::Network(all) => all
                .iter()
                .find_map(|address| TcpStream::connect_timeout(address, timeout).ok())
                .map(Stream::Tcp),
            Place::Socket(path) => UnixStream::connect(path).ok().map(Stream::Unix),
        };
        let stream = stream.ok_or_else(silent)?;
        stream.limit(timeout).map_err(|_| silent())?;
        Ok(Link { stream, parser: Parser::new(), timeout, at: at.to_owned() })
    }

    /// Whether the login is accepted.
    pub(super) fn login(&mut self, user: &str, value: &[u8]) -> Result<bool> {
        self.ask(&[b"AUTH", user.as_bytes(), value]).map(|_| true).or_else(refused)
    }

    /// Sends a command.
    pub(super) fn ask(&mut self, words: &[&[u8]]) -> Result<Value, Failure> {
        let mut command = Cmd::new();
        for word in words {
            command.arg(*word);
        }
        let sent = self.stream.write_all(&command.get_packed_command()).map_err(RedisError::from);
        let mut patient = Patient { from: &mut self.stream, until: Instant::now() + self.timeout };
        match sent.and_then(|()| self.parser.parse_value(&mut patient)) {
            Ok(Value::ServerError(error)) => Err(Failure::Refused {
                code: error.code().to_owned(),
                text: error.details().unwrap_or_default().to_owned(),
            }),
            Ok(answer) => Ok(answer),
            Err(error) => Err(Failure::Lost(lost(&error, &self.at))),
        }
    }

    /// Sends commands that are carried out together or not at all.
    pub(super) fn together(&mut self, commands: &[&[&[u8]]]) -> Result<(), Failure> {
        // whoever may change a password need not be allowed a transaction
        if let [one] = commands {
            return self.ask(one).map(drop);
        }
        self.ask(&[b"MULTI"])?;
        for command in commands {
            // the first that is refused says why; a transaction that is not ended is dropped with the connection
            self.ask(command)?;
        }
        let answers = list(self.ask(&[b"EXEC"])?);
        match answers.into_iter().find_map(|a| if let Value::ServerError(e) = a { Some(e) } else { None }) {
            None => Ok(()),
            Some(error) => {
                let text = error.details().unwrap_or_default().to_owned();
                Err(Failure::Refused { code: error.code().to_owned(), text })
            }
        }
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

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    fn limit(&self, time: Duration) -> io::Result<()> {
        match self {
            Stream::Tcp(s) => s.set_read_timeout(Some(time)).and_then(|()| s.set_write_timeout(Some(time))),
            Stream::Unix(s) => s.set_read_timeout(Some(time)).and_then(|()| s.set_write_timeout(Some(time))),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(s) => s.write(bytes),
            Stream::Unix(s) => s.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(s) => s.read(into),
            Stream::Unix(s) => s.read(into),
        }
    }
}

/// Reads on when a signal came: a socket with a time limit is not read on by the system.
struct Patient<'a, R> {
    from: &'a mut R,
    until: Instant,
}

impl<R: Read> Read for Patient<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if Instant::now() >= self.until {
                return Err(io::ErrorKind::TimedOut.into());
            }
            match self.from.read(into) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }
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

fn lost(error: &RedisError, at: &str) -> Error {
    if error.is_timeout() {
        Error::failed(format!("{at} does not answer in time"))
    } else if error.is_io_error() {
        Error::failed(format!("{at} ended the conversation"))
    } else {
        Error::failed(format!("what answers at {at} does not speak as Redis does"))
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

    /// A signal comes before each answer, or always.
    struct Signalled<'a>(Option<&'a [u8]>, bool);

    impl Read for Signalled<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            match &mut self.0 {
                Some(bytes) if !self.1 => bytes.read(into),
                _ => Err(io::ErrorKind::Interrupted.into()),
            }
        }
    }

    #[test]
    fn a_signal_does_not_end_the_conversation_and_time_does() {
        let soon = || Instant::now() + Duration::from_millis(100);
        let mut answers = Signalled(Some(b"+OK\r\n"), false);
        let answer = Parser::new().parse_value(Patient { from: &mut answers, until: soon() });
        assert_eq!(answer.unwrap(), Value::Okay);
        let mut never = Signalled(None, false);
        let error = Parser::new().parse_value(Patient { from: &mut never, until: soon() }).unwrap_err();
        assert_eq!(lost(&error, "x").to_string(), "x does not answer in time");
    }
}
