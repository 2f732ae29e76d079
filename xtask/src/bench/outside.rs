//! diffsol's BDF on the same people and schedules.
//!
//! How it is driven: rates and Jacobian are machine code generated from the same graph; the Jacobian is computed once per
//! point and handed over column group by column group, as diffsol's closures ask for it (its own colouring finds the
//! groups); one problem, with its pattern and colouring, serves all people; one solver per person, which is restarted
//! at order 1 with diffsol's own first-step estimate at every edge that changes something, and only told of a stop time
//! at the others. Samples come from its interpolant. The tolerance means the same: `rtol`, with an absolute part of
//! `rtol * 1e-3 * scale` per state, in the root mean square.

use super::generated::Generated;
use diffsol::{
    FaerLU, FaerMat, FaerSparseLU, FaerSparseMat, NalgebraLU, NalgebraMat, NonLinearOp, OdeBuilder, OdeEquations,
    OdeSolverMethod, OdeSolverStopReason, Vector,
};
use sim::expr::Point;
use sim::{Effect, Entry, Job, System, What};
use std::cell::RefCell;
use std::rc::Rc;

/// The linear algebra that diffsol is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    NalgebraDense,
    FaerDense,
    FaerSparse,
}

impl Variant {
    pub const ALL: [Variant; 3] = [Variant::NalgebraDense, Variant::FaerDense, Variant::FaerSparse];

    pub fn name(self) -> &'static str {
        match self {
            Variant::NalgebraDense => "BDF, nalgebra dense LU",
            Variant::FaerDense => "BDF, faer dense LU",
            Variant::FaerSparse => "BDF, faer sparse LU",
        }
    }
}

/// What a run of several people gave.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    /// States at the samples, row after row, one list per person.
    pub samples: Vec<Vec<f64>>,
    pub steps: u64,
    pub rates_called: u64,
    pub slopes_called: u64,
}

/// The numbers behind the closures: one person's, exchanged without rebuilding the problem.
struct Shared {
    code: Generated,
    parameters: RefCell<Vec<f64>>,
    kept: RefCell<Vec<f64>>,
    start: RefCell<Vec<f64>>,
    /// Where the slopes were computed last.
    slopes: RefCell<(f64, Vec<f64>, Vec<f64>)>,
    calls: RefCell<[u64; 2]>,
}

impl Shared {
    fn set(&self, parameters: &[f64]) {
        self.code.prologue(parameters, &mut self.kept.borrow_mut());
        self.parameters.replace(parameters.to_vec());
        self.slopes.borrow_mut().0 = f64::NAN;
    }

    fn rates(&self, time: f64, x: &[f64], y: &mut [f64]) {
        self.calls.borrow_mut()[0] += 1;
        self.code.rates(time, x, &self.parameters.borrow(), &self.kept.borrow(), y);
    }

    /// Jacobian times a vector.
    fn action(&self, time: f64, x: &[f64], v: &[f64], y: &mut [f64]) {
        let mut slopes = self.slopes.borrow_mut();
        let (at, point, values) = &mut *slopes;
        if *at != time || point != x {
            self.calls.borrow_mut()[1] += 1;
            self.code.slopes(time, x, &self.parameters.borrow(), &self.kept.borrow(), values);
            *at = time;
            point.copy_from_slice(x);
        }
        y.fill(0.0);
        for (&(row, column), slope) in self.code.entries.iter().zip(values.iter()) {
            y[row] += slope * v[column];
        }
    }
}

/// Solves the jobs at a tolerance.
pub struct Outside {
    shared: Rc<Shared>,
    system: System,
}

impl Outside {
    pub fn new(system: &System) -> Result<Outside, String> {
        let code = Generated::new(system)?;
        let (n, kept, entries) = (code.states, code.kept, code.entries.len());
        let shared = Shared {
            code,
            parameters: RefCell::new(vec![0.0; system.parameters]),
            kept: RefCell::new(vec![0.0; kept]),
            start: RefCell::new(vec![0.0; n]),
            slopes: RefCell::new((f64::NAN, vec![0.0; n], vec![0.0; entries])),
            calls: RefCell::new([0; 2]),
        };
        Ok(Outside { shared: Rc::new(shared), system: system.clone() })
    }

    /// Runs the jobs one after the other; an error is diffsol's.
    pub fn run(&self, jobs: &[Job], rtol: f64, variant: Variant) -> Result<Ran, String> {
        match variant {
            Variant::NalgebraDense => self.nalgebra_dense(jobs, rtol),
            Variant::FaerDense => self.faer_dense(jobs, rtol),
            Variant::FaerSparse => self.faer_sparse(jobs, rtol),
        }
    }

