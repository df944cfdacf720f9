//! What git keeps, read through git itself: never its files, whose meaning depends on worktrees, environment and
//! configuration.

mod objects;
mod tracked;

pub use objects::{Blob, Objects};

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::process::{Program, Site, program};

/// A repository, as the environment and the folder say.
pub struct Repository {
    site: Site,
    git: Program,
    /// The folder of its files.
    pub top: PathBuf,
}

impl Repository {
    /// The one around a folder, or none.
    pub fn around(site: Site) -> Result<Option<Self>> {
        let git = program("git", &site)?;
        let Some(top) = site.root.ancestors().find(|f| crate::disk::stat(&f.join(".git")).is_some()) else {
            return Ok(None);
        };
        let top = top.to_path_buf();
        Ok(Some(Repository { site, git, top }))
    }

    /// A process that hands out objects.
    pub fn objects(&self) -> Result<Objects> {
        Objects::start(&self.site, &self.git)
    }
}

impl Repository {
    fn failed(doing: &str) -> Error {
        Error::failed(format!("git could not {doing}"))
    }
}
