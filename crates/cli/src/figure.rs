//! Figures as SVG: no script, no foreign font, a title and a description for those who cannot see them.
//!
//! [`ladder`] draws one run from blood to symptom, [`compare`] the same signals of several runs over each other. Nothing
//! here reads a file or knows a biological number: all of it comes from [`Results`](resynapse::run::Results).

mod axis;
mod compare;
mod frame;
mod label;
mod ladder;
mod panel;
pub mod probe;
mod response;
mod sheet;
mod signal;
mod svg;
pub mod trial;
mod wiring;
pub(crate) mod words;

pub(crate) use axis::{Time, Value};
pub use compare::{Pace, compare, inside_a_sentence, pace, telling};
pub use ladder::ladder;
pub(crate) use ladder::{lane_title, shared_part};
pub use response::{Response, Signal, response};
pub(crate) use signal::{extreme_in_words, farthest, kin, moved, present, weakest};
pub use wiring::{Link, Node, Strength, Wiring, first_sentence, wiring};
pub use words::title as name_in_words;

/// What stands on every figure.
pub const NOT_ADVICE: &str = "A model, not medical advice; it cannot say what will happen to you.";

/// A figure with its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Name of its file, without ending.
    pub name: &'static str,
    /// Headline.
    pub title: String,
    /// What it shows, in sentences.
    pub caption: String,
    /// The drawing.
    pub svg: String,
    /// What it shows, as numbers.
    pub table: Table,
}

/// Text in columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Names of the columns.
    pub head: Vec<&'static str>,
    /// Rows, as long as the head.
    pub rows: Vec<Vec<String>>,
}

/// Measured points of one signal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The signal's port.
    pub port: String,
    /// Where they are from, as in `Otto 2021`.
    pub name: String,
    /// Hours since the first dose, and values in the unit of the trace.
    pub points: Vec<(f64, f64)>,
}

/// How a figure is made.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Distinguishes figures on one page: their ids begin with it.
    pub id: &'a str,
    /// The headline; the dose sentence if empty.
    pub title: &'a str,
    /// Measurements to lay over the curves.
    pub observed: &'a [Observed],
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { id: "ladder", title: "", observed: &[] }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use resynapse::atlas::Atlas;
    use resynapse::run::{Plan, Results, run};

    /// A run of the embedded atlas.
    pub(crate) fn results(text: &str) -> (Atlas, Results) {
        let atlas = Atlas::embedded();
        let mut map = model::source::SourceMap::default();
        let regimen = resynapse::regimen::sentence(&atlas, &mut map, text).expect("a dose sentence");
        let results = run(&atlas, &Plan::new(text, regimen)).expect("a run");
        (atlas, results)
    }

    const INFUSION: &str = "ketamine 0.5 mg/kg iv over 40 min";
    const COURSE: &str = "esketamine 84 mg nasal twice weekly for 4 weeks";

    #[test]
    fn agrees_with_itself() {
        let draw = || {
            let (_, results) = results(INFUSION);
            (super::ladder(&results, &super::Options::default()), super::compare(&[&results], &[]))
        };
        assert_eq!(draw(), draw());
    }

    #[test]
    fn agrees_with_the_lanes_of_the_assembly() {
        for text in [INFUSION, COURSE, "saline iv over 40 min"] {
            let (_, results) = results(text);
            let svg = super::ladder(&results, &super::Options::default());
            for trace in results.traces() {
                assert!(svg.contains(&super::lane_title(&trace.lane)), "{text}: no lane {}", trace.lane);
            }
            assert!(svg.starts_with("<svg") && svg.contains("role=\"img\"") && svg.contains(super::NOT_ADVICE));
            assert!(!svg.contains("NaN") && !svg.contains("inf ") && !svg.contains("<script"));
            assert!(svg.len() < 200_000, "{text}: {} bytes", svg.len());
        }
    }

    #[test]
    fn agrees_with_short_and_long_horizons() {
        let atlas = Atlas::embedded();
        for until_h in [0.1, 6.0, 30.0, 2016.0] {
            let mut map = model::source::SourceMap::default();
            let regimen = resynapse::regimen::sentence(&atlas, &mut map, INFUSION).expect("a dose sentence");
            let results = run(&atlas, &Plan { until_h, ..Plan::new("a run", regimen) }).expect("a run");
            let svg = super::ladder(&results, &super::Options::default());
            assert!(!svg.contains("NaN") && svg.contains(&super::words::span_short(until_h)), "{until_h} h");
            let page = crate::report::html(&crate::report::Report::new(&atlas, &results));
            assert!(!page.contains("NaN"), "{until_h} h");
            assert!(!crate::terminal::summary(&results, 80, false).contains("NaN"), "{until_h} h");
        }
    }

    #[test]
    fn agrees_with_measured_points() {
        let (_, results) = results(INFUSION);
        let points = vec![(1.0, 100.0), (9000.0, 1.0)];
        let observed = [super::Observed { port: "plasma.ketamine".into(), name: "A study".into(), points }];
        let svg = super::ladder(&results, &super::Options { observed: &observed, ..Default::default() });
        // One in the panel, one in the label; what lies outside the axes is not drawn.
        assert_eq!(svg.matches("class=\"point\"").count(), 2);
        assert!(svg.contains("A study"));
    }

    #[test]
    fn rejects_markup_in_a_title() {
        let (_, results) = results(INFUSION);
        let options = super::Options { title: "</svg><script>", ..Default::default() };
        assert!(!super::ladder(&results, &options).contains("<script"));
    }
}
