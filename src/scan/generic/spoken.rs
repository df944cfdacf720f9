//! A name and its value with a blank between: how programs are told, and people.

use super::Found;
use super::assign::Assigned;
use super::form::Form;
use super::literal;
use crate::scan::value::{Promise, promise};

impl Assigned<'_> {
    /// A blank between: `ENV PASSWORD x`, `password x` of .netrc, `--password x`, `PASSWORD 'x'` of SQL.
    pub(super) fn spoken(&self, at: usize, line: usize, word: &[u8]) -> Option<Found> {
        let bytes = self.text.bytes;
        let rest = &bytes[at..line];
        let head = self.head();
        // `secret set API_TOKEN --body x`
        let body = [&b"--body "[..], b"--value "].into_iter().find(|body| rest.starts_with(body));
        if let Some(body) = body.filter(|_| head.ends_with(b"set")) {
            return self.judged(literal::argument(&bytes[..line], at + body.len())?, false);
        }
        let option = self.before == Some(b'-');
        if option {
            let found = literal::argument(&bytes[..line], at)?;
            return (bytes[found.at.start] != b'-').then_some(()).and_then(|()| self.as_argument(found));
        }
        let sql = word.eq_ignore_ascii_case(b"password") || word.eq_ignore_ascii_case(b"identified");
        if sql && matches!(self.form, Form::Code | Form::Shell | Form::Prose | Form::Yaml | Form::Lines) {
            let mut rest = rest;
            let mut from = at;
            while let Some(skip) =
                [&b"by "[..], b"by\t", b"with ", b"as ", b"password ", b"= ", b"="].iter().find_map(|word| {
                    (rest.len() > word.len() && rest[..word.len()].eq_ignore_ascii_case(word))
                        .then_some(word.len())
                })
            {
                from += skip;
                rest = &bytes[from..line];
            }
            // `IDENTIFIED WITH mysql_native_password BY '…'`
            let plugin = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            let by = rest.get(plugin..plugin + 4).filter(|by| by.eq_ignore_ascii_case(b" by "));
            let from = from + by.map_or(0, |_| plugin + 4);
            let from = from + usize::from(matches!(rest, [b'N', b'\'', ..]));
            if matches!(bytes.get(from), Some(b'\'' | b'"')) && is_statement(head, word) {
                let found = literal::literal(&bytes[..line], from, Form::Code)?;
                return self.as_password(found, "sql-password", "the password of a role");
            }
        }
        // `#define API_KEY "…"`, `storePassword '…'`, `@api_key "…"`, `proxy_set_header X-Api-Key "…"`
        let told = match self.form {
            Form::Code => head.is_empty() || is_definition(head) || self.before == Some(b':'),
            Form::Lines | Form::Yaml => head.is_empty() || is_directive(head),
            _ => false,
        };
        if matches!(rest, [b'"' | b'\'', ..] | [b'@', b'"', ..]) && told {
            return self.judged(literal::literal(&bytes[..line], at, Form::Code)?, false);
        }
        let base = self.text.name.base();
        // `password x` alone in a line of settings
        let alone = head.is_empty() && memchr::memchr2(b' ', b'\t', rest.trim_ascii()).is_none();
        if alone && self.form == Form::Lines && promise(word) == Promise::Strong {
            return self.judged(literal::argument(&bytes[..line], at)?, false);
        }
        // `neighbor 10.0.0.1 password x`, `enable secret 0 x`
        let order =
            [&b"password"[..], b"secret"].contains(&word) && self.form == Form::Lines && is_order(head);
        if order {
            let skip = if matches!(rest, [b'0', b' ', ..]) { 2 } else { 0 };
            let one = memchr::memchr2(b' ', b'\t', rest[skip..].trim_ascii()).is_none();
            let found = literal::argument(&bytes[..line], at + skip).filter(|_| one)?;
            return self.judged(found, false);
        }
        // "the password is `x`"
        if matches!(self.form, Form::Prose) && promise(word) == Promise::Strong {
            let skip = [&b"is "[..], b"of ", b"was ", b"is: "]
                .iter()
                .find(|w| rest.starts_with(w))
                .map_or(0, |w| w.len());
            if matches!(rest.get(skip), Some(b'`' | b'"')) && !word.eq_ignore_ascii_case(b"pass") {
                return self.judged(
                    literal::argument(&bytes[..line], at + skip)
                        .or_else(|| literal::literal(&bytes[..line], at + skip, Form::Code))?,
                    false,
                );
            }
        }
        let netrc = base.contains("netrc") || is_account(head);
        let spoken = head.eq_ignore_ascii_case(b"env")
            || head.eq_ignore_ascii_case(b"arg")
            || head.eq_ignore_ascii_case(b"set")
            || head.eq_ignore_ascii_case(b"setx")
            || is_directive(head)
            || head.is_empty()
                && (word == b"rootpw"
                    || word.eq_ignore_ascii_case(b"requirepass")
                    || word.eq_ignore_ascii_case(b"masterauth"))
            || netrc && [&b"password"[..], b"pass"].iter().any(|w| word.eq_ignore_ascii_case(w))
            || word == b"insecure-password";
        if spoken {
            // `rootpw --plaintext x`
            let flag = [&b"--plaintext "[..], b"0 "].into_iter().find(|flag| rest.starts_with(flag));
            let found = literal::argument(&bytes[..line], at + flag.map_or(0, |flag| flag.len()))?;
            return self.judged(found, false);
        }
        None
    }
}

