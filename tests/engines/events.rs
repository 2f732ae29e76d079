//! What a schedule means.

use crate::engine::{Engine, assert_close, attempt, event, job, merge, samples, solve};
use crate::exact::{infused, infusion_left};
use crate::term::{Term, system};
use sim::{Action, Effect, Entry, FailureKind, System, What};

fn at(time: f64, what: What) -> Entry {
    Entry { time, what }
}

/// A state that nothing moves but events: action 0 adds the amount.
fn counter() -> System {
    system(&[1.0], 0, |l, system| {
        let add = Effect::Add { state: 0, amount: l.argument(0), delay: None };
        system.actions.push(Action { effects: vec![add] });
        vec![l.number(0.0)]
    })
}

/// Samples see the list's order at an event, at the start and at the end.
pub fn agrees_with_order_on_an_edge(engine: &dyn Engine) {
    let schedule = vec![
        at(0.0, What::Sample),
        event(0.0, 0, 1.0, 0.0),
        at(0.0, What::Sample),
        at(2.0, What::Sample),
        event(2.0, 0, 10.0, 0.0),
        at(2.0, What::Sample),
        event(2.0, 0, 100.0, 0.0),
        at(2.0, What::Sample),
        at(3.0, What::Sample),
        at(4.0, What::SetState { index: 0, value: 5.0 }),
        at(4.0, What::Sample),
        at(9.0, What::Sample),
    ];
    let outcome = solve(engine, &counter(), job(&[0.0], &[], 4.0, schedule), 1e-6);
    assert_eq!(outcome.samples, [0.0, 1.0, 1.0, 11.0, 111.0, 111.0, 5.0]);
    assert_eq!(outcome.sample_times, [0.0, 0.0, 2.0, 2.0, 2.0, 3.0, 4.0]);
    assert_eq!((outcome.time, outcome.states[0]), (4.0, 5.0));
}

/// Two assignments swap two states.
pub fn agrees_with_effects_from_before(engine: &dyn Engine) {
    let swap = system(&[1.0; 2], 0, |l, system| {
        let effects = vec![
            Effect::Assign { state: 0, value: l.x[1].1 },
            Effect::Assign { state: 1, value: l.x[0].1 },
            Effect::Add { state: 1, amount: l.x[0].1, delay: None },
        ];
        system.actions.push(Action { effects });
        vec![l.number(0.0), l.number(0.0)]
    });
    let schedule = vec![event(1.0, 0, 0.0, 0.0)];
    let outcome = solve(engine, &swap, job(&[3.0, 4.0], &[], 2.0, schedule), 1e-6);
    assert_eq!(outcome.states, [4.0, 6.0]);
}

/// Overlapping infusions add up, and the rate is exactly 0 when all have ended.
pub fn agrees_with_overlapping_infusions(engine: &dyn Engine) {
    let doses = [(0.5, 0.1, 1.0), (0.7, 0.2, 1.0), (1.0, 0.7, 3.0), (2.9, 0.3, 0.1)];
    let list: Vec<Entry> = doses.iter().map(|&(t, amount, duration)| event(t, 0, amount, duration)).collect();
    let times: Vec<f64> = (0..120).map(|i| 0.05 * f64::from(i) + 0.01).collect();
    let schedule = merge([list, samples(times.clone())]);
    let outcome = solve(engine, &infused(), job(&[0.0], &[0.3, 0.0], 6.5, schedule), 1e-8);
    for (row, &t) in outcome.samples.chunks(2).zip(&times) {
        let left: f64 = doses.iter().map(|&(start, amount, d)| infusion_left(t - start, amount, d, 0.3)).sum();
        assert_close(&row[..1], &[left], 1e-6, 1e-3);
        let rate: f64 = doses.iter().map(|&(s, a, d)| if t > s && t < s + d { a / d } else { 0.0 }).sum();
        assert_close(&row[1..], &[rate], 1e-14, 1.0);
        if t > 4.1 {
            assert_eq!(row[1].to_bits(), 0.0_f64.to_bits(), "rate at {t}");
        }
    }
}

/// Delayed amounts and infusions arrive when they should, before what is listed at that time; the amount is fixed at
/// the event.
pub fn agrees_with_delays(engine: &dyn Engine) {
    let delayed = system(&[1.0, 1.0], 1, |l, system| {
        let (amount, duration): (Term, Term) = (l.number(2.0), l.number(1.5));
        let add = Effect::Add { state: 0, amount: (&l.x[0] + 1.0).1, delay: Some(duration.1) };
        let infuse = Effect::Infuse {
            state: 1,
            rate_parameter: 0,
            amount: amount.1,
            duration: l.number(4.0).1,
            delay: Some(amount.1),
        };
        system.actions.push(Action { effects: vec![add, infuse] });
        vec![l.number(0.0), l.p[0].clone()]
    });
    let schedule = vec![
        event(1.0, 0, 0.0, 0.0),
        at(2.0, What::SetState { index: 0, value: 10.0 }),
        at(2.4, What::Sample),
        at(2.5, What::Sample),
        at(2.5, What::SetState { index: 0, value: 0.0 }),
        at(3.0, What::Sample),
        at(5.0, What::Sample),
        at(7.0, What::Sample),
        at(8.0, What::Sample),
    ];
    let outcome = solve(engine, &delayed, job(&[0.0, 0.0], &[0.0], 9.0, schedule), 1e-8);
    let expected = [10.0, 0.0, 11.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 2.0, 0.0, 2.0];
    assert_close(&outcome.samples, &expected, 1e-12, 1.0);
}

