//! Reads a NONMEM data set of several subjects.

use model::diagnostic::Diagnostic;
use model::source::SourceMap;
use resynapse::nonmem::{self, Record};
use std::collections::BTreeMap;

/// Columns that are no covariates, beside those of an event table.
const NOT_COVARIATES: [&str; 14] =
    ["DV", "MDV", "DVID", "C", "L1", "L2", "CALL", "CONT", "TAD", "RTIME", "BLQ", "CENS", "LLOQ", "REPLICAT"];

/// A data set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataSet {
    /// Its subjects, in the order of the file.
    pub subjects: Vec<Subject>,
}

/// A subject.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// As written.
    pub id: String,
    /// Its records, as an event table has them.
    pub records: Vec<Record>,
    /// Column → what it says of the subject.
    pub covariates: BTreeMap<String, Covariate>,
}

/// A covariate of a subject.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Covariate {
    /// First value in the order of the records.
    pub value: f64,
    /// True if later records say something else.
    pub varies: bool,
}

/// An observed value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Observed {
    /// h.
    pub time_h: f64,
    /// DV.
    pub value: f64,
    /// DVID, or the compartment where there is no such column.
    pub what: f64,
}

impl Subject {
    /// Doses, in order of time: AMT, RATE, CMT, II, ADDL and SS as written.
    pub fn doses(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|r| matches!(r.evid, 1 | 4))
    }

    /// Values that were observed: EVID 0 with a DV that MDV does not take back.
    pub fn observed(&self) -> Vec<Observed> {
        let there = |r: &&Record| r.evid == 0 && r.columns.get("MDV").is_none_or(|m| *m == 0.0);
        let value = |r: &Record| {
            let what = r.columns.get("DVID").copied().unwrap_or(f64::from(r.compartment));
            Some(Observed { time_h: r.time_h, value: *r.columns.get("DV")?, what })
        };
        self.records.iter().filter(there).filter_map(value).collect()
    }

    /// The first of these columns that the subject has.
    pub fn covariate(&self, names: &[&str]) -> Option<Covariate> {
        names.iter().find_map(|n| self.covariates.get(*n).copied())
    }
}

/// Reads a data set with a header: ID, TIME, EVID, AMT and, where used, CMT, RATE, II, ADDL, SS, DV, MDV, DVID and
/// covariates (any further column of numbers). Lines marked in a column `C`, and lines that begin with `#`, are left out.
/// Everything wrong with it is reported at once.
pub fn read(map: &mut SourceMap, path: &str, text: &str) -> Result<DataSet, Vec<Diagnostic>> {
    let text = without_comments(text);
    let mut found = Vec::new();
    let mut subjects = Vec::new();
    for subject in nonmem::read(map, path, &text)? {
        for r in subject.records.iter().filter(|r| matches!(r.evid, 1 | 4)) {
            if r.amount == 0.0 && !(r.steady > 0 && r.rate > 0.0) {
                let hint = "write the amount, or EVID 2 where nothing is given";
                found.push(Diagnostic::error("RS6701", r.span, "a dose (EVID 1 or 4) without AMT", hint));
            }
        }
        for r in subject.records.iter().filter(|r| r.evid == 0 && r.amount != 0.0) {
            let hint = "a dose has EVID 1";
            let message = format!("AMT is {} in a record that is no dose", r.amount);
            found.push(Diagnostic::error("RS6702", r.span, message, hint));
        }
        let mut covariates: BTreeMap<String, Covariate> = BTreeMap::new();
        for (name, value) in subject.records.iter().flat_map(|r| &r.columns) {
            if !NOT_COVARIATES.contains(&name.as_str()) {
                let known = covariates.entry(name.clone()).or_insert(Covariate { value: *value, varies: false });
                known.varies |= known.value != *value;
            }
        }
        subjects.push(Subject { id: subject.id, records: subject.records, covariates });
    }
    if found.is_empty() { Ok(DataSet { subjects }) } else { Err(found) }
}

/// The text with lines that a column `C` marks turned into comments, byte for byte as long.
fn without_comments(text: &str) -> String {
    let mut lines = text.split_inclusive('\n');
    let header = lines.next().unwrap_or_default();
    let Some(column) = header.split(',').position(|c| c.trim().trim_matches('"').eq_ignore_ascii_case("C")) else {
        return text.to_string();
    };
    let mut out = header.to_string();
    for line in lines {
        let mark = line.split(',').nth(column).unwrap_or_default().trim().trim_matches('"');
        let first = line.chars().next();
        match first {
            Some(c) if !(mark.is_empty() || mark == ".") && c.is_ascii() && c != '\n' => {
                out.push('#');
                out.push_str(&line[1..]);
            }
            _ => out.push_str(line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "C,ID,TIME,EVID,AMT,CMT,RATE,ADDL,II,DV,MDV,WT,AGE\n\
        ,1,0,1,35,1,52.5,0,0,.,1,70,41\n\
        C,1,0.5,0,0,2,0,0,0,999,0,70,41\n\
        ,1,1,0,0,2,0,0,0,81.5,0,70,41\n\
        ,1,2,0,0,2,0,0,0,.,1,72,41\n\
        ,2,0,1,28,1,0,3,84,.,1,81,29\n\
        ,2,300,0,0,2,0,0,0,7,0,81,29\n";

    #[test]
    fn agrees_with_a_table_read_by_eye() {
        let data = read(&mut SourceMap::default(), "data.csv", TEXT).expect("readable");
        let ids: Vec<&str> = data.subjects.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ids, ["1", "2"]);
        let one = &data.subjects[0];
        assert_eq!(one.observed(), [Observed { time_h: 1.0, value: 81.5, what: 2.0 }]);
        assert_eq!(one.covariate(&["WEIGHT", "WT"]), Some(Covariate { value: 70.0, varies: true }));
        assert_eq!(one.covariates.keys().collect::<Vec<_>>(), ["AGE", "WT"]);
        let dose = data.subjects[1].doses().next().expect("a dose");
        assert_eq!((dose.amount, dose.additional, dose.interval_h), (28.0, 3, 84.0));
        assert_eq!(one.doses().next().map(|d| (d.amount, d.rate)), Some((35.0, 52.5)));
    }

    #[test]
    fn rejects_everything_wrong_at_once_with_its_line() {
        let text = "ID,TIME,EVID,AMT,CMT\n1,0,1,0,1\n1,1,0,5,1\n1,2,1,3,1\n";
        let mut map = SourceMap::default();
        let found = read(&mut map, "data.csv", text).expect_err("wrong");
        let lines: Vec<(usize, &str)> =
            found.iter().map(|d| (d.span.map_or(0, |s| map.line_column(s.file, s.start).0), d.code)).collect();
        assert_eq!(lines, [(2, "RS6701"), (3, "RS6702")]);
        let early = read(&mut map, "data.csv", "ID,TIME,EVID,AMT\n1,-1,1,5\n1,0,9,5\n").expect_err("wrong");
        assert_eq!(early.iter().map(|d| d.code).collect::<Vec<_>>(), ["RS6406", "RS6405"]);
    }
}
