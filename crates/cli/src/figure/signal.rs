//! What is said of one signal of a run: how far it goes, whether it is there at all, how well it is known.

use crate::figure::words;
use model::ledger::Grade;
use resynapse::atlas::TraceSpec;
use resynapse::run::{Course, Results};

/// A signal that stays below this share of its kin is not in the picture at all.
const ABSENT: f64 = 1e-6;
/// Peaks this near to the highest are as high: the integration knows no better, and the first of them is named.
const AS_HIGH: f64 = 1e-3;

/// A change smaller than this, in the unit of a trace, is rounding of the integration: no trace is told so finely.
pub(crate) const ROUNDING: f64 = 1e-9;

/// Where a trace is farthest from its first value, (hours, value): of peaks that are as high, the first. A trace
/// that does not move stays where it starts.
pub(crate) fn farthest(course: &Course, k: usize) -> (f64, f64) {
    let v = &course.values[k];
    let best = course.peak(k);
    let rest = v.first().copied().unwrap_or(0.0);
    if !moved(course, k) {
        return (0.0, rest);
    }
    let most = (best.1 - rest).abs();
    let away = |i: usize| (v[i] - rest).abs();
    let is_peak = |i: &usize| {
        let i = *i;
        away(i) >= (1.0 - AS_HIGH) * most
            && (i == 0 || away(i) >= away(i - 1))
            && (i + 1 == v.len() || away(i) > away(i + 1))
    };
    (0..v.len()).find(is_peak).map_or(best, |i| (course.times_h[i], v[i]))
}

/// The farthest a signal goes from rest, as in `peak 196 at 40 min`.
pub(crate) fn extreme_in_words(course: &Course, trace: &TraceSpec, k: usize) -> String {
    let rest = course.values[k].first().copied().unwrap_or(f64::NAN);
    let (at_h, value) = farthest(course, k);
    let text = |v: f64| if trace.unit.text == "point" { words::score(v) } else { words::number(v) };
    if !moved(course, k) {
        return format!("{} throughout", text(rest));
    }
    let word = if value > rest { "peak" } else { "low" };
    format!("{word} {} at {}", text(value), words::span(at_h))
}

/// Whether a signal changes by more than rounding.
pub(crate) fn moved(course: &Course, k: usize) -> bool {
    let rest = course.values[k].first().copied().unwrap_or(0.0);
    let (_, value) = course.peak(k);
    (value - rest).abs() > ROUNDING.max(ABSENT * rest.abs().max(value.abs()))
}

/// The traces of the same lane and unit, this one included.
pub(crate) fn kin(results: &Results, k: usize) -> Vec<usize> {
    let traces = results.traces();
    let alike = |i: &usize| traces[*i].lane == traces[k].lane && traces[*i].unit.text == traces[k].unit.text;
    (0..traces.len()).filter(alike).collect()
}

/// Whether a trace is anything beside its kin: a drug that is not given is not drawn. Of kin that are all nothing, the
/// first counts.
pub(crate) fn present(results: &Results, k: usize, kin: &[usize]) -> bool {
    let size = |k: usize| results.treated().values[k].iter().fold(0.0, |a: f64, v| a.max(v.abs()));
    let most = kin.iter().map(|k| size(*k)).fold(0.0, f64::max);
    if most <= ROUNDING { kin.first() == Some(&k) } else { size(k) > ABSENT * most }
}

/// The worst grade behind any of these traces.
pub(crate) fn weakest(results: &Results, traces: &[usize]) -> Option<Grade> {
    traces.iter().filter_map(|k| results.provenance().grades.get(*k)?.weakest).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_first_of_equal_peaks() {
        let course = |values: &[f64]| Course {
            times_h: (0..values.len()).map(|i| i as f64).collect(),
            values: vec![values.to_vec()],
            steps: 0,
        };
        assert_eq!(farthest(&course(&[0.0, 9.999, 0.0, 10.0, 0.0]), 0), (1.0, 9.999));
        assert_eq!(farthest(&course(&[0.0, 9.0, 0.0, 10.0, 0.0]), 0), (3.0, 10.0));
        // On the flank of one peak nothing is named but its top.
        assert_eq!(farthest(&course(&[0.0, 9.999, 10.0, 9.999]), 0), (2.0, 10.0));
        assert_eq!(farthest(&course(&[5.0, 4.0, 3.0]), 0), (2.0, 3.0));
        assert_eq!(farthest(&course(&[5.0, 5.0]), 0), (0.0, 5.0));
    }
}
