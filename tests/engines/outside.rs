//! The BDF solver of diffsol as an outside oracle.

use diffsol::{NalgebraLU, NalgebraMat, OdeBuilder, OdeSolverMethod};
use sim::System;

use crate::engine::{Engine, assert_close, job, samples, solve};
use crate::term::system;

type Matrix = NalgebraMat<f64>;

/// Runs diffsol at a tolerance far below ours, and the engine; each row of states must agree.
fn compare<const N: usize>(
    engine: &dyn Engine,
    system: &System,
    start: [f64; N],
    times: &[f64],
    rates: impl Fn(&[f64]) -> [f64; N],
    slopes: impl Fn(&[f64]) -> [[f64; N]; N],
) {
    let problem = OdeBuilder::<Matrix>::new()
        .rtol(1e-10)
        .atol([1e-12])
        .p([0.0])
        .rhs_implicit(
            |x: &[f64], _: &[f64], _: f64, y: &mut [f64]| y.copy_from_slice(&rates(x)),
            |x: &[f64], _: &[f64], _: f64, v: &[f64], y: &mut [f64]| {
                for (y, row) in y.iter_mut().zip(slopes(x)) {
                    *y = row.iter().zip(v).map(|(a, b)| a * b).sum();
                }
            },
        )
        .init(move |_: &[f64], _: f64, y: &mut [f64]| y.copy_from_slice(&start), N)
        .build()
        .unwrap();
    let mut solver = problem.bdf::<NalgebraLU<f64>>().unwrap();
    let (table, _) = solver.solve_dense(times).unwrap();
    let outside: Vec<f64> =
        times.iter().enumerate().flat_map(|(k, _)| (0..N).map(move |i| (i, k))).map(|at| read(&table, at)).collect();
    let end = times[times.len() - 1];
    let outcome = solve(engine, system, job(&start, &[], end, samples(times.iter().copied())), 1e-7);
    assert_close(&outcome.samples, &outside, 1e-5, 1e-3);
}

fn read(table: &Matrix, at: (usize, usize)) -> f64 {
    use diffsol::DenseMatrix;
    table.get_index(at.0, at.1)
}

/// Relaxation oscillations with mu = 10.
pub fn agrees_with_diffsol_on_van_der_pol(engine: &dyn Engine) {
    let mu = 10.0;
    let oscillator = system(&[1.0, 1.0], 0, |l, _| {
        let (y, v) = (&l.x[0], &l.x[1]);
        vec![v.clone(), (l.number(1.0) - y * y) * v * mu - y]
    });
    let times: Vec<f64> = (1..=30).map(|i| 0.7 * f64::from(i)).collect();
    let rates = |x: &[f64]| [x[1], mu * (1.0 - x[0] * x[0]) * x[1] - x[0]];
    let slopes = |x: &[f64]| [[0.0, 1.0], [-2.0 * mu * x[0] * x[1] - 1.0, mu * (1.0 - x[0] * x[0])]];
    compare(engine, &oscillator, [2.0, 0.0], &times, rates, slopes);
}

/// A depot, a central and a peripheral compartment with saturable elimination.
pub fn agrees_with_diffsol_on_absorption(engine: &dyn Engine) {
    let (ka, q, back, vmax, km) = (1.5, 0.8, 0.3, 2.0, 0.4);
    let compartments = system(&[1.0; 3], 0, |l, _| {
        let x = &l.x;
        let (absorbed, out, back) = (&x[0] * ka, &x[1] * q, &x[2] * back);
        let lost = &x[1] * vmax / (&x[1] + km);
        vec![-&absorbed, &absorbed - &out + &back - lost, out - back]
    });
    let times: Vec<f64> = (1..=48).map(|i| 0.5 * f64::from(i)).collect();
    let rates = |x: &[f64]| {
        let lost = vmax * x[1] / (x[1] + km);
        [-ka * x[0], ka * x[0] - q * x[1] + back * x[2] - lost, q * x[1] - back * x[2]]
    };
    let slopes = |x: &[f64]| {
        let lost = vmax * km / (x[1] + km).powi(2);
        [[-ka, 0.0, 0.0], [ka, -q - lost, back], [0.0, q, -back]]
    };
    compare(engine, &compartments, [10.0, 0.0, 0.0], &times, rates, slopes);
}
