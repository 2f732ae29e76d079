//! Visual predictive check: how values spread over people, and how that spread differs between trials.

use super::change::{published, sources, unit, visit_name};
use super::named;
use crate::figure::axis::Value;
use crate::figure::frame::{Across, Frame, columns};
use crate::figure::sheet::{self, END, START, Sheet};
use crate::figure::svg::{Anchor, INKS};
use crate::figure::words;
use crate::figure::{Picture, Table};
use study::statistic::{mean, quantile};
use study::trial::design::Design;
use study::trial::summary::{Arm, PERCENTILES, Summary};

/// Room for the names of the lines beside the last panel.
const LABELS: f64 = 30.0;

/// One arm at one visit.
struct Cell {
    at_h: f64,
    visit: String,
    seen: usize,
    /// Of all people, at each of [`PERCENTILES`].
    middle: [f64; 3],
    /// Range of 95 % of trials; equal to the above for one trial.
    range: [(f64, f64); 3],
}

/// Draws it.
pub fn check(design: &Design, summary: &Summary) -> Option<Picture> {
    const HEIGHT: f64 = 220.0;
    let m = summary.measure;
    let measure = design.layout.measures.get(m)?;
    let all: Vec<Vec<Cell>> = named(design, &summary.arms).map(|(k, arm, _)| cells(design, summary, k, arm)).collect();
    let until_h = all.iter().flatten().map(|c| c.at_h).fold(0.0, f64::max);
    if until_h <= 0.0 {
        return None;
    }
    let start = |arm: usize| mean(summary.arms[arm].visits.first().map_or(&[][..], |v| &v.values[m]));
    let observed: Vec<_> = published(design, m, until_h).filter(|o| start(o.treatment).is_finite()).collect();
    let points = observed.iter().flat_map(|o| {
        let (a, b) = o.interval.unwrap_or((o.change, o.change));
        [a, b, o.change].map(|x| start(o.treatment) + x)
    });
    let drawn = all.iter().flatten().flat_map(|c| c.range.iter().flat_map(|(a, b)| [*a, *b]).chain(c.middle));
    let axis = Value::even(drawn.chain(points));

    let many = design.layout.replicates > 1;
    let title = format!("Spread over people: {} (visual predictive check)", measure.label);
    let what = "Lines: the values that 5 %, half and 95 % of people stay below.".to_string();
    let bands = match (many, observed.is_empty()) {
        (true, _) => {
            format!(" Bands: the range of each in 95 % of {} virtual trials of this size.", design.layout.replicates)
        }
        (false, _) => " Of one trial there is no band: run several (--replicates) to see how far they differ.".into(),
    };
    let laid = if observed.is_empty() {
        String::new()
    } else {
        " Hollow: published mean changes, set on this arm's mean at the start.".to_string()
    };
    let what = format!("{what}{bands}{laid}");
    let caption = match observed.is_empty() {
        true => format!("{what} The protocol names no published points to hold this against."),
        false => what.clone(),
    };
    let mut sheet = Sheet::new(&title, &what);
    let keys = sources(design, &observed);
    if !keys.is_empty() {
        sheet.legend(&keys);
    }
    let count = all.len();
    let per_row = if count == 4 { 2 } else { count.min(3) };
    for (k, _, name) in named(design, &summary.arms) {
        let (left, width) = columns(per_row, (START, END - LABELS), 34.0, 20.0)[k % per_row];
        if k % per_row == 0 && k > 0 {
            sheet.y += HEIGHT + 90.0;
        }
        let corner = (left, sheet.y + 46.0);
        let frame = Frame { corner, size: (width, HEIGHT), across: Across::Hours(until_h), up: axis };
        sheet.name(char::from(b'A' + (k % 26) as u8), name, corner, width);
        frame.draw(&mut sheet.out, &unit(&measure.unit), "time since randomisation");
        let cells = &all[k];
        for (p, share) in PERCENTILES.iter().enumerate() {
            if many {
                let lower = frame.points(cells.iter().map(|c| (c.at_h, c.range[p].0)));
                let upper = frame.points(cells.iter().map(|c| (c.at_h, c.range[p].1)));
                let corners: Vec<_> = upper.into_iter().chain(lower.into_iter().rev()).collect();
                if corners.len() > 3 {
                    sheet.out.shape(&sheet::band(k), &corners);
                }
            }
            let points = frame.points(cells.iter().map(|c| (c.at_h, c.middle[p])));
            // The middle is the arm's own line; the outer two are thin and whole, so that no dash tells them apart.
            let class = if p == 1 { sheet::line(k) } else { format!("e e{}", k % INKS) };
            if let (Some((x, y)), true) = (points.last().copied(), k % per_row + 1 == per_row || k + 1 == count) {
                let text = format!("{:.0} %", 100.0 * share);
                sheet.out.text(x + 22.0, y + 3.6, Anchor::Start, "small", &text);
            }
            if p == 1 {
                points.iter().for_each(|q| sheet::marker(&mut sheet.out, k, &sheet::fill(k), *q));
            }
            sheet.out.path(&class, &[points]);
        }
        for o in observed.iter().filter(|o| o.treatment == k) {
            let Some((x, y)) = frame.point((o.at_h, start(k) + o.change)) else { continue };
            if let Some((low, high)) = o.interval {
                let ends = (frame.y_clamped(start(k) + low), frame.y_clamped(start(k) + high));
                sheet::upright(&mut sheet.out, "none", x, ends);
            }
            sheet::marker(&mut sheet.out, k, &sheet::hollow(k), (x, y));
        }
    }
    sheet.y += HEIGHT + 46.0 + 36.0;
    let table = table(design, &all);
    let names: Vec<String> = design.layout.treatments.iter().map(|t| t.name.clone()).collect();
    let svg = sheet.finish("spread", &format!("{caption} Arms: {}.", words::list(&names)));
    Some(Picture { name: "spread", title, caption, svg, table })
}

