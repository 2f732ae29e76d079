//! What tests across crates and the chores share: fixtures on disk and the outside oracles.

pub mod course;
pub mod files;
pub mod nonmem;
pub mod pk;
