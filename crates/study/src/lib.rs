//! Many runs with a purpose: groups of virtual people, and the numbers trials printed held against them.
//!
//! [`cohort`] draws people from the ledger's between-person variability, lets them enter a trial above a threshold (which
//! gives regression to the mean), runs them and returns what was observed. [`validate`] does so for every arm of the
//! published targets.
//!
//! Nothing here opens a file or prints.

pub mod analysis;
pub mod cohort;
pub mod data;
pub mod measure;
pub mod population;
pub mod probe;
pub mod statistic;
pub mod target;
pub mod trial;
pub mod validate;
