//! The fast engine: Rodas5P over lanes.
//!
//! One attempt of a step runs in three parts. [`Engine::open`] evaluates rates, Jacobian and time derivative at the
//! start of the step; the driver then fixes each lane's step size; [`Engine::close`] factorises and carries out the
//! eight stages. Each lane has its own time, step and error, and every operation is elementwise, so a lane's bits
//! depend on nothing but that lane. Both parts are compiled twice, for the baseline and for AVX2, and give the same
//! bits.

#![allow(clippy::needless_range_loop, reason = "loops over lanes read alike however many arrays they index")]

pub(crate) mod control;
mod drive;
mod profile;
mod table;

pub use drive::{run, run_parallel, run_parallel_with};
pub use profile::Profile;

use std::collections::HashSet;

use crate::dense::Dense;
use crate::expr::{Expr, Symbol};
use crate::lu::Plan;
use crate::math;
use crate::system::{Discrete, Effect, System};
use crate::tape::lanes::{self, Lanes};
use crate::tape::{self, Layout, Tape};
use table::{A, ALPHA, C, D, GAMMA, H, STAGES};

/// "No slot".
const NONE: u32 = u32::MAX;
/// A state's block: its value at the start of the step, then the stage vectors.
const BLOCK: usize = 1 + STAGES;

/// A system compiled for the fast engine; shared by all threads.
pub struct Program {
    discrete: Discrete,
    scales: Vec<f64>,
    layout: Layout,
    /// Rates, then Jacobian entries, then time derivatives that are not 0.
    full: Tape,
    rates: Tape,
    outputs: Tape,
    /// `(row, column)` of each Jacobian entry; its slot follows the rates in the roots of `full`.
    jacobian: Vec<(u32, u32)>,
    /// For each state the place of its time derivative among those that are not 0, or [`NONE`].
    forced: Vec<u32>,
    /// The states that outputs rest on.
    seen: Vec<u32>,
    plan: Plan,
    /// The parameters that infusions change; nothing is hoisted on their account.
    live: Vec<u32>,
}

impl Program {
    /// Compiles a system: symbolic Jacobian, tapes, elimination order.
    ///
    /// # Panics
    /// Where [`System::check`] finds a fault.
    pub fn compile(system: &System) -> Program {
        system.check().expect("the system is sound");
        let mut system = system.clone();
        let n = system.states.len();
        let jacobian = system.jacobian();
        let zero = system.graph.constant(0.0);
        let mut forced = vec![NONE; n];
        let mut slopes: Vec<Expr> = Vec::new();
        for (state, &rate) in system.rates.iter().enumerate() {
            let slope = system.graph.derivative(rate, Symbol::Time);
            if slope != zero {
                forced[state] = slopes.len() as u32;
                slopes.push(slope);
            }
        }
        let live = live_parameters(&system);

        let mut roots = system.rates.clone();
        roots.extend(jacobian.iter().map(|&(_, _, e)| e));
        roots.extend(slopes);
        let full = roots.len();
        roots.extend(&system.outputs);
        let roots = tape::share_reciprocals(&mut system.graph, &roots, &live);
        system.rates.copy_from_slice(&roots[..n]);
        system.outputs.copy_from_slice(&roots[full..]);
        let (layout, tapes) = tape::compile(&system.graph, &[&roots[..full], &roots[..n], &roots[full..]], n, &live);
        let [full, rates, outputs]: [Tape; 3] = tapes.try_into().expect("three sets give three tapes");
        let entries: Vec<(usize, usize, u32)> =
            jacobian.iter().zip(&full.roots[n..]).map(|(&(row, column, _), &slot)| (row, column, slot)).collect();
        let mut seen: Vec<u32> =
            system.graph.reachable(&system.outputs).into_iter().filter_map(|e| state_of(&system, e)).collect();
        seen.sort_unstable();
        Program {
            discrete: Discrete::new(&system),
            scales: system.states.iter().map(|state| state.scale).collect(),
            layout,
            full,
            rates,
            outputs,
            jacobian: jacobian.iter().map(|&(row, column, _)| (row as u32, column as u32)).collect(),
            forced,
            seen,
            plan: Plan::new(n, &entries),
            live: (0..system.parameters as u32).filter(|index| live.contains(index)).collect(),
        }
    }

    /// How many states the system has.
    pub fn states(&self) -> usize {
        self.scales.len()
    }

