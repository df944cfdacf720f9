//! `reseal scan`, from outside.

mod corpus;
