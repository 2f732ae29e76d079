//! Spikes of single cells over a second, a moment a panel.

use crate::figure::axis::Value;
use crate::figure::frame::{Across, Frame, columns};
use crate::figure::sheet::{END, START, Sheet};
use crate::figure::svg::Anchor;
use crate::figure::{Picture, Table, words};
use neural::circuit::CellType;
use neural::circuit::rest::Resting;
use std::fmt::Write;

/// Kinds of cells from the top down, with their class of colour.
const KINDS: [(CellType, &str, &str); 3] = [
    (CellType::Pyramidal, "pyramidal", "e0"),
    (CellType::Parvalbumin, "PV-like", "e1"),
    (CellType::Somatostatin, "SST-like", "e2"),
];

/// Draws the first person's circuit at each of at most three moments.
pub fn raster(moments: &[(&Resting, String)]) -> Option<Picture> {
    const HEIGHT: f64 = 300.0;
    const MOST: usize = 3;
    let shown = &moments[..moments.len().min(MOST)];
    if shown.iter().all(|(r, _)| r.raster.is_empty()) {
        return None;
    }
    let title = "Spikes of single cells".to_string();
    let what = "One second of one circuit. Each dash is a spike, each row a cell; the same cells with the same wiring \
                and noise at every moment."
        .to_string();
    let mut sheet = Sheet::new(&title, &what);
    let top = sheet.y + 46.0;
    let mut rows = Vec::new();
    for (k, ((rest, name), place)) in shown.iter().zip(columns(shown.len(), (START, END), 60.0, 16.0)).enumerate() {
        let frame = Frame {
            corner: (place.0, top),
            size: (place.1, HEIGHT),
            across: Across::Value(Value::Even { low: 0.0, high: 1000.0 }),
            up: Value::Even { low: 0.0, high: 1.0 },
        };
        sheet.name(char::from(b'A' + k as u8), name, frame.corner, frame.size.0);
        let first = rest.raster.iter().map(|s| s.step).min().unwrap_or(0);
        let cells = rest.raster_cells.len().max(1) as f64;
        let height = HEIGHT / cells;
        for (kind, label, class) in KINDS {
            let members: Vec<usize> =
                (0..rest.raster_cells.len()).filter(|i| rest.raster_cells[*i].0 == kind).collect();
            let (Some(from), Some(to)) = (members.first(), members.last()) else { continue };
            let mut path = String::new();
            for spike in &rest.raster {
                let Some(row) = members.iter().find(|i| rest.raster_cells[**i].1 == spike.cell) else { continue };
                let Some(x) = frame.x(f64::from(spike.step - first) * rest.step_ms) else { continue };
                let y = top + *row as f64 * height;
                let _ = write!(path, "M{x:.1} {y:.1}v{:.1}", (height - 0.3).max(0.7));
            }
            sheet.out.raw_path(&format!("e {class}"), &path);
            if k == 0 {
                let middle = top + 0.5 * (*from + *to) as f64 * height + 4.0;
                sheet.out.text(place.0 - 8.0, middle, Anchor::End, "small", label);
            }
            let at = KINDS.iter().position(|(c, ..)| *c == kind).unwrap_or(0);
            rows.push(vec![name.clone(), label.to_string(), words::number(rest.rates_hz[at])]);
        }
        for mark in [0.0, 250.0, 500.0, 750.0, 1000.0] {
            let Some(x) = frame.x(mark) else { continue };
            sheet.out.text(x, frame.bottom() + 14.0, Anchor::Middle, "small muted", &words::tick(mark));
        }
        sheet.out.line("axis", (place.0, frame.bottom()), (frame.right(), frame.bottom()));
        let middle = 0.5 * (place.0 + frame.right());
        sheet.out.text(middle, frame.bottom() + 29.0, Anchor::Middle, "small muted", "ms");
    }
    sheet.y = top + HEIGHT + 38.0;
    let table = Table { head: vec!["at", "cells", "mean rate, Hz"], rows };
    let svg = sheet.finish("raster", &what);
    Some(Picture { name: "raster", title, caption: what, svg, table })
}
