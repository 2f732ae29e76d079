//! One panel: its axes, and where a pair of numbers stands in it.

use crate::figure::axis::{Time, Value};
use crate::figure::svg::{Anchor, Drawing};
use crate::figure::words;

/// Room inside the frame at both ends of the horizontal axis, for markers that stand beside each other.
const INSET: f64 = 18.0;

/// A horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Across {
    /// Hours from 0, to scale.
    Hours(f64),
    /// Anything else.
    Value(Value),
}

/// A panel.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Left and upper edge of the plotting area, px.
    pub corner: (f64, f64),
    /// Width and height, px.
    pub size: (f64, f64),
    /// Horizontal axis.
    pub across: Across,
    /// Vertical axis.
    pub up: Value,
}

impl Frame {
    /// Where a number stands across; `None` outside the axis.
    pub fn x(&self, value: f64) -> Option<f64> {
        let place = match self.across {
            Across::Hours(until_h) => Some(Time::Even { until_h }.place(value)),
            Across::Value(axis) => axis.place(value),
        };
        let inside = place.filter(|p| (-1e-9..=1.0 + 1e-9).contains(p));
        inside.map(|p| self.corner.0 + INSET + (self.size.0 - 2.0 * INSET) * p)
    }

    /// Where a number stands in height; `None` outside the axis.
    pub fn y(&self, value: f64) -> Option<f64> {
        let inside = self.up.place(value).filter(|p| (-1e-9..=1.0 + 1e-9).contains(p));
        inside.map(|p| self.corner.1 + self.size.1 * (1.0 - p))
    }

    /// The same for a number that may lie outside: it is put on the edge.
    pub fn y_clamped(&self, value: f64) -> f64 {
        let place = self.up.place(value).unwrap_or(0.0).clamp(0.0, 1.0);
        self.corner.1 + self.size.1 * (1.0 - place)
    }

    /// Where a pair stands.
    pub fn point(&self, (across, up): (f64, f64)) -> Option<(f64, f64)> {
        Some((self.x(across)?, self.y(up)?))
    }

    /// Pairs that stand inside, in order.
    pub fn points(&self, pairs: impl IntoIterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
        pairs.into_iter().filter_map(|p| self.point(p)).collect()
    }

    /// Lower edge.
    pub fn bottom(&self) -> f64 {
        self.corner.1 + self.size.1
    }

    /// Right edge.
    pub fn right(&self) -> f64 {
        self.corner.0 + self.size.0
    }

    /// Times to mark on an axis of hours.
    pub fn marks(&self) -> Vec<f64> {
        const APART_PX: f64 = 60.0;
        match self.across {
            Across::Hours(until_h) => Time::Even { until_h }.ticks(APART_PX / (self.size.0 - 2.0 * INSET)),
            Across::Value(axis) => axis.ticks((self.size.0 / 90.0).round().max(2.0) as usize),
        }
    }

    /// Draws grid and axes; `unit` stands above the vertical axis, `below` under the horizontal one.
    pub fn draw(&self, out: &mut Drawing, unit: &str, below: &str) {
        let ((left, top), bottom) = (self.corner, self.bottom());
        for mark in self.marks() {
            let Some(x) = self.x(mark) else { continue };
            out.line("grid", (x, top), (x, bottom));
            let text = match self.across {
                Across::Hours(_) => words::span_short(mark),
                Across::Value(_) => words::tick(mark),
            };
            out.text(x, bottom + 14.0, Anchor::Middle, "small muted", &text);
        }
        let wanted = (self.size.1 / 40.0).round().max(2.0) as usize;
        for mark in self.up.ticks(wanted) {
            let Some(y) = self.y(mark) else { continue };
            out.line("grid", (left, y), (self.right(), y));
            out.text(left - 6.0, y + 3.6, Anchor::End, "small muted", &words::tick(mark));
        }
        out.text(left, top - 7.0, Anchor::Start, "small muted", unit);
        out.line("axis", (left, bottom), (self.right(), bottom));
        out.text(0.5 * (left + self.right()), bottom + 29.0, Anchor::Middle, "small muted", below);
    }
}

/// Columns of panels: left edge and width of each, with room for ticks before it.
pub fn columns(count: usize, (left, right): (f64, f64), ticks: f64, gap: f64) -> Vec<(f64, f64)> {
    let each = (right - left - gap * (count.max(1) - 1) as f64) / count.max(1) as f64;
    (0..count).map(|k| (left + k as f64 * (each + gap) + ticks, each - ticks)).collect()
}

/// An axis of shares in percent.
pub const PERCENT: Value = Value::Even { low: 0.0, high: 100.0 };

/// How far arm `k` of `n` is drawn beside its place, so that intervals do not cover each other, px.
pub fn beside(k: usize, n: usize) -> f64 {
    const STEP_PX: f64 = 6.0;
    STEP_PX * (k as f64 - 0.5 * (n as f64 - 1.0))
}
