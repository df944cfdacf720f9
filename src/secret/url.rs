//! One part of a URL value, read and replaced in place: how a new password gets into `DATABASE_URL`.
//!
//! Works on bytes and spans, with no URL type that would normalise: whatever is not the part stays byte for byte,
//! quotes around the value included. The form is `scheme://[user[:password]@]host[:port][/path][?query][#fragment]`.
//! It knows neither keys nor files: errors speak of "the value" and never repeat it. Where a URL can be read in two
//! ways, it is refused rather than guessed at, since a wrong guess would leave half of an old password behind and
//! connect to a host that was part of it. Nothing here proves that the old part was the secret: ask [`check`] first.
//!
//! How raw delimiters are read, which occur in passwords although they should be percent-encoded:
//!
//! - The authority ends at the first `/`, `?` or `#`, and the userinfo at the last `@` before that: `u:p@ss@host` has
//!   the password `p@ss`.
//! - An `@` after the authority may mean that one of those three stood in the password (`u:pa/ss@host`), so it is
//!   refused; unless there is userinfo already and the `@` stands in the value of a query parameter (`?from=a@b`).
//! - In userinfo, an `@` with a `,` after it may be a list of servers (`u:p@a,u:p@b`), and is refused too.
//! - A `%` that starts no escape is itself, as it is for all readers that accept it.

use std::net::Ipv6Addr;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// A part of a URL that another secret may feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Before the `:` of the userinfo; may be empty, as in `redis://:password@host`.
    User,
    /// After the first `:` of the userinfo.
    Password,
    /// With its brackets, for an IPv6 address.
    Host,
    /// After the `:` of the host.
    Port,
    /// From the first `/`, without it, to the query or the fragment.
    Path,
}

const PARTS: [Part; 5] = [Part::User, Part::Password, Part::Host, Part::Port, Part::Path];

impl Part {
    /// Reads the name that a configuration gives the part.
    pub fn parse(name: &str) -> Result<Part> {
        if let Some(part) = PARTS.into_iter().find(|part| part.as_str() == name) {
            return Ok(part);
        }
        let error = Error::usage(format!(
            "a URL has no part {:?}; allowed are user, password, host, port and path",
            name.escape_debug().to_string()
        ));
        let likeness = |part: &Part| strsim::jaro_winkler(&name.to_ascii_lowercase(), part.as_str());
        let nearest = PARTS.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        Err(match nearest.filter(|part| likeness(part) >= 0.75) {
            Some(part) => error.hint(format!("did you mean {:?}?", part.as_str())),
            None => error,
        })
    }

    /// The name in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::User => "user",
            Part::Password => "password",
            Part::Host => "host",
            Part::Port => "port",
            Part::Path => "path",
        }
    }

    /// Whether the byte stands for itself in this part. Of the sub-delimiters that RFC 3986 would allow in userinfo
    /// none is left alone: readers disagree on them, and on escapes they agree.
    fn keeps(self, byte: u8) -> bool {
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        match self {
            Part::User | Part::Password => unreserved,
            Part::Path => unreserved || byte == b'/',
            // Validated instead: there are readers that do not decode them.
            Part::Host | Part::Port => true,
        }
    }

    fn validate(self, value: &SecretValue) -> Result<()> {
        match self {
            Part::Host if !is_host(value.expose()) => {
                Err(Error::failed("the new host is neither a host name nor an IPv6 address in brackets"))
            }
            Part::Port if !is_port(value.expose()) => {
                Err(Error::failed("the new port is not a number from 1 to 65535"))
            }
            _ => Ok(()),
        }
    }
}

/// The bytes of `part` in `url`, percent-decoded; `None` when the URL has no such part. An empty user, password, port
/// or path is a part where its delimiter is there; an empty host is none.
pub fn extract(url: &SecretValue, part: Part) -> Result<Option<SecretValue>> {
    let span = Url::parse(url.expose())?.span(part)?;
    Ok(span.map(|span| decode(&url.expose()[span])))
}

