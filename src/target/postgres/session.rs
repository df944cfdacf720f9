//! What SQL goes through: a session of our own, or the server's own client (`exec`).

use super::wire::Wire;
use crate::error::{Error, Result};

/// One row, as text.
pub(super) type Row = Vec<Option<String>>;

/// Why SQL failed.
pub(super) enum Failure {
    /// The server said no; its SQLSTATE. Its words are dropped, as they may hold anything.
    Sql(String),
    /// It is not known what the server did.
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Other(error)
    }
}

impl Failure {
    /// Where nothing more is known of what was asked.
    pub(super) fn into_error(self) -> Error {
        match self {
            Failure::Other(error) => error,
            Failure::Sql(code) => match code.as_str() {
                "42501" => Error::failed("it does not allow that (SQLSTATE 42501)"),
                "25006" => Error::failed("it is read-only (SQLSTATE 25006)"),
                "57014" => Error::failed("it did not finish in time (SQLSTATE 57014)")
                    .note("another session may hold a lock on the role")
                    .hint("see pg_stat_activity, or set a longer `timeout`"),
                code => Error::failed(format!("it answered SQLSTATE {code}")),
            },
        }
    }

    /// Whether it is this SQLSTATE.
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Failure::Sql(code) if code == wanted)
    }
}

/// Runs SQL; the rows are those of all its statements.
pub(super) trait Link {
    fn run(&mut self, sql: &str) -> Result<Vec<Row>, Failure>;
}

/// What every session begins with, whatever the role, the database and the server have for defaults: names mean the
/// system's own, texts have one form, and the session may write.
pub(super) fn prelude(milliseconds: u128) -> String {
    format!(
        "SET search_path = pg_catalog; SET client_encoding = 'UTF8'; SET client_min_messages = error; \
         SET standard_conforming_strings = on; SET datestyle = 'ISO'; SET timezone = 'GMT'; \
         SET default_transaction_read_only = off; SET statement_timeout = {milliseconds};"
    )
}

/// A session of our own.
pub(super) struct Session {
    wire: Wire,
}

impl Session {
    pub(super) fn new(wire: Wire) -> Self {
        Session { wire }
    }

    pub(super) fn prepare(&mut self) -> Result<(), Failure> {
        let sql = prelude(self.wire.left().as_millis().clamp(1, 2_000_000_000));
        self.run(&sql).map(drop)
    }
}

impl Link for Session {
    fn run(&mut self, sql: &str) -> Result<Vec<Row>, Failure> {
        self.wire.send(b'Q', &[sql.as_bytes(), &[0]])?;
        let (mut rows, mut failed) = (Vec::new(), None);
        loop {
            let message = self.wire.receive()?;
            match message.tag {
                b'D' => rows.push(row(&message.body).ok_or_else(|| self.wire.no_server())?),
                b'E' => failed = Some(code_of(&message.body).ok_or_else(|| self.wire.no_server())?),
                b'Z' => return failed.map_or(Ok(rows), |code| Err(Failure::Sql(code))),
                b'T' | b'C' | b'I' | b'N' | b'S' | b'A' => {}
                _ => return Err(self.wire.no_server().into()),
            }
            // after a fatal error the server says no more
            if failed.as_deref().is_some_and(|code| code.starts_with("57P")) {
                return Err(Failure::Sql(failed.unwrap_or_default()));
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // so that the server's log tells of no lost connection; it ends the session either way
        let _ = self.wire.send(b'X', &[]);
    }
}

fn row(body: &[u8]) -> Option<Row> {
    let (count, mut rest) = body.split_first_chunk::<2>()?;
    let mut row = Vec::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<4>()?;
        rest = after;
        let length = i32::from_be_bytes(*length);
        // -1 is null
        let Ok(length) = usize::try_from(length) else {
            row.push(None);
            continue;
        };
        let (field, after) = rest.split_at_checked(length)?;
        row.push(Some(String::from_utf8_lossy(field).into_owned()));
        rest = after;
    }
    Some(row)
}

/// The SQLSTATE of an error; no other field is looked at.
pub(super) fn code_of(body: &[u8]) -> Option<String> {
    body.split(|b| *b == 0).find_map(|field| {
        let (kind, text) = field.split_first()?;
        let text = std::str::from_utf8(text).ok()?;
        (*kind == b'C' && is_code(text)).then(|| text.to_owned())
    })
}

/// Five digits or capital letters.
pub(super) fn is_code(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}
