//! Randomised trials of virtual people.
//!
//! [`build::read`] turns a protocol into a [`design::Design`]; [`run::Trial`] compiles the model for its parts and runs it
//! piece by piece into [`schema::Record`]s.

pub mod allocation;
pub mod analyse;
mod bench;
pub mod build;
pub mod condition;
pub mod design;
mod enrol;
mod life;
pub mod outcome;
pub mod people;
pub mod power;
mod read;
pub mod run;
pub mod schema;
pub mod summary;
