//! The slow engine that is easy to believe: one subject at a time, the graph interpreted node by node, extrapolated
//! linearly implicit Euler steps with dense elimination. It shares the schedule's meaning with the fast engine and
//! nothing of its numerics; the two are examined against each other.
//!
//! Source: Deuflhard 1985, SIAM Review 27:505-535; Hairer & Wanner 1996, Solving ODE II, section IV.9 (harmonic-type
//! sequence 1, 2, 3, …, fixed number of columns).

use crate::course::{Course, Turn, Visit};
use crate::dense::Dense;
use crate::expr::{Interpreter, Point};
use crate::job::{FailureKind, Job, Options, Outcome};
use crate::math;
use crate::system::{Discrete, System};

/// Columns of the extrapolation table: the order of the method.
const COLUMNS: usize = 6;
/// Factors by which a step may change, and the share of the predicted one that is taken.
const SHRINK: f64 = 0.1;
const GROW: f64 = 4.0;
const SAFETY: f64 = 0.8;
/// The first step after an edge that changed something, as a fraction of the time scale of the rates.
const FIRST_STEP: f64 = 1e-3;

/// A system prepared for the reference engine.
pub struct Program {
    discrete: Discrete,
    scales: Vec<f64>,
    rates: Interpreter,
    jacobian: Interpreter,
    entries: Vec<(usize, usize)>,
}

impl Program {
    /// Prepares a system.
    ///
    /// # Panics
    /// Where [`System::check`] finds a fault.
    pub fn compile(system: &System) -> Program {
        system.check().expect("the system is sound");
        let mut system = system.clone();
        let jacobian = system.jacobian();
        let slopes: Vec<_> = jacobian.iter().map(|&(_, _, e)| e).collect();
        Program {
            discrete: Discrete::new(&system),
            scales: system.states.iter().map(|state| state.scale).collect(),
            rates: Interpreter::new(&system.graph, &system.rates),
            jacobian: Interpreter::new(&system.graph, &slopes),
            entries: jacobian.iter().map(|&(row, column, _)| (row, column)).collect(),
        }
    }
}

/// Runs each job to its end, in order, and hands its outcome to the sink; visits go to the policy. The lane count and
/// the longest step of the options have no meaning here beyond the latter's bound.
pub fn run(
    program: &Program,
    jobs: impl Iterator<Item = Job>,
    options: &Options,
    policy: &mut dyn FnMut(&mut Visit),
    sink: &mut dyn FnMut(Outcome),
) {
    for job in jobs {
        match Course::new(job, &program.discrete, options) {
            Ok(course) => sink(finish(program, course, options, policy)),
            Err(outcome) => sink(*outcome),
        }
    }
}

fn finish(program: &Program, mut course: Course, options: &Options, policy: &mut dyn FnMut(&mut Visit)) -> Outcome {
    loop {
        let until = match course.turn(&program.discrete, policy) {
            Turn::Done(result) => return course.into_outcome(result, &program.discrete),
            Turn::Integrate(edge) => match course.next_sample() {
                Some(sample) if sample < edge => sample,
                _ => edge,
            },
        };
        if let Err(kind) = integrate(program, &mut course, until, options) {
            let failure = course.failure(course.time, kind.0, |i| kind.1[i]);
            return course.into_outcome(Err(failure), &program.discrete);
        }
    }
}

/// What went wrong, and how much each state has to do with it.
type Trouble = (FailureKind, Vec<f64>);

