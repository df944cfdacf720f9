//! How the server keeps its users over a restart.
//!
//! With an ACL file, that file alone counts: `requirepass` and the users of the configuration file are ignored. Without
//! one, the configuration file keeps them, and its line `user default …` outranks `requirepass`, wherever that stands.

use super::link::{Failure, Link};
use crate::error::{Error, Result};

/// Where a change goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    /// Into the ACL file.
    AclFile,
    /// Into the configuration file.
    ConfigFile,
    /// Nowhere: the server has neither.
    Nowhere,
    /// Nowhere, as the policy accepts it.
    Volatile,
}

const VOLATILE: &str =
    "set `volatile = true` in the target if the redeploy carries the value, or make the file writable";

impl Keeping {
    pub(super) fn find(link: &mut Link, volatile: bool) -> Result<Self> {
        if volatile {
            return Ok(Keeping::Volatile);
        }
        let unknown = |e: Error| {
            e.context("cannot find out how it keeps its users")
                .hint("set `volatile = true` in the target if the redeploy carries the value")
        };
        if !link.setting("aclfile").map_err(|f| unknown(f.error("CONFIG GET")))?.is_empty() {
            return Ok(Keeping::AclFile);
        }
        let info = link.info("server").map_err(|f| unknown(f.error("INFO")))?;
        Ok(if info.field("config_file").is_empty() { Keeping::Nowhere } else { Keeping::ConfigFile })
    }

    /// The command that makes a change last, if there is one.
    pub(super) fn command(self) -> Option<[&'static str; 2]> {
        match self {
            Keeping::AclFile => Some(["ACL", "SAVE"]),
            Keeping::ConfigFile => Some(["CONFIG", "REWRITE"]),
            Keeping::Nowhere | Keeping::Volatile => None,
        }
    }

    /// Makes what the server has in memory last.
    pub(super) fn keep(self, link: &mut Link) -> Result<()> {
        let Some([one, two]) = self.command() else { return Ok(()) };
        let file = if self == Keeping::AclFile { "ACL file" } else { "configuration file" };
        match link.ask(&[one.as_bytes(), two.as_bytes()]) {
            Ok(_) => Ok(()),
            Err(Failure::Refused { code, text }) if code != "NOPERM" => {
                let mut error = Error::failed(format!("it cannot write its {file}: {}", reason(&text)));
                if reason(&text) == BUSY || self == Keeping::AclFile {
                    error = error.note("a file that is mounted by itself cannot be replaced; its folder can");
                }
                Err(error.hint(VOLATILE))
            }
            Err(failure) => Err(failure.error(&format!("{one} {two}")).hint(VOLATILE)),
        }
    }
}

const BUSY: &str = "the file is busy";

/// In our own words, because the server's may hold anything.
fn reason(text: &str) -> &'static str {
    [
        ("resource busy", BUSY),
        ("Resource busy", BUSY),
        ("Read-only file system", "the file system is read-only"),
        ("Permission denied", "permission is denied"),
        ("Operation not permitted", "permission is denied"),
        ("No such file", "its folder is gone"),
        ("No space", "the disk is full"),
    ]
    .into_iter()
    .find(|(wants, _)| text.contains(wants))
    .map_or("its log says why", |(_, ours)| ours)
}
