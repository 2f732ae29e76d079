//! Mean change from baseline at each visit.

use super::{arms, named, trials};
use crate::figure::axis::Value;
use crate::figure::frame::{Across, Frame, beside};
use crate::figure::sheet::{self, END, Key, Sheet};
use crate::figure::svg::Anchor;
use crate::figure::words;
use crate::figure::{Picture, Table};
use study::analysis::distribution::student_t_quantile;
use study::statistic::{mean, quantile};
use study::trial::analyse::LEVEL;
use study::trial::design::Design;
use study::trial::summary::{Sample, Summary};

/// One arm at one visit.
pub(crate) struct Cell {
    /// Position of the arm.
    pub arm: usize,
    /// Position among the arm's visits.
    pub place: usize,
    /// Planned time.
    pub at_h: f64,
    /// Name of the visit.
    pub visit: String,
    /// People with a value.
    pub seen: usize,
    /// Mean change from the start; over trials where there are several.
    pub mean: f64,
    /// Standard deviation over people.
    pub sd: f64,
    /// Confidence interval of one trial, or the range of 95 % of trials; `None` at the start, and where one value is all
    /// there is.
    pub interval: Option<(f64, f64)>,
}

/// Draws it.
pub fn change(design: &Design, summary: &Summary) -> Option<Picture> {
    const LEFT: f64 = 150.0;
    const HEIGHT: f64 = 270.0;
    let measure = design.layout.measures.get(summary.measure)?;
    let cells = cells(design, summary);
    let until_h = cells.iter().map(|c| c.at_h).fold(0.0, f64::max);
    if until_h <= 0.0 {
        return None;
    }
    let observed: Vec<_> = published(design, summary.measure, until_h).collect();
    let ends = |(a, b): (f64, f64)| [a, b];
    let heights = cells.iter().flat_map(|c| c.interval.map(ends).into_iter().flatten().chain([c.mean]));
    let heights =
        heights.chain(observed.iter().flat_map(|o| o.interval.map(ends).into_iter().flatten().chain([o.change])));
    let axis = Value::even(heights.chain([0.0]));

    let many = design.layout.replicates > 1;
    let title = format!("Mean change of the {}", measure.label);
    let what = if many {
        format!("Mean over {} virtual trials; intervals hold 95 % of the trials' means.", design.layout.replicates)
    } else {
        "Those seen at each visit, as they were; intervals are 95 % confidence intervals of the mean.".into()
    };
    let caption =
        format!("{what} Below 0 means fewer symptoms than at the start. Nothing is put in for missing values.");
    let mut sheet = Sheet::new(&title, &what);
    let mut keys = arms(design);
    keys.extend(sources(design, &observed));
    sheet.legend(&keys);
    let frame =
        Frame { corner: (LEFT, sheet.y + 26.0), size: (END - LEFT, HEIGHT), across: Across::Hours(until_h), up: axis };
    let unit = format!("change from the start, {}", unit(&measure.unit));
    frame.draw(&mut sheet.out, &unit, "time since randomisation, to scale");
    if let Some(y) = frame.y(0.0) {
        sheet.out.line("none", (LEFT, y), (frame.right(), y));
    }
    let count = summary.arms.len();
    // At the start all arms stand at 0: one place for all.
    let shifted = |at_h: f64, arm: usize| frame.x(at_h).map(|x| if at_h > 0.0 { x + beside(arm, count) } else { x });
    for (k, ..) in named(design, &summary.arms) {
        let own = || cells.iter().filter(move |c| c.arm == k);
        let points: Vec<_> = own().filter_map(|c| Some((shifted(c.at_h, k)?, frame.y(c.mean)?))).collect();
        sheet.out.path(&sheet::line(k), &[points]);
    }
    for c in &cells {
        let (Some(x), Some(y)) = (shifted(c.at_h, c.arm), frame.y(c.mean)) else { continue };
        if let Some((low, high)) = c.interval {
            sheet::upright(&mut sheet.out, &sheet::interval(c.arm), x, (frame.y_clamped(low), frame.y_clamped(high)));
        }
        sheet::marker(&mut sheet.out, c.arm, &sheet::fill(c.arm), (x, y));
    }
    for (place, o) in observed.iter().enumerate() {
        const STEP_PX: f64 = 6.0;
        let (Some(x), Some(y)) = (frame.x(o.at_h), frame.y(o.change)) else { continue };
        // Beyond the arms, those of one time side by side.
        let before = observed[..place].iter().filter(|b| b.at_h == o.at_h).count();
        let x = x + beside(count - 1, count) + STEP_PX * (1 + before) as f64;
        if let Some((low, high)) = o.interval {
            sheet::upright(&mut sheet.out, "none", x, (frame.y_clamped(low), frame.y_clamped(high)));
        }
        sheet::marker(&mut sheet.out, o.treatment, &sheet::hollow(o.treatment), (x, y));
    }
    let mut y = frame.bottom() + 46.0;
    let head = if many { "people seen, all trials" } else { "people seen" };
    sheet.out.text(sheet::START, y, Anchor::Start, "small muted", head);
    for (k, _, name) in named(design, &summary.arms) {
        y += 15.0;
        let seen: Vec<(f64, u64)> =
            cells.iter().filter(|c| c.arm == k).filter_map(|c| Some((frame.x(c.at_h)?, c.seen as u64))).collect();
        sheet::counts(&mut sheet, k, name, (LEFT, y), &seen);
    }
    sheet.y = y + 8.0;
    let table = table(design, &cells);
    let svg = sheet.finish("change", &format!("{caption} {}", told(design, &cells)));
    Some(Picture { name: "change", title, caption, svg, table })
}

