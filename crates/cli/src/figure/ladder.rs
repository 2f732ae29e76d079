//! One run from blood to symptom, a lane a panel, all on one axis of time.

use crate::figure::axis::{Time, Value};
use crate::figure::panel::{
    self, BAND_PX, BETWEEN, Curve, DoseMark, Dots, Gap, Ink, LEFT, MARGIN, Panel, RIGHT, WIDTH,
};
use crate::figure::signal::{extreme_in_words, farthest, kin, moved, present, weakest};
use crate::figure::svg::{Anchor, Drawing};
use crate::figure::{NOT_ADVICE, Observed, Options, words};
use resynapse::run::{Course, Results};

/// Lanes with concentrations: their axis is logarithmic.
const CONCENTRATIONS: [&str; 2] = ["blood", "brain"];
/// The lane in which the person without treatment, and the one without expectation, are drawn too.
const SYMPTOM: &str = "symptom";

/// Draws the ladder of a run.
pub fn ladder(results: &Results, options: &Options<'_>) -> String {
    let plan = results.plan();
    let time = Time::suited(plan.regimen.doses.iter().map(|d| d.at_h), plan.until_h);
    let doses: Vec<DoseMark> = plan.regimen.doses.iter().map(|d| DoseMark { at_h: d.at_h, over_h: d.over_h }).collect();
    let panels = panels(results, options.observed);
    let title = if options.title.is_empty() { &plan.name } else { options.title };
    let mut out = Drawing::new();
    let mut y = headline(&mut out, results, title, time, &doses);
    panel::time_marks(&mut out, time, y);
    y += BETWEEN;
    for (panel, letter) in panels.iter().zip('A'..) {
        y = panel::draw(&mut out, panel, letter, time, &doses, y) + BETWEEN;
    }
    y = foot(&mut out, results, time, y - BETWEEN + 15.0);
    out.finish(options.id, &format!("From blood to mood: {title}"), &description(results), WIDTH, y)
}

fn headline(out: &mut Drawing, results: &Results, title: &str, time: Time, doses: &[DoseMark]) -> f64 {
    let plan = results.plan();
    out.text(MARGIN, 30.0, Anchor::Start, "headline", &words::shorten(title, 88));
    let condition = plan.patient.condition.replace('_', " ");
    let line = format!(
        "From blood to mood, as the model has it. One person ({condition}), followed for {}.",
        words::span(plan.until_h)
    );
    out.text(MARGIN, 50.0, Anchor::Start, "muted", &line);
    if !doses.is_empty() {
        panel::arrow(out, "dose-mark", RIGHT + 32.0, 50.0);
        let many = if doses.len() == 1 { "dose".to_string() } else { format!("{} doses", doses.len()) };
        let wide = |d: &DoseMark| {
            let (x, end) = panel::span_of(time, d);
            end - x >= BAND_PX
        };
        let long = if doses.iter().any(wide) { ", band: as long as it runs" } else { "" };
        out.text(RIGHT + 42.0, 50.0, Anchor::Start, "small muted", &format!("{many}{long}"));
    }
    76.0
}

fn foot(out: &mut Drawing, results: &Results, time: Time, mut y: f64) -> f64 {
    panel::time_marks(out, time, y);
    y += 16.0;
    let how = match time {
        Time::Bent { .. } => "time since the first dose (even up to 10 min, logarithmic beyond)",
        Time::Even { .. } => "time since the first dose",
    };
    out.text(0.5 * (LEFT + RIGHT), y, Anchor::Middle, "small muted", how);
    y += 26.0;
    out.text(MARGIN, y, Anchor::Start, "small strong", NOT_ADVICE);
    let provenance = results.provenance();
    let hash = provenance.atlas_hash.get(..12).unwrap_or("");
    let made = format!("resynapse {}, atlas {} ({hash})", provenance.program, provenance.atlas);
    out.text(WIDTH - MARGIN, y, Anchor::End, "small muted", &made);
    y += 15.0;
    let grades = "Grade of a panel: its weakest number, from A (human trials) to E (assumed). No band is drawn: how far people differ is not shown here.";
    out.text(MARGIN, y, Anchor::Start, "small muted", grades);
    y + MARGIN
}

/// The panels of a run: traces of one lane and unit share one.
fn panels(results: &Results, observed: &[Observed]) -> Vec<Panel> {
    let mut groups: Vec<Vec<usize>> = (0..results.traces().len()).map(|k| kin(results, k)).collect();
    groups.sort();
    groups.dedup();
    groups.iter().map(|group| panel_of(results, group, observed)).collect()
}

