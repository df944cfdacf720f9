//! Rotation: the new value, the values that are fed from it, and the road that both take into the world.

pub mod feed;
pub mod generate;
