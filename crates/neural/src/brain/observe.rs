//! What a study reports of recordings: functional connectivity, its dynamics, and distances between two of either.
//!
//! Recordings are volume after volume with one number per region; matrices are square, row by row. A signal without
//! variance correlates 0 with everything. Not here: band-pass filters, confounds of motion or heart.

use sim::math;

/// Pearson correlation of two sequences; 0 where one has no variance.
pub fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (x, y) = (standard(&a[..n]), standard(&b[..n]));
    dot(&x, &y)
}

/// Mean zero and sum of squares 1; all zero where there is no variance.
fn standard(x: &[f64]) -> Vec<f64> {
    let mean = x.iter().sum::<f64>() / x.len().max(1) as f64;
    let mut centred: Vec<f64> = x.iter().map(|v| v - mean).collect();
    let size = centred.iter().map(|v| v * v).sum::<f64>().sqrt();
    // Rounding of the mean leaves this much behind in a constant.
    let constant = size <= 1e-12 * mean.abs() * (x.len() as f64).sqrt();
    centred.iter_mut().for_each(|v| *v = if constant || size == 0.0 { 0.0 } else { *v / size });
    centred
}

/// Sum of products in eight partial sums, one order on every processor.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (x, y) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = x.remainder().iter().zip(y.remainder()).map(|(p, q)| p * q).sum();
    for (p, q) in x.zip(y) {
        for k in 0..8 {
            sums[k] += p[k] * q[k];
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + b) + (c + d)) + ((e + f) + (g + h)) + rest
}

/// Courses of each region, by region.
fn courses(bold: &[f32], regions: usize) -> Vec<Vec<f64>> {
    (0..regions).map(|n| bold.iter().skip(n).step_by(regions).map(|x| f64::from(*x)).collect()).collect()
}

/// Functional connectivity: Pearson correlation of each pair of regions.
pub fn connectivity(bold: &[f32], regions: usize) -> Vec<f64> {
    let courses: Vec<Vec<f64>> = courses(bold, regions).iter().map(|course| standard(course)).collect();
    let mut matrix = vec![1.0; regions * regions];
    for i in 0..regions {
        for j in 0..i {
            let r = dot(&courses[i], &courses[j]);
            matrix[i * regions + j] = r;
            matrix[j * regions + i] = r;
        }
    }
    matrix
}

/// The recording after the mean over regions has been regressed out of each.
pub fn without_global_signal(bold: &[f32], regions: usize) -> Vec<f32> {
    let courses = courses(bold, regions);
    let volumes = bold.len().checked_div(regions).unwrap_or(0);
    let global: Vec<f64> =
        (0..volumes).map(|t| courses.iter().map(|course| course[t]).sum::<f64>() / regions as f64).collect();
    let global = standard(&global);
    let mut out = vec![0.0; volumes * regions];
    for (n, course) in courses.iter().enumerate() {
        let mean = course.iter().sum::<f64>() / volumes.max(1) as f64;
        let slope = dot(course, &global);
        for t in 0..volumes {
            out[t * regions + n] = (course[t] - mean - slope * global[t]) as f32;
        }
    }
    out
}

/// Fisher's z of a correlation, which is held within 1e-9 of one.
pub fn fisher_z(r: f64) -> f64 {
    let r = math::min(math::max(r, -1.0 + 1e-9), 1.0 - 1e-9);
    0.5 * math::ln((1.0 + r) / (1.0 - r))
}

/// Mean of correlation matrices by way of Fisher's z; the diagonal is 1. Empty if there are none.
pub fn fisher_mean(matrices: &[Vec<f64>]) -> Vec<f64> {
    let Some(first) = matrices.first() else { return Vec::new() };
    let n = first.len().isqrt();
    let mean = |k: usize| matrices.iter().map(|m| fisher_z(m[k])).sum::<f64>() / matrices.len() as f64;
    (0..first.len()).map(|k| if k / n == k % n { 1.0 } else { math::tanh(mean(k)) }).collect()
}