    /// How many outputs a row of samples has.
    pub fn outputs(&self) -> usize {
        self.discrete.width()
    }
}

fn state_of(system: &System, e: Expr) -> Option<u32> {
    match system.graph.node(e) {
        crate::expr::Node::Symbol(Symbol::State(index)) => Some(index),
        _ => None,
    }
}

/// The parameters that infusions change.
fn live_parameters(system: &System) -> HashSet<u32> {
    let effects = system.actions.iter().flat_map(|action| &action.effects);
    effects
        .filter_map(|effect| match effect {
            Effect::Infuse { rate_parameter, .. } => Some(*rate_parameter),
            _ => None,
        })
        .collect()
}

/// The working memory of one group of lanes.
pub(crate) struct Engine<'p, const L: usize> {
    program: &'p Program,
    slab: Vec<Lanes<L>>,
    blocks: Vec<Lanes<L>>,
    /// The states at the end of the step.
    next: Vec<Lanes<L>>,
    /// The right-hand side and solution of a stage, in elimination order.
    z: Vec<Lanes<L>>,
    factors: Vec<Lanes<L>>,
    /// Time derivatives of the rates that have one.
    forcing: Vec<Lanes<L>>,
    /// Coefficients of the dense output of the states that outputs rest on.
    polynomial: Vec<Lanes<L>>,
    pub time: Lanes<L>,
    pub step: Lanes<L>,
    /// One over the step.
    inverse: Lanes<L>,
    /// Mean square of the error relative to the tolerance.
    pub error: Lanes<L>,
    rtol: f64,
    /// The lanes whose pivots failed: their own factors, or `None` if there are none.
    fallback: Vec<(usize, Option<Dense>)>,
    occupied: [bool; L],
    avx2: bool,
}

