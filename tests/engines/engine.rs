//! The engines that sit the exam.

use sim::{Entry, Job, Options, Outcome, Program, System, Visit, What};

/// Runs jobs; outcomes in the order of the jobs' ids.
pub trait Engine {
    /// Runs jobs with a policy.
    fn run(
        &self,
        system: &System,
        jobs: Vec<Job>,
        options: &Options,
        policy: &mut dyn FnMut(&mut Visit),
    ) -> Vec<Outcome>;
}

/// The slow engine.
pub struct Reference;

impl Engine for Reference {
    fn run(
        &self,
        system: &System,
        jobs: Vec<Job>,
        options: &Options,
        policy: &mut dyn FnMut(&mut Visit),
    ) -> Vec<Outcome> {
        let program = sim::reference::Program::compile(system);
        let mut outcomes = Vec::new();
        sim::reference::run(&program, jobs.into_iter(), options, policy, &mut |outcome| outcomes.push(outcome));
        outcomes.sort_by_key(|outcome| outcome.id);
        outcomes
    }
}

/// The fast engine with so many lanes. A single job fills them all, and each lane must give the same bytes.
pub struct Rodas(pub usize);

impl Engine for Rodas {
    fn run(
        &self,
        system: &System,
        jobs: Vec<Job>,
        options: &Options,
        policy: &mut dyn FnMut(&mut Visit),
    ) -> Vec<Outcome> {
        let program = Program::compile(system);
        let options = Options { lanes: self.0, ..options.clone() };
        let copies = if jobs.len() == 1 { self.0 } else { 1 };
        let all: Vec<Job> = jobs.iter().flat_map(|job| std::iter::repeat_n(job.clone(), copies)).collect();
        let mut outcomes = Vec::new();
        sim::run(&program, all.into_iter(), &options, policy, &mut |outcome| outcomes.push(outcome));
        outcomes.sort_by_key(|outcome| outcome.id);
        for outcome in outcomes.iter().filter(|_| copies > 1) {
            assert_same(outcome, &outcomes[0]);
        }
        outcomes.into_iter().step_by(copies).collect()
    }
}

/// Byte for byte the same, NaN and the sign of 0 included.
pub fn assert_same(a: &Outcome, b: &Outcome) {
    let bits = |list: &[f64]| list.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&a.samples), bits(&b.samples), "samples of job {}", a.id);
    assert_eq!(bits(&a.sample_times), bits(&b.sample_times), "sample times of job {}", a.id);
    assert_eq!(bits(&a.states), bits(&b.states), "states of job {}", a.id);
    assert_eq!(a.time.to_bits(), b.time.to_bits(), "time of job {}", a.id);
    assert_eq!(a.statistics, b.statistics, "statistics of job {}", a.id);
    assert_eq!(a.result, b.result, "result of job {}", a.id);
}

/// A job from 0 to `end` that starts and resets at `states`.
pub fn job(states: &[f64], parameters: &[f64], end: f64, schedule: Vec<Entry>) -> Job {
    let states = states.to_vec();
    Job { end, reset: states.clone(), states, parameters: parameters.to_vec(), schedule, ..Job::default() }
}

/// Samples at these times.
pub fn samples(times: impl IntoIterator<Item = f64>) -> Vec<Entry> {
    times.into_iter().map(|time| Entry { time, what: What::Sample }).collect()
}

/// An event with an amount and a duration.
pub fn event(time: f64, action: u32, amount: f64, duration: f64) -> Entry {
    Entry { time, what: What::Event { action, arguments: [amount, duration, 1.0, 0.0] } }
}

/// Entries of several lists, sorted by time; entries of earlier lists come first.
pub fn merge(lists: impl IntoIterator<Item = Vec<Entry>>) -> Vec<Entry> {
    let mut all: Vec<Entry> = lists.into_iter().flatten().collect();
    all.sort_by(|a, b| a.time.total_cmp(&b.time));
    all
}

/// Runs one job, which must succeed.
pub fn solve(engine: &dyn Engine, system: &System, job: Job, rtol: f64) -> Outcome {
    let outcome = attempt(engine, system, job, rtol);
    assert_eq!(outcome.result, Ok(()));
    outcome
}

/// Runs one job.
pub fn attempt(engine: &dyn Engine, system: &System, job: Job, rtol: f64) -> Outcome {
    let options = Options { rtol, ..Options::default() };
    let mut outcomes = engine.run(system, vec![job], &options, &mut |_| {});
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

/// Each number within `tolerance * (abs(expected) + floor)`.
#[track_caller]
pub fn assert_close(got: &[f64], expected: &[f64], tolerance: f64, floor: f64) {
    assert_eq!(got.len(), expected.len());
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        let error = (got - expected).abs() / (expected.abs() + floor);
        assert!(error <= tolerance, "number {i}: {got} instead of {expected}, error {error:e} above {tolerance:e}");
    }
}
