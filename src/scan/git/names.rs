//! What the index calls its files.

use super::Repository;
use crate::error::Result;

impl Repository {
    /// The paths of all that git tracks, from the top; none is looked at.
    pub fn names(&self) -> Result<Vec<Vec<u8>>> {
        self.ask("list the index", &["ls-files", "-z", "--full-name", "--", ":/"])?.fields()
    }
}
