//! Keeps memory from leaking out of the process: no core file, no debugger of the same user, no swap.
//!
//! Each measure is best effort: a container may forbid it, and the program is no less correct without.

use std::sync::OnceLock;

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::{CapabilitySet, capabilities};

/// The limit on core files before it was lowered.
static CORE: OnceLock<Rlimit> = OnceLock::new();

/// Called first thing in `main`.
pub fn harden() {
    let core = CORE.get_or_init(|| getrlimit(Resource::Core));
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: core.maximum });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Keeps memory from being swapped out, for commands that hold values while they wait: for a person, for a service.
/// One that reads and ends lives for a millisecond; locking would take it a quarter of that again.
pub(super) fn lock_memory() {
    // under a limit, a locked process dies of its next allocation; only who may lock everything locks at all
    let unlimited = getrlimit(Resource::Memlock).current.is_none();
    let capable = || capabilities(None).is_ok_and(|c| c.effective.contains(CapabilitySet::IPC_LOCK));
    if unlimited || capable() {
        // pages are locked when they are first touched, so that start-up pays for what it uses
        let _ = mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT);
    }
}

/// Gives a command that this process becomes its limit on core files back. The rest of the hardening ends with the exec
/// itself.
pub(super) fn relax() {
    if let Some(core) = CORE.get() {
        let _ = setrlimit(Resource::Core, *core);
    }
}
