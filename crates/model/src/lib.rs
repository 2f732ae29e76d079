//! The model language: mechanisms as text, numbers as evidence, checked together and lowered to [`sim`].
//!
//! A tour: a [`source::Sources`] is any tree of files; [`library::Library::load`] reads mechanisms, families and the
//! evidence ledger out of it, together with everything that is wrong; [`library::Library::assemble`] joins modules at
//! their ports and picks the ledger rows of the active contexts; [`assembly::Model::lower`] builds the equations.
//!
//! ```
//! use model::{assembly::Assembly, library::Library, lower::Request, source::MemorySources};
//!
//! let mut files = MemorySources::default();
//! files.0.insert("models/tank.mech".into(), "module tank\ntime h\nparameters\n  tank.k 1/h\nstates\n  level L start 0*1 scale 1\nequations\n  level' = -tank.k * level\nprovides\n  tank.level L = level\n".into());
//! files.0.insert("evidence/sources.csv".into(), "key,kind,authors,year,title,doi_or_url,licence,read_as\nme,example,,,,,,\n".into());
//! files.0.insert("evidence/parameters/tank.csv".into(), format!("{}\n{}\n", model::ledger::COLUMNS.join(","),
//!     "tank.k,,2,1/d,none,,none,,tank,,,assumed,me,,none,E,"));
//! let (library, found) = Library::load(&files);
//! assert!(found.is_empty(), "{}", model::diagnostic::render(&found, &library.sources));
//! let assembly = Assembly { name: "tank".into(), modules: vec!["tank".into()], ..Assembly::default() };
//! let model = library.assemble(&assembly, &Default::default()).unwrap();
//! let lowered = model.lower(&Request { outputs: vec!["tank.level".into()], ..Request::default() }).unwrap();
//! assert_eq!(lowered.parameter_values[0], 2.0 / 24.0);
//! ```
//!
//! This crate knows no drug and opens no file.

pub mod assembly;
mod check;
pub mod diagnostic;
pub mod expand;
pub mod ledger;
mod lexer;
pub mod library;
pub mod lower;
pub mod parser;
mod reduce;
pub mod source;
pub mod syntax;
pub mod table;
pub mod unit;
mod wiring;
