//! The data that leave a virtual trial: tables with labels and units, written piece by piece.
//!
//! A [`Table`] holds some rows of a data set, or none. [`open`] takes one for its variables and gives a [`Writer`], which
//! takes any number of pieces; how the rows are cut into pieces does not show in the bytes, and neither do time, host or
//! version. [`dataset`] makes tables of a trial's records: analysis data sets in the shape of ADaM, and plain tables for
//! our own use. [`nonmem`] speaks with pharmacokinetic programs.
//!
//! Nothing here opens a file: bytes go to a [`std::io::Write`].

pub mod adam;
pub mod csv;
pub mod dataset;
mod design;
pub mod nonmem;
pub mod parquet;
mod person;
mod plain;
mod shape;
mod table;
pub mod xpt;

pub use table::{Kind, Table, Trouble, Values, Variable, describe};

use std::io::Write;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated text; what is missing is empty.
    Csv,
    /// Comma-separated text with a full stop for a missing number, as NONMEM reads it.
    Nonmem,
    /// Apache Parquet.
    Parquet,
    /// SAS transport, version 5.
    Xpt,
}

impl Format {
    /// Those that any table can be written in and any program reads.
    pub const COMMON: [Format; 3] = [Format::Csv, Format::Parquet, Format::Xpt];

    /// How names of such files end, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Csv | Format::Nonmem => "csv",
            Format::Parquet => "parquet",
            Format::Xpt => "xpt",
        }
    }
}

/// Takes the rows of one table, in any number of pieces.
pub trait Writer {
    /// Adds rows. The piece has the variables that the writer was opened with.
    fn write(&mut self, piece: &Table) -> Result<(), Trouble>;
    /// Writes what is still held back and what ends the file.
    fn finish(self: Box<Self>) -> Result<(), Trouble>;
}

/// Begins a file with the name, label and variables of a table; its rows are not written.
pub fn open<'a>(format: Format, out: impl Write + Send + 'a, table: &Table) -> Result<Box<dyn Writer + 'a>, Trouble> {
    Ok(match format {
        Format::Csv => Box::new(csv::Csv::open(out, table, csv::Missing::Empty)?),
        Format::Nonmem => Box::new(csv::Csv::open(out, table, csv::Missing::Stop)?),
        Format::Parquet => Box::new(parquet::Parquet::open(out, table)?),
        Format::Xpt => Box::new(xpt::Xpt::open(out, table)?),
    })
}

/// Refuses a piece whose variables are not those the writer was opened with.
fn fits(opened: &[Variable], piece: &Table) -> Result<(), Trouble> {
    if piece.variables != opened {
        let message = format!("a piece of `{}` has other variables than the file was opened with", piece.name);
        return Err(Trouble::Refused(message));
    }
    piece.check()
}
