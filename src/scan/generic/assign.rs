//! From a name to the value that is assigned to it.

use std::ops::Range;

use super::form::Form;
use super::judge::{self, Place};
use super::literal::{self, Literal};
use super::typed::{block, filled, kind, property, typed};
use super::{Found, base64, header, manifest, nested, pairs};
use crate::scan::text::Text;
use crate::scan::value::{Promise, promise};

/// A name has no more before or behind the word that led to it.
const REACH: usize = 64;

/// What is assigned to the name around a word. Answers also up to where the text was looked at.
pub(super) fn look(text: &Text<'_>, word: Range<usize>, form: Form) -> (usize, Vec<Found>) {
    let bytes = text.bytes;
    let name = name(bytes, word.clone());
    let end = name.end;
    // most words stand in the middle of something else
    let Some(next) = bytes.get(end) else { return (end, Vec::new()) };
    if !b"=:\"'`]\\ \t,>-?|<\r\n)([{}*".contains(next) {
        return (end, Vec::new());
    }
    let found = if manifest::is_head(bytes, &name) {
        manifest::look(text, &name, form)
    } else {
        one(text, &name, form).into_iter().collect()
    };
    let end = found.iter().map(|found| found.at.end).max().unwrap_or(end).max(end);
    (end, found)
}

/// The whole name around a word.
fn name(bytes: &[u8], word: Range<usize>) -> Range<usize> {
    let part = |b: &u8| b.is_ascii_alphanumeric() || b"_-.".contains(b) || *b >= 128;
    // a word may begin with a mark that is no part of a name
    let skip = bytes[word.clone()].iter().take_while(|b| matches!(b, b'"' | b'-')).count();
    let from = word.start + skip;
    let start = from - bytes[from.saturating_sub(REACH)..from].iter().rev().take_while(|b| part(b)).count();
    let behind = bytes[from..].iter().take(REACH * 2).take_while(|b| part(b)).count();
    let (mut start, mut end) = (start, from + behind);
    while end > from && matches!(bytes[end - 1], b'-' | b'.') {
        end -= 1;
    }
    while start < end && matches!(bytes[start], b'-' | b'.') {
        start += 1;
    }
    start..end
}