/// An infusion of no duration is a jump.
pub fn agrees_with_zero_duration(engine: &dyn Engine) {
    let schedule = vec![event(1.0, 0, 5.0, 0.0), at(1.0, What::Sample), at(2.0, What::Sample)];
    let outcome = solve(engine, &infused(), job(&[0.0], &[0.3, 0.0], 3.0, schedule), 1e-8);
    assert_close(&outcome.samples, &[5.0, 0.0, 5.0 * (-0.3_f64).exp(), 0.0], 1e-6, 1e-9);
}

/// A reset restores the states and drops what is running or due.
pub fn agrees_with_reset(engine: &dyn Engine) {
    let schedule = vec![event(1.0, 0, 5.0, 4.0), at(2.0, What::Reset), at(2.0, What::Sample), at(6.0, What::Sample)];
    let mut job = job(&[0.0], &[0.3, 0.0], 7.0, schedule);
    job.reset = vec![0.25];
    let outcome = solve(engine, &infused(), job, 1e-8);
    assert_close(&outcome.samples, &[0.25, 0.0, 0.25 * (-1.2_f64).exp(), 0.0], 1e-6, 1e-9);
}

/// A parameter changes at its time and nowhere else; a rate parameter keeps its running infusions.
pub fn agrees_with_set_parameter(engine: &dyn Engine) {
    let set = |time, index, value| at(time, What::SetParameter { index, value });
    let schedule =
        vec![set(1.0, 0, 2.0), at(2.0, What::Sample), event(2.0, 0, 3.0, 1.0), set(2.5, 1, 7.0), at(2.7, What::Sample)];
    let outcome = solve(engine, &infused(), job(&[1.0], &[0.5, 0.0], 3.5, schedule), 1e-8);
    let rate = |row: usize| outcome.samples[2 * row + 1];
    assert_close(&outcome.samples[..1], &[(-0.5_f64 - 2.0).exp()], 1e-6, 1e-3);
    assert_eq!((rate(0), rate(1)), (0.0, 10.0));
}

/// Twenty-eight days with three infusions a day are the sum of their parts.
pub fn agrees_with_superposed_doses(engine: &dyn Engine) {
    let times: Vec<f64> = (0..84).map(|i| 8.0 * f64::from(i) + 0.5).collect();
    let doses: Vec<Entry> = times.iter().map(|&t| event(t, 0, 1.0, 0.75)).collect();
    let looks: Vec<f64> = (0..672).map(f64::from).collect();
    let schedule = merge([doses, samples(looks.clone())]);
    let outcome = solve(engine, &infused(), job(&[0.0], &[0.05, 0.0], 672.0, schedule), 1e-6);
    let got: Vec<f64> = outcome.samples.chunks(2).map(|row| row[0]).collect();
    let expected: Vec<f64> =
        looks.iter().map(|t| times.iter().map(|start| infusion_left(t - start, 1.0, 0.75, 0.05)).sum()).collect();
    assert_close(&got, &expected, 2e-5, 1e-2);
    let steps = outcome.statistics.steps + outcome.statistics.rejected;
    assert!(steps < 84 * 30, "{steps} steps for 84 infusions");
}

/// A negative or missing duration is named, with its action.
pub fn rejects_bad_effects(engine: &dyn Engine) {
    for (amount, duration) in [(1.0, -1.0), (f64::NAN, 1.0), (1.0, f64::INFINITY)] {
        let schedule = vec![event(1.0, 0, amount, duration)];
        let outcome = attempt(engine, &infused(), job(&[0.0], &[0.3, 0.0], 3.0, schedule), 1e-6);
        let failure = outcome.result.unwrap_err();
        assert_eq!((failure.kind, failure.time), (FailureKind::BadEffect { action: 0 }, 1.0));
    }
    let schedule = vec![at(1.0, What::SetState { index: 0, value: f64::NAN })];
    let outcome = attempt(engine, &infused(), job(&[0.0], &[0.3, 0.0], 3.0, schedule), 1e-6);
    let failure = outcome.result.unwrap_err();
    assert_eq!((failure.kind, failure.state), (FailureKind::NotFinite, Some((0, "x0".into()))));
}

/// Jobs that do not fit the system never start.
pub fn rejects_bad_jobs(engine: &dyn Engine) {
    let good = job(&[0.0], &[0.3, 0.0], 3.0, samples([1.0]));
    let unsorted = job(&[0.0], &[0.3, 0.0], 3.0, samples([1.0, 0.5]));
    let early = job(&[0.0], &[0.3, 0.0], 3.0, samples([-1.0]));
    let unknown = job(&[0.0], &[0.3, 0.0], 3.0, vec![event(1.0, 1, 0.0, 0.0)]);
    let mut short = good.clone();
    short.parameters.pop();
    let mut backwards = good.clone();
    backwards.end = -1.0;
    for (job, word) in
        [(unsorted, "sorted"), (early, "sorted"), (unknown, "action"), (short, "parameters"), (backwards, "runs from")]
    {
        let outcome = attempt(engine, &infused(), job, 1e-6);
        let FailureKind::BadJob { what } = outcome.result.unwrap_err().kind else { panic!("not a bad job") };
        assert!(what.contains(word), "{what}");
    }
}
