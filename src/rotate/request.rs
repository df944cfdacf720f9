//! What was asked for, as the journal keeps it: names, the policy of then, and digests, so that a rotation can be
//! resumed though the policy has changed in between.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::audit::Grace;
use crate::config::{Feed, Keep, Policy, SecretFile};
use crate::disk::Project;
use crate::secret::{Origin, SecretName};

/// A rotation that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Request {
    /// `<time>-<four random bytes>`; the name of the rotation's folder.
    pub rotation: String,
    /// When it was asked for, RFC 3339 UTC; the time of its backup.
    pub at: String,
    /// The sealed file, below the project's folder.
    pub file: String,
    /// SHA-256 of the sealed file then.
    pub live: String,
    /// What gets a new value.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub secrets: Vec<Change>,
    /// Replaced values of earlier rotations that are taken away.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ends: Vec<Grace>,
    /// Plaintext files that change with it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub files: Vec<PlainFile>,
    /// Other sealed files that change with it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub mirrors: Vec<Mirror>,
    /// Whether no replaced value is left to count, and sessions that it opened are ended.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub emergency: bool,
    /// Whether services are started anew.
    pub deploy: bool,
    /// In which way: `none`, `wrapper`, `compose`, `swarm`, `systemd`.
    pub deploy_kind: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// One secret that gets a new value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// Its key.
    pub name: SecretName,
    /// The backup that its value is taken from, instead of being made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<String>,
    /// Its policy.
    pub policy: Policy,
}

/// A plaintext file that holds a value which changes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlainFile {
    /// The key whose value it holds.
    pub key: SecretName,
    /// What the policy says of it.
    pub file: SecretFile,
    /// Mode and owner that it had; `None` where it was not there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<(u32, u32, u32)>,
}

/// Another sealed file of the project, in which secrets feed keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mirror {
    /// Where, from the project's folder.
    pub file: PathBuf,
    /// SHA-256 of it then.
    pub live: String,
}

impl Request {
    /// Whether the sealed file changes.
    pub fn changes_file(&self) -> bool {
        !self.secrets.is_empty() || self.ends.iter().any(|end| end.key.is_some())
    }

    /// The names of what it is about, each once.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.secrets.iter().map(|s| s.name.as_str()).collect();
        for end in &self.ends {
            if !names.contains(&end.secret.as_str()) {
                names.push(&end.secret);
            }
        }
        names
    }

    /// Every key of the sealed file that may have another value than before.
    pub(super) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        for Change { name, policy, .. } in &self.secrets {
            keys.push(name.to_string());
            keys.extend(policy.follows().map(ToString::to_string));
        }
        keys.extend(self.ends.iter().filter_map(|end| end.key.clone()));
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The files beside the sealed one that are put in the place of others, and that containers may have.
    pub(super) fn written(&self, project: &Project) -> Vec<PathBuf> {
        let plain = self.files.iter().map(|plain| &plain.file.path);
        plain
            .chain(self.mirrors.iter().map(|mirror| &mirror.file))
            .map(|path| project.resolve(path))
            .collect()
    }

    /// What the secrets feed in a mirror.
    pub(super) fn fed<'a>(&'a self, mirror: &'a Path) -> impl Iterator<Item = (&'a Change, &'a Feed)> {
        let fed =
            self.secrets.iter().flat_map(|change| change.policy.mirrored().map(move |fed| (change, fed)));
        fed.filter(move |(_, (file, _))| *file == mirror).map(|(change, (_, feed))| (change, feed))
    }

    /// The names of all sealed files that change, the main one first.
    pub fn sealed_files(&self) -> Vec<String> {
        let mirrors = self.mirrors.iter().map(|mirror| mirror.file.display().to_string());
        std::iter::once(self.file.clone()).chain(mirrors).collect()
    }

    /// What the ciphertexts before and after of the file with this place in [`sealed_files`](Self::sealed_files) are called
    /// in the rotation's folder.
    pub fn versions(place: usize) -> [String; 2] {
        let number = if place == 0 { String::new() } else { format!("-{place}") };
        ["previous", "pending"].map(|version| format!("{version}{number}.enc"))
    }

    /// The replaced values that count for a while from `now` on; services are named by `service`.
    pub(super) fn grace(&self, now: Timestamp, service: impl Fn(&Change) -> String) -> Vec<Grace> {
        let after = |seconds: u64| {
            let end = now.saturating_add(SignedDuration::from_secs(seconds.cast_signed()));
            Some(end.unwrap_or(Timestamp::MAX).to_string())
        };
        let mut all = Vec::new();
        for change in &self.secrets {
            let grace = |key: Option<String>, service: Option<String>, until: Option<String>| Grace {
                secret: change.name.to_string(),
                key,
                service,
                until,
                rotation: self.rotation.clone(),
            };
            if let Some(kept) = change.keeps(self.emergency) {
                let until = match kept.keep {
                    Keep::For(seconds) => after(seconds),
                    // by now the data has been brought to the new value
                    Keep::Migrated => Some(now.to_string()),
                };
                all.push(grace(Some(kept.key.to_string()), None, until));
            }
            match &change.policy.target {
                Some(target) if change.overlaps(self.emergency) => {
                    all.push(grace(None, Some(service(change)), after(target.keep_for.as_secs())));
                }
                _ => {}
            }
            if change.policy.generate == Origin::Brought {
                all.push(grace(None, None, None));
            }
        }
        all
    }
}

