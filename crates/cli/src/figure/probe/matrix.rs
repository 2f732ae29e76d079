//! Connectivity between regions, before and at the probe, and the difference.

use crate::figure::panel::{MARGIN, WIDTH};
use crate::figure::sheet::{START, Sheet};
use crate::figure::svg::Anchor;
use crate::figure::{Picture, Table, words};
use std::fmt::Write;

/// Steps of the colour scale on each side of zero.
const STEPS: i32 = 8;
/// Blue and red of a scale that the colour-blind can read; white between.
const ENDS: [[f64; 3]; 2] = [[5.0, 113.0, 176.0], [202.0, 0.0, 32.0]];

/// Draws matrices before, at `moment` and their difference. Rows are in the order of `order`, whose groups are named.
pub fn matrices(before: &[f64], after: &[f64], order: &[usize], groups: &[(String, usize)], moment: &str) -> Picture {
    const GAP: f64 = 26.0;
    let n = order.len();
    let side = (WIDTH - 2.0 * MARGIN - 2.0 * GAP) / 3.0;
    let title = "Connectivity between regions".to_string();
    let what = format!(
        "Pearson correlation of the scanner's signal, mean over people; regions sorted by network. The difference has a \
         scale of its own. {moment} against before."
    );
    let mut sheet = Sheet::new(&title, &what);
    let difference: Vec<f64> = before.iter().zip(after).map(|(a, b)| b - a).collect();
    let top = |m: &[f64]| off_diagonal(m, n).map(f64::abs).fold(0.0, f64::max).max(1e-6);
    let shared = top(before).max(top(after));
    let y = sheet.y + 34.0;
    for (k, (name, matrix, scale)) in
        [("before", before, shared), (moment, after, shared), ("difference", &difference, top(&difference))]
            .into_iter()
            .enumerate()
    {
        let x = START + k as f64 * (side + GAP);
        let letter = char::from(b'A' + k as u8);
        sheet.name(letter, name, (x, y + 9.0), side);
        cells(&mut sheet, matrix, order, (x, y), side / n as f64, scale);
        frame(&mut sheet, groups, (x, y), side, n);
        legend(&mut sheet, (x, y + side + 10.0), side, scale);
    }
    let mut rows = Vec::new();
    for (a, (name, _)) in groups.iter().enumerate() {
        let members = |g: usize| {
            let from: usize = groups[..g].iter().map(|(_, k)| k).sum();
            &order[from..from + groups[g].1]
        };
        for (b, (other, _)) in groups.iter().enumerate().skip(a) {
            let mean = |m: &[f64]| {
                let pairs = members(a).iter().flat_map(|i| members(b).iter().map(move |j| (*i, *j)));
                let values: Vec<f64> = pairs.filter(|(i, j)| i != j).map(|(i, j)| m[i * n + j]).collect();
                values.iter().sum::<f64>() / values.len().max(1) as f64
            };
            let mut row = vec![format!("{name} – {other}")];
            row.extend([mean(before), mean(after), mean(&difference)].map(words::number));
            rows.push(row);
        }
    }
    sheet.y = y + side + 46.0;
    let table = Table { head: vec!["networks", "before", "then", "difference"], rows };
    let svg = sheet.finish("connectivity", &what);
    Picture { name: "connectivity", title, caption: what, svg, table }
}

fn off_diagonal(m: &[f64], n: usize) -> impl Iterator<Item = f64> {
    m.iter().enumerate().filter(move |(k, _)| k / n != k % n).map(|(_, x)| *x)
}

/// Cells of one colour are one path, so that a matrix stays small.
fn cells(sheet: &mut Sheet, matrix: &[f64], order: &[usize], (x, y): (f64, f64), size: f64, scale: f64) {
    let n = order.len();
    let mut paths: Vec<String> = vec![String::new(); (2 * STEPS + 1) as usize];
    for (row, i) in order.iter().enumerate() {
        let mut from = 0;
        while from < n {
            let step_at = |column: usize| if row == column { 0 } else { step(matrix[i * n + order[column]], scale) };
            let this = step_at(from);
            let mut to = from + 1;
            while to < n && step_at(to) == this {
                to += 1;
            }
            if this != 0 {
                let (left, width) = (x + from as f64 * size, (to - from) as f64 * size);
                let up = y + row as f64 * size;
                let _ = write!(paths[(this + STEPS) as usize], "M{left:.1} {up:.1}h{width:.1}v{size:.2}h-{width:.1}z");
            }
            from = to;
        }
    }
    for (k, path) in paths.iter().enumerate().filter(|(_, p)| !p.is_empty()) {
        sheet.out.painted_path(&colour(k as i32 - STEPS), path);
    }
}

fn step(value: f64, scale: f64) -> i32 {
    (value / scale * f64::from(STEPS)).round().clamp(-f64::from(STEPS), f64::from(STEPS)) as i32
}

fn colour(step: i32) -> String {
    let end = ENDS[usize::from(step > 0)];
    let share = f64::from(step.abs()) / f64::from(STEPS);
    let [r, g, b] = end.map(|c| (255.0 + (c - 255.0) * share).round() as u8);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The edge of a matrix and lines between networks.
fn frame(sheet: &mut Sheet, groups: &[(String, usize)], (x, y): (f64, f64), side: f64, n: usize) {
    let corners = vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)];
    let mut lines = vec![corners];
    let mut at = 0;
    for (_, count) in groups.iter().take(groups.len().saturating_sub(1)) {
        at += count;
        let place = side * at as f64 / n as f64;
        lines.push(vec![(x + place, y), (x + place, y + side)]);
        lines.push(vec![(x, y + place), (x + side, y + place)]);
    }
    sheet.out.path("leader", &lines);
}

fn legend(sheet: &mut Sheet, (x, y): (f64, f64), side: f64, scale: f64) {
    let width = side / f64::from(2 * STEPS + 1);
    for k in -STEPS..=STEPS {
        let left = x + f64::from(k + STEPS) * width;
        sheet.out.painted_path(&colour(k), &format!("M{left:.1} {y:.1}h{width:.2}v7h-{width:.2}z"));
    }
    for (at, anchor, value) in
        [(x, Anchor::Start, -scale), (x + 0.5 * side, Anchor::Middle, 0.0), (x + side, Anchor::End, scale)]
    {
        sheet.out.text(at, y + 19.0, anchor, "small muted", &words::number(value));
    }
}