    /// Nanoseconds of one call of the rates and of the slopes.
    pub fn nanoseconds_per_call(&self, job: &Job) -> [f64; 2] {
        const CALLS: usize = 20_000;
        let shared = &self.shared;
        shared.set(&job.parameters);
        let mut out = vec![0.0; shared.code.states];
        let mut slopes = vec![0.0; shared.code.entries.len()];
        let (parameters, kept) = (shared.parameters.borrow(), shared.kept.borrow());
        let rates = super::measure::repeat(3, || {
            for _ in 0..CALLS {
                shared.code.rates(0.0, &job.states, &parameters, &kept, &mut out);
                std::hint::black_box(&mut out);
            }
        });
        let jacobian = super::measure::repeat(3, || {
            for _ in 0..CALLS {
                shared.code.slopes(0.0, &job.states, &parameters, &kept, &mut slopes);
                std::hint::black_box(&mut slopes);
            }
        });
        [rates.median, jacobian.median].map(|seconds| seconds * 1e9 / CALLS as f64)
    }
}

/// One method per kind of matrix: diffsol's types differ, the text does not.
macro_rules! solver {
    ($name:ident, $matrix:ty, $linear:ty) => {
        impl Outside {
            fn $name(&self, jobs: &[Job], rtol: f64) -> Result<Ran, String> {
                let text = |e: diffsol::DiffsolError| e.to_string();
                let n = self.shared.code.states;
                self.shared.start.replace(jobs[0].states.clone());
                self.shared.set(&jobs[0].parameters);
                let [rates, action, start] = [self.shared.clone(), self.shared.clone(), self.shared.clone()];
                let atol: Vec<f64> = self.system.states.iter().map(|s| rtol * 1e-3 * s.scale).collect();
                let problem = OdeBuilder::<$matrix>::new()
                    .rtol(rtol)
                    .use_coloring(true)
                    .atol(atol)
                    .p([0.0])
                    .rhs_implicit(
                        move |x: &[f64], _: &[f64], t: f64, y: &mut [f64]| rates.rates(t, x, y),
                        move |x: &[f64], _: &[f64], t: f64, v: &[f64], y: &mut [f64]| action.action(t, x, v, y),
                    )
                    .init(move |_: &[f64], _: f64, y: &mut [f64]| y.copy_from_slice(&start.start.borrow()), n)
                    .build()
                    .map_err(text)?;
                self.shared.calls.replace([0; 2]);
                let mut ran = Ran::default();
                for job in jobs {
                    self.shared.start.replace(job.states.clone());
                    let mut walk = Walk::new(&self.system, job);
                    self.shared.set(&walk.parameters);
                    let mut solver = problem.bdf::<$linear>().map_err(text)?;
                    let mut row = solver.state().y.clone();
                    let mut first = true;
                    loop {
                        let changed = walk.carry_out();
                        if walk.time >= job.end {
                            break;
                        }
                        if changed || first {
                            first = false;
                            self.shared.set(&walk.parameters);
                            let mut state = solver.state_mut();
                            for (i, x) in walk.states.iter().enumerate() {
                                state.y.set_index(i, *x);
                            }
                            problem.eqn.rhs().call_inplace(state.y, walk.time, state.dy);
                            *state.t = walk.time;
                            state.set_step_size(1.0, &problem.atol, rtol, &problem.eqn, 1);
                        }
                        let edge = walk.edge(job.end);
                        solver.set_stop_time(edge).map_err(text)?;
                        loop {
                            let reason = solver.step().map_err(text)?;
                            while let Some(time) = walk.sample_before(edge).filter(|s| *s <= solver.state().t) {
                                solver.interpolate_inplace(time, &mut row).map_err(text)?;
                                walk.take((0..n).map(|i| row.get_index(i)));
                            }
                            if !matches!(reason, OdeSolverStopReason::InternalTimestep) {
                                break;
                            }
                        }
                        let state = solver.state();
                        for (i, x) in walk.states.iter_mut().enumerate() {
                            *x = state.y.get_index(i);
                        }
                        walk.time = edge;
                    }
                    ran.steps += solver.get_statistics().number_of_steps as u64;
                    ran.samples.push(walk.samples);
                }
                [ran.rates_called, ran.slopes_called] = *self.shared.calls.borrow();
                Ok(ran)
            }
        }
    };
}

solver!(nalgebra_dense, NalgebraMat<f64>, NalgebraLU<f64>);
solver!(faer_dense, FaerMat<f64>, FaerLU<f64>);
solver!(faer_sparse, FaerSparseMat<f64>, FaerSparseLU<f64>);

/// The meaning of a schedule, told to a solver that knows none: `sim`'s rules, written a second time.
struct Walk<'a> {
    system: &'a System,
    entries: &'a [Entry],
    next: usize,
    time: f64,
    states: Vec<f64>,
    base: Vec<f64>,
    parameters: Vec<f64>,
    /// Rate parameter, rate, end.
    infusions: Vec<(u32, f64, f64)>,
    pending: Vec<(f64, Delayed)>,
    samples: Vec<f64>,
}

