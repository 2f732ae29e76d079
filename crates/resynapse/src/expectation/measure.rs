//! What is read off a course.

use super::time;
use crate::run::Course;

/// A reading: `PORT at TIME`, `largest PORT`, `smallest PORT`, `mean PORT`, each with `from TIME to TIME` if wanted, or
/// `time of largest PORT` (hours).
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// The port.
    pub port: String,
    /// How it is read.
    pub kind: Kind,
    /// Hours looked at.
    pub window: Option<(f64, f64)>,
}

/// How a course is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// At one time, h.
    At(f64),
    /// The largest value.
    Largest,
    /// The smallest value.
    Smallest,
    /// The mean over time.
    Mean,
    /// When the largest value occurs, h.
    TimeOfLargest,
    /// When the smallest value occurs, h.
    TimeOfSmallest,
}

impl Measure {
    /// Reads the words; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Measure, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (kind, rest) = match words.as_slice() {
            ["time", "of", "largest", rest @ ..] => (Kind::TimeOfLargest, rest),
            ["time", "of", "smallest", rest @ ..] => (Kind::TimeOfSmallest, rest),
            ["largest", rest @ ..] => (Kind::Largest, rest),
            ["smallest", rest @ ..] => (Kind::Smallest, rest),
            ["mean", rest @ ..] => (Kind::Mean, rest),
            rest => (Kind::At(0.0), rest),
        };
        let Some((port, rest)) = rest.split_first() else { return Err("the port is missing".into()) };
        let port = port.to_string();
        match (kind, rest) {
            (Kind::At(_), ["at", moment @ ..]) => {
                Ok(Measure { port, kind: Kind::At(time(&moment.join(" "))?), window: None })
            }
            (Kind::At(_), _) => Err(format!("`{text}` does not say when")),
            (_, []) => Ok(Measure { port, kind, window: None }),
            (_, ["from", window @ ..]) => {
                let text = window.join(" ");
                let Some((from, to)) = text.split_once(" to ") else { return Err(format!("`{text}` has no end")) };
                let (from, to) = (time(from)?, time(to)?);
                if from >= to {
                    Err(format!("`{text}` ends before it begins"))
                } else {
                    Ok(Measure { port, kind, window: Some((from, to)) })
                }
            }
            _ => Err(format!("`{}` is not understood", rest.join(" "))),
        }
    }

    /// The last hour it looks at, if it says.
    pub fn end_h(&self) -> Option<f64> {
        match (self.kind, self.window) {
            (Kind::At(t), _) => Some(t),
            (_, window) => window.map(|w| w.1),
        }
    }

    /// The reading of a trace.
    pub fn read(&self, course: &Course, trace: usize) -> f64 {
        if let Kind::At(t) = self.kind {
            return course.at(trace, t);
        }
        let (from, to) = self.window.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let points: Vec<(f64, f64)> = course
            .times_h
            .iter()
            .zip(&course.values[trace])
            .filter(|(t, _)| (from..=to).contains(*t))
            .map(|(t, x)| (*t, *x))
            .collect();
        let best = |better: fn(f64, f64) -> bool| {
            points.iter().copied().reduce(|a, b| if better(b.1, a.1) { b } else { a }).unwrap_or((f64::NAN, f64::NAN))
        };
        match self.kind {
            Kind::At(_) => f64::NAN,
            Kind::Largest => best(|a, b| a > b).1,
            Kind::Smallest => best(|a, b| a < b).1,
            Kind::TimeOfLargest => best(|a, b| a > b).0,
            Kind::TimeOfSmallest => best(|a, b| a < b).0,
            Kind::Mean => {
                let mut area = 0.0;
                for w in points.windows(2) {
                    area += 0.5 * (w[0].1 + w[1].1) * (w[1].0 - w[0].0);
                }
                match (points.first(), points.last()) {
                    (Some(a), Some(b)) if b.0 > a.0 => area / (b.0 - a.0),
                    _ => f64::NAN,
                }
            }
        }
    }
}