/// `url` with `part` replaced by `value`, percent-encoded as that part needs; every other byte stays. An error when
/// the value is not a URL, can be read in two ways, or has no such part to replace.
pub fn replace(url: &SecretValue, part: Part, value: &SecretValue) -> Result<SecretValue> {
    let span = Url::parse(url.expose())?.span(part)?.ok_or_else(|| missing(part))?;
    part.validate(value)?;
    let (before, after) = (&url.expose()[..span.start], &url.expose()[span.end..]);
    let encoded: usize = value.expose().iter().map(|byte| if part.keeps(*byte) { 1 } else { 3 }).sum();
    let mut bytes = Vec::with_capacity(before.len() + encoded + after.len());
    bytes.extend_from_slice(before);
    for byte in value.expose() {
        if part.keeps(*byte) {
            bytes.push(*byte);
        } else {
            let digits = b"0123456789ABCDEF";
            bytes.extend([b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
        }
    }
    bytes.extend_from_slice(after);
    Ok(SecretValue::new(bytes))
}

/// Refuses unless `part` of `url`, decoded, is `current`: a URL that holds something else is not fed by this secret.
pub fn check(url: &SecretValue, part: Part, current: &SecretValue) -> Result<()> {
    let found = extract(url, part)?.ok_or_else(|| missing(part))?;
    if found.same_as(current) {
        return Ok(());
    }
    Err(Error::failed(format!("the {} in the value is not the current value", part.as_str())))
}

fn missing(part: Part) -> Error {
    Error::failed(format!("the value is a URL without a {}", part.as_str()))
}

/// Where the parts of a value are. User and password lie in `userinfo`, host and port in `server`.
struct Url<'a> {
    bytes: &'a [u8],
    userinfo: Option<Range<usize>>,
    server: Range<usize>,
    path: Option<Range<usize>>,
}

impl<'a> Url<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self> {
        let end = unquoted(bytes).end;
        let start = after_scheme(bytes, unquoted(bytes)).ok_or_else(|| {
            Error::failed("the value is not a URL").hint("a URL begins with a scheme, as in \"postgres://\"")
        })?;
        let authority = start..first_of(b"/?#", bytes, start..end).unwrap_or(end);
        let at = bytes[authority.clone()].iter().rposition(|byte| *byte == b'@').map(|at| start + at);
        let userinfo = at.map(|at| start..at);
        let rest = &bytes[authority.end..end];
        if is_ambiguous(userinfo.clone().map(|span| &bytes[span]), rest) {
            let message = "the value can be read as a URL in two ways: it holds an \"@\" beside an unescaped \"/\", \
                           \"?\", \"#\" or \",\"";
            let advice = "write these as %40, %2F, %3F, %23 and %2C where they do not separate parts";
            return Err(Error::failed(message).hint(advice));
        }
        let path = rest.starts_with(b"/").then(|| {
            let path = authority.end + 1;
            path..first_of(b"?#", bytes, path..end).unwrap_or(end)
        });
        Ok(Url { bytes, userinfo, server: at.map_or(start, |at| at + 1)..authority.end, path })
    }

    fn span(&self, part: Part) -> Result<Option<Range<usize>>> {
        match part {
            Part::User => Ok(self.user_and_password().map(|(user, _)| user)),
            Part::Password => Ok(self.user_and_password().and_then(|(_, password)| password)),
            Part::Host => Ok(Some(self.host_and_port()?.0).filter(|host| !host.is_empty())),
            Part::Port => Ok(self.host_and_port()?.1),
            Part::Path => Ok(self.path.clone()),
        }
    }

    fn user_and_password(&self) -> Option<(Range<usize>, Option<Range<usize>>)> {
        let all = self.userinfo.clone()?;
        Some(match first_of(b":", self.bytes, all.clone()) {
            Some(colon) => (all.start..colon, Some(colon + 1..all.end)),
            None => (all, None),
        })
    }

    fn host_and_port(&self) -> Result<(Range<usize>, Option<Range<usize>>)> {
        let Range { start, end } = self.server;
        if first_of(b",", self.bytes, start..end).is_some() {
            return Err(Error::failed("the value is a URL with several hosts"));
        }
        let host_end = match self.bytes[start..end].first() {
            // Without the closing bracket the host is empty, and what follows it no port.
            Some(b'[') => first_of(b"]", self.bytes, start..end).map_or(start, |bracket| bracket + 1),
            _ => first_of(b":", self.bytes, start..end).unwrap_or(end),
        };
        let host = start..host_end;
        match &self.bytes[host.end..end] {
            [] => Ok((host, None)),
            [b':', port @ ..] if port.iter().all(u8::is_ascii_digit) => {
                let port = host.end + 1..end;
                Ok((host, Some(port)))
            }
            // An IPv6 address without brackets, or a variable to be filled in: where the host ends cannot be told.
            _ => Err(Error::failed("the value is a URL whose port is not a number")),
        }
    }
}

