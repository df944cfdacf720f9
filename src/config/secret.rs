//! `[secret.NAME]`: what is known of one secret.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fields::Fields;
use super::target::TargetConfig;
use crate::error::{Error, Result};
use crate::secret::url::Part;
use crate::secret::{FLOOR_BITS, SecretName, Spec};

/// The policy of one secret.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// How new values are made.
    pub generate: Spec,
    /// How old the value may become.
    pub every: Option<Duration>,
    /// Secrets of one group are rotated together.
    pub group: Option<String>,
    /// Where the replaced value stays valid for a while.
    pub previous: Option<Previous>,
    /// Values that contain this one.
    pub feeds: Vec<Feed>,
    /// The live service that keeps the credential.
    pub target: Option<TargetConfig>,
    /// Whether a service reads the value only when it is first set up; unset: by the table of known names.
    pub init_only: Option<bool>,
}

/// `previous = { key, keep-for }`
#[derive(Clone, Debug)]
pub struct Previous {
    /// The key that gets the replaced value.
    pub key: SecretName,
    /// How long consumers accept it.
    pub keep_for: Duration,
}

/// One entry of `feeds`.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The key whose value is a URL.
    pub key: SecretName,
    /// The part of the URL that is this secret.
    pub part: Part,
}

impl Policy {
    pub(super) fn parse(mut fields: Fields<'_>) -> Result<Self> {
        let mut policy = Policy::default();
        let floor = fields.number("entropy-floor", 0, 1024)?;
        if let Some((at, spec)) = fields.string_at("generate")? {
            let checked = Spec::parse(&spec)
                .and_then(|spec| spec.demand(floor.map_or(FLOOR_BITS, |f| f as f64)).map(|()| spec));
            policy.generate = checked.map_err(|e| {
                let wrong = fields.wrong(at, &e);
                e.advice().map_or_else(|| fields.wrong(at, &e), |hint| wrong.hint(hint))
            })?;
        }
        policy.every = fields.duration("every")?;
        policy.group = fields.string("group")?;
        policy.init_only = fields.boolean("init-only")?;
        if let Some(mut previous) = fields.table("previous")? {
            let key = name(&mut previous, "key")?;
            let keep_for = previous
                .duration("keep-for")?
                .ok_or_else(|| previous.lacks("\"keep-for\" is missing from previous"))?;
            previous.finish()?;
            policy.previous = Some(Previous { key, keep_for });
        }
        for mut feed in fields.tables("feeds")? {
            feed.later(&["file"])?;
            let key = name(&mut feed, "key")?;
            let (at, part) =
                feed.string_at("part")?.ok_or_else(|| feed.lacks("\"part\" is missing from feeds"))?;
            let part = Part::parse(&part).map_err(|e| feed.wrong(at, e))?;
            feed.finish()?;
            policy.feeds.push(Feed { key, part });
        }
        policy.target = fields.table("target")?.map(TargetConfig::parse).transpose()?;
        fields.later(&["files", "pair", "migrate", "matches", "verify", "confirm", "remind"])?;
        fields.finish()?;
        Ok(policy)
    }
}

fn name(fields: &mut Fields<'_>, key: &'static str) -> Result<SecretName> {
    let (at, text) = fields.string_at(key)?.ok_or_else(|| fields.lacks(format!("{key:?} is missing")))?;
    SecretName::parse(&text).map_err(|e| fields.wrong(at, e))
}

/// A key may be written by one secret only: as itself, as its previous value, or as a URL that it feeds.
pub(super) fn check_references(secrets: &BTreeMap<SecretName, Policy>) -> Result<()> {
    let mut previous = BTreeMap::new();
    for (owner, policy) in secrets {
        let Some(kept) = &policy.previous else { continue };
        if secrets.contains_key(&kept.key) || kept.key == *owner {
            return Err(Error::usage(format!(
                "reseal.toml: previous key \"{}\" of \"{owner}\" is a secret of its own",
                kept.key
            )));
        }
        if let Some(other) = previous.insert(&kept.key, owner) {
            return Err(Error::usage(format!(
                "reseal.toml: \"{other}\" and \"{owner}\" keep their previous value in the same key \"{}\"",
                kept.key
            )));
        }
    }
    let mut fed = Vec::new();
    for (owner, policy) in secrets {
        for feed in &policy.feeds {
            let feeder = fed.iter().find(|(f, _): &&(&Feed, _)| f.key == feed.key && f.part == feed.part);
            if let Some((_, other)) = feeder {
                return Err(Error::usage(format!(
                    "reseal.toml: \"{other}\" and \"{owner}\" feed the same part of \"{}\"",
                    feed.key
                )));
            }
            fed.push((feed, owner));
            if secrets.contains_key(&feed.key) || previous.contains_key(&feed.key) {
                return Err(Error::usage(format!(
                    "reseal.toml: \"{owner}\" feeds \"{}\", which is a secret of its own",
                    feed.key
                )));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn a_part_of_a_url_is_fed_by_one_secret() {
        let feed = |name: &str, part: &str| {
            format!("[secret.{name}]\nfeeds = [{{ key = \"URL\", part = \"{part}\" }}]\n")
        };
        assert!(Config::parse(&(feed("A", "user") + &feed("B", "password"))).is_ok());
        let error = Config::parse(&(feed("A", "password") + &feed("B", "password"))).err().unwrap();
        assert!(error.to_string().contains("\"A\" and \"B\" feed the same part of \"URL\""), "{error}");
    }
}