/// The part above the diagonal, row by row.
pub fn upper(matrix: &[f64]) -> Vec<f64> {
    let n = matrix.len().isqrt();
    (0..n).flat_map(|i| matrix[i * n + i + 1..(i + 1) * n].iter().copied()).collect()
}

/// Correlation of the upper parts of two matrices: of two functional ones, or of structure and function.
pub fn similarity(a: &[f64], b: &[f64]) -> f64 {
    pearson(&upper(a), &upper(b))
}

/// Mean over all pairs of different regions.
pub fn mean(matrix: &[f64]) -> f64 {
    let upper = upper(matrix);
    upper.iter().sum::<f64>() / upper.len().max(1) as f64
}

/// Mean over pairs of different regions of one set; 0 for fewer than two.
pub fn mean_within(matrix: &[f64], set: &[usize]) -> f64 {
    let n = matrix.len().isqrt();
    let pairs = || set.iter().enumerate().flat_map(|(k, i)| set[..k].iter().map(move |j| i * n + j));
    pairs().map(|at| matrix[at]).sum::<f64>() / pairs().count().max(1) as f64
}

/// Mean over pairs of one region of each set, a region's pair with itself left out; 0 if there is none.
pub fn mean_between(matrix: &[f64], a: &[usize], b: &[usize]) -> f64 {
    let n = matrix.len().isqrt();
    let pairs = || a.iter().flat_map(|i| b.iter().filter(move |j| i != *j).map(move |j| i * n + j));
    pairs().map(|at| matrix[at]).sum::<f64>() / pairs().count().max(1) as f64
}

/// Global brain connectivity: each region's mean Fisher z with all others.
pub fn global_brain_connectivity(matrix: &[f64]) -> Vec<f64> {
    let n = matrix.len().isqrt();
    let others = n.saturating_sub(1).max(1) as f64;
    (0..n).map(|i| (0..n).filter(|j| *j != i).map(|j| fisher_z(matrix[i * n + j])).sum::<f64>() / others).collect()
}

/// Sliding windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Volumes in one.
    pub length: usize,
    /// Volumes from one to the next.
    pub step: usize,
}

/// Dynamics of connectivity: the connectivity of each window, correlated over all pairs of windows (upper part, row by
/// row). Empty for fewer than two windows or three regions.
///
/// Source: Hansen et al. 2015, NeuroImage 105:525.
pub fn dynamics(bold: &[f32], regions: usize, windows: Windows) -> Vec<f64> {
    let volumes = bold.len().checked_div(regions).unwrap_or(0);
    if regions < 3 || windows.length < 3 || windows.step == 0 || volumes < windows.length {
        return Vec::new();
    }
    let edges: Vec<Vec<f64>> = (0..=volumes - windows.length)
        .step_by(windows.step)
        .map(|from| {
            let window = &bold[from * regions..(from + windows.length) * regions];
            standard(&upper(&connectivity(window, regions)))
        })
        .collect();
    let pairs = (0..edges.len()).flat_map(|i| (i + 1..edges.len()).map(move |j| (i, j)));
    pairs.map(|(i, j)| dot(&edges[i], &edges[j])).collect()
}

/// Counts of correlations in `bins` equal bins from -1 to 1, ends included.
pub fn histogram(values: &[f64], bins: usize) -> Vec<f64> {
    let mut counts = vec![0.0; bins];
    for x in values {
        let at = ((x + 1.0) * 0.5 * bins as f64) as usize;
        if let Some(count) = counts.get_mut(at.min(bins.saturating_sub(1))) {
            *count += 1.0;
        }
    }
    counts
}

/// Kolmogorov-Smirnov distance of two histograms over the same bins; 1 if one is empty or they differ in bins.
pub fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> f64 {
    let (whole_a, whole_b): (f64, f64) = (a.iter().sum(), b.iter().sum());
    if a.len() != b.len() || whole_a <= 0.0 || whole_b <= 0.0 {
        return 1.0;
    }
    let (mut below_a, mut below_b, mut widest) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        below_a += x / whole_a;
        below_b += y / whole_b;
        widest = math::max(widest, f64::abs(below_a - below_b));
    }
    widest
}
