//! Everything that looks at the program from outside, in one binary: it is linked once.
//!
//! A test belongs here if it runs the program or reads the source tree; what tests one function stands beside it.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod harness;

mod bad_input;
mod binary;
mod cmd;
mod compose;
mod consumers;
mod crash;
mod dialect;
mod exit_codes;
mod git;
mod grace;
mod ini;
mod init;
mod interop;
mod json;
mod layers;
mod leak;
mod mirror;
mod mutation;
mod ownership;
mod pairs;
mod private;
mod readme;
mod remarks;
mod resume;
mod rollback;
mod scan;
mod services;
mod swarm;
mod systemd;
mod vectors;
mod whole;
mod yaml;
