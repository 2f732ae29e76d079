//! What the analyses of one trial found, side by side.

use crate::figure::axis::Value;
use crate::figure::sheet::{self, Key, START, Sheet};
use crate::figure::svg::Anchor;
use crate::figure::words;
use crate::figure::{Picture, Table};
use crate::terminal::trial::p;
use crate::trial::tables::question;
use study::trial::analyse::{Answer, Found, Scale};
use study::trial::design::{Better, Design};

const LEFT: f64 = 300.0;
const RIGHT: f64 = 660.0;
const TEXT: f64 = 676.0;
const ROW: f64 = 48.0;

/// Draws it; the first answer of each analysis is shown.
pub fn forest(design: &Design, answers: &[Answer]) -> Option<Picture> {
    if answers.is_empty() {
        return None;
    }
    let title = "What the analyses of this virtual trial found".to_string();
    let what = "Estimates with 95 % intervals. A filled marker succeeds at its one-sided level; a hollow one does not.";
    let caption = format!(
        "{what} This is one draw of a random trial: with another seed the estimates and p values differ. They say \
         nothing about real patients."
    );
    let mut sheet = Sheet::new(&title, &format!("{what} One draw of a random trial."));
    let mut keys = vec![(Key::Marker(0), "estimate".to_string())];
    if answers.iter().any(|a| matches!(&a.result, Ok(f) if matches!(f.sensitivity, Some(Ok(_))))) {
        keys.push((Key::Marker(3), "the check: who left goes on as in the reference arm".into()));
    }
    keys.push((Key::None, "no effect".into()));
    sheet.legend(&keys);
    for scale in [Scale::Difference, Scale::RiskDifference, Scale::HazardRatio] {
        let found: Vec<(&Answer, &Found)> = answers
            .iter()
            .filter_map(|a| Some((a, a.result.as_ref().ok()?)))
            .filter(|(_, f)| f.scale == scale)
            .collect();
        if !found.is_empty() {
            group(&mut sheet, design, scale, &found);
        }
    }
    for (answer, why) in answers.iter().filter_map(|a| Some((a, a.result.as_ref().err()?))) {
        let name = &design.analyses[answer.analysis].name;
        sheet.out.text(START, sheet.y + 22.0, Anchor::Start, "strong", &words::shorten(name, 38));
        sheet.out.text(
            LEFT,
            sheet.y + 22.0,
            Anchor::Start,
            "small",
            &format!("no answer: {}", words::shorten(why, 90)),
        );
        sheet.y += 26.0;
    }
    let rows: Vec<Vec<String>> = answers.iter().map(|a| row(design, a)).collect();
    let told: Vec<String> = rows.iter().map(|r| format!("{}: {} ({} to {}).", r[0], r[2], r[3], r[4])).collect();
    let svg = sheet.finish("analyses", &format!("{caption} {}", told.join(" ")));
    let head = vec!["analysis", "scale", "estimate", "95 % from", "to", "one-sided p", "check", "check from", "to"];
    Some(Picture { name: "analyses", title, caption, svg, table: Table { head, rows } })
}

fn row(design: &Design, answer: &Answer) -> Vec<String> {
    let name = design.analyses[answer.analysis].name.clone();
    let none = || "–".to_string();
    match &answer.result {
        Ok(f) => {
            let mut row = vec![name, f.scale.label().to_string()];
            row.extend([f.estimate, f.lower, f.upper].map(|x| effect(f.scale, x)));
            row.push(p(f.adjusted));
            match &f.sensitivity {
                Some(Ok(e)) => row.extend([e.estimate, e.lower, e.upper].map(|x| effect(f.scale, x))),
                _ => row.extend([none(), none(), none()]),
            }
            row
        }
        Err(_) => {
            let mut row = vec![name, "no answer".into()];
            row.extend((0..7).map(|_| none()));
            row
        }
    }
}

