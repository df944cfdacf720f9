//! Where a host keeps what was typed, edited, copied and printed long after it was meant to be gone.
//!
//! The guard's other places are files of a repository; these are shell histories, swap files of editors, temporary
//! folders, backups of the system, the environments of containers and what they have logged. Each kind of place has
//! findings that count there: a guess about a file in /tmp is noise, a guess about a line that somebody typed is not.

mod containers;
mod files;

pub use containers::containers;
pub use files::{Host, files};

use super::{Class, Finding, Item, Mend};
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
    /// Those of one that runs.
    Running(String),
    /// What a container has printed.
    Logged(String),
}

impl Leftover {
    /// The finding as it counts here, with what mends it; `None` where it does not.
    pub fn judge(&self, mut finding: Finding) -> Option<Finding> {
        let counts = match self.origin {
            Origin::Typed => true,
            Origin::Edited | Origin::Copy | Origin::Temporary => finding.class != Class::Generic,
            Origin::Stopped(_) | Origin::Running(_) | Origin::Logged(_) => finding.class == Class::Known,
        };
        // a container that runs has the values that it works with; an older one means that it was forgotten
        let current = matches!(finding.mend, Mend::Known { current: true, .. });
        let in_use = current && matches!(self.origin, Origin::Running(_));
        if !counts || in_use {
            return None;
        }
        let path = String::from_utf8_lossy(&self.item.name.path).into_owned();
        let path = disk::quoted(std::path::Path::new(&path));
        let rotate = match &finding.mend {
            Mend::Known { file, key, current: true } => {
                Some(format!("reseal -f {} rotate {key}", disk::quoted(std::path::Path::new(file))))
            }
            _ => None,
        };
        finding.mend = Mend::Run(match (&self.origin, rotate) {
            (Origin::Typed, _) => format!("sed -i {}d {path}", finding.line.max(1)),
            (Origin::Edited | Origin::Temporary | Origin::Copy, _) => format!("shred -u {path}"),
            (Origin::Stopped(name), _) => format!("docker rm {name}"),
            (Origin::Running(name), _) => format!("docker restart {name}"),
            (Origin::Logged(_), Some(rotate)) => rotate,
            (Origin::Logged(name), None) => format!("docker rm -f {name}"),
        });
        Some(finding)
    }
}
