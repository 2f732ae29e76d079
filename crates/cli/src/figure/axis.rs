//! Axes: where a time or a value stands on the page, and which of them are marked.

use crate::figure::signal::ROUNDING;
use resynapse::sim::math::ln;

/// Start of the logarithmic part of the time axis, h. Before it time runs evenly, so that 0 has a place.
const EVEN_UNTIL_H: f64 = 10.0 / 60.0;
/// Times worth a mark on the bent axis, h.
const MARKS_H: [f64; 12] = [0.0, 10.0 / 60.0, 1.0, 4.0, 24.0, 72.0, 168.0, 336.0, 672.0, 2016.0, 4368.0, 8760.0];
/// A logarithmic value axis ends this far below the highest value.
const FLOOR: f64 = 1e-3;

/// The shared axis of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Time {
    /// Even up to ten minutes, logarithmic beyond: one dose, from minutes to weeks.
    Bent {
        /// Hours shown.
        until_h: f64,
    },
    /// Even in days: a course of doses.
    Even {
        /// Hours shown.
        until_h: f64,
    },
}

impl Time {
    /// The axis that suits doses given at `doses_h`: even when they fall on more than one day.
    pub fn suited(doses_h: impl IntoIterator<Item = f64>, until_h: f64) -> Time {
        const DAY_H: f64 = 24.0;
        let mut days: Vec<f64> = doses_h.into_iter().map(|t| (t / DAY_H).floor()).collect();
        days.dedup();
        if days.len() > 1 { Time::Even { until_h } } else { Time::Bent { until_h } }
    }

    /// Hours shown.
    pub fn until_h(self) -> f64 {
        match self {
            Time::Bent { until_h } | Time::Even { until_h } => until_h,
        }
    }

    /// Place of a time, 0 at the start and 1 at the end of the axis.
    pub fn place(self, time_h: f64) -> f64 {
        let end = self.bend(self.until_h());
        if end > 0.0 { self.bend(time_h) / end } else { 0.0 }
    }

    fn bend(self, time_h: f64) -> f64 {
        match self {
            Time::Even { .. } => time_h,
            Time::Bent { .. } if time_h <= EVEN_UNTIL_H => time_h / EVEN_UNTIL_H,
            Time::Bent { .. } => 1.0 + ln(time_h / EVEN_UNTIL_H),
        }
    }

    /// Times to mark, h, at least `gap` of the axis apart; the start is always among them.
    pub fn ticks(self, gap: f64) -> Vec<f64> {
        let until_h = self.until_h();
        let mut wanted: Vec<f64> = match self {
            Time::Bent { .. } => MARKS_H.iter().copied().filter(|t| *t <= until_h).collect(),
            Time::Even { .. } => {
                const STEPS_H: [f64; 9] = [1.0, 4.0, 12.0, 24.0, 48.0, 168.0, 336.0, 672.0, 4368.0];
                let fits = |step: &f64| step / until_h >= gap;
                let step = STEPS_H.into_iter().find(fits).unwrap_or(until_h);
                (0..=(until_h / step + 1e-9).floor() as usize).map(|i| i as f64 * step).collect()
            }
        };
        wanted.retain(|t| self.place(until_h) - self.place(*t) >= gap);
        // The end is always marked: it says how far the picture reaches.
        wanted.push(until_h);
        let mut kept: Vec<f64> = Vec::new();
        for t in wanted {
            if kept.last().is_none_or(|last| self.place(t) - self.place(*last) >= gap) {
                kept.push(t);
            }
        }
        kept
    }
}

/// The axis of values of one panel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Even.
    Even {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Logarithmic.
    Log {
        /// Lower end, above 0; smaller values are not drawn.
        low: f64,
        /// Upper end.
        high: f64,
    },
}

impl Value {
    /// An even axis around values, with a little air.
    pub fn even(values: impl IntoIterator<Item = f64>) -> Value {
        let (mut low, mut high) = bounds(values);
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let size = high.abs().max(low.abs());
        if high - low <= ROUNDING * size.max(1.0) {
            let nothing = size <= ROUNDING;
            let half = if nothing { 1.0 } else { 0.1 * size };
            (low, high) = (if nothing { 0.0 } else { low - half }, high + half);
        }
        let air = 0.06 * (high - low);
        // Zero is an end of its own.
        let low = if low >= 0.0 && low - air <= 0.0 { 0.0 } else { low - air };
        Value::Even { low, high: high + air }
    }