/// Whether what stands before a name in a program defines it: `#define`, `@`, `(def`, `(setq`.
fn is_definition(head: &[u8]) -> bool {
    const LISP: [&[u8]; 4] = [b"(def", b"(setq", b"(setf", b"(defparameter"];
    head == b"@"
        || head.starts_with(b"#") && head.ends_with(b"define")
        || LISP.iter().any(|word| head.starts_with(word)) && memchr::memchr(b'"', head).is_none()
}

/// Whether a line of settings begins with the word that sets a name.
fn is_directive(head: &[u8]) -> bool {
    const WORDS: [&[u8]; 13] = [
        b"setenv",
        b"env",
        b"set $",
        b"proxy_set_header",
        b"fastcgi_param",
        b"uwsgi_param",
        b"more_set_input_headers",
        b"requestheader set",
        b"header set",
        b"header_up",
        b"add_header",
        b"export",
        b"http-request set-header",
    ];
    if WORDS.iter().any(|word| head.eq_ignore_ascii_case(word)) {
        return true;
    }
    // `aws configure set`, `npm config set`, `Set-Item env:`
    let ends = [&b" configure set"[..], b" config set", b"set-item env:"];
    if ends
        .iter()
        .any(|end| head.len() >= end.len() && head[head.len() - end.len()..].eq_ignore_ascii_case(end))
        || memchr::memmem::find(head, b" config set //").is_some()
    {
        return true;
    }
    // `set -gx` of fish, `d-i` of Debian's installer
    let flags = head
        .strip_prefix(b"set ")
        .is_some_and(|rest| rest.split(|b| *b == b' ').all(|word| word.len() <= 9 && word.starts_with(b"-")));
    flags || head.starts_with(b"d-i ")
}

/// `neighbor 10.0.0.1`, `enable`: a few plain words before `password`.
fn is_order(head: &[u8]) -> bool {
    head.first().is_some_and(u8::is_ascii_alphabetic)
        && head.iter().all(|b| b.is_ascii_alphanumeric() || b" .-_/:".contains(b))
        && head.split(|b| *b == b' ').count() <= 4
}

/// `login ann` before `password`: an account in one line.
fn is_account(head: &[u8]) -> bool {
    let mut words = head.rsplit(|b| *b == b' ').filter(|word| !word.is_empty());
    let (Some(_), Some(word)) = (words.next(), words.next()) else { return false };
    [&b"login"[..], b"user", b"username", b"account"].iter().any(|w| word.eq_ignore_ascii_case(w))
}

/// Whether what stands before `PASSWORD` is a statement of SQL.
fn is_statement(head: &[u8], word: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] =
        [b"user", b"role", b"login", b"alter", b"create", b"encrypted", b"identified", b"grant"];
    let near = &head[head.len().saturating_sub(200)..];
    word.eq_ignore_ascii_case(b"identified")
        || WORDS.iter().any(|word| near.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word)))
}
