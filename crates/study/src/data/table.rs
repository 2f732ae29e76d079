//! A table: variables with labels and units, and columns of values.

use std::collections::BTreeSet;
use std::fmt;
use std::io;

/// The longest label, in characters. Source: SAS transport version 5, 40 bytes.
pub const MOST_LABEL: usize = 40;
/// The longest text, in bytes. Source: SAS transport version 5.
pub const MOST_TEXT: usize = 200;
/// Bytes of a number.
const NUMBER_BYTES: usize = 8;
/// The longest name of a table or variable of our own, in characters; SAS transport allows 8.
const MOST_NAME: usize = 64;

/// What a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Numbers; NaN is missing.
    Number,
    /// Calendar days, counted from 1960-01-01 (as SAS does); NaN is missing.
    Date,
    /// Text; the empty text is missing.
    Text {
        /// The most bytes of a value, 1 to 200.
        width: usize,
    },
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Name: a letter, then letters, figures, underscores and stops.
    pub name: String,
    /// Label of at most 40 characters.
    pub label: String,
    /// Unit; empty where it has none.
    pub unit: String,
    /// What it holds.
    pub kind: Kind,
    /// Where its values come from, in words.
    pub source: String,
}

impl Variable {
    /// A variable of numbers.
    pub fn number(name: impl Into<String>, label: impl Into<String>) -> Self {
        Variable::new(name.into(), label.into(), Kind::Number)
    }
    /// A variable of days.
    pub fn date(name: impl Into<String>, label: impl Into<String>) -> Self {
        Variable::new(name.into(), label.into(), Kind::Date)
    }
    /// A variable of texts of at most `width` bytes.
    pub fn text(name: impl Into<String>, label: impl Into<String>, width: usize) -> Self {
        Variable::new(name.into(), label.into(), Kind::Text { width })
    }
    fn new(name: String, label: String, kind: Kind) -> Self {
        Variable { name, label, unit: String::new(), kind, source: String::new() }
    }
    /// The same with a unit.
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }
    /// The same with words on where its values come from.
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers and days.
    Numbers(Vec<f64>),
    /// Texts.
    Texts(Vec<String>),
}

impl Values {
    /// A column without rows.
    pub fn none(kind: Kind) -> Self {
        match kind {
            Kind::Number | Kind::Date => Values::Numbers(Vec::new()),
            Kind::Text { .. } => Values::Texts(Vec::new()),
        }
    }
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Values::Numbers(x) => x.len(),
            Values::Texts(x) => x.len(),
        }
    }
    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Some rows of a data set, or none.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name: a letter, then letters, figures, underscores and stops.
    pub name: String,
    /// Label of at most 40 characters.
    pub label: String,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// Their values, in the same order, all of one length.
    pub columns: Vec<Values>,
}

/// Why a table cannot be written or read.
#[derive(Debug)]
pub enum Trouble {
    /// The table, or the file that is read, is not as it must be.
    Refused(String),
    /// The bytes could not be written.
    Output(io::Error),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Refused(why) => f.write_str(why),
            Trouble::Output(error) => write!(f, "the data could not be written: {error}"),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Trouble::Output(error)
    }
}

