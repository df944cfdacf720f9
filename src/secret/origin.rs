//! Where a new value comes from.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{PairSpec, Spec};
use crate::error::{Error, Result};

/// What `generate = "…"` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Origin {
    /// It is made here.
    Made(Spec),
    /// A key pair is made here; the value is its private half.
    Pair(PairSpec),
    /// A person brings it, from whoever issues it.
    Brought,
}

impl Default for Origin {
    fn default() -> Self {
        Origin::Made(Spec::DEFAULT)
    }
}

impl Origin {
    /// Reads a specification. What was written is not repeated in errors: it may be a value in the wrong place.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "prompt" => Ok(Origin::Brought),
            _ if PairSpec::is_meant(text) => PairSpec::parse(text).map(Origin::Pair),
            _ => Spec::parse(text).map(Origin::Made),
        }
    }

    /// Refuses what holds fewer than `floor` bits. Every kind of pair holds enough; what a person brings is not judged.
    pub fn demand(&self, floor: f64) -> Result<()> {
        match self {
            Origin::Made(spec) => spec.demand(floor),
            Origin::Pair(_) | Origin::Brought => Ok(()),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Made(spec) => spec.fmt(f),
            Origin::Pair(spec) => spec.fmt(f),
            Origin::Brought => f.write_str("prompt"),
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Origin::parse(&text)
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> String {
        origin.to_string()
    }
}
