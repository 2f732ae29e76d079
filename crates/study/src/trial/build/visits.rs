//! Visits and what they measure.

use super::Build;
use crate::measure::Measure;
use crate::trial::read::Draft;
use crate::trial::schema::PlannedVisit;
use model::source::Spanned;

const HOURS_OF_DAY: f64 = 24.0;
/// What a visit measures where it does not say.
const USUAL: &str = "madrs";

impl Build<'_, '_> {
    /// All measures that some visit takes or the outcome needs, in order of first mention.
    pub(super) fn measures(&mut self, draft: &Draft) -> Vec<Measure> {
        let mut out: Vec<Measure> = Vec::new();
        let named = draft.visits.iter().flat_map(|v| &v.assess).chain(&draft.outcome.measure);
        for name in named {
            if out.iter().any(|m| m.shown.name == name.value) {
                continue;
            }
            match self.resources.measures.find(self.atlas, &name.value) {
                Ok(measure) => out.push(measure),
                Err((message, hint)) => self.error("RS6744", name.span, message, hint),
            }
        }
        let usual = draft.visits.iter().any(|v| v.assess.is_empty()) || out.is_empty();
        if usual && !out.iter().any(|m| m.shown.name == USUAL) {
            out.extend(self.resources.measures.find(self.atlas, USUAL));
        }
        // Two ports may shorten to one code.
        for k in 0..out.len() {
            let taken = out[..k].iter().filter(|m| m.shown.code == out[k].shown.code).count();
            if taken > 0 {
                let stem: String = out[k].shown.code.chars().take(6).collect();
                out[k].shown.code = format!("{stem}{k}");
            }
        }
        out
    }

    /// Planned visits in order of time with the width of their windows; the start of each period is one.
    pub(super) fn visits(
        &mut self,
        draft: &Draft,
        measures: &[Measure],
        until_h: f64,
        period_h: Option<f64>,
        periods: usize,
    ) -> (Vec<PlannedVisit>, Vec<f64>) {
        let place = |name: &Spanned<String>| measures.iter().position(|m| m.shown.name == name.value);
        let all: Vec<u32> = (0..measures.len() as u32).collect();
        let mut planned: Vec<(f64, PlannedVisit, f64)> = Vec::new();
        let end_h = period_h.unwrap_or(until_h);
        for v in &draft.visits {
            for at_h in &v.at_h {
                if *at_h > end_h {
                    let what = if period_h.is_some() { "its period" } else { "the trial" };
                    let message = format!("the visit at {} lies after the end of {what}", visit_name(*at_h));
                    self.error("RS6749", v.span, message, "take it away, or lengthen `until` in `[study]`");
                }
                let mut taken: Vec<u32> = v.assess.iter().filter_map(place).map(|k| k as u32).collect();
                if v.assess.is_empty() {
                    taken = measures.iter().position(|m| m.shown.name == USUAL).map(|k| k as u32).into_iter().collect();
                }
                taken.sort_unstable();
                let name = match (&v.name, v.at_h.len()) {
                    (Some(name), 1) => name.value.clone(),
                    _ => visit_name(*at_h),
                };
                match planned.iter_mut().find(|(t, ..)| t == at_h) {
                    // What is taken at the same time is one visit.
                    Some((_, visit, window)) => {
                        visit.measures.extend(taken);
                        visit.measures.sort_unstable();
                        visit.measures.dedup();
                        *window = window.max(v.window_h);
                    }
                    None => {
                        let visit = PlannedVisit { name, at_h: *at_h, period: 0, measures: taken };
                        planned.push((*at_h, visit, v.window_h));
                    }
                }
            }
        }
        if planned.iter().all(|(t, ..)| *t <= 0.0) {
            let span = draft.visits.first().map(|v| v.span).or(draft.whole);
            if let Some(span) = span {
                let hint = "add `[[visit]]` with `at = [\"24 h\", \"day 8\"]` and `assess = [\"madrs\"]`";
                self.error("RS6750", span, "the trial has no visit after the start", hint);
            }
        }
        planned.retain(|(t, ..)| *t > 0.0);
        let start = PlannedVisit { name: "Baseline".into(), at_h: 0.0, period: 0, measures: all };
        planned.push((0.0, start, 0.0));
        planned.sort_by(|a, b| a.0.total_cmp(&b.0));
        for pair in planned.windows(2) {
            if let Some(v) = draft.visits.first().filter(|_| pair[0].0 + pair[0].2 > pair[1].0 - pair[1].2) {
                let message =
                    format!("the windows of the visits `{}` and `{}` overlap", pair[0].1.name, pair[1].1.name);
                self.error("RS6751", v.span, message, "narrow the `window` of one of them");
            }
        }
        if let (Some(period), Some((at, visit, window))) = (period_h, planned.last())
            && at + window >= period
            && let Some(v) = draft.visits.first()
        {
            let message = format!("the window of the visit `{}` reaches into the next period", visit.name);
            self.error("RS6751", v.span, message, "narrow its `window`, or lengthen `period`");
        }
        let mut visits = Vec::new();
        let mut windows = Vec::new();
        for period in 0..periods.max(1) as u32 {
            for (_, visit, window) in &planned {
                let name =
                    if periods > 1 { format!("Period {} {}", period + 1, visit.name) } else { visit.name.clone() };
                visits.push(PlannedVisit { name, period, ..visit.clone() });
                windows.push(*window);
            }
        }
        (visits, windows)
    }
}

/// `Day 8` for a whole number of days, else hours; day 1 is the day of the start.
fn visit_name(at_h: f64) -> String {
    let days = at_h / HOURS_OF_DAY;
    match () {
        _ if at_h == 0.0 => "Baseline".into(),
        _ if at_h == HOURS_OF_DAY => "24 h".into(),
        _ if days.fract() == 0.0 => format!("Day {}", days + 1.0),
        _ => {
            // Minutes read better where the time is short.
            let minutes = at_h * 60.0;
            if at_h < 2.0 {
                format!("{} min", minutes.round())
            } else {
                format!("{} h", (at_h * 100.0).round() / 100.0)
            }
        }
    }
}
