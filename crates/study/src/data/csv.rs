//! Tables as comma-separated text: a header, then rows.
//!
//! Numbers are written with as few figures as read back to the same number, days as `2000-01-01`.

use super::table::{Kind, Table, Trouble, Values, Variable, civil};
use super::{Writer, fits};
use std::io::Write;

/// How a missing number is written; a missing text is always empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// As nothing.
    #[default]
    Empty,
    /// As a full stop, as pharmacokinetic programs like it.
    Stop,
}

/// Writes a table as CSV.
pub struct Csv<W: Write> {
    out: ::csv::Writer<W>,
    variables: Vec<Variable>,
    missing: Missing,
}

impl<W: Write> Csv<W> {
    /// Writes the header.
    pub fn open(out: W, table: &Table, missing: Missing) -> Result<Self, Trouble> {
        table.check()?;
        let mut out = ::csv::Writer::from_writer(out);
        out.write_record(table.variables.iter().map(|v| v.name.as_str())).map_err(output)?;
        Ok(Csv { out, variables: table.variables.clone(), missing })
    }
}

impl<W: Write> Writer for Csv<W> {
    fn write(&mut self, piece: &Table) -> Result<(), Trouble> {
        fits(&self.variables, piece)?;
        for row in 0..piece.rows() {
            for (variable, column) in piece.variables.iter().zip(&piece.columns) {
                match column {
                    Values::Texts(x) => self.out.write_field(&x[row]),
                    Values::Numbers(x) => self.out.write_field(field(variable.kind, x[row], self.missing)),
                }
                .map_err(output)?;
            }
            self.out.write_record(None::<&[u8]>).map_err(output)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Trouble> {
        Ok(self.out.flush()?)
    }
}

fn output(error: ::csv::Error) -> Trouble {
    Trouble::Output(error.into())
}

fn field(kind: Kind, x: f64, missing: Missing) -> String {
    match (kind, missing) {
        _ if !x.is_nan() && kind != Kind::Date => number(x),
        _ if !x.is_nan() => {
            let (year, month, day) = civil(x as i64);
            format!("{year:04}-{month:02}-{day:02}")
        }
        (_, Missing::Empty) => String::new(),
        (_, Missing::Stop) => ".".into(),
    }
}

/// A finite number with as few figures as read back to the same number.
pub fn number(x: f64) -> String {
    // Up to here every whole number has its own double.
    const WHOLE: f64 = (1_u64 << 53) as f64;
    if x.fract() == 0.0 && x.abs() < WHOLE { format!("{}", x as i64) } else { format!("{x:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_that_numbers_read_back() {
        let written: Vec<String> = [0.0, -0.0, 12.0, -3.5, 0.1, 1e-7, 1e300].iter().map(|x| number(*x)).collect();
        assert_eq!(written, ["0", "0", "12", "-3.5", "0.1", "1e-7", "1e300"]);
        for x in [1.0 / 3.0, f64::MIN_POSITIVE, f64::MAX, 5e-324, 9_007_199_254_740_993.0] {
            assert_eq!(number(x).parse::<f64>().map(f64::to_bits), Ok(x.to_bits()));
        }
    }

    #[test]
    fn agrees_on_missing_days_and_quotes() {
        let variables =
            vec![Variable::number("A", "Number"), Variable::date("B", "Day"), Variable::text("C", "Text", 9)];
        let mut table = Table::empty("T", "Table", variables);
        table.columns = vec![
            Values::Numbers(vec![1.5, f64::NAN]),
            Values::Numbers(vec![14_610.0, f64::NAN]),
            Values::Texts(vec!["a, \"b\"".into(), String::new()]),
        ];
        for (missing, last) in [(Missing::Empty, ",,\n"), (Missing::Stop, ".,.,\n")] {
            let mut bytes = Vec::new();
            let mut out = Box::new(Csv::open(&mut bytes, &table, missing).expect("opens"));
            out.write(&table).expect("writes");
            out.finish().expect("finishes");
            let text = String::from_utf8(bytes).expect("text");
            assert_eq!(text, format!("A,B,C\n1.5,2000-01-01,\"a, \"\"b\"\"\"\n{last}"));
        }
    }
}