/// Analyses on one scale over one axis.
fn group(sheet: &mut Sheet, design: &Design, scale: Scale, found: &[(&Answer, &Found)]) {
    let axis = axis(scale, found);
    let at = |x: f64| place(axis, scale, x);
    let top = sheet.y + 30.0;
    let bottom = top + ROW * found.len() as f64;
    sheet.out.text(START, top - 8.0, Anchor::Start, "strong muted", heading(scale));
    for mark in ticks(scale, axis) {
        let x = at(mark);
        sheet.out.line("grid", (x, top), (x, bottom));
        let text = if scale == Scale::RiskDifference { words::tick(100.0 * mark) } else { words::tick(mark) };
        sheet.out.text(x, bottom + 14.0, Anchor::Middle, "small muted", &text);
    }
    let none = at(scale.none());
    sheet.out.line("none", (none, top), (none, bottom));
    for (place, (answer, f)) in found.iter().enumerate() {
        let analysis = &design.analyses[answer.analysis];
        let y = top + ROW * (place as f64 + 0.5);
        sheet.out.text(START, y - 9.0, Anchor::Start, "strong", &words::shorten(&analysis.name, 38));
        for (line, text) in words::folded(&question(design, analysis), 46).iter().take(2).enumerate() {
            let at = y + 4.0 + 12.5 * line as f64;
            sheet.out.text(START, at, Anchor::Start, "small muted", &words::shorten(text, 46));
        }
        let second = f.sensitivity.as_ref().and_then(|s| s.as_ref().ok());
        let main = if second.is_some() { y - 6.0 } else { y };
        let class = if f.significant { sheet::fill(0) } else { sheet::hollow(0) };
        bar(sheet, 0, (at(f.lower), at(f.upper)), main);
        if f.estimate.is_finite() {
            sheet::marker(&mut sheet.out, 0, &class, (at(f.estimate), main));
        }
        let between =
            |a: f64, b: f64, c: f64| format!("{} ({} to {})", effect(scale, a), effect(scale, b), effect(scale, c));
        let text = format!("{}, p {}", between(f.estimate, f.lower, f.upper), p(f.adjusted));
        sheet.out.text(TEXT, main + 4.0, Anchor::Start, "", &text);
        if let Some(e) = second {
            bar(sheet, 3, (at(e.lower), at(e.upper)), y + 8.0);
            sheet::marker(&mut sheet.out, 3, &sheet::fill(3), (at(e.estimate), y + 8.0));
            let text = format!("check {}", between(e.estimate, e.lower, e.upper));
            sheet.out.text(TEXT, y + 12.0, Anchor::Start, "small muted", &text);
        }
    }
    sheet.out.line("axis", (LEFT, bottom), (RIGHT, bottom));
    let asked = || found.iter().map(|(a, _)| &design.analyses[a.analysis]);
    let (better, arm) = (asked().next().map(|a| a.better), asked().next().map(|a| a.contrast.0));
    if asked().all(|a| Some(a.better) == better) {
        let one = arm.filter(|k| asked().all(|a| a.contrast.0 == *k)).map(|k| &design.layout.treatments[k].name);
        let with = one.map_or_else(|| "the first arm".to_string(), |n| words::shorten(n, 40));
        let text = match better {
            Some(Better::Less) => format!("← better with {with}"),
            _ => format!("better with {with} →"),
        };
        sheet.out.text(0.5 * (LEFT + RIGHT), bottom + 29.0, Anchor::Middle, "small muted", &text);
    }
    sheet.y = bottom + 40.0;
}

fn bar(sheet: &mut Sheet, ink: usize, (from, to): (f64, f64), y: f64) {
    sheet::level(&mut sheet.out, &sheet::interval(ink), (from, to), y);
}

fn heading(scale: Scale) -> &'static str {
    match scale {
        Scale::Difference => "Differences, in the unit of the measure",
        Scale::RiskDifference => "Differences of shares, percentage points",
        Scale::HazardRatio => "Ratios of hazards, logarithmic",
    }
}

/// Widest ratio that is drawn, and its inverse.
const MOST_RATIO: f64 = 50.0;

pub(super) fn axis(scale: Scale, found: &[(&Answer, &Found)]) -> Value {
    let mut all: Vec<f64> = vec![scale.none()];
    for (_, f) in found {
        all.extend([f.lower, f.estimate, f.upper]);
        if let Some(Ok(e)) = &f.sensitivity {
            all.extend([e.lower, e.estimate, e.upper]);
        }
    }
    match scale {
        Scale::HazardRatio => {
            let all = all.into_iter().filter(|x| *x > 0.0 && x.is_finite());
            let (low, high) = all.fold((0.5, 2.0), |(a, b): (f64, f64), x| (a.min(x), b.max(x)));
            Value::Log { low: (low * 0.9).max(1.0 / MOST_RATIO), high: (high * 1.1).min(MOST_RATIO) }
        }
        _ => Value::even(all),
    }
}

fn ticks(scale: Scale, axis: Value) -> Vec<f64> {
    match (scale, axis) {
        (Scale::HazardRatio, Value::Log { low, high }) => {
            const NICE: [f64; 9] = [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
            NICE.into_iter().chain([20.0, 50.0]).filter(|x| (low..=high).contains(x)).collect()
        }
        _ => axis.ticks(5),
    }
}

/// Where a number stands; one beyond the axis, infinite ones too, on its edge.
fn place(axis: Value, scale: Scale, x: f64) -> f64 {
    let below = if scale == Scale::HazardRatio { x <= 0.0 } else { x == f64::NEG_INFINITY };
    let share = match axis.place(x) {
        _ if below => 0.0,
        Some(p) if p.is_finite() => p.clamp(0.0, 1.0),
        Some(_) => 1.0,
        None => 0.0,
    };
    LEFT + (RIGHT - LEFT) * share
}

/// An estimate as people read it: points, percentage points or a ratio.
pub(crate) fn effect(scale: Scale, x: f64) -> String {
    match scale {
        _ if x.is_infinite() => {
            if x > 0.0 {
                "∞".into()
            } else {
                "−∞".into()
            }
        }
        _ if x.is_nan() => "–".into(),
        Scale::Difference => words::score(x),
        Scale::RiskDifference => format!("{} %", words::score(100.0 * x)),
        Scale::HazardRatio => format!("{x:.2}"),
    }
}
