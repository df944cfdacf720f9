//! Who can open a file: recipients, in groups where the data key is shared among several.
//!
//! Only texts stand here, as a file and `.sops.yaml` hold them; nothing is wrapped, and a recipient that this version
//! could not wrap for is one like any other. Recipients that only sops can ask are not listed.

use crate::error::{Error, Result};
use crate::keys::Recipient;

/// The recipients of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readers {
    groups: Vec<Vec<String>>,
    /// How many groups are needed; 0 where there is one.
    threshold: usize,
}

/// What differs between two versions in one group.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// Counted from 0.
    pub group: usize,
    /// Texts that are new.
    pub added: Vec<String>,
    /// Texts that are gone.
    pub removed: Vec<String>,
}

/// One group.
impl From<Vec<Recipient>> for Readers {
    fn from(all: Vec<Recipient>) -> Self {
        Readers::one(all.iter().map(|r| r.text().to_owned()).collect())
    }
}

impl Readers {
    /// Recipients of whom each opens the file alone.
    pub fn one(recipients: Vec<String>) -> Self {
        Readers { groups: vec![recipients], threshold: 0 }
    }

    /// Groups of recipients. Without a threshold all groups are needed; a threshold for one group says nothing, as in
    /// sops.
    pub fn new(groups: Vec<Vec<String>>, threshold: Option<usize>) -> Result<Self> {
        let all = groups.len();
        if let Some(empty) = groups.iter().position(Vec::is_empty) {
            return Err(Error::usage(if all == 1 {
                "there is nobody to seal the file for".to_owned()
            } else {
                format!("key group {empty} is empty")
            }));
        }
        if all < 2 {
            return Ok(Readers { groups, threshold: 0 });
        }
        let threshold = threshold.unwrap_or(all);
        if threshold < 2 || threshold > all || all > 255 {
            return Err(Error::usage(format!(
                "a threshold of {threshold} does not go with {all} key groups: at least 2 are needed, and at most all"
            )));
        }
        Ok(Readers { groups, threshold })
    }

    /// As a file has them, whatever its threshold says.
    pub(super) fn found(groups: Vec<Vec<String>>, threshold: usize) -> Self {
        let all = groups.len();
        let threshold = match all {
            0 | 1 => 0,
            _ if threshold == 0 => all,
            _ => threshold,
        };
        Readers { groups, threshold }
    }

    /// The groups, in order.
    pub fn groups(&self) -> &[Vec<String>] {
        &self.groups
    }

    /// How many groups are needed to open the file; 0 where there is one only.
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// Everybody, group by group.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flatten().map(String::as_str)
    }

    /// Adds a recipient to a group that exists. Answers whether it was new there.
    pub fn add(&mut self, group: usize, text: &str) -> bool {
        let group = &mut self.groups[group];
        let new = !group.iter().any(|known| is_same(known, text));
        if new {
            group.push(text.to_owned());
        }
        new
    }

    /// Takes a recipient out of a group, or of all of them, however often it stands there. Answers how often it did.
    pub fn remove(&mut self, group: Option<usize>, text: &str) -> usize {
        let mut gone = 0;
        for (at, members) in self.groups.iter_mut().enumerate() {
            if group.is_none_or(|wanted| wanted == at) {
                let before = members.len();
                members.retain(|known| !is_same(known, text));
                gone += before - members.len();
            }
        }
        gone
    }

    /// What becomes of the groups: compared one by one, without regard to order and repetition, as sops compares them.
    pub fn changes(&self, after: &Readers) -> Vec<Change> {
        let none = Vec::new();
        let group = |all: &'_ [Vec<String>], at: usize| all.get(at).unwrap_or(&none).clone();
        let most = self.groups.len().max(after.groups.len());
        let changes = (0..most).map(|at| {
            let (old, new) = (group(&self.groups, at), group(&after.groups, at));
            let lacking = |here: &[String], there: &[String]| -> Vec<String> {
                let mut texts: Vec<String> = here.iter().filter(|t| !there.contains(t)).cloned().collect();
                let mut seen = Vec::new();
                texts.retain(|t| {
                    !seen.contains(t) && {
                        seen.push(t.clone());
                        true
                    }
                });
                texts
            };
            Change { group: at, added: lacking(&new, &old), removed: lacking(&old, &new) }
        });
        changes.filter(|c| !c.added.is_empty() || !c.removed.is_empty()).collect()
    }

    /// Those who could open the file, or a share of it, and cannot any more.
    pub fn lost(&self, after: &Readers) -> Vec<&str> {
        let mut lost: Vec<&str> = Vec::new();
        for text in self.all() {
            let stays = after.all().any(|other| is_same(text, other));
            if !stays && !lost.iter().any(|known| is_same(known, text)) {
                lost.push(text);
            }
        }
        lost
    }
}

/// Whether two texts name one recipient: they are the same, or SSH keys that differ in their comments.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let key = |text: &'_ str| -> Option<(String, String)> {
        let mut words = text.split_whitespace();
        let kind = words.next().filter(|kind| kind.starts_with("ssh-"))?;
        Some((kind.to_owned(), words.next()?.to_owned()))
    };
    one.trim() == other.trim() || key(one).is_some_and(|one| key(other).is_some_and(|other| one == other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|t| (*t).to_owned()).collect()
    }

    #[test]
    fn an_ssh_key_is_the_same_under_any_comment() {
        assert!(is_same("ssh-ed25519 AAAA me@here", "ssh-ed25519 AAAA"));
        assert!(!is_same("ssh-ed25519 AAAA", "ssh-ed25519 AAAB"));
        assert!(!is_same("ssh-ed25519 AAAA", "ssh-rsa AAAA"));
        assert!(is_same("age1a", " age1a "));
        assert!(!is_same("age1a x", "age1a y"));
    }

    #[test]
    fn who_stands_twice_goes_whole_and_who_is_there_is_not_added() {
        let mut readers = Readers::one(texts(&["a", "b", "a"]));
        let before = readers.clone();
        assert!(!readers.add(0, "b"));
        assert!(readers.add(0, "c"));
        assert_eq!(readers.remove(None, "a"), 2);
        assert_eq!(readers.remove(None, "a"), 0);
        assert_eq!(readers.groups(), [texts(&["b", "c"])]);
        let change = Change { group: 0, added: texts(&["c"]), removed: texts(&["a"]) };
        assert_eq!(before.changes(&readers), [change]);
        assert_eq!(before.lost(&readers), ["a"]);
    }

    #[test]
    fn order_and_repetition_are_no_difference() {
        let readers = Readers::one(texts(&["a", "b", "a"]));
        assert!(readers.changes(&Readers::one(texts(&["b", "a"]))).is_empty());
    }

    #[test]
    fn a_threshold_goes_with_its_groups() {
        let groups = || vec![texts(&["a"]), texts(&["b"]), texts(&["c"])];
        assert_eq!(Readers::new(groups(), None).unwrap().threshold(), 3);
        assert_eq!(Readers::new(groups(), Some(2)).unwrap().threshold(), 2);
        assert!(Readers::new(groups(), Some(1)).is_err());
        assert!(Readers::new(groups(), Some(4)).is_err());
        assert!(Readers::new(vec![texts(&["a"]), Vec::new()], None).is_err());
        assert_eq!(Readers::new(vec![texts(&["a"])], Some(2)).unwrap().threshold(), 0);
    }
}
