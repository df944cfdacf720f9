//! Rotations of real compose projects: real containers, real sops, version 1 and version 2 of compose.
//!
//! What a container got is read from the environment of its first process, and never from what somebody says about it.

mod arrival;
mod env_file;
mod health;
mod killed;
mod mounted;
mod named;
pub mod shop;
pub mod stack;
mod values;
mod wrapper;
