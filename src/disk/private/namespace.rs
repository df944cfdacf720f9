//! How the namespace is entered: as root as it is, as an ordinary user behind a user namespace in which this user is
//! nobody else than before.
//!
//! User and group are mapped to themselves. Further groups cannot be mapped, but the kernel goes on to count them, so
//! that the socket of the Docker engine opens as before. What rights the user namespace brings are given up in
//! [`Namespace::settle`].

use std::fs;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid};
use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{DumpableBehavior, dumpable_behavior, set_dumpable_behavior};
use rustix::thread::{
    CapabilitySet, capabilities, capability_is_in_bounding_set, remove_capability_from_bounding_set,
    set_capabilities,
};

use super::refusal;
use crate::error::Result;

/// The namespace that this process lives in from now on.
pub struct Namespace {
    /// What an ordinary user held before: the bounds of what the commands to come may hold.
    before: Option<CapabilitySet>,
}

impl Namespace {
    /// Leaves the namespace of everybody else. To be called while there is one thread, and no value in memory: for a
    /// moment other processes of the same user may look into this one.
    pub fn enter() -> Result<Self> {
        let (uid, gid) = (Uid::effective(), Gid::effective());
        let before = match unshare(CloneFlags::CLONE_NEWNS) {
            Ok(()) => None,
            Err(nix::Error::EPERM) => {
                let bounds = bounding_set();
                unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)
                    .map_err(|e| refusal::explain("be made", e))?;
                map(uid, gid).map_err(|e| refusal::explain_io("take its user", &e))?;
                Some(bounds)
            }
            Err(e) => return Err(refusal::explain("be made", e)),
        };
        // what is mounted here stays here; what others take away goes away here too, so that no disk is held busy
        mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
            .map_err(|e| refusal::explain_io("be cut off", &e.into()))?;
        Ok(Namespace { before })
    }

    /// Gives up what the user namespace brought, so that the command holds no right that its user did not have.
    pub fn settle(self) {
        let Some(before) = self.before else { return };
        // with an exec the kernel takes everything from an ordinary user; of uid 0 it keeps what the bounds allow
        for capability in CapabilitySet::all().iter().filter(|c| !before.contains(*c)) {
            let _ = remove_capability_from_bounding_set(capability);
        }
        if let Ok(mut held) = capabilities(None)
            && !Uid::effective().is_root()
        {
            held.effective = CapabilitySet::empty();
            held.permitted = CapabilitySet::empty();
            held.inheritable = CapabilitySet::empty();
            let _ = set_capabilities(None, held);
        }
    }
}

fn bounding_set() -> CapabilitySet {
    let permitted = capabilities(None).map_or(CapabilitySet::empty(), |c| c.permitted);
    let root = Uid::effective().is_root();
    // an ordinary user gains by the bounds only what a file's capabilities give, and none count in a user namespace
    let bound = |c: &CapabilitySet| capability_is_in_bounding_set(*c).unwrap_or(false);
    CapabilitySet::all().iter().filter(|c| if root { permitted.contains(*c) } else { bound(c) }).collect()
}

/// Makes the user and the group of before those of the new user namespace.
fn map(uid: Uid, gid: Gid) -> std::io::Result<()> {
    let before = dumpable_behavior();
    // the files below belong to root while this process hides its memory
    set_dumpable_behavior(DumpableBehavior::Dumpable)?;
    let mapped = fs::write("/proc/self/setgroups", "deny")
        .and_then(|()| fs::write("/proc/self/uid_map", format!("{uid} {uid} 1\n")))
        .and_then(|()| fs::write("/proc/self/gid_map", format!("{gid} {gid} 1\n")));
    if before.is_ok_and(|b| b == DumpableBehavior::NotDumpable) {
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    mapped
}
