//! The bench.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock and the machine")]

mod cohort;
mod generated;
mod measure;

use cohort::*;
use measure::*;

pub fn run(_json: bool, quick: bool) -> bool {
    let c = Cohort::new(3);
    println!("{:?} states {} params {}", c.assembling, c.states(), c.prepared.lowered.system.parameters);
    println!("{:?}", c.prepared.program.sizes());
    println!("jac nnz {}", c.prepared.lowered.system.clone().jacobian().len());
    let n = if quick { 32 } else { 64 };
    let t = processor_seconds(|| c.parameters(3));
    println!("params {}", t.0);
    let p = t.1;
    println!("rest shared {:?}", repeat(5, || drop(c.rest(&p))));
    println!("rest own {:?}", repeat(3, || drop(c.prepared.rest(&p))));
    for course in 0..2 {
        for grid in [Grid::Daily, Grid::Report] {
            for life in [true, false] {
                let (s, jobs) =
                    processor_seconds(|| (0..n).map(|i| c.job(course, i, MONTH_H, grid, life)).collect::<Vec<_>>());
                println!(
                    "course {course} {grid:?} life {life} setup/person {:.3} ms, counts {:?}",
                    s * 1e3 / n as f64,
                    counts(&jobs[0])
                );
                for rtol in [1e-4, 1e-5, 1e-6] {
                    for lanes in [16] {
                        let (mut steps, mut rej, mut fb) = (0, 0, 0);
                        let o = sim::Options { rtol, lanes, ..resynapse::prepare::options() };
                        let s = repeat(3, || {
                            (steps, rej, fb) = (0, 0, 0);
                            sim::run(&c.prepared.program, jobs.iter().cloned(), &o, &mut |_| {}, &mut |o| {
                                assert!(o.result.is_ok(), "{:?}", o.result);
                                steps += o.statistics.steps;
                                rej += o.statistics.rejected;
                                fb += o.statistics.pivot_fallbacks;
                            })
                        });
                        println!(
                            "  rtol {rtol:e} lanes {lanes}: {} ms/pm, steps {} rej {} fb {} ns/state/step {:.1}",
                            s.times(1e3 / n as f64),
                            steps as f64 / n as f64,
                            rej as f64 / n as f64,
                            fb,
                            s.median * 1e9 / steps as f64 / c.states() as f64
                        );
                    }
                }
            }
        }
    }
    let j = c.job(0, 1, MONTH_H, Grid::Daily, true);
    let start = std::time::Instant::now();
    let clock = || start.elapsed().as_secs_f64();
    println!("{:?}", c.prepared.program.profile(16, &j.states, &j.parameters, &clock));
    true
}