/// SOPS keeps quotes as part of the value; the URL is what they enclose.
fn unquoted(bytes: &[u8]) -> Range<usize> {
    match bytes {
        [b'"', .., b'"'] | [b'\'', .., b'\''] => 1..bytes.len() - 1,
        _ => 0..bytes.len(),
    }
}

/// Where the authority begins. A scheme may hold `:`, as `jdbc:postgresql` does.
fn after_scheme(bytes: &[u8], within: Range<usize>) -> Option<usize> {
    let start = within.start;
    let length = bytes[within].windows(3).position(|three| three == b"://")?;
    let (first, more) = bytes[start..start + length].split_first()?;
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"+.:-".contains(byte);
    (first.is_ascii_alphabetic() && more.iter().all(allowed)).then_some(start + length + 3)
}

/// The rules at the head of this module. `rest` is what follows the authority.
fn is_ambiguous(userinfo: Option<&[u8]>, rest: &[u8]) -> bool {
    let position = |text: &[u8], wanted: u8| text.iter().position(|byte| *byte == wanted);
    let is_list = |info: &[u8]| position(info, b'@').is_some_and(|at| info[at..].contains(&b','));
    if userinfo.is_some_and(is_list) {
        return true;
    }
    let Some(at) = position(rest, b'@') else {
        return false;
    };
    let fragment = position(rest, b'#').unwrap_or(rest.len());
    let in_parameter =
        position(rest, b'?').is_some_and(|query| query < at && rest[query..at].contains(&b'='));
    userinfo.is_none() || !in_parameter || rest[fragment..].contains(&b'@')
}

fn first_of(wanted: &[u8], bytes: &[u8], within: Range<usize>) -> Option<usize> {
    let start = within.start;
    bytes[within].iter().position(|byte| wanted.contains(byte)).map(|at| start + at)
}

/// Percent-decodes in one allocation, which is at most too large.
fn decode(text: &[u8]) -> SecretValue {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, more @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &rest[3..] } else { more };
    }
    SecretValue::new(bytes)
}

fn is_host(bytes: &[u8]) -> bool {
    if let [b'[', address @ .., b']'] = bytes {
        return std::str::from_utf8(address).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(byte))
}

fn is_port(bytes: &[u8]) -> bool {
    // Digits only, and no zero before them: `parse` alone would take `+80` and `080`.
    let plain = bytes.iter().all(u8::is_ascii_digit) && !bytes.starts_with(b"0");
    plain && std::str::from_utf8(bytes).is_ok_and(|port| port.parse::<u16>().is_ok())
}

