//! Single people over time, an arm a panel, with their mean.

use super::change::unit;
use super::named;
use crate::figure::axis::Value;
use crate::figure::frame::{Across, Frame, columns};
use crate::figure::sheet::{self, END, START, Sheet};
use crate::figure::svg::Anchor;
use crate::figure::words;
use crate::figure::{Picture, Table};
use study::trial::design::Design;
use study::trial::summary::{Sample, Summary};

const DAY_H: f64 = 24.0;

/// Draws it.
pub fn lines(design: &Design, summary: &Summary) -> Option<Picture> {
    const HEIGHT: f64 = 220.0;
    let m = summary.measure;
    let measure = design.layout.measures.get(m)?;
    let shown: usize = summary.arms.iter().map(|a| a.lines.len()).sum();
    let ends = summary.arms.iter().flat_map(|a| &a.lines).flatten();
    let until_h = ends.clone().map(|(day, _)| day * DAY_H).fold(0.0, f64::max);
    if shown == 0 || until_h <= 0.0 {
        return None;
    }
    let axis = Value::even(ends.map(|(_, x)| *x));
    let title = format!("Single people: {}", measure.label);
    let people = |n: usize| if n == 1 { "1 person".to_string() } else { format!("{n} people") };
    let what = format!(
        "Thin lines are {}, the first of each arm; the thick line is the mean of all who were seen.",
        people(shown)
    );
    let caption = format!("{what} A line ends where a person was last seen.");
    let mut sheet = Sheet::new(&title, &what);
    let many = summary.arms.len();
    let per_row = if many == 4 { 2 } else { many.min(3) };
    let mut rows = Vec::new();
    for (k, arm, name) in named(design, &summary.arms) {
        let places = columns(per_row, (START, END), 34.0, 20.0);
        let (left, width) = places[k % per_row];
        if k % per_row == 0 && k > 0 {
            sheet.y += HEIGHT + 90.0;
        }
        let frame =
            Frame { corner: (left, sheet.y + 46.0), size: (width, HEIGHT), across: Across::Hours(until_h), up: axis };
        let letter = char::from(b'A' + (k % 26) as u8);
        sheet.name(letter, name, frame.corner, width);
        let of = format!("{} of {} people", arm.lines.len(), arm.randomised);
        sheet.out.text(left + width, frame.corner.1 - 7.0, Anchor::End, "small muted", &of);
        frame.draw(&mut sheet.out, &unit(&measure.unit), "time since randomisation");
        let wisps: Vec<_> =
            arm.lines.iter().map(|l| frame.points(l.iter().map(|(day, x)| (day * DAY_H, *x)))).collect();
        sheet.out.path(&format!("w e{}", k % crate::figure::svg::INKS), &wisps);
        let mut over = Vec::new();
        for v in arm.visits.iter().filter(|v| !v.values[m].is_empty()) {
            let planned = &design.layout.visits[v.visit];
            let sample = Sample::of(&v.values[m]);
            over.push((planned.at_h, sample.mean));
            let mut row = vec![name.to_string(), super::change::visit_name(&planned.name), sample.n.to_string()];
            row.extend([sample.mean, sample.sd].map(words::score));
            rows.push(row);
        }
        let points = frame.points(over);
        sheet.out.path("halo", std::slice::from_ref(&points));
        sheet.out.path(&sheet::line(k), std::slice::from_ref(&points));
        points.into_iter().for_each(|p| sheet::marker(&mut sheet.out, k, &sheet::fill(k), p));
    }
    sheet.y += HEIGHT + 46.0 + 36.0;
    let table = Table { head: vec!["arm", "visit", "people seen", "mean", "SD"], rows };
    let names: Vec<String> = design.layout.treatments.iter().map(|t| t.name.clone()).collect();
    let svg = sheet.finish("people", &format!("{caption} Arms: {}.", words::list(&names)));
    Some(Picture { name: "people", title, caption, svg, table })
}