    /// A logarithmic axis down to a thousandth of the highest value; even when nothing is above 0.
    pub fn log(values: impl IntoIterator<Item = f64>) -> Value {
        let (_, high) = bounds(values);
        if high.is_finite() && high > 0.0 {
            Value::Log { low: FLOOR * high, high: high * 1.5 }
        } else {
            Value::Even { low: 0.0, high: 1.0 }
        }
    }

    /// Place of a value, 0 at the lower end and 1 at the upper; `None` below the floor of a logarithmic axis.
    pub fn place(self, value: f64) -> Option<f64> {
        match self {
            Value::Even { low, high } => Some((value - low) / (high - low)),
            Value::Log { low, high } => (value >= low).then(|| ln(value / low) / ln(high / low)),
        }
    }

    /// Values to mark, about `wanted` of them.
    pub fn ticks(self, wanted: usize) -> Vec<f64> {
        match self {
            Value::Even { low, high } => {
                let step = round_step((high - low) / wanted.max(1) as f64);
                let first = (low / step - 1e-9).ceil() as i64;
                let last = (high / step + 1e-9).floor() as i64;
                (first..=last).map(|i| i as f64 * step).collect()
            }
            Value::Log { low, high } => {
                let first = (log10(low) - 1e-9).ceil() as i32;
                let last = (log10(high) + 1e-9).floor() as i32;
                (first..=last).map(power_of_ten).collect()
            }
        }
    }
}

fn bounds(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let finite = values.into_iter().filter(|v| v.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)))
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `rough`.
fn round_step(rough: f64) -> f64 {
    let power = power_of_ten(log10(rough).floor() as i32);
    [1.0, 2.0, 5.0].into_iter().map(|m| m * power).find(|s| *s >= rough * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

fn log10(x: f64) -> f64 {
    ln(x) / ln(10.0)
}

/// Read from text: exact, unlike repeated multiplication.
fn power_of_ten(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_bent_axis() {
        let time = Time::Bent { until_h: 672.0 };
        assert_eq!((time.place(0.0), time.place(672.0)), (0.0, 1.0));
        let places: Vec<f64> = (0..=6720).map(|i| time.place(f64::from(i) * 0.1)).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "the axis runs forward");
        // Both parts meet with the same slope.
        let step = 1e-6;
        let slope = |t: f64| (time.place(t + step) - time.place(t - step)) / (2.0 * step);
        let (before, after) = (slope(EVEN_UNTIL_H - 2.0 * step), slope(EVEN_UNTIL_H + 2.0 * step));
        assert!((before / after - 1.0).abs() < 1e-3);
        let marks: Vec<String> = time.ticks(0.05).into_iter().map(crate::figure::words::span_short).collect();
        assert_eq!(marks, ["0", "10 min", "1 h", "4 h", "1 d", "3 d", "7 d", "14 d", "28 d"]);
    }

    #[test]
    fn agrees_with_regimens() {
        assert_eq!(Time::suited([0.0], 672.0), Time::Bent { until_h: 672.0 });
        assert_eq!(Time::suited([0.0, 5.0], 672.0), Time::Bent { until_h: 672.0 });
        assert_eq!(Time::suited([], 672.0), Time::Bent { until_h: 672.0 });
        let even = Time::suited([0.0, 72.0], 672.0);
        assert_eq!(even, Time::Even { until_h: 672.0 });
        assert_eq!(even.ticks(0.1), [0.0, 168.0, 336.0, 504.0, 672.0]);
        assert_eq!(Time::Bent { until_h: 0.1 }.ticks(0.05), [0.0, 0.1]);
    }

    #[test]
    fn agrees_with_round_ticks() {
        assert_eq!(Value::even([0.0, 38.0]).ticks(4), [0.0, 20.0, 40.0]);
        assert_eq!(Value::log([0.0, 200.0]).ticks(4), [1.0, 10.0, 100.0]);
        assert_eq!(Value::log([0.0, 200.0]).place(0.0), None);
        assert_eq!(Value::log([0.0, 0.0]), Value::Even { low: 0.0, high: 1.0 });
        let flat = Value::even([5.0, 5.0]);
        assert_eq!(flat.place(5.0), Some(0.5));
    }
}