#[derive(Clone, Copy)]
enum Delayed {
    Add(u32, f64),
    Infuse(u32, f64, f64),
}

impl<'a> Walk<'a> {
    fn new(system: &'a System, job: &'a Job) -> Walk<'a> {
        Walk {
            system,
            entries: &job.schedule,
            next: 0,
            time: job.time,
            states: job.states.clone(),
            base: job.parameters.clone(),
            parameters: job.parameters.clone(),
            infusions: Vec::new(),
            pending: Vec::new(),
            samples: Vec::new(),
        }
    }

    /// Carries out what is due; whether states or parameters changed.
    fn carry_out(&mut self) -> bool {
        let mut changed = false;
        loop {
            let due = |t: f64| t <= self.time;
            let end = first(self.infusions.iter().map(|i| i.2)).filter(|(_, t)| due(*t));
            let start = first(self.pending.iter().map(|p| p.0)).filter(|(_, t)| due(*t));
            if let Some((at, time)) = end
                && start.is_none_or(|(_, t)| time <= t)
            {
                let (parameter, ..) = self.infusions.remove(at);
                self.update(parameter);
                changed = true;
                continue;
            }
            if let Some((at, _)) = start {
                let (_, effect) = self.pending.remove(at);
                self.start(effect);
                changed = true;
                continue;
            }
            let Some(entry) = self.entries.get(self.next).filter(|e| due(e.time)) else { return changed };
            self.next += 1;
            match entry.what {
                What::Sample => self.samples.extend_from_slice(&self.states),
                What::Event { action, arguments } => changed |= self.event(action, arguments),
                _ => unreachable!("the bench's schedules hold events and samples only"),
            }
        }
    }

    fn event(&mut self, action: u32, arguments: [f64; 4]) -> bool {
        let point = Point { time: self.time, states: &self.states, parameters: &self.parameters, arguments };
        let one = |e: sim::Expr| self.system.graph.evaluate(&[e], &point)[0];
        let effects = &self.system.actions[action as usize].effects;
        let list: Vec<(f64, Option<Delayed>, u32, f64)> = effects
            .iter()
            .map(|effect| match *effect {
                Effect::Add { state, amount, delay } => {
                    (delay.map_or(0.0, one), Some(Delayed::Add(state, one(amount))), 0, 0.0)
                }
                Effect::Assign { state, value } => (0.0, None, state, one(value)),
                Effect::Infuse { state, rate_parameter, amount, duration, delay } => {
                    let (amount, duration) = (one(amount), one(duration));
                    let effect = match duration {
                        0.0 => Delayed::Add(state, amount),
                        _ => Delayed::Infuse(rate_parameter, amount, duration),
                    };
                    (delay.map_or(0.0, one), Some(effect), 0, 0.0)
                }
            })
            .collect();
        let mut changed = false;
        for (delay, effect, state, value) in list {
            match effect {
                None => self.states[state as usize] = value,
                Some(effect) if delay > 0.0 => {
                    self.pending.push((self.time + delay, effect));
                    continue;
                }
                Some(effect) => self.start(effect),
            }
            changed = true;
        }
        changed
    }

    fn start(&mut self, effect: Delayed) {
        match effect {
            Delayed::Add(state, amount) => self.states[state as usize] += amount,
            Delayed::Infuse(parameter, amount, duration) => {
                self.infusions.push((parameter, amount / duration, self.time + duration));
                self.update(parameter);
            }
        }
    }

    fn update(&mut self, parameter: u32) {
        let rates = self.infusions.iter().filter(|i| i.0 == parameter).map(|i| i.1);
        self.parameters[parameter as usize] = self.base[parameter as usize] + rates.sum::<f64>();
    }

    /// Up to where integration may go.
    fn edge(&self, end: f64) -> f64 {
        let listed = self.entries[self.next..].iter().find(|e| e.what.is_edge()).map(|e| e.time);
        let inner = self.infusions.iter().map(|i| i.2).chain(self.pending.iter().map(|p| p.0));
        inner.chain(listed).fold(end, f64::min)
    }

    /// The next sample, if it lies before the edge.
    fn sample_before(&self, edge: f64) -> Option<f64> {
        self.entries.get(self.next).filter(|e| e.what == What::Sample && e.time < edge).map(|e| e.time)
    }

    fn take(&mut self, row: impl Iterator<Item = f64>) {
        self.samples.extend(row);
        self.next += 1;
    }
}

/// The first of the smallest.
fn first(times: impl Iterator<Item = f64>) -> Option<(usize, f64)> {
    times.enumerate().fold(None, |best, (i, t)| match best {
        Some((_, least)) if least <= t => best,
        _ => Some((i, t)),
    })
}
