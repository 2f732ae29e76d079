//! Tables as SAS transport files, version 5.
//!
//! Records of 80 bytes: two library headers, the member headers with name and label of the table, 140 bytes for every
//! variable, then the rows without gaps. Numbers are IBM System/360 doubles of 8 bytes: an exponent of 16 and 56 bits
//! of fraction, which hold the 53 bits of an IEEE double exactly; a missing number is a full stop and seven zeros.
//! Texts are ASCII, padded with blanks. Every time in a header is 01JAN60:00:00:00, so that equal tables are equal bytes.
//!
//! Source: SAS technical note TS-140, "The record layout of a SAS transport data set".
//!
//! The format has neither a place for units nor a count of rows. Units stand in the other formats and in the table of
//! variables.

use super::table::{Kind, MOST_TEXT, Table, Trouble, Values, Variable};
use super::{Writer, fits};
use std::io::Write;

/// Length of a record, bytes.
const RECORD: usize = 80;
/// The longest name of a table or variable, bytes.
const MOST_NAME: usize = 8;
/// The most variables: the header has four figures for their number.
const MOST_VARIABLES: usize = 9999;
/// The only time these files know.
const TIME: &str = "01JAN60:00:00:00";
/// SAS version and system, as the technical note has them in its example.
const SYSTEM: &str = "6.06    bsd4.2  ";
/// Width of a date as text, for programs that show it: `01JAN2000`.
const DATE_WIDTH: i16 = 9;

/// Writes a table as a SAS transport file.
pub struct Xpt<W: Write> {
    out: W,
    variables: Vec<Variable>,
    /// Bytes since the headers.
    written: usize,
}

impl<W: Write> Xpt<W> {
    /// Writes the headers. Names have at most 8 letters, figures and underscores; labels are ASCII.
    pub fn open(mut out: W, table: &Table) -> Result<Self, Trouble> {
        table.check()?;
        let refuse =
            |why: String| Err(Trouble::Refused(format!("table `{}` as a SAS transport file: {why}", table.name)));
        for (name, label) in
            table.variables.iter().map(|v| (&v.name, &v.label)).chain(std::iter::once((&table.name, &table.label)))
        {
            if name.len() > MOST_NAME || name.contains('.') {
                return refuse(format!("the name `{name}` has more than {MOST_NAME} characters, or a stop"));
            }
            if !label.is_ascii() {
                return refuse(format!("the label of `{name}` has other characters than ASCII: `{label}`"));
            }
        }
        if table.variables.len() > MOST_VARIABLES {
            return refuse(format!("{} variables, of {MOST_VARIABLES} at most", table.variables.len()));
        }
        out.write_all(&headers(table))?;
        Ok(Xpt { out, variables: table.variables.clone(), written: 0 })
    }
}

