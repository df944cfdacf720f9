//! One HTTP request to a service that is told: no proxy, no redirect, a connection of its own each time.
//!
//! It knows how a login and a body travel, and says in own words why no answer came: never a body, and of the address
//! only host and port, since the rest of it holds a user. What a status means is its callers' business. Over plain
//! http only hosts of the private network are spoken to; over https, by the certificates that browsers trust.

use std::cell::Cell;
use std::net::ToSocketAddrs;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::http::{HeaderValue, Response, Uri};
use ureq::{Agent, Body};

use super::{Admin, place};
use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// The largest answer that is read.
const LONGEST: u64 = 1 << 20;

/// The login that goes with a request.
pub(super) enum Login<'a> {
    Nobody,
    Basic { user: &'a str, value: Option<&'a SecretValue> },
    Bearer(&'a SecretValue),
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    response: Response<Body>,
}

impl Answer {
    pub(super) fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, where it is JSON.
    pub(super) fn json(&mut self) -> Option<serde_json::Value> {
        let body = self.response.body_mut().with_config().limit(LONGEST).read_to_vec().ok()?;
        serde_json::from_slice(&body).ok()
    }
}

/// Speaks to one service, with one deadline for each request.
pub(super) struct Web {
    agent: Agent,
    limit: Duration,
}

impl Web {
    pub(super) fn new(limit: Duration) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(limit))
            .http_status_as_error(false)
            .max_redirects(0)
            // a connection that was kept may be the one of an earlier login
            .max_idle_connections(0)
            .proxy(None)
            .user_agent(concat!("reseal/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Web { agent, limit }
    }

    /// Sends one request. Any status is an answer.
    pub(super) fn call(
        &self,
        method: &str,
        url: &str,
        login: &Login<'_>,
        json: Option<&SecretValue>,
    ) -> Result<Answer> {
        let to = place(url)?;
        let login = header(login)?;
        let bare = |builder: ureq::RequestBuilder<ureq::typestate::WithoutBody>| {
            let builder = match &login {
                Some(login) => builder.header("authorization", login),
                None => builder,
            };
            match json {
                None => builder.call(),
                Some(body) => {
                    builder.header("content-type", "application/json").force_send_body().send(body.expose())
                }
            }
        };
        let full = |builder: ureq::RequestBuilder<ureq::typestate::WithBody>| {
            let builder = match &login {
                Some(login) => builder.header("authorization", login),
                None => builder,
            };
            match json {
                None => builder.send_empty(),
                Some(body) => builder.header("content-type", "application/json").send(body.expose()),
            }
        };
        let answer = match method {
            "GET" => bare(self.agent.get(url)),
            "DELETE" => bare(self.agent.delete(url)),
            "POST" => full(self.agent.post(url)),
            "PUT" => full(self.agent.put(url)),
            "PATCH" => full(self.agent.patch(url)),
            other => return Err(Error::usage(format!("there is no HTTP method {other:?}"))),
        };
        match answer {
            Ok(response) => Ok(Answer { status: response.status().as_u16(), response }),
            Err(error) => Err(self.reason(&error, &to)),
        }
    }

    /// In own words: ureq's may quote the address.
    fn reason(&self, error: &ureq::Error, to: &str) -> Error {
        match error {
            ureq::Error::Timeout(_) => Error::failed(format!("no answer from {to} within {:?}", self.limit)),
            ureq::Error::Io(e) => Error::failed(format!("nobody answers at {to}: {}", e.kind())),
            ureq::Error::ConnectionFailed => Error::failed(format!("nobody answers at {to}")),
            ureq::Error::HostNotFound => Error::failed(format!("cannot look up the host of {to}")),
            ureq::Error::Tls(why) => Error::failed(format!("no TLS connection to {to}: {why}")),
            ureq::Error::Rustls(_) => Error::failed(format!("no TLS connection to {to}"))
                .hint("its certificate must be one that browsers trust"),
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => no_address(),
            _ => Error::failed(format!("no HTTP answer from {to}")),
        }
    }
}

/// The host and the port, where values may be sent there.
pub(super) fn place(url: &str) -> Result<String> {
    let uri: Uri = url.parse().map_err(|_| no_address())?;
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else { return Err(no_address()) };
    let clear = match scheme {
        "http" => true,
        "https" => false,
        _ => return Err(no_address()),
    };
    let port = uri.port_u16().unwrap_or(if clear { 80 } else { 443 });
    let to = format!("{host}:{port}");
    if clear {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = (bare, port)
            .to_socket_addrs()
            .map_err(|_| Error::failed(format!("cannot look up the host {bare:?}")))?;
        if let Some(far) = found.into_iter().find(|a| !place::is_near(a.ip())) {
            return Err(Error::usage(format!("{bare:?} is {}, beyond the private network", far.ip()))
                .note("a value must not travel there in clear")
                .hint("use its https:// address"));
        }
    }
    Ok(to)
}

fn no_address() -> Error {
    Error::usage("not an address").hint("check the addresses under `target` in reseal.toml")
}

