//! The frontend/backend protocol, version 3: frames over a socket, and nothing waits longer than the deadline.
//!
//! It is spoken here and not by a client library because none gives a time limit to a whole conversation, nor tells
//! whether the server let us in before it said what else was wrong; both decide what a failed login means. It knows
//! frames, not what is in them.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::process::Deadline;
use crate::target::place::Place;

/// Protocol 3.0, in every server since 2003.
const VERSION: [u8; 4] = [0, 3, 0, 0];

/// What we ask for is never larger.
const LONGEST: usize = 16 << 20;

/// One message of the server.
pub(super) struct Message {
    /// Its kind.
    pub(super) tag: u8,
    /// What follows the length.
    pub(super) body: Vec<u8>,
}

/// One open connection.
pub(super) struct Wire {
    stream: Stream,
    deadline: Deadline,
    limit: Duration,
    /// Where it leads, for messages.
    at: String,
}

enum Stream {
    Network(TcpStream),
    Socket(UnixStream),
}

impl Wire {
    /// Connects to the first address that answers.
    pub(super) fn open(place: &Place, at: &str, limit: Duration) -> Result<Wire> {
        let deadline = Deadline::new(limit);
        let nobody = |kind: ErrorKind| {
            Error::failed(format!("nobody answers at {at}")).note(format!("connecting failed: {kind}"))
        };
        let stream = match place {
            // returns at once unless as many wait already as the server has room for
            Place::Socket(path) => Stream::Socket(UnixStream::connect(file(path)).map_err(|e| {
                let error = nobody(e.kind());
                match e.kind() {
                    ErrorKind::PermissionDenied => error.hint("run it as a user who may use the socket"),
                    _ => error,
                }
            })?),
            Place::Network(addresses) => {
                let mut found = Err(nobody(ErrorKind::AddrNotAvailable));
                for (address, others) in addresses.iter().zip((0..addresses.len() as u32).rev()) {
                    // so that one address that swallows everything leaves time for the next
                    let left = deadline.left() / (others + 1);
                    if left.is_zero() {
                        break;
                    }
                    match TcpStream::connect_timeout(address, left) {
                        Ok(stream) => {
                            found = Ok(Stream::Network(stream));
                            break;
                        }
                        Err(e) => found = Err(nobody(e.kind())),
                    }
                }
                found?
            }
        };
        if let Stream::Network(stream) = &stream {
            // only a matter of speed
            let _ = stream.set_nodelay(true);
        }
        Ok(Wire { stream, deadline, limit, at: at.to_owned() })
    }

    /// What is left of the conversation.
    pub(super) fn left(&self) -> Duration {
        self.deadline.left()
    }

    /// The first message, which has no tag.
    pub(super) fn start(&mut self, parameters: &[(&str, &str)]) -> Result<()> {
        let mut body = VERSION.to_vec();
        for (name, value) in parameters {
            body.extend_from_slice(name.as_bytes());
            body.push(0);
            body.extend_from_slice(value.as_bytes());
            body.push(0);
        }
        body.push(0);
        self.write(None, &[&body])
    }

    /// A message of several parts.
    pub(super) fn send(&mut self, tag: u8, parts: &[&[u8]]) -> Result<()> {
        self.write(Some(tag), parts)
    }

    fn write(&mut self, tag: Option<u8>, parts: &[&[u8]]) -> Result<()> {
        let length = 4 + parts.iter().map(|part| part.len()).sum::<usize>();
        let number = u32::try_from(length).map_err(|_| Error::failed("the message is too long"))?;
        let mut frame = Zeroizing::new(Vec::with_capacity(1 + length));
        frame.extend(tag);
        frame.extend_from_slice(&number.to_be_bytes());
        parts.iter().for_each(|part| frame.extend_from_slice(part));
        let mut rest = frame.as_slice();
        while !rest.is_empty() {
            let left = self.some_left()?;
            let written = match &mut self.stream {
                Stream::Network(s) => s.set_write_timeout(Some(left)).and_then(|()| s.write(rest)),
                Stream::Socket(s) => s.set_write_timeout(Some(left)).and_then(|()| s.write(rest)),
            };
            match written {
                Ok(n) if n > 0 => rest = &rest[n..],
                Ok(_) => return Err(self.gone(ErrorKind::WriteZero)),
                Err(e) => self.goes_on(e.kind())?,
            }
        }
        Ok(())
    }

    /// The next message.
    pub(super) fn receive(&mut self) -> Result<Message> {
        let mut head = [0; 5];
        self.fill(&mut head)?;
        let [tag, length @ ..] = head;
        let length = u32::from_be_bytes(length) as usize;
        let Some(length) = length.checked_sub(4).filter(|length| *length <= LONGEST) else {
            return Err(self.no_server());
        };
        let mut body = vec![0; length];
        self.fill(&mut body)?;
        Ok(Message { tag, body })
    }

    fn fill(&mut self, to: &mut [u8]) -> Result<()> {
        let mut filled = 0;
        while filled < to.len() {
            let left = self.some_left()?;
            let rest = &mut to[filled..];
            let read = match &mut self.stream {
                Stream::Network(s) => s.set_read_timeout(Some(left)).and_then(|()| s.read(rest)),
                Stream::Socket(s) => s.set_read_timeout(Some(left)).and_then(|()| s.read(rest)),
            };
            match read {
                Ok(0) => return Err(self.gone(ErrorKind::UnexpectedEof)),
                Ok(n) => filled += n,
                Err(e) => self.goes_on(e.kind())?,
            }
        }
        Ok(())
    }

    fn some_left(&self) -> Result<Duration> {
        let left = self.deadline.left();
        if left.is_zero() {
            let (at, limit) = (&self.at, self.limit);
            return Err(Error::failed(format!("{at} did not answer within {limit:?}"))
                .hint("see its log, or set a longer `timeout`"));
        }
        Ok(left)
    }

    /// Whether to try again; the time limit is seen to before each try.
    fn goes_on(&self, kind: ErrorKind) -> Result<()> {
        match kind {
            ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(()),
            kind => Err(self.gone(kind)),
        }
    }

    fn gone(&self, kind: ErrorKind) -> Error {
        Error::failed(format!("{} ended the conversation", self.at)).note(format!("the connection: {kind}"))
    }

    /// For answers that make no sense.
    pub(super) fn no_server(&self) -> Error {
        Error::failed(format!("what answers at {} does not speak as postgres does", self.at))
    }

    /// Where it leads.
    pub(super) fn at(&self) -> &str {
        &self.at
    }
}

/// The socket in a folder is named by its port; a path that names it so already is taken as it is.
fn file(path: &Path) -> PathBuf {
    match path.file_name().and_then(|name| name.to_str()) {
        Some(name) if name.starts_with(".s.PGSQL.") => path.to_owned(),
        _ => path.join(".s.PGSQL.5432"),
    }
}
