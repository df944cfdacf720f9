//! Programs that take a password as an argument under a short name.

use std::ops::Range;

use super::Found;
use super::form::Form;
use super::judge::{self, Place};
use super::literal::{self, Literal};
use crate::scan::text::Text;

/// How an option gives its password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// `-p VALUE`.
    Apart,
    /// `-pVALUE`.
    Joined,
    /// `-u user:VALUE`, `-U user%VALUE`.
    Login(u8),
    /// `-pass pass:VALUE`.
    Pass,
    /// The second word behind.
    Second,
    /// The first word behind that is neither an option nor a place.
    First,
    /// `-b user VALUE` of htpasswd, behind a file or not.
    Batch,
    /// `user/VALUE@host`.
    Slash,
}

const PROGRAMS: [(&str, &str, Way); 58] = [
    ("sshpass", "-p", Way::Apart),
    ("sshpass", "-p", Way::Joined),
    ("curl", "-u", Way::Login(b':')),
    ("curl", "--user", Way::Login(b':')),
    ("curl", "--proxy-user", Way::Login(b':')),
    ("mysql", "-p", Way::Joined),
    ("mariadb", "-p", Way::Joined),
    ("login", "-p", Way::Apart),
    ("openssl", "-k", Way::Apart),
    ("openssl", "-pass", Way::Pass),
    ("openssl", "-passin", Way::Pass),
    ("openssl", "-passout", Way::Pass),
    ("redis-cli", "-a", Way::Apart),
    ("mongo", "-p", Way::Apart),
    ("mongo", "-p", Way::Joined),
    ("ldap", "-w", Way::Apart),
    ("smbclient", "-U", Way::Login(b'%')),
    ("keytool", "-storepass", Way::Apart),
    ("keytool", "-keypass", Way::Apart),
    ("rabbitmqctl", "add_user", Way::Second),
    ("rabbitmqctl", "change_password", Way::Second),
    ("net user", "user", Way::Second),
    ("net use ", "use", Way::First),
    ("vault login", "login", Way::First),
    ("htpasswd", "htpasswd", Way::Batch),
    ("sqlplus", "sqlplus", Way::Slash),
    ("openssl", "-1", Way::Apart),
    ("openssl", "-5", Way::Apart),
    ("openssl", "-6", Way::Apart),
    ("openssl", "-apr1", Way::Apart),
    ("openssl", "-K", Way::Apart),
    ("zip", "-P", Way::Apart),
    ("zip", "-P", Way::Joined),
    ("7z", "-p", Way::Joined),
    ("sqlcmd", "-P", Way::Apart),
    ("sqlcmd", "-P", Way::Joined),
    ("ipmitool", "-P", Way::Apart),
    ("snmp", "-A", Way::Apart),
    ("snmp", "-X", Way::Apart),
    ("lftp", "-u", Way::Login(b',')),
    ("etcdctl", "--user", Way::Login(b':')),
    ("mosquitto_", "-P", Way::Apart),
    ("cqlsh", "-p", Way::Apart),
    ("bcp", "-P", Way::Apart),
    ("bcp", "-P", Way::Joined),
    ("freerdp", "/p:", Way::Joined),
    ("cmdkey", "/pass:", Way::Joined),
    ("plink", "-pw", Way::Apart),
    ("pscp", "-pw", Way::Apart),
    ("psexec", "-p", Way::Apart),
    ("nmcli", "password", Way::Apart),
    ("nmcli", "wifi-sec.psk", Way::Apart),
    ("nmcli", "802-11-wireless-security.psk", Way::Apart),
    ("stats auth", "auth", Way::Login(b':')),
    ("lftp", "--user", Way::Login(b',')),
    ("http -a", "-a", Way::Login(b':')),
    ("mysql", "--password", Way::Apart),
    ("mongo", "--password", Way::Apart),
];

/// Programs whose passwords stand without an option.
const OPTIONLESS: [&[u8]; 10] = [
    b"nmcli",
    b"cmdkey",
    b"freerdp",
    b"stats auth ",
    b"rabbitmqctl",
    b"net user ",
    b"net use ",
    b"vault login ",
    b"sqlplus ",
    b"http -a ",
];

