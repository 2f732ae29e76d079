//! Estimates of many trials of one design: how far chance alone moves them.

use super::forest::{axis, effect};
use crate::figure::axis::Value;
use crate::figure::frame::{Across, Frame};
use crate::figure::sheet::{self, END, Key, START, Sheet};
use crate::figure::svg::Anchor;
use crate::figure::words;
use crate::figure::{Picture, Table};
use crate::trial::tables::{Pooled, question};
use study::analysis::montecarlo;
use study::trial::analyse::{Answer, Found, LEVEL, Scale};
use study::trial::design::{Better, Design};

/// More trials than this are drawn as so many of them, evenly spaced in the order of their estimates.
const MOST: usize = 160;

/// Draws it: an analysis a panel, trials in the order of their estimates.
pub fn scatter(design: &Design, answers: &[Answer]) -> Option<Picture> {
    const HEIGHT: f64 = 150.0;
    const LEFT: f64 = 60.0;
    if design.analyses.is_empty() || answers.is_empty() {
        return None;
    }
    let trials = design.layout.replicates;
    let title = format!("What the analyses of {trials} virtual trials found");
    let what =
        "Each trial's estimate with its 95 % interval, in rising order. Filled: the analysis succeeds; hollow: not.";
    let thinned = answers.len() / design.analyses.len().max(1) > MOST;
    let fewer = if thinned { format!(" {MOST} trials are drawn, evenly from all.") } else { String::new() };
    let caption = format!(
        "{what}{fewer} Trials differ by chance alone: people, and where the protocol says so, how much hope a trial raises."
    );
    let mut sheet = Sheet::new(&title, &format!("{what}{fewer}"));
    sheet.legend(&[
        (Key::Marker(0), "succeeds".into()),
        (Key::Hollow(0), "does not succeed".into()),
        (Key::None, "no effect".into()),
        (Key::Level, "mean over trials".into()),
    ]);
    let mut rows = Vec::new();
    for (k, analysis) in design.analyses.iter().enumerate() {
        let pooled = Pooled::of(answers, k);
        let mut found: Vec<&Found> = pooled.found.iter().copied().filter(|f| f.estimate.is_finite()).collect();
        found.sort_by(|a, b| a.estimate.total_cmp(&b.estimate));
        let scale = found.first().map_or(Scale::Difference, |f| f.scale);
        let corner = (LEFT, sheet.y + 62.0);
        let letter = char::from(b'A' + (k % 26) as u8);
        sheet.name(
            letter,
            &format!("{}: {}", analysis.name, question(design, analysis)),
            (START, sheet.y + 49.0),
            END - START,
        );
        let rate = montecarlo::rate(pooled.successes() as u64, pooled.trials() as u64, LEVEL);
        let percent = |x: f64| words::score(100.0 * x);
        let share = rate.as_ref().map_or_else(
            |_| "no trial was analysed".to_string(),
            |r| format!("{} % ({} to {})", percent(r.estimate), percent(r.lower), percent(r.upper)),
        );
        let (mean, spread) = pooled.estimates();
        let said = format!(
            "succeeds in {} of {} trials: {share} by Monte Carlo; mean {}, SD over trials {}",
            pooled.successes(),
            pooled.trials(),
            effect(scale, mean),
            effect(scale, spread)
        );
        sheet.out.text(START + 15.0, corner.1 - 20.0, Anchor::Start, "", &said);
        let range = |f: fn(&Found) -> f64| {
            let ends = found.iter().map(|x| f(x));
            let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
            if low > high { "–".into() } else { format!("{} to {}", effect(scale, low), effect(scale, high)) }
        };
        let mut row = vec![analysis.name.clone(), scale.label().into(), pooled.trials().to_string()];
        row.extend([pooled.successes().to_string(), share, effect(scale, mean), effect(scale, spread)]);
        row.extend([range(|f| f.estimate), pooled.faults.len().to_string()]);
        rows.push(row);
        if found.is_empty() {
            sheet.y = corner.1;
            continue;
        }
        let every = found.len().div_ceil(MOST).max(1);
        let drawn: Vec<&Found> =
            found.iter().enumerate().filter(|(i, _)| (i + every / 2).is_multiple_of(every)).map(|(_, f)| *f).collect();
        let drawn = if drawn.is_empty() { found } else { drawn };
        panel(&mut sheet, (corner, (END - LEFT, HEIGHT)), (scale, analysis.better), &drawn, mean);
    }
    let told: Vec<String> =
        rows.iter().map(|r| format!("{}: succeeds in {} of {} trials.", r[0], r[3], r[2])).collect();
    let svg = sheet.finish("analyses", &format!("{caption} {}", told.join(" ")));
    let head = vec![
        "analysis",
        "scale",
        "trials",
        "succeed",
        "share (Monte Carlo 95 %)",
        "mean estimate",
        "SD over trials",
        "smallest to largest",
        "not answered",
    ];
    Some(Picture { name: "analyses", title, caption, svg, table: Table { head, rows } })
}

