//! A user of Grafana, over its HTTP interface.
//!
//! Grafana counts wrong passwords, and after five within five minutes it refuses the right one as well. A login is
//! spent only where something is to be learned from it: that a wrong password is refused is taken from Grafana's word,
//! since an accepted login names who is logged in (it always checks passwords, and to anonymous visitors it does not
//! give `/api/user`). A locked user is told from a wrong password by the `messageId`, where the version gives one.
//! A new password is set by an admin, who needs not know the old one, or by the user, who does.

use serde::Serialize;
use serde_json::Value;

use super::web::{self, AdminLogin, Answer, Login, Web};
use super::{Credential, Proof, Reach, Target};
use crate::config::{TargetConfig, Users};
use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// The `messageId` of a user whose logins are blocked.
const BLOCKED: &str = "login-attempt.blocked";

/// The body of a user's own change.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    old_password: &'a str,
    new_password: &'a str,
    confirm_new: &'a str,
}

/// The body of an admin's change.
#[derive(Serialize)]
struct Reset<'a> {
    password: &'a str,
}

/// A user of one Grafana.
pub(super) struct Grafana<'a> {
    at: &'a str,
    user: String,
    admin: Option<AdminLogin>,
    web: Web,
}

impl<'a> Grafana<'a> {
    pub(super) fn new(config: &'a TargetConfig, at: &'a str, reach: Reach<'a>) -> Self {
        let user = match &config.users {
            Users::Single(user) => user.clone(),
            Users::Alternating { users, .. } => users.join("\" or \""),
        };
        Grafana { at, user, admin: reach.admin.map(AdminLogin::new), web: Web::new(config.timeout) }
    }

    fn call(
        &self,
        method: &str,
        path: &str,
        login: &Login<'_>,
        body: Option<&SecretValue>,
    ) -> Result<Answer> {
        self.web.call(method, &format!("{}{path}", self.at), login, body)
    }

    fn as_user(
        &self,
        method: &str,
        path: &str,
        who: &Credential<'_>,
        body: Option<&SecretValue>,
    ) -> Result<Answer> {
        self.call(method, path, &Login::Basic { user: who.user, value: Some(who.value) }, body)
    }

    fn as_admin(
        &self,
        admin: &AdminLogin,
        method: &str,
        path: &str,
        body: Option<&SecretValue>,
    ) -> Result<Answer> {
        let refuses = |answer: &mut Answer| refused(answer, admin.user());
        admin.call(refuses, |login| self.call(method, path, login, body))
    }

    /// The user's number, which an admin asks for.
    fn id(&self, admin: &AdminLogin, user: &str) -> Result<u64> {
        let path = format!("/api/users/lookup?loginOrEmail={}", web::encoded(user));
        let mut answer = self.as_admin(admin, "GET", &path, None)?;
        match answer.status {
            404 => return Err(Error::failed(format!("it has no user {user:?}"))),
            403 => return Err(Error::failed(format!("{:?} is no server admin of it", admin.user()))),
            _ => done(&answer, "look for the user")?,
        }
        answer.json().and_then(|body| body.get("id")?.as_u64()).ok_or_else(no_grafana)
    }

    /// The sessions of browsers, as numbers.
    fn tokens(mut answer: Answer) -> Result<Vec<u64>> {
        done(&answer, "list the sessions")?;
        let Some(Value::Array(tokens)) = answer.json() else { return Err(no_grafana()) };
        tokens
            .iter()
            .map(|token| token.get("id").and_then(Value::as_u64))
            .collect::<Option<_>>()
            .ok_or_else(no_grafana)
    }
}