fn one(text: &Text<'_>, name: &Range<usize>, form: Form) -> Option<Found> {
    let bytes = text.bytes;
    let word = &bytes[name.clone()];
    let before = name.start.checked_sub(1).map(|at| bytes[at]);
    // `checksum/secret: …`, a path
    let setting =
        matches!(before, Some(b'/' | b':')) && matches!(bytes[name.end..], [b'"' | b'\'', b',' | b']', ..]);
    if before == Some(b'/') && form != Form::Lines && !setting {
        return None;
    }
    // a list of ciphers: `!PSK:!SRP`
    if before == Some(b'!') {
        return None;
    }
    let line = line_end(bytes, name.end);
    let here = Assigned { text, name, form, before };
    let mut at = name.end;
    // the end of a quoted name, also of one that is within a text of JSON
    let quoted = match (&bytes[at..line], before) {
        ([quote @ (b'"' | b'\'' | b'`'), ..], Some(b))
            // an option, a selector
            if b == *quote || b == b'-' || setting || b"#.@".contains(&b) && name.start >= 2 && bytes[name.start - 2] == *quote =>
        {
            at += 1;
            true
        }
        ([b'\\', b'"', ..], _) => {
            at += 2;
            true
        }
        _ => false,
    };
    if bytes.get(at) == Some(&b']') || bytes.get(at) == Some(&b'*') && before == Some(b'*') {
        at += 1;
    }
    // `char password[32] = "…"`
    if !quoted && form == Form::Code && bytes.get(at) == Some(&b'[') {
        let digits = bytes[at + 1..line].iter().take_while(|b| b.is_ascii_digit()).count();
        at += if bytes.get(at + 1 + digits) == Some(&b']') { digits + 2 } else { 0 };
    }
    let called = quoted && bytes.get(at) == Some(&b')');
    at += usize::from(called);
    let gap = bytes[at..line].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let rest = &bytes[at + gap..line];
    let at = at + gap;
    if called && !matches!(rest, [b'|', b'|', ..] | [b'?', b'?' | b':', ..] | [b'o', b'r', ..]) {
        // `props("app.secret") = "…"`
        let set = if rest.starts_with(b"= ") { Some(2) } else { filled(rest) };
        return set.and_then(|skip| here.value(at + skip, line));
    }
    // within `${NAME:-default}`
    if before == Some(b'{') && name.start >= 2 && bytes[name.start - 2] == b'$' {
        // `${PASSWORD}    x` of a robot
        if let [b'}', b' ', b' ', ..] = rest {
            return here.judged(literal::argument(&bytes[..line], at + 1)?, false);
        }
        let skip = rest.iter().take_while(|b| matches!(b, b':' | b'-' | b'=')).count();
        if skip == 0 || rest.first() == Some(&b'}') {
            return None;
        }
        let end = memchr::memchr(b'}', rest)?;
        return here.judged(Literal { at: at + skip..at + end.max(skip), quoted: false }, true);
    }
    match rest {
        // what a password is compared with; a token may be that of a parser
        [b'=', b'=', ..] if form == Form::Code && judge::is_password(word) => {
            here.value(at + rest.iter().take_while(|b| **b == b'=').count(), line)
        }
        [b'=', b'=' | b'~', ..] | [b':', b':', ..] | [b'!', ..] => None,
        [b'=', b'>', ..] | [b':', b'=', ..] | [b'?', b'=', ..] | [b'-', b'>', ..] => here.value(at + 2, line),
        // `process.env.X || "…"`, `getenv("X") ?: "…"`
        [b'|', b'|', b' ', ..] | [b'?', b'?', b' ', ..] | [b'?', b':', b' ', ..] | [b'o', b'r', b' ', ..]
            if form == Form::Code =>
        {
            here.value(at + 2, line)
        }
        [b'(' | b'{', b'"' | b'\'', ..] if form == Form::Code => here.value(at + 1, line),
        // `api_key <- "…"`
        [b'<', b'-', ..] if form == Form::Code => here.value(at + 2, line),
        // `let(:api_token) { '…' }`
        [b')', b' ', b'{', b' ', b'"' | b'\'', ..] if before == Some(b':') => here.value(at + 3, line),
        // `by lazy { "…" }`
        [b'b', b'y', b' ', ..] if form == Form::Code && gap > 0 => here.value(at + block(rest)?, line),
        // `ApiKey { get; set; } = "…"`
        [b'{', ..] if form == Form::Code && property(rest).is_some() => {
            here.value(at + property(rest)?, line)
        }
        // `"password" to "…"`, `"db.password" "…"`
        [b't', b'o', b' ', b'"', ..] | [b'"', ..] if form == Form::Code && gap > 0 && quoted => {
            here.value(at + if rest[0] == b't' { 3 } else { 0 }, line)
        }
        // `$ENV{PASSWORD} = '…'`
        [b'}', b' ', b'=', b' ', ..] if form == Form::Code && before == Some(b'{') => {
            here.value(at + 3, line)
        }
        // `var password string = "…"`
        [b'a'..=b'z', ..] if form == Form::Code && gap > 0 && kind(rest).is_some() => {
            here.value(at + kind(rest)?, line)
        }
        // `DbPassword As String = "…"`
        [b'A' | b'a', b's' | b'S', b' ', ..] if form == Form::Code && gap > 0 => {
            here.value(at + typed(rest)?, line)
        }
        [b'{', ..] if rest.trim_ascii() == b"{" => nested::look(&here, line),
        // `(setf (getf config :api-key) "…")`
        [b')', b' ', b'"', ..] if here.head().starts_with(b"(set") => here.value(at + 1, line),
        [b'|', b'|', b'=', ..] | [b'?', b'?', b'=', ..] => here.value(at + 3, line),
        [b'=', ..] if gap == 0 && before == Some(b'-') => {
            here.judged(literal::argument(&bytes[..line], at + 1)?, false)
        }
        [b'=', next, ..] if gap == 0 && !matches!(next, b'"' | b'\'' | b' ' | b'\\') && here.is_part() => {
            // between quotes only these end it
            let marks: &[u8] = match before {
                Some(b'"') => b"\"",
                Some(b'\'') => b"'",
                _ => b";&\"'`<>\\),|",
            };
            let mut found = literal::part(bytes, at + 1, marks)?;
            // the next of several in a query
            let value = &bytes[found.at.clone()];
            let next = value.iter().enumerate().position(|(i, b)| {
                let name = value[i + 1..]
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
                    .count();
                matches!(b, b'&' | b';') && name > 0 && value.get(i + 1 + name) == Some(&b'=')
            });
            found.at.end = found.at.start + next.unwrap_or(value.len());
            here.judged(found, true)
        }
        [b'=', ..] => here.value(at + 1, line),
        // a piece of an ARN
        [b':', next, ..] if before == Some(b':') && *next != b' ' => None,
        [b':', rest @ ..] => {
            let at = at + 1;
            // `"Jwt": { "Key": "…" }`, `encryption:` and `key: …` below it
            if let Some(found) = nested::key(&here, at, line) {
                return Some(found);
            }
            if rest.trim_ascii() == b"{" {
                return nested::look(&here, line);
            }
            // `var password: String { "…" }`
            if let Some(skip) = block(rest).filter(|_| form == Form::Code && !quoted) {
                return here.value(at + skip, line);
            }
            // `"X-Api-Key: …"`: a header in quotes
            if let (Some(quote @ (b'"' | b'\'')), false) = (before, quoted) {
                let end = memchr::memchr(quote, rest)?;
                let skip = rest.iter().take_while(|b| **b == b' ').count();
                return (skip < end)
                    .then_some(())
                    .and_then(|()| here.judged(Literal { at: at + skip..at + end, quoted: true }, false));
            }
            // `password: String = "…"`
            if let Some(skip) = typed(rest).filter(|_| form == Form::Code) {
                return here.value(at + skip, line);
            }
            here.value(at, line)
        }
        [b',', ..] if quoted && form != Form::Json => {
            here.listed(at + 1, line).or_else(|| pairs::look(&here, at, line))
        }
        // `set :password, "…"`, `{password, "…"}`, `-define(PASSWORD, "…")`, `${env:PASSWORD, '…'}`
        [b',', ..] if here.is_told(line) => here.listed(at + 1, line),
        // `[request setValue:@"…" forHTTPHeaderField:@"X-Api-Key"]`
        [b']' | b')', ..] if quoted && header::field(bytes, name.start).is_some() => {
            here.judged(Literal { at: header::field(bytes, name.start)?, quoted: true }, false)
        }
        [b'>', ..] if before == Some(b'<') || quoted || before == Some(b':') && form == Form::Markup => {
            here.element(at + 1, line)
        }
        [b'<', b'/', ..] if before == Some(b'>') => here.sibling(at),
        // `<Pass encoding="base64">…`, `<string name="password" translatable="false">…`
        [_, ..] if gap > 0 && form == Form::Markup && (before == Some(b'<') || quoted) => {
            let end = memchr::memchr3(b'>', b'<', b'{', rest).filter(|end| rest[*end] == b'>');
            match end.filter(|end| rest[end - 1] != b'/') {
                Some(end) if memchr::memmem::find(&rest[..end], b"value").is_none() => {
                    here.element(at + end + 1, line)
                }
                _ => pairs::look(&here, at, line),
            }
        }
        _ if quoted || matches!(rest, [] | [b'\r'] | [b',', ..]) => pairs::look(&here, at, line),
        _ if gap > 0 => here.spoken(at, line, word),
        _ => None,
    }
}

