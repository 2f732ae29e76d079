//! Parquet files as tables: our own, and flat ones that other programs wrote.

use super::EPOCH_DAYS;
use crate::data::table::{Kind, MOST_LABEL, MOST_TEXT, Table, Trouble, Values, Variable, cut};
use ::parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::{ByteArray, DataType};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::schema::types::ColumnDescriptor;
use bytes::Bytes;
use std::collections::BTreeMap;

/// Which columns are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns<'a> {
    /// Every one; all of them must be numbers, days or texts.
    All,
    /// Those of these names; all of them must be there.
    Named(&'a [&'a str]),
}

/// Reads a Parquet file. Whole numbers, truth values (0 and 1) and floating-point numbers become numbers; dates, days;
/// UTF-8 texts, texts; null becomes missing. Compression may be none or snappy. `name` is what errors call the file.
pub fn read(name: &str, bytes: &[u8], columns: Columns<'_>) -> Result<Table, Trouble> {
    // Some damage makes the decoder panic (a page that names a dictionary which is not there, a negative length). That is
    // the file's fault and not ours; nothing of the decoder outlives the panic.
    let read = std::panic::catch_unwind(|| read_sound(name, bytes, columns));
    read.unwrap_or_else(|_| Err(Trouble::Refused(format!("`{name}`: the file is damaged"))))
}

fn read_sound(name: &str, bytes: &[u8], columns: Columns<'_>) -> Result<Table, Trouble> {
    let refuse = |why: String| Trouble::Refused(format!("`{name}`: {why}"));
    let file = SerializedFileReader::new(Bytes::copy_from_slice(bytes))
        .map_err(|e| refuse(format!("not a Parquet file that can be read: {e}")))?;
    let about = file.metadata().file_metadata();
    let descriptors = about.schema_descr().columns();
    let names: Vec<String> = descriptors.iter().map(|c| c.path().string()).collect();
    let wanted: Vec<usize> = match columns {
        Columns::All => (0..names.len()).collect(),
        Columns::Named(wanted) => {
            let find = |w: &&str| {
                let found = names.iter().position(|n| n == w);
                found.ok_or_else(|| refuse(format!("there is no column `{w}`; there are {}", names.join(", "))))
            };
            wanted.iter().map(find).collect::<Result<_, _>>()?
        }
    };
    let words: BTreeMap<&str, &str> = about
        .key_value_metadata()
        .into_iter()
        .flatten()
        .filter_map(|k| Some((k.key.as_str(), k.value.as_deref()?)))
        .collect();
    let word = |key: String| words.get(key.as_str()).copied();
    let mut table = Table {
        name: word("table.name".into()).unwrap_or("table").into(),
        label: word("table.label".into()).unwrap_or("A table read from a file").into(),
        variables: Vec::new(),
        columns: Vec::new(),
    };
    for index in wanted {
        let name = &names[index];
        let about = |why: String| refuse(format!("column `{name}`: {why}"));
        let kind = kind(&descriptors[index]).map_err(about)?;
        let mut values = Values::none(kind);
        for group in 0..file.num_row_groups() {
            let reader = file.get_row_group(group).and_then(|g| g.get_column_reader(index));
            let rows = file.metadata().row_group(group).num_rows().max(0) as usize;
            let reader = reader.map_err(|e| about(format!("{e}; compression may be none or snappy")))?;
            extend(&mut values, reader, kind, &descriptors[index], rows).map_err(about)?;
        }
        let kind = match (&values, word(format!("column.{name}.width")).and_then(|w| w.parse().ok())) {
            (Values::Texts(_), Some(width)) => Kind::Text { width },
            (Values::Texts(x), None) => {
                Kind::Text { width: x.iter().map(String::len).max().unwrap_or(1).clamp(1, MOST_TEXT) }
            }
            _ => kind,
        };
        let label = word(format!("column.{name}.label")).map_or_else(|| cut(name, MOST_LABEL), String::from);
        let text = |what: &str| word(format!("column.{name}.{what}")).unwrap_or_default().to_string();
        table.variables.push(Variable { name: name.clone(), label, unit: text("unit"), kind, source: text("source") });
        table.columns.push(values);
    }
    table.check().map_err(|e| refuse(e.to_string()))?;
    Ok(table)
}

