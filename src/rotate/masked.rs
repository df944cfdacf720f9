//! The keys that change, before and after, with every value masked by its length or its origin.

use std::path::PathBuf;

use super::request::{Change, Mirror, Request};
use crate::config::{Config, Feed, Users};
use crate::secret::url::Part;
use crate::sops::Open;

/// Two texts, a line for each key.
pub(super) fn masked(config: &Config, open: &Open, request: &Request) -> (String, String) {
    let (mut before, mut after) = (String::new(), String::new());
    for entry in open.entries() {
        let name = String::from_utf8_lossy(entry.name);
        let old = format!("{name}=<{} characters>\n", entry.value.len());
        before.push_str(&old);
        match becomes(config, request, &name) {
            None => after.push_str(&old),
            Some(Becomes::Gone) => {}
            Some(Becomes::New(what)) => after.push_str(&format!("{name}=<{what}>\n")),
        }
    }
    for change in &request.secrets {
        let written = change.keeps(request.emergency).map(|p| &p.key);
        let written = written.into_iter().chain(change.policy.pair.iter().flat_map(|p| p.keys()));
        for key in written.filter(|key| open.get(key.as_bytes()).is_none()) {
            if let Some(Becomes::New(what)) = becomes(config, request, key.as_str()) {
                after.push_str(&format!("{key}=<{what}>\n"));
            }
        }
    }
    (before, after)
}

/// The keys of one mirror that change, before and after.
pub struct Mirrored {
    /// The mirror.
    pub file: PathBuf,
    /// A line for each key.
    pub before: String,
    /// See `before`.
    pub after: String,
}

/// The same of a mirror: those keys only that are fed.
pub(super) fn mirrored(mirror: &Mirror, open: &Open, request: &Request) -> Mirrored {
    let (mut before, mut after) = (String::new(), String::new());
    for entry in open.entries() {
        let name = String::from_utf8_lossy(entry.name);
        let fed = || request.fed(&mirror.file).filter(|(_, feed)| feed.key.as_str() == name);
        let parts: Vec<String> = fed()
            .map(|(change, feed)| match feed.part {
                None => format!("new {}", change.name),
                Some(Part::Password) if change.alternates() => {
                    format!("user, password of the new {}", change.name)
                }
                Some(part) => format!("{} of the new {}", part.as_str(), change.name),
            })
            .collect();
        if !parts.is_empty() {
            before.push_str(&format!("{name}=<{} characters>\n", entry.value.len()));
            after.push_str(&format!("{name}=<{}>\n", parts.join(", ")));
        }
    }
    Mirrored { file: mirror.file.clone(), before, after }
}

enum Becomes {
    New(String),
    Gone,
}

/// What a key becomes; `None` where it stays.
fn becomes(config: &Config, request: &Request, key: &str) -> Option<Becomes> {
    let new = |what: String| Some(Becomes::New(what));
    for change in &request.secrets {
        let (name, policy) = (&change.name, &change.policy);
        if name.as_str() == key {
            return new(match &change.from {
                Some(backup) => format!("as in backup {backup}"),
                None => format!("new, {}", policy.generate),
            });
        }
        if let Some(pair) = &policy.pair
            && pair.keys().any(|k| k.as_str() == key)
        {
            return new(format!("of the new {name}"));
        }
        match &policy.previous {
            Some(kept) if kept.key.as_str() == key => {
                return match change.keeps(request.emergency) {
                    Some(kept) if kept.list => new(format!("{name} before, and what it holds")),
                    Some(_) => new(format!("{name} before")),
                    None => Some(Becomes::Gone),
                };
            }
            _ => {}
        }
        let mut fed = policy.fed().filter(|feed| feed.key.as_str() == key).peekable();
        if fed.next_if(|feed| feed.part.is_none()).is_some() {
            return new(format!("new {name}"));
        }
        let parts: Vec<&str> = fed.map(Feed::what).collect();
        let turns = alternates(change);
        if !parts.is_empty() {
            let user = if turns.is_some() && parts.contains(&"password") { "user, " } else { "" };
            return new(format!("{user}{} new", parts.join(", ")));
        }
        if let Some(Users::Alternating { key: Some(user), .. }) = turns
            && user.as_str() == key
        {
            return new("the other user".to_owned());
        }
    }
    let end = request.ends.iter().find(|end| end.key.as_deref() == Some(key))?;
    let mut policies = config.secrets.iter().filter(|(name, _)| name.as_str() == end.secret);
    if policies.any(|(_, policy)| policy.previous.as_ref().is_some_and(|p| p.list)) {
        return new(format!("without the value of {} before", end.secret));
    }
    Some(Becomes::Gone)
}

fn alternates(change: &Change) -> Option<&Users> {
    let users = &change.policy.target.as_ref()?.users;
    matches!(users, Users::Alternating { .. }).then_some(users)
}
