//! The text of a stack file: which keys its secrets name, and the same file with docker secrets in their place.
//!
//! Compose's form of a secret, `{ environment: KEY }`, is one that `docker stack deploy` refuses. Only the block
//! `secrets:` is written anew; every other byte stays, because docker's YAML is not quite that of anybody else. The
//! result is read again and must say the same in all else. The file is not interpolated, so it holds no value.

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// What a file without `version:` gets, since docker 20.10 takes such a file for one of version 1.
const VERSION: &str = "3.8";

/// The secrets of a file that take their value from a key: their names there, with the keys.
pub(super) fn secrets(text: &str) -> Result<Vec<(String, String)>> {
    let top = parse(text)?;
    let Some(secrets) = top.get("secrets").and_then(Value::as_object) else { return Ok(Vec::new()) };
    let named = |(name, secret): (&String, &Value)| Some((name.clone(), key(secret)?.to_owned()));
    Ok(secrets.iter().filter_map(named).collect())
}

/// Whether a key stands anywhere in the text, as a word.
pub(super) fn mentions(text: &str, key: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(key).any(|(at, _)| {
        !text[..at].ends_with(word) && !text[at + key.len()..].starts_with(word) && !key.is_empty()
    })
}

/// The text with each of those secrets as the docker secret of that name. `None`: it can stay as it is.
pub(super) fn with_secrets(text: &str, docker: impl Fn(&str) -> Result<String>) -> Result<Option<String>> {
    let before = parse(text)?;
    let mut after = before.clone();
    let mut changed = false;
    if let Some(secrets) = after.get_mut("secrets").and_then(Value::as_object_mut) {
        for secret in secrets.values_mut() {
            if let Some(key) = key(secret) {
                *secret = json!({ "external": true, "name": docker(key)? });
                changed = true;
            }
        }
    }
    let mut written = match (changed, after.get("secrets")) {
        (true, Some(secrets)) => with_block(text, secrets)?,
        _ => text.to_owned(),
    };
    if !after.contains_key("version") {
        after.insert("version".to_owned(), VERSION.into());
        written = format!("{}\nversion: \"{VERSION}\"\n", written.trim_end());
        changed = true;
    }
    if !changed {
        return Ok(None);
    }
    if parse(&written).ok() != Some(after) {
        return Err(unusual());
    }
    Ok(Some(written))
}

fn key(secret: &Value) -> Option<&str> {
    secret.get("environment").and_then(Value::as_str)
}

fn parse(text: &str) -> Result<Map<String, Value>> {
    let value: Value = serde_saphyr::from_str(text).map_err(|e| {
        // the first line names the place; the others would repeat content
        let text = e.to_string();
        let first = text.lines().next().unwrap_or("cannot be read");
        Error::failed(first.trim_start_matches("error: ").to_owned())
    })?;
    match value {
        Value::Object(top) => Ok(top),
        _ => Err(Error::failed("it has no keys")),
    }
}

/// The text with another block `secrets:`, in one line.
fn with_block(text: &str, secrets: &Value) -> Result<String> {
    let is_start = |line: &str| {
        ["secrets", "\"secrets\"", "'secrets'"]
            .iter()
            .any(|name| line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with(':')))
    };
    let mut written = String::with_capacity(text.len());
    let mut inside = false;
    let mut found = false;
    for line in text.split_inclusive('\n') {
        // a key, or the end of the document, at the margin ends a block; blank lines and comments do not
        if inside && !line.starts_with([' ', '\t', '\n', '\r', '#']) {
            inside = false;
        }
        if is_start(line) && !found {
            (inside, found) = (true, true);
            written += &format!("secrets: {secrets}\n");
        }
        if !inside {
            written += line;
        }
    }
    if found { Ok(written) } else { Err(unusual()) }
}

fn unusual() -> Error {
    Error::failed("its secrets are not written as a block of their own")
        .hint("write `secrets:` at the margin, and its entries below, without anchors")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "# the shop\nservices:\n  api:\n    image: a # b\n    user: 0123\n    secrets: [jwt]\n\nsecrets:\n  # of ours\n  jwt:\n    environment: JWT_SECRET\n\n# at the margin\n  tls: { file: ./tls.pem }\nvolumes:\n  data: {}\n";

    fn written(text: &str) -> Result<Option<String>> {
        with_secrets(text, |key| Ok(format!("shop_{key}_1")))
    }

    #[test]
    fn only_the_block_of_secrets_is_written_anew() {
        assert_eq!(secrets(STACK).unwrap(), [("jwt".to_owned(), "JWT_SECRET".to_owned())]);
        let text = written(&format!("version: '3.9'\n{STACK}")).unwrap().unwrap();
        assert_eq!(
            text,
            "version: '3.9'\n# the shop\nservices:\n  api:\n    image: a # b\n    user: 0123\n    secrets: [jwt]\n\n\
             secrets: {\"jwt\":{\"external\":true,\"name\":\"shop_JWT_SECRET_1\"},\"tls\":{\"file\":\"./tls.pem\"}}\n\
             volumes:\n  data: {}\n"
        );
    }

    #[test]
    fn a_key_is_mentioned_as_a_word() {
        assert!(
            mentions(STACK, "JWT_SECRET") && mentions("a: ${KEY:-x}", "KEY") && mentions("a: $KEY", "KEY")
        );
        assert!(!mentions(STACK, "JWT") && !mentions("MY_KEY KEY2 aKEY", "KEY") && !mentions("a", ""));
    }

    #[test]
    fn a_file_without_a_version_gets_one_at_its_end() {
        let text = written("services: {}").unwrap().unwrap();
        assert_eq!(text, "services: {}\nversion: \"3.8\"\n");
    }

    #[test]
    fn a_file_that_docker_takes_is_left_alone() {
        let text = "version: \"3.8\"\nservices: {}\nsecrets:\n  a: {external: true}\n";
        assert_eq!(written(text).unwrap(), None);
        assert!(secrets(text).unwrap().is_empty());
    }

    #[test]
    fn the_last_block_and_one_in_flow_style_are_found() {
        for text in [
            "version: \"3\"\nsecrets:\n  a:\n    environment: A",
            "secrets: {a: {environment: A}}\nversion: \"3\"\n",
            "version: \"3\"\n\"secrets\" :\n  a: {environment: A}\n",
        ] {
            assert!(written(text).unwrap().unwrap().contains("\"shop_A_1\""), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_written_anew_soundly_is_refused() {
        for text in [
            // all in one flow
            "{version: \"3\", secrets: {a: {environment: A}}}",
            // an anchor that would be lost
            "version: \"3\"\nsecrets:\n  a: &a {environment: A}\nx-b: *a\n",
            "version: \"3\"\n- no map\n",
            "just text",
        ] {
            assert!(written(text).is_err(), "{text}");
        }
    }
}
