//! The `resynapse` program. One file per command under [`command`]; figures and the report beside them.
//!
//! Only this crate opens files and writes to the terminal. Data goes to standard output, talk to standard error.

#![allow(clippy::disallowed_methods, reason = "a face reads and writes files")]

pub mod arguments;
pub mod command;
pub mod failure;
pub mod figure;
pub mod files;
pub mod folder;
pub mod json;
pub mod probe;
pub mod report;
pub mod serve;
pub mod terminal;
pub mod trial;
pub mod work;

use clap::Parser;
use std::process::ExitCode;

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    let json = arguments.global.json;
    match command::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print(json);
            ExitCode::from(failure.code())
        }
    }
}