/// What a column can be read as.
fn kind(column: &ColumnDescriptor) -> Result<Kind, String> {
    if column.max_rep_level() > 0 || column.max_def_level() > 1 {
        return Err("it is nested; a column here has one value in a row".into());
    }
    // Files of older programs say so by the converted type alone.
    let text = matches!(column.logical_type_ref(), Some(LogicalType::String | LogicalType::Enum))
        || matches!(column.converted_type(), ConvertedType::UTF8 | ConvertedType::ENUM);
    let date = column.logical_type_ref() == Some(&LogicalType::Date) || column.converted_type() == ConvertedType::DATE;
    let whole = matches!(column.logical_type_ref(), None | Some(LogicalType::Integer { .. }))
        && !matches!(
            column.converted_type(),
            ConvertedType::DECIMAL
                | ConvertedType::TIMESTAMP_MICROS
                | ConvertedType::TIMESTAMP_MILLIS
                | ConvertedType::TIME_MICROS
                | ConvertedType::TIME_MILLIS
        );
    match column.physical_type() {
        Physical::BOOLEAN | Physical::FLOAT | Physical::DOUBLE => Ok(Kind::Number),
        Physical::INT32 if date => Ok(Kind::Date),
        Physical::INT32 | Physical::INT64 if whole => Ok(Kind::Number),
        Physical::BYTE_ARRAY if text => Ok(Kind::Text { width: MOST_TEXT }),
        other => Err(format!("it is {other}, which is neither number nor day nor text")),
    }
}

fn extend(
    values: &mut Values,
    reader: ColumnReader,
    kind: Kind,
    column: &ColumnDescriptor,
    rows: usize,
) -> Result<(), String> {
    let level = column.max_def_level();
    // Whole numbers beyond this do not all have a double of their own.
    const MOST_WHOLE: u64 = 1 << 53;
    let shift = if kind == Kind::Date { f64::from(EPOCH_DAYS) } else { 0.0 };
    let other = || "its pages are of another type than the file says".to_string();
    match values {
        Values::Numbers(to) => to.extend(match reader {
            ColumnReader::BoolColumnReader(r) => with_gaps(r, level, rows, f64::NAN, |x| Ok(f64::from(u8::from(x))))?,
            ColumnReader::Int32ColumnReader(r) => with_gaps(r, level, rows, f64::NAN, |x| Ok(f64::from(x) + shift))?,
            ColumnReader::Int64ColumnReader(r) => with_gaps(r, level, rows, f64::NAN, |x| match x.unsigned_abs() {
                ..=MOST_WHOLE => Ok(x as f64),
                _ => Err(format!("the whole number {x} is too large to be read exactly")),
            })?,
            ColumnReader::FloatColumnReader(r) => with_gaps(r, level, rows, f64::NAN, |x| Ok(f64::from(x)))?,
            ColumnReader::DoubleColumnReader(r) => with_gaps(r, level, rows, f64::NAN, Ok)?,
            _ => return Err(other()),
        }),
        Values::Texts(to) => to.extend(match reader {
            ColumnReader::ByteArrayColumnReader(r) => {
                let text = |x: ByteArray| x.as_utf8().map(String::from).map_err(|e| e.to_string());
                with_gaps(r, level, rows, String::new(), text)?
            }
            _ => return Err(other()),
        }),
    }
    Ok(())
}

/// The values of a row group, with `gap` where one is null.
fn with_gaps<T: DataType, V: Clone>(
    mut reader: ColumnReaderImpl<T>,
    level: i16,
    rows: usize,
    gap: V,
    value: impl Fn(T::T) -> Result<V, String>,
) -> Result<Vec<V>, String> {
    let (mut there, mut found) = (Vec::new(), Vec::new());
    let mut read = 0;
    while read < rows {
        let now = reader.read_records(rows - read, Some(&mut there), None, &mut found).map_err(|e| e.to_string())?.0;
        if now == 0 {
            return Err(format!("{read} of {rows} rows are there"));
        }
        read += now;
    }
    let mut found = found.into_iter().map(value);
    if level == 0 {
        return found.collect();
    }
    there
        .into_iter()
        .map(|d| if d == level { found.next().unwrap_or(Ok(gap.clone())) } else { Ok(gap.clone()) })
        .collect()
}
