//! I3: a plaintext value is on no disk, in no argument, in no log and in no message.
//!
//! Each project holds canaries: values that are made for the test and can be mistaken for nothing else. After each
//! command everything that it left behind is searched for them, in every form that a slip would give them.

pub mod canary;
mod commands;
mod exec;
mod failures;
mod memory;
mod panics;
mod processes;
mod watched;
mod writes;
