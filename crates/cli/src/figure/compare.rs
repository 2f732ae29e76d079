//! The same signals of several runs over each other.

use crate::figure::axis::{Time, Value};
use crate::figure::panel::{self, BAND_PX, BETWEEN, Curve, DoseMark, Ink, LEFT, MARGIN, Panel, RIGHT, WIDTH};
use crate::figure::signal::{extreme_in_words, farthest, moved, weakest};
use crate::figure::svg::{Anchor, Drawing, INKS};
use crate::figure::{NOT_ADVICE, lane_title, words};
use resynapse::run::Results;

/// The signals compared unless others are asked for.
pub const COMPARED: [&str; 4] = ["plasma.ketamine", "spine.density", "cadss.total", "madrs.total"];

/// Draws the signals `ports` of several runs, a signal a panel. A run that does not report a port is left out there.
pub fn compare(results: &[&Results], ports: &[&str]) -> String {
    let doses = results.iter().flat_map(|r| r.plan().regimen.doses.iter().map(|d| d.at_h));
    let mut doses: Vec<f64> = doses.collect();
    doses.sort_by(f64::total_cmp);
    let until_h = results.iter().map(|r| r.plan().until_h).fold(0.0, f64::max);
    let time = Time::suited(doses, until_h);
    let panels: Vec<Panel> = ports.iter().filter_map(|port| panel_of(results, port)).collect();
    let names: Vec<&str> = results.iter().map(|r| r.plan().name.as_str()).collect();
    let title = format!("{} compared", words::list(&names.iter().map(|n| n.to_string()).collect::<Vec<_>>()));

    let mut out = Drawing::new();
    const FITS: usize = 84;
    let few = title.chars().count() <= FITS;
    let headline = if few { title.clone() } else { format!("{} runs compared", results.len()) };
    out.text(MARGIN, 30.0, Anchor::Start, "headline", &headline);
    let mut y = 54.0;
    for (run, r) in results.iter().enumerate() {
        strip(&mut out, r, ink(run), time, y);
        y += 18.0;
    }
    panel::time_marks(&mut out, time, y + 4.0);
    y += 4.0 + BETWEEN;
    for (panel, letter) in panels.iter().zip('A'..) {
        y = panel::draw(&mut out, panel, letter, time, &[], y) + BETWEEN;
    }
    y += 15.0 - BETWEEN;
    panel::time_marks(&mut out, time, y);
    let how = match time {
        Time::Bent { .. } => "time since the first dose (even up to 10 min, logarithmic beyond)",
        Time::Even { .. } => "time since the first dose",
    };
    out.text(0.5 * (LEFT + RIGHT), y + 16.0, Anchor::Middle, "small muted", how);
    out.text(MARGIN, y + 42.0, Anchor::Start, "small strong", NOT_ADVICE);
    out.finish("compare", &title, &description(results, ports), WIDTH, y + 42.0 + MARGIN)
}

fn ink(run: usize) -> Ink {
    Ink::Number(run % INKS)
}

/// A line of the legend: a run's line, its doses on the axis of time, its name.
fn strip(out: &mut Drawing, r: &Results, ink: Ink, time: Time, y: f64) {
    out.line(&ink.line(), (LEFT - 40.0, y - 4.0), (LEFT - 12.0, y - 4.0));
    out.line("grid", (LEFT, y), (RIGHT, y));
    for dose in r.plan().regimen.doses.iter().filter(|d| d.at_h <= time.until_h()) {
        let (x, end) = panel::span_of(time, &DoseMark { at_h: dose.at_h, over_h: dose.over_h });
        if end - x >= BAND_PX {
            out.rectangle("dose", (x, y - 7.0), (end - x, 7.0), 0.0);
        }
        panel::arrow(out, &ink.fill(), x, y);
    }
    out.text(RIGHT + 12.0, y - 1.0, Anchor::Start, "", &words::shorten(&r.plan().name, 34));
}

fn panel_of(results: &[&Results], port: &str) -> Option<Panel> {
    let found: Vec<(usize, &Results, usize)> =
        results.iter().enumerate().filter_map(|(run, r)| Some((run, *r, r.trace(port)?))).collect();
    let (_, first, k) = *found.first()?;
    let trace = &first.traces()[k];
    let mut curves: Vec<Curve> = found.iter().map(|(run, r, k)| curve(r, *k, ink(*run))).collect();
    let symptom = trace.lane == "symptom";
    if symptom {
        let rest = first.untreated();
        curves.push(Curve {
            name: "untreated".into(),
            detail: extreme_in_words(rest, trace, k),
            ink: Ink::Thin,
            points: rest.times_h.iter().copied().zip(rest.values[k].iter().copied()).collect(),
            extreme: None,
        });
    }
    let values = curves.iter().flat_map(|c| &c.points).map(|p| p.1);
    Some(Panel {
        title: lane_title(&trace.lane),
        subtitle: trace.label.clone(),
        unit: words::unit(&trace.unit),
        grade: found.iter().filter_map(|(_, r, k)| weakest(r, &[*k])).max(),
        value: if trace.lane == "blood" || trace.lane == "brain" { Value::log(values) } else { Value::even(values) },
        least_height: 110.0,
        curves,
        gap: None,
        dots: Vec::new(),
    })
}

fn curve(r: &Results, k: usize, ink: Ink) -> Curve {
    let course = r.treated();
    Curve {
        name: r.plan().name.clone(),
        detail: extreme_in_words(course, &r.traces()[k], k),
        ink,
        points: course.times_h.iter().copied().zip(course.values[k].iter().copied()).collect(),
        extreme: moved(course, k).then(|| farthest(course, k)),
    }
}

fn description(results: &[&Results], ports: &[&str]) -> String {
    let mut text = String::from("Signals of several runs on one axis of time.");
    for port in ports {
        for r in results {
            let Some(k) = r.trace(port) else { continue };
            let trace = &r.traces()[k];
            let extreme = extreme_in_words(r.treated(), trace, k);
            text.push_str(&format!(" {}, {} ({}): {extreme}.", r.plan().name, trace.label, words::unit(&trace.unit)));
        }
    }
    text.push(' ');
    text.push_str(NOT_ADVICE);
    text
}