impl Table {
    /// A table without rows.
    pub fn empty(name: impl Into<String>, label: impl Into<String>, variables: Vec<Variable>) -> Self {
        let columns = variables.iter().map(|v| Values::none(v.kind)).collect();
        Table { name: name.into(), label: label.into(), variables, columns }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Values::len)
    }

    /// Rows `from` up to, not including, `to`; fewer where the table ends before.
    pub fn part(&self, from: usize, to: usize) -> Table {
        let to = to.min(self.rows());
        let range = from.min(to)..to;
        let columns = self.columns.iter().map(|c| match c {
            Values::Numbers(x) => Values::Numbers(x[range.clone()].to_vec()),
            Values::Texts(x) => Values::Texts(x[range.clone()].to_vec()),
        });
        let columns = columns.collect();
        Table { name: self.name.clone(), label: self.label.clone(), variables: self.variables.clone(), columns }
    }

    /// The numbers (or days) of a variable.
    pub fn numbers(&self, name: &str) -> Result<&[f64], Trouble> {
        match self.column(name)? {
            Values::Numbers(x) => Ok(x),
            Values::Texts(_) => {
                Err(Trouble::Refused(format!("`{name}` of `{}` holds texts, where numbers are needed", self.name)))
            }
        }
    }

    /// The texts of a variable.
    pub fn texts(&self, name: &str) -> Result<&[String], Trouble> {
        match self.column(name)? {
            Values::Texts(x) => Ok(x),
            Values::Numbers(_) => {
                Err(Trouble::Refused(format!("`{name}` of `{}` holds numbers, where texts are needed", self.name)))
            }
        }
    }

    fn column(&self, name: &str) -> Result<&Values, Trouble> {
        let found = self.variables.iter().position(|v| v.name == name).and_then(|i| self.columns.get(i));
        found.ok_or_else(|| {
            let known: Vec<&str> = self.variables.iter().map(|v| v.name.as_str()).collect();
            Trouble::Refused(format!("`{}` has no column `{name}`; it has {}", self.name, known.join(", ")))
        })
    }

    /// Whether names, labels, widths, kinds, lengths and values are as they must be; says what is not.
    pub fn check(&self) -> Result<(), Trouble> {
        self.head()
            .and_then(|()| self.values())
            .map_err(|why| Trouble::Refused(format!("table `{}`: {why}", self.name)))
    }

    fn head(&self) -> Result<(), String> {
        name(&self.name)?;
        label(&self.name, &self.label)?;
        let mut seen = BTreeSet::new();
        for v in &self.variables {
            name(&v.name)?;
            label(&v.name, &v.label)?;
            if let Kind::Text { width } = v.kind
                && !(1..=MOST_TEXT).contains(&width)
            {
                return Err(format!("`{}` is {width} bytes wide; a text has 1 to {MOST_TEXT}", v.name));
            }
            if !seen.insert(v.name.to_ascii_uppercase()) {
                return Err(format!("two variables are called `{}`; names differ in more than their case", v.name));
            }
        }
        Ok(())
    }

    fn values(&self) -> Result<(), String> {
        if self.columns.len() != self.variables.len() {
            return Err(format!("{} columns for {} variables", self.columns.len(), self.variables.len()));
        }
        for (v, column) in self.variables.iter().zip(&self.columns) {
            if column.len() != self.rows() {
                return Err(format!("`{}` has {} rows, the first column {}", v.name, column.len(), self.rows()));
            }
            match (v.kind, column) {
                (Kind::Number, Values::Numbers(x)) => {
                    if let Some(row) = x.iter().position(|x| x.is_infinite()) {
                        return Err(format!("`{}` is infinite in row {}; a missing number is NaN", v.name, row + 1));
                    }
                }
                (Kind::Date, Values::Numbers(x)) => {
                    if let Some(row) = x.iter().position(|x| !(x.is_nan() || is_day(*x))) {
                        return Err(format!("`{}` is {} in row {}, which is no day", v.name, x[row], row + 1));
                    }
                }
                (Kind::Text { width }, Values::Texts(x)) => {
                    if let Some(row) = x.iter().position(|x| x.len() > width) {
                        let text = &x[row];
                        let long = text.len();
                        return Err(format!("`{}` has {width} bytes; row {} needs {long}: `{text}`", v.name, row + 1));
                    }
                }
                (Kind::Text { .. }, Values::Numbers(_)) => {
                    return Err(format!("`{}` is a text and holds numbers", v.name));
                }
                (_, Values::Texts(_)) => return Err(format!("`{}` is a number and holds texts", v.name)),
            }
        }
        Ok(())
    }
}

/// Whole days that a date of four figures can say: the years 1 to 9999, counted from 1960-01-01.
fn is_day(day: f64) -> bool {
    day.fract() == 0.0 && (-715_509..=2_936_549).contains(&(day as i64))
}

fn name(name: &str) -> Result<(), String> {
    let letter = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    if letter && name.len() <= MOST_NAME && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
        return Ok(());
    }
    Err(format!(
        "`{name}` is no name: a letter comes first, then letters, figures, underscores and stops, {MOST_NAME} at most"
    ))
}

fn label(name: &str, label: &str) -> Result<(), String> {
    match label.chars().count() {
        0 => Err(format!("`{name}` has no label")),
        n if n > MOST_LABEL => Err(format!("the label of `{name}` has {n} characters, of {MOST_LABEL}: `{label}`")),
        _ => Ok(()),
    }
}

/// A table about tables: a row for each of their variables, with what a reader of the data needs to know.
pub fn describe(tables: &[Table]) -> Table {
    let variables = vec![
        Variable::text("dataset", "Data set", MOST_NAME),
        Variable::text("variable", "Variable", MOST_NAME),
        Variable::text("label", "Label", MOST_TEXT),
        Variable::text("type", "Type: number, date or text", 8),
        Variable::number("length", "Length in bytes"),
        Variable::text("unit", "Unit, where it has one", MOST_TEXT),
        Variable::text("source", "Where its values come from", MOST_TEXT),
    ];
    let all = || tables.iter().flat_map(|t| t.variables.iter().map(move |v| (t, v)));
    let texts = |f: &dyn Fn(&Table, &Variable) -> String| Values::Texts(all().map(|(t, v)| f(t, v)).collect());
    let columns = vec![
        texts(&|t, _| t.name.clone()),
        texts(&|_, v| v.name.clone()),
        texts(&|_, v| v.label.clone()),
        texts(&|_, v| match v.kind {
            Kind::Number => "number".into(),
            Kind::Date => "date".into(),
            Kind::Text { .. } => "text".into(),
        }),
        Values::Numbers(
            all().map(|(_, v)| if let Kind::Text { width } = v.kind { width } else { NUMBER_BYTES } as f64).collect(),
        ),
        texts(&|_, v| cut(&v.unit, MOST_TEXT)),
        texts(&|_, v| cut(&v.source, MOST_TEXT)),
    ];
    Table { name: "variables".into(), label: "Variables of the data sets".into(), variables, columns }
}

