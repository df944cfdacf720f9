//! Reads the keys of a TOML table one by one, and knows in the end which were never asked for.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result};

type Value<'a> = Spanned<DeValue<'a>>;

/// A table of the policy, with the text around it for line numbers.
pub(super) struct Fields<'a> {
    text: &'a str,
    span: Range<usize>,
    left: Vec<(String, Range<usize>, Value<'a>)>,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self> {
        let table = DeTable::parse(text).map_err(|e| {
            let at = e.span().map_or(1, |s| line_of(text, s.start));
            Error::usage(format!("reseal.toml, line {at}: {}", e.message().trim_end_matches('.')))
        })?;
        let span = table.span();
        Ok(Fields::of(text, span, table.into_inner()))
    }

    fn of(text: &'a str, span: Range<usize>, table: DeTable<'a>) -> Self {
        let left = table.into_iter().map(|(k, v)| (k.get_ref().to_string(), k.span(), v)).collect();
        Fields { text, span, left, asked: Vec::new() }
    }

    /// An error at a place of the text.
    pub(super) fn wrong(&self, at: usize, what: impl std::fmt::Display) -> Error {
        Error::usage(format!("reseal.toml, line {}: {what}", line_of(self.text, at)))
    }

    /// An error of the table as a whole.
    pub(super) fn lacks(&self, what: impl std::fmt::Display) -> Error {
        self.wrong(self.span.start, what)
    }

    fn take(&mut self, key: &'static str) -> Option<(usize, DeValue<'a>)> {
        self.asked.push(key);
        let at = self.left.iter().position(|(k, ..)| k == key)?;
        let (_, span, value) = self.left.remove(at);
        Some((span.start, value.into_inner()))
    }

    pub(super) fn string_at(&mut self, key: &'static str) -> Result<Option<(usize, String)>> {
        match self.take(key) {
            None => Ok(None),
            Some((at, DeValue::String(text))) => Ok(Some((at, text.into_owned()))),
            Some((at, _)) => Err(self.wrong(at, format!("{key:?} must be text, in quotes"))),
        }
    }

    pub(super) fn string(&mut self, key: &'static str) -> Result<Option<String>> {
        Ok(self.string_at(key)?.map(|(_, text)| text))
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> Result<Option<bool>> {
        match self.take(key) {
            None => Ok(None),
            Some((_, DeValue::Boolean(value))) => Ok(Some(value)),
            Some((at, _)) => Err(self.wrong(at, format!("{key:?} must be true or false"))),
        }
    }

    pub(super) fn number(&mut self, key: &'static str, least: usize, most: usize) -> Result<Option<usize>> {
        let Some((at, value)) = self.take(key) else { return Ok(None) };
        let number = match value {
            DeValue::Integer(n) => usize::from_str_radix(n.as_str(), n.radix()).ok(),
            _ => None,
        };
        match number.filter(|n| (least..=most).contains(n)) {
            Some(n) => Ok(Some(n)),
            None => Err(self.wrong(at, format!("{key:?} must be a number from {least} to {most}"))),
        }
    }

    /// `"90d"`, `"30m"`, `"120s"`, `"24h"`, `"2w"`.
    pub(super) fn duration(&mut self, key: &'static str) -> Result<Option<Duration>> {
        let Some((at, text)) = self.string_at(key)? else { return Ok(None) };
        match duration(&text) {
            Some(duration) => Ok(Some(duration)),
            None => Err(self
                .wrong(at, format!("{key:?} is no time span such as \"90d\", \"24h\", \"30m\", \"120s\""))),
        }
    }

    /// Permission bits as octal text.
    pub(super) fn mode(&mut self, key: &'static str) -> Result<Option<u32>> {
        let Some((at, text)) = self.string_at(key)? else { return Ok(None) };
        match u32::from_str_radix(&text, 8).ok().filter(|m| *m <= 0o777 && m & 0o400 != 0 && m & 0o007 == 0) {
            Some(mode) => Ok(Some(mode)),
            None => Err(self.wrong(at, format!("{key:?} must be octal, readable by the owner and closed to others, e.g. \"0600\" or \"0640\""))),
        }
    }

    pub(super) fn strings(&mut self, key: &'static str) -> Result<Option<Vec<String>>> {
        let Some((at, value)) = self.take(key) else { return Ok(None) };
        match strings(value) {
            Some(list) if !list.is_empty() => Ok(Some(list)),
            _ => Err(self.wrong(at, format!("{key:?} must be a list of texts, e.g. [\"up\", \"-d\"]"))),
        }
    }

    pub(super) fn lists(&mut self, key: &'static str) -> Result<Option<Vec<Vec<String>>>> {
        let Some((at, value)) = self.take(key) else { return Ok(None) };
        let lists = match value {
            DeValue::Array(items) => items.into_iter().map(|i| strings(i.into_inner())).collect(),
            _ => None,
        };
        lists.map(Some).ok_or_else(|| {
            self.wrong(at, format!("{key:?} must be a list of lists, e.g. [[\"down\"], [\"up\", \"-d\"]]"))
        })
    }

    pub(super) fn table(&mut self, key: &'static str) -> Result<Option<Fields<'a>>> {
        match self.take(key) {
            None => Ok(None),
            Some((at, DeValue::Table(table))) => Ok(Some(Fields::of(self.text, at..at, table))),
            Some((at, _)) => Err(self.wrong(at, format!("{key:?} must be a table"))),
        }
    }

    /// `[[key]]` or `key = [{…}]`.
    pub(super) fn tables(&mut self, key: &'static str) -> Result<Vec<Fields<'a>>> {
        let Some((at, value)) = self.take(key) else { return Ok(Vec::new()) };
        let DeValue::Array(items) = value else {
            return Err(self.wrong(at, format!("{key:?} must be a list of tables")));
        };
        let mut tables = Vec::new();
        for item in items {
            let span = item.span();
            match item.into_inner() {
                DeValue::Table(table) => tables.push(Fields::of(self.text, span, table)),
                _ => return Err(self.wrong(span.start, format!("{key:?} must be a list of tables"))),
            }
        }
        Ok(tables)
    }

    /// `[key.NAME]`: name, place, table.
    pub(super) fn named_tables(&mut self, key: &'static str) -> Result<Vec<(String, usize, Fields<'a>)>> {
        let Some(outer) = self.table(key)? else { return Ok(Vec::new()) };
        let mut tables = Vec::new();
        for (name, span, value) in outer.left {
            match value.into_inner() {
                DeValue::Table(table) => {
                    tables.push((name, span.start, Fields::of(self.text, span, table)));
                }
                _ => {
                    return Err(
                        self.wrong(span.start, format!("\"{key}.{name}\" must be a table: [{key}.{name}]"))
                    );
                }
            }
        }
        Ok(tables)
    }

    /// Refuses keys that the contract knows and this version does not act on.
    pub(super) fn later(&mut self, keys: &[&'static str]) -> Result<()> {
        for key in keys {
            if let Some((_, span, _)) = self.left.iter().find(|(k, ..)| k == key) {
                return Err(self
                    .wrong(span.start, format!("{key:?} is not supported by this version of reseal"))
                    .note("a policy that is not acted on would only look safe"));
            }
        }
        Ok(())
    }

    /// Refuses what was never asked for.
    pub(super) fn finish(self) -> Result<()> {
        let Some((key, span, _)) = self.left.first() else { return Ok(()) };
        let near = self
            .asked
            .iter()
            .map(|known| (strsim::jaro_winkler(key, known), known))
            .filter(|(likeness, _)| *likeness > 0.75)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let suggestion = near.map(|(_, known)| format!("; did you mean {known:?}?")).unwrap_or_default();
        Err(self.wrong(span.start, format!("unknown key {key:?}{suggestion}")))
    }
}

fn strings(value: DeValue<'_>) -> Option<Vec<String>> {
    let DeValue::Array(items) = value else { return None };
    let text = |item: Value<'_>| match item.into_inner() {
        DeValue::String(text) => Some(text.into_owned()),
        _ => None,
    };
    items.into_iter().map(text).collect()
}

/// A whole number and a unit.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..split].parse().ok()?;
    let unit = match &text[split..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    number.checked_mul(unit).filter(|s| *s > 0).map(Duration::from_secs)
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}
