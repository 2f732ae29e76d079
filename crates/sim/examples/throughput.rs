//! How fast the engine is: nanoseconds per state and accepted step on a synthetic stiff model of 46 states, with the
//! share of each part of a step.
//!
//! `cargo run --release -p resynapse-sim --example throughput`
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::sync::OnceLock;
use std::time::Instant;

use sim::{Action, Effect, Entry, Graph, Job, Options, Program, StateSpec, Symbol, System, What};

/// Blocks of the model, and states per block.
const BLOCKS: usize = 9;
const STATES: usize = 1 + 5 * BLOCKS;

/// A source that feeds nine blocks, each with a fast exchange, a saturable loss, a Hill-driven product and a slow
/// state that feeds back. Rates span 1e4 to 0.006 per unit of time.
fn model() -> System {
    let mut g = Graph::new();
    let mut parameters = 0;
    let mut parameter = |g: &mut Graph| {
        parameters += 1;
        g.symbol(Symbol::Parameter(parameters - 1))
    };
    let one = g.constant(1.0);
    let source = g.symbol(Symbol::State(0));
    let k_out = parameter(&mut g);
    let input = parameter(&mut g);
    let loss = g.mul(k_out, source);
    let mut rates = vec![g.sub(input, loss)];
    for block in 0..BLOCKS as u32 {
        let state: Vec<_> = (0..5).map(|i| g.symbol(Symbol::State(1 + 5 * block + i))).collect();
        let previous = if block == 0 { source } else { g.symbol(Symbol::State(5 * block - 4)) };
        let p: Vec<_> = (0..9).map(|_| parameter(&mut g)).collect();
        // A chain of compartments, with a fast exchange to a bound form.
        let inflow = g.mul(p[0], previous);
        let outflow = g.mul(p[1], state[0]);
        let free = g.sub(one, state[1]);
        let binding = g.mul(p[2], state[0]);
        let binding = g.mul(binding, free);
        let release = g.mul(p[3], state[1]);
        let net = g.sub(binding, release);
        let change = g.sub(inflow, outflow);
        rates.push(g.sub(change, net));
        rates.push(net);
        // Something driven by occupancy through a Hill term, lost by saturable elimination.
        let three = g.constant(3.0);
        let drive = g.hill(state[1], p[4], three);
        let room = g.add(p[5], state[2]);
        let saturable = g.mul(p[6], state[2]);
        let saturable = g.div(saturable, room);
        let made = g.mul(p[6], drive);
        let level = g.sub(made, saturable);
        let leak = g.mul(p[8], state[2]);
        rates.push(g.sub(level, leak));
        // A fast follower, and a slow state that feeds back on it.
        let gap = g.sub(state[2], state[3]);
        let fast = g.mul(p[7], gap);
        let brake = g.mul(state[3], state[4]);
        rates.push(g.sub(fast, brake));
        let excess = g.sub(state[3], state[4]);
        rates.push(g.mul(p[8], excess));
    }
    let zero = g.symbol(Symbol::State(0));
    let amount = g.symbol(Symbol::Argument(0));
    let duration = g.symbol(Symbol::Argument(1));
    let infuse = Effect::Infuse { state: 0, rate_parameter: 1, amount, duration, delay: None };
    let outputs = vec![zero, g.symbol(Symbol::State(5)), g.symbol(Symbol::State(STATES as u32 - 1))];
    let states = (0..STATES).map(|i| StateSpec { name: format!("x{i}"), scale: 1.0 }).collect();
    let actions = vec![Action { effects: vec![infuse] }];
    System { graph: g, states, parameters: parameters as usize, rates, outputs, actions }
}

fn parameters(subject: u64) -> Vec<f64> {
    // A tenth of variation from subject to subject, the same in every run.
    let mut draw = sim::random::Stream::new(1, 0, subject as u32, sim::random::stream_id("parameters"), 0);
    let mut vary = |x: f64| x * (1.0 + 0.1 * (draw.uniform() - 0.5));
    let mut list = vec![vary(0.3), 0.0];
    for block in 0..BLOCKS {
        let fast = [1e4, 1e3, 100.0][block % 3];
        list.extend([0.5, 0.4, fast, 0.3 * fast, 0.4, 0.5, 0.2, 0.1 * fast, 0.006].map(&mut vary));
    }
    list
}

fn job(id: u64) -> Job {
    let mut schedule = Vec::new();
    for dose in 0..12 {
        schedule.push(Entry {
            time: 56.0 * f64::from(dose) + 1.0,
            what: What::Event { action: 0, arguments: [2.0, 0.7, 1.0, 0.0] },
        });
    }
    schedule.extend((0..=28).map(|day| Entry { time: 24.0 * f64::from(day), what: What::Sample }));
    schedule.sort_by(|a, b| a.time.total_cmp(&b.time));
    let states = vec![0.0; STATES];
    Job { id, end: 672.0, reset: states.clone(), states, parameters: parameters(id), schedule, ..Job::default() }
}

/// Time that this thread has spent on a processor (Linux), or time since the first call.
fn seconds_on_processor() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds: Option<f64> = text.split_whitespace().next().and_then(|word| word.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64(), |ns| ns * 1e-9)
}

fn main() {
    let program = Program::compile(&model());
    let start = Instant::now();
    let clock = || start.elapsed().as_secs_f64();
    for (name, size) in program.sizes() {
        println!("{name:>30}: {size}");
    }
    let count = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(64);
    for lanes in [1, 4, 8, 16, 32] {
        let options = Options { lanes, ..Options::default() };
        let (mut steps, mut rejected, mut fallbacks) = (0, 0, 0);
        let mut seconds = f64::INFINITY;
        // The machine may be shared: the best of several runs is the one least disturbed.
        for _ in 0..7 {
            (steps, rejected, fallbacks) = (0, 0, 0);
            let start = seconds_on_processor();
            sim::run(&program, (0..count).map(job), &options, &mut |_| {}, &mut |outcome| {
                assert_eq!(outcome.result, Ok(()));
                steps += outcome.statistics.steps;
                rejected += outcome.statistics.rejected;
                fallbacks += outcome.statistics.pivot_fallbacks;
            });
            let elapsed = seconds_on_processor() - start;
            seconds = if elapsed < seconds { elapsed } else { seconds };
        }
        let each = seconds * 1e9 / steps as f64 / STATES as f64;
        println!(
            "lanes {lanes:2}: {each:6.1} ns per state and accepted step; {:.2} ms per subject; {:.0} steps, {:.0} rejected, {fallbacks} fallbacks",
            seconds * 1e3 / count as f64,
            steps as f64 / count as f64,
            rejected as f64 / count as f64,
        );
        if lanes == 1 {
            continue;
        }
        let p = program.profile(lanes, &vec![0.3; STATES], &parameters(0), &clock);
        let per_state = |x: f64| x / STATES as f64;
        println!(
            "          per state: rates {:.1}, rates+Jacobian {:.1}, factorisation {:.1}, solutions {:.1}, attempt {:.1}; prologue {:.1}",
            per_state(p.rates),
            per_state(p.jacobian),
            per_state(p.factorization),
            per_state(p.solutions),
            per_state(p.attempt),
            per_state(p.prologue),
        );
    }
}
