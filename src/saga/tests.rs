//! The engine as a model: every schedule of one or two faults, on the real [`drive`](super::drive), in memory.
//!
//! `world` is what a rotation changes, `steps` what the rotation does to it, `model` runs all schedules and the variants
//! of the design that must break, `progress` walks the table at random.

mod model;
mod progress;
mod steps;
mod world;
