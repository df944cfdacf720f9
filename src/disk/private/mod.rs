//! A mount namespace of one's own, in which files lie in RAM: who does not live in it sees nothing of them.
//!
//! A process enters one, lays files in it and becomes a command, or waits for one; with the last process that lives in
//! it the namespace is gone, and the RAM with it. Nothing here needs to be taken back, but for the empty file that is
//! made where a file shall be seen and none is ([`Held`]). It knows nothing of what the text means.

mod closed;
mod cover;
mod mount_point;
mod namespace;
mod ram;
mod refusal;

pub use mount_point::{Held, MountPoint};
pub use namespace::Namespace;
