//! Docker Swarm, with the real engine as a swarm of one node. Each test has a stack of its own.

mod files;
mod killed;
mod services;
mod stack;
mod unseen;
