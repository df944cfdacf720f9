//! A service with an HTTP interface, told by the requests that the policy spells out.
//!
//! It knows how values get into a request and what a status says: 2xx is done or accepted, 401 and 403 are refused,
//! and anything else is no answer to the question. It does not know what the service is, and reads no body.

use super::web::{self, AdminLogin, Answer, Login, Web};
use super::{Credential, Reach, Target};
use crate::config::{HttpCall, HttpConfig, HttpLogin, TargetConfig, Users};
use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// What the placeholders of a request stand for. In a `test`, `{new}` is the value that is tried.
#[derive(Clone, Copy)]
struct Given<'a> {
    user: &'a str,
    /// What the user logs in with.
    login: &'a SecretValue,
    new: &'a SecretValue,
    old: Option<&'a SecretValue>,
}

/// A service behind requests.
pub(super) struct Http<'a> {
    config: &'a TargetConfig,
    calls: &'a HttpConfig,
    admin: Option<AdminLogin>,
    web: Web,
}

impl<'a> Http<'a> {
    pub(super) fn new(config: &'a TargetConfig, calls: &'a HttpConfig, reach: Reach<'a>) -> Self {
        let admin = reach.admin.map(AdminLogin::new);
        Http { config, calls, admin, web: Web::new(config.timeout) }
    }

    /// Makes the request. `refusals` are the statuses that mean that the admin is refused.
    fn call(&self, call: &HttpCall, given: Given<'_>, refusals: &[u16]) -> Result<Answer> {
        let url = call.url.replace("{user}", &web::encoded(given.user));
        let json = call.json.as_ref().map(|template| fill(template, given)).transpose()?;
        let send = |login: &Login<'_>| self.web.call(&call.method, &url, login, json.as_ref());
        match (call.login, &self.admin) {
            (HttpLogin::Nobody, _) => send(&Login::Nobody),
            (HttpLogin::User, _) => send(&Login::Basic { user: given.user, value: Some(given.login) }),
            (HttpLogin::Bearer, _) => send(&Login::Bearer(given.login)),
            (HttpLogin::Admin, Some(admin)) => {
                admin.call(|answer| Ok(refusals.contains(&answer.status)), send)
            }
            (HttpLogin::Admin, None) => Err(Error::usage("the request needs `admin-user`")),
        }
    }

    /// Whether setting needs the value that is in force.
    fn needs_old(&self) -> bool {
        let set = &self.calls.set;
        matches!(set.login, HttpLogin::User | HttpLogin::Bearer)
            || set.json.as_ref().is_some_and(|json| json.contains("{old}"))
    }
}

