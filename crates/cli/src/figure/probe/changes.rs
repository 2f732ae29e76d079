//! How far each reading moved, in standard deviations of the change over people.

use crate::figure::axis::Value;
use crate::figure::frame::{Across, Frame};
use crate::figure::panel::text_width;
use crate::figure::sheet::{self, END, Key, START, Sheet};
use crate::figure::svg::Anchor;
use crate::figure::{Picture, Table, words};
use study::probe::Change;

/// A reading at one moment of the protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// What was read.
    pub label: String,
    /// Its unit.
    pub unit: &'static str,
    /// Position of the moment among those probed.
    pub moment: usize,
    /// The change over people.
    pub change: Change,
}

/// Draws it; `moments` are the names of the probed moments. Nothing where no change has a spread.
pub fn changes(shifts: &[Shift], moments: &[String]) -> Option<Picture> {
    const ROW: f64 = 17.0;
    const GAP: f64 = 8.0;
    let known: Vec<(&Shift, [f64; 3])> =
        shifts.iter().filter_map(|s| s.change.paired.as_ref().map(|p| (s, [p.limits[0], p.dz, p.limits[1]]))).collect();
    let people = known.iter().map(|(s, _)| s.change.people).max()?;
    let title = "What changed, against the same people before".to_string();
    let what = format!(
        "{people} virtual people, each probed twice with the same wiring and noise. Effect sizes are mean changes over \
         the standard deviation of changes (dz), with 95 % intervals."
    );
    let mut sheet = Sheet::new(&title, &what);
    sheet.legend(&moments.iter().enumerate().map(|(k, m)| (Key::Marker(k), m.clone())).collect::<Vec<_>>());
    let mut labels: Vec<&str> = Vec::new();
    for (s, _) in &known {
        if !labels.contains(&s.label.as_str()) {
            labels.push(&s.label);
        }
    }
    let left = START + 12.0 + labels.iter().map(|l| text_width(l, 12.0)).fold(0.0, f64::max);
    let ends = known.iter().flat_map(|(_, x)| *x).chain([0.0]);
    let height = labels.len() as f64 * (ROW * moments.len() as f64 + GAP) + GAP;
    let frame = Frame {
        corner: (left, sheet.y + 14.0),
        size: (END - left, height),
        across: Across::Value(Value::even(ends)),
        up: Value::Even { low: 0.0, high: 1.0 },
    };
    let (top, bottom) = (frame.corner.1, frame.bottom());
    for mark in frame.marks() {
        let Some(x) = frame.x(mark) else { continue };
        sheet.out.line("grid", (x, top), (x, bottom));
        sheet.out.text(x, bottom + 14.0, Anchor::Middle, "small muted", &words::tick(mark));
    }
    if let Some(x) = frame.x(0.0) {
        sheet.out.line("none", (x, top), (x, bottom));
    }
    let mut rows = Vec::new();
    let mut y = top + GAP;
    for label in &labels {
        let height = ROW * moments.len() as f64;
        sheet.out.text(left - 10.0, y + 0.5 * height + 4.0, Anchor::End, "", label);
        for (s, [low, dz, high]) in known.iter().filter(|(s, _)| s.label == *label) {
            let at = y + ROW * (s.moment as f64 + 0.5);
            if let (Some(a), Some(m), Some(b)) = (frame.x(*low), frame.x(*dz), frame.x(*high)) {
                sheet::level(&mut sheet.out, &sheet::interval(s.moment), (a, b), at);
                sheet::marker(&mut sheet.out, s.moment, &sheet::fill(s.moment), (m, at));
            }
            let mut row = vec![label.to_string(), moments[s.moment].clone(), s.unit.to_string()];
            row.extend([s.change.before, s.change.after, *dz, *low, *high].map(words::number));
            rows.push(row);
        }
        y += height + GAP;
    }
    sheet.out.text(0.5 * (left + END), bottom + 29.0, Anchor::Middle, "small muted", "dz: fell | rose");
    sheet.y = bottom + 38.0;
    let table = Table { head: vec!["reading", "at", "unit", "before", "then", "dz", "95 % from", "to"], rows };
    let svg = sheet.finish("changes", &what);
    Some(Picture { name: "changes", title, caption: what, svg, table })
}