/// Where the line ends, or what is looked at of it.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    let near = bytes.len().min(at + 2048);
    memchr::memchr(b'\n', &bytes[at..near]).map_or(near, |end| at + end)
}

/// A name, and where it stands.
pub(super) struct Assigned<'a> {
    pub(super) text: &'a Text<'a>,
    pub(super) name: &'a Range<usize>,
    pub(super) form: Form,
    pub(super) before: Option<u8>,
}

impl Assigned<'_> {
    /// Within a connection string or a query: `;Password=`, `?password=`.
    fn is_part(&self) -> bool {
        let connection = matches!(self.before, Some(b';' | b'?' | b'&'));
        if connection || matches!(self.before, Some(b'"' | b'\'')) {
            return true;
        }
        // `host:6379,password=x,ssl=True`
        if self.before == Some(b',') && !matches!(self.form, Form::Code | Form::Prose) {
            return true;
        }
        if self.form == Form::Prose {
            return false;
        }
        // `"password=x host=y"`: within quotes
        let line = self.text.line(self.name.start).start;
        let marks = |mark| memchr::memchr_iter(mark, &self.text.bytes[line..self.name.start]).count();
        match self.before {
            Some(b' ' | b',') => marks(b'"') % 2 == 1 || marks(b'\'') % 2 == 1,
            _ => false,
        }
    }

    /// The value behind a separator.
    fn value(&self, from: usize, line: usize) -> Option<Found> {
        let bytes = self.text.bytes;
        let blank = bytes[from..line].trim_ascii();
        // the value stands in the next line
        if blank.is_empty()
            || self.form == Form::Yaml && matches!(blank, [b'|' | b'>'] | [b'|' | b'>', b'-' | b'+'])
        {
            return self.below(line, blank.is_empty());
        }
        let Some(mut found) = literal::literal(&bytes[..line], from, self.form) else {
            return self.fallback(from, line);
        };
        // `PASSWORD=x program`, `name=app password=x state=present`: one of several in a line
        let alone = found.quoted || bytes[from - 1] != b'=' || !matches!(self.form, Form::Yaml | Form::Lines);
        let first = bytes[found.at.clone()].iter().position(|b| *b == b' ').filter(|_| !alone);
        if let Some(first) = first.filter(|_| found.at.start == from && self.is_one_of(&bytes[from..line])) {
            found.at.end = from + first;
        }
        // a separator without a blank in prose or in a URL is none
        self.judged(found, false)
    }

    /// Whether something stands before the name in its line, or another `name=` behind it.
    fn is_one_of(&self, rest: &[u8]) -> bool {
        let head = self.head();
        let more = rest.split(|b| *b == b' ').skip(1).any(|word| {
            let name = word.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            name > 0 && word.get(name) == Some(&b'=')
        });
        more || head.contains(&b' ') && head != b"-" && !head.starts_with(b"export")
    }

    /// What stands before the name in its line.
    pub(super) fn head(&self) -> &[u8] {
        let bytes = self.text.bytes;
        let from = self.name.start.saturating_sub(512);
        let start = memchr::memrchr(b'\n', &bytes[from..self.name.start]).map_or(from, |end| from + end + 1);
        bytes[start..self.name.start].trim_ascii()
    }

    /// `process.env.X || "…"`, `os.environ.get("X") or "…"`.
    fn fallback(&self, from: usize, line: usize) -> Option<Found> {
        if self.form != Form::Code {
            return None;
        }
        const MARKS: [&[u8]; 5] = [b" || ", b" ?? ", b" or ", b" ?: ", b" // "];
        let rest = &self.text.bytes[from..line];
        let (at, mark) = MARKS.iter().find_map(|mark| Some((memchr::memmem::find(rest, mark)?, mark)))?;
        let at = from + at + mark.len();
        // not what stands in another argument
        let before = &self.text.bytes[from..at];
        if memchr::memchr3(b';', b'{', b'=', before).is_some() {
            return None;
        }
        let quote = matches!(self.text.bytes.get(at), Some(b'"' | b'\'' | b'`'));
        quote.then_some(()).and_then(|()| self.listed(at, line))
    }

    /// Whether a comma leads from this name to its value.
    fn is_told(&self, line: usize) -> bool {
        match self.before {
            // a symbol, the name of a tuple, a variable of a configuration
            Some(b':') => self.name.start < 2 || self.text.bytes[self.name.start - 2] != b':',
            Some(b'{') => self.form == Form::Code || self.form == Form::Lines,
            Some(b'(') => self.head().ends_with(b"define("),
            _ => memchr::memmem::find(&self.text.bytes[self.name.end.min(line)..line], b", ")
                .is_some_and(|_| self.text.bytes[self.name.clone()].starts_with(b"CURLOPT_")),
        }
    }

    fn below(&self, line: usize, nothing: bool) -> Option<Found> {
        let bytes = self.text.bytes;
        if line >= bytes.len() {
            return None;
        }
        if nothing && self.form != Form::Code {
            return nested::look(self, line);
        }
        let next = line_end(bytes, line + 1);
        let here = &bytes[line + 1..next];
        let start = line + 1 + here.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let found = literal::literal(&bytes[..next], start, self.form)?;
        self.judged(found, false)
    }

    /// `("password", "…")`: a call, or a list of two.
    fn listed(&self, from: usize, line: usize) -> Option<Found> {
        // `add_argument("--password", default="…")`
        let rest = &self.text.bytes[from..line];
        let option = self.before == Some(b'-');
        let default = memchr::memmem::find(rest, b"default=").filter(|_| option).map_or(0, |at| at + 8);
        let found = literal::literal(&self.text.bytes[..line], from + default, Form::Code)?;
        self.judged(found, false)
    }

    /// `<password>…</password>`, `<entry key="password">…</entry>`.
    fn element(&self, from: usize, line: usize) -> Option<Found> {
        let bytes = self.text.bytes;
        let end = memchr::memchr(b'<', &bytes[from..line])? + from;
        // `<Password><Value>…`
        let inner = [&b"<Value>"[..], b"<value>"].into_iter().find(|tag| bytes[from..line].starts_with(tag));
        if let Some(inner) = inner {
            return self.element(from + inner.len(), line);
        }
        if bytes.get(end + 1) != Some(&b'/') {
            return None;
        }
        let value = bytes[from..end].trim_ascii();
        let start = from + bytes[from..end].iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.judged(Literal { at: start..start + value.len(), quoted: true }, false)
    }

    /// `<key>password</key><string>…</string>`, `<name>password</name><value>…</value>`.
    fn sibling(&self, at: usize) -> Option<Found> {
        let bytes = self.text.bytes;
        let near = &bytes[at..bytes.len().min(at + 256)];
        let close = memchr::memchr(b'>', near)? + 1;
        let open = close + near[close..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        const TAGS: [&[u8]; 3] = [b"<string>", b"<value>", b"<val>"];
        let tag = TAGS.iter().find(|tag| near[open..].starts_with(tag))?;
        let from = at + open + tag.len();
        self.element(from, line_end(bytes, from))
    }

    /// What is given to an option whose name promises a secret.
    pub(super) fn as_argument(&self, found: Literal) -> Option<Found> {
        let bytes = self.text.bytes;
        let name = &bytes[self.name.clone()];
        (promise(name) == Promise::Strong).then_some(())?;
        self.as_password(found, "command-line-secret", "an argument of a command")
    }

    pub(super) fn as_password(
        &self,
        found: Literal,
        rule: &'static str,
        what: &'static str,
    ) -> Option<Found> {
        let value = &self.text.bytes[found.at.clone()];
        judge::is_password_of(b"", value, self.place(true)).then_some(Found {
            rule,
            at: found.at,
            name: None,
            what,
        })
    }

    fn place(&self, quoted: bool) -> Place {
        Place { form: self.form, test: self.text.name.test, quoted }
    }

    /// What is found, if it is one.
    pub(super) fn judged(&self, found: Literal, part: bool) -> Option<Found> {
        let bytes = self.text.bytes;
        let name = &bytes[self.name.clone()];
        let value = &bytes[found.at.clone()];
        if value.len() < 4 {
            return None;
        }
        // `${DB_PASSWORD:default}`
        if let ([b'$', b'{', inner @ .., b'}'], false) = (value, part) {
            let colon = memchr::memchr(b':', inner)?;
            let skip = colon + 1 + usize::from(inner.get(colon + 1) == Some(&b'-'));
            let at = found.at.start + 2 + skip..found.at.end - 1;
            return (!at.is_empty())
                .then_some(())
                .and_then(|()| self.judged(Literal { at, quoted: true }, true));
        }
        // what is set, handed on or added
        const VERBS: [&[u8]; 4] = [b"set", b"with", b"add", b"put"];
        let verb = VERBS.iter().find(|verb| {
            name.len() > verb.len()
                && name[..verb.len()].eq_ignore_ascii_case(verb)
                && self.text.bytes.get(self.name.end) == Some(&b'(')
        });
        let name = verb.map_or(name, |verb| &name[verb.len()..]);
        let mut promise = promise(name);
        // a call, an index, a piece of a program
        if !found.quoted
            && self.form != Form::Yaml
            && self.form != Form::Lines
            && memchr::memchr2(b'(', b'[', value).is_some()
        {
            return None;
        }
        // base64 of `user:password`
        let short = name.rsplit(|b| b"._".contains(b)).next().unwrap_or_default();
        if short.eq_ignore_ascii_case(b"auth") || short.eq_ignore_ascii_case(b"authorization") {
            let (start, rule) = (found.at.start, "authorization-header");
            if let Some(at) = header::credential(value, self.place(true)) {
                return Some(Found {
                    rule,
                    at: start + at.start..start + at.end,
                    name: None,
                    what: "a header",
                });
            }
            let held = base64::readable(value);
            let colon = held.as_ref().and_then(|held| Some((held, memchr::memchr(b':', held)?)));
            if let Some((held, colon)) = colon {
                let secret = judge::is_password_of(&held[..colon], &held[colon + 1..], self.place(true));
                return secret.then_some(Found {
                    rule: "generic-secret",
                    at: found.at,
                    name: Some(self.name.clone()),
                    what: "a login",
                });
            }
            if promise < Promise::Strong {
                return None;
            }
        }
        if part && promise == Promise::Weak {
            promise = Promise::Nothing;
        }
        let place = self.place(found.quoted);
        let option = self.before == Some(b'-');
        let secret = if option && promise == Promise::Strong {
            judge::is_password_of(b"", value, place)
        } else {
            judge::is_secret(promise, name, value, place)
        };
        let rule = if option { "command-line-secret" } else { "generic-secret" };
        secret.then_some(Found { rule, at: found.at, name: Some(self.name.clone()), what: "a secret" })
    }
}
