//! `reseal set KEY`
#![expect(clippy::disallowed_methods, reason = "cli reads standard input")]

use std::io::IsTerminal;

use super::args::{Global, SetArgs};
use super::change::{change, follow};
use super::report::Report;
use super::session::{self, Session};
use super::sops_words::file_first;
use super::terminal::Terminal;
use crate::audit::Act;
use crate::dialect;
use crate::disk;
use crate::error::{Error, Result};
use crate::rotate;
use crate::secret::{FLOOR_BITS, Origin, SecretName, SecretValue};
use crate::sops::Format;

pub(super) fn run(global: &Global, args: &SetArgs, report: &Report) -> Result<()> {
    if let [key, options @ ..] = args.value.as_slice()
        && let Some(key) = key.to_str()
        && let Some(global) = file_first(global, &args.key, key)
        && options.iter().all(|option| option == "--value-stdin" || option == "--idempotent")
    {
        // what follows the key is not read as an option, because it may be a value
        let value_stdin = args.value_stdin || options.iter().any(|option| option == "--value-stdin");
        let args = SetArgs { key: key.to_owned(), value: Vec::new(), value_stdin, ..args.clone() };
        return run(&global, &args, report);
    }
    if !args.value.is_empty() || args.key.contains('=') {
        // nothing of it is repeated here: it may be the value
        return Err(Error::usage("a value on the command line is seen by every process of the machine")
            .note("if it was a real one, it is in your shell's history now")
            .hint(
                "give the key only and pipe the value in, or use `--value-file`, `--generate` or the prompt",
            ));
    }
    let name = SecretName::parse(&args.key)?;
    let session = Session::new(global)?;
    let format = session.sealed()?.format();
    let value = value(global, args, &name, format)?;
    // sops's own form of a key goes with sops's form of a value
    let (value, bare) =
        if args.value_stdin && args.key.starts_with('[') { of_json(&value)? } else { (value, false) };
    if value.is_empty() && !args.allow_empty {
        return Err(Error::failed(format!("the value for \"{name}\" is empty"))
            .note("nothing was changed")
            .hint("a command in front of a pipe may have failed; `--allow-empty` if it is meant"));
    }
    if value.expose().contains(&0) && format != Format::Binary {
        return Err(Error::failed(format!(
            "the value for \"{name}\" holds a NUL, which no environment can carry"
        ))
        .note("nothing was changed"));
    }
    let many_lines = format == Format::Dotenv && value.expose().contains(&b'\n');
    let faults = dialect::faults(&session.config.consumers, name.as_bytes(), &value);
    let mut in_clear = None;
    let mut slip = None;
    let mut left_behind = Vec::new();
    let changed = change(&session, report, Act::Set, &[name.to_string()], args.reason.as_deref(), |open| {
        if !open.encrypts(&name) {
            in_clear = Some(open.rule());
        }
        if open.get(name.as_bytes()).is_none() {
            let mut names = open.entries().filter_map(|e| std::str::from_utf8(e.name).ok());
            slip = names.find(|other| one_stroke_apart(other, name.as_str())).map(str::to_owned);
        }
        follow(&session, open, &name, &value)?;
        let changed = if bare { open.set_bare(&name, value) } else { open.set(&name, value) }?;
        if changed && !is_mirror(&session) {
            left_behind = rotate::drift(&session.world(report), open, Some(&name));
        }
        Ok(changed)
    })?;
    if !changed {
        report.say(&format!("{name} has that value already; nothing was changed"));
        return Ok(());
    }
    if let Some(other) = slip {
        report.note(&format!(
            "\"{name}\" is a new key beside {other:?}; if that was a slip, `reseal unset {name}`"
        ));
    }
    if let Some(rule) = in_clear {
        report.note(&format!("\"{name}\" lies in the file unencrypted: its rule is {rule}"));
    }
    if many_lines {
        report.note("the value has several lines; the file holds them as one, with \\n between them");
    }
    for fault in faults {
        report.note(&fault.told());
    }
    for drift in left_behind {
        report.note(&format!("{}: {}; {}", drift.file.display(), drift.what, drift.remedy));
    }
    report.say(&format!("{name} is set in {}", session.project.label()));
    Ok(())
}

