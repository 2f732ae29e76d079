//! What did not change: the main figures of the runs people look at first, to six digits. A change here is a
//! user-visible change and belongs into the CHANGELOG under Evidence.

use resynapse::atlas::Atlas;
use resynapse::run::{Plan, run};
use std::fmt::Write as _;

fn figures(sentence: &str) -> String {
    let atlas = Atlas::embedded();
    let mut map = model::source::SourceMap::default();
    let regimen = resynapse::regimen::sentence(&atlas, &mut map, sentence).expect("a dose sentence");
    let results = run(&atlas, &Plan::new(sentence, regimen)).unwrap_or_else(|e| panic!("{e:?}"));
    let mut out = format!("{sentence}\n");
    for (k, trace) in results.traces().iter().enumerate() {
        let course = results.treated();
        let (when, peak) = course.peak(k);
        let at = |h: f64| format!("{:.5e}", course.at(k, h));
        // Flat tails make the time of a peak a matter of rounding: it is told to the tenth of an hour.
        writeln!(
            out,
            "{:32} rest {:.5e}  farthest {:.5e} at {:.1} h  1 h {}  4 h {}  24 h {}  7 d {}",
            trace.port,
            course.values[k][0],
            peak,
            when,
            at(1.0),
            at(4.0),
            at(24.0),
            at(168.0)
        )
        .expect("writes to memory");
    }
    out
}

#[test]
fn regresses_one_infusion() {
    insta::assert_snapshot!(figures("ketamine 0.5 mg/kg iv over 40 min"));
}

#[test]
fn regresses_nasal_course() {
    insta::assert_snapshot!(figures("esketamine 84 mg nasal twice weekly for 4 weeks"));
}

#[test]
fn regresses_intramuscular_dose() {
    insta::assert_snapshot!(figures("ketamine 1 mg/kg im"));
}