/// A URL of a database that keeps its users' passwords itself, so that a restart does not hand it a new one.
pub fn names_database(url: &SecretValue) -> bool {
    ["postgres", "mysql", "mariadb", "mongodb", "jdbc:", "mssql", "sqlserver", "cockroach"]
        .iter()
        .any(|scheme| url.expose().starts_with(scheme.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
    use proptest::sample::select;

    use super::*;

    fn secret(bytes: impl AsRef<[u8]>) -> SecretValue {
        SecretValue::new(bytes.as_ref().to_vec())
    }

    fn text(value: &SecretValue) -> String {
        value.expose_str().unwrap().to_owned()
    }

    /// The part; `-` where there is none, `!` where the URL is refused.
    fn part_of(url: &str, part: Part) -> String {
        match extract(&secret(url), part) {
            Ok(Some(found)) => text(&found),
            Ok(None) => "-".to_owned(),
            Err(_) => "!".to_owned(),
        }
    }

    fn refusal(url: &str, part: Part, value: &str) -> String {
        let error = replace(&secret(url), part, &secret(value)).err().unwrap();
        assert_eq!(error.kind(), crate::error::Kind::Failed);
        error.to_string()
    }

    #[test]
    fn parts_are_found() {
        for (url, user, password, host, port, path) in [
            ("postgres://app:pw@db:5432/app", "app", "pw", "db", "5432", "app"),
            ("postgres://app:pw@db/app?sslmode=require#x", "app", "pw", "db", "-", "app"),
            ("redis://:pw@cache:6379/0", "", "pw", "cache", "6379", "0"),
            ("redis://default@cache", "default", "-", "cache", "-", "-"),
            ("redis://default:@cache:", "default", "", "cache", "", "-"),
            ("redis://@cache/", "", "-", "cache", "-", ""),
            ("redis://cache:6379?db=1", "-", "-", "cache", "6379", "-"),
            ("https://db#a/b", "-", "-", "db", "-", "-"),
            ("amqp://u:p%2Fw%40@mq/%2Fvhost", "u", "p/w@", "mq", "-", "/vhost"),
            ("postgres://u:p@[::1]:5432/app", "u", "p", "[::1]", "5432", "app"),
            ("postgres://u:p@[fe80::1%25eth0]/app", "u", "p", "[fe80::1%eth0]", "-", "app"),
            ("\"postgres://u:p@db:1/app\"", "u", "p", "db", "1", "app"),
            ("'postgres://u:p@db:1/app'", "u", "p", "db", "1", "app"),
            ("'postgres://u:p'@db", "!", "!", "!", "!", "!"),
            ("jdbc:postgresql://u:p@db:5432/app", "u", "p", "db", "5432", "app"),
            ("postgresql+asyncpg://u:p@db/app", "u", "p", "db", "-", "app"),
            ("sqlite:////var/lib/app.db", "-", "-", "-", "-", "/var/lib/app.db"),
            // Raw delimiters that can be read in one way only.
            ("postgres://u:p@ss@db/app", "u", "p@ss", "db", "-", "app"),
            ("postgres://u:p:w@db/app", "u", "p:w", "db", "-", "app"),
            ("smtp://me@example.org:pw@mail:587", "me@example.org", "pw", "mail", "587", "-"),
            ("postgres://u:100%@db", "u", "100%", "db", "-", "-"),
            ("postgres://u:%4%zz%41@db", "u", "%4%zzA", "db", "-", "-"),
            ("smtp://u:p@mail/?from=a@b", "u", "p", "mail", "-", ""),
            ("mongodb://u:pw==@db:10255/?ssl=true&appName=@u@", "u", "pw==", "db", "10255", ""),
            // A host that cannot be told, in a URL whose other parts can.
            ("mongodb://u:p@a:1,b:2/app", "u", "p", "!", "!", "app"),
            ("postgres://u:p@::1:5432/app", "u", "p", "!", "!", "app"),
            ("postgres://u:p@${DB:-db}:5432/app", "u", "p", "!", "!", "app"),
            ("postgres://u:p@[::1/app", "u", "p", "!", "!", "app"),
            ("jdbc:sqlserver://db:1433;password=x", "-", "-", "!", "!", "-"),
        ] {
            let found = PARTS.map(|part| part_of(url, part));
            assert_eq!(found.each_ref().map(String::as_str), [user, password, host, port, path], "{url}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for url in [
            "postgres://u:pa/ss@db/app",
            "postgres://u:12/34@db/app",
            "postgres://u:pa?ss@db/app",
            "postgres://u:pa#ss@db/app",
            "postgres://u:p@a/ss@db/app",
            "postgres://u:p@a?ss@db/app",
            "postgres://u:p@a#s?s=s@db/app",
            "postgres://u:p@a?s=s#s@db/app",
            "https://host/@scope/package",
            "https://u:p@host/@scope/package",
            "redis://host/0?mail=a@b",
            "nats://u:p@a:4222,nats://u:p@b:4222",
            "amqp://u:p@a//;amqp://u:p@b//",
            "mongodb://u:p@a:1,u:p@b:2/app",
        ] {
            for part in PARTS {
                assert!(refusal(url, part, "x").contains("in two ways"), "{url}");
                assert_eq!(part_of(url, part), "!", "{url}");
            }
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for url in [
            "",
            "\"",
            "\"\"",
            "hunter2",
            "://u:p@h",
            "1a://u:p@h",
            " a://u:p@h",
            "a b://u:p@h",
            "\"a://u:p@h",
            "a:/u:p@h",
            "URL=a://u:p@h",
            "é://u:p@h",
        ] {
            assert_eq!(refusal(url, Part::Password, "x"), "the value is not a URL", "{url}");
        }
    }

    #[test]
    fn a_part_is_replaced_and_encoded() {
        for (url, part, value, expected) in [
            (
                "postgres://app:old@db:5432/app?a=b#c",
                Part::Password,
                "n3w",
                "postgres://app:n3w@db:5432/app?a=b#c",
            ),
            (
                "a://u:old@h",
                Part::Password,
                "-._~A/+=@:%!$&'()*,; \"é",
                "a://u:-._~A%2F%2B%3D%40%3A%25%21%24%26%27%28%29%2A%2C%3B%20%22%C3%A9@h",
            ),
            ("redis://:old@h:6379/0", Part::Password, "new", "redis://:new@h:6379/0"),
            ("redis://:pw@h", Part::User, "a:b", "redis://a%3Ab:pw@h"),
            ("a://u:p@ss@h", Part::Password, "x", "a://u:x@h"),
            ("\"a://u:old@h/\"", Part::Password, "x\"", "\"a://u:x%22@h/\""),
            ("'a://u:old@h/'", Part::Path, "it's", "'a://u:old@h/it%27s'"),
            ("a://u:p@h:1/db?x", Part::Path, "a b/c?", "a://u:p@h:1/a%20b/c%3F?x"),
            ("a://u:p@h:1/db", Part::Host, "db-2.internal", "a://u:p@db-2.internal:1/db"),
            ("a://u:p@h:1/db", Part::Host, "[fd00::2]", "a://u:p@[fd00::2]:1/db"),
            ("a://u:p@[::1]:1/db", Part::Host, "h", "a://u:p@h:1/db"),
            ("a://h:1/db", Part::Port, "65535", "a://h:65535/db"),
            ("mongodb://u:p@a:1,b:2/app", Part::Password, "x", "mongodb://u:x@a:1,b:2/app"),
            ("a://u:p%2f@h", Part::User, "v", "a://v:p%2f@h"),
        ] {
            let replaced = replace(&secret(url), part, &secret(value)).unwrap();
            assert_eq!(text(&replaced), expected);
            check(&replaced, part, &secret(value)).unwrap();
        }
        let odd = replace(&secret(b"a://\xff:x@h/\xfe"), Part::Password, &secret(b"\0\x80\n")).unwrap();
        assert_eq!(odd.expose(), b"a://\xff:%00%80%0A@h/\xfe");
    }

    #[test]
    fn a_part_that_is_not_there_or_cannot_be_is_refused() {
        assert_eq!(refusal("a://h/x", Part::Password, "x"), "the value is a URL without a password");
        assert_eq!(refusal("a://u@h/x", Part::Password, "x"), "the value is a URL without a password");
        assert_eq!(refusal("a://h", Part::Port, "1"), "the value is a URL without a port");
        assert_eq!(refusal("a:///x", Part::Host, "h"), "the value is a URL without a host");
        assert_eq!(refusal("a://a:1,b:2", Part::Host, "h"), "the value is a URL with several hosts");
        assert_eq!(refusal("a://::1", Part::Port, "1"), "the value is a URL whose port is not a number");
        for host in
            ["", "a b", "a:1", "a/b", "a@b", "::1", "[]", "[x]", "[::1]:2", "a%41", "é", "a,b", "a\nb"]
        {
            assert!(refusal("a://h:1", Part::Host, host).starts_with("the new host is neither"), "{host}");
        }
        for port in ["", "0", "080", "+80", "65536", "http", "99999999999999", "8 "] {
            assert!(refusal("a://h:1", Part::Port, port).starts_with("the new port is not"), "{port}");
        }
    }

    #[test]
    fn a_url_that_another_secret_feeds_is_told() {
        let url = secret("postgres://u:p%40ss@h/db");
        check(&url, Part::Password, &secret("p@ss")).unwrap();
        let said = |part, current: &str| {
            let error = check(&url, part, &secret(current)).unwrap_err();
            assert_eq!(error.kind(), crate::error::Kind::Failed);
            error.to_string()
        };
        assert_eq!(said(Part::Password, "p%40ss"), "the password in the value is not the current value");
        assert_eq!(said(Part::Password, ""), "the password in the value is not the current value");
        assert_eq!(said(Part::Port, "1"), "the value is a URL without a port");
    }

    #[test]
    fn part_names_are_read_and_mended() {
        for part in PARTS {
            assert_eq!(Part::parse(part.as_str()).unwrap(), part);
        }
        let hint = |name| Part::parse(name).unwrap_err().advice().map(str::to_owned);
        assert_eq!(hint("Password"), Some("did you mean \"password\"?".to_owned()));
        assert_eq!(hint("pass"), Some("did you mean \"password\"?".to_owned()));
        assert_eq!(hint("username"), Some("did you mean \"user\"?".to_owned()));
        assert_eq!(hint("hostname"), Some("did you mean \"host\"?".to_owned()));
        assert_eq!(hint("db"), None);
        let error = Part::parse("db").unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::Usage);
        assert_eq!(
            error.to_string(),
            "a URL has no part \"db\"; allowed are user, password, host, port and path"
        );
    }

    /// What stands before the password of a URL, the password as written, and what stands after it.
    fn around_password() -> impl Strategy<Value = (String, String, String)> {
        let quote = select(vec!["", "\"", "'"]);
        let before = "(postgres|jdbc:mysql|redis\\+tls)://[a-z@%.]{0,6}:";
        let password = "[a-zA-Z0-9@:%$!\"' é]{0,12}";
        let after = "@(db|\\[::1\\]|10\\.0\\.0\\.1|a:1,b:2)(:[0-9]{1,5})?(/[a-z/%]{0,9})?(\\?a=[a-z@&=]{0,9})?(#[a-z?/]{0,5})?";
        (quote, before, password, after).prop_map(|(quote, before, password, after)| {
            (format!("{quote}{before}"), password, format!("{after}{quote}"))
        })
    }

    proptest! {
        #[test]
        fn any_password_fits_and_nothing_else_changes(
            (before, old, after) in around_password(),
            new in vec(any::<u8>(), 0..40),
        ) {
            let (url, new) = (secret(format!("{before}{old}{after}")), secret(new));
            let replaced = replace(&url, Part::Password, &new).unwrap();
            let encoded = replaced.expose().strip_prefix(before.as_bytes()).unwrap();
            let encoded = encoded.strip_suffix(after.as_bytes()).unwrap();
            prop_assert!(encoded.iter().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(b)));
            prop_assert!(extract(&replaced, Part::Password).unwrap().unwrap().same_as(&new));
            check(&replaced, Part::Password, &new).unwrap();
            let twice = replace(&replaced, Part::Password, &new).unwrap();
            prop_assert!(twice.same_as(&replaced), "idempotent");
        }

        /// Whatever the value is: no panic, and a replacement is read back and leaves every other part as it was.
        #[test]
        fn replacing_one_part_leaves_the_others(
            url in "[\"']?(a://)?[a1:/@?#\\[\\],=%\"' ]{0,24}",
            part in select(PARTS.to_vec()),
            new in select(vec!["", "x", "1", "a@b:c/d?e#f,g", "[::1]", "\"", "%41"]),
        ) {
            let (url, new) = (secret(url), secret(new));
            if let Ok(replaced) = replace(&url, part, &new) {
                prop_assert!(extract(&replaced, part).unwrap().unwrap().same_as(&new));
                for other in PARTS.into_iter().filter(|other| *other != part) {
                    let read = |url| extract(url, other).ok().map(|found| found.map(|found| found.expose().to_vec()));
                    prop_assert_eq!(read(&url), read(&replaced), "{:?}", other);
                }
            }
        }

        #[test]
        fn no_bytes_make_it_panic(url in vec(any::<u8>(), 0..60)) {
            let url = secret([b"a://".as_slice(), &url].concat());
            for part in PARTS {
                let _ = extract(&url, part);
            }
        }
    }
}
