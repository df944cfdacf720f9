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
    /// Replaced values that may still count.
    pub grace: Vec<Grace>,
}

impl History {
    /// Folds the log over the events of one file.
    pub fn of(entries: &[Entry], file: &str) -> Self {
        let mut history = History::default();
        for entry in entries.iter().filter(|e| e.event.file == file) {
            let at = entry.at.parse::<jiff::Timestamp>().ok();
            if entry.event.act == Act::Unset {
                // a replaced value that was taken away counts no more
                for age in history.ages.values_mut() {
                    age.grace.retain(|g| g.key.as_ref().is_none_or(|key| !entry.event.secrets.contains(key)));
                }
            }
            for ended in &entry.event.ended {
                if let Some(age) = history.ages.get_mut(&ended.secret) {
                    age.grace.retain(|g| g != ended);
                }
            }
            for secret in &entry.event.secrets {
                let age = history.ages.entry(secret.clone()).or_default();
                age.first_seen = age.first_seen.or(at);
                match entry.event.act {
                    Act::Set => age.changed = at,
                    Act::Committed => {
                        age.changed = at;
                        age.last = Some(Act::Committed);
                        let added = entry.event.grace.iter().filter(|g| g.secret == *secret);
                        age.grace.extend(added.cloned());
                    }
                    Act::RolledBack | Act::Stuck => age.last = Some(entry.event.act.clone()),
                    // an older value is back, and with it an older previous one; how old, the log cannot know
                    Act::Restored => {
                        age.changed = None;
                        age.grace.retain(|g| g.key.is_none());
                    }
                    // nor can it know how old a value was when it was sealed
                    Act::Sealed
                    | Act::Started
                    | Act::Unset
                    | Act::Retired
                    | Act::Degraded
                    | Act::Deployed => {}
                }
            }
        }
        history
    }

    /// Every replaced value that may still count.
    pub fn graces(&self) -> impl Iterator<Item = &Grace> {
        self.ages.values().flat_map(|age| &age.grace)
    }

    /// What is known of a secret; nothing where the log does not name it.
    pub fn age(&self, secret: &str) -> Age {
        self.ages.get(secret).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Event, Who};
    use super::*;

    fn entry(act: Act, at: &str) -> Entry {
        let grace = Grace {
            secret: "A".into(),
            key: Some("A_PREVIOUS".into()),
            service: None,
            until: Some("2026-01-09T00:00:00Z".into()),
            rotation: String::new(),
        };
        let event = Event {
            act,
            file: "f".into(),
            mirrors: Vec::new(),
            secrets: vec!["A".into()],
            rotation: None,
            reason: None,
            failure: None,
            grace: vec![grace],
            ended: Vec::new(),
            proofs: Vec::new(),
            who: Who::default(),
        };
        Entry { v: 1, seq: 0, at: at.into(), event, prev: String::new() }
    }

    #[test]
    fn what_is_restored_has_an_age_that_nobody_knows() {
        let mut log =
            vec![entry(Act::Sealed, "2026-01-01T00:00:00Z"), entry(Act::Committed, "2026-01-02T00:00:00Z")];
        let age = History::of(&log, "f").age("A");
        assert!(age.changed.is_some() && !age.grace.is_empty());
        log.push(entry(Act::Restored, "2026-01-03T00:00:00Z"));
        let age = History::of(&log, "f").age("A");
        assert!(age.changed.is_none() && age.grace.is_empty());
        assert_eq!(age.last, Some(Act::Committed));
        assert_eq!(age.first_seen, "2026-01-01T00:00:00Z".parse().ok());
        log.push(entry(Act::Set, "2026-01-04T00:00:00Z"));
        assert!(History::of(&log, "f").age("A").changed.is_some());
    }
}
