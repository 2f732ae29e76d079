//! Systems whose answer is known exactly, or published with many digits.

use crate::engine::{Engine, assert_close, event, job, merge, samples, solve};
use crate::term::{Term, system};
use sim::{Action, Effect, System};

/// Three states in a row, each losing to the next.
pub fn agrees_with_linear_chain(engine: &dyn Engine) {
    let (a, b, c) = (2.0, 0.5, 0.1);
    let chain = system(&[1.0; 3], 3, |l, _| {
        let (x, p) = (&l.x, &l.p);
        vec![-&(&p[0] * &x[0]), &p[0] * &x[0] - &p[1] * &x[1], &p[1] * &x[1] - &p[2] * &x[2]]
    });
    let times: Vec<f64> = (0..40).map(|i| 0.37 * f64::from(i)).collect();
    let outcome = solve(engine, &chain, job(&[1.0, 0.0, 0.0], &[a, b, c], 20.0, samples(times.clone())), 1e-7);
    let expected: Vec<f64> = times
        .iter()
        .flat_map(|&t| {
            let (ea, eb, ec) = ((-a * t).exp(), (-b * t).exp(), (-c * t).exp());
            let second = a / (b - a) * (ea - eb);
            let third = a * b * (ea / ((b - a) * (c - a)) + eb / ((a - b) * (c - b)) + ec / ((a - c) * (b - c)));
            [ea, second, third]
        })
        .collect();
    assert_close(&outcome.samples, &expected, 2e-6, 1e-3);
}

/// One state with loss, and an action that infuses into it; parameters: loss, infusion rate.
pub fn infused() -> System {
    system(&[1.0], 2, |l, system| {
        let (amount, duration) = (l.argument(0), l.argument(1));
        let effect = Effect::Infuse { state: 0, rate_parameter: 1, amount, duration, delay: None };
        system.actions.push(Action { effects: vec![effect] });
        system.outputs = vec![l.x[0].1, l.p[1].1];
        vec![&l.p[1] - &l.p[0] * &l.x[0]]
    })
}

/// The amount left at `t` of a dose infused from 0 on.
pub fn infusion_left(t: f64, amount: f64, duration: f64, k: f64) -> f64 {
    let rate = amount / duration / k;
    if t <= 0.0 {
        0.0
    } else if t <= duration {
        rate * -(-k * t).exp_m1()
    } else {
        rate * -(-k * duration).exp_m1() * (-k * (t - duration)).exp()
    }
}

pub fn agrees_with_zero_order_infusion(engine: &dyn Engine) {
    let times: Vec<f64> = (0..60).map(|i| 0.25 * f64::from(i)).collect();
    let schedule = merge([samples(times.clone()), vec![event(1.1, 0, 5.0, 2.3)]]);
    let outcome = solve(engine, &infused(), job(&[0.0], &[0.3, 0.0], 15.0, schedule), 1e-7);
    let got: Vec<f64> = outcome.samples.chunks(2).map(|row| row[0]).collect();
    let expected: Vec<f64> = times.iter().map(|t| infusion_left(t - 1.1, 5.0, 2.3, 0.3)).collect();
    assert_close(&got, &expected, 2e-6, 1e-3);
}

pub fn agrees_with_logistic_growth(engine: &dyn Engine) {
    let logistic = system(&[1.0], 1, |l, _| vec![&l.p[0] * &l.x[0] * (l.number(1.0) - &l.x[0])]);
    let times: Vec<f64> = (0..50).map(|i| 0.3 * f64::from(i)).collect();
    let outcome = solve(engine, &logistic, job(&[0.01], &[1.5], 20.0, samples(times.clone())), 1e-7);
    let expected: Vec<f64> = times.iter().map(|t| 1.0 / (1.0 + 99.0 * (-1.5 * t).exp())).collect();
    assert_close(&outcome.samples, &expected, 3e-6, 1e-3);
}

fn van_der_pol() -> System {
    system(&[1.0, 1.0], 1, |l, _| {
        let (y, v) = (&l.x[0], &l.x[1]);
        vec![v.clone(), ((l.number(1.0) - y * y) * v - y) / &l.p[0]]
    })
}

/// Source: Mazzia & Magherini 2008, Test Set for Initial Value Problem Solvers, release 2.4, problem VDPOL (epsilon
/// 1e-6, that is mu = 1e3), values at t = 2.
pub fn agrees_with_published_van_der_pol(engine: &dyn Engine) {
    let outcome = solve(engine, &van_der_pol(), job(&[2.0, 0.0], &[1e-6], 2.0, Vec::new()), 1e-7);
    assert_close(&outcome.states, &[1.706167732170483, -0.8928097010247975], 1e-5, 0.0);
}

fn robertson() -> System {
    system(&[1.0, 1e-4, 1.0], 0, |l, _| {
        let (x, y, z) = (&l.x[0], &l.x[1], &l.x[2]);
        let (slow, fast, back): (Term, Term, Term) = (x * 0.04, y * y * 3e7, y * z * 1e4);
        vec![&back - &slow, &slow - &back - &fast, fast]
    })
}

/// Source: Mazzia & Magherini 2008, Test Set for Initial Value Problem Solvers, release 2.4, problem ROBER, values at
/// t = 1e11.
pub fn agrees_with_published_robertson(engine: &dyn Engine) {
    let outcome = solve(engine, &robertson(), job(&[1.0, 0.0, 0.0], &[], 1e11, Vec::new()), 1e-8);
    assert_close(&outcome.states, &[0.2083340149701255e-7, 0.8333360770334713e-13, 0.999999979166505], 2e-3, 1e-12);
}