/// Integrates up to a time, or says what went wrong and how much each state has to do with it.
fn integrate(program: &Program, course: &mut Course, until: f64, options: &Options) -> Result<(), Trouble> {
    let mut machine = Machine { program, course, scratch: Vec::new() };
    if machine.course.control.restart {
        machine.course.control.step = machine.first_step();
        machine.course.control.restart = false;
    }
    while machine.course.time < until {
        let left = until - machine.course.time;
        let wish = math::min(machine.course.control.step, options.max_step);
        let (h, last) = if wish >= 0.999 * left { (left, true) } else { (wish, false) };
        let (y, errors) = machine.attempt(h);
        let error = machine.norm(&errors, &y, options.rtol);
        let attempts = machine.course.statistics.steps + machine.course.statistics.rejected;
        if attempts >= options.max_steps {
            return Err((FailureKind::StepBudget { steps: options.max_steps }, errors));
        }
        let factor = if error.is_finite() {
            let wanted = SAFETY * math::pow(math::max(error, 1e-10), -1.0 / COLUMNS as f64);
            math::max(SHRINK, math::min(GROW, wanted))
        } else {
            SHRINK
        };
        if error <= 1.0 {
            machine.course.states = y;
            machine.course.time = if last { until } else { machine.course.time + h };
            machine.course.statistics.steps += 1;
            // A step cut short by an edge says little about the next one.
            if !last || factor < 1.0 {
                machine.course.control.step = h * factor;
            }
        } else {
            machine.course.statistics.rejected += 1;
            machine.course.control.step = h * math::min(factor, 0.7);
            if machine.course.control.step < f64::EPSILON * math::max(machine.course.time.abs(), left) {
                return Err((FailureKind::StepTooSmall { step: h }, errors));
            }
        }
    }
    Ok(())
}

struct Machine<'a> {
    program: &'a Program,
    course: &'a mut Course,
    scratch: Vec<f64>,
}

impl Machine<'_> {
    fn evaluate(&mut self, interpreter: &Interpreter, time: f64, states: &[f64]) -> Vec<f64> {
        let mut values = vec![0.0; interpreter.roots()];
        let point = Point { time, states, parameters: &self.course.parameters, arguments: [0.0; 4] };
        interpreter.evaluate(&point, &mut self.scratch, &mut values);
        values
    }

    fn first_step(&mut self) -> f64 {
        let states = self.course.states.clone();
        let rates = self.evaluate(&self.program.rates, self.course.time, &states);
        let size = self.norm(&rates, &states, 1.0);
        if size.is_finite() && size > 0.0 { math::min(FIRST_STEP / size, 1.0) } else { FIRST_STEP }
    }

    /// One extrapolated step from the present states: the new ones and the error of each.
    fn attempt(&mut self, h: f64) -> (Vec<f64>, Vec<f64>) {
        let n = self.course.states.len();
        let (time, start) = (self.course.time, self.course.states.clone());
        let slopes = self.evaluate(&self.program.jacobian, time, &start);
        let mut table: Vec<Vec<f64>> = Vec::new();
        for row in 0..COLUMNS {
            let parts = row + 1;
            let step = h / parts as f64;
            let mut matrix = vec![0.0; n * n];
            for (&(i, j), slope) in self.program.entries.iter().zip(&slopes) {
                matrix[i * n + j] = -step * slope;
            }
            for i in 0..n {
                matrix[i * n + i] += 1.0;
            }
            self.course.statistics.factorizations += 1;
            let Ok(matrix) = Dense::factorize(n, matrix) else { return (start, vec![f64::NAN; n]) };
            let mut y = start.clone();
            for part in 1..=parts {
                let mut change = self.evaluate(&self.program.rates, time + step * part as f64, &y);
                for x in &mut change {
                    *x *= step;
                }
                matrix.solve(&mut change);
                for (y, d) in y.iter_mut().zip(&change) {
                    *y += d;
                }
            }
            // Aitken-Neville along the row; `table` holds the row above.
            let mut line = vec![y];
            for column in 1..=row {
                let ratio = parts as f64 / (parts - column) as f64 - 1.0;
                let better = line[column - 1].iter().zip(&table[column - 1]).map(|(x, above)| x + (x - above) / ratio);
                let better: Vec<f64> = better.collect();
                line.push(better);
            }
            table = line;
        }
        let best = table.pop().expect("the table has columns");
        let errors = best.iter().zip(&table[COLUMNS - 2]).map(|(a, b)| a - b).collect();
        (best, errors)
    }

    /// The root mean square of `d` over states, relative to the tolerance.
    fn norm(&self, d: &[f64], y: &[f64], rtol: f64) -> f64 {
        let mut sum = 0.0;
        for i in 0..d.len() {
            let size = math::max(y[i].abs(), self.course.states[i].abs());
            let share = d[i] / (rtol * size + rtol * 1e-3 * self.program.scales[i]);
            sum += share * share;
        }
        if d.is_empty() { 0.0 } else { (sum / d.len() as f64).sqrt() }
    }
}
