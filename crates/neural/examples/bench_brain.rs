//! CPU seconds per simulated minute of a whole brain, with noise and blood-oxygen signal.
#![allow(clippy::disallowed_methods, reason = "a measurement reads /proc")]

use std::ops::ControlFlow;

use neural::brain::{Protocol, Start, simulate};

#[path = "../tests/brain_constants/mod.rs"]
mod constants;

fn main() {
    let cases = [
        ("100 regions", constants::model(constants::ring(100), 0.5, 1.4)),
        ("DK-68", constants::model(constants::dk68_coupling(), 0.5, 1.4)),
    ];
    for (name, model) in &cases {
        for dt_ms in [0.1, 1.0] {
            let protocol = Protocol {
                dt_ms,
                settle_s: 0.0,
                volumes: 250,
                repetition_s: 0.72,
                seed: 1,
                replicate: 0,
                start: Start::Low,
                plasticity: None,
            };
            // The best of three, so that a busy machine counts less.
            let best = (0..3)
                .map(|_| {
                    let from = seconds();
                    let run = simulate(model, &constants::STEPHAN_2007, &protocol, &mut |_| ControlFlow::Continue(()));
                    let taken = seconds() - from;
                    assert!(run.is_ok());
                    taken
                })
                .fold(f64::INFINITY, f64::min);
            println!("{name}, dt {dt_ms} ms: {:.3} s per simulated minute", best / 3.0);
        }
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
        println!("peak memory {}", line.trim_start_matches("VmHWM:").trim());
    }
}

/// Time this process has had a processor, s.
fn seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux");
    let nanoseconds: f64 = text.split(' ').next().and_then(|x| x.parse().ok()).expect("a number");
    1e-9 * nanoseconds
}