impl<'p, const L: usize> Engine<'p, L> {
    pub fn new(program: &'p Program, rtol: f64) -> Engine<'p, L> {
        let n = program.states();
        let mut slab = vec![[0.0; L]; program.layout.slots];
        for &(slot, value) in &program.layout.constants {
            slab[slot as usize] = [value; L];
        }
        Engine {
            program,
            slab,
            blocks: vec![[0.0; L]; n * BLOCK],
            next: vec![[0.0; L]; n],
            z: vec![[0.0; L]; n],
            factors: vec![[0.0; L]; program.plan.len()],
            forcing: vec![[0.0; L]; program.full.roots.len() - n - program.jacobian.len()],
            polynomial: vec![[0.0; L]; 3 * program.seen.len()],
            time: [0.0; L],
            step: [1.0; L],
            inverse: [1.0; L],
            error: [0.0; L],
            rtol,
            fallback: Vec::new(),
            occupied: [false; L],
            avx2: L >= 4 && has_avx2(),
        }
    }

    pub fn set_states(&mut self, lane: usize, states: &[f64]) {
        self.occupied[lane] = true;
        for (block, &value) in self.blocks.chunks_exact_mut(BLOCK).zip(states) {
            block[0][lane] = value;
        }
    }

    pub fn states(&self, lane: usize, states: &mut [f64]) {
        for (block, value) in self.blocks.chunks_exact(BLOCK).zip(states) {
            *value = block[0][lane];
        }
    }

    /// Marks a lane as empty. Its numbers go on being computed and are never looked at.
    pub fn vacate(&mut self, lane: usize) {
        self.occupied[lane] = false;
        for block in self.blocks.chunks_exact_mut(BLOCK) {
            block[0][lane] = 0.0;
        }
        self.step[lane] = 1.0;
    }

    pub fn set_parameters(&mut self, lane: usize, parameters: &[f64]) {
        for &(slot, index) in &self.program.layout.parameters {
            self.slab[slot as usize][lane] = parameters[index as usize];
        }
    }

    /// Whether any prologue value would change with these parameters in the lane.
    pub fn prologue_changes(&self, lane: usize, parameters: &[f64], live: impl Fn(u32) -> bool) -> bool {
        let mut changed = self.program.layout.parameters.iter();
        changed.any(|&(slot, index)| {
            !live(index) && self.slab[slot as usize][lane].to_bits() != parameters[index as usize].to_bits()
        })
    }

    /// How much a state has to do with the error of the attempt.
    pub fn blame(&self, lane: usize, state: usize) -> f64 {
        let size = math::max(self.blocks[state * BLOCK][lane].abs(), self.next[state][lane].abs());
        self.blocks[state * BLOCK + STAGES][lane] / (size + 1e-3 * self.program.scales[state])
    }

    /// Whether a lane's last factorisation needed pivoting.
    pub fn fell_back(&self, lane: usize) -> bool {
        self.fallback.iter().any(|&(bad, _)| bad == lane)
    }

    /// The first guess of a step for a lane that [`Engine::open`] has just evaluated.
    pub fn first_step(&self, lane: usize) -> f64 {
        let n = self.program.states();
        let roots = &self.program.full.roots;
        let value = |root: u32| self.slab[root as usize][lane];
        // The second derivative is known exactly: J f + df/dt.
        let mut second: Vec<f64> = (0..n)
            .map(|state| match self.program.forced[state] {
                NONE => 0.0,
                place => self.forcing[place as usize][lane],
            })
            .collect();
        for (&(row, column), &root) in self.program.jacobian.iter().zip(&roots[n..]) {
            second[row as usize] += value(root) * value(roots[column as usize]);
        }
        let mut sums = [0.0; 3];
        for state in 0..n {
            let y = self.blocks[state * BLOCK][lane];
            let weight = self.rtol * y.abs() + self.rtol * 1e-3 * self.program.scales[state];
            for (sum, x) in sums.iter_mut().zip([y, value(roots[state]), second[state]]) {
                let share = x / weight;
                *sum += share * share;
            }
        }
        control::first_step(sums.map(|sum| (sum / n.max(1) as f64).sqrt()))
    }

    #[inline(always)]
    fn factorize_inline(&mut self) {
        let mut shift = [0.0; L];
        for lane in 0..L {
            shift[lane] = self.inverse[lane] / GAMMA;
        }
        let mut bad = [0.0; L];
        self.program.plan.factorize(&self.slab, &shift, &mut self.factors, &mut bad);
        self.fallback.clear();
        let mut any = 0.0;
        for lane in 0..L {
            any += bad[lane];
        }
        if any != 0.0 {
            self.fall_back(&bad, &shift);
        }
    }

    #[cold]
    #[inline(never)]
    fn fall_back(&mut self, bad: &Lanes<L>, shift: &Lanes<L>) {
        for lane in (0..L).filter(|&lane| self.occupied[lane] && bad[lane] != 0.0) {
            let matrix = self.program.plan.dense(&self.slab, shift[lane], lane);
            self.fallback.push((lane, Dense::factorize(self.program.states(), matrix).ok()));
        }
    }

    /// The right-hand side of stage `S` for one state.
    #[inline(always)]
    fn right_side<const S: usize>(&self, state: usize, tape: &Tape) -> Lanes<L> {
        let block = &self.blocks[state * BLOCK..(state + 1) * BLOCK];
        let mut own = self.slab[tape.roots[state] as usize];
        if S > 0 {
            let mut sum = [0.0; L];
            for j in 0..S {
                let k = &block[1 + j];
                for lane in 0..L {
                    sum[lane] += C[S][j] * k[lane];
                }
            }
            for lane in 0..L {
                own[lane] += self.inverse[lane] * sum[lane];
            }
        }
        let place = self.program.forced[state];
        if D[S] != 0.0 && place != NONE {
            let forcing = &self.forcing[place as usize];
            for lane in 0..L {
                own[lane] += D[S] * self.step[lane] * forcing[lane];
            }
        }
        own
    }

    /// Stage `S`: right-hand side and forward elimination in one sweep, then back substitution together with the
    /// argument of the next stage (or the end of the step and its error).
    #[inline(always)]
    fn stage<const S: usize>(&mut self, tape: &Tape) {
        let program = self.program;
        let plan = &program.plan;
        let n = plan.order.len();
        for row in 0..n {
            let own = self.right_side::<S>(plan.order[row] as usize, tape);
            self.z[row] = Plan::eliminate(plan.below_row(row), &self.factors, &self.z, own);
        }
        for row in (0..n).rev() {
            let state = plan.order[row] as usize;
            let mut own = Plan::eliminate(plan.above_row(row), &self.factors, &self.z, self.z[row]);
            let pivot = &self.factors[plan.pivot(row)];
            for lane in 0..L {
                own[lane] *= pivot[lane];
            }
            self.z[row] = own;
            self.take::<S>(state, &own);
        }
        if !self.fallback.is_empty() {
            self.solve_apart::<S>(tape);
        }
        if S + 1 == STAGES {
            for row in (0..n).rev() {
                self.judge(plan.order[row] as usize);
            }
        }
    }

    /// Keeps a stage vector's entry and prepares what follows from it.
    #[inline(always)]
    fn take<const S: usize>(&mut self, state: usize, own: &Lanes<L>) {
        let block = &mut self.blocks[state * BLOCK..(state + 1) * BLOCK];
        block[1 + S] = *own;
        let work = &mut self.slab[self.program.layout.states as usize + state];
        if S < 5 {
            let mut sum = block[0];
            for j in 0..=S {
                let k = &block[1 + j];
                for lane in 0..L {
                    sum[lane] += A[S + 1][j] * k[lane];
                }
            }
            *work = sum;
        } else {
            let mut sum = *work;
            for lane in 0..L {
                sum[lane] += own[lane];
            }
            let target = if S + 1 == STAGES { &mut self.next[state] } else { work };
            *target = sum;
        }
    }

    /// Adds a state's share to the error.
    #[inline(always)]
    fn judge(&mut self, state: usize) {
        let block = &self.blocks[state * BLOCK..(state + 1) * BLOCK];
        let (before, after, difference) = (&block[0], &self.next[state], &block[STAGES]);
        let least = self.rtol * 1e-3 * self.program.scales[state];
        for lane in 0..L {
            let size = math::max(before[lane].abs(), after[lane].abs());
            let share = difference[lane] / (self.rtol * size + least);
            self.error[lane] += share * share;
        }
    }

    /// Solves a stage for the lanes that have factors of their own.
    #[cold]
    #[inline(never)]
    fn solve_apart<const S: usize>(&mut self, tape: &Tape) {
        let n = self.program.states();
        for at in 0..self.fallback.len() {
            let lane = self.fallback[at].0;
            let mut x: Vec<f64> = (0..n).map(|state| self.right_side::<S>(state, tape)[lane]).collect();
            match &self.fallback[at].1 {
                Some(dense) => dense.solve(&mut x),
                // No factors at all: the step is rejected for its error.
                None => x.fill(f64::NAN),
            }
            for (state, &x) in x.iter().enumerate() {
                self.replace::<S>(state, lane, x);
            }
        }
    }

    /// [`Engine::take`] for one lane, in the same order of operations. The stage's argument is still needed where the
    /// next one adds to it, so it is rebuilt from the start of the step.
    fn replace<const S: usize>(&mut self, state: usize, lane: usize, own: f64) {
        let block = &mut self.blocks[state * BLOCK..(state + 1) * BLOCK];
        block[1 + S][lane] = own;
        let mut sum = block[0][lane];
        for j in 0..=S.min(4) {
            sum += A[(S + 1).min(5)][j] * block[1 + j][lane];
        }
        for k in &block[6..(S + 2).max(6)] {
            sum += k[lane];
        }
        if S + 1 == STAGES {
            self.next[state][lane] = sum;
        } else {
            self.slab[self.program.layout.states as usize + state][lane] = sum;
        }
    }

    /// Prepares the dense output of the step.
    #[inline(always)]
    fn interpolate_inline(&mut self) {
        for (at, &state) in self.program.seen.iter().enumerate() {
            let block = &self.blocks[state as usize * BLOCK..(state as usize + 1) * BLOCK];
            for r in 0..3 {
                let mut sum = [0.0; L];
                for j in 0..STAGES {
                    let k = &block[1 + j];
                    for lane in 0..L {
                        sum[lane] += H[r][j] * k[lane];
                    }
                }
                self.polynomial[3 * at + r] = sum;
            }
        }
    }

    /// Puts the states that outputs rest on to the fraction `theta` of the step.
    #[inline(always)]
    fn place_inline(&mut self, theta: &Lanes<L>) {
        let program = self.program;
        for (at, &state) in program.seen.iter().enumerate() {
            let before = self.blocks[state as usize * BLOCK];
            let after = self.next[state as usize];
            let [k1, k2, k3] = [0, 1, 2].map(|r| self.polynomial[3 * at + r]);
            let mut value = [0.0; L];
            for lane in 0..L {
                let (to, from) = (theta[lane], 1.0 - theta[lane]);
                let inner = k1[lane] + to * (k2[lane] + to * k3[lane]);
                value[lane] = from * before[lane] + to * (after[lane] + from * inner);
            }
            self.slab[program.layout.states as usize + state as usize] = value;
        }
    }

    /// Appends a lane's row of outputs, after [`Engine::sample`].
    pub fn row(&self, lane: usize, row: &mut Vec<f64>) {
        row.extend(self.program.outputs.roots.iter().map(|&root| self.slab[root as usize][lane]));
    }

    /// Moves the accepted lanes (1, not 0) to the end of their step.
    pub fn advance(&mut self, accepted: &Lanes<L>) {
        for (block, after) in self.blocks.chunks_exact_mut(BLOCK).zip(&self.next) {
            for lane in 0..L {
                block[0][lane] = if accepted[lane] != 0.0 { after[lane] } else { block[0][lane] };
            }
        }
    }

    /// Recomputes what depends on parameters alone.
    pub fn prologue(&mut self) {
        self.dispatch(Part::Run(&self.program.layout.prologue));
    }

    /// Evaluates rates, Jacobian and time derivatives at `time` and the present states.
    pub fn open(&mut self) {
        let program = self.program;
        let n = program.states();
        self.slab[program.layout.time as usize] = self.time;
        let states = program.layout.states as usize;
        for (work, block) in self.slab[states..states + n].iter_mut().zip(self.blocks.chunks_exact(BLOCK)) {
            *work = block[0];
        }
        self.dispatch(Part::Run(&program.full));
        let slopes = &program.full.roots[n + program.jacobian.len()..];
        for (forcing, &root) in self.forcing.iter_mut().zip(slopes) {
            *forcing = self.slab[root as usize];
        }
    }

    /// Carries out the attempt with `step`, leaving `next` and `error`.
    pub fn close(&mut self) {
        for lane in 0..L {
            self.inverse[lane] = 1.0 / self.step[lane];
        }
        self.dispatch(Part::Factorize);
        self.error = [0.0; L];
        self.dispatch(Part::Stage(0, &self.program.full));
        for stage in 1..STAGES {
            self.rates(stage);
            self.dispatch(Part::Stage(stage, &self.program.rates));
        }
    }

    /// The rates at the argument of a stage, which the stage before has left in the slab.
    fn rates(&mut self, stage: usize) {
        let time = &mut self.slab[self.program.layout.time as usize];
        for lane in 0..L {
            time[lane] = self.time[lane] + ALPHA[stage] * self.step[lane];
        }
        self.dispatch(Part::Run(&self.program.rates));
    }

    /// Prepares the dense output of the step.
    pub fn interpolate(&mut self) {
        self.dispatch(Part::Interpolate);
    }

    /// Evaluates the outputs at the fraction `theta` of the step, which is at `time`.
    pub fn sample(&mut self, theta: &Lanes<L>, time: &Lanes<L>) {
        self.slab[self.program.layout.time as usize] = *time;
        self.dispatch(Part::Place(theta));
        self.dispatch(Part::Run(&self.program.outputs));
    }

    fn dispatch(&mut self, part: Part<L>) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: `avx2` is set only where the processor reports AVX2.
            unsafe { carry_out_avx2(self, part) };
            return;
        }
        carry_out(self, part);
    }
}