impl Target for Grafana<'_> {
    fn name(&self) -> String {
        let at = web::place(self.at).unwrap_or_else(|_| "its address".to_owned());
        format!("grafana user \"{}\" at {at}", self.user)
    }

    fn examine(&self, current: &Credential<'_>) -> Result<Vec<String>> {
        let accepted = self.test(current)?;
        if let Some(admin) = &self.admin {
            self.id(admin, current.user)?;
            return Ok(if accepted { vec![] } else { vec!["the present value is refused".to_owned()] });
        }
        if !accepted {
            return Err(Error::failed("the present value is refused, and setting another needs it")
                .note("that is also so where `[auth.basic]` is disabled in Grafana")
                .hint("name an `admin-user`, or run `grafana cli admin reset-admin-password --password-from-stdin`"));
        }
        Ok(vec![])
    }

    fn test(&self, credential: &Credential<'_>) -> Result<bool> {
        let mut answer = self.as_user("GET", "/api/user", credential, None)?;
        if refused(&mut answer, credential.user)? {
            return Ok(false);
        }
        done(&answer, "log in")?;
        let body = answer.json().ok_or_else(no_grafana)?;
        let wanted = credential.user.to_lowercase();
        let is_it = |field: &str| {
            body.get(field).and_then(Value::as_str).is_some_and(|name| name.to_lowercase() == wanted)
        };
        if body.get("login").and_then(Value::as_str).is_none() {
            return Err(no_grafana());
        }
        if !is_it("login") && !is_it("email") {
            return Err(Error::failed(format!("it takes {:?} for another user", credential.user))
                .note("something in front of Grafana logs in on its own"));
        }
        Ok(true)
    }

    fn proof(&self, _: &str, _: &SecretValue) -> Result<Proof> {
        Ok(Proof::Proven)
    }

    fn set(&self, want: &Credential<'_>, known: &[Credential<'_>]) -> Result<()> {
        let new = web::text(want.value)?;
        if let Some(admin) = &self.admin {
            let path = format!("/api/admin/users/{}/password", self.id(admin, want.user)?);
            let answer = self.as_admin(admin, "PUT", &path, Some(&web::json(&Reset { password: new })?))?;
            return changed(&answer);
        }
        // the wanted value last: it is in force only after a crash, and every wrong login counts
        let mut tried: Vec<&SecretValue> = vec![want.value];
        for old in known.iter().filter(|one| one.user == want.user) {
            if tried.iter().any(|value| value.same_as(old.value)) {
                continue;
            }
            tried.push(old.value);
            if self.test(old)? {
                let change =
                    Change { old_password: web::text(old.value)?, new_password: new, confirm_new: new };
                let answer = self.as_user("PUT", "/api/user/password", old, Some(&web::json(&change)?))?;
                return changed(&answer);
            }
        }
        if self.test(want)? {
            return Ok(());
        }
        Err(Error::failed("none of the known values is accepted, and setting another needs one").hint(
            "name an `admin-user`, or run `grafana cli admin reset-admin-password --password-from-stdin`",
        ))
    }

    fn retire(&self, _: &Credential<'_>, _: &Credential<'_>) -> Result<()> {
        Ok(())
    }

    fn sessions(&self, _: &Credential<'_>, current: &Credential<'_>) -> Result<Option<usize>> {
        // Grafana does not let an admin end the admin's own sessions in this way
        if let Some(admin) = self.admin.as_ref().filter(|admin| admin.user() != current.user) {
            let user = format!("/api/admin/users/{}", self.id(admin, current.user)?);
            let open = Self::tokens(self.as_admin(admin, "GET", &format!("{user}/auth-tokens"), None)?)?;
            done(&self.as_admin(admin, "POST", &format!("{user}/logout"), None)?, "end the sessions")?;
            return Ok(Some(open.len()));
        }
        let open = Self::tokens(self.as_user("GET", "/api/user/auth-tokens", current, None)?)?;
        for id in &open {
            let body = SecretValue::new(format!("{{\"authTokenId\":{id}}}").into_bytes());
            let answer = self.as_user("POST", "/api/user/revoke-auth-token", current, Some(&body))?;
            if answer.status != 404 {
                done(&answer, "end a session")?;
            }
        }
        Ok(Some(open.len()))
    }
}

/// Whether the login is refused. Who is blocked is neither refused nor accepted.
fn refused(answer: &mut Answer, user: &str) -> Result<bool> {
    if !matches!(answer.status, 400 | 401) {
        return Ok(false);
    }
    let body = answer.json();
    let id = body.as_ref().and_then(|body| body.get("messageId")).and_then(Value::as_str).unwrap_or_default();
    if id == BLOCKED {
        return Err(Error::failed(format!("Grafana has blocked the logins of {user:?}: {BLOCKED}"))
            .note("after five wrong passwords it refuses the right one too, for five minutes")
            .hint("wait for five minutes, then run the command again"));
    }
    // a version or two said 400 to a wrong password
    Ok(answer.status == 401 || id.starts_with("password-auth."))
}

fn changed(answer: &Answer) -> Result<()> {
    if answer.status == 400 {
        return Err(Error::failed("it does not take the value as a password")
            .note("a password has 4 characters at least, or what `[auth.basic] password_policy` asks for")
            .hint("with the policy on: `generate = \"password:24\"`"));
    }
    done(answer, "set the password")
}

fn done(answer: &Answer, what: &str) -> Result<()> {
    if answer.is_done() {
        return Ok(());
    }
    let error = Error::failed(format!("status {} to the request to {what}", answer.status));
    Err(match answer.status {
        300..=399 | 404 => {
            error.hint("check `at` of the target: the address of its web page, sub-path included")
        }
        _ => error,
    })
}

fn no_grafana() -> Error {
    Error::failed("it does not answer as Grafana does").hint("check `at` of the target in reseal.toml")
}

#[cfg(test)]
#[path = "grafana_tests.rs"]
mod tests;
