//! A run in the terminal: a table of signals, the score against no treatment, and two small plots.
//!
//! Everything can be read without colour; colour comes only when asked for.

mod braille;
pub mod trial;

use crate::figure::{NOT_ADVICE, Time, Value, farthest, kin, present, words};
use anstyle::{AnsiColor, Style};
use braille::Canvas;
use resynapse::run::{Course, Results};
use std::fmt::Write;

/// The summary is never wider: long lines are hard to follow.
const WIDEST: usize = 100;
const NARROWEST: usize = 48;
/// From this width on each row names its lane.
const WITH_LANES: usize = 80;
const SYMPTOM: &str = "symptom";
/// Times at which the score is told, h.
const MOOD_H: [f64; 3] = [4.0, 24.0, 168.0];

/// The run in at most `width` columns.
pub fn summary(results: &Results, width: usize, colour: bool) -> String {
    let page = Page { results, width: width.clamp(NARROWEST, WIDEST), colour };
    let mut out = String::new();
    page.table(&mut out);
    for (k, trace) in results.traces().iter().enumerate() {
        if trace.lane == SYMPTOM {
            out.push('\n');
            page.mood(&mut out, k);
            out.push('\n');
            page.mood_plot(&mut out, k);
        }
    }
    if let Some(k) = results.traces().iter().position(|t| t.lane == "blood")
        && present(results, k, &[k])
        && results.treated().peak(k).1 > 0.0
    {
        out.push('\n');
        page.plasma_plot(&mut out, k);
    }
    out.push('\n');
    for line in words::folded(NOT_ADVICE, page.width) {
        let _ = writeln!(out, "{line}");
    }
    out
}

struct Page<'a> {
    results: &'a Results,
    width: usize,
    colour: bool,
}

const STRONG: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const FIRST: Style = AnsiColor::Cyan.on_default();
const SECOND: Style = AnsiColor::Yellow.on_default();

