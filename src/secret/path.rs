//! How a value in a tree is named: `database.password`, `servers[0].key`, or as sops has it `["database"]["password"]`.
//!
//! A name is written in one way only, so that two texts for the same value compare equal: keys of letters, digits, `_`
//! and `-` stand as they are behind a dot, all others as a JSON string in brackets. A leading number in brackets is the
//! document of a file with several; the first one needs none.

use crate::error::{Error, Result};

/// One part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Key(String),
    Index(usize),
}

/// Adds a key to a name that starts at `start` of `out`.
pub(crate) fn push_key(out: &mut Vec<u8>, start: usize, key: &[u8]) {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-') || *b >= 0x80;
    if !key.is_empty() && key.iter().all(plain) {
        if out.len() > start {
            out.push(b'.');
        }
        out.extend_from_slice(key);
        return;
    }
    let text = String::from_utf8_lossy(key);
    // a string always becomes JSON
    let quoted = serde_json::to_string(&text).unwrap_or_default();
    out.push(b'[');
    out.extend_from_slice(quoted.as_bytes());
    out.push(b']');
}

/// Adds a place in a list to a name.
pub(crate) fn push_index(out: &mut Vec<u8>, at: usize) {
    out.extend_from_slice(format!("[{at}]").as_bytes());
}

/// Reads a name in any of its forms.
pub(crate) fn parse(name: &str) -> Result<Vec<Part>> {
    let wrong = |why: &str| {
        Err(Error::usage(format!("{name:?} names no value: {why}"))
            .hint("a name is like database.password, servers[0].key or [\"database\"][\"password\"]"))
    };
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            if inner.starts_with('"') {
                let mut strings = serde_json::Deserializer::from_str(inner).into_iter::<String>();
                let Some(Ok(key)) = strings.next() else { return wrong("a quote in brackets does not end") };
                let Some(after) = inner[strings.byte_offset()..].strip_prefix(']') else {
                    return wrong("a bracket is not closed");
                };
                parts.push(Part::Key(key));
                rest = after;
            } else {
                let Some((digits, after)) = inner.split_once(']') else {
                    return wrong("a bracket is not closed");
                };
                let Ok(at) = digits.parse() else { return wrong("brackets hold a number or a quoted key") };
                parts.push(Part::Index(at));
                rest = after;
            }
        } else {
            let key = if parts.is_empty() { Some(rest) } else { rest.strip_prefix('.') };
            let Some(key) = key else { return wrong("a dot is missing behind a bracket") };
            let end = key.find(['.', '[']).unwrap_or(key.len());
            if end == 0 {
                return wrong("a part of it is empty");
            }
            parts.push(Part::Key(key[..end].to_owned()));
            rest = &key[end..];
            if rest == "." {
                return wrong("it ends in a dot");
            }
        }
    }
    if let [Part::Index(_), Part::Index(_), ..] = parts.as_slice() {
        return wrong("a document is a map, and no list");
    }
    if parts.is_empty() { wrong("it is empty") } else { Ok(parts) }
}

/// A name as policies and messages have it; what is none stays as it is.
pub(crate) fn plain_name(name: &str) -> String {
    // only keys in quotes differ
    let parts = name.contains("[\"").then(|| parse(name).ok()).flatten();
    match parts.as_deref() {
        None => name.to_owned(),
        Some(parts) => String::from_utf8_lossy(&render(parts)).into_owned(),
    }
}

/// The one way in which a name is written.
pub(crate) fn render(parts: &[Part]) -> Vec<u8> {
    let mut out = Vec::new();
    // the first document is the one that is meant where none is named
    let parts = if parts.first() == Some(&Part::Index(0)) { &parts[1..] } else { parts };
    for part in parts {
        match part {
            Part::Key(key) => push_key(&mut out, 0, key.as_bytes()),
            Part::Index(at) => push_index(&mut out, *at),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_means_one_name() {
        for (text, want) in [
            ("a", "a"),
            ("database.password", "database.password"),
            (r#"["database"]["password"]"#, "database.password"),
            ("servers[0].key", "servers[0].key"),
            (r#"["servers"][0]["key"]"#, "servers[0].key"),
            (r#"a["b.c"].d"#, r#"a["b.c"].d"#),
            (r#"["a b"]"#, r#"["a b"]"#),
            (r#"[""]"#, r#"[""]"#),
            (r#"["a\"]b"]"#, r#"["a\"]b"]"#),
            ("[1].a", "[1].a"),
            ("[0].a", "a"),
            ("größe", "größe"),
            ("a[0][1]", "a[0][1]"),
        ] {
            assert_eq!(String::from_utf8(render(&parse(text).unwrap())).unwrap(), want, "{text}");
        }
    }

    #[test]
    fn a_name_is_the_same_however_it_was_given() {
        for (text, want) in [
            (r#"["servers"][0]["key"]"#, "servers[0].key"),
            (r#"database["password"]"#, "database.password"),
            (r#"["PORT"]"#, "PORT"),
            (r#"["a.b"]"#, r#"["a.b"]"#),
            ("[1].a", "[1].a"),
            (r#"["a"#, r#"["a"#),
            ("servers[0].key", "servers[0].key"),
        ] {
            assert_eq!(plain_name(text), want);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "a[",
            "a[x]",
            "a[0",
            r#"["a"#,
            r#"["a"x]"#,
            "a[-1]",
            "a[]",
            "a[0]b",
            "[0][0].x",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