fn panel(
    sheet: &mut Sheet,
    (corner, size): ((f64, f64), (f64, f64)),
    (scale, better): (Scale, Better),
    drawn: &[&Found],
    mean: f64,
) {
    let factor = if scale == Scale::RiskDifference { 100.0 } else { 1.0 };
    let up = match axis_of(scale, drawn) {
        Value::Even { low, high } => Value::Even { low: factor * low, high: factor * high },
        log => log,
    };
    let count = drawn.len();
    let across = Across::Value(Value::Even { low: 0.0, high: count.max(2) as f64 - 1.0 });
    let frame = Frame { corner, size, across, up };
    let (left, right) = (corner.0, frame.right());
    let marks = match up {
        Value::Log { low, high } => [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
            .into_iter()
            .filter(|x| (low..=high).contains(x))
            .collect(),
        even => even.ticks(7),
    };
    for mark in marks {
        let Some(y) = frame.y(mark) else { continue };
        sheet.out.line("grid", (left, y), (right, y));
        sheet.out.text(left - 6.0, y + 3.6, Anchor::End, "small muted", &words::tick(mark));
    }
    let unit = match scale {
        Scale::Difference => "difference",
        Scale::RiskDifference => "difference, percentage points",
        Scale::HazardRatio => "hazard ratio, logarithmic",
    };
    let side = match better {
        Better::Less => "better below the line of no effect",
        Better::More => "better above the line of no effect",
    };
    let unit = format!("{unit}; {side}");
    sheet.out.text(left, corner.1 - 6.0, Anchor::Start, "small muted", &unit);
    sheet.out.line("axis", (left, frame.bottom()), (right, frame.bottom()));
    if let Some(y) = frame.y(factor * scale.none()) {
        sheet.out.line("none", (left, y), (right, y));
    }
    if let Some(y) = frame.y(factor * mean) {
        sheet.out.line("level", (left, y), (right, y));
    }
    let edge =
        |x: f64| if x.is_finite() { frame.y_clamped(factor * x) } else { frame.y_clamped(1e300_f64.copysign(x)) };
    let thin: Vec<Vec<(f64, f64)>> = drawn
        .iter()
        .enumerate()
        .filter_map(|(i, f)| {
            let x = frame.x(i as f64)?;
            Some(vec![(x, edge(f.lower)), (x, edge(f.upper))])
        })
        .collect();
    sheet.out.path(&sheet::interval(0), &thin);
    for (i, f) in drawn.iter().enumerate() {
        let Some(x) = frame.x(i as f64) else { continue };
        let class = if f.significant { sheet::fill(0) } else { sheet::hollow(0) };
        let radius = if count > 60 { 2.3 } else { 3.6 };
        sheet.out.circle(&class, (x, edge(f.estimate)), radius);
    }
    let below = "trials, in the order of their estimates";
    sheet.out.text(0.5 * (left + right), frame.bottom() + 15.0, Anchor::Middle, "small muted", below);
    sheet.y = frame.bottom() + 18.0;
}

fn axis_of(scale: Scale, drawn: &[&Found]) -> Value {
    // The axis looks at numbers alone: what they answer does not matter.
    let none = Answer { replicate: 0, analysis: 0, result: Err(String::new()) };
    let pairs: Vec<(&Answer, &Found)> = drawn.iter().map(|f| (&none, *f)).collect();
    axis(scale, &pairs)
}
