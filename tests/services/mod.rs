//! Rotations that reach real servers: Postgres and Redis on loopback, and as containers of a compose project.

mod case;
mod cut;
mod killed;
mod mirrored;
mod refused;
mod stack;
mod together;
mod unbroken;
mod unseen;
mod window;
