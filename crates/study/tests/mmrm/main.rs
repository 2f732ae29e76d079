//! The mixed model held against SAS PROC MIXED, R, and examples that are exact by hand.
//!
//! Reference numbers lie in `tests/reference/mmrm` at the root of the repository, with their origin in its README.

mod exact;
mod r;
mod sas;

use std::collections::BTreeMap;
use study::analysis::mmrm::{Data, Observation};

/// A table as maps from column to text, row after row.
fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Result<Vec<_>, _> = reader.deserialize().collect();
    rows.unwrap()
}

const FEV: &str = include_str!("../../../../tests/reference/mmrm/fev_data.csv");

const VISITS: [&str; 4] = ["VIS1", "VIS2", "VIS3", "VIS4"];
const ARMS: [&str; 2] = ["PBO", "TRT"];
const RACES: [&str; 3] = ["Asian", "Black or African American", "White"];
const SEXES: [&str; 2] = ["Male", "Female"];

/// The lung function data with a design: `full` (arm, visit, both, race, sex), `arm` or `one`; the first level of each
/// factor is the reference. Also the arm of each subject.
fn lung(design: &str, visits: [&str; 4]) -> (Data, Vec<usize>) {
    let columns: &[&str] = match design {
        "full" => &[
            "Intercept",
            "ARMCD TRT",
            "RACE Black",
            "RACE White",
            "SEX Female",
            "AVISIT 2",
            "AVISIT 3",
            "AVISIT 4",
            "AVISIT*ARMCD 2 TRT",
            "AVISIT*ARMCD 3 TRT",
            "AVISIT*ARMCD 4 TRT",
        ],
        "arm" => &["Intercept", "ARMCD TRT"],
        _ => &["Intercept"],
    };
    let (mut subjects, mut arms, mut observations) = (Vec::new(), Vec::new(), Vec::new());
    for row in table(FEV) {
        let level = |name: &str, of: &[&str]| of.iter().position(|l| *l == row[name]).unwrap();
        let arm = level("ARMCD", &ARMS);
        if subjects.last() != Some(&row["USUBJID"]) {
            subjects.push(row["USUBJID"].clone());
            arms.push(arm);
        }
        let visit = level("AVISIT", &visits);
        let is = |yes: bool| f64::from(u8::from(yes));
        let (race, sex, treated) = (level("RACE", &RACES), level("SEX", &SEXES), is(arm == 1));
        let mut x = vec![1.0, treated, is(race == 1), is(race == 2), is(sex == 1)];
        x.extend([1, 2, 3].map(|v| is(visit == v)));
        x.extend([1, 2, 3].map(|v| is(visit == v) * treated));
        x.truncate(columns.len());
        if let Ok(y) = row["FEV1"].parse() {
            observations.push(Observation { subject: subjects.len() - 1, visit, y, x });
        }
    }
    let names = |of: &[&str]| of.iter().map(ToString::to_string).collect();
    (Data { columns: names(columns), visits: names(&visits), subjects: subjects.len(), observations }, arms)
}

/// Difference of two rows of weights.
fn less(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(x, y)| x - y).collect()
}
