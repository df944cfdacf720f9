//! A service that a program of the user's own tells: it gets the verb as its last argument and the values on its
//! standard input, as `docs/formats.md` specifies.
//!
//! It knows the program, the object on its input and its exit codes; it does not know what the program speaks to. What
//! the program says of a login is put to the same proofs as any other service. No age key reaches it, and no value
//! leaves by its arguments or its environment.

use serde::Serialize;

use super::{Admin, Credential, Proof, Reach, Target, web};
use crate::config::{TargetConfig, Users};
use crate::error::{Error, Result};
use crate::process::{Deadline, program, tell, withhold_keys};
use crate::secret::SecretValue;

/// Done, or accepted.
const DONE: i32 = 0;
/// The login is refused; of `test` only.
const REFUSED: i32 = 1;
/// Logins say nothing here; of `test` only.
const UNPROVABLE: i32 = 3;
/// The program does not have the verb.
const UNSUPPORTED: i32 = 4;

/// What the program gets on its standard input.
#[derive(Default, Serialize)]
struct Input<'a> {
    v: u8,
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admin: Option<AdminInput<'a>>,
}

#[derive(Serialize)]
struct AdminInput<'a> {
    user: &'a str,
    passwords: Vec<&'a str>,
}

/// A service behind a program.
pub(super) struct Command<'a> {
    config: &'a TargetConfig,
    run: &'a [String],
    reach: Reach<'a>,
}

impl<'a> Command<'a> {
    pub(super) fn new(config: &'a TargetConfig, run: &'a [String], reach: Reach<'a>) -> Self {
        Command { config, run, reach }
    }

    fn word(&self) -> &str {
        self.run.first().map_or("", String::as_str)
    }

    fn admin(&self) -> Result<Option<AdminInput<'_>>> {
        let Some(Admin { user, passwords }) = &self.reach.admin else { return Ok(None) };
        let passwords = passwords.iter().map(web::text).collect::<Result<_>>()?;
        Ok(Some(AdminInput { user, passwords }))
    }

    /// One call; the exit code.
    fn call(&self, verb: &str, input: &Input<'_>, answer: Option<&mut Vec<u8>>) -> Result<i32> {
        let site = self.reach.site;
        let program = program(self.word(), site)?;
        let mut args: Vec<&str> = self.run.iter().skip(1).map(String::as_str).collect();
        args.push(verb);
        let deadline = Deadline::new(self.config.timeout);
        tell(
            site,
            &program,
            &args,
            &web::json(input)?,
            &deadline,
            &|child| withhold_keys(child, site),
            answer,
        )
    }

    fn failed(&self, verb: &str, code: i32) -> Error {
        let word = self.word();
        Error::failed(format!("{word:?} ended {verb:?} with exit code {code}"))
            .hint("docs/formats.md lists the exit codes of a command target")
    }

    /// The exit code of a `test`.
    fn tested(&self, credential: &Credential<'_>) -> Result<i32> {
        let value = Some(web::text(credential.value)?);
        let input = Input { v: 1, user: credential.user, value, ..Input::default() };
        self.call("test", &input, None)
    }
}

impl Target for Command<'_> {
    fn name(&self) -> String {
        match &self.config.users {
            Users::Single(user) if !user.is_empty() => {
                format!("command {:?}, user {user:?}", self.word())
            }
            _ => format!("command {:?}", self.word()),
        }
    }

    fn examine(&self, current: &Credential<'_>) -> Result<Vec<String>> {
        let value = Some(web::text(current.value)?);
        let input = Input { v: 1, user: current.user, value, admin: self.admin()?, ..Input::default() };
        match self.call("examine", &input, None)? {
            DONE | UNSUPPORTED => {}
            code => return Err(self.failed("examine", code)),
        }
        // whether setting needs the present value, the program alone knows
        Ok(if self.test(current)? { vec![] } else { vec!["the present value is refused".to_owned()] })
    }

    fn test(&self, credential: &Credential<'_>) -> Result<bool> {
        match self.tested(credential)? {
            // as a service that lets everybody in: `proof` tells that it means nothing
            DONE | UNPROVABLE => Ok(true),
            REFUSED => Ok(false),
            code => Err(self.failed("test", code)),
        }
    }

    fn proof(&self, user: &str, nobodys: &SecretValue) -> Result<Proof> {
        match self.tested(&Credential { user, value: nobodys })? {
            DONE => Ok(Proof::Unprovable("it lets a wrong value in".to_owned())),
            REFUSED => Ok(Proof::Proven),
            UNPROVABLE => Ok(Proof::Unprovable("its command cannot tell a wrong value".to_owned())),
            code => Err(self.failed("test", code)),
        }
    }

    fn set(&self, want: &Credential<'_>, known: &[Credential<'_>]) -> Result<()> {
        let known = known.iter().filter(|one| one.user == want.user);
        let input = Input {
            v: 1,
            user: want.user,
            new: Some(web::text(want.value)?),
            known: Some(known.map(|one| web::text(one.value)).collect::<Result<_>>()?),
            admin: self.admin()?,
            ..Input::default()
        };
        match self.call("set", &input, None)? {
            DONE => Ok(()),
            code => Err(self.failed("set", code)),
        }
    }

    fn retire(&self, old: &Credential<'_>, current: &Credential<'_>) -> Result<()> {
        match self.call("retire", &self.change(old, current)?, None)? {
            // without the verb, setting the new value was all; `revoke` tries whether that is so
            DONE | UNSUPPORTED => Ok(()),
            code => Err(self.failed("retire", code)),
        }
    }

    fn sessions(&self, old: &Credential<'_>, current: &Credential<'_>) -> Result<Option<usize>> {
        let mut answer = Vec::new();
        match self.call("sessions", &self.change(old, current)?, Some(&mut answer))? {
            DONE => {}
            UNSUPPORTED => return Ok(None),
            code => return Err(self.failed("sessions", code)),
        }
        let ended = std::str::from_utf8(&answer).ok().and_then(|text| text.trim().parse().ok());
        ended.map(Some).ok_or_else(|| {
            Error::failed(format!("{:?} does not say how many sessions it ended", self.word()))
                .note("its exit code says that they are ended")
                .hint("let it print the number, and nothing else, on standard output")
        })
    }
}

impl Command<'_> {
    fn change<'v>(&'v self, old: &Credential<'v>, current: &Credential<'v>) -> Result<Input<'v>> {
        Ok(Input {
            v: 1,
            user: current.user,
            old: Some(web::text(old.value)?),
            current: Some(web::text(current.value)?),
            admin: self.admin()?,
            ..Input::default()
        })
    }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
