//! A login, and what its failure means.
//!
//! The server first decides whether the value is right and says so (AuthenticationOk), and only then whether there is
//! such a database and a free place for the role. An error after that word says nothing against the value. SCRAM is
//! mutual: a server that cannot show that it knows the password is not believed. A server that asks for the password in
//! clear does not get it.

use std::time::Duration;

use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};

use super::session::{Failure, Session, code_of};
use super::wire::Wire;
use crate::error::{Error, Result};
use crate::secret::SecretValue;
use crate::target::place::Place;

/// Who logs in where.
#[derive(Clone, Copy)]
pub(super) struct Visit<'a> {
    pub(super) place: &'a Place,
    /// For messages.
    pub(super) at: &'a str,
    pub(super) user: &'a str,
    pub(super) value: Option<&'a SecretValue>,
    pub(super) database: &'a str,
    pub(super) limit: Duration,
}

/// How it ended.
pub(super) enum Login {
    /// A session.
    In {
        /// What can be asked now.
        session: Session,
        /// Whether the server wanted to know the password.
        asked: bool,
    },
    /// No session.
    Out(Refusal),
}

/// Why there is no session.
pub(super) struct Refusal {
    /// The SQLSTATE.
    pub(super) code: String,
    /// Whether the value had been accepted before.
    pub(super) let_in: bool,
    /// Whether the server wanted to know the password.
    pub(super) asked: bool,
}

impl Refusal {
    /// The value is right, and the database is not there (3D000) or closed (55000, 42501), or every place is taken
    /// (53300). Before the value was looked at, 53300 says nothing of it.
    pub(super) fn is_of_the_database(&self) -> bool {
        self.let_in && matches!(self.code.as_str(), "3D000" | "53300" | "42501" | "55000")
    }

    /// The role may not log in, whatever the value.
    pub(super) fn is_of_the_role(&self) -> bool {
        self.let_in && self.code == "28000"
    }

    /// No line of pg_hba.conf is for this connection, or one rejects it.
    pub(super) fn is_of_the_rules(&self) -> bool {
        !self.let_in && self.code == "28000"
    }

    /// An error where it is not known whether the value is right.
    pub(super) fn refused(&self, at: &str) -> Result<()> {
        match self.code.as_str() {
            "28P01" | "28000" => Ok(()),
            "57P03" => {
                Err(Error::failed(format!("{at} is starting or stopping")).hint("try again in a while"))
            }
            "53300" => Err(Error::failed(format!("{at} has no connection to spare (SQLSTATE 53300)"))),
            code => Err(Error::failed(format!("{at} answered the login with SQLSTATE {code}"))),
        }
    }
}

/// Logs in; while the server is starting, again and again until the time is up.
pub(super) fn login(visit: &Visit<'_>) -> Result<Login> {
    let started = crate::process::Deadline::new(visit.limit);
    loop {
        match once(visit)? {
            Login::Out(refusal) if refusal.code == "57P03" && !started.left().is_zero() => {
                std::thread::sleep(Duration::from_millis(100).min(started.left()));
            }
            other => return Ok(other),
        }
    }
}

fn once(visit: &Visit<'_>) -> Result<Login> {
    let mut wire = Wire::open(visit.place, visit.at, visit.limit)?;
    wire.start(&[
        ("user", visit.user),
        ("database", visit.database),
        ("client_encoding", "UTF8"),
        ("application_name", "reseal"),
    ])?;
    let mut scram: Option<ScramSha256> = None;
    let mut proven = false;
    let (mut asked, mut let_in) = (false, false);
    loop {
        let message = wire.receive()?;
        let body = message.body.as_slice();
        match message.tag {
            b'R' => {
                let Some((kind, rest)) = body.split_first_chunk::<4>() else { return Err(wire.no_server()) };
                let kind = u32::from_be_bytes(*kind);
                asked |= kind != 0;
                let value = match (kind, visit.value) {
                    // nothing to answer with: as good as refused
                    (3 | 5 | 10, None) => {
                        return Ok(Login::Out(Refusal { code: "28P01".into(), let_in, asked }));
                    }
                    (_, value) => value.map_or(&[][..], SecretValue::expose),
                };
                match kind {
                    0 if scram.is_some() && !proven => return Err(impostor(&wire)),
                    0 => let_in = true,
                    3 => return Err(in_clear(&wire)),
                    5 => {
                        let salt = rest.try_into().map_err(|_| wire.no_server())?;
                        let answer = md5_hash(visit.user.as_bytes(), value, salt);
                        wire.send(b'p', &[answer.as_bytes(), &[0]])?;
                    }
                    10 if offers_scram(rest) => {
                        let begun = ScramSha256::new(value, ChannelBinding::unsupported());
                        let first = begun.message();
                        let length = u32::try_from(first.len()).unwrap_or(u32::MAX).to_be_bytes();
                        wire.send(b'p', &[SCRAM_SHA_256.as_bytes(), &[0], &length, first])?;
                        scram = Some(begun);
                    }
                    11 => {
                        let begun = scram.as_mut().ok_or_else(|| wire.no_server())?;
                        begun.update(rest).map_err(|_| wire.no_server())?;
                        wire.send(b'p', &[begun.message()])?;
                    }
                    12 => {
                        let begun = scram.as_mut().ok_or_else(|| wire.no_server())?;
                        begun.finish(rest).map_err(|_| impostor(&wire))?;
                        proven = true;
                    }
                    _ => {
                        let at = wire.at();
                        return Err(Error::failed(format!("{at} asks for something else than a password"))
                            .hint("use the method scram-sha-256 in pg_hba.conf"));
                    }
                }
            }
            b'E' => {
                let code = code_of(body).ok_or_else(|| wire.no_server())?;
                return Ok(Login::Out(Refusal { code, let_in, asked }));
            }
            b'Z' if let_in => {
                let mut session = Session::new(wire);
                session.prepare().map_err(Failure::into_error)?;
                return Ok(Login::In { session, asked });
            }
            // settings, keys and notices
            b'S' | b'K' | b'N' | b'v' => {}
            _ => return Err(wire.no_server()),
        }
    }
}

fn offers_scram(list: &[u8]) -> bool {
    list.split(|b| *b == 0).any(|name| name == SCRAM_SHA_256.as_bytes())
}

fn impostor(wire: &Wire) -> Error {
    Error::failed(format!("{} does not show that it knows the password", wire.at()))
        .note("it is not the server that was meant, or somebody is in between")
}

fn in_clear(wire: &Wire) -> Error {
    Error::failed(format!("{} asks for the password in clear, and does not get it", wire.at()))
        .note("so do the methods password, ldap, pam and radius of pg_hba.conf; with the last three, the password is not kept in postgres")
        .hint("use the method scram-sha-256 in pg_hba.conf")
}
