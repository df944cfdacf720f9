//! Where a host keeps what was typed, edited, copied and printed long after it was meant to be gone.
//!
//! The guard's other places are files of a repository; these are shell histories, swap files of editors, temporary
//! folders, backups of the system, the environments of containers and what they have logged. Each kind of place has
//! findings that count there: a guess about a file in /tmp is noise, a guess about a line that somebody typed is not.

mod containers;
mod files;

pub use containers::containers;
pub use files::{Host, files};

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::{Class, Finding, Item, Kind, Mend};
use crate::disk;

/// A place of this host, and what kind of place it is.
pub struct Leftover {
    /// What to look at.
    pub item: Item,
    pub origin: Origin,
}

/// How something came to lie there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// What a person typed: histories of shells and clients.
    Typed,
    /// What an editor keeps of a file.
    Edited,
    /// A temporary folder, or a backup of the system.
    Temporary,
    /// A file that lies about where people work.
    Copy,
    /// The environment and the command line of a container that does not run.
    Stopped(String),
    /// Those of one that runs, perhaps as a service of compose.
    Running(String, Option<Service>),
    /// What a container has printed.
    Logged(String),
}

/// A service of compose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The folder of its project.
    pub folder: String,
    pub name: String,
}

impl Leftover {
    /// The finding as it counts here, with what mends it; `None` where it does not.
    pub fn judge(&self, mut finding: Finding) -> Option<Finding> {
        let counts = match self.origin {
            Origin::Typed => true,
            Origin::Edited | Origin::Copy | Origin::Temporary => finding.class != Class::Generic,
            Origin::Stopped(_) | Origin::Running(..) | Origin::Logged(_) => finding.class == Class::Known,
        };
        // a container that runs has the values that it works with; an older one means that it was forgotten
        let current = matches!(finding.mend, Mend::Known { current: true, .. });
        let in_use = current && matches!(self.origin, Origin::Running(..));
        if !counts || in_use {
            return None;
        }
        finding.mend = match &self.origin {
            // the line stays, empty: what is printed for another line of the file is still about that line
            Origin::Typed => {
                Mend::Run(format!("LC_ALL=C sed -i '{}s/.*//' {}", finding.line.max(1), self.path()))
            }
            // nobody knows whether all of it is sealed somewhere
            Origin::Copy if self.item.name.kind == Kind::Env => Mend::Seal,
            Origin::Edited | Origin::Temporary | Origin::Copy => Mend::Drop,
            Origin::Stopped(name) => Mend::Run(format!("docker rm {name}")),
            Origin::Running(name, None) => Mend::Do(format!(
                "start it anew with the values of today; this one goes by `docker rm -f {name}`"
            )),
            Origin::Running(_, Some(Service { folder, name })) => {
                let folder = disk::quoted(Path::new(folder));
                Mend::Run(format!(
                    "reseal exec -- docker compose --project-directory {folder} up -d --force-recreate {name}"
                ))
            }
            // a new value makes what is written there worthless
            Origin::Logged(_) if current => finding.mend,
            Origin::Logged(name) => Mend::Do(format!(
                "start it anew, with a log of its own; this one goes by `docker rm -f {name}`"
            )),
        };
        Some(finding)
    }

    fn path(&self) -> String {
        disk::quoted(Path::new(OsStr::from_bytes(&self.item.name.path)))
    }
}
