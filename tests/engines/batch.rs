//! Subjects do not disturb each other, and a subject that pauses goes on as if it had not.

use crate::engine::{Engine, assert_same, event, job, merge, samples};
use crate::exact::infused;
use crate::term::system;
use sim::{Checkpoint, Entry, FailureKind, Job, Options, Outcome, Program, System, What};

/// Binding to a scarce partner, a saturable loss and a forcing: nonlinear, stiff, non-autonomous. Action 0 infuses,
/// action 1 adds later. Parameters: binding, release, loss, forcing, infusion rate.
fn binding() -> System {
    use sim::{Action, Effect};
    system(&[1.0, 1.0, 0.1], 5, |l, system| {
        let (x, p) = (&l.x, &l.p);
        let (amount, duration) = (l.argument(0), l.argument(1));
        let infuse = Effect::Infuse { state: 0, rate_parameter: 4, amount, duration, delay: None };
        let add = Effect::Add { state: 0, amount, delay: Some(duration) };
        system.actions = vec![Action { effects: vec![infuse] }, Action { effects: vec![add] }];
        system.outputs = vec![x[0].1, x[1].1, (&x[2] * &p[2]).1];
        let net = &p[0] * &x[0] * (l.number(1.0) - &x[1]) - &p[1] * &x[1];
        let loss = &p[2] * &x[0] / (&x[0] + 0.5);
        let drive = (&l.t * 0.26).cos() * &p[3];
        vec![&p[4] - &net - loss, net.clone(), &x[1] - &x[2] * (drive + 2.0)]
    })
}

/// A subject whose numbers, length and schedule depend on its id.
fn subject(id: u64) -> Job {
    let mut draw = sim::random::Stream::new(3, 0, id as u32, 0, 0);
    let mut vary = |x: f64| x * (0.5 + draw.uniform());
    let parameters = vec![vary(900.0), vary(300.0), vary(0.4), vary(0.9), 0.0];
    let end = 20.0 + 10.0 * (id % 5) as f64;
    let doses =
        (0..1 + id % 4).map(|i| event(vary(3.0 + 4.0 * i as f64), (i % 2) as u32, vary(2.0), vary(1.0))).collect();
    let looks = samples((0..=(end * 2.0) as u32).map(|i| 0.5 * f64::from(i)));
    Job { id, ..job(&[0.1, 0.0, 0.0], &parameters, end, merge([looks, doses])) }
}

fn run(program: &Program, jobs: Vec<Job>, lanes: usize) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let options = Options { lanes, ..Options::default() };
    sim::run(program, jobs.into_iter(), &options, &mut |_| {}, &mut |outcome| outcomes.push(outcome));
    outcomes.sort_by_key(|outcome| outcome.id);
    outcomes
}

/// The same bytes alone, in any lane count, in any order of refill, in any company.
#[test]
fn agrees_with_itself_in_any_company() {
    let program = Program::compile(&binding());
    let alone: Vec<Outcome> = (0..37).flat_map(|id| run(&program, vec![subject(id)], 1)).collect();
    assert!(alone.iter().all(|outcome| outcome.result == Ok(())));
    for lanes in [1, 2, 3, 4, 8, 16, 32, 100] {
        let together = run(&program, (0..37).map(subject).collect(), lanes);
        let backwards = run(&program, (0..37).rev().map(subject).collect(), lanes);
        for ((one, other), alone) in together.iter().zip(&backwards).zip(&alone) {
            assert_same(one, alone);
            assert_same(other, alone);
        }
    }
}

/// The same bytes on any number of threads, in the order of the jobs.
#[test]
fn agrees_with_itself_on_any_number_of_threads() {
    let program = Program::compile(&binding());
    let expected = run(&program, (0..37).map(subject).collect(), 16);
    for threads in [1, 2, 3, 64] {
        let jobs = (0..37).rev().map(subject).collect();
        let outcomes = sim::run_parallel(&program, jobs, &Options::default(), threads);
        for (outcome, expected) in outcomes.iter().rev().zip(&expected) {
            assert_same(outcome, expected);
        }
    }
    assert!(sim::run_parallel(&program, Vec::new(), &Options::default(), 2).is_empty());
}

