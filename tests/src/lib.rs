//! What tests across crates and the chores share: fixtures on disk and the outside oracles.

#![allow(clippy::disallowed_methods, reason = "tests read fixtures")]

pub mod course;
pub mod files;
pub mod nonmem;
pub mod pk;