/// The password on the command line where a program's name stands.
pub(super) fn look(text: &Text<'_>, at: Range<usize>, form: Form) -> Option<Found> {
    let bytes = text.bytes;
    if bytes[at.clone()].eq_ignore_ascii_case(b"-stdin")
        || bytes[at.clone()].eq_ignore_ascii_case(b"chpasswd")
        || bytes[at.clone()].eq_ignore_ascii_case(b"sudo -s")
    {
        return piped(text, at, form);
    }
    // the program is a word by itself, or the end of a path
    if at.start > 0
        && (bytes[at.start - 1].is_ascii_alphanumeric()
            && bytes[at.start..at.end] != *b"freerdp"
            && bytes[at.start..at.end] != *b"cd login"
            || b"_.-:@".contains(&bytes[at.start - 1]))
    {
        return None;
    }
    // most of these words are no command: one is followed by a blank and options
    let rest = &bytes[at.end..bytes.len().min(at.end + 512)];
    let tail = rest.iter().take(16).take_while(|b| b.is_ascii_alphanumeric() || b"_.-".contains(b)).count();
    let blank = usize::from(bytes[at.end - 1] == b' ');
    let options = &bytes[at.end - blank..bytes.len().min(at.end + 512)];
    let apart =
        at.len() > 2 && bytes[at.end - 1] == b' ' || rest.get(tail).is_some_and(|b| b" \t\"',\\".contains(b));
    if !apart
        || memchr::memmem::find(options, b" -")
            .or_else(|| memchr::memmem::find(rest, b"\"-"))
            .or_else(|| memchr::memmem::find(rest, b"'-"))
            .is_none()
            && !OPTIONLESS.iter().any(|word| bytes[at.clone()].eq_ignore_ascii_case(word))
    {
        return None;
    }
    let end = continued(bytes, at.end).min(at.end + 1024);
    let line = &bytes[..end];
    let program = bytes[at.clone()].to_ascii_lowercase();
    let place = Place {
        form: if form == Form::Prose || form == Form::Code { Form::Code } else { Form::Shell },
        test: text.name.test,
        quoted: true,
    };
    for (name, option, way) in PROGRAMS {
        if memchr::memmem::find(&program, name.as_bytes()).is_none() {
            continue;
        }
        let mut from = at.start;
        while let Some((option_at, after)) = next(line, from, option, way) {
            from = option_at + 1;
            if let Some((user, found)) = given(line, after, way) {
                let value = &bytes[found.at.clone()];
                // `-u cassandra -p cassandra`
                let twice = line[..option_at].trim_ascii_end().ends_with(value);
                if !value.starts_with(b"-") && !twice && judge::is_password_of(&bytes[user], value, place) {
                    return Some(Found {
                        rule: "command-line-secret",
                        at: found.at,
                        name: None,
                        what: "an argument of a command",
                    });
                }
            }
        }
    }
    None
}

/// `echo VALUE | program --password-stdin`, `echo user:VALUE | chpasswd`.
fn piped(text: &Text<'_>, at: Range<usize>, form: Form) -> Option<Found> {
    let bytes = text.bytes;
    let start = text.line(at.start).start;
    let pipe = start + memchr::memrchr(b'|', &bytes[start..at.start])?;
    let echo = start + memchr::memmem::rfind(&bytes[start..pipe], b"echo ")? + 5;
    let echo = echo
        + [&b"-n "[..], b"-e "]
            .iter()
            .find(|flag| bytes[echo..pipe].starts_with(flag))
            .map_or(0, |flag| flag.len());
    let mut found = literal::argument(&bytes[..pipe], echo)?;
    let mut user = 0..0;
    if at.len() == "chpasswd".len() {
        let colon = memchr::memchr(b':', &bytes[found.at.clone()])?;
        user = found.at.start..found.at.start + colon;
        found.at.start += colon + 1;
    }
    let place = Place {
        form: if form == Form::Prose { form } else { Form::Shell },
        test: text.name.test,
        quoted: true,
    };
    let secret = judge::is_password_of(&bytes[user], &bytes[found.at.clone()], place);
    secret.then_some(Found {
        rule: "command-line-secret",
        at: found.at,
        name: None,
        what: "an argument of a command",
    })
}

/// The end of a command, over lines that end with `\`.
fn continued(bytes: &[u8], at: usize) -> usize {
    let mut end = super::assign::line_end(bytes, at);
    for _ in 0..8 {
        if end >= bytes.len() || !bytes[at..end].trim_ascii_end().ends_with(b"\\") {
            break;
        }
        end = super::assign::line_end(bytes, end + 1);
    }
    end
}

