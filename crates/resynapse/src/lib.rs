//! From a dose to a mood: compounds, regimens, patients, runs, and results that say where every number came from.
//!
//! ```no_run
//! use resynapse::{atlas::Atlas, regimen, run};
//!
//! let atlas = Atlas::embedded();
//! let mut map = model::source::SourceMap::default();
//! let regimen = regimen::sentence(&atlas, &mut map, "ketamine 0.5 mg/kg iv over 40 min").unwrap();
//! let results = run::run(&atlas, &run::Plan::new("one infusion", regimen)).unwrap();
//! let madrs = results.trace("madrs.total").unwrap();
//! assert!(results.difference(madrs, 24.0) < 0.0);
//! ```
//!
//! Nothing here opens a file or prints: text comes in through [`model::source::Sources`], results go out as values.

pub mod atlas;
pub mod claim;
pub mod compound;
pub mod dosing;
pub mod exam;
pub mod expectation;
pub mod fields;
pub mod happening;
pub mod hypothesis;
pub mod nonmem;
pub mod patient;
pub mod prepare;
pub mod probe;
pub mod protocol;
pub mod provenance;
pub mod quantity;
pub mod regimen;
pub mod run;
pub mod scenario;

pub use model;
pub use sim;
