//! The guard from outside.

mod known;