/// The parts of a step that are compiled twice.
enum Part<'a, const L: usize> {
    Run(&'a Tape),
    Factorize,
    /// One stage, with the tape that has computed its rates.
    Stage(usize, &'a Tape),
    Interpolate,
    /// The states at a fraction of the step.
    Place(&'a Lanes<L>),
}

#[inline(always)]
fn carry_out<const L: usize>(engine: &mut Engine<L>, part: Part<L>) {
    match part {
        Part::Run(tape) => lanes::run(&tape.ops, &mut engine.slab),
        Part::Factorize => engine.factorize_inline(),
        Part::Stage(0, tape) => engine.stage::<0>(tape),
        Part::Stage(1, tape) => engine.stage::<1>(tape),
        Part::Stage(2, tape) => engine.stage::<2>(tape),
        Part::Stage(3, tape) => engine.stage::<3>(tape),
        Part::Stage(4, tape) => engine.stage::<4>(tape),
        Part::Stage(5, tape) => engine.stage::<5>(tape),
        Part::Stage(6, tape) => engine.stage::<6>(tape),
        Part::Stage(_, tape) => engine.stage::<7>(tape),
        Part::Interpolate => engine.interpolate_inline(),
        Part::Place(theta) => engine.place_inline(theta),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn carry_out_avx2<const L: usize>(engine: &mut Engine<L>, part: Part<L>) {
    carry_out(engine, part);
}

fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    false
}