/// Both engines give the same answer on a system with everything in it.
#[test]
fn agrees_with_the_reference_engine() {
    use crate::engine::{Reference, assert_close};
    let options = Options { rtol: 1e-8, ..Options::default() };
    let jobs: Vec<Job> = (0..8).map(subject).collect();
    let slow = Reference.run(&binding(), jobs.clone(), &options, &mut |_| {});
    let fast = crate::engine::Rodas(8).run(&binding(), jobs, &options, &mut |_| {});
    for (slow, fast) in slow.iter().zip(&fast) {
        assert_close(&fast.samples, &slow.samples, 2e-6, 1e-3);
    }
}

/// A job stopped at every stop, carried over as plain data and resumed, gives the bytes of the one that ran through.
pub fn agrees_with_itself_after_a_checkpoint(engine: &dyn Engine) {
    let system = binding();
    let options = Options::default();
    let mut whole = subject(7);
    // Stops in the middle of an infusion, between edges, twice at one time, and while an effect is due.
    let stops = [0.0, 3.3, 3.7, 9.25, 9.25, 10.0, 18.0].map(|time| Entry { time, what: What::Stop });
    whole.schedule = merge([whole.schedule, stops.to_vec()]);
    let through = engine.run(&system, vec![whole.clone()], &options, &mut |_| {}).remove(0);
    assert_eq!(through.result, Ok(()));

    let mut times = Vec::new();
    let mut rows = Vec::new();
    let mut job = whole;
    let last = loop {
        let mut kept: Option<Checkpoint> = None;
        let part = engine
            .run(&system, vec![job.clone()], &options, &mut |visit| {
                kept = Some(visit.checkpoint());
                visit.finish();
            })
            .remove(0);
        times.extend(&part.sample_times);
        rows.extend(&part.samples);
        match kept {
            None => break part,
            Some(checkpoint) => job = Job::resume(checkpoint),
        }
    };
    assert_same(&Outcome { sample_times: times, samples: rows, ..last }, &through);
}

/// A policy that looks at outputs and orders what it needs gives the same as the schedule written out by hand.
pub fn agrees_with_a_policy(engine: &dyn Engine) {
    let system = infused();
    let options = Options::default();
    let stop = |time| Entry { time, what: What::Stop };
    let looks = samples((0..40).map(|i| 0.5 * f64::from(i)));
    let asked = job(&[1.0], &[0.3, 0.0], 20.0, merge([looks.clone(), vec![stop(4.0)]]));
    let outcome = engine
        .run(&system, vec![asked], &options, &mut |visit| {
            assert_eq!((visit.time(), visit.id()), (4.0 + 4.0 * (visit.time() / 4.0 - 1.0), 0));
            let low = visit.outputs()[0] < 0.5;
            let now = visit.time();
            if low && now < 12.0 {
                visit.append(vec![stop(now + 4.0), event(now, 0, 2.0, 1.0)]).unwrap();
            }
        })
        .remove(0);
    let by_hand = merge([looks, vec![stop(4.0), event(4.0, 0, 2.0, 1.0), stop(8.0)]]);
    let written = engine.run(&system, vec![job(&[1.0], &[0.3, 0.0], 20.0, by_hand)], &options, &mut |_| {}).remove(0);
    assert_same(&outcome, &written);
}

