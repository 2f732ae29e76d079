//! The same signals of several runs over each other, with a sentence each on who moves it when.

mod pace;

pub use pace::{Pace, inside_a_sentence, pace, telling};
use pace::{asks_why, sentence, short_names};

use crate::figure::axis::{Time, Value};
use crate::figure::panel::{self, BAND_PX, BETWEEN, Curve, DoseMark, Ink, LEFT, MARGIN, Panel, RIGHT, WIDTH};
use crate::figure::signal::{extreme_in_words, farthest, moved, weakest};
use crate::figure::svg::{Anchor, Drawing, INKS};
use crate::figure::{NOT_ADVICE, lane_title, words};
use resynapse::run::Results;

/// The headline where an inhibitor of serotonin reuptake is compared with something else.
const WHY: &str = "Why is it fast?";
/// Room for the sentence under a panel.
const SENTENCE: f64 = 17.0;

/// Draws the signals `ports` of several runs, a signal a panel; without ports, those that tell most ([`telling`]). A run
/// that does not report a port is left out there.
pub fn compare(results: &[&Results], ports: &[&str]) -> String {
    let chosen = if ports.is_empty() { telling(results) } else { ports.iter().map(|p| p.to_string()).collect() };
    let until_h = results.iter().map(|r| r.plan().until_h).fold(0.0, f64::max);
    let time = axis(results, until_h);
    let panels: Vec<(&String, Panel)> = chosen.iter().filter_map(|p| Some((p, panel_of(results, p)?))).collect();
    let names: Vec<String> = results.iter().map(|r| r.plan().name.clone()).collect();
    let title = format!("{} compared", words::list(&names));

    let mut out = Drawing::new();
    const FITS: usize = 84;
    let few = title.chars().count() <= FITS;
    let why = asks_why(results);
    let headline = match why {
        true => WHY.to_string(),
        false if few => title.clone(),
        false => format!("{} runs compared", results.len()),
    };
    out.text(MARGIN, 30.0, Anchor::Start, "headline", &headline);
    let mut y = 54.0;
    if let (true, Some((port, panel))) = (why, panels.last()) {
        let text = format!("{}: {}", panel.subtitle, inside_a_sentence(results, port));
        out.text(MARGIN, 49.0, Anchor::Start, "", &text);
        y += 22.0;
    }
    let short = short_names(results);
    let same = |i: usize| short[i].ends_with(&pace::letter(i));
    let marked: Vec<String> = (0..results.len())
        .map(|i| if same(i) { format!("{} {}", pace::letter(i), names[i]) } else { names[i].clone() })
        .collect();
    for (run, r) in results.iter().enumerate() {
        strip(&mut out, r, ink(run), time, y, &marked[run]);
        y += 18.0;
    }
    panel::time_marks(&mut out, time, y + 4.0);
    y += 4.0 + BETWEEN;
    for ((port, panel), letter) in panels.iter().zip('A'..) {
        y = panel::draw(&mut out, panel, letter, time, &[], y);
        out.text(LEFT, y + 14.0, Anchor::Start, "small", &sentence(results, port));
        y += SENTENCE + BETWEEN;
    }
    y += 15.0 - BETWEEN;
    panel::time_marks(&mut out, time, y);
    let how = match time {
        Time::Bent { .. } => "time since the first dose (even up to 10 min, logarithmic beyond)",
        Time::Even { .. } => "time since the first dose",
    };
    out.text(0.5 * (LEFT + RIGHT), y + 16.0, Anchor::Middle, "small muted", how);
    out.text(MARGIN, y + 42.0, Anchor::Start, "small strong", NOT_ADVICE);
    let title = if why { format!("{WHY} {title}") } else { title };
    let ports: Vec<&str> = chosen.iter().map(String::as_str).collect();
    out.finish("compare", &title, &description(results, &ports), WIDTH, y + 42.0 + MARGIN)
}

/// Minutes to weeks on one axis where some run is a single dose, or slow drugs are set beside fast ones; days where all
/// are courses.
fn axis(results: &[&Results], until_h: f64) -> Time {
    let own = |r: &&Results| Time::suited(r.plan().regimen.doses.iter().map(|d| d.at_h), until_h);
    let single = |r: &&Results| matches!(own(r), Time::Bent { .. });
    if asks_why(results) || results.iter().any(single) { Time::Bent { until_h } } else { Time::Even { until_h } }
}

fn ink(run: usize) -> Ink {
    Ink::Number(run % INKS)
}

/// A line of the legend: a run's line, its doses on the axis of time, its name.
fn strip(out: &mut Drawing, r: &Results, ink: Ink, time: Time, y: f64, name: &str) {
    out.line(&ink.line(), (LEFT - 40.0, y - 4.0), (LEFT - 12.0, y - 4.0));
    out.line("grid", (LEFT, y), (RIGHT, y));
    // Doses closer than this are told apart by nobody.
    const APART_PX: f64 = 4.0;
    let mut last = f64::NEG_INFINITY;
    for dose in r.plan().regimen.doses.iter().filter(|d| d.at_h <= time.until_h()) {
        if panel::x_of(time, dose.at_h) - last < APART_PX {
            continue;
        }
        last = panel::x_of(time, dose.at_h);
        let (x, end) = panel::span_of(time, &DoseMark { at_h: dose.at_h, over_h: dose.over_h });
        if end - x >= BAND_PX {
            out.rectangle("dose", (x, y - 7.0), (end - x, 7.0), 0.0);
        }
        panel::arrow(out, &ink.fill(), x, y);
    }
    out.text(RIGHT + 12.0, y - 1.0, Anchor::Start, "", &words::shorten(name, 36));
}

fn panel_of(results: &[&Results], port: &str) -> Option<Panel> {
    let found: Vec<(usize, &Results, usize)> =
        results.iter().enumerate().filter_map(|(run, r)| Some((run, *r, r.trace(port)?))).collect();
    let (_, first, k) = *found.first()?;
    let trace = &first.traces()[k];
    let names = short_names(results);
    let mut curves: Vec<Curve> = found.iter().map(|(run, r, k)| curve(r, *k, ink(*run), &names[*run])).collect();
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

fn curve(r: &Results, k: usize, ink: Ink, name: &str) -> Curve {
    let course = r.treated();
    Curve {
        name: name.into(),
        detail: extreme_in_words(course, &r.traces()[k], k),
        ink,
        points: course.times_h.iter().copied().zip(course.values[k].iter().copied()).collect(),
        extreme: moved(course, k).then(|| farthest(course, k)),
    }
}

fn description(results: &[&Results], ports: &[&str]) -> String {
    let mut text = String::from("Signals of several runs on one axis of time.");
    for port in ports {
        if let Some(trace) = results.iter().find_map(|r| Some(&r.traces()[r.trace(port)?])) {
            text.push_str(&format!(" {}: {}", trace.label, sentence(results, port)));
        }
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
