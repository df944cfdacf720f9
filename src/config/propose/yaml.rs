//! The forms that compose allows for one and the same thing, and the variables in its texts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::names::is_name;
use crate::dialect::{variables, variables_below};

/// A list, or one value in the place of a list.
pub(super) fn list(value: Option<&Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null | Value::Object(_)) => Vec::new(),
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
    }
}

pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// The port of this machine that leads to the service.
pub(super) fn published(port: &Value) -> Option<u16> {
    if let Some(port) = port.get("published") {
        return scalar(port)?.parse().ok();
    }
    let text = settled(port.as_str()?)?;
    let mut parts = text.rsplit(':').skip(1);
    let host = parts.next()?.parse().ok()?;
    matches!(parts.next(), None | Some("127.0.0.1" | "0.0.0.0")).then_some(host)
}

/// The text with the defaults of its variables in their place; `None` where one has no default.
pub(super) fn settled(text: &str) -> Option<String> {
    let Some(at) = text.find("${") else { return (!text.contains('$')).then(|| text.to_owned()) };
    let end = at + text[at..].find('}')?;
    let (_, default) = text[at + 2..end].split_once(":-").or_else(|| text[at + 2..end].split_once('-'))?;
    settled(&format!("{}{default}{}", &text[..at], &text[end + 1..]))
}

/// The variables that a text asks for.
pub(super) fn references(text: &str) -> Vec<&str> {
    variables(text).into_iter().filter_map(|name| is_name(name.as_bytes())).collect()
}

pub(super) fn collect(value: &Value, asks: &mut BTreeSet<String>) {
    variables_below(value, asks);
    asks.retain(|name| is_name(name.as_bytes()).is_some());
}
