//! Kaplan-Meier curves with the people still at risk.

use super::{arms, began, named, trials};
use crate::figure::frame::{Across, Frame, PERCENT, columns};
use crate::figure::panel::text_width;
use crate::figure::sheet::{self, END, Key, START, Sheet};
use crate::figure::svg::Anchor;
use crate::figure::words;
use crate::figure::{Picture, Table};
use study::analysis::survival::{Scale, Seen, curve::Curve};
use study::trial::analyse::LEVEL;
use study::trial::design::Design;
use study::trial::summary::Summary;

const DAY_H: f64 = 24.0;
/// Marks of people last seen are drawn for curves with so many at most.
const MOST_TICKS: usize = 30;

/// What is followed, in the order of the summary's times; remission is seen by visit instead.
const EVENTS: [(usize, &str, &str); 3] = [
    (0, "Time to response", "% not yet responded"),
    (2, "Time to relapse", "% without relapse"),
    (3, "Time to leaving", "% still in the trial"),
];

/// Draws the curves in which something happens.
pub fn survival(design: &Design, summary: &Summary) -> Option<Picture> {
    const HEIGHT: f64 = 190.0;
    let curve = |times: &[(f64, bool)]| {
        let seen: Vec<Seen> = times.iter().map(|(time, event)| Seen { time: *time, event: *event }).collect();
        Curve::new(&seen, Scale::LogLog, LEVEL).ok()
    };
    let all: Vec<(usize, Vec<Option<Curve>>)> =
        (0..EVENTS.len()).map(|e| (e, summary.arms.iter().map(|a| curve(&a.times[EVENTS[e].0])).collect())).collect();
    let happened = |curves: &[Option<Curve>]| curves.iter().flatten().any(|c| c.points.iter().any(|p| p.events > 0));
    let shown: Vec<_> = all.iter().filter(|(_, curves)| happened(curves)).collect();
    if shown.is_empty() {
        return None;
    }
    let title = "Times to response, relapse and leaving".to_string();
    let what = format!("Kaplan-Meier curves of {}; bands are pointwise 95 % intervals.", trials(design));
    let since = if design.lead_in.as_ref().is_some_and(|l| l.goes_on.is_some()) {
        "Relapse is counted from randomisation."
    } else {
        "Relapse is counted from the first response, in those who responded."
    };
    let silent: Vec<String> = all
        .iter()
        .filter(|(_, curves)| !happened(curves))
        .map(|(e, _)| EVENTS[*e].1.to_lowercase().replacen("time to ", "", 1))
        .collect();
    let silent = if silent.is_empty() { String::new() } else { format!(" Nobody had: {}.", words::list(&silent)) };
    let caption = format!(
        "{what} {since} An event is noticed at a visit, so curves fall there; they end where fewer than a tenth of people are at risk.{silent}"
    );
    let mut sheet = Sheet::new(&title, &what);
    let mut keys = arms(design);
    keys.iter_mut().enumerate().for_each(|(k, (key, name))| (*key, *name) = (Key::Arm(k), began(design, k)));
    let marked = |c: &Curve| ticks(&curtailed(c)).next().is_some();
    if shown.iter().any(|(_, curves)| curves.iter().flatten().any(marked)) {
        keys.push((Key::Tick, "last seen without the event".into()));
    }
    sheet.legend(&keys);
    let count = summary.arms.len();
    let per_row = shown.len().min(2);
    let longest = (0..count).map(|k| text_width(&began(design, k), 10.5)).fold(0.0, f64::max);
    let room = (longest + 32.0).clamp(60.0, 150.0);
    let fits = ((room - 32.0) / text_width("n", 10.5)).floor() as usize;
    let (mut rows, mut told) = (Vec::new(), Vec::new());
    let step = 46.0 + HEIGHT + 44.0 + 15.0 * count as f64 + 14.0;
    for (place, (e, curves)) in shown.iter().enumerate() {
        let (left, width) = columns(per_row, (START, END), room, 24.0)[place % per_row];
        if place % per_row == 0 && place > 0 {
            sheet.y += step;
        }
        let corner = (left, sheet.y + 46.0);
        let last = curves.iter().flatten().filter_map(|c| c.points.last()).map(|p| p.time * DAY_H).fold(0.0, f64::max);
        let until_h = if last > 0.0 { last } else { DAY_H };
        let frame = Frame { corner, size: (width, HEIGHT), across: Across::Hours(until_h), up: PERCENT };
        let (_, name, unit) = EVENTS[*e];
        sheet.name(char::from(b'A' + place as u8), name, corner, width);
        frame.draw(&mut sheet.out, unit, "");
        for (k, curve) in curves.iter().enumerate() {
            let Some(curve) = curve.as_ref().map(curtailed) else { continue };
            if count <= 2 {
                let outline = limits(&frame, &curve);
                if outline.len() > 3 {
                    sheet.out.shape(&sheet::band(k), &outline);
                }
            }
            sheet.out.path(&sheet::line(k), &[steps(&frame, &curve, |p| p.survival)]);
            for (time, survival) in ticks(&curve) {
                let Some((x, y)) = frame.point((time * DAY_H, 100.0 * survival)) else { continue };
                sheet.out.line("none", (x, y - 4.0), (x, y + 4.0));
            }
        }
        let mut y = frame.bottom() + 30.0;
        sheet.out.text(left, y, Anchor::Start, "small muted", "people at risk");
        for (k, curve) in curves.iter().enumerate() {
            y += 15.0;
            sheet::marker(&mut sheet.out, k, &sheet::fill(k), (left - room + 6.0, y - 3.8));
            sheet.out.text(left - room + 15.0, y, Anchor::Start, "small", &words::shorten(&began(design, k), fits));
            for mark in frame.marks() {
                let n = curve.as_ref().map_or(0, |c| c.at_risk(mark / DAY_H));
                let Some(x) = frame.x(mark) else { continue };
                sheet.out.text(x, y, Anchor::Middle, "small", &n.to_string());
            }
        }
        for (k, ..) in named(design, &summary.arms) {
            let Some(curve) = &curves[k] else { continue };
            let events: usize = curve.points.iter().map(|p| p.events).sum();
            let end = curve.at(until_h / DAY_H);
            let median = curve.median();
            let percent = |x: f64| if x.is_finite() { words::whole(100.0 * x) } else { "–".into() };
            let mut row = vec![name.to_string(), began(design, k), curve.size.to_string(), events.to_string()];
            row.push(format!("{} ({} to {})", percent(end.estimate), percent(end.lower), percent(end.upper)));
            let day = |x: f64| if x.is_finite() { words::score(x) } else { "not reached".into() };
            row.push(format!("{} ({} to {})", day(median.estimate), day(median.lower), day(median.upper)));
            told.push(format!("{name}, {}: {events} of {} people.", began(design, k), curve.size));
            rows.push(row);
        }
    }
    sheet.y += step - 8.0;
    let head = vec!["what", "arm", "people", "events", "% without at the end (95 %)", "median, days (95 %)"];
    let svg = sheet.finish("times", &format!("{caption} {}", told.join(" ")));
    Some(Picture { name: "times", title, caption, svg, table: Table { head, rows } })
}

