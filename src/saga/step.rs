//! One step of a saga.

use serde::{Deserialize, Serialize};

use crate::error::Result;

/// Something that is done, and can be taken back until the commit.
pub trait Step<Cx> {
    /// Stands in journals for ever; never rename it.
    fn name(&self) -> String;
    /// Does it. May run again after a crash: find your own work and keep it.
    fn act(&self, cx: &Cx) -> Result<Note>;
    /// Takes it back. May run though `act` never took effect.
    fn undo(&self, cx: &Cx) -> Result<()>;
}

/// What a step may leave in the journal. It is closed, and has no room for a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// Nothing to remember.
    #[default]
    Nothing,
    /// There was nothing to do.
    Skipped,
    /// The SHA-256 of a ciphertext, as hex.
    Digest(String),
    /// Names of services or probes.
    Names(Vec<String>),
    /// A login showed that it worked.
    Proven,
    /// Why no login can show that it worked.
    Unproven(String),
}

/// The list of steps, and the place from which there is only forward.
pub struct Steps<'a, Cx> {
    /// In the order in which they act.
    pub list: Vec<Box<dyn Step<Cx> + 'a>>,
    /// The number of steps before the commit.
    pub commit_at: usize,
}

impl<Cx> Steps<'_, Cx> {
    /// Where the step of that name stands; a name that there is not stands nowhere.
    pub fn place(&self, name: &str) -> usize {
        self.list.iter().position(|s| s.name() == name).unwrap_or(usize::MAX)
    }

    /// The names, as the journal's first line holds them.
    pub fn names(&self) -> Vec<String> {
        self.list.iter().map(|s| s.name()).collect()
    }
}