/// Jobs that blow up are named with time and state, and their neighbours keep their bytes.
pub fn agrees_beside_failures(engine: &dyn Engine) {
    // x' = a x^2 blows up at 1/a for x = 1; y is harmless.
    let system =
        system(&[1.0, 1.0], 1, |l, _| vec![&l.p[0] * &l.x[1] * &l.x[1] * 0.0 - &l.x[0], &l.x[1] * &l.x[1] * &l.p[0]]);
    let make = |id: u64, a: f64| Job { id, ..job(&[1.0, 1.0], &[a], 10.0, samples([0.5, 9.0])) };
    let jobs: Vec<Job> = (0..12).map(|id| make(id, if id % 3 == 1 { 1.0 } else { -1.0 - id as f64 })).collect();
    let options = Options { max_steps: 5000, ..Options::default() };
    let outcomes = engine.run(&system, jobs.clone(), &options, &mut |_| {});
    for (outcome, job) in outcomes.iter().zip(&jobs) {
        if job.id % 3 == 1 {
            let failure = outcome.result.clone().unwrap_err();
            assert_eq!((failure.job, failure.state.clone()), (job.id, Some((1, "x1".into()))), "{failure}");
            assert!((failure.time - 1.0).abs() < 1e-3, "{failure}");
            assert_eq!(outcome.sample_times, [0.5]);
        } else {
            let alone = engine.run(&system, vec![job.clone()], &options, &mut |_| {}).remove(0);
            assert_same(outcome, &alone);
            assert_eq!(outcome.result, Ok(()));
        }
    }
}

/// A job that needs more steps than its budget ends with that as its failure.
pub fn rejects_a_runaway(engine: &dyn Engine) {
    let options = Options { max_steps: 10, ..Options::default() };
    let outcome = engine.run(&binding(), vec![subject(4)], &options, &mut |_| {}).remove(0);
    let failure = outcome.result.unwrap_err();
    assert_eq!(failure.kind, FailureKind::StepBudget { steps: 10 });
    assert!(failure.time > 0.0 && failure.state.is_some() && outcome.statistics.steps > 0);
}

/// A policy cannot order the past.
pub fn rejects_entries_in_the_past(engine: &dyn Engine) {
    let stop = Entry { time: 2.0, what: What::Stop };
    let mut asked = 0;
    engine.run(&infused(), vec![job(&[1.0], &[0.3, 0.0], 5.0, vec![stop])], &Options::default(), &mut |visit| {
        asked += 1;
        assert!(visit.append(samples([3.0, 1.9])).is_err());
        assert!(visit.checkpoint().job.schedule.is_empty());
    });
    assert!(asked > 0);
}

/// A first pivot of exactly 0 sends the lane to the pivoting fallback, which gives the right answer and the same bytes
/// in any company.
#[test]
fn agrees_with_exact_answer_despite_a_singular_pivot() {
    // The matrix is nilpotent, so that the answer is linear in time and any step is good.
    let system = system(&[1.0, 1.0], 1, |l, _| {
        let rate = &l.p[0] * (&l.x[0] - &l.x[1]);
        vec![rate.clone(), rate]
    });
    let program = Program::compile(&system);
    let gamma = 0.21193756319429014;
    let make = |id: u64| Job {
        id,
        ..job(&[2.0, 1.0], &[if id.is_multiple_of(2) { 1.0 } else { 0.7 }], 40.0, samples([1.0, 17.0]))
    };
    let options =
        |lanes| Options { lanes, initial_step: Some(1.0 / gamma), max_step: 1.0 / gamma, ..Options::default() };
    let run = |jobs: Vec<Job>, lanes| {
        let mut outcomes = Vec::new();
        sim::run(&program, jobs.into_iter(), &options(lanes), &mut |_| {}, &mut |outcome| outcomes.push(outcome));
        outcomes.sort_by_key(|outcome: &Outcome| outcome.id);
        outcomes
    };
    let together = run((0..16).map(make).collect(), 16);
    for outcome in &together {
        let slope = if outcome.id.is_multiple_of(2) { 1.0 } else { 0.7 };
        let expected = [2.0 + slope, 1.0 + slope, 2.0 + 17.0 * slope, 1.0 + 17.0 * slope];
        crate::engine::assert_close(&outcome.samples, &expected, 1e-12, 0.0);
        assert_eq!(outcome.statistics.pivot_fallbacks > 0, outcome.id.is_multiple_of(2), "{:?}", outcome.statistics);
        assert_same(outcome, &run(vec![make(outcome.id)], 1)[0]);
    }
}
