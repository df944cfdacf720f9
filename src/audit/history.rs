//! What the log says of each secret: when it was last rotated, until when its old value counts.

use std::collections::BTreeMap;

use super::{Act, Entry, Grace};

/// What is known of the secrets of one sealed file.
#[derive(Debug, Default)]
pub struct History {
    ages: BTreeMap<String, Age>,
}

/// What is known of one secret.
#[derive(Clone, Debug, Default)]
pub struct Age {
    /// When its value was first seen: the sealing of the file, or the first event that names it.
    pub first_seen: Option<jiff::Timestamp>,
    /// When it got its present value.
    pub changed: Option<jiff::Timestamp>,
    /// How its last rotation ended.
    pub last: Option<Act>,
    /// The replaced value that may still count.
    pub grace: Option<Grace>,
}

impl History {
    /// Folds the log over the events of one file.
    pub fn of(entries: &[Entry], file: &str) -> Self {
        let mut history = History::default();
        for entry in entries.iter().filter(|e| e.event.file == file) {
            let at = entry.at.parse::<jiff::Timestamp>().ok();
            for secret in &entry.event.secrets {
                let age = history.ages.entry(secret.clone()).or_default();
                age.first_seen = age.first_seen.or(at);
                match entry.event.act {
                    Act::Set => age.changed = at,
                    Act::Committed => {
                        age.changed = at;
                        age.last = Some(Act::Committed);
                        age.grace = entry.event.grace.iter().find(|g| g.secret == *secret).cloned();
                    }
                    Act::RolledBack | Act::Stuck => age.last = Some(entry.event.act.clone()),
                    // what is sealed or restored may be old; how old, the log cannot know
                    Act::Sealed | Act::Started | Act::Unset | Act::Restored => {}
                }
            }
        }
        history
    }

    /// What is known of a secret; nothing where the log does not name it.
    pub fn age(&self, secret: &str) -> Age {
        self.ages.get(secret).cloned().unwrap_or_default()
    }
}
