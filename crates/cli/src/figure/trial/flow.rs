//! Who entered, who left and why: a flow of people.

use super::{began, named, trials};
use crate::figure::frame::columns;
use crate::figure::panel::text_width;
use crate::figure::sheet::{END, START, Sheet};
use crate::figure::svg::Anchor;
use crate::figure::words;
use crate::figure::{Picture, Table};
use study::trial::design::Design;
use study::trial::summary::Summary;

/// Names of the ends, in the order of the summary's.
pub const ENDS: [&str; 5] =
    ["completed", "left: no benefit", "left: adverse event", "left: other reason", "could not be computed"];
/// Names of what else happened, in the order of the summary's.
pub const EVENTS: [&str; 5] = ["rescued", "treated again", "treated outside", "dose changed", "dosing stopped"];

const LINE: f64 = 16.0;
const GAP: f64 = 22.0;

/// Draws it.
pub fn flow(design: &Design, summary: &Summary) -> Option<Picture> {
    let count = summary.arms.len();
    let title = "Who took part".to_string();
    let mut caption = format!("People in {}.", trials(design));
    if design.lead_in.as_ref().is_some_and(|l| l.goes_on.is_some()) {
        caption.push_str(" Candidates had to meet the entry criteria, and the criterion at the end of the lead-in.");
    }
    if design.period_h.is_some() {
        caption.push_str(" In a crossover people stand under the treatment that came first.");
    }
    let mut sheet = Sheet::new(&title, &caption);
    let out_by = summary.screened.saturating_sub(summary.people);
    let middle = 0.5 * (START + END);
    let mut y = sheet.y + 8.0;
    let wide = 230.0;
    if design.file.is_none() {
        let end = boxed(&mut sheet, (middle - 0.5 * wide, wide), y, &[format!("{} candidates", summary.screened)]);
        let excluded = [format!("{out_by} did not enter"), share(out_by, summary.screened)];
        let side = (middle + 150.0, end - 2.0);
        boxed(&mut sheet, (side.0, 180.0), side.1, &excluded);
        let centre = side.1 + 0.5 * height(&excluded);
        sheet.out.line("axis", (middle, centre), (side.0, centre));
        let next = end + height(&excluded) + 12.0;
        sheet.out.line("axis", (middle, end), (middle, next));
        y = next;
    }
    let each = if design.layout.replicates > 1 {
        vec![format!("{} randomised", summary.people), format!("{} in each trial", design.layout.size)]
    } else {
        vec![format!("{} randomised", summary.people)]
    };
    let end = boxed(&mut sheet, (middle - 0.5 * wide, wide), y, &each);
    let bar = end + 0.5 * GAP;
    sheet.out.line("axis", (middle, end), (middle, bar));
    const WIDEST: f64 = 270.0;
    let narrowed = |(x, width): (f64, f64)| (x + 0.5 * (width - width.min(WIDEST)), width.min(WIDEST));
    let places: Vec<(f64, f64)> = columns(count, (START, END), 0.0, 14.0).into_iter().map(narrowed).collect();
    let centre = |k: usize| places[k].0 + 0.5 * places[k].1;
    if count > 1 {
        sheet.out.line("axis", (centre(0), bar), (centre(count - 1), bar));
    }
    let mut rows = Vec::new();
    let happened: Vec<usize> = (0..EVENTS.len()).filter(|e| summary.arms.iter().any(|a| a.events[*e] > 0)).collect();
    let ended: Vec<usize> = (1..ENDS.len()).filter(|e| summary.arms.iter().any(|a| a.ends[*e] > 0)).collect();
    let mut lowest = bar;
    for (k, arm, _) in named(design, &summary.arms) {
        let n = arm.began();
        let mut top = bar + 0.5 * GAP;
        sheet.out.line("axis", (centre(k), bar), (centre(k), top));
        let events = happened.iter().map(|e| format!("{} {}", EVENTS[*e], arm.events[*e]));
        let left: u64 = arm.ends[1..4].iter().sum();
        let mut leavers = vec![format!("{left} left early")];
        leavers.extend(ended.iter().map(|e| format!("{} {}", ENDS[*e].replace("left: ", ""), arm.ends[*e])));
        let boxes = [
            vec![began(design, k), format!("n = {n}")].into_iter().chain(events).collect::<Vec<_>>(),
            leavers,
            vec![format!("{} completed", arm.ends[0]), share(arm.ends[0], n)],
        ];
        for (b, lines) in boxes.iter().enumerate() {
            if b > 0 {
                sheet.out.line("axis", (centre(k), top - 0.6 * GAP), (centre(k), top));
            }
            top = boxed(&mut sheet, places[k], top, lines) + 0.6 * GAP;
        }
        lowest = lowest.max(top - 0.6 * GAP);
        let mut row = vec![began(design, k), n.to_string()];
        row.extend(arm.ends.iter().chain(&arm.events).map(u64::to_string));
        rows.push(row);
    }
    sheet.y = lowest + 8.0;
    let mut head = vec!["arm", "randomised"];
    head.extend(ENDS.iter().chain(&EVENTS).copied());
    let told: Vec<String> =
        rows.iter().map(|r| format!("{}: {} randomised, {} completed.", r[0], r[1], r[2])).collect();
    let svg = sheet.finish("flow", &format!("{caption} {}", told.join(" ")));
    Some(Picture { name: "flow", title, caption, svg, table: Table { head, rows } })
}

fn height(lines: &[String]) -> f64 {
    lines.len() as f64 * LINE + 10.0
}

/// A box with its lines, the first strong; returns where it ends.
fn boxed(sheet: &mut Sheet, (x, width): (f64, f64), y: f64, lines: &[String]) -> f64 {
    sheet.out.rectangle("box", (x, y), (width, height(lines)), 4.0);
    let fits = ((width - 8.0) / text_width("n", 12.0)).floor() as usize;
    for (k, line) in lines.iter().enumerate() {
        let class = if k == 0 { "strong" } else { "" };
        let at = y + 5.0 + LINE * (k as f64 + 0.78);
        sheet.out.text(x + 0.5 * width, at, Anchor::Middle, class, &words::shorten(line, fits));
    }
    y + height(lines)
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "–".into() } else { format!("{} %", words::whole(100.0 * part as f64 / whole as f64)) }
}
