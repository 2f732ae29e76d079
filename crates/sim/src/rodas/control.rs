//! Step size control: plain functions of numbers.

use crate::job::Control;
use crate::math;

// Source: Hairer & Wanner 1996, Solving ODE II, code RODAS: safety 0.9, growth at most 6, shrinkage at most 5, and the
// predictive controller of Gustafsson 1994 with its floor 0.01 for the remembered error.
const SAFETY: f64 = 0.9;
const GROW: f64 = 6.0;
const SHRINK: f64 = 0.2;
const LEAST_MEMORY: f64 = 1e-2;
/// One over the order of the error estimate's leading term.
const EXPONENT: f64 = 0.2;
/// How a step shrinks whose error is not a number.
const SHRINK_UNKNOWN: f64 = 0.1;

/// The step to try and whether it ends at the edge. The last two steps before an edge share the way.
pub(crate) fn choose(wish: f64, time: f64, until: f64) -> (f64, bool) {
    let left = until - time;
    if wish >= left * (1.0 - 1e-6) {
        (left, true)
    } else if 2.0 * wish > left {
        (0.5 * left, false)
    } else {
        (wish, false)
    }
}

/// Takes note of an attempt of size `step` with the error `error` (a fraction of the tolerance); whether it is accepted.
/// `clipped` says that the wish was longer than the step.
pub(crate) fn judge(control: &mut Control, step: f64, error: f64, clipped: bool) -> bool {
    if !error.is_finite() {
        control.step = step * SHRINK_UNKNOWN;
        control.rejected = true;
        return false;
    }
    let factor = |e: f64| SAFETY * math::pow(e, -EXPONENT);
    let within = |x: f64| math::max(SHRINK, math::min(GROW, x));
    let plain = within(factor(math::max(error, 1e-10)));
    if error > 1.0 {
        control.step = step * plain;
        control.rejected = true;
        return false;
    }
    let mut next = step * plain;
    if control.accepted_step > 0.0 {
        let memory =
            (step / control.accepted_step) * factor(math::max(error, 1e-10) * (error / control.accepted_error));
        next = math::min(next, step * within(memory));
    }
    if control.rejected {
        next = math::min(next, step);
    }
    // A step cut short by an edge is no reason to forget the longer one.
    control.step = if clipped { math::max(next, control.step) } else { next };
    control.accepted_step = step;
    control.accepted_error = math::max(error, LEAST_MEMORY);
    control.rejected = false;
    true
}

/// The first step from the sizes of state, slope and second derivative relative to the tolerance.
///
/// Source: Hairer, Nørsett & Wanner 1993, Solving ODE I, section II.4, with the exact second derivative.
pub(crate) fn first_step([state, slope, second]: [f64; 3]) -> f64 {
    let most = math::max(slope, second);
    if !most.is_finite() {
        return 1e-6;
    }
    let small = if state < 1e-5 || slope < 1e-5 { 1e-6 } else { 0.01 * state / slope };
    let by_curvature = if most <= 1e-15 { math::max(1e-6, small * 1e-3) } else { math::pow(0.01 / most, EXPONENT) };
    math::min(100.0 * small, by_curvature)
}
