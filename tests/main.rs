//! Everything that runs the crate from outside, in one binary.