/// Where the next such option is, and where it ends.
fn next(line: &[u8], from: usize, option: &str, way: Way) -> Option<(usize, usize)> {
    let option = option.as_bytes();
    let at = from + memchr::memmem::find(&line[from..], option)?;
    let after = at + option.len();
    let apart = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_whitespace() || b"\"'=,".contains(b));
    let begins = at > 0 && (line[at - 1].is_ascii_whitespace() || b"\"'`".contains(&line[at - 1]));
    let ends = match way {
        Way::Joined => line.get(after).is_some_and(|b| !b.is_ascii_whitespace() && !b"-=,".contains(b)),
        _ => apart(line.get(after)),
    };
    if begins && ends {
        Some((at, after))
    } else {
        next(line, at + 1, std::str::from_utf8(option).ok()?, way)
    }
}

fn given(line: &[u8], after: usize, way: Way) -> Option<(Range<usize>, Literal)> {
    let skip = |at: usize| at + line[at..].iter().take_while(|b| b"=, \"'\t".contains(b)).count();
    match way {
        Way::Joined => Some((0..0, literal::argument(line, after)?)),
        Way::Apart => {
            let at = after + usize::from(line.get(after) == Some(&b'='));
            // `"-p", "x"`
            let at =
                if line[at..].starts_with(b"\",") || line[at..].starts_with(b"',") { at + 2 } else { at };
            Some((0..0, literal::argument(line, at)?))
        }
        Way::Login(mark) => {
            let start = skip(after);
            let quote = line[start - 1];
            let quoted = matches!(quote, b'"' | b'\'');
            let rest = &line[start..];
            let end = rest
                .iter()
                .position(
                    |b| if quoted { *b == quote } else { b.is_ascii_whitespace() || b"\"'`".contains(b) },
                )
                .unwrap_or(rest.len());
            let at = memchr::memchr(mark, &rest[..end])?;
            (end > at + 1)
                .then_some((start..start + at, Literal { at: start + at + 1..start + end, quoted: true }))
        }
        Way::First => {
            let mut words = words(&line[after..]).map(|at| after + at.start..after + at.end);
            let found = words.find(|at| {
                let word = &line[at.clone()];
                !(b"/-\\*".contains(&word[0]) || word.contains(&b'=') || word.len() == 2 && word[1] == b':')
            })?;
            Some((0..0, Literal { at: found, quoted: true }))
        }
        Way::Batch => {
            let mut words = words(&line[after..]).map(|at| after + at.start..after + at.end);
            let option = words.find(|at| line[at.start] == b'-' && line[at.clone()].contains(&b'b'))?;
            let file = !line[option].contains(&b'n');
            let mut words = words.filter(|at| line[at.start] != b'-');
            let user = words.nth(usize::from(file))?;
            Some((user, Literal { at: words.next()?, quoted: true }))
        }
        Way::Slash => {
            let word = words(&line[after..]).map(|at| after + at.start..after + at.end).next()?;
            let slash = word.start + memchr::memchr(b'/', &line[word.clone()])?;
            let end = slash + memchr::memchr(b'@', &line[slash..word.end])?;
            (end > slash + 1).then_some((word.start..slash, Literal { at: slash + 1..end, quoted: true }))
        }
        Way::Pass => {
            let start = skip(after);
            line[start..].starts_with(b"pass:").then_some(())?;
            Some((0..0, literal::argument(line, start + 5)?))
        }
        Way::Second => {
            let first = literal::argument(line, after)?;
            let from = first.at.end
                + usize::from(
                    first.quoted
                        && line.get(first.at.start.wrapping_sub(1)).is_some_and(|b| b"\"'".contains(b)),
                );
            Some((first.at, literal::argument(line, from)?))
        }
    }
}

/// The words of a command up to its end, without quotes around them.
fn words(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += text[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let rest = &text[at..];
        let start = at;
        if let quote @ (b'"' | b'\'') = *rest.first()? {
            let end = memchr::memchr(quote, &rest[1..])?;
            at += end + 2;
            return (end > 0).then_some(start + 1..start + 1 + end);
        }
        let end = rest.iter().position(|b| b.is_ascii_whitespace() || b"|;<>&)\"'`".contains(b));
        at += end.unwrap_or(rest.len());
        (at > start).then_some(start..at)
    })
}
