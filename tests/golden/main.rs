//! What did not change: the main figures of the runs people look at first, to four digits (the engine's tolerance is 1e-5). A change here is a
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
        let peak = course.peak(k).1;
        let rest = course.values[k][0];
        // Of several peaks within a thousandth the first is meant: which is highest may be a matter of rounding.
        let near = |v: &f64| (v - rest).abs() >= 0.999 * (peak - rest).abs();
        let when = course.values[k].iter().position(near).map_or(0.0, |i| course.times_h[i]);
        let at = |h: f64| format!("{:.3e}", course.at(k, h));
        writeln!(
            out,
            "{:32} rest {:.3e}  farthest {:.3e} at {:.1} h  1 h {}  4 h {}  24 h {}  7 d {}",
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
