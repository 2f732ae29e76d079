//! Randomised trials of virtual people.

pub mod schema;
