//! SQL through the server's own client inside its container, for a server whose network cannot be reached from here.
//!
//! It knows `docker exec` and `psql`. SQL goes to its standard input; it holds verifiers, never a password. What psql
//! prints is looked through for a SQLSTATE and dropped.

use super::session::{Failure, Link, Row, is_code, prelude};
use crate::docker::{self, Container};
use crate::error::{Error, Result};
use crate::process::{Deadline, Program, Site, tell, withhold_keys};
use crate::secret::SecretValue;
use std::time::Duration;

/// Between fields, between rows, and for null: what no field here holds.
const FIELD: char = '\u{1f}';
const ROW: char = '\u{1e}';
const NULL: &str = "\u{1d}";

/// psql answers on standard output alone, as standard error is not read.
const SHELL: &str = "exec psql \"$@\" 2>&1";

/// psql in a container.
pub(super) struct Psql<'a> {
    site: &'a Site,
    docker: Program,
    container: Container,
    user: String,
    database: String,
    limit: Duration,
    /// Whether the role is to be itself, whatever it becomes at login.
    itself: bool,
}

impl<'a> Psql<'a> {
    pub(super) fn new(
        (site, project): (&'a Site, Option<&str>),
        service: &str,
        (user, itself): (&str, bool),
        database: &str,
        limit: Duration,
    ) -> Result<Self> {
        Ok(Psql {
            site,
            docker: docker::docker(site)?,
            container: docker::container_of(service, site, project)?,
            user: user.to_owned(),
            database: database.to_owned(),
            limit,
            itself,
        })
    }

    fn within(&self, words: &[&str], input: String, answer: &mut Vec<u8>) -> Result<i32> {
        let mut args = vec!["exec", "-i", &self.container.id];
        args.extend_from_slice(words);
        let input = SecretValue::new(input.into_bytes());
        let prepare = |command: &mut std::process::Command| withhold_keys(command, self.site);
        tell(self.site, &self.docker, &args, &input, &Deadline::new(self.limit), &prepare, Some(answer))
    }

    /// What keeps psql from logging in.
    fn no_login(&self) -> Error {
        let ready = self.within(&["pg_isready", "-q"], String::new(), &mut Vec::new());
        let service = &self.container.service;
        match ready {
            Ok(1) => Error::failed(format!("postgres in service {service:?} is starting or stopping"))
                .hint("try again in a while"),
            Ok(2) => Error::failed(format!("postgres in service {service:?} does not answer"))
                .hint(format!("see `docker compose logs {service}`")),
            _ => {
                let (user, database) = (&self.user, &self.database);
                Error::failed(format!(
                    "psql in service {service:?} cannot log in as {user:?} to database {database:?}"
                ))
                .note("the role or the database is missing, or a password is wanted, which psql is not given")
                .hint("see the server's log; with a password, leave `via = \"exec\"` out")
            }
        }
    }
}

impl Link for Psql<'_> {
    fn run(&mut self, sql: &str) -> Result<Vec<Row>, Failure> {
        let own = if self.itself { "SET ROLE NONE;" } else { "" };
        // an old psql does not know `sqlstate`, and goes on with its usual words
        let before = format!(
            "\\set VERBOSITY sqlstate\n\\set ON_ERROR_STOP 1\n{}\n",
            prelude(self.limit.as_millis().clamp(1, 2_000_000_000))
        );
        let input = format!("{before}{own}\n{sql}\n;\n");
        let (field, row, null) = (FIELD.to_string(), ROW.to_string(), format!("null={NULL}"));
        let words = [
            "sh",
            "-c",
            SHELL,
            "psql",
            "-X",
            "-q",
            "-w",
            "-A",
            "-t",
            "-F",
            &field,
            "-R",
            &row,
            "-P",
            &null,
            "-U",
            &self.user,
            "-d",
            &self.database,
        ];
        let mut answer = Vec::new();
        let status = self.within(&words, input, &mut answer)?;
        let text = String::from_utf8_lossy(&answer);
        match status {
            0 => Ok(rows(&text)),
            // the script failed; the last error stopped it
            3 => Err(match text.lines().rev().find_map(code) {
                Some(code) => Failure::Sql(code.to_owned()),
                None => Failure::Other(Error::failed("psql ended at an error without a SQLSTATE")),
            }),
            2 => Err(self.no_login().into()),
            126 | 127 => {
                let service = &self.container.service;
                Err(Error::failed(format!("there is no psql in the container of service {service:?}")).into())
            }
            other => Err(Error::failed(format!("docker exec ended with exit code {other}"))
                .note("the container may have been stopped")
                .hint("see `docker ps -a`")
                .into()),
        }
    }
}

fn rows(text: &str) -> Vec<Row> {
    let Some(text) = text.strip_suffix('\n') else { return Vec::new() };
    let field = |field: &str| (field != NULL).then(|| field.to_owned());
    text.split(ROW).map(|row| row.split(FIELD).map(field).collect()).collect()
}

/// `ERROR:  42501`, in whatever language.
fn code(line: &str) -> Option<&str> {
    line.rsplit_once(": ").map(|(_, code)| code.trim()).filter(|code| is_code(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_psql_prints_is_read() {
        assert_eq!(rows(""), Vec::<Row>::new());
        assert_eq!(rows("\n"), vec![vec![Some(String::new())]]);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            rows("a\u{1f}\u{1d}\u{1e}b\u{1f}c\n"),
            vec![vec![some("a"), None], vec![some("b"), some("c")]]
        );
        assert_eq!(code("psql:<stdin>:4: FEHLER:  42501"), Some("42501"));
        assert_eq!(code("ERROR:  permission denied"), None);
    }
}