impl<W: Write> Writer for Xpt<W> {
    fn write(&mut self, piece: &Table) -> Result<(), Trouble> {
        fits(&self.variables, piece)?;
        let mut bytes = Vec::new();
        for row in 0..piece.rows() {
            for (variable, column) in piece.variables.iter().zip(&piece.columns) {
                let refuse = |why: String| {
                    let message = format!("`{}` of `{}`, row {}: {why}", variable.name, piece.name, row + 1);
                    Err(Trouble::Refused(message))
                };
                match (column, variable.kind) {
                    (Values::Numbers(x), _) => match ibm(x[row]) {
                        Some(eight) => bytes.extend(eight),
                        None => return refuse(format!("{} is beyond the range of the format", x[row])),
                    },
                    (Values::Texts(x), kind) => {
                        if !x[row].is_ascii() {
                            return refuse(format!("other characters than ASCII in `{}`", x[row]));
                        }
                        let end = bytes.len() + width(kind);
                        bytes.extend(x[row].bytes());
                        bytes.resize(end, b' ');
                    }
                }
            }
        }
        self.written += bytes.len();
        Ok(self.out.write_all(&bytes)?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), Trouble> {
        let rest = self.written.next_multiple_of(RECORD) - self.written;
        self.out.write_all(&[b' '; RECORD][..rest])?;
        Ok(self.out.flush()?)
    }
}

fn width(kind: Kind) -> usize {
    match kind {
        Kind::Number | Kind::Date => 8,
        Kind::Text { width } => width.min(MOST_TEXT),
    }
}

fn headers(table: &Table) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut record = |text: String| {
        let end = bytes.len() + RECORD;
        bytes.extend(text.bytes());
        bytes.resize(end, b' ');
    };
    let header = |name: &str, figures: &str| format!("HEADER RECORD*******{name:8}HEADER RECORD!!!!!!!{figures}  ");
    let zeros = "0".repeat(30);
    let name = table.name.to_ascii_uppercase();
    record(header("LIBRARY", &zeros));
    record(format!("SAS     SAS     SASLIB  {SYSTEM}{:24}{TIME}", ""));
    record(TIME.into());
    record(header("MEMBER", "000000000000000001600000000140"));
    record(header("DSCRPTR", &zeros));
    record(format!("SAS     {name:8}SASDATA {SYSTEM}{:24}{TIME}", ""));
    record(format!("{TIME}{:16}{:40}{:8}", "", table.label, ""));
    record(header("NAMESTR", &format!("000000{:04}{}", table.variables.len(), "0".repeat(20))));
    let mut position = 0;
    for (k, variable) in table.variables.iter().enumerate() {
        let width = width(variable.kind);
        let (kind, format, shown) = match variable.kind {
            Kind::Number => (1_i16, "", 0),
            Kind::Date => (1, "DATE", DATE_WIDTH),
            Kind::Text { .. } => (2, "", 0),
        };
        for short in [kind, 0, width as i16, k as i16 + 1] {
            bytes.extend(short.to_be_bytes());
        }
        bytes.extend(format!("{:8}{:40}{format:8}", variable.name.to_ascii_uppercase(), variable.label).bytes());
        // Width and decimals of the format, left-justified; two bytes unused; no format to read by.
        bytes.extend([shown, 0, 0].into_iter().flat_map(i16::to_be_bytes).chain([0; 2]));
        bytes.extend(b"        \0\0\0\0");
        bytes.extend((position as i32).to_be_bytes());
        bytes.extend([0; 52]);
        position += width;
    }
    bytes.resize(bytes.len().next_multiple_of(RECORD), b' ');
    bytes.extend(header("OBS", &zeros).bytes());
    bytes
}