/// Whether the file is one that the secrets of another feed.
fn is_mirror(session: &Session) -> bool {
    let (project, mirrors) = (&session.project, session.config.mirrors());
    mirrors.into_iter().any(|file| disk::real(&project.resolve(file)) == disk::real(&project.sealed))
}

fn value(global: &Global, args: &SetArgs, name: &SecretName, format: Format) -> Result<SecretValue> {
    if let Some(spec) = &args.generate {
        let origin = Origin::parse(spec)?;
        origin.demand(FLOOR_BITS)?;
        return match origin {
            Origin::Made(spec) => Ok(spec.generate(&mut *session::random())),
            Origin::Pair(spec) => Ok(spec.generate(&mut *session::random())?.private),
            Origin::Brought => {
                Err(Error::usage("\"prompt\" is no generator: the value is asked for where none is given"))
            }
        };
    }
    let read = if let Some(path) = &args.value_file {
        disk::read_secret(path)?
    } else if std::io::stdin().is_terminal() {
        let typed = Terminal::new(global.no_input).value(name.as_str())?;
        return typed.ok_or_else(|| {
            Error::usage("there is no value: standard input is a terminal and asking is not allowed")
                .hint("pipe the value in, or use `--value-file` or `--generate`")
        });
    } else {
        SecretValue::read_from(&mut std::io::stdin().lock())
            .map_err(|e| Error::failed(format!("cannot read standard input: {e}")))?
    };
    // the line end of a whole file belongs to it
    let whole = args.keep_newline || format == Format::Binary;
    Ok(if whole { read } else { without_line_end(&read) })
}

/// The value that a JSON text says, and whether it is a number or a boolean.
fn of_json(text: &SecretValue) -> Result<(SecretValue, bool)> {
    let wrong = |why: &str| {
        Error::usage(format!("standard input {why}"))
            .note("with a key in the form [\"KEY\"] the value is read as JSON, as sops reads it")
            .hint("put a text in double quotes, or name the key without brackets to give the value as it is")
    };
    // what serde says of it would repeat parts of the value
    match serde_json::from_slice(text.expose()).map_err(|_| wrong("holds no JSON value"))? {
        serde_json::Value::String(text) => Ok((SecretValue::new(text.into_bytes()), false)),
        serde_json::Value::Number(number) => {
            let kept = number.to_string();
            if text.expose_str().map(digits) != Some(digits(&kept)) {
                return Err(wrong("holds a number with more digits than a sealed file can keep"));
            }
            Ok((SecretValue::new(kept.into_bytes()), true))
        }
        serde_json::Value::Bool(is) => Ok((SecretValue::new(is.to_string().into_bytes()), true)),
        serde_json::Value::Null => Err(wrong("holds a null, which is no value")),
        _ => Err(wrong("holds more than one value; set them one by one")),
    }
}

/// The digits of a number without the zeros around them, which its place and exponent say.
fn digits(number: &str) -> String {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}

/// Whether two names differ by one slip of the finger, or in case only; one that comes behind another in a list does not.
fn one_stroke_apart(one: &str, other: &str) -> bool {
    let numbered = |name: &str| name.contains('[').then(|| name.replace(|c: char| c.is_ascii_digit(), ""));
    if numbered(one).is_some_and(|name| Some(name) == numbered(other)) {
        return false;
    }
    strsim::osa_distance(&one.to_ascii_uppercase(), &other.to_ascii_uppercase()) <= 1
}

/// The one line end that `echo` and editors add.
pub(super) fn without_line_end(value: &SecretValue) -> SecretValue {
    let bytes = value.expose();
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    SecretValue::concat(&[bytes.strip_suffix(b"\r").unwrap_or(bytes)])
}