/// Every arm at every visit that takes the measure.
pub(crate) fn cells(design: &Design, summary: &Summary) -> Vec<Cell> {
    let m = summary.measure;
    let mut cells = Vec::new();
    for (k, arm, _) in named(design, &summary.arms) {
        for (place, v) in arm.visits.iter().enumerate().filter(|(_, v)| !v.changes[m].is_empty()) {
            let planned = &design.layout.visits[v.visit];
            let sample = Sample::of(&v.changes[m]);
            let mut means: Vec<f64> = summary.trials.iter().map(|t| t[k][place]).filter(|x| x.is_finite()).collect();
            means.sort_by(f64::total_cmp);
            let tail = 0.5 * (1.0 - LEVEL);
            let (mean, interval) = if design.layout.replicates > 1 {
                (mean(&means), Some((quantile(&means, tail), quantile(&means, 1.0 - tail))))
            } else {
                let half = student_t_quantile(1.0 - tail, sample.n as f64 - 1.0) * sample.error();
                (sample.mean, Some((sample.mean - half, sample.mean + half)))
            };
            let interval = interval.filter(|(a, b)| planned.at_h > 0.0 && a.is_finite() && b.is_finite());
            cells.push(Cell {
                arm: k,
                place,
                at_h: planned.at_h,
                visit: visit_name(&planned.name),
                seen: sample.n,
                mean,
                sd: sample.sd,
                interval,
            });
        }
    }
    cells
}

/// Measured points of a measure that can be drawn.
pub fn published(
    design: &Design,
    measure: usize,
    until_h: f64,
) -> impl Iterator<Item = &study::trial::design::Observed> {
    let finite = |(a, b): (f64, f64)| a.is_finite() && b.is_finite();
    design.observed.iter().filter(move |o| {
        o.measure == measure && o.change.is_finite() && o.at_h <= until_h && o.interval.is_none_or(finite)
    })
}

/// Where measured points are from, each arm and source once.
pub fn sources(design: &Design, observed: &[&study::trial::design::Observed]) -> Vec<(Key, String)> {
    let mut keys: Vec<(Key, String)> = Vec::new();
    for o in observed {
        let name = format!("{}, published: {}", design.layout.treatments[o.treatment].name, o.source);
        if !keys.iter().any(|(_, n)| *n == name) {
            keys.push((Key::Published(o.treatment), name));
        }
    }
    keys
}

/// A visit of the first period without saying so.
pub fn visit_name(name: &str) -> String {
    name.strip_prefix("Period 1 ").unwrap_or(name).to_string()
}

/// A unit as people write it.
pub fn unit(unit: &str) -> String {
    match unit {
        "point" => "points".into(),
        "1" => "relative".into(),
        other => other.to_string(),
    }
}

fn table(design: &Design, cells: &[Cell]) -> Table {
    let many = design.layout.replicates > 1;
    let head = ["arm", "visit", "time", "people seen", "mean change", "SD", "lower", "upper"];
    let ends = if many { ["2.5 % of trials below", "97.5 % below"] } else { ["95 % from", "to"] };
    let mut head: Vec<&'static str> = head.to_vec();
    head.splice(6.., ends);
    let row = |c: &Cell| {
        let (low, high) = c.interval.unwrap_or((f64::NAN, f64::NAN));
        let mut row = vec![design.layout.treatments[c.arm].name.clone(), c.visit.clone(), time_in_words(c.at_h)];
        row.push(c.seen.to_string());
        row.extend([c.mean, c.sd, low, high].map(words::score));
        row
    };
    Table { head, rows: cells.iter().map(row).collect() }
}

/// A time after randomisation.
pub(crate) fn time_in_words(at_h: f64) -> String {
    if at_h == 0.0 { "start".into() } else { words::span(at_h) }
}

/// The last visit in words.
fn told(design: &Design, cells: &[Cell]) -> String {
    let last = cells.iter().map(|c| c.at_h).fold(0.0, f64::max);
    let each: Vec<String> = cells
        .iter()
        .filter(|c| c.at_h == last)
        .map(|c| {
            let between =
                c.interval.map_or(String::new(), |(a, b)| format!(" ({} to {})", words::score(a), words::score(b)));
            format!("{} {}{between}", design.layout.treatments[c.arm].name, words::score(c.mean))
        })
        .collect();
    format!("After {}, in {}: {}.", words::span(last), trials(design), words::list(&each))
}
