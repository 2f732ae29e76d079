//! Where the time of a step goes: each part run by itself, many times.

use super::table::STAGES;
use super::{Engine, Part, Program};

/// Nanoseconds per lane of each part of an attempted step.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Recomputing what depends on parameters alone (only where one changed).
    pub prologue: f64,
    /// Seven evaluations of the rates.
    pub rates: f64,
    /// Rates, Jacobian and time derivatives at the start of the step.
    pub jacobian: f64,
    /// The factorisation.
    pub factorization: f64,
    /// Eight right-hand sides and solutions.
    pub solutions: f64,
    /// A whole attempt, without control.
    pub attempt: f64,
}

impl Program {
    /// Measures the parts of a step at given states and parameters on the lane count 4, 8, 16 or 32 (another is taken
    /// as 16), by a clock that gives seconds. Each part is run by itself, so its share of the cache is larger than in a
    /// step.
    pub fn profile(&self, lanes: usize, states: &[f64], parameters: &[f64], clock: &dyn Fn() -> f64) -> Profile {
        match lanes {
            4 => profile::<4>(self, states, parameters, clock),
            8 => profile::<8>(self, states, parameters, clock),
            32 => profile::<32>(self, states, parameters, clock),
            _ => profile::<16>(self, states, parameters, clock),
        }
    }

    /// The sizes of the compiled program: operations of the prologue, of the rates, of rates with Jacobian, entries of
    /// the factors, products of a factorisation, slots.
    pub fn sizes(&self) -> [(&'static str, usize); 6] {
        [
            ("prologue operations", self.layout.prologue.ops.len()),
            ("rate operations", self.rates.ops.len()),
            ("rate and Jacobian operations", self.full.ops.len()),
            ("factor entries", self.plan.len()),
            ("factor products", self.plan.work()),
            ("slots", self.layout.slots),
        ]
    }
}

/// Rounds, of which the fastest counts, and repeats in a round: short enough to fit between interruptions.
const ROUNDS: usize = 100;
const REPEATS: usize = 10;

fn profile<const L: usize>(program: &Program, states: &[f64], parameters: &[f64], clock: &dyn Fn() -> f64) -> Profile {
    let mut engine: Engine<L> = Engine::new(program, 1e-5);
    for lane in 0..L {
        engine.set_states(lane, states);
        engine.set_parameters(lane, parameters);
    }
    engine.step = [1e-3; L];
    engine.prologue();
    engine.open();
    engine.close();
    let mut measure = |part: &mut dyn FnMut(&mut Engine<L>)| {
        let mut best = f64::INFINITY;
        for _ in 0..ROUNDS {
            let start = clock();
            for _ in 0..REPEATS {
                part(&mut engine);
            }
            best = crate::math::min(best, (clock() - start) * 1e9 / (REPEATS * L) as f64);
        }
        best
    };
    let attempt = measure(&mut |engine| {
        engine.open();
        engine.close();
    });
    let prologue = measure(&mut |engine| engine.prologue());
    let rates = measure(&mut |engine| (1..STAGES).for_each(|stage| engine.rates(stage)));
    let jacobian = measure(&mut |engine| engine.open());
    let factorization = measure(&mut |engine| engine.dispatch(Part::Factorize));
    let solutions =
        measure(&mut |engine| (0..STAGES).for_each(|stage| engine.dispatch(Part::Stage(stage, &program.rates))));
    Profile { prologue, rates, jacobian, factorization, solutions, attempt }
}