/// The header that carries the login.
fn header(login: &Login<'_>) -> Result<Option<HeaderValue>> {
    let text = match login {
        Login::Nobody => return Ok(None),
        Login::Basic { user, value } => {
            if user.contains(':') {
                return Err(Error::usage(format!("the user {user:?} cannot log in over HTTP"))
                    .note("basic authentication ends the name at the first colon"));
            }
            let value = value.map_or(&b""[..], SecretValue::expose);
            let pair = SecretValue::concat(&[user.as_bytes(), b":", value]);
            let mut text = String::with_capacity(pair.len().div_ceil(3) * 4 + 8);
            text.push_str("Basic ");
            STANDARD.encode_string(pair.expose(), &mut text);
            SecretValue::new(text.into_bytes())
        }
        Login::Bearer(value) => SecretValue::concat(&[b"Bearer ", value.expose()]),
    };
    let mut header = HeaderValue::from_bytes(text.expose())
        .ok()
        .filter(|_| text.expose().is_ascii())
        .ok_or_else(|| Error::failed("the value holds a character that no bearer token can have"))?;
    header.set_sensitive(true);
    Ok(Some(header))
}

/// Text that may stand in a path or a query: everything but letters, digits and `-._~` is encoded.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.extend(char::from_digit(digit.into(), 16).map(|c| c.to_ascii_uppercase()));
            }
        }
    }
    out
}

/// A value as JSON carries it.
pub(super) fn text(value: &SecretValue) -> Result<&str> {
    value.expose_str().ok_or_else(|| {
        Error::failed("a value holds bytes that are not UTF-8, and JSON carries text only")
            .hint("have the value generated, e.g. `generate = \"alnum:32\"`")
    })
}

/// JSON in one allocation: it is written twice, first to count.
pub(super) fn json(body: &impl serde::Serialize) -> Result<SecretValue> {
    let unwritable = |_| Error::failed("a value cannot be written as JSON");
    let mut length = Length(0);
    serde_json::to_writer(&mut length, body).map_err(unwritable)?;
    let mut json = Vec::with_capacity(length.0);
    serde_json::to_writer(&mut json, body).map_err(unwritable)?;
    Ok(SecretValue::new(json))
}

/// Counts what is written.
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The admin of a service, and which of the passwords was right the last time, so that no login fails twice.
pub(super) struct AdminLogin {
    admin: Admin,
    right: Cell<usize>,
}

impl AdminLogin {
    pub(super) fn new(admin: Admin) -> Self {
        AdminLogin { admin, right: Cell::new(0) }
    }

    pub(super) fn user(&self) -> &str {
        &self.admin.user
    }

    /// Makes the call with one password after the other, until its answer is none that refuses the login.
    pub(super) fn call(
        &self,
        refuses: impl Fn(&mut Answer) -> Result<bool>,
        call: impl Fn(&Login<'_>) -> Result<Answer>,
    ) -> Result<Answer> {
        let count = self.admin.passwords.len().max(1);
        for step in 0..count {
            let at = (self.right.get() + step) % count;
            let login = Login::Basic { user: &self.admin.user, value: self.admin.passwords.get(at) };
            let mut answer = call(&login)?;
            if !refuses(&mut answer)? {
                self.right.set(at);
                return Ok(answer);
            }
        }
        Err(Error::failed(format!("the admin {:?} is refused", self.admin.user))
            .hint("check `admin-user` and `admin-password` of the target in reseal.toml"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance::value;
    use super::*;

    #[test]
    fn values_go_to_near_hosts_or_over_tls() {
        for near in ["http://127.0.0.1:1/x", "http://[::1]/", "http://10.1.2.3", "https://192.0.2.1/x"] {
            assert!(place(near).is_ok(), "{near}");
        }
        assert_eq!(place("https://h.example/%75ser?q=1").unwrap(), "h.example:443");
        let error = place("http://192.0.2.1/x").unwrap_err();
        assert!(error.to_string().contains("beyond the private network"), "{error}");
        for none in ["", "/x", "ftp://127.0.0.1/", "http://"] {
            assert_eq!(place(none).unwrap_err().to_string(), "not an address", "{none}");
        }
    }

    #[test]
    fn a_login_is_a_header_that_hides_itself() {
        let secret = value("a:b\u{f6}");
        let basic = header(&Login::Basic { user: "u", value: Some(&secret) }).unwrap().unwrap();
        assert_eq!(basic, "Basic dTphOmLDtg==");
        assert!(basic.is_sensitive());
        assert_eq!(header(&Login::Basic { user: "u", value: None }).unwrap().unwrap(), "Basic dTo=");
        assert!(header(&Login::Basic { user: "u:v", value: Some(&secret) }).is_err());
        assert_eq!(header(&Login::Bearer(&value("t0ken"))).unwrap().unwrap(), "Bearer t0ken");
        for bad in ["line\nfeed", "gr\u{f6}\u{df}e"] {
            let error = header(&Login::Bearer(&value(bad))).unwrap_err().to_string();
            assert!(!error.contains(bad), "{error}");
        }
    }

    #[test]
    fn users_are_encoded_for_addresses() {
        assert_eq!(encoded("a-b_c.d~9"), "a-b_c.d~9");
        assert_eq!(encoded("a/b?c d%\u{f6}@"), "a%2Fb%3Fc%20d%25%C3%B6%40");
    }
}
