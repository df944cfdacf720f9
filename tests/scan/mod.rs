//! The guard from outside: real commits with the hook that the command installed, real managers of hooks, folders and
//! history, the values of real sealed files, and a labelled corpus that judges all of it.

mod commits;
mod corpus;
mod hooks;
mod known;
mod large;
mod manager;
mod names;
mod ranges;
mod repo;
mod trees;