fn panel_of(results: &Results, group: &[usize], observed: &[Observed]) -> Panel {
    let first = &results.traces()[group[0]];
    let alone = group.len() == 1;
    let labels: Vec<&str> = group.iter().map(|k| results.traces()[*k].label.as_str()).collect();
    let (shared, names) = shared_part(&labels);
    let shown: Vec<usize> = group.iter().copied().filter(|k| present(results, *k, group)).collect();
    let mut curves: Vec<Curve> =
        shown.iter().enumerate().map(|(i, k)| curve(results, results.treated(), *k, Ink::Number(i))).collect();
    let mut gap = None;
    for (curve, k) in curves.iter_mut().zip(&shown) {
        if let Some(i) = group.iter().position(|g| g == k) {
            curve.name = names[i].to_string();
        }
    }
    if first.lane == SYMPTOM && alone && !curves.is_empty() {
        gap = expectation(results, group[0], &mut curves);
    } else if alone {
        // The panel bears the name of its only curve.
        for curve in &mut curves {
            curve.name = std::mem::take(&mut curve.detail);
        }
    }
    let dots = observed.iter().filter(|o| shown.iter().any(|k| results.traces()[*k].port == o.port));
    let dots: Vec<Dots> = dots.map(|o| Dots { name: o.name.clone(), points: o.points.clone() }).collect();
    let values = curves.iter().flat_map(|c| &c.points).chain(dots.iter().flat_map(|d| &d.points)).map(|p| p.1);
    let value = if CONCENTRATIONS.contains(&first.lane.as_str()) { Value::log(values) } else { Value::even(values) };
    Panel {
        title: lane_title(&first.lane),
        subtitle: if first.lane == SYMPTOM {
            format!("{}, lower is better", first.label)
        } else if alone {
            first.label.clone()
        } else {
            shared.unwrap_or(lane_word(&first.lane)).to_string()
        },
        unit: words::unit(&first.unit),
        grade: weakest(results, group),
        value,
        least_height: if first.lane == SYMPTOM { 150.0 } else { 62.0 },
        curves,
        gap,
        dots,
    }
}

/// What all labels have before or after their comma, and what is left of each: `NMDA blocked, PV` and `NMDA blocked, SST`
/// are `PV` and `SST` under `NMDA blocked`.
pub(crate) fn shared_part<'a>(labels: &[&'a str]) -> (Option<&'a str>, Vec<&'a str>) {
    let split: Option<Vec<(&str, &str)>> = labels.iter().map(|l| l.split_once(", ")).collect();
    if let Some(split) = split.filter(|s| s.len() > 1) {
        if split.iter().all(|s| s.0 == split[0].0) {
            return (Some(split[0].0), split.iter().map(|s| s.1).collect());
        }
        if split.iter().all(|s| s.1 == split[0].1) {
            return (Some(split[0].1), split.iter().map(|s| s.0).collect());
        }
    }
    (None, labels.to_vec())
}

/// Adds the drug-only and the untreated person, and names the area that is expectation.
fn expectation(results: &Results, k: usize, curves: &mut Vec<Curve>) -> Option<Gap> {
    let unit = words::unit(&results.traces()[k].unit);
    let (with, without, rest) = (results.treated(), results.without_expectancy(), results.untreated());
    curves[0].name = "drug and expectation".into();
    let mut widest = (0.0, 0.0);
    for t in &with.times_h {
        let size = with.at(k, *t) - without.at(k, *t);
        if f64::abs(size) > f64::abs(widest.1) {
            widest = (*t, size);
        }
    }
    let mut gap = None;
    if widest.1 != 0.0 {
        curves.push(Curve { name: "drug alone".into(), ..curve(results, without, k, Ink::Number(1)) });
        let detail = format!("up to {} {unit} at {}", words::score(widest.1), words::span(widest.0));
        gap = Some(Gap { name: "expectation".into(), detail, between: (0, curves.len() - 1) });
    }
    curves.push(Curve { name: "untreated".into(), extreme: None, ..curve(results, rest, k, Ink::Thin) });
    gap
}

fn curve(results: &Results, course: &Course, k: usize, ink: Ink) -> Curve {
    let trace = &results.traces()[k];
    let extreme = moved(course, k).then(|| farthest(course, k));
    Curve {
        name: trace.label.clone(),
        detail: extreme_in_words(course, trace, k),
        ink,
        points: course.times_h.iter().copied().zip(course.values[k].iter().copied()).collect(),
        extreme,
    }
}

/// What a lane is called.
pub(crate) fn lane_title(lane: &str) -> String {
    let known = match lane {
        "blood" => "Blood",
        "brain" => "Brain",
        "receptor" => "Receptor",
        "circuit" => "Circuit",
        "network" => "Networks",
        "stress" => "Stress and immunity",
        "cognition" => "Thinking and learning",
        "signalling" => "Signalling",
        "synapse" => "Synapse",
        "acute" => "Acute effects",
        "symptom" => "Mood",
        "scales" => "Other scales",
        other => {
            let mut letters = other.chars();
            return letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default();
        }
    };
    known.into()
}

fn lane_word(lane: &str) -> &'static str {
    match lane {
        "blood" => "drug and products",
        "brain" => "unbound drug",
        "receptor" => "channels blocked",
        "circuit" => "firing in the cortex",
        "network" => "coupling between regions",
        "stress" => "hormones and inflammation",
        "cognition" => "memory, bias, habit",
        "signalling" => "from glutamate on",
        "synapse" => "strength and spines",
        _ => "",
    }
}

/// The figure in words.
fn description(results: &Results) -> String {
    let mut text = String::from("Small multiples on one axis of time.");
    for (k, trace) in results.traces().iter().enumerate() {
        if !present(results, k, &kin(results, k)) {
            continue;
        }
        let unit = words::unit(&trace.unit);
        let extreme = extreme_in_words(results.treated(), trace, k);
        text.push_str(&format!(" {}, {} ({unit}): {extreme}.", lane_title(&trace.lane), trace.label));
    }
    text.push(' ');
    text.push_str(NOT_ADVICE);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_shared_parts() {
        assert_eq!(shared_part(&["NMDA, a", "NMDA, b"]), (Some("NMDA"), vec!["a", "b"]));
        assert_eq!(shared_part(&["S, brain", "R, brain"]), (Some("brain"), vec!["S", "R"]));
        assert_eq!(shared_part(&["S, brain", "R"]), (None, vec!["S, brain", "R"]));
        assert_eq!(shared_part(&["S, brain"]), (None, vec!["S, brain"]));
    }
}