/// A number as an IBM System/360 double, exactly; `None` beyond its range (about 7.2e75). What is nearer to 0 than its
/// least number (about 5.4e-79) becomes 0; NaN becomes the missing value.
pub fn ibm(x: f64) -> Option<[u8; 8]> {
    const FRACTION: u64 = (1 << 52) - 1;
    if x.is_nan() {
        return Some([b'.', 0, 0, 0, 0, 0, 0, 0]);
    }
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64;
    if exponent == 0 {
        // Zero, and numbers so small that they are zero there.
        return Some([0; 8]);
    }
    // x = mantissa * 2^power, and wanted is fraction/2^56 * 16^(characteristic - 64) with fraction in 2^52 .. 2^56.
    let mantissa = (bits & FRACTION) | (1 << 52);
    let power = exponent - 1075 + 56;
    let characteristic = power.div_euclid(4) + 64;
    let fraction = mantissa << power.rem_euclid(4);
    match characteristic {
        ..0 => Some([0; 8]),
        0..=127 => Some((fraction | (characteristic as u64) << 56 | bits & (1 << 63)).to_be_bytes()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(x: f64) -> String {
        ibm(x).expect("in range").iter().map(|b| format!("{b:02X}")).collect()
    }

    /// -118.625 = C2 76A0 is the worked example of Wikipedia's "IBM hexadecimal floating-point". By the definition, 1 is
    /// 1/16 of 16^1, and the fraction of 0.1 is hexadecimal 0.1999..., rounded where IEEE rounds it.
    #[test]
    fn agrees_with_known_ibm_doubles() {
        assert_eq!(hex(0.0), "0000000000000000");
        assert_eq!(hex(-0.0), "0000000000000000");
        assert_eq!(hex(1.0), "4110000000000000");
        assert_eq!(hex(-1.0), "C110000000000000");
        assert_eq!(hex(-118.625), "C276A00000000000");
        assert_eq!(hex(0.1), "401999999999999A");
        assert_eq!(hex(f64::NAN), "2E00000000000000");
        assert_eq!(hex(123_456_789.0), "4775BCD150000000");
    }

    /// The largest is (1 - 2^-53) 16^63 of those that are IEEE doubles, the least 16^-65.
    #[test]
    fn agrees_at_the_ends_of_the_range() {
        let two_to = |n: u64| f64::from_bits((1023 + n) << 52);
        let below = |x: f64| f64::from_bits(x.to_bits() - 1);
        assert_eq!(hex(below(two_to(252))), "7FFFFFFFFFFFFFF8");
        assert_eq!(ibm(two_to(252)), None);
        assert_eq!(ibm(f64::NEG_INFINITY), None);
        let least = 1.0 / two_to(260);
        assert_eq!(hex(least), "0010000000000000");
        assert_eq!(hex(below(least)), "0000000000000000");
        assert_eq!(hex(f64::MIN_POSITIVE), "0000000000000000");
        assert_eq!(hex(5e-324), "0000000000000000");
    }

    /// Going back by the definition of the format gives the same number, for numbers of all sizes.
    #[test]
    fn agrees_when_read_back() {
        let mut x: f64 = 1.2345e-78;
        while x < 7e75 {
            for y in [x, -x] {
                let bits = u64::from_be_bytes(ibm(y).expect("in range"));
                let fraction = (bits & ((1 << 56) - 1)) as f64;
                let power = ((bits >> 56) & 0x7f) as i64 * 4 - 256 - 56;
                let mut back = fraction;
                for _ in 0..power.abs() {
                    back *= if power > 0 { 2.0 } else { 0.5 };
                }
                assert_eq!(if bits >> 63 == 1 { -back } else { back }, y);
            }
            x *= 1.618_033_988_7;
        }
    }

    fn table() -> Table {
        let variables = vec![
            Variable::text("USUBJID", "Unique Subject Identifier", 5),
            Variable::number("AVAL", "Analysis Value"),
            Variable::date("ADT", "Analysis Date"),
        ];
        let mut table = Table::empty("ADQS", "Scores", variables);
        table.columns = vec![
            Values::Texts(vec!["A-1".into(), String::new()]),
            Values::Numbers(vec![1.0, f64::NAN]),
            Values::Numbers(vec![14_610.0, f64::NAN]),
        ];
        table
    }

    fn written(table: &Table) -> Result<Vec<u8>, Trouble> {
        let mut bytes = Vec::new();
        let mut out = Box::new(Xpt::open(&mut bytes, table)?);
        out.write(table)?;
        out.finish()?;
        Ok(bytes)
    }

    #[test]
    fn agrees_with_the_record_layout() {
        let bytes = written(&table()).expect("written");
        assert_eq!(bytes.len() % RECORD, 0);
        let record = |k: usize| String::from_utf8_lossy(&bytes[RECORD * k..RECORD * (k + 1)]).into_owned();
        assert!(record(0).starts_with("HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000"), "{}", record(0));
        assert_eq!(&record(1)[64..], TIME);
        assert_eq!(&record(3)[48..78], "000000000000000001600000000140");
        assert_eq!(record(5).split_whitespace().collect::<Vec<_>>()[..3], ["SAS", "ADQS", "SASDATA"]);
        assert_eq!(&record(6)[32..72], format!("{:40}", "Scores"));
        assert_eq!(&record(7)[48..58], "0000000003");
        // Three descriptions of 140 bytes fill 5.25 records, then comes the header of the rows.
        let first = 8 * RECORD;
        assert_eq!(&bytes[first..first + 8], [0, 2, 0, 0, 0, 5, 0, 1]);
        assert_eq!(&bytes[first + 8..first + 16], b"USUBJID ");
        let date = first + 280;
        assert_eq!(&bytes[date + 56..date + 68], b"DATE    \0\x09\0\0");
        assert_eq!(&bytes[date + 84..date + 88], [0, 0, 0, 13]);
        assert!(record(14).starts_with("HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"), "{}", record(14));
        let row = &bytes[15 * RECORD..];
        assert_eq!(row.len(), RECORD);
        assert_eq!(&row[..21], b"A-1  \x41\x10\0\0\0\0\0\0\x44\x39\x12\0\0\0\0\0");
        assert_eq!(&row[21..42], b"     .\0\0\0\0\0\0\0.\0\0\0\0\0\0\0");
        assert!(row[42..].iter().all(|b| *b == b' '));
    }

    #[test]
    fn rejects_what_the_format_cannot_hold() {
        let why = |change: &dyn Fn(&mut Table)| {
            let mut changed = table();
            change(&mut changed);
            written(&changed).expect_err("refused").to_string()
        };
        assert!(why(&|t| t.variables[0].name = "SUBJECTID".into()).contains("more than 8 characters"));
        assert!(why(&|t| t.variables[0].label = "Größe".into()).contains("other characters than ASCII"));
        assert!(why(&|t| t.columns[0] = Values::Texts(vec!["é".into(), String::new()])).contains("row 1"));
        let large = why(&|t| t.columns[1] = Values::Numbers(vec![0.0, 1e80]));
        assert!(large.contains("`AVAL` of `ADQS`, row 2") && large.contains("beyond the range"), "{large}");
    }
}
