//! How the bench measures: processor time of one thread, several repeats, memory, and the machine it ran on.

use cpu_time::ThreadTime;
use serde_json::{Value, json};

/// The smallest, middle and largest of several measurements.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub least: f64,
    pub median: f64,
    pub most: f64,
}

impl Spread {
    /// Of at least one value.
    pub fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 { values[middle] } else { 0.5 * (values[middle - 1] + values[middle]) };
        Spread { least: values[0], median, most: values[values.len() - 1] }
    }

    /// Every value times a factor.
    pub fn times(self, factor: f64) -> Spread {
        Spread { least: self.least * factor, median: self.median * factor, most: self.most * factor }
    }

    pub fn json(self) -> Value {
        json!({ "min": round(self.least), "median": round(self.median), "max": round(self.most) })
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} ({:.3} to {:.3})", self.median, self.least, self.most)
    }
}

/// Four digits: more say nothing on a shared machine.
pub fn round(x: f64) -> f64 {
    format!("{x:.3e}").parse().unwrap_or(x)
}

/// Processor seconds that this thread spends on some work, and what came of it.
pub fn processor_seconds<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = ThreadTime::now();
    let result = work();
    (start.elapsed().as_secs_f64(), result)
}

/// Repeats a measurement.
pub fn repeat(repeats: usize, mut work: impl FnMut()) -> Spread {
    Spread::of((0..repeats.max(1)).map(|_| processor_seconds(&mut work).0).collect())
}

/// The most memory this process has held, MiB; `None` where the system does not say.
pub fn peak_memory_mib() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

/// The machine and the versions.
pub fn surroundings() -> Value {
    let file = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = file.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(':').nth(1));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let rustc = std::process::Command::new("rustc").arg("--version").output().ok();
    json!({
        "processor": name.map_or("unknown", str::trim),
        "cores": std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        "architecture": std::env::consts::ARCH,
        "avx2": avx2(),
        "load_at_start": load.split_whitespace().next().and_then(|x| x.parse::<f64>().ok()),
        "resynapse": env!("CARGO_PKG_VERSION"),
        "diffsol": "0.18",
        "rustc": rustc.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_string()),
    })
}

fn avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// The slope of `ln y` over `ln x` by least squares.
pub fn exponent(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let n = logs.len() as f64;
    let mean = logs.iter().fold((0.0, 0.0), |m, p| (m.0 + p.0 / n, m.1 + p.1 / n));
    let sums = logs.iter().fold((0.0, 0.0), |s, p| {
        let dx = p.0 - mean.0;
        (s.0 + dx * (p.1 - mean.1), s.1 + dx * dx)
    });
    sums.0 / sums.1
}

/// The cost at an error, between measured (error, cost) pairs on logarithmic axes; true where the error lies outside
/// them and the line of the two nearest was followed.
pub fn cost_at(curve: &[(f64, f64)], error: f64) -> (f64, bool) {
    let mut logs: Vec<(f64, f64)> = curve.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    logs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let x = error.ln();
    let outside = x < logs[0].0 || x > logs[logs.len() - 1].0;
    let k = logs.partition_point(|p| p.0 < x).clamp(1, logs.len() - 1);
    let (a, b) = (logs[k - 1], logs[k]);
    ((a.1 + (b.1 - a.1) * (x - a.0) / (b.0 - a.0)).exp(), outside)
}