/// Source: Hairer & Wanner 1996, Solving ODE II, section IV.10 (HIRES); end values from Mazzia & Magherini 2008, Test
/// Set for Initial Value Problem Solvers, release 2.4.
pub fn agrees_with_published_hires(engine: &dyn Engine) {
    let hires = system(&[1e-2; 8], 0, |l, _| {
        let y = &l.x;
        let complex: Term = &y[5] * &y[7] * 280.0;
        vec![
            &y[0] * -1.71 + &y[1] * 0.43 + &y[2] * 8.32 + 0.0007,
            &y[0] * 1.71 - &y[1] * 8.75,
            &y[2] * -10.03 + &y[3] * 0.43 + &y[4] * 0.035,
            &y[1] * 8.32 + &y[2] * 1.71 - &y[3] * 1.12,
            &y[4] * -1.745 + &y[5] * 0.43 + &y[6] * 0.43,
            &y[3] * 0.69 - &complex + &y[4] * 1.71 - &y[5] * 0.43 + &y[6] * 0.69,
            &complex - &y[6] * 1.81,
            &y[6] * 1.81 - &complex,
        ]
    });
    let start = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0057];
    let outcome = solve(engine, &hires, job(&start, &[], 321.8122, Vec::new()), 1e-8);
    let published = [
        0.7371312573325668e-3,
        0.1442485726316185e-3,
        0.5888729740967575e-4,
        0.1175651343283149e-2,
        0.2386356198831331e-2,
        0.6238968252742796e-2,
        0.2849998395185769e-2,
        0.2850001604814231e-2,
    ];
    assert_close(&outcome.states, &published, 1e-5, 0.0);
}

/// A sum that the equations keep is kept to rounding, whatever the tolerance.
pub fn agrees_with_conservation(engine: &dyn Engine) {
    let times = (0..100).map(|i| 0.4 * f64::from(i));
    let outcome = solve(engine, &robertson(), job(&[1.0, 0.0, 0.0], &[], 40.0, samples(times)), 1e-5);
    for row in outcome.samples.chunks(3) {
        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-10);
    }
}

/// `x' = -k (x - cos w t)`: the time derivative of the rates matters.
pub fn agrees_with_forcing(engine: &dyn Engine) {
    let (k, w): (f64, f64) = (50.0, 3.0);
    let forced = system(&[1.0], 2, |l, _| {
        let drive = (&l.p[1] * &l.t).cos();
        vec![&l.p[0] * (drive - &l.x[0])]
    });
    let times: Vec<f64> = (0..80).map(|i| 0.11 * f64::from(i)).collect();
    let outcome = solve(engine, &forced, job(&[0.0], &[k, w], 9.0, samples(times.clone())), 1e-7);
    let steady = |t: f64| k * (k * (w * t).cos() + w * (w * t).sin()) / (k * k + w * w);
    let expected: Vec<f64> = times.iter().map(|&t| steady(t) - steady(0.0) * (-k * t).exp()).collect();
    assert_close(&outcome.samples, &expected, 5e-6, 0.1);
}

/// The error falls with the tolerance, nearly in proportion: the slope in logarithms is near 1.
pub fn agrees_with_its_tolerance(engine: &dyn Engine) {
    let pair = system(&[1.0; 2], 0, |l, _| {
        // Predator and prey: no steady state to hide errors in.
        let (x, y) = (&l.x[0], &l.x[1]);
        vec![x - x * y, x * y - y]
    });
    // Few samples: the reference engine ends a step at each.
    let times: Vec<f64> = (1..=4).map(|i| 5.0 * f64::from(i)).collect();
    let run = |rtol: f64| solve(engine, &pair, job(&[2.0, 0.7], &[], 20.0, samples(times.clone())), rtol).samples;
    let truth = run(1e-11);
    let points: Vec<(f64, f64)> = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8]
        .iter()
        .map(|&rtol| {
            let square: f64 = run(rtol).iter().zip(&truth).map(|(a, b)| ((a - b) / b).powi(2)).sum();
            let error = (square / truth.len() as f64).sqrt();
            assert!(error < 300.0 * rtol, "error {error:e} at tolerance {rtol:e}");
            (rtol.log10(), error.log10())
        })
        .collect();
    let n = points.len() as f64;
    let (mx, my) = points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let slope = points.iter().map(|(x, y)| (x - mx) * (y - my)).sum::<f64>()
        / points.iter().map(|(x, _)| (x - mx).powi(2)).sum::<f64>();
    assert!((0.75..=1.3).contains(&slope), "slope {slope}: {points:?}");
}

/// What starts at 0 and is fed by nothing stays exactly 0.
pub fn agrees_with_exact_zero(engine: &dyn Engine) {
    let idle = system(&[1.0, 1.0], 0, |l, _| vec![&l.x[0] * -3.0, &l.x[0] * &l.x[1] - &l.x[1]]);
    let outcome = solve(engine, &idle, job(&[0.0, 0.0], &[], 100.0, samples([3.0, 50.0])), 1e-5);
    assert!(outcome.samples.iter().chain(&outcome.states).all(|&x| x == 0.0));
    assert!(outcome.statistics.steps < 60, "{:?}", outcome.statistics);
}
