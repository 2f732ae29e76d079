//! People differ: one model per virtual subject, drawn about the model of the group.

use sim::math;
use sim::random::{Stream, stream_id};

use super::connectome::Coupling;
use super::model::Model;

/// How far subjects differ, as standard deviations of logarithms; 0 is not at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Of the strength of each connection, the same in both directions; the mean over subjects stays.
    pub connection: f64,
    /// Of the recurrent weight of each region.
    pub recurrence: f64,
}

/// Logarithms beyond this are cut off: a spread of 1 reaches it once in 10^15 draws.
const FURTHEST: f64 = 8.0;

/// The model of one subject; its inhibition is to be tuned anew. The draws depend on seed and subject alone.
pub fn subject(group: &Model, spread: Spread, seed: u64, subject: u32) -> Model {
    let mut draws = Stream::new(seed, 0, subject, stream_id("subject"), 0);
    let mut factor = |spread: f64, shift: f64| {
        let log = spread * draws.normal() + shift;
        math::exp(math::min(math::max(log, -FURTHEST), FURTHEST))
    };
    let n = group.coupling.len();
    let mut weights: Vec<f64> = (0..n).flat_map(|row| group.coupling.row(row).iter().copied()).collect();
    let shift = -0.5 * spread.connection * spread.connection;
    for i in 0..n {
        for j in 0..i {
            let factor = factor(spread.connection, shift);
            weights[i * n + j] *= factor;
            weights[j * n + i] *= factor;
        }
    }
    weights.iter_mut().for_each(|w| *w = math::min(*w, Coupling::STRONGEST));
    let mut model = group.clone();
    for region in &mut model.regions {
        region.recurrence *= factor(spread.recurrence, 0.0);
    }
    if let Some(coupling) = Coupling::from_rows(n, weights) {
        model.coupling = coupling;
    }
    model
}