impl Target for Http<'_> {
    fn name(&self) -> String {
        let at = web::place(&self.calls.test.url).unwrap_or_else(|_| "its address".to_owned());
        match &self.config.users {
            Users::Single(user) if !user.is_empty() => format!("http service at {at}, user {user:?}"),
            _ => format!("http service at {at}"),
        }
    }

    fn examine(&self, current: &Credential<'_>) -> Result<Vec<String>> {
        let HttpConfig { test, set, retire, sessions } = self.calls;
        for call in [Some(test), Some(set), retire.as_ref(), sessions.as_ref()].into_iter().flatten() {
            web::place(&call.url.replace("{user}", &web::encoded(current.user)))?;
            let old = (!std::ptr::eq(call, test)).then_some(current.value);
            let given = Given { user: current.user, login: current.value, new: current.value, old };
            call.json.as_ref().map(|json| fill(json, given)).transpose()?;
        }
        match (self.test(current)?, self.needs_old()) {
            (true, _) => Ok(vec![]),
            (false, false) => Ok(vec!["the present value is refused".to_owned()]),
            (false, true) => Err(Error::failed("the present value is refused, and setting another needs it")
                .hint("let the \"set\" request have login \"admin\"")),
        }
    }

    fn test(&self, credential: &Credential<'_>) -> Result<bool> {
        let Credential { user, value } = *credential;
        let given = Given { user, login: value, new: value, old: None };
        let answer = self.call(&self.calls.test, given, &[401])?;
        match answer.status {
            401 | 403 => Ok(false),
            _ => done(&answer, "test").map(|()| true),
        }
    }

    fn set(&self, want: &Credential<'_>, known: &[Credential<'_>]) -> Result<()> {
        let call = &self.calls.set;
        let given = |old: Option<&'_ SecretValue>| -> Result<Answer> {
            let login = old.unwrap_or(want.value);
            let given = Given { user: want.user, login, new: want.value, old };
            self.call(call, given, &[401, 403])
        };
        if !self.needs_old() {
            return done(&given(None)?, "set");
        }
        // the wanted value last: it is in force only after a crash, and a wrong login may cost something
        for old in known.iter().filter(|one| one.user == want.user && !one.value.same_as(want.value)) {
            if self.test(old)? {
                let answer = given(Some(old.value))?;
                // where logins prove nothing, the request itself tells
                if !matches!(answer.status, 401 | 403) {
                    return done(&answer, "set");
                }
            }
        }
        if self.test(want)? {
            return Ok(());
        }
        Err(Error::failed("none of the known values is accepted, and setting another needs one")
            .hint("let the \"set\" request have login \"admin\""))
    }

    fn retire(&self, old: &Credential<'_>, current: &Credential<'_>) -> Result<()> {
        let Some(call) = &self.calls.retire else { return Ok(()) };
        let answer = self.call(call, change(old, current), &[401, 403])?;
        match answer.status {
            // gone, as after a crash; `revoke` tries whether that is so
            404 | 410 => Ok(()),
            _ => done(&answer, "retire"),
        }
    }

    fn sessions(&self, old: &Credential<'_>, current: &Credential<'_>) -> Result<Option<usize>> {
        let Some(call) = &self.calls.sessions else { return Ok(None) };
        done(&self.call(call, change(old, current), &[401, 403])?, "sessions")?;
        // how many there were, no status says
        Ok(Some(0))
    }
}

fn change<'v>(old: &Credential<'v>, current: &Credential<'v>) -> Given<'v> {
    Given { user: current.user, login: current.value, new: current.value, old: Some(old.value) }
}

fn done(answer: &Answer, verb: &str) -> Result<()> {
    if answer.is_done() {
        return Ok(());
    }
    let status = answer.status;
    let error = Error::failed(format!("status {status} to the request {verb:?}"));
    Err(match status {
        300..=399 => error.hint("no redirect is followed; write the address that it leads to"),
        401 | 403 => error.note("the login of the request is refused"),
        _ => error,
    })
}

/// The body: placeholders are replaced inside the texts of the JSON, and so nothing is left to quote.
fn fill(template: &str, given: Given<'_>) -> Result<SecretValue> {
    let mut json: serde_json::Value =
        serde_json::from_str(template).map_err(|_| Error::usage("\"json\" is no JSON"))?;
    put(&mut json, given)?;
    // the tree and its texts are wiped by the process's allocator
    web::json(&json)
}

fn put(json: &mut serde_json::Value, given: Given<'_>) -> Result<()> {
    use serde_json::Value::{Array, Object, String};
    match json {
        String(text) => *text = replaced(text, given)?,
        Array(items) => items.iter_mut().try_for_each(|item| put(item, given))?,
        Object(fields) => fields.values_mut().try_for_each(|field| put(field, given))?,
        _ => {}
    }
    Ok(())
}

/// One pass from left to right, so that a value which looks like a placeholder stays what it is.
fn replaced(text: &str, given: Given<'_>) -> Result<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (name, value) = if rest.starts_with("{user}") {
            ("{user}", given.user)
        } else if rest.starts_with("{new}") {
            ("{new}", web::text(given.new)?)
        } else if rest.starts_with("{old}") {
            let old = given.old.ok_or_else(|| {
                Error::usage("\"{old}\" stands in a request that has no old value")
                    .hint("the value that is tried by \"test\" is \"{new}\"")
            })?;
            ("{old}", web::text(old)?)
        } else {
            ("{", "{")
        };
        out.push_str(value);
        rest = &rest[name.len()..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