impl Page<'_> {
    fn paint(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_string() }
    }

    fn table(&self, out: &mut String) {
        let lanes = self.width >= WITH_LANES;
        let lane_width = if lanes { 11 } else { 0 };
        // Rest, farthest, when, unit and grade.
        const COLUMNS: usize = 6 + 9 + 9 + 9 + 6;
        let signal = (self.width - COLUMNS - lane_width).min(34);
        let head = format!(
            "{:lane_width$}{:signal$}{:>6} {:>8} {:>8} {:8} grade",
            if lanes { "lane" } else { "" },
            "signal",
            "rest",
            "farthest",
            "at",
            "unit"
        );
        let _ = writeln!(out, "{}", self.paint(QUIET, head.trim_end()));
        let mut lane = "";
        for (k, trace) in self.results.traces().iter().enumerate() {
            if !present(self.results, k, &kin(self.results, k)) {
                continue;
            }
            let first = if lane == trace.lane || !lanes { "" } else { trace.lane.as_str() };
            lane = &trace.lane;
            let course = self.results.treated();
            let rest = course.values[k].first().copied().unwrap_or(f64::NAN);
            let (at_h, most) = farthest(course, k);
            let text = |v: f64| if trace.unit.text == "point" { words::score(v) } else { words::number(v) };
            let when = if most == rest { "–".to_string() } else { words::span(at_h) };
            let grade = self.results.provenance().grades[k].weakest.map_or("–".to_string(), |g| g.to_string());
            let _ = writeln!(
                out,
                "{}{:signal$}{:>6} {:>8} {:>8} {:8} {grade}",
                self.paint(STRONG, &format!("{first:lane_width$}")),
                words::shorten(&trace.label, signal),
                text(rest),
                text(most),
                when,
                words::unit(&trace.unit),
            );
        }
        for line in
            words::folded("grade: the weakest number behind a signal, A (human trials) to E (assumed)", self.width)
        {
            let _ = writeln!(out, "{}", self.paint(QUIET, &line));
        }
    }

    fn mood(&self, out: &mut String, k: usize) {
        let trace = &self.results.traces()[k];
        let plan = self.results.plan();
        // A treatment that starts late is told from its own start.
        let start = plan.regimen.doses.first().map_or(0.0, |d| d.at_h);
        let times: Vec<f64> = MOOD_H.into_iter().map(|t| start + t).filter(|t| *t <= plan.until_h).collect();
        const NAMES: usize = 24;
        let mut line = |name: &str, style: Style, cell: &dyn Fn(f64) -> String, remark: &str| {
            let mut text = format!("{:NAMES$}", words::shorten(name, NAMES));
            for t in &times {
                let _ = write!(text, "{:>8}", cell(*t));
            }
            let fits = self.width >= text.chars().count() + 3 + remark.chars().count();
            let remark = if fits { self.paint(QUIET, remark) } else { String::new() };
            let _ = writeln!(out, "{}", format!("{}   {remark}", self.paint(style, &text)).trim_end());
        };
        let all = |t: f64| self.results.difference(k, t);
        let drug = |t: f64| self.results.drug_part(k, t);
        let title = format!("{}, against untreated", trace.label);
        let from =
            if start > 0.0 { format!(", times from the first dose at {}", words::span(start)) } else { String::new() };
        line(&title, Style::new(), &|t| words::span(t - start), &format!("{}{from}", words::unit(&trace.unit)));
        line("  difference", STRONG, &|t| words::score(all(t)), "minus: fewer symptoms");
        let other = plan.regimen.happenings.iter().any(|h| !h.of_life());
        let own = if other { "    of which treatment" } else { "    of which drug" };
        line(own, Style::new(), &|t| words::score(drug(t)), "");
        let rest = |t: f64| all(t) - drug(t);
        line(
            "    of which expectation",
            Style::new(),
            &|t| words::score(rest(t)),
            "a stated prior; what both do together counts as drug",
        );
    }

    fn mood_plot(&self, out: &mut String, k: usize) {
        let (with, without) = (self.results.treated(), self.results.untreated());
        let trace = &self.results.traces()[k];
        let values = with.values[k].iter().chain(&without.values[k]).copied();
        let title = format!("{}, {}", trace.label, words::unit(&trace.unit));
        let _ = writeln!(out, "{title}: {} treated  {} untreated", self.paint(FIRST, "⠒⠒⠒"), self.paint(SECOND, "⠂ ⠂"));
        self.plot(out, Value::even(values), 7, &[(with, k, 1), (without, k, 4)]);
    }

    fn plasma_plot(&self, out: &mut String, k: usize) {
        let trace = &self.results.traces()[k];
        let course = self.results.treated();
        let _ = writeln!(out, "{}, {} (logarithmic)", trace.label, words::unit(&trace.unit));
        self.plot(out, Value::log(course.values[k].iter().copied()), 5, &[(course, k, 1)]);
    }

    /// Curves with their traces; of each, one dot in so many columns is set.
    fn plot(&self, out: &mut String, value: Value, rows: usize, curves: &[(&Course, usize, usize)]) {
        const LABELS: usize = 6;
        let columns = self.width.min(WITH_LANES) - LABELS - 3;
        let plan = self.results.plan();
        let time = Time::suited(plan.regimen.doses.iter().map(|d| d.at_h), plan.until_h);
        let mut canvas = Canvas::new(columns, rows);
        for (layer, (course, k, every)) in curves.iter().enumerate() {
            let points = course.times_h.iter().zip(&course.values[*k]);
            let places: Vec<(f64, Option<f64>)> = points.map(|(t, v)| (time.place(*t), value.place(*v))).collect();
            canvas.curve(&places, layer as u8, *every);
        }
        let mut marks = vec![String::new(); rows];
        for tick in value.ticks(rows.div_ceil(2)) {
            if let Some(place) = value.place(tick).filter(|p| (0.0..=1.0).contains(p)) {
                let row = (((1.0 - place) * rows as f64) as usize).min(rows - 1);
                marks[row] = words::tick(tick);
            }
        }
        for (row, mark) in marks.iter().enumerate() {
            let edge = if mark.is_empty() { '│' } else { '┤' };
            let line: String = canvas
                .row(row)
                .into_iter()
                .map(|(text, layer)| match layer {
                    Some(0) if curves.len() > 1 => self.paint(FIRST, &text),
                    Some(1) => self.paint(SECOND, &text),
                    _ => text,
                })
                .collect();
            let _ = writeln!(out, "{mark:>LABELS$} {edge}{}", line.trim_end());
        }
        let mut axis = vec!['─'; columns];
        let mut names = vec![' '; columns + LABELS + 2];
        for t in time.ticks(8.0 / columns as f64) {
            let column = ((time.place(t) * columns as f64) as usize).min(columns - 1);
            axis[column] = '┴';
            let name = words::span_short(t);
            let start = (LABELS + 2 + column).saturating_sub(name.chars().count() / 2);
            let start = start.min(names.len() - name.chars().count());
            for (i, c) in name.chars().enumerate() {
                names[start + i] = c;
            }
        }
        let _ = writeln!(out, "{:LABELS$} └{}", "", axis.into_iter().collect::<String>());
        let _ = writeln!(out, "{}", names.into_iter().collect::<String>().trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::tests::results;

    const INFUSION: &str = "ketamine 0.5 mg/kg iv over 40 min";

    #[test]
    fn agrees_with_the_width() {
        for text in [INFUSION, "esketamine 84 mg nasal twice weekly for 4 weeks", "saline iv over 40 min"] {
            let (_, results) = results(text);
            for width in [20, 48, 60, 80, 100, 200] {
                let text = summary(&results, width, false);
                let most = width.clamp(NARROWEST, WIDEST);
                for line in text.lines() {
                    assert!(line.chars().count() <= most, "{} > {most}: {line}", line.chars().count());
                }
                assert!(words::folded(NOT_ADVICE, most).iter().all(|l| text.contains(l.as_str())));
            }
        }
    }

    #[test]
    fn agrees_with_itself_in_and_out_of_colour() {
        let (_, results) = results(INFUSION);
        let plain = summary(&results, 80, false);
        assert!(!plain.contains('\u{1b}'));
        let coloured = summary(&results, 80, true);
        assert!(coloured.contains('\u{1b}'));
        let mut stripped = String::new();
        let mut inside = false;
        for c in coloured.chars() {
            match c {
                '\u{1b}' => inside = true,
                'm' if inside => inside = false,
                c if !inside => stripped.push(c),
                _ => {}
            }
        }
        let trimmed = |t: &str| t.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        assert_eq!(trimmed(&stripped), trimmed(&plain));
    }
}