/// The beginning of a text that fits into `bytes`.
pub(crate) fn cut(text: &str, bytes: usize) -> String {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end().to_string()
}

/// Year, month and day of a day counted from 1960-01-01.
///
/// Source: Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
pub(crate) fn civil(day: i64) -> (i64, i64, i64) {
    // Days from 0000-03-01: years that begin in March have their leap day last.
    let z = day + 715_815;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let in_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, in_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(variable: Variable, values: Values) -> Table {
        Table { name: "T".into(), label: "A table".into(), variables: vec![variable], columns: vec![values] }
    }

    fn why(table: &Table) -> String {
        table.check().expect_err("refused").to_string()
    }

    /// 2000-01-01 is SAS day 14610, 1970-01-01 day 3653, 2024-02-29 day 23435 (SAS documentation of date values gives
    /// the first two).
    #[test]
    fn agrees_with_known_days() {
        assert_eq!(civil(0), (1960, 1, 1));
        assert_eq!(civil(3653), (1970, 1, 1));
        assert_eq!(civil(14_610), (2000, 1, 1));
        assert_eq!(civil(23_435), (2024, 2, 29));
        assert_eq!(civil(-1), (1959, 12, 31));
        assert_eq!((civil(-715_509), civil(2_936_549)), ((1, 1, 1), (9999, 12, 31)));
    }

    #[test]
    fn rejects_bad_names_and_labels() {
        for bad in ["", "1A", "A B", "é", ".B", &"A".repeat(65)] {
            assert!(why(&one(Variable::number(bad, "A label"), Values::Numbers(vec![]))).contains("no name"), "{bad}");
        }
        let table = one(Variable::number("A", "x".repeat(41)), Values::Numbers(vec![]));
        assert!(why(&table).contains("41 characters, of 40"), "{}", why(&table));
        assert!(why(&one(Variable::number("A", ""), Values::Numbers(vec![]))).contains("no label"));
        let mut twice = one(Variable::number("AGE", "Age"), Values::Numbers(vec![]));
        twice.variables.push(Variable::number("age", "Age"));
        twice.columns.push(Values::Numbers(vec![]));
        assert!(why(&twice).contains("two variables are called `age`"));
    }

    #[test]
    fn rejects_values_that_do_not_fit() {
        let number = || Variable::number("A", "A number");
        assert!(why(&one(number(), Values::Numbers(vec![1.0, f64::INFINITY]))).contains("infinite in row 2"));
        assert!(why(&one(number(), Values::Texts(vec![]))).contains("is a number and holds texts"));
        let text = Variable::text("A", "A text", 3);
        assert!(why(&one(text.clone(), Values::Texts(vec!["four".into()]))).contains("row 1 needs 4"));
        assert!(why(&one(text, Values::Numbers(vec![]))).contains("is a text and holds numbers"));
        assert!(why(&one(Variable::text("A", "A text", 201), Values::Texts(vec![]))).contains("1 to 200"));
        let day = Variable::date("A", "A day");
        assert!(why(&one(day.clone(), Values::Numbers(vec![0.5]))).contains("no day"));
        assert!(one(day, Values::Numbers(vec![14_610.0, f64::NAN])).check().is_ok());
        let mut ragged = one(number(), Values::Numbers(vec![1.0]));
        ragged.variables.push(Variable::number("B", "Another"));
        ragged.columns.push(Values::Numbers(vec![]));
        assert!(why(&ragged).contains("`B` has 0 rows, the first column 1"));
    }

    #[test]
    fn rejects_columns_that_are_not_there_or_of_another_kind() {
        let table = one(Variable::number("AGE", "Age"), Values::Numbers(vec![40.0]));
        assert_eq!(table.numbers("AGE").expect("numbers"), [40.0]);
        assert_eq!(table.numbers("WT").expect_err("none").to_string(), "`T` has no column `WT`; it has AGE");
        assert!(table.texts("AGE").expect_err("numbers").to_string().contains("holds numbers, where texts are needed"));
    }
}
