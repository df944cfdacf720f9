//! The guard from outside: real commits with the hook that the command installed, real managers of hooks, folders and
//! history, the values of real sealed files, and a labelled corpus that judges all of it.

mod baseline;
mod commits;
mod corpus;
mod formats;
mod hooks;
mod known;
mod large;
mod leftovers;
mod manager;
mod names;
mod plain;
mod ranges;
mod repo;
mod trees;
