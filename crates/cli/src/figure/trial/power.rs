//! Shares of trials that succeed, against people, under each truth.

use crate::command::power::Curve;
use crate::figure::axis::Value;
use crate::figure::frame::{Across, Frame, PERCENT};
use crate::figure::sheet::{self, END, Key, Sheet};
use crate::figure::svg::Anchor;
use crate::figure::words;
use crate::figure::{Picture, Table};
use study::analysis::montecarlo::{self, Rate};
use study::trial::analyse::LEVEL;
use study::trial::design::{Design, Power};

/// Draws it.
pub fn power(design: &Design, power: &Power, curves: &[Curve]) -> Picture {
    const LEFT: f64 = 60.0;
    const HEIGHT: f64 = 330.0;
    let analysis = &design.analyses[power.analysis];
    let alpha = 100.0 * analysis.alpha;
    let title = "Share of virtual trials that succeed".to_string();
    let trials = curves.iter().flat_map(|c| &c.tallies).map(|t| t.trials).max().unwrap_or(power.trials);
    let what = format!(
        "{trials} trials for each truth; intervals are 95 % Monte-Carlo intervals. Sizes share their people: a smaller \
         trial is the first people of a larger one."
    );
    let caption = format!("{what} Success is a one-sided p of at most {} %.", words::tick(alpha));
    let mut sheet = Sheet::new(&title, &what);
    let mut keys: Vec<(Key, String)> =
        curves.iter().enumerate().map(|(k, c)| (Key::Arm(k), format!("{}: {}", c.truth.share(), short(c)))).collect();
    keys.push((Key::Level, format!("one-sided level, {} %", words::tick(alpha))));
    sheet.legend(&keys);
    let sizes = || power.sizes.iter().map(|s| f64::from(*s));
    let (low, high) = sizes().fold((f64::INFINITY, 0.0), |(a, b): (f64, f64), s| (a.min(s), b.max(s)));
    let air = if high > low { 0.06 * (high - low) } else { 1.0 };
    let frame = Frame {
        corner: (LEFT, sheet.y + 26.0),
        size: (END - LEFT, HEIGHT),
        across: Across::Value(Value::Even { low: low - air, high: high + air }),
        up: PERCENT,
    };
    let (top, bottom) = (frame.corner.1, frame.bottom());
    for mark in PERCENT.ticks(5) {
        let y = frame.y_clamped(mark);
        sheet.out.line("grid", (LEFT, y), (frame.right(), y));
        sheet.out.text(LEFT - 6.0, y + 3.6, Anchor::End, "small muted", &words::tick(mark));
    }
    let mut free = f64::NEG_INFINITY;
    for size in sizes() {
        const APART_PX: f64 = 30.0;
        let Some(x) = frame.x(size) else { continue };
        sheet.out.line("grid", (x, top), (x, bottom));
        if x >= free {
            sheet.out.text(x, bottom + 14.0, Anchor::Middle, "small muted", &words::tick(size));
            free = x + APART_PX;
        }
    }
    sheet.out.line("axis", (LEFT, bottom), (frame.right(), bottom));
    sheet.out.text(LEFT, top - 7.0, Anchor::Start, "small muted", "% of trials that succeed");
    let below = "people randomised in a trial";
    sheet.out.text(0.5 * (LEFT + frame.right()), bottom + 29.0, Anchor::Middle, "small muted", below);
    let level = frame.y_clamped(alpha);
    sheet.out.line("level", (LEFT, level), (frame.right(), level));
    let count = curves.len();
    for (k, curve) in curves.iter().enumerate() {
        const STEP_PX: f64 = 8.0;
        let shift = STEP_PX * (k as f64 - 0.5 * (count as f64 - 1.0));
        let mut points = Vec::new();
        for t in &curve.tallies {
            let (Some(r), Some(x)) = (rate(t.succeeded, t.trials), frame.x(f64::from(t.size))) else { continue };
            let ends = (frame.y_clamped(100.0 * r.lower), frame.y_clamped(100.0 * r.upper));
            sheet::upright(&mut sheet.out, &sheet::interval(k), x + shift, ends);
            points.push((x + shift, frame.y_clamped(100.0 * r.estimate)));
        }
        sheet.out.path(&sheet::line(k), &[points.clone()]);
        points.into_iter().for_each(|p| sheet::marker(&mut sheet.out, k, &sheet::fill(k), p));
    }
    sheet.y = bottom + 38.0;
    let mut rows = Vec::new();
    for curve in curves {
        for t in &curve.tallies {
            let Some(r) = rate(t.succeeded, t.trials) else { continue };
            let mut row = vec![curve.truth.share().to_string(), t.size.to_string(), t.trials.to_string()];
            row.push(t.succeeded.to_string());
            row.extend([r.estimate, r.lower, r.upper, r.error].map(|x| words::score(100.0 * x)));
            row.push(words::number(study::statistic::mean(&t.estimates)));
            row.push(t.unanswered.to_string());
            rows.push(row);
        }
    }
    let told: Vec<String> = rows.iter().map(|r| format!("{}, {} people: {} %.", r[0], r[1], r[4])).collect();
    let svg = sheet.finish("power", &format!("{caption} {}", told.join(" ")));
    let head = vec![
        "share",
        "people",
        "trials",
        "succeed",
        "%",
        "95 % from",
        "to",
        "Monte-Carlo error, %",
        "mean estimate",
        "not answered",
    ];
    Picture { name: "power", title, caption, svg, table: Table { head, rows } }
}

fn rate(hits: u32, trials: u32) -> Option<Rate> {
    montecarlo::rate(u64::from(hits), u64::from(trials), LEVEL).ok()
}

/// A truth in a few words.
fn short(curve: &Curve) -> &'static str {
    use study::trial::power::Truth;
    match curve.truth {
        Truth::Assumed => "the model's numbers taken as known",
        Truth::SharpNull => "both arms the same",
        Truth::PharmacologicalNull => "felt, no effect on mood",
        Truth::Uncertain => "the model's numbers drawn for each trial",
    }
}
