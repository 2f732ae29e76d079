//! The `1/f` background of a spectrum: a line through the logarithms, after the peaks are taken away.
//!
//! A first line, then one through the lowest points alone, flattens the spectrum; what stands out of it by more than two
//! standard deviations is taken away as bell curves, the highest first; a line through the rest is the answer.
//! Source: Donoghue et al. 2020, Nat Neurosci 23:1655 (their fixed mode, with peaks by height and half-width).

use sim::math;

/// A `1/f` background: `log10 density = offset - exponent log10 f`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aperiodic {
    /// Logarithm (base 10) of the density at 1 Hz.
    pub offset: f64,
    /// Steepness; smaller is flatter.
    pub exponent: f64,
    /// Root mean square distance of the peak-free spectrum from the line, in decades.
    pub residual: f64,
}

/// Source: Donoghue et al. 2020: share of points that carry the robust line, height of a peak in standard deviations;
/// at most so many peaks.
const LOWEST_SHARE: f64 = 0.025;
const PEAK_DEVIATIONS: f64 = 2.0;
const MOST_PEAKS: usize = 8;

/// Fits points of frequency and density.
pub(super) fn fit(points: &[(f64, f64)]) -> Option<Aperiodic> {
    if points.len() < 8 || points.iter().any(|&(f, p)| !(f > 0.0 && p > 0.0 && p.is_finite())) {
        return None;
    }
    let log10 = |x: f64| math::ln(x) * std::f64::consts::LOG10_E;
    let x: Vec<f64> = points.iter().map(|p| log10(p.0)).collect();
    let mut y: Vec<f64> = points.iter().map(|p| log10(p.1)).collect();
    let all = line(x.iter().copied().zip(y.iter().copied()))?;
    let flat: Vec<f64> = x.iter().zip(&y).map(|(x, y)| (y - all.0 - all.1 * x).max(0.0)).collect();
    let mut order = flat.clone();
    order.sort_by(f64::total_cmp);
    let bound = order[((order.len() - 1) as f64 * LOWEST_SHARE) as usize];
    let low = x.iter().copied().zip(y.iter().copied()).zip(&flat).filter(|(_, flat)| **flat <= bound);
    let robust = line(low.map(|(point, _)| point)).unwrap_or(all);
    let mut flat: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y - robust.0 - robust.1 * x).collect();
    for _ in 0..MOST_PEAKS {
        let mean = flat.iter().sum::<f64>() / flat.len() as f64;
        let spread = (flat.iter().map(|f| (f - mean) * (f - mean)).sum::<f64>() / flat.len() as f64).sqrt();
        let top = (0..flat.len()).max_by(|&a, &b| flat[a].total_cmp(&flat[b]))?;
        let height = flat[top];
        if height <= PEAK_DEVIATIONS * spread {
            break;
        }
        // The narrower side tells the width, as a neighbouring peak may widen the other.
        let left = (0..top).rev().find(|&i| flat[i] < 0.5 * height).map(|i| top - i);
        let right = (top + 1..flat.len()).find(|&i| flat[i] < 0.5 * height).map(|i| i - top);
        let Some(half) = [left, right].into_iter().flatten().min() else { break };
        // Half the height is reached at sqrt(2 ln 2) standard deviations.
        let deviation = half as f64 / (2.0 * std::f64::consts::LN_2).sqrt();
        for i in 0..flat.len() {
            let distance = i.abs_diff(top) as f64 / deviation;
            let bell = height * math::exp(-0.5 * distance * distance);
            flat[i] -= bell;
            y[i] -= bell;
        }
    }
    let (offset, slope) = line(x.iter().copied().zip(y.iter().copied()))?;
    let squares: f64 = x.iter().zip(&y).map(|(x, y)| y - offset - slope * x).map(|r| r * r).sum();
    Some(Aperiodic { offset, exponent: -slope, residual: (squares / x.len() as f64).sqrt() })
}

/// Offset and slope of the least-squares line; none without two different abscissae.
fn line(points: impl Iterator<Item = (f64, f64)> + Clone) -> Option<(f64, f64)> {
    let (mut count, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
    for (x, y) in points.clone() {
        (count, sum_x, sum_y) = (count + 1.0, sum_x + x, sum_y + y);
    }
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut squares, mut products) = (0.0, 0.0);
    for (x, y) in points {
        squares += (x - mean_x) * (x - mean_x);
        products += (x - mean_x) * (y - mean_y);
    }
    if squares > 0.0 { Some((mean_y - products / squares * mean_x, products / squares)) } else { None }
}