/// A curve is not drawn once fewer than this share of people are at risk: its last steps rest on very few.
///
/// Source: Pocock, Clayton & Altman 2002, Lancet 359:1686, who advise to stop at 10 to 20 %.
const LEAST_AT_RISK: f64 = 0.1;

/// The curve up to where too few are at risk, for drawing.
fn curtailed(curve: &Curve) -> Curve {
    let least = LEAST_AT_RISK * curve.size as f64;
    let known = curve.points.iter().take_while(|p| p.at_risk as f64 >= least);
    Curve { points: known.copied().collect(), ..curve.clone() }
}

/// Times and heights at which people were last seen, where they are few; those at the end are told by the numbers below.
fn ticks(curve: &Curve) -> impl Iterator<Item = (f64, f64)> {
    let last = curve.points.last().map_or(0.0, |p| p.time);
    let censored = || curve.points.iter().filter(move |p| p.censored > 0 && p.time < last);
    let few = censored().count() <= MOST_TICKS;
    censored().filter(move |_| few).map(|p| (p.time, p.survival))
}

/// A stair of one number of a curve, in px; steps closer than half a pixel are drawn as one.
fn steps(
    frame: &Frame,
    curve: &Curve,
    height: impl Fn(&study::analysis::survival::curve::Point) -> f64,
) -> Vec<(f64, f64)> {
    const APART_PX: f64 = 0.5;
    let mut points: Vec<(f64, f64)> = frame.points([(0.0, 100.0)]);
    for p in &curve.points {
        let value = height(p);
        let Some((x, y)) = frame.point((p.time * DAY_H, 100.0 * value)) else { continue };
        let Some(&(before_x, before_y)) = points.last() else { continue };
        if x - before_x < APART_PX && points.len() > 1 {
            if let Some(end) = points.last_mut() {
                end.1 = y;
            }
            continue;
        }
        if (y - before_y).abs() > 0.0 {
            points.push((x, before_y));
        }
        points.push((x, y));
    }
    points
}

/// The outline of the interval, up to where it is known.
fn limits(frame: &Frame, curve: &Curve) -> Vec<(f64, f64)> {
    let upper = steps(frame, curve, |p| p.upper);
    let lower = steps(frame, curve, |p| p.lower);
    let end = upper.last().map_or(0.0, |p| p.0).min(lower.last().map_or(0.0, |p| p.0));
    let inside = |points: Vec<(f64, f64)>| points.into_iter().filter(move |p| p.0 <= end + 1e-9);
    inside(upper).chain(inside(lower).collect::<Vec<_>>().into_iter().rev()).collect()
}
