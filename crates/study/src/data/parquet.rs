//! Tables as Parquet files, and back.
//!
//! Numbers are doubles, days are dates, texts are UTF-8; whatever is missing is null. A row group has 65,536 rows, however
//! the rows come in, so that equal tables are equal bytes. Name and label of the table and labels, units and sources of
//! the columns stand in the key-value metadata of the file: `table.label`, `column.AGE.label`, `column.AGE.unit` and so on
//! (the format has a place at every column too, which few programs show). No time, host or version is written.

mod read;

pub use read::{Columns, read};

use super::table::{Kind, Table, Trouble, Values, Variable};
use super::{Writer, fits};
use ::parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::types::Type;
use bytes::Bytes;
use std::io::Write;
use std::sync::Arc;

/// Rows of a row group.
pub const GROUP_ROWS: usize = 65_536;
/// What wrote the file; the same for every version, so that equal tables are equal bytes.
const CREATED_BY: &str = "resynapse";
/// A column with more than this of different values, bytes, is better written as it is.
const MOST_DICTIONARY: usize = 65_536;
/// Days from 1960-01-01, from which tables count, to 1970-01-01, from which Parquet counts.
const EPOCH_DAYS: i32 = 3653;

/// Writes a table as Parquet.
pub struct Parquet<W: Write + Send> {
    out: SerializedFileWriter<W>,
    variables: Vec<Variable>,
    columns: Vec<Waiting>,
    rows: usize,
}

/// Values of a column that wait for their row group to be full: those that are there, and for every row whether one is.
struct Waiting {
    there: Vec<i16>,
    values: Packed,
}

enum Packed {
    Numbers(Vec<f64>),
    Days(Vec<i32>),
    /// All texts in one, and where each ends.
    Texts(Vec<u8>, Vec<usize>),
}

impl Waiting {
    fn new(kind: Kind) -> Self {
        let values = match kind {
            Kind::Number => Packed::Numbers(Vec::new()),
            Kind::Date => Packed::Days(Vec::new()),
            Kind::Text { .. } => Packed::Texts(Vec::new(), Vec::new()),
        };
        Waiting { there: Vec::new(), values }
    }

    fn add(&mut self, column: &Values, rows: std::ops::Range<usize>) {
        match (column, &mut self.values) {
            (Values::Numbers(x), Packed::Numbers(to)) => {
                self.there.extend(x[rows.clone()].iter().map(|x| i16::from(!x.is_nan())));
                to.extend(x[rows].iter().filter(|x| !x.is_nan()));
            }
            (Values::Numbers(x), Packed::Days(to)) => {
                self.there.extend(x[rows.clone()].iter().map(|x| i16::from(!x.is_nan())));
                to.extend(x[rows].iter().filter(|x| !x.is_nan()).map(|x| *x as i32 - EPOCH_DAYS));
            }
            (Values::Texts(x), Packed::Texts(bytes, ends)) => {
                for text in &x[rows] {
                    self.there.push(i16::from(!text.is_empty()));
                    if !text.is_empty() {
                        bytes.extend(text.bytes());
                        ends.push(bytes.len());
                    }
                }
            }
            // A piece that fits has the kinds of the variables.
            (Values::Numbers(_), Packed::Texts(..)) | (Values::Texts(_), _) => {}
        }
    }
}

impl<W: Write + Send> Parquet<W> {
    /// Writes the beginning of the file.
    pub fn open(out: W, table: &Table) -> Result<Self, Trouble> {
        table.check()?;
        let schema = schema(&table.variables).map_err(output)?;
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.into())
            .set_compression(Compression::SNAPPY)
            .set_dictionary_page_size_limit(MOST_DICTIONARY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_key_value_metadata(Some(metadata(table)))
            .build();
        let out = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(output)?;
        let columns = table.variables.iter().map(|v| Waiting::new(v.kind)).collect();
        Ok(Parquet { out, variables: table.variables.clone(), columns, rows: 0 })
    }

    fn group(&mut self) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let fresh = self.variables.iter().map(|v| Waiting::new(v.kind)).collect();
        let mut group = self.out.next_row_group()?;
        for Waiting { there, values } in std::mem::replace(&mut self.columns, fresh) {
            match values {
                Packed::Numbers(x) => column::<DoubleType>(&mut group, &x, &there)?,
                Packed::Days(x) => column::<Int32Type>(&mut group, &x, &there)?,
                Packed::Texts(bytes, ends) => {
                    let bytes = Bytes::from(bytes);
                    let begins = std::iter::once(0).chain(ends.iter().copied());
                    let texts: Vec<ByteArray> = begins.zip(&ends).map(|(a, b)| bytes.slice(a..*b).into()).collect();
                    column::<ByteArrayType>(&mut group, &texts, &there)?;
                }
            }
        }
        group.close().map(|_| ())
    }
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, impl Write + Send>,
    values: &[T::T],
    there: &[i16],
) -> Result<(), ParquetError> {
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(values, Some(there), None)?;
        column.close()?;
    }
    Ok(())
}

impl<W: Write + Send> Writer for Parquet<W> {
    fn write(&mut self, piece: &Table) -> Result<(), Trouble> {
        fits(&self.variables, piece)?;
        let mut from = 0;
        while from < piece.rows() {
            let to = piece.rows().min(from + GROUP_ROWS - self.rows);
            for (waiting, column) in self.columns.iter_mut().zip(&piece.columns) {
                waiting.add(column, from..to);
            }
            self.rows += to - from;
            from = to;
            if self.rows == GROUP_ROWS {
                self.group().map_err(output)?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Trouble> {
        self.group().map_err(output)?;
        self.out.finish().map_err(output)?;
        Ok(self.out.inner_mut().flush()?)
    }
}

fn output(error: ParquetError) -> Trouble {
    Trouble::Output(std::io::Error::other(error))
}

fn schema(variables: &[Variable]) -> Result<Type, ParquetError> {
    let mut fields = Vec::new();
    for variable in variables {
        let (physical, logical) = match variable.kind {
            Kind::Number => (Physical::DOUBLE, None),
            Kind::Date => (Physical::INT32, Some(LogicalType::Date)),
            Kind::Text { .. } => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let field = Type::primitive_type_builder(&variable.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical);
        fields.push(Arc::new(field.build()?));
    }
    Type::group_type_builder("table").with_fields(fields).build()
}

fn metadata(table: &Table) -> Vec<KeyValue> {
    let entry = |key: String, value: &str| KeyValue::new(key, value.to_string());
    let mut all = vec![entry("table.name".into(), &table.name), entry("table.label".into(), &table.label)];
    for v in &table.variables {
        all.push(entry(format!("column.{}.label", v.name), &v.label));
        if let Kind::Text { width } = v.kind {
            all.push(entry(format!("column.{}.width", v.name), &width.to_string()));
        }
        for (what, text) in [("unit", &v.unit), ("source", &v.source)] {
            if !text.is_empty() {
                all.push(entry(format!("column.{}.{what}", v.name), text));
            }
        }
    }
    all
}