fn cells(design: &Design, summary: &Summary, k: usize, arm: &Arm) -> Vec<Cell> {
    let m = summary.measure;
    let taken = arm.visits.iter().enumerate().filter(|(_, v)| !v.values[m].is_empty());
    taken
        .map(|(place, v)| {
            let mut values = v.values[m].clone();
            values.sort_by(f64::total_cmp);
            let middle = PERCENTILES.map(|p| quantile(&values, p));
            let mut range = middle.map(|x| (x, x));
            if design.layout.replicates > 1 {
                for (p, range) in range.iter_mut().enumerate() {
                    let mut over: Vec<f64> =
                        summary.percentiles.iter().map(|t| t[k][place][p]).filter(|x| x.is_finite()).collect();
                    over.sort_by(f64::total_cmp);
                    *range = (quantile(&over, 0.025), quantile(&over, 0.975));
                }
            }
            let planned = &design.layout.visits[v.visit];
            Cell { at_h: planned.at_h, visit: visit_name(&planned.name), seen: values.len(), middle, range }
        })
        .collect()
}

fn table(design: &Design, all: &[Vec<Cell>]) -> Table {
    let many = design.layout.replicates > 1;
    let mut rows = Vec::new();
    for (cells, treatment) in all.iter().zip(&design.layout.treatments) {
        for c in cells {
            let mut row = vec![treatment.name.clone(), c.visit.clone(), c.seen.to_string()];
            row.extend(c.middle.iter().zip(c.range).map(|(x, (low, high))| {
                let range =
                    if many { format!(" ({} to {})", words::score(low), words::score(high)) } else { String::new() };
                format!("{}{range}", words::score(*x))
            }));
            rows.push(row);
        }
    }
    Table { head: vec!["arm", "visit", "people seen", "5 % below", "half below", "95 % below"], rows }
}
