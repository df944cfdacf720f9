//! `reseal export [--format F] [KEY…]`: the values as a program reads them, to standard output only. A text that is read
//! otherwise than it was meant is not written: what no text can hold is refused, by key.

use std::collections::HashMap;

use super::args::{ExportArgs, Global};
use super::list::not_there;
use super::report::Report;
use super::session::Session;
use crate::dialect::{self, Dialect};
use crate::error::{Error, Result};
use crate::secret::{SecretName, SecretValue, plain_name};
use crate::sops::{self, quoted};

/// What is written.
enum Format {
    /// An env file for these.
    Env(&'static [Dialect]),
    Json,
    Yaml,
}

pub(super) fn run(global: &Global, args: &ExportArgs, report: &Report) -> Result<()> {
    let format = if report.json { Format::Json } else { format(&args.format)? };
    // no key of a file holds "="; what follows it may be a value, and nothing of it is repeated
    for key in args.keys.iter().filter(|key| key.contains('=')) {
        SecretName::parse(key)?;
    }
    let session = Session::new(global)?;
    let open = session.open(report)?;
    if let Some(key) = args.keys.iter().find(|key| open.get(key.as_bytes()).is_none()) {
        return Err(not_there(&open, key));
    }
    let keys: Vec<String> = args.keys.iter().map(|key| plain_name(key)).collect();
    let wanted = |name: &[u8]| keys.is_empty() || keys.iter().any(|key| key.as_bytes() == name);
    let nested = keys.is_empty() && !open.is_flat();
    match format {
        Format::Env(readers) => {
            let variables = open.variables(wanted)?;
            let entries = variables.iter().map(|e| (e.name, e.value));
            report.data(dialect::render(readers, entries)?.expose())
        }
        Format::Json => {
            let values = if nested {
                open.values()?
            } else {
                let mut values = serde_json::Map::new();
                for entry in open.entries().filter(|e| wanted(e.name)) {
                    let (name, value) = text(entry.name, entry.value)?;
                    values.insert(name.to_owned(), value.into());
                }
                values.into()
            };
            report.json(&if report.json { serde_json::json!({ "v": 1, "values": values }) } else { values })
        }
        Format::Yaml if nested => report.data(open.written_as(sops::Format::Yaml, None)?.expose()),
        Format::Yaml => {
            let entries = open.entries().filter(|e| wanted(e.name)).map(|e| (e.name, e.value));
            report.data(yaml(entries)?.expose())
        }
    }
}

fn format(name: &str) -> Result<Format> {
    Ok(match name {
        "dotenv" => Format::Env(&Dialect::PORTABLE),
        "json" => Format::Json,
        "yaml" => Format::Yaml,
        name => match Dialect::named(name) {
            Some(readers) => Format::Env(readers),
            None => {
                return Err(Error::usage(format!("there is no format {name:?}"))
                    .hint(format!("there are dotenv, {}, json, yaml", dialect::NAMES)));
            }
        },
    })
}

/// Name and value, where both are text.
fn text<'a>(name: &'a [u8], value: &'a SecretValue) -> Result<(&'a str, &'a str)> {
    std::str::from_utf8(name).ok().zip(value.expose_str()).ok_or_else(|| {
        let key = String::from_utf8_lossy(name);
        Error::failed(format!("the value of {key:?} is not UTF-8, which this format demands"))
            .hint("hand it over in the environment with `reseal exec`")
    })
}

/// A mapping of double-quoted scalars, which every version of YAML reads as the same strings.
fn yaml<'a>(entries: impl Iterator<Item = (&'a [u8], &'a SecretValue)>) -> Result<SecretValue> {
    let all = entries.map(|(name, value)| text(name, value)).collect::<Result<Vec<_>>>()?;
    // a key twice is no YAML; the last value counts
    let last: HashMap<&str, usize> = all.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
    let mut lines = Vec::new();
    for (_, (name, value)) in all.iter().enumerate().filter(|(at, (name, _))| last[name] == *at) {
        // room for the longest, so that growing leaves nothing behind
        let mut line = Vec::with_capacity(6 * (name.len() + value.len()) + 7);
        quoted(name, &mut line);
        line.extend_from_slice(b": ");
        quoted(value, &mut line);
        line.push(b'\n');
        lines.push(SecretValue::new(line));
    }
    let parts: Vec<&[u8]> = lines.iter().map(SecretValue::expose).collect();
    Ok(if parts.is_empty() { SecretValue::concat(&[b"{}\n"]) } else { SecretValue::concat(&parts) })
}
