//! What was asked for, as the journal keeps it: names, specs and digests, so that a rotation can be resumed though the
//! policy has changed in between.

use serde::{Deserialize, Serialize};

use crate::audit::Grace;
use crate::saga::Watch;

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
    pub secrets: Vec<Change>,
    /// Whether services are told.
    pub deploy: bool,
    /// In which way: `none`, `wrapper`, `compose`.
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
    pub name: String,
    /// How the value is made.
    pub generate: String,
    /// Where the replaced value goes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub previous: Option<KeptValue>,
    /// URLs that contain it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub feeds: Vec<FedValue>,
}

/// Where a replaced value goes, and for how long.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct KeptValue {
    /// The key.
    pub key: String,
    /// Seconds.
    pub keep_for: u64,
}

/// A URL that contains the secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FedValue {
    /// The key.
    pub key: String,
    /// `user`, `password`, `host`, `port`, `path`.
    pub part: String,
}

impl Request {
    /// The replaced values that count for a while from now on.
    pub(super) fn grace(&self, watch: &impl Watch) -> Vec<Grace> {
        let now: jiff::Timestamp = watch.now().parse().unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let kept = self.secrets.iter().filter_map(|s| s.previous.as_ref().map(|p| (s, p)));
        kept.map(|(secret, previous)| {
            let until = now.saturating_add(jiff::SignedDuration::from_secs(previous.keep_for.cast_signed()));
            Grace {
                secret: secret.name.clone(),
                key: previous.key.clone(),
                until: until.map_or_else(|_| jiff::Timestamp::MAX.to_string(), |t| t.to_string()),
            }
        })
        .collect()
    }
}
