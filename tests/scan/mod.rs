//! The guard from outside: real commits with the hook that the command installed, real managers of hooks, folders and
//! history.

mod commits;
mod hooks;
mod large;
mod manager;
mod names;
mod ranges;
mod repo;
mod trees;