impl Change {
    /// Where the replaced value goes. In an emergency it goes nowhere, unless stored data still needs it.
    pub(super) fn keeps(&self, emergency: bool) -> Option<&crate::config::Previous> {
        self.policy.previous.as_ref().filter(|p| !emergency || p.keep == Keep::Migrated)
    }

    /// Whether two users of its service take turns.
    pub(super) fn alternates(&self) -> bool {
        self.policy.target.as_ref().is_some_and(crate::config::TargetConfig::alternates)
    }

    /// Whether the service accepts the replaced value for a while after the commit.
    pub(super) fn overlaps(&self, emergency: bool) -> bool {
        !emergency && self.policy.target.as_ref().is_some_and(|t| !t.keep_for.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it was written when a feed had no `file`.
    const BEFORE_MIRRORS: &str = r#"{"rotation":"20261120T101502Z-0a1b2c3d","at":"2026-11-20T10:15:02Z","file":".env.enc",
        "live":"00","secrets":[{"name":"DB_PASSWORD","policy":{"generate":"alnum:32","feeds":[{"key":"URL","part":
        "password"}]}}],"deploy":true,"deploy-kind":"wrapper"}"#;

    #[test]
    fn a_journal_without_mirrors_is_read_and_written_as_before() {
        let request: Request = serde_json::from_str(BEFORE_MIRRORS).unwrap();
        assert_eq!(request.sealed_files(), [".env.enc"]);
        let steps = super::super::steps(&request);
        let names = ["backup", "stage", "baseline", "swap", "redeploy", "probe", "prune"];
        assert_eq!((steps.names(), steps.commit_at), (names.map(str::to_owned).to_vec(), 6));
        let then: serde_json::Value = serde_json::from_str(BEFORE_MIRRORS).unwrap();
        assert_eq!(serde_json::to_value(&request).unwrap(), then);
    }

    #[test]
    fn each_mirror_has_a_step_before_that_of_the_main_file() {
        let mut request: Request = serde_json::from_str(BEFORE_MIRRORS).unwrap();
        for file in ["a/b.enc", "c.enc"] {
            request.mirrors.push(Mirror { file: file.into(), live: "00".to_owned() });
        }
        let names = super::super::steps(&request).names();
        assert_eq!(names[3..6], ["swap:a/b.enc", "swap:c.enc", "swap"]);
        assert_eq!(Request::versions(0), ["previous.enc", "pending.enc"]);
        assert_eq!(Request::versions(2), ["previous-2.enc", "pending-2.enc"]);
    }
}
