//! What goes into a module and what comes out of it, over time: small panels, few points.

use crate::figure::axis::{Time, Value};
use crate::figure::svg::{Anchor, Drawing, thinned};
use crate::figure::words;
use model::unit::Unit;

/// One signal over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Its port, or state.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
    /// Hours and values.
    pub points: Vec<(f64, f64)>,
}

/// A module at rest and after something happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The module, in words.
    pub title: String,
    /// What happened.
    pub cause: String,
    /// What goes in.
    pub inputs: Vec<Signal>,
    /// What comes out.
    pub outputs: Vec<Signal>,
    /// When something happened, h; more than one day means an even axis.
    pub happened_h: Vec<f64>,
    /// Hours shown.
    pub until_h: f64,
}

const WIDTH: f64 = 720.0;
const MARGIN: f64 = 12.0;
/// From the left edge of a panel's place to its axis.
const TICKS: f64 = 58.0;
const PANEL: f64 = 272.0;
const HEIGHT: f64 = 58.0;
const STEP: f64 = 102.0;
const TOP: f64 = 66.0;

/// Draws a response.
pub fn response(response: &Response) -> String {
    let time = Time::suited(response.happened_h.iter().copied(), response.until_h);
    let mut out = Drawing::new();
    let columns = if response.inputs.is_empty() {
        let half = response.outputs.len().div_ceil(2);
        let (left, right) = response.outputs.split_at(half);
        [("comes out", left, "s0"), ("", right, "s0")]
    } else {
        [("goes in", &response.inputs[..], "s1"), ("comes out", &response.outputs[..], "s0")]
    };
    out.text(MARGIN, 18.0, Anchor::Start, "small muted", &response.cause);
    let rows = columns.iter().map(|c| c.1.len()).max().unwrap_or(0);
    for (c, (heading, signals, class)) in columns.iter().enumerate() {
        let left = MARGIN + c as f64 * 0.5 * WIDTH;
        out.text(left, 38.0, Anchor::Start, "strong", heading);
        for (i, signal) in signals.iter().enumerate() {
            let last = i + 1 == signals.len();
            panel(&mut out, signal, time, class, (left + TICKS, TOP + STEP * i as f64), last);
        }
    }
    let height = TOP + STEP * rows as f64 - (STEP - HEIGHT) + 26.0;
    let title = format!("{}: rest and response", response.title);
    out.finish("response", &title, &description(response), WIDTH, height)
}

fn panel(out: &mut Drawing, signal: &Signal, time: Time, class: &str, (x, top): (f64, f64), last: bool) {
    let shown: Vec<(f64, f64)> = signal.points.iter().copied().filter(|p| p.0 <= time.until_h()).collect();
    let value = Value::even(shown.iter().map(|p| p.1));
    let bottom = top + HEIGHT;
    let unit = words::unit(&signal.unit);
    out.text(x, top - 8.0, Anchor::Start, "small", &format!("{}, {unit}", signal.name));
    for v in value.ticks(3) {
        let Some(place) = value.place(v) else { continue };
        let y = bottom - HEIGHT * place;
        out.line("grid", (x, y), (x + PANEL, y));
        out.text(x - 5.0, y + 3.6, Anchor::End, "small muted", &words::tick(v));
    }
    for t in time.ticks(0.16) {
        let at = x + PANEL * time.place(t);
        out.line("grid", (at, top), (at, bottom));
        if last {
            out.text(at, bottom + 14.0, Anchor::Middle, "small muted", &words::span_short(t));
        }
    }
    out.line("axis", (x, bottom), (x + PANEL, bottom));
    let points: Vec<(f64, f64)> = shown
        .iter()
        .filter_map(|(t, v)| Some((x + PANEL * time.place(*t), bottom - HEIGHT * value.place(*v)?)))
        .collect();
    out.path(&format!("line {class}"), &[fewer(&points)]);
}

/// Points half a pixel apart at most from the curve, at a mesh no finer than the eye needs here.
fn fewer(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const MESH_PX: f64 = 0.6;
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (i, p) in points.iter().enumerate() {
        let far = kept.last().is_none_or(|k| (p.0 - k.0).abs() >= MESH_PX || (p.1 - k.1).abs() >= MESH_PX);
        if far || i + 1 == points.len() {
            kept.push(*p);
        }
    }
    thinned(&kept)
}

fn description(response: &Response) -> String {
    let one = |s: &Signal| {
        let rest = s.points.first().map_or(f64::NAN, |p| p.1);
        let farther = |best: (f64, f64), p: &(f64, f64)| {
            if (p.1 - rest).abs() > (best.1 - rest).abs() { *p } else { best }
        };
        let (at, value) = s.points.iter().fold((0.0, rest), farther);
        let unit = &s.unit;
        format!(
            "{}: {} at rest, {} after {}.",
            s.name,
            words::quantity(rest, unit),
            words::quantity(value, unit),
            words::span(at)
        )
    };
    let mut text = format!("{}.", response.cause);
    for (what, signals) in [("Goes in:", &response.inputs), ("Comes out:", &response.outputs)] {
        if !signals.is_empty() {
            let all: Vec<String> = signals.iter().map(one).collect();
            text.push_str(&format!(" {what} {}", all.join(" ")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_small_file() {
        let points: Vec<(f64, f64)> = (0..20_000).map(|i| (f64::from(i) * 0.03, f64::from(i % 97))).collect();
        let signal = |name: &str| Signal { name: name.into(), unit: Unit::one(), points: points.clone() };
        let svg = response(&Response {
            title: "A module".into(),
            cause: "A dose".into(),
            inputs: vec![signal("in.one")],
            outputs: vec![signal("out.one"), signal("out.two"), signal("out.three")],
            happened_h: vec![0.0],
            until_h: 600.0,
        });
        assert!(!svg.contains("NaN") && svg.contains("out.three"));
        assert!(svg.len() < 60_000, "{} bytes", svg.len());
    }
}
