//! Connectivity within and between networks at each moment.

use crate::figure::axis::Value;
use crate::figure::frame::{Across, Frame, columns};
use crate::figure::sheet::{self, END, Key, START, Sheet};
use crate::figure::svg::Anchor;
use crate::figure::{Picture, Table, words};
use crate::probe::Findings;
use study::statistic::{mean, sd};

/// Readings that are shown, with a short name.
const SHOWN: [(&str, &str); 4] = [
    ("fc.default", "within default"),
    ("fc.default_task", "default to task"),
    ("fc.salience", "within salience"),
    ("fc.insula_default", "insula to default"),
];

/// Draws bars for each moment, before first; nothing for a connectome without these networks.
pub fn networks(findings: &Findings, names: &[String]) -> Option<Picture> {
    const HEIGHT: f64 = 260.0;
    let first = findings.people.first()?.first()?;
    let known: Vec<(&str, &str)> =
        SHOWN.into_iter().filter(|(id, _)| first.readings.iter().any(|r| r.name == format!("{id}.raw"))).collect();
    if known.is_empty() {
        return None;
    }
    let many = findings.people.len() > 1;
    let title = "Networks over time".to_string();
    let spread = if many { " Upright lines: 95 % intervals of the mean over people." } else { "" };
    let what =
        format!("Mean correlation of the scanner's signal, as it is and after the global signal is taken out.{spread}");
    let mut sheet = Sheet::new(&title, &what);
    sheet.legend(&names.iter().enumerate().map(|(k, n)| (Key::Marker(k), n.clone())).collect::<Vec<_>>());
    let top = sheet.y + 46.0;
    let mut rows = Vec::new();
    let panels = [("raw", "As it is"), ("regressed", "Global signal regressed")];
    for (panel, ((end, name), (left, width))) in
        panels.into_iter().zip(columns(2, (START, END), 46.0, 30.0)).enumerate()
    {
        // Mean and half of its interval, network by network, moment by moment.
        let values: Vec<Vec<[f64; 2]>> = known
            .iter()
            .map(|(id, _)| {
                (0..names.len())
                    .map(|k| {
                        let wanted = format!("{id}.{end}");
                        let of = |p: &Vec<resynapse::probe::Outcome>| {
                            p.get(k)?.readings.iter().find(|r| r.name == wanted).map(|r| r.value)
                        };
                        let all: Vec<f64> = findings.people.iter().filter_map(of).collect();
                        let half = if many { 1.96 * sd(&all) / (all.len() as f64).sqrt() } else { 0.0 };
                        [mean(&all), half]
                    })
                    .collect()
            })
            .collect();
        let ends = values.iter().flatten().flat_map(|[m, h]| [m - h, m + h]).chain([0.0]);
        let up = Value::even(ends);
        let across = Across::Value(Value::Even { low: 0.0, high: known.len() as f64 });
        let frame = Frame { corner: (left, top), size: (width, HEIGHT), across, up };
        sheet.name(char::from(b'A' + panel as u8), name, frame.corner, width);
        sheet.out.text(left, top - 7.0, Anchor::Start, "small muted", "r");
        for mark in up.ticks(6) {
            let Some(y) = frame.y(mark) else { continue };
            sheet.out.line("grid", (left, y), (frame.right(), y));
            sheet.out.text(left - 6.0, y + 3.6, Anchor::End, "small muted", &words::tick(mark));
        }
        let zero = frame.y_clamped(0.0);
        sheet.out.line("none", (left, zero), (frame.right(), zero));
        let room = width / known.len() as f64;
        for (n, (values, (_, label))) in values.iter().zip(&known).enumerate() {
            let each = 0.7 * room / names.len() as f64;
            for (k, [m, half]) in values.iter().enumerate() {
                let from = left + (n as f64 + 0.15) * room + k as f64 * each;
                let y = frame.y_clamped(*m);
                let size = ((each - 2.0).max(1.0), (y - zero).abs().max(0.5));
                sheet.out.rectangle(&sheet::fill(k), (from + 1.0, y.min(zero)), size, 0.0);
                if many {
                    let ends = (frame.y_clamped(m - half), frame.y_clamped(m + half));
                    sheet::upright(&mut sheet.out, "none", from + 0.5 * each, ends);
                }
                rows.push(vec![label.to_string(), name.to_string(), names[k].clone(), words::number(*m)]);
            }
            let middle = left + (n as f64 + 0.5) * room;
            sheet.out.text(middle, frame.bottom() + 14.0, Anchor::Middle, "small", label);
        }
    }
    sheet.y = top + HEIGHT + 26.0;
    let table = Table { head: vec!["networks", "signal", "at", "mean r"], rows };
    let svg = sheet.finish("networks", &what);
    Some(Picture { name: "networks", title, caption: what, svg, table })
}
